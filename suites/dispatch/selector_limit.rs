//! Which selector addresses the prctl accepts and which it refuses.
//!
//! Each address is tried with the whole address space exempt: a kernel that accepts an address
//! without memory must not read it.

use crate::clauses::*;
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

/// The prctl's answer to a selector address; dispatch is off afterwards.
fn answer(address: u64) -> Result<(), Errno> {
    let Region { offset, length } = Region::ALL;
    let answer = dispatch::prctl(Args { mode: ON, offset, length, selector: address });
    dispatch::turn_off();
    answer
}

#[rstest]
#[case::first_of_the_upper_half(1 << 63)]
#[case::below_the_kernel(0xffff_7fff_ffff_ffff)]
#[case::first_canonical(0xffff_8000_0000_0000)]
#[case::kernel_data(0xffff_8880_0000_0000)]
#[case::kernel_text(0xffff_ffff_8000_0000)]
#[case::vsyscall_page(VSYSCALL_ADDR)]
#[case::last_page(u64::MAX - 4095)]
#[case::last_byte(u64::MAX)]
#[harness::test(
    clause = DISPATCH_SELECTOR_INVALID_ADDRESS,
    catches = "a selector address that is not checked against the user half",
    needs = [DISPATCH],
)]
fn a_selector_in_the_upper_half_is_refused(#[case] address: u64) {
    assert_eq!(answer(address), Err(EFAULT));
    assert_eq!(answer(Selector::ordinary().address()), Ok(()));
}

#[rstest]
#[case::first_of_the_upper_half(1 << 63)]
#[case::kernel_data(0xffff_8880_0000_0000)]
#[case::last_byte(u64::MAX)]
#[harness::test(
    clause = [DISPATCH_SELECTOR_INVALID_ADDRESS, DISPATCH_INCLUSIVE_DISPATCHES_REGION],
    catches = "an inclusive mode that accepts a selector at 2^63, in kernel data or in the last \
        byte",
    needs = [INCLUSIVE],
)]
fn an_inclusive_selector_in_the_upper_half_is_refused(#[case] address: u64) {
    // No code lies in the region, so that no call is dispatched.
    let args = Args { mode: INCLUSIVE_ON, offset: u64::MAX - 1, length: 1, selector: address };
    assert_eq!(dispatch::prctl(args), Err(EFAULT));
    let selector = Selector::ordinary().address();
    assert_eq!(dispatch::prctl(Args { selector, ..args }), Ok(()));
}

/// The refused addresses differ from the accepted one in their upper bits alone.
#[harness::test(
    clause = DISPATCH_SELECTOR_INVALID_ADDRESS,
    catches = "a selector address whose upper bits are masked off before it is checked",
    needs = [DISPATCH],
)]
fn a_good_address_with_its_top_bit_set_is_refused() {
    let good = Selector::ordinary().address();
    assert_eq!(answer(good | 1 << 63), Err(EFAULT));
    assert_eq!(answer(good | 0xffff << 48), Err(EFAULT));
    assert_eq!(answer(good), Ok(()));
}

#[harness::test(
    clause = [DISPATCH_SELECTOR_INVALID_ADDRESS, DISPATCH_SELECTOR_NULL],
    catches = "a limit that is one byte or one page too low, so that the last user address is \
        refused",
    needs = [DISPATCH, LAST_PAGE],
)]
fn a_selector_in_the_last_byte_of_the_user_half_is_accepted() {
    let last = address::user_end() - 1;
    assert_eq!(answer(last), Ok(()), "unmapped");
    address::last_page();
    assert_eq!(answer(last), Ok(()), "mapped");
    assert_eq!(answer(last - PAGE), Ok(()), "the page below");
}

/// The address is the first byte of the guard page at TASK_SIZE_MAX.
#[harness::test(
    clause = DISPATCH_SELECTOR_INVALID_ADDRESS,
    catches = "a limit that lets the selector lie at the end of the user half itself: <= where < \
        belongs",
    needs = [DISPATCH],
)]
fn a_selector_at_the_end_of_the_user_half_is_refused() {
    let answer = answer(address::user_end());
    observe!("first byte behind the user half", answer);
    assert_eq!(answer, Err(EFAULT));
}

/// These addresses follow the end of the user half; no page table maps them.
#[rstest]
#[case::second_byte_after(address::user_end() + 1)]
#[case::end_of_the_guard_page(address::user_end() + PAGE - 1)]
#[case::after_the_guard_page(address::user_end() + PAGE)]
#[case::bit_62(1 << 62)]
#[case::last_of_the_lower_half((1 << 63) - 1)]
#[harness::test(
    clause = DISPATCH_SELECTOR_INVALID_ADDRESS,
    catches = "a selector check by the sign bit alone, which lets through what lies between the \
        user half and 2^63",
    needs = [DISPATCH],
)]
fn a_selector_behind_the_end_of_the_user_half_is_refused(#[case] address: u64) {
    let answer = answer(address);
    observe!("the address", answer);
    assert_eq!(answer, Err(EFAULT));
}

/// Each row sets one tag bit of a good address. The suite does not enable LAM, so that the tagged
/// address is invalid.
#[rstest]
#[case::bit_57(57)]
#[case::bit_58(58)]
#[case::bit_59(59)]
#[case::bit_60(60)]
#[case::bit_61(61)]
#[case::bit_62(62)]
#[harness::test(
    clause = DISPATCH_SELECTOR_TAGGED_ADDRESS,
    catches = "tag bits stripped from the selector of a process that has not enabled LAM",
    needs = [DISPATCH],
)]
fn a_tagged_selector_is_refused(#[case] bit: u32) {
    assert_eq!(answer(Selector::ordinary().address() | 1 << bit), Err(EFAULT));
}

/// By the manual, an address without readable memory is invalid.
#[rstest]
#[case::address_one(Selector::at(1))]
#[case::second_page(Selector::at(0x1000))]
#[case::unmapped(Selector::unmapped())]
#[case::unreadable(Selector::unreadable())]
#[case::past_the_end_of_its_file(Selector::past_end_of_file())]
#[harness::test(
    clause = DISPATCH_SELECTOR_INVALID_ADDRESS,
    catches = "a prctl that checks the range of the selector address and not whether the byte can \
        be read",
    needs = [DISPATCH],
)]
fn a_selector_without_memory_is_refused(#[case] selector: Selector) {
    assert_eq!(answer(selector.address()), Err(EFAULT));
}

/// Either the prctl answers EFAULT, or the first use ends in SIGSEGV. After EFAULT, an unmapped
/// selector takes its place, so that the child ends alike.
#[harness::test(
    clause = [DISPATCH_SELECTOR_INVALID_ADDRESS, DISPATCH_SELECTOR_UNREADABLE],
    catches = "a selector at the end of the user half that is accepted and then read as ALLOW or \
        BLOCK",
    needs = [DISPATCH],
)]
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

#[harness::test(
    clause = DISPATCH_SELECTOR_UNREADABLE,
    catches = "a prctl that reads the selector, and refuses or kills where nothing is mapped yet",
    needs = [DISPATCH],
)]
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
