//! Inclusive mode: only the calls from the region are dispatched.

use super::clauses::*;
use fixtures::Entry;
use fixtures::dispatch::{self, ALLOW, BLOCK, INCLUSIVE_ON, ON, Region};
use fixtures::fate::{self, Fate, Toggle, UNASSIGNED};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE, INT80};
use fixtures::selector::Selector;
use fixtures::sigsys;
use rstest::rstest;
use sys::uapi::ENOSYS;

/// Mode 1 by its old name and by its number.
#[harness::test(clause = [NOW_MODE_EXCLUSIVE_IS_ON, OP_ON_ENABLES], needs = [DISPATCH])]
fn mode_one_is_exclusive() {
    assert_eq!(ON, 1);
    let (outside, inside) = (Gadget::syscall(), Gadget::syscall());
    let toggle = Toggle::new();
    toggle.arm(1, inside.own_pages()).expect("the region is good");
    assert_eq!((toggle.fate(&outside), toggle.fate(&inside)), (Fate::Dispatched, Fate::Native));
}

/// A kernel that dispatches every call from an inclusive region, or turns the byte round with the
/// region.
#[rstest]
#[case::allow(ALLOW, Fate::Native)]
#[case::block(BLOCK, Fate::Dispatched)]
#[harness::test(clause = NOW_MODE_INCLUSIVE_DISPATCHES_RANGE, needs = [INCLUSIVE])]
fn a_call_from_the_region_follows_the_selector(#[case] value: u8, #[case] expected: Fate) {
    let gadget = Gadget::syscall();
    let toggle = Toggle::new();
    toggle.arm(INCLUSIVE_ON, gadget.own_pages()).expect("the region is good");
    assert_eq!(toggle.fate_with(value, &gadget), expected);
}

/// A kernel whose int 0x80 path takes the inclusive region for an exclusive one.
#[harness::test(clause = NOW_MODE_INCLUSIVE_DISPATCHES_RANGE, needs = [INCLUSIVE, INT80])]
fn an_int80_from_the_region_follows_the_selector() {
    let (gadget, outside) = (Gadget::int80(), Gadget::int80());
    let toggle = Toggle::new();
    toggle.arm(INCLUSIVE_ON, gadget.own_pages()).expect("the region is good");
    let fates = (toggle.fate_with(ALLOW, &gadget), toggle.fate(&gadget), toggle.fate(&outside));
    assert_eq!(fates, (Fate::Native, Fate::Dispatched, Fate::Native));
}

/// Below the region, above it, and in this program's text.
#[harness::test(clause = NOW_MODE_INCLUSIVE_OUTSIDE_DIRECT, needs = [INCLUSIVE])]
fn a_call_from_elsewhere_runs() {
    let gadgets = [(); 3].map(|()| Gadget::syscall());
    let toggle = Toggle::new();
    toggle.arm(INCLUSIVE_ON, gadgets[1].own_pages()).expect("the region is good");
    let fates = gadgets.map(|gadget| toggle.fate(&gadget));
    assert_eq!(fates, [Fate::Native, Fate::Dispatched, Fate::Native]);
    toggle.selector.store(BLOCK);
    let result = fixtures::call::raw(UNASSIGNED, [0; 6]);
    assert_eq!((result, toggle.log.count()), (-ENOSYS, 0), "this program's text");
}

/// A kernel that judges the byte before the region: a bad value would kill calls from elsewhere.
#[rstest]
#[case::just_above_block(2)]
#[case::all_ones(0xff)]
#[harness::test(clause = NOW_MODE_INCLUSIVE_OUTSIDE_DIRECT, needs = [INCLUSIVE])]
fn a_call_from_elsewhere_runs_whatever_the_selector_holds(#[case] value: u8) {
    let (inside, outside) = (Gadget::syscall(), Gadget::syscall());
    let toggle = Toggle::new();
    toggle.arm(INCLUSIVE_ON, inside.own_pages()).expect("the region is good");
    assert_eq!(toggle.fate_with(value, &outside), Fate::Native);
}

/// A kernel that reads the byte before it looks at the region, and kills where that fails.
#[rstest]
#[case::none(Selector::NONE)]
#[case::unreadable(Selector::unreadable())]
#[case::unmapped(Selector::unmapped())]
#[case::past_the_end_of_its_file(Selector::past_end_of_file())]
#[case::address_one(Selector::at(1))]
#[harness::test(clause = NOW_MODE_INCLUSIVE_OUTSIDE_DIRECT, needs = [INCLUSIVE])]
fn a_call_from_elsewhere_reads_no_selector(#[case] selector: Selector) {
    let (inside, outside) = (Gadget::syscall(), Gadget::syscall());
    let log = sigsys::handle();
    let armed = dispatch::arm_inclusive(inside.own_pages(), selector);
    armed.select(BLOCK);
    assert_eq!(fate::of_call(&outside, log), Fate::Native);
    armed.off();
}

/// The handler and everything it needs is outside, so nothing has to let calls run for it.
#[harness::test(clause = NOW_MODE_INCLUSIVE_NULL_SELECTOR, needs = [INCLUSIVE])]
fn without_a_selector_every_call_from_the_region_is_dispatched() {
    let (inside, outside) = (Gadget::syscall(), Gadget::syscall());
    let log = sigsys::handle();
    let armed = dispatch::arm_inclusive(inside.own_pages(), Selector::NONE);
    for _ in 0..3 {
        assert_eq!(fate::of_call(&inside, log), Fate::Dispatched);
        assert_eq!(fate::of_call(&outside, log), Fate::Native);
    }
    armed.off();
    assert_eq!(fate::of_call(&inside, log), Fate::Native, "turned off");
}

/// A kernel that wants all of the instruction, or its first byte, in the inclusive region.
#[harness::test(clause = NOW_MODE_INCLUSIVE_NULL_SELECTOR, needs = [INCLUSIVE])]
fn without_a_selector_a_region_of_one_byte_is_enough() {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    let armed = dispatch::arm_inclusive(Region::new(gadget.after(), 1), Selector::NONE);
    assert_eq!(fate::of_call(&gadget, log), Fate::Dispatched);
    armed.off();
}

/// The largest region there is: the whole of the process is dispatched, as with no region in the
/// other mode.
#[harness::test(clause = NOW_MODE_INCLUSIVE_DISPATCHES_RANGE, needs = [INCLUSIVE])]
fn a_region_of_everything_dispatches_every_call() {
    let (low, high) = (Gadget::syscall(), Gadget::at_address(Entry::Syscall, 0x4000_0000_0800));
    let toggle = Toggle::new();
    assert_eq!(toggle.fate_in(INCLUSIVE_ON, Region::ALL, &low), Fate::Dispatched);
    assert_eq!(toggle.fate(&high), Fate::Dispatched);
    toggle.selector.store(BLOCK);
    let result = fixtures::call::raw(UNASSIGNED, [0; 6]);
    toggle.selector.store(ALLOW);
    assert_eq!((result, toggle.log.count()), (UNASSIGNED, 1), "this program's text");
}

/// From the first address on, which exclusive mode treats apart.
#[harness::test(clause = NOW_MODE_INCLUSIVE_DISPATCHES_RANGE, needs = [INCLUSIVE])]
fn a_region_may_begin_at_zero() {
    let (low, high) = (Gadget::syscall(), Gadget::at_address(Entry::Syscall, 0x4000_0000_0800));
    let toggle = Toggle::new();
    let below_4_gib = Region::new(0, 1 << 32);
    assert_eq!(toggle.fate_in(INCLUSIVE_ON, below_4_gib, &low), Fate::Dispatched);
    assert_eq!(toggle.fate(&high), Fate::Native);
}

/// The text's own words: calls from the region are dispatched. Both of the instruction's bytes
/// are in it.
#[harness::test(clause = NOW_MODE_INCLUSIVE_EDGES, needs = [INCLUSIVE])]
fn an_instruction_in_the_inclusive_region_is_dispatched() {
    let gadget = Gadget::syscall();
    let toggle = Toggle::new();
    let region = Region::new(gadget.instruction(), Entry::LENGTH as u64);
    assert_eq!(toggle.fate_in(INCLUSIVE_ON, region, &gadget), Fate::Dispatched);
}

/// The region begins behind the instruction and so holds none of it.
#[harness::test(clause = NOW_MODE_INCLUSIVE_EDGES, needs = [INCLUSIVE])]
fn an_instruction_outside_the_inclusive_region_is_not_dispatched() {
    let gadget = Gadget::syscall();
    let toggle = Toggle::new();
    let region = Region::new(gadget.after(), 1);
    assert_eq!(toggle.fate_in(INCLUSIVE_ON, region, &gadget), Fate::Native);
}
