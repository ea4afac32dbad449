//! The vsyscall page and dispatch: calls through the page run, whatever is armed.

use crate::clauses::*;
use fixtures::call_outcome::{CallOutcome, SelfAllowingHandler};
use fixtures::dispatch::{self, ALLOW, BLOCK, ON, Region};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE, VSYSCALL};
use fixtures::selector::Selector;
use fixtures::vsyscall::{self, Buffer, Vsyscall};
use harness::SetUp;
use rstest::rstest;
use sys::uapi::ENOSYS;

const PAGE: Region = Region::new(vsyscall::PAGE as u64, 0x1000);

/// The outcome of one call through the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The result is that of the ordinary call.
    Ran,
    /// The result differs from that of the ordinary call.
    Odd(i64),
}

/// Makes the call with `value` in the selector, and then stores ALLOW. Two ordinary calls around it
/// bound the time; they are of the same kind, because the clocks of two kinds differ by a tick.
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

/// No address is exempt; the same thread's call from a gadget is dispatched.
#[rstest]
#[harness::test(
    clause = VSYSCALL_CALL_NEVER_DISPATCHED,
    catches = "a call through the vsyscall page that is dispatched, or that an invalid selector \
        value kills",
    needs = [DISPATCH, VSYSCALL],
)]
fn a_vsyscall_runs_while_calls_are_blocked(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
    #[values(ALLOW, BLOCK, 0xff)] value: u8,
) {
    let toggle = SelfAllowingHandler::new();
    let call = toggle.outcome_in(ON, Region::NONE, &Gadget::syscall());
    let outcome = outcome(entry, toggle.selector, value);
    assert_eq!((call, outcome, toggle.log.count()), (CallOutcome::Dispatched, Outcome::Ran, 0));
}

#[rstest]
#[harness::test(
    clause = VSYSCALL_CALL_NEVER_DISPATCHED,
    catches = "a call through the vsyscall page that is dispatched because the page is an \
        inclusive region",
    needs = [DISPATCH, INCLUSIVE, VSYSCALL],
)]
fn a_vsyscall_runs_from_an_inclusive_region(
    #[values(Vsyscall::Gettimeofday, Vsyscall::Time, Vsyscall::Getcpu)] entry: Vsyscall,
) {
    let armed = dispatch::arm_inclusive(PAGE, Selector::NONE);
    let outcome = outcome(entry, armed.selector(), BLOCK);
    armed.off();
    assert_eq!(outcome, Outcome::Ran);
}

/// An ordinary call from outside the region would kill here.
#[harness::test(
    clause = VSYSCALL_CALL_NEVER_DISPATCHED,
    catches = "a call through the vsyscall page that kills because the selector cannot be read",
    needs = [DISPATCH, VSYSCALL],
)]
fn a_vsyscall_needs_no_selector() {
    let gadget = Gadget::syscall();
    let armed = dispatch::arm_with(gadget.everything_else(), Selector::unreadable().without_byte());
    let outcome = outcome(Vsyscall::Time, armed.selector(), BLOCK);
    armed.off();
    assert_eq!((outcome, gadget.call(fixtures::call_outcome::UNASSIGNED)), (Outcome::Ran, -ENOSYS));
}
