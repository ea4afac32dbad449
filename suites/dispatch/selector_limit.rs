//! Which selector addresses the prctl takes and which it refuses.
//!
//! Every address is asked about with the whole address space exempt: on kernels that accept an
//! address no page can have, nothing may read it.

use super::clauses::*;
use fixtures::Errno::{self, EFAULT};
use fixtures::dispatch::{self, ALLOW, Args, INCLUSIVE_ON, ON, Region};
use fixtures::fatal::{FatalCall, Signals};
use fixtures::needs::{DISPATCH, INCLUSIVE, LAST_PAGE};
use fixtures::selector::Selector;
use fixtures::{WaitStatus, address};
use harness::observe;
use rstest::rstest;
use sys::uapi::SIGSEGV;
use sys::uapi::VSYSCALL_ADDR;

const PAGE: u64 = 4096;

/// The answer to a selector address; dispatch is off afterwards.
fn answer(address: u64) -> Result<(), Errno> {
    let Region { offset, length } = Region::ALL;
    let answer = dispatch::prctl(Args { mode: ON, offset, length, selector: address });
    dispatch::turn_off();
    answer
}

/// Nothing a process can have lies in the upper half.
#[rstest]
#[case::first_of_the_upper_half(1 << 63)]
#[case::below_the_kernel(0xffff_7fff_ffff_ffff)]
#[case::first_canonical(0xffff_8000_0000_0000)]
#[case::kernel_data(0xffff_8880_0000_0000)]
#[case::kernel_text(0xffff_ffff_8000_0000)]
#[case::vsyscall_page(VSYSCALL_ADDR)]
#[case::last_page(u64::MAX - 4095)]
#[case::last_byte(u64::MAX)]
#[harness::test(clause = [ERR_EFAULT, NOW_MAN_EFAULT_SWITCH], needs = [DISPATCH])]
fn a_selector_in_the_upper_half_is_refused(#[case] address: u64) {
    assert_eq!(answer(address), Err(EFAULT));
    assert_eq!(answer(Selector::ordinary().address()), Ok(()));
}

/// A kernel that in inclusive mode lets through the half's first address, its own data or the last byte.
#[rstest]
#[case::first_of_the_upper_half(1 << 63)]
#[case::kernel_data(0xffff_8880_0000_0000)]
#[case::last_byte(u64::MAX)]
#[harness::test(clause = [ERR_EFAULT, NOW_MODE_INCLUSIVE_DISPATCHES_RANGE], needs = [INCLUSIVE])]
fn an_inclusive_selector_in_the_upper_half_is_refused(#[case] address: u64) {
    // From the last address nothing is called, so nothing is dispatched.
    let args = Args { mode: INCLUSIVE_ON, offset: u64::MAX - 1, length: 1, selector: address };
    assert_eq!(dispatch::prctl(args), Err(EFAULT));
    let selector = Selector::ordinary().address();
    assert_eq!(dispatch::prctl(Args { selector, ..args }), Ok(()));
}

/// Every upper half address a single bit away from a good one.
#[harness::test(clause = [ERR_EFAULT, NOW_MAN_EFAULT_SWITCH], needs = [DISPATCH])]
fn a_good_address_with_its_top_bit_set_is_refused() {
    let good = Selector::ordinary().address();
    assert_eq!(answer(good | 1 << 63), Err(EFAULT));
    assert_eq!(answer(good | 0xffff << 48), Err(EFAULT));
    assert_eq!(answer(good), Ok(()));
}

/// The last byte a process can have, mapped or not, is a good address.
#[harness::test(clause = [ERR_EFAULT, NOW_SELECTOR_OPTIONAL], needs = [DISPATCH, LAST_PAGE])]
fn a_selector_in_the_last_byte_of_the_user_half_is_accepted() {
    let last = address::user_end() - 1;
    assert_eq!(answer(last), Ok(()), "unmapped");
    address::last_page();
    assert_eq!(answer(last), Ok(()), "mapped");
    assert_eq!(answer(last - PAGE), Ok(()), "the page below");
}

/// The guard page between the user half and what no process can have: its first byte.
#[harness::test(clause = [ERR_EFAULT, NOW_MAN_EFAULT_SWITCH], needs = [DISPATCH])]
fn a_selector_at_the_end_of_the_user_half_is_refused() {
    let answer = answer(address::user_end());
    observe!("first byte behind the user half", answer);
    assert_eq!(answer, Err(EFAULT));
}

/// And what follows it, in which the page tables of this machine have no part.
#[rstest]
#[case::second_byte_after(address::user_end() + 1)]
#[case::end_of_the_guard_page(address::user_end() + PAGE - 1)]
#[case::after_the_guard_page(address::user_end() + PAGE)]
#[case::bit_62(1 << 62)]
#[case::last_of_the_lower_half((1 << 63) - 1)]
#[harness::test(clause = [ERR_EFAULT, NOW_MAN_EFAULT_SWITCH], needs = [DISPATCH])]
fn a_selector_behind_the_end_of_the_user_half_is_refused(#[case] address: u64) {
    let answer = answer(address);
    observe!("the address", answer);
    assert_eq!(answer, Err(EFAULT));
}

/// Good addresses with one tag bit set. The suite does not ask for address masking, so a tag makes
/// the address one that no process has.
#[rstest]
#[case::bit_57(57)]
#[case::bit_58(58)]
#[case::bit_59(59)]
#[case::bit_60(60)]
#[case::bit_61(61)]
#[case::bit_62(62)]
#[harness::test(clause = INT_SELECTOR_LAM, needs = [DISPATCH])]
fn a_tagged_selector_is_refused(#[case] bit: u32) {
    assert_eq!(answer(Selector::ordinary().address() | 1 << bit), Err(EFAULT));
}

/// An address with nothing at it, or nothing that can be read, is an invalid one by the text.
#[rstest]
#[case::address_one(Selector::at(1))]
#[case::second_page(Selector::at(0x1000))]
#[case::unmapped(Selector::unmapped())]
#[case::unreadable(Selector::unreadable())]
#[case::past_the_end_of_its_file(Selector::past_end_of_file())]
#[harness::test(clause = [ERR_EFAULT, NOW_MAN_EFAULT_SWITCH], needs = [DISPATCH])]
fn a_selector_without_memory_is_refused(#[case] selector: Selector) {
    assert_eq!(answer(selector.address()), Err(EFAULT));
}

/// A refusal by the prctl is one way, a SIGSEGV at the first use the other; nothing else will do.
#[harness::test(clause = [ERR_EFAULT, INT_SELECTOR_PROT_NONE], needs = [DISPATCH])]
fn a_selector_at_the_end_of_the_user_half_is_refused_or_kills() {
    let trap = FatalCall::new();
    let Region { offset, length } = trap.gadget.everything_else();
    let args = Args { mode: ON, offset, length, selector: address::user_end() };
    let attempt = trap.attempt_after(Signals::Handled, || {
        if dispatch::prctl(args) == Err(EFAULT) {
            dispatch::prctl(Args { selector: 0x1000, ..args }).expect("another address will do");
        }
    });
    assert_eq!(
        (attempt.end, attempt.handled, attempt.executed),
        (WaitStatus::KilledBy(SIGSEGV), 0, false)
    );
}

/// The prctl does not touch the byte: dispatch may be turned on before there is one.
#[harness::test(clause = INT_SELECTOR_PROT_NONE, needs = [DISPATCH])]
fn the_memory_of_a_selector_may_come_later() {
    let scene = fixtures::call_outcome::DispatchedGadget::new(fixtures::Entry::Syscall);
    let selector = Selector::unmapped();
    let armed = dispatch::arm_with(scene.gadget.everything_else(), selector);
    let selector = selector.map();
    let blocked = {
        selector.store(dispatch::BLOCK);
        fixtures::call_outcome::of_call(&scene.gadget, *scene.log)
    };
    selector.store(ALLOW);
    armed.off();
    assert_eq!(blocked, fixtures::call_outcome::CallOutcome::Dispatched);
}
