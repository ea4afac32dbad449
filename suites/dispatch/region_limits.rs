//! Which regions the prctl takes and which it refuses.

use super::clauses::*;
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

/// The answer to a region, with a selector that allows.
fn answer(mode: u64, offset: u64, length: u64) -> Result<(), fixtures::Errno> {
    dispatch::answer(mode, offset, length, Selector::ordinary().address())
}

/// The call that is accepted differs in the length alone.
#[rstest]
#[case::address_one(1)]
#[case::inside_a_page(5)]
#[case::page_aligned(0x1000)]
#[case::above_4_gib(1 << 32)]
#[case::upper_half(HALF)]
#[case::the_last_but_one(MAX - 1)]
#[harness::test(clause = NOW_RANGE_NONZERO_LEN0, needs = [DISPATCH])]
fn a_start_above_zero_needs_a_length(#[case] offset: u64) {
    assert_eq!(answer(ON, offset, 0), Err(EINVAL));
    assert_eq!(answer(ON, offset, 1), Ok(()));
}

/// A kernel that lets a region begin where any length reaches 2^64 or wraps.
#[harness::test(clause = NOW_RANGE_NONZERO_LEN0, needs = [DISPATCH])]
fn the_last_address_of_all_has_no_region() {
    for length in [0, 1, 2, MAX - 1, MAX] {
        assert_eq!(answer(ON, MAX, length), Err(EINVAL), "its length is not to blame");
    }
    assert_eq!(answer(ON, MAX - 1, 1), Ok(()));
}

/// In each row the accepted length is the refused one less one: it ends just below 2^64.
#[rstest]
#[case::from_one(1, MAX)]
#[case::from_two(2, MAX - 1)]
#[case::from_five(5, MAX - 4)]
#[case::from_a_page(0x1000, MAX - 0xfff)]
#[case::from_the_upper_half(HALF, HALF)]
#[case::from_the_kernel(KERNEL, 0x8000_0000_0000)]
#[case::from_the_last_but_one(MAX - 1, 2)]
#[harness::test(clause = NOW_RANGE_OVERFLOW, needs = [DISPATCH])]
fn a_region_must_not_end_at_two_to_the_64(#[case] offset: u64, #[case] length: u64) {
    assert_eq!(offset.wrapping_add(length), 0, "the row says so");
    assert_eq!(answer(ON, offset, length), Err(EINVAL));
    assert_eq!(answer(ON, offset, length - 1), Ok(()));
}

/// The end lies above 0 and below the start, or at it.
#[rstest]
#[case::to_one(5, MAX - 3)]
#[case::to_just_below_the_start(5, MAX)]
#[case::halves(HALF, HALF + 1)]
#[case::upper_half(HALF, MAX)]
#[case::page(0x1000, MAX - 0x7ff)]
#[case::from_the_last_but_one(MAX - 1, 3)]
#[case::from_the_last_but_one_on(MAX - 1, MAX)]
#[harness::test(clause = NOW_RANGE_OVERFLOW, needs = [DISPATCH])]
fn a_region_must_not_wrap(#[case] offset: u64, #[case] length: u64) {
    assert_eq!(answer(ON, offset, length), Err(EINVAL));
    assert_eq!(answer(ON, 0, length), Ok(()), "the same length from 0");
    assert_eq!(answer(ON, offset, 1), Ok(()), "the same start");
}

/// A kernel that wants a length at 0 too, or takes the greatest one there for a wrap.
#[rstest]
#[case::of_no_length(0)]
#[case::of_one(1)]
#[case::of_a_page(0x1000)]
#[case::of_half(HALF)]
#[case::of_all(MAX)]
#[harness::test(clause = [NOW_RANGE_ZERO_ZERO, NOW_RANGE_ALL, RANGE_ARGS], needs = [DISPATCH])]
fn a_region_from_zero_is_accepted(#[case] length: u64) {
    assert_eq!(answer(ON, 0, length), Ok(()));
    assert_eq!(dispatch::answer(ON, 0x2_0000, MAX - 0x2_0000, 0), Ok(()), "with no selector too");
}

/// Neither start nor length need be a multiple of anything.
#[harness::test(clause = RANGE_ARGS, needs = [DISPATCH])]
fn a_region_need_not_be_aligned() {
    for offset in 0x5000..0x5010 {
        for length in 1..=16 {
            assert_eq!(answer(ON, offset, length), Ok(()));
        }
    }
}

/// By the text a region lies in the process's address space, and what lies outside is refused.
#[rstest]
#[case::kernel(Region::new(KERNEL, 0x1000))]
#[case::non_canonical(Region::new(1 << 62, 0x1000))]
#[case::last_page_of_all(Region::new(MAX - 0xfff, 0xfff))]
#[case::past_the_end(Region::new(address::user_end(), 0x1000))]
#[case::reaching_over_the_end(Region::new(0x1000, address::user_end()))]
#[harness::test(
    clause = [RANGE_IN_ADDRESS_SPACE, ERR_EINVAL_RANGE, NOW_MAN_EINVAL_RANGE],
    needs = [DISPATCH]
)]
fn a_region_outside_the_address_space_is_refused(#[case] region: Region) {
    assert_eq!(answer(ON, region.offset, region.length), Err(EINVAL));
}

/// What kernels make of such a region: one from which nothing is ever called.
#[rstest]
#[case::kernel(Region::new(KERNEL, 0x1000))]
#[case::all_of_the_kernel(Region::new(KERNEL, MAX - KERNEL))]
#[case::non_canonical(Region::new(1 << 62, 0x1000))]
#[case::past_the_end(Region::new(address::user_end(), 0x1000))]
#[harness::test(clause = NOW_RANGE_HALF_OPEN, needs = [DISPATCH])]
fn a_region_outside_the_address_space_exempts_nothing(#[case] region: Region) {
    let gadget = Gadget::syscall();
    let toggle = SelfAllowingHandler::new();
    assert_eq!(toggle.outcome_in(ON, region, &gadget), CallOutcome::Dispatched);
}

/// Unmapped addresses belong to the address space as well.
#[harness::test(clause = RANGE_IN_ADDRESS_SPACE, needs = [DISPATCH])]
fn a_region_may_be_unmapped() {
    let gadget = Gadget::syscall();
    let toggle = SelfAllowingHandler::new();
    assert_eq!(
        toggle.outcome_in(ON, Region::new(0x1000, 0x1000), &gadget),
        CallOutcome::Dispatched
    );
}

/// A kernel that takes an empty inclusive region from 0, as it does in exclusive mode.
#[rstest]
#[case::from_zero(0)]
#[case::from_one(1)]
#[case::from_a_page(0x1000)]
#[case::from_the_upper_half(HALF)]
#[case::from_the_last_but_one(MAX - 1)]
#[harness::test(clause = NOW_MODE_INCLUSIVE_LEN0, needs = [INCLUSIVE])]
fn an_inclusive_region_needs_a_length(#[case] offset: u64) {
    assert_eq!(answer(INCLUSIVE_ON, offset, 0), Err(EINVAL));
    assert_eq!(answer(INCLUSIVE_ON, offset, 1), Ok(()));
}

/// A kernel that lets the end of an inclusive region come to 0, or refuses the last end before that too.
#[rstest]
#[case::from_one(1, MAX)]
#[case::from_two(2, MAX - 1)]
#[case::from_five(5, MAX - 4)]
#[case::from_the_upper_half(HALF, HALF)]
#[case::from_the_kernel(KERNEL, 0x8000_0000_0000)]
#[case::from_the_last_but_one(MAX - 1, 2)]
#[harness::test(clause = NOW_MODE_INCLUSIVE_WRAP, needs = [INCLUSIVE])]
fn an_inclusive_region_must_not_end_at_two_to_the_64(#[case] offset: u64, #[case] length: u64) {
    assert_eq!(answer(INCLUSIVE_ON, offset, length), Err(EINVAL));
    assert_eq!(answer(INCLUSIVE_ON, offset, length - 1), Ok(()));
}

/// A kernel that judges an inclusive region after it has turned it round, when a wrapping one looks
/// good.
#[rstest]
#[case::to_one(5, MAX - 3)]
#[case::to_just_below_the_start(5, MAX)]
#[case::halves(HALF, HALF + 1)]
#[case::upper_half(HALF, MAX)]
#[case::from_the_last_but_one_on(MAX - 1, MAX)]
#[harness::test(clause = NOW_MODE_INCLUSIVE_WRAP, needs = [INCLUSIVE])]
fn an_inclusive_region_must_not_wrap(#[case] offset: u64, #[case] length: u64) {
    assert_eq!(answer(INCLUSIVE_ON, offset, length), Err(EINVAL));
    assert_eq!(answer(INCLUSIVE_ON, 0, length), Ok(()), "the same length from 0");
    assert_eq!(answer(INCLUSIVE_ON, offset, 1), Ok(()), "the same start");
}

/// A kernel that lets an inclusive region begin at the last address, where no length fits.
#[harness::test(clause = NOW_MODE_INCLUSIVE_WRAP, needs = [INCLUSIVE])]
fn the_last_address_of_all_has_no_inclusive_region() {
    for length in [0, 1, 2, MAX - 1, MAX] {
        assert_eq!(answer(INCLUSIVE_ON, MAX, length), Err(EINVAL));
    }
    assert_eq!(answer(INCLUSIVE_ON, MAX - 1, 1), Ok(()));
}

/// A kernel that refuses such a region, or compares with a sign and catches the user's calls in it.
#[rstest]
#[case::a_page(Region::new(KERNEL, 0x1000))]
#[case::to_the_end(Region::new(KERNEL, MAX - KERNEL))]
#[case::upper_half(Region::new(HALF, HALF - 1))]
#[harness::test(clause = NOW_MODE_INCLUSIVE_KERNEL_RANGE, needs = [INCLUSIVE])]
fn an_inclusive_region_of_the_kernel_dispatches_nothing(#[case] region: Region) {
    let gadget = Gadget::syscall();
    let toggle = SelfAllowingHandler::new();
    assert_eq!(toggle.outcome_in(INCLUSIVE_ON, region, &gadget), CallOutcome::Native);
    assert_eq!(
        toggle.outcome_in(INCLUSIVE_ON, gadget.own_pages(), &gadget),
        CallOutcome::Dispatched
    );
}
