//! Where a region begins and ends, byte by byte and bit by bit, in both modes. The kernel compares
//! the address after the instruction with the region.

use crate::clauses::*;
use fixtures::Entry;
use fixtures::call_outcome::{CallOutcome, SelfAllowingHandler};
use fixtures::dispatch::{INCLUSIVE_ON, ON, Region};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE, INT80};
use rstest::rstest;

/// The outcome of a call from the region, and of a call from outside.
const fn outcomes(mode: u64) -> (CallOutcome, CallOutcome) {
    if mode == ON {
        (CallOutcome::Native, CallOutcome::Dispatched)
    } else {
        (CallOutcome::Dispatched, CallOutcome::Native)
    }
}

/// Tries every region of up to six bytes around the instruction: a call is inside if the address
/// after the instruction is.
#[track_caller]
fn around(mode: u64, gadget: Gadget) {
    let toggle = SelfAllowingHandler::new();
    let (inside, outside) = outcomes(mode);
    for start in -6i64..=4 {
        for length in 1..=6 {
            let region = Region::new(gadget.instruction().wrapping_add_signed(start), length);
            let holds = (start..start + length as i64).contains(&2);
            let outcome = toggle.outcome_in(mode, region, &gadget);
            let expected = if holds { inside } else { outside };
            assert_eq!(outcome, expected, "{length} bytes from insn{start:+}");
        }
    }
}

#[rstest]
#[case::in_the_middle_of_a_page(0x800)]
#[case::at_the_start_of_a_page(0x1000)]
#[case::the_address_after_it_at_the_end_of_a_page(0xffd)]
#[case::at_the_end_of_a_page(0xffe)]
#[case::across_two_pages(0xfff)]
#[harness::test(
    clause = DISPATCH_REGION_HALF_OPEN,
    catches = "a region that holds its end or lacks its start: <= where < belongs, or < where <= \
        does",
    needs = [DISPATCH],
)]
fn the_region_is_half_open(#[case] offset: usize) {
    around(ON, Gadget::at(Entry::Syscall, offset));
}

#[rstest]
#[case::in_the_middle_of_a_page(0x800)]
#[case::at_the_end_of_a_page(0xffe)]
#[case::across_two_pages(0xfff)]
#[harness::test(
    clause = DISPATCH_REGION_HALF_OPEN,
    catches = "an ip moved back to the int 0x80 instruction before it is compared, which shifts \
        both ends",
    needs = [DISPATCH, INT80],
)]
fn the_region_is_half_open_for_int80(#[case] offset: usize) {
    around(ON, Gadget::at(Entry::Int80, offset));
}

#[rstest]
#[case::in_the_middle_of_a_page(0x800)]
#[case::at_the_start_of_a_page(0x1000)]
#[case::the_address_after_it_at_the_end_of_a_page(0xffd)]
#[case::at_the_end_of_a_page(0xffe)]
#[case::across_two_pages(0xfff)]
#[harness::test(
    clause = DISPATCH_INCLUSIVE_HALF_OPEN,
    catches = "an inverted region that is off by one where the complement begins or ends",
    needs = [INCLUSIVE],
)]
fn the_inclusive_region_is_half_open(#[case] offset: usize) {
    around(INCLUSIVE_ON, Gadget::at(Entry::Syscall, offset));
}

#[rstest]
#[case::in_the_middle_of_a_page(0x800)]
#[case::at_the_end_of_a_page(0xffe)]
#[case::across_two_pages(0xfff)]
#[harness::test(
    clause = DISPATCH_INCLUSIVE_HALF_OPEN,
    catches = "an int 0x80 path that shifts the ends of an inverted region",
    needs = [INCLUSIVE, INT80],
)]
fn the_inclusive_region_is_half_open_for_int80(#[case] offset: usize) {
    around(INCLUSIVE_ON, Gadget::at(Entry::Int80, offset));
}

/// High code, which leaves room for regions at large distances below it.
fn high() -> Gadget {
    Gadget::at_address(Entry::Syscall, 0x6a5a_5a5a_5800)
}

/// Tries every offset that differs by one bit from the address after the instruction.
#[track_caller]
fn offset_bits(mode: u64) {
    let (toggle, gadget) = (SelfAllowingHandler::new(), high());
    let (inside, outside) = outcomes(mode);
    for bit in 0..64 {
        let region = Region::new(gadget.after() ^ 1 << bit, 1);
        assert_eq!(toggle.outcome_in(mode, region, &gadget), outside, "bit {bit} flipped");
    }
    let region = Region::new(gadget.after(), 1);
    assert_eq!(toggle.outcome_in(mode, region, &gadget), inside, "no bit flipped");
}

#[harness::test(
    clause = [DISPATCH_REGION_ARGS, DISPATCH_REGION_HALF_OPEN],
    catches = "an offset stored or compared in fewer than 64 bits",
    needs = [DISPATCH],
)]
fn every_bit_of_the_offset_counts() {
    offset_bits(ON);
}

#[harness::test(
    clause = DISPATCH_INCLUSIVE_HALF_OPEN,
    catches = "an offset that loses bits when the region is inverted",
    needs = [INCLUSIVE],
)]
fn every_bit_of_the_inclusive_offset_counts() {
    offset_bits(INCLUSIVE_ON);
}

/// Tries every length of a single bit, from the lowest to the highest.
#[track_caller]
fn length_bits(mode: u64) {
    let (toggle, gadget) = (SelfAllowingHandler::new(), high());
    let (inside, outside) = outcomes(mode);
    for bit in 0..64 {
        let region = Region::new(gadget.after(), 1 << bit);
        assert_eq!(toggle.outcome_in(mode, region, &gadget), inside, "length 1 << {bit}");
        let region = Region::new(gadget.after() + 1, 1 << bit);
        assert_eq!(
            toggle.outcome_in(mode, region, &gadget),
            outside,
            "length 1 << {bit}, starting after the call"
        );
    }
}

#[harness::test(
    clause = [DISPATCH_REGION_ARGS, DISPATCH_REGION_HALF_OPEN],
    catches = "a length stored in fewer than 64 bits, or one that is negative when bit 63 is set",
    needs = [DISPATCH],
)]
fn every_bit_of_the_length_counts() {
    length_bits(ON);
}

#[harness::test(
    clause = DISPATCH_INCLUSIVE_HALF_OPEN,
    catches = "a length that is truncated or sign-extended when the region is inverted",
    needs = [INCLUSIVE],
)]
fn every_bit_of_the_inclusive_length_counts() {
    length_bits(INCLUSIVE_ON);
}

/// Tries regions that begin far below the call and end at it, or one byte after it.
#[track_caller]
fn distances(mode: u64) {
    let (toggle, gadget) = (SelfAllowingHandler::new(), high());
    let (inside, outside) = outcomes(mode);
    for bit in 0..=46 {
        let far = gadget.after() - (1 << bit);
        let short = toggle.outcome_in(mode, Region::new(far, 1 << bit), &gadget);
        let long = toggle.outcome_in(mode, Region::new(far, (1 << bit) + 1), &gadget);
        assert_eq!((short, long), (outside, inside), "1 << {bit} bytes below");
    }
}

#[harness::test(
    clause = DISPATCH_REGION_HALF_OPEN,
    catches = "a distance from the region's start that is computed in fewer bits than an address \
        has",
    needs = [DISPATCH],
)]
fn a_region_ends_where_it_ends_however_long_it_is() {
    distances(ON);
}

#[harness::test(
    clause = DISPATCH_INCLUSIVE_HALF_OPEN,
    catches = "an end of an inclusive region that is computed in fewer bits than an address has",
    needs = [INCLUSIVE],
)]
fn an_inclusive_region_ends_where_it_ends_however_long_it_is() {
    distances(INCLUSIVE_ON);
}

/// Tries regions from the lowest address and up to the highest that a region can have.
#[track_caller]
fn extremes(mode: u64) {
    let toggle = SelfAllowingHandler::new();
    let (inside, outside) = outcomes(mode);
    for gadget in [Gadget::syscall(), high()] {
        let after = gadget.after();
        for (region, expected, what) in [
            (Region::new(0, after), outside, "0 to the call"),
            (Region::new(0, after + 1), inside, "0 to after the call"),
            (Region::new(1, after - 1), outside, "1 to the call"),
            (Region::new(1, after), inside, "1 to after the call"),
            (Region::new(after, u64::MAX - after), inside, "the call to the end"),
            (Region::new(after + 1, u64::MAX - after - 1), outside, "after the call to the end"),
            (Region::new(1, u64::MAX - 1), inside, "1 to the end"),
            (Region::new(0, 1), outside, "address 0"),
            (Region::new(u64::MAX - 1, 1), outside, "the last address a region can have"),
        ] {
            assert_eq!(toggle.outcome_in(mode, region, &gadget), expected, "{what}");
        }
    }
}

#[harness::test(
    clause = DISPATCH_REGION_HALF_OPEN,
    catches = "a region that starts at 0 or reaches ULONG_MAX taken for an empty or an unlimited \
        one",
    needs = [DISPATCH],
)]
fn a_region_may_reach_from_end_to_end() {
    extremes(ON);
}

#[harness::test(
    clause = DISPATCH_INCLUSIVE_HALF_OPEN,
    catches = "a complement that comes out empty or whole where the inclusive region touches 0 or \
        ULONG_MAX",
    needs = [INCLUSIVE],
)]
fn an_inclusive_region_may_reach_from_end_to_end() {
    extremes(INCLUSIVE_ON);
}

/// Two instructions of one page, with the edge of the region between them; at a distance of three
/// bytes, nothing but the return of the first lies between the two.
#[track_caller]
fn neighbours(mode: u64, distance: usize) {
    let toggle = SelfAllowingHandler::new();
    let (inside, outside) = outcomes(mode);
    let [first, second] = Gadget::pair(Entry::Syscall, distance);
    let (one, two) = (first.after(), second.after());
    for (region, expected, what) in [
        (Region::new(one, 1), (inside, outside), "the first"),
        (Region::new(one, two - one), (inside, outside), "up to the second"),
        (Region::new(one, two - one + 1), (inside, inside), "both"),
        (Region::new(one + 1, two - one), (outside, inside), "after the first"),
        (Region::new(two, 1), (outside, inside), "the second"),
        (Region::new(one + 1, two - one - 1), (outside, outside), "between the two"),
    ] {
        toggle.arm(mode, region).expect("the region is good");
        assert_eq!((toggle.outcome(&first), toggle.outcome(&second)), expected, "{what}");
    }
}

#[rstest]
#[case::adjacent(3)]
#[case::apart(0x80)]
#[case::in_the_next_page(0x800)]
#[harness::test(
    clause = DISPATCH_REGION_HALF_OPEN,
    catches = "a decision remembered for a page of code instead of made for each address",
    needs = [DISPATCH],
)]
fn a_region_may_end_between_two_instructions(#[case] distance: usize) {
    neighbours(ON, distance);
}

#[rstest]
#[case::adjacent(3)]
#[case::apart(0x80)]
#[case::in_the_next_page(0x800)]
#[harness::test(
    clause = DISPATCH_INCLUSIVE_HALF_OPEN,
    catches = "an inclusive region rounded to pages, so that calls on both sides of its end share \
        one outcome",
    needs = [INCLUSIVE],
)]
fn an_inclusive_region_may_end_between_two_instructions(#[case] distance: usize) {
    neighbours(INCLUSIVE_ON, distance);
}
