//! The vsyscall page beside dispatch: its calls run whatever is armed.

use super::clauses::*;
use fixtures::dispatch::{self, ALLOW, BLOCK, ON, Region};
use fixtures::fate::{Fate, Toggle};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE, VSYSCALL};
use fixtures::selector::Selector;
use fixtures::vsyscall::{self, Buffer, Vsyscall};
use harness::SetUp;
use rstest::rstest;
use sys::uapi::ENOSYS;

const PAGE: Region = Region::new(vsyscall::PAGE as u64, 0x1000);

/// What became of one call through the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It gave what the ordinary call gives.
    Ran,
    /// It gave something else: the result.
    Odd(i64),
}

/// Makes the call with `value` in the selector, and allows calls again. Two ordinary calls around it
/// say what the time may be: of the same kind, for the clocks of two kinds differ by a tick.
fn outcome(entry: Vsyscall, selector: Selector, value: u8) -> Outcome {
    let [buffer, own] = [(); 2].map(|()| Buffer::new().set_up("a buffer can be mapped"));
    let before = vsyscall::ordinary(entry, own);
    selector.store(value);
    let result = entry.call([buffer.address(), 0]);
    selector.store(ALLOW);
    let is_now = |seconds: i64| (before..=vsyscall::ordinary(entry, own)).contains(&seconds);
    let written = buffer.first();
    let ran = match entry {
        Vsyscall::Gettimeofday => result == 0 && written.is_some_and(|word| is_now(word as i64)),
        Vsyscall::Time => is_now(result) && written == Some(result as u64),
        Vsyscall::Getcpu => result == 0 && written.is_some(),
    };
    if ran { Outcome::Ran } else { Outcome::Odd(result) }
}

/// No address is exempt; the twin from a gadget is dispatched. The deadly value shows that the selector
/// is not even read.
#[rstest]
#[harness::test(clause = INT_VSYS_SUD_BLIND, needs = [DISPATCH, VSYSCALL])]
fn a_vsyscall_runs_while_calls_are_blocked(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(ALLOW, BLOCK, 0xff)] value: u8,
) {
    let toggle = Toggle::new();
    let fate = toggle.fate_in(ON, Region::NONE, &Gadget::syscall());
    let outcome = outcome(entry, toggle.selector, value);
    assert_eq!((fate, outcome, toggle.log.count()), (Fate::Dispatched, Outcome::Ran, 0));
}

/// In inclusive mode with the page as the region, and without a selector.
#[rstest]
#[harness::test(clause = INT_VSYS_SUD_BLIND, needs = [DISPATCH, INCLUSIVE, VSYSCALL])]
fn a_vsyscall_runs_from_an_inclusive_region(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let armed = dispatch::arm_inclusive(PAGE, Selector::NONE);
    let outcome = outcome(entry, armed.selector(), BLOCK);
    armed.off();
    assert_eq!(outcome, Outcome::Ran);
}

/// The selector's page is gone, and the call runs as if nothing were armed; an ordinary call would kill.
#[harness::test(clause = INT_VSYS_SUD_BLIND, needs = [DISPATCH, VSYSCALL])]
fn a_vsyscall_needs_no_selector() {
    let gadget = Gadget::syscall();
    let armed = dispatch::arm_with(gadget.everything_else(), Selector::unreadable().without_byte());
    let outcome = outcome(Vsyscall::Time, armed.selector(), BLOCK);
    armed.off();
    assert_eq!((outcome, gadget.call(fixtures::fate::UNASSIGNED)), (Outcome::Ran, -ENOSYS));
}
