//! Great lengths and none, by the calls at the edges of their regions. Each region is taken by a task of its own, so
//! that the case learns what became of it whatever the kernel took for the region.

use crate::clauses::*;
use fixtures::call_outcome::{self, CallOutcome, SelfAllowingHandler};
use fixtures::dispatch::{self, Args, INCLUSIVE_ON, ON, Region};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE, LAST_PAGE};
use fixtures::sigsys::{self, SIGSYS};
use fixtures::{Entry, WaitStatus, address, child, environment};
use rstest::rstest;
use sys::memory::PAGE;

/// Exit status of a task whose region is refused.
const REFUSED: i32 = 60;

/// What became of a region: the outcome of the call, or how the task ended without one.
type Told = Result<CallOutcome, WaitStatus>;

const NATIVE: Told = Ok(CallOutcome::Native);
const DISPATCHED: Told = Ok(CallOutcome::Dispatched);

/// The outcome of a call inside and outside.
const fn outcomes(mode: u64) -> [Told; 2] {
    if mode == ON { [NATIVE, DISPATCHED] } else { [DISPATCHED, NATIVE] }
}

/// What becomes of a call from `gadget` where a task has dispatch on with this region, and a selector that blocks.
fn told(mode: u64, region: Region, gadget: &Gadget) -> Told {
    let toggle = SelfAllowingHandler::new();
    let end = child::fork(|| {
        environment::disable_core_dump();
        child::exit(match toggle.arm(mode, region) {
            Ok(()) => toggle.outcome(gadget).exit_status(),
            Err(_) => REFUSED,
        });
    });
    call_outcome::from_exit_status(end)
}

/// As [`told`], in exclusive mode without a selector.
fn told_without_selector(region: Region, gadget: &Gadget) -> Told {
    let log = sigsys::attach_log();
    sigsys::default();
    let Region { offset, length } = region;
    let end = child::fork(|| {
        environment::disable_core_dump();
        child::exit(match dispatch::prctl(Args { offset, length, ..Args::ON }) {
            Ok(()) => call_outcome::of_call(gadget, log).exit_status(),
            Err(_) => REFUSED,
        });
    });
    call_outcome::from_exit_status(end)
}

/// High code, which leaves room for long regions below it.
fn high() -> Gadget {
    Gadget::at_address(Entry::Syscall, 0x6a5a_5a5a_5800)
}

/// Calls from the first and the last byte of the region, and from the bytes beside it.
#[track_caller]
fn edges(mode: u64, length: u64) {
    let (gadget, [inside, outside]) = (high(), outcomes(mode));
    let after = gadget.after();
    for (offset, expected, what) in [
        (after, inside, "the first byte"),
        (after + 1, outside, "one before the first"),
        (after - (length - 1), inside, "the last byte"),
        (after - length, outside, "one past the last"),
    ] {
        assert_eq!(told(mode, Region::new(offset, length), &gadget), expected, "{what}");
    }
}

#[rstest]
#[case::below_2_to_the_31((1 << 31) - 1)]
#[case::of_2_to_the_31(1 << 31)]
#[case::above_2_to_the_31((1 << 31) + 1)]
#[case::below_2_to_the_32((1 << 32) - 1)]
#[case::of_2_to_the_32(1 << 32)]
#[case::above_2_to_the_32((1 << 32) + 1)]
#[case::with_both_bits((1 << 32) + (1 << 31))]
#[case::below_2_to_the_46((1 << 46) - 1)]
#[harness::test(
    clause = [DISPATCH_REGION_ARGS, DISPATCH_REGION_HALF_OPEN, DISPATCH_REGION_ALWAYS_ALLOWED],
    catches = "a length cut to 32 bits, or one whose bit 31 is taken for its sign",
    needs = [DISPATCH],
)]
fn a_long_region_holds_its_first_and_its_last_byte(#[case] length: u64) {
    edges(ON, length);
}

#[rstest]
#[case::of_2_to_the_31(1 << 31)]
#[case::above_2_to_the_31((1 << 31) + 1)]
#[case::of_2_to_the_32(1 << 32)]
#[case::above_2_to_the_32((1 << 32) + 1)]
#[case::below_2_to_the_46((1 << 46) - 1)]
#[harness::test(
    clause = [DISPATCH_INCLUSIVE_HALF_OPEN, DISPATCH_INCLUSIVE_DISPATCHES_REGION],
    catches = "a length of an inclusive region that is cut to 32 bits or compared signed",
    needs = [INCLUSIVE],
)]
fn a_long_inclusive_region_holds_its_first_and_its_last_byte(#[case] length: u64) {
    edges(INCLUSIVE_ON, length);
}

/// A length that reaches from the call to `end`, or to as much less as the offset is more.
#[track_caller]
fn reaching(mode: u64, end: u64) {
    let (gadget, [inside, outside]) = (high(), outcomes(mode));
    let after = gadget.after();
    for (region, expected, what) in [
        (Region::new(after, end - after), inside, "from the call on"),
        (Region::new(after + 1, end - after - 1), outside, "from one byte after the call on"),
        (Region::new(1, end - 1), inside, "from 1 on"),
        (Region::new(0, end), inside, "from 0 on"),
    ] {
        assert_eq!(told(mode, region, &gadget), expected, "{what}");
    }
}

/// Where a region may end, above the call.
#[rstest]
#[case::below_the_end_of_the_user_half(address::user_end() - 1)]
#[case::at_the_end_of_the_user_half(address::user_end())]
#[case::above_the_end_of_the_user_half(address::user_end() + 1)]
#[case::a_page_above_the_end_of_the_user_half(address::user_end() + PAGE as u64)]
#[case::below_2_to_the_63((1 << 63) - 1)]
#[case::of_2_to_the_63(1 << 63)]
#[case::above_2_to_the_63((1 << 63) + 1)]
#[case::in_the_last_page(u64::MAX - 0xffe)]
#[case::with_the_last_page(u64::MAX - 1)]
#[case::at_the_greatest_end(u64::MAX)]
#[harness::test(
    clause = [DISPATCH_REGION_ARGS, DISPATCH_REGION_HALF_OPEN, DISPATCH_REGION_OVERFLOW],
    catches = "a region that is refused or empty because its length or its end is above 2^63, or lies in the last page \
        of all",
    needs = [DISPATCH],
)]
fn a_region_may_reach_this_far(#[case] end: u64) {
    reaching(ON, end);
}

#[rstest]
#[case::at_the_end_of_the_user_half(address::user_end())]
#[case::below_2_to_the_63((1 << 63) - 1)]
#[case::of_2_to_the_63(1 << 63)]
#[case::above_2_to_the_63((1 << 63) + 1)]
#[case::with_the_last_page(u64::MAX - 1)]
#[case::at_the_greatest_end(u64::MAX)]
#[harness::test(
    clause = [DISPATCH_INCLUSIVE_HALF_OPEN, DISPATCH_INCLUSIVE_DISPATCHES_REGION],
    catches = "an inclusive region that is refused or whole because its length or its end is above 2^63",
    needs = [INCLUSIVE],
)]
fn an_inclusive_region_may_reach_this_far(#[case] end: u64) {
    reaching(INCLUSIVE_ON, end);
}

/// The address after the instruction is the first one of the last page that a process can use.
#[harness::test(
    clause = DISPATCH_REGION_HALF_OPEN,
    catches = "a region of the last page of the user half that is refused, or reaches into the page before",
    needs = [DISPATCH, LAST_PAGE],
)]
fn a_region_may_be_the_last_page_of_the_user_half() {
    let page = PAGE as u64;
    let last = address::user_end() - page;
    let gadget = Gadget::at_address(Entry::Syscall, last as usize - Entry::LENGTH);
    for (region, expected, what) in [
        (Region::new(last, page), NATIVE, "the last page"),
        (Region::new(last + 1, page - 1), DISPATCHED, "all but its first byte"),
        (Region::new(last - page, page), DISPATCHED, "the page before"),
        (Region::new(last - page, page + 1), NATIVE, "the page before and one byte"),
        (Region::new(last, u64::MAX - last), NATIVE, "the last page and all above"),
    ] {
        assert_eq!(told(ON, region, &gadget), expected, "{what}");
    }
}

/// Offsets near the top of all: no call can come from there.
#[rstest]
#[case::page_before_the_last(Region::new(u64::MAX - 0x1fff, 0x1000), DISPATCHED)]
#[case::last_page_but_a_byte(Region::new(u64::MAX - 0xfff, 0xfff), DISPATCHED)]
#[case::last_byte_but_one(Region::new(u64::MAX - 1, 1), DISPATCHED)]
#[case::whole_last_page(Region::new(u64::MAX - 0xfff, 0x1000), Err(WaitStatus::Exited(REFUSED)))]
#[case::last_byte(Region::new(u64::MAX, 1), Err(WaitStatus::Exited(REFUSED)))]
#[case::beyond_the_last_byte(Region::new(u64::MAX - 1, 3), Err(WaitStatus::Exited(REFUSED)))]
#[case::no_length(Region::new(u64::MAX - 0xfff, 0), Err(WaitStatus::Exited(REFUSED)))]
#[harness::test(
    clause = [DISPATCH_REGION_OVERFLOW, DISPATCH_REGION_ZERO_LENGTH, DISPATCH_REGION_HALF_OPEN],
    catches = "a region that takes the whole last page of all and ends at 0, or one below that is refused or holds user \
        code",
    needs = [DISPATCH],
)]
fn a_region_at_the_top_ends_below_two_to_the_64(#[case] region: Region, #[case] expected: Told) {
    assert_eq!(told(ON, region, &Gadget::syscall()), expected);
}

/// No call of the task is intercepted, or else nobody would let it go on.
#[rstest]
#[case::of_2_to_the_47(1 << 47)]
#[case::of_2_to_the_48(1 << 48)]
#[case::below_2_to_the_63((1 << 63) - 1)]
#[case::of_2_to_the_63(1 << 63)]
#[case::above_2_to_the_63((1 << 63) + 1)]
#[case::below_the_greatest(u64::MAX - 1)]
#[case::of_the_greatest(u64::MAX)]
#[harness::test(
    clause = [DISPATCH_REGION_EVERYTHING, DISPATCH_SELECTOR_NULL],
    catches = "a region of everything that is empty because its length is compared signed or cut short",
    needs = [DISPATCH],
)]
fn a_region_from_zero_over_the_user_half_needs_no_selector(#[case] length: u64) {
    for gadget in [Gadget::syscall(), high()] {
        assert_eq!(told_without_selector(Region::new(0, length), &gadget), NATIVE);
    }
}

/// The task makes no call but from outside of its region, and SIGSYS has its default.
#[rstest]
#[case::offset_0_and_length_0(Region::NONE)]
#[case::the_byte_at_0(Region::new(0, 1))]
#[case::the_byte_at_1(Region::new(1, 1))]
#[case::the_kernels_half(Region::new(1 << 63, (1 << 63) - 1))]
#[case::the_greatest_offset(Region::new(u64::MAX - 1, 1))]
#[harness::test(
    clause = [DISPATCH_REGION_ZERO_ZERO, DISPATCH_SELECTOR_NULL, DISPATCH_SCOPE_WHOLE_THREAD],
    catches = "a region without user code and without a selector that is refused, or that dispatches nothing",
    needs = [DISPATCH],
)]
fn a_region_that_holds_no_code_and_has_no_selector_exempts_nothing(#[case] region: Region) {
    let died = Err(WaitStatus::KilledBy(SIGSYS));
    for gadget in [Gadget::syscall(), high()] {
        assert_eq!(told_without_selector(region, &gadget), died);
    }
}

/// With offset 0 and length 0, the selector alone decides.
#[harness::test(
    clause = [DISPATCH_REGION_ZERO_ZERO, DISPATCH_SCOPE_CONTROL_VARIABLE],
    catches = "offset 0 with length 0 that is refused, that exempts everything, or that reads no selector",
    needs = [DISPATCH],
)]
fn with_an_empty_region_the_selector_alone_decides() {
    let (gadget, toggle) = (high(), SelfAllowingHandler::new());
    for (value, expected) in [(dispatch::ALLOW, NATIVE), (dispatch::BLOCK, DISPATCHED)] {
        let end = child::fork(|| {
            environment::disable_core_dump();
            child::exit(match toggle.arm(ON, Region::NONE) {
                Ok(()) => toggle.outcome_with(value, &gadget).exit_status(),
                Err(_) => REFUSED,
            });
        });
        assert_eq!(call_outcome::from_exit_status(end), expected, "{value}");
    }
}
