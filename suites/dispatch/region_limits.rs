//! Which regions the prctl accepts and which it refuses.

use crate::clauses::*;
use fixtures::Errno::EINVAL;
use fixtures::address;
use fixtures::call_outcome::{CallOutcome, SelfAllowingHandler};
use fixtures::dispatch::{self, INCLUSIVE_ON, ON, Region};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE};
use fixtures::selector::Selector;
use rstest::rstest;

const MAX: u64 = u64::MAX;
const HALF: u64 = 1 << 63;
const KERNEL: u64 = 0xffff_8000_0000_0000;

/// The prctl's answer to a region, with a selector that holds ALLOW.
fn answer(mode: u64, offset: u64, length: u64) -> Result<(), fixtures::Errno> {
    dispatch::answer(mode, offset, length, Selector::ordinary().address())
}

/// The accepted call differs in the length alone.
#[rstest]
#[case::address_one(1)]
#[case::inside_a_page(5)]
#[case::page_aligned(0x1000)]
#[case::above_4_gib(1 << 32)]
#[case::upper_half(HALF)]
#[case::the_last_but_one(MAX - 1)]
#[harness::test(
    clause = DISPATCH_REGION_ZERO_LENGTH,
    catches = "an empty region accepted at an offset other than 0",
    needs = [DISPATCH],
)]
fn a_start_above_zero_needs_a_length(#[case] offset: u64) {
    assert_eq!(answer(ON, offset, 0), Err(EINVAL));
    assert_eq!(answer(ON, offset, 1), Ok(()));
}

#[harness::test(
    clause = DISPATCH_REGION_ZERO_LENGTH,
    catches = "a region accepted at ULONG_MAX, where every length reaches 2^64 or wraps",
    needs = [DISPATCH],
)]
fn the_last_address_of_all_has_no_region() {
    for length in [0, 1, 2, MAX - 1, MAX] {
        assert_eq!(answer(ON, MAX, length), Err(EINVAL), "no length is valid there");
    }
    assert_eq!(answer(ON, MAX - 1, 1), Ok(()));
}

/// Each accepted length is the refused one less 1, so that the region ends just below 2^64.
#[rstest]
#[case::from_one(1, MAX)]
#[case::from_two(2, MAX - 1)]
#[case::from_five(5, MAX - 4)]
#[case::from_a_page(0x1000, MAX - 0xfff)]
#[case::from_the_upper_half(HALF, HALF)]
#[case::from_the_kernel(KERNEL, 0x8000_0000_0000)]
#[case::from_the_last_but_one(MAX - 1, 2)]
#[harness::test(
    clause = DISPATCH_REGION_OVERFLOW,
    catches = "an overflow check that accepts an end of exactly 0, or refuses the end below 2^64 \
        too",
    needs = [DISPATCH],
)]
fn a_region_must_not_end_at_two_to_the_64(#[case] offset: u64, #[case] length: u64) {
    assert_eq!(offset.wrapping_add(length), 0, "the row ends at 2^64");
    assert_eq!(answer(ON, offset, length), Err(EINVAL));
    assert_eq!(answer(ON, offset, length - 1), Ok(()));
}

/// The end wraps to an address above 0 and below the start.
#[rstest]
#[case::to_one(5, MAX - 3)]
#[case::to_just_below_the_start(5, MAX)]
#[case::halves(HALF, HALF + 1)]
#[case::upper_half(HALF, MAX)]
#[case::page(0x1000, MAX - 0x7ff)]
#[case::from_the_last_but_one(MAX - 1, 3)]
#[case::from_the_last_but_one_on(MAX - 1, MAX)]
#[harness::test(
    clause = DISPATCH_REGION_OVERFLOW,
    catches = "an overflow check that tests the end for 0 alone and accepts a region that wraps \
        further",
    needs = [DISPATCH],
)]
fn a_region_must_not_wrap(#[case] offset: u64, #[case] length: u64) {
    assert_eq!(answer(ON, offset, length), Err(EINVAL));
    assert_eq!(answer(ON, 0, length), Ok(()), "the same length from 0");
    assert_eq!(answer(ON, offset, 1), Ok(()), "the same start");
}

#[rstest]
#[case::of_no_length(0)]
#[case::of_one(1)]
#[case::of_a_page(0x1000)]
#[case::of_half(HALF)]
#[case::of_all(MAX)]
#[harness::test(
    clause = [DISPATCH_REGION_ZERO_ZERO, DISPATCH_REGION_EVERYTHING, DISPATCH_REGION_ARGS],
    catches = "a region from 0 refused for its length of 0, or for reaching ULONG_MAX",
    needs = [DISPATCH],
)]
fn a_region_from_zero_is_accepted(#[case] length: u64) {
    assert_eq!(answer(ON, 0, length), Ok(()));
    assert_eq!(dispatch::answer(ON, 0x2_0000, MAX - 0x2_0000, 0), Ok(()), "with no selector too");
}

#[harness::test(
    clause = DISPATCH_REGION_ARGS,
    catches = "an alignment demanded of the offset or the length",
    needs = [DISPATCH],
)]
fn a_region_need_not_be_aligned() {
    for offset in 0x5000..0x5010 {
        for length in 1..=16 {
            assert_eq!(answer(ON, offset, length), Ok(()));
        }
    }
}

#[rstest]
#[case::kernel(Region::new(KERNEL, 0x1000))]
#[case::non_canonical(Region::new(1 << 62, 0x1000))]
#[case::last_page_of_all(Region::new(MAX - 0xfff, 0xfff))]
#[case::past_the_end(Region::new(address::user_end(), 0x1000))]
#[case::reaching_over_the_end(Region::new(0x1000, address::user_end()))]
#[harness::test(
    clause = [DISPATCH_REGION_IN_ADDRESS_SPACE, DISPATCH_REGION_OUTSIDE_IS_EINVAL],
    catches = "a region checked for overflow alone, and not against the end of the user address \
        space",
    needs = [DISPATCH],
)]
fn a_region_outside_the_address_space_is_refused(#[case] region: Region) {
    assert_eq!(answer(ON, region.offset, region.length), Err(EINVAL));
}

/// Kernels accept such regions; no call can come from them.
#[rstest]
#[case::kernel(Region::new(KERNEL, 0x1000))]
#[case::all_of_the_kernel(Region::new(KERNEL, MAX - KERNEL))]
#[case::non_canonical(Region::new(1 << 62, 0x1000))]
#[case::past_the_end(Region::new(address::user_end(), 0x1000))]
#[harness::test(
    clause = DISPATCH_REGION_HALF_OPEN,
    catches = "an offset above the user half that is truncated, so that the region holds user code",
    needs = [DISPATCH],
)]
fn a_region_outside_the_address_space_exempts_nothing(#[case] region: Region) {
    let gadget = Gadget::syscall();
    let toggle = SelfAllowingHandler::new();
    assert_eq!(toggle.outcome_in(ON, region, &gadget), CallOutcome::Dispatched);
}

#[harness::test(
    clause = DISPATCH_REGION_IN_ADDRESS_SPACE,
    catches = "a region refused because nothing is mapped in it",
    needs = [DISPATCH],
)]
fn a_region_may_be_unmapped() {
    let gadget = Gadget::syscall();
    let toggle = SelfAllowingHandler::new();
    assert_eq!(
        toggle.outcome_in(ON, Region::new(0x1000, 0x1000), &gadget),
        CallOutcome::Dispatched
    );
}

#[rstest]
#[case::from_zero(0)]
#[case::from_one(1)]
#[case::from_a_page(0x1000)]
#[case::from_the_upper_half(HALF)]
#[case::from_the_last_but_one(MAX - 1)]
#[harness::test(
    clause = DISPATCH_INCLUSIVE_ZERO_LENGTH,
    catches = "an empty inclusive region accepted, at 0 as in exclusive mode or elsewhere",
    needs = [INCLUSIVE],
)]
fn an_inclusive_region_needs_a_length(#[case] offset: u64) {
    assert_eq!(answer(INCLUSIVE_ON, offset, 0), Err(EINVAL));
    assert_eq!(answer(INCLUSIVE_ON, offset, 1), Ok(()));
}

#[rstest]
#[case::from_one(1, MAX)]
#[case::from_two(2, MAX - 1)]
#[case::from_five(5, MAX - 4)]
#[case::from_the_upper_half(HALF, HALF)]
#[case::from_the_kernel(KERNEL, 0x8000_0000_0000)]
#[case::from_the_last_but_one(MAX - 1, 2)]
#[harness::test(
    clause = DISPATCH_INCLUSIVE_WRAPAROUND,
    catches = "an inclusive region whose end of exactly 0 is accepted, or whose end below 2^64 is \
        refused",
    needs = [INCLUSIVE],
)]
fn an_inclusive_region_must_not_end_at_two_to_the_64(#[case] offset: u64, #[case] length: u64) {
    assert_eq!(answer(INCLUSIVE_ON, offset, length), Err(EINVAL));
    assert_eq!(answer(INCLUSIVE_ON, offset, length - 1), Ok(()));
}

#[rstest]
#[case::to_one(5, MAX - 3)]
#[case::to_just_below_the_start(5, MAX)]
#[case::halves(HALF, HALF + 1)]
#[case::upper_half(HALF, MAX)]
#[case::from_the_last_but_one_on(MAX - 1, MAX)]
#[harness::test(
    clause = DISPATCH_INCLUSIVE_WRAPAROUND,
    catches = "an overflow check made after the inclusive region is inverted, when one that wraps \
        looks valid",
    needs = [INCLUSIVE],
)]
fn an_inclusive_region_must_not_wrap(#[case] offset: u64, #[case] length: u64) {
    assert_eq!(answer(INCLUSIVE_ON, offset, length), Err(EINVAL));
    assert_eq!(answer(INCLUSIVE_ON, 0, length), Ok(()), "the same length from 0");
    assert_eq!(answer(INCLUSIVE_ON, offset, 1), Ok(()), "the same start");
}

#[harness::test(
    clause = DISPATCH_INCLUSIVE_WRAPAROUND,
    catches = "an inclusive region accepted at ULONG_MAX, where no length fits",
    needs = [INCLUSIVE],
)]
fn the_last_address_of_all_has_no_inclusive_region() {
    for length in [0, 1, 2, MAX - 1, MAX] {
        assert_eq!(answer(INCLUSIVE_ON, MAX, length), Err(EINVAL));
    }
    assert_eq!(answer(INCLUSIVE_ON, MAX - 1, 1), Ok(()));
}

#[rstest]
#[case::a_page(Region::new(KERNEL, 0x1000))]
#[case::to_the_end(Region::new(KERNEL, MAX - KERNEL))]
#[case::upper_half(Region::new(HALF, HALF - 1))]
#[harness::test(
    clause = DISPATCH_INCLUSIVE_KERNEL_REGION,
    catches = "an inclusive region of the kernel half that is refused, or compared signed so that \
        it holds user code",
    needs = [INCLUSIVE],
)]
fn an_inclusive_region_of_the_kernel_dispatches_nothing(#[case] region: Region) {
    let gadget = Gadget::syscall();
    let toggle = SelfAllowingHandler::new();
    assert_eq!(toggle.outcome_in(INCLUSIVE_ON, region, &gadget), CallOutcome::Native);
    assert_eq!(
        toggle.outcome_in(INCLUSIVE_ON, gadget.own_pages(), &gadget),
        CallOutcome::Dispatched
    );
}
