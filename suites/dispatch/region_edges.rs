//! Where a region begins and ends, byte by byte and bit by bit, in both modes. What the kernel
//! holds against the region is the address after the instruction.

use super::clauses::*;
use fixtures::Entry;
use fixtures::call_outcome::{CallOutcome, SelfAllowingHandler};
use fixtures::dispatch::{INCLUSIVE_ON, ON, Region};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE, INT80};
use rstest::rstest;

/// What becomes of a call from the region, and of one from outside.
const fn outcomes(mode: u64) -> (CallOutcome, CallOutcome) {
    if mode == ON {
        (CallOutcome::Native, CallOutcome::Dispatched)
    } else {
        (CallOutcome::Dispatched, CallOutcome::Native)
    }
}

/// Every region of up to six bytes around the instruction: a call is in it if the address after the
/// instruction is.
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

/// A kernel that is off by one at either end, or judges by page.
#[rstest]
#[case::in_the_middle_of_a_page(0x800)]
#[case::at_the_start_of_a_page(0x1000)]
#[case::the_address_after_it_at_the_end_of_a_page(0xffd)]
#[case::at_the_end_of_a_page(0xffe)]
#[case::across_two_pages(0xfff)]
#[harness::test(clause = NOW_RANGE_HALF_OPEN, needs = [DISPATCH])]
fn the_region_is_half_open(#[case] offset: usize) {
    around(ON, Gadget::at(Entry::Syscall, offset));
}

/// A kernel that corrects the address of an int 0x80 before it compares: the ends would move.
#[rstest]
#[case::in_the_middle_of_a_page(0x800)]
#[case::at_the_end_of_a_page(0xffe)]
#[case::across_two_pages(0xfff)]
#[harness::test(clause = NOW_RANGE_HALF_OPEN, needs = [DISPATCH, INT80])]
fn the_region_is_half_open_for_int80(#[case] offset: usize) {
    around(ON, Gadget::at(Entry::Int80, offset));
}

/// A kernel that turns the region round and is off by one where its complement begins or ends.
#[rstest]
#[case::in_the_middle_of_a_page(0x800)]
#[case::at_the_start_of_a_page(0x1000)]
#[case::the_address_after_it_at_the_end_of_a_page(0xffd)]
#[case::at_the_end_of_a_page(0xffe)]
#[case::across_two_pages(0xfff)]
#[harness::test(clause = NOW_MODE_INCLUSIVE_EDGES, needs = [INCLUSIVE])]
fn the_inclusive_region_is_half_open(#[case] offset: usize) {
    around(INCLUSIVE_ON, Gadget::at(Entry::Syscall, offset));
}

/// A kernel whose int 0x80 path compares with other ends than its syscall path once the region is
/// turned.
#[rstest]
#[case::in_the_middle_of_a_page(0x800)]
#[case::at_the_end_of_a_page(0xffe)]
#[case::across_two_pages(0xfff)]
#[harness::test(clause = NOW_MODE_INCLUSIVE_EDGES, needs = [INCLUSIVE, INT80])]
fn the_inclusive_region_is_half_open_for_int80(#[case] offset: usize) {
    around(INCLUSIVE_ON, Gadget::at(Entry::Int80, offset));
}

/// High code, so that distances of all sizes below it can be tried.
fn high() -> Gadget {
    Gadget::at_address(Entry::Syscall, 0x6a5a_5a5a_5800)
}

/// One address that differs from the one after the instruction by a single bit.
#[track_caller]
fn offset_bits(mode: u64) {
    let (toggle, gadget) = (SelfAllowingHandler::new(), high());
    let (inside, outside) = outcomes(mode);
    for bit in 0..64 {
        let region = Region::new(gadget.after() ^ 1 << bit, 1);
        assert_eq!(toggle.outcome_in(mode, region, &gadget), outside, "bit {bit} turned");
    }
    let region = Region::new(gadget.after(), 1);
    assert_eq!(toggle.outcome_in(mode, region, &gadget), inside, "no bit turned");
}

/// A kernel that keeps or compares fewer than 64 bits of the offset.
#[harness::test(clause = [RANGE_ARGS, NOW_RANGE_HALF_OPEN], needs = [DISPATCH])]
fn every_bit_of_the_offset_counts() {
    offset_bits(ON);
}

/// A kernel that loses bits of the offset when it turns the region round.
#[harness::test(clause = NOW_MODE_INCLUSIVE_EDGES, needs = [INCLUSIVE])]
fn every_bit_of_the_inclusive_offset_counts() {
    offset_bits(INCLUSIVE_ON);
}

/// A length of a single bit, however high, is a length.
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
            "length 1 << {bit}, one later"
        );
    }
}

/// A kernel that keeps fewer bits of the length, or takes one with the highest bit for negative.
#[harness::test(clause = [RANGE_ARGS, NOW_RANGE_HALF_OPEN], needs = [DISPATCH])]
fn every_bit_of_the_length_counts() {
    length_bits(ON);
}

/// A kernel that turns the length round in a narrower or a signed type.
#[harness::test(clause = NOW_MODE_INCLUSIVE_EDGES, needs = [INCLUSIVE])]
fn every_bit_of_the_inclusive_length_counts() {
    length_bits(INCLUSIVE_ON);
}

/// Regions that begin far below the call and end at it, or one byte behind it.
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

/// A kernel that counts the way from the region's start in a narrower type: the end would move.
#[harness::test(clause = NOW_RANGE_HALF_OPEN, needs = [DISPATCH])]
fn a_region_ends_where_it_ends_however_long_it_is() {
    distances(ON);
}

/// A kernel that works out the end of an inclusive region in a narrower type: long ones would end
/// elsewhere.
#[harness::test(clause = NOW_MODE_INCLUSIVE_EDGES, needs = [INCLUSIVE])]
fn an_inclusive_region_ends_where_it_ends_however_long_it_is() {
    distances(INCLUSIVE_ON);
}

/// From the lowest address and to the highest that a region can have.
#[track_caller]
fn extremes(mode: u64) {
    let toggle = SelfAllowingHandler::new();
    let (inside, outside) = outcomes(mode);
    for gadget in [Gadget::syscall(), high()] {
        let after = gadget.after();
        for (region, expected, what) in [
            (Region::new(0, after), outside, "0 to the call"),
            (Region::new(0, after + 1), inside, "0 to behind the call"),
            (Region::new(1, after - 1), outside, "1 to the call"),
            (Region::new(1, after), inside, "1 to behind the call"),
            (Region::new(after, u64::MAX - after), inside, "the call to the end"),
            (Region::new(after + 1, u64::MAX - after - 1), outside, "behind the call to the end"),
            (Region::new(1, u64::MAX - 1), inside, "1 to the end"),
            (Region::new(0, 1), outside, "address 0"),
            (Region::new(u64::MAX - 1, 1), outside, "the last address a region can have"),
        ] {
            assert_eq!(toggle.outcome_in(mode, region, &gadget), expected, "{what}");
        }
    }
}

/// A kernel that takes a region from 0, or one to the highest address, for none or for all.
#[harness::test(clause = NOW_RANGE_HALF_OPEN, needs = [DISPATCH])]
fn a_region_may_reach_from_end_to_end() {
    extremes(ON);
}

/// A kernel whose complement comes out empty or whole where the inclusive region touches either end.
#[harness::test(clause = NOW_MODE_INCLUSIVE_EDGES, needs = [INCLUSIVE])]
fn an_inclusive_region_may_reach_from_end_to_end() {
    extremes(INCLUSIVE_ON);
}

/// Two instructions of one page, with the edge of the region between them; the distance of three
/// bytes leaves room for nothing but the first one's return.
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
        (Region::new(one + 1, two - one), (outside, inside), "behind the first"),
        (Region::new(two, 1), (outside, inside), "the second"),
        (Region::new(one + 1, two - one - 1), (outside, outside), "what is between"),
    ] {
        toggle.arm(mode, region).expect("the region is good");
        assert_eq!((toggle.outcome(&first), toggle.outcome(&second)), expected, "{what}");
    }
}

/// A kernel that remembers its verdict for a page of code instead of judging each call.
#[rstest]
#[case::adjacent(3)]
#[case::apart(0x80)]
#[case::in_the_next_page(0x800)]
#[harness::test(clause = NOW_RANGE_HALF_OPEN, needs = [DISPATCH])]
fn a_region_may_end_between_two_instructions(#[case] distance: usize) {
    neighbours(ON, distance);
}

/// A kernel that rounds an inclusive region to pages: calls on both sides of its end would share one
/// outcome.
#[rstest]
#[case::adjacent(3)]
#[case::apart(0x80)]
#[case::in_the_next_page(0x800)]
#[harness::test(clause = NOW_MODE_INCLUSIVE_EDGES, needs = [INCLUSIVE])]
fn an_inclusive_region_may_end_between_two_instructions(#[case] distance: usize) {
    neighbours(INCLUSIVE_ON, distance);
}
