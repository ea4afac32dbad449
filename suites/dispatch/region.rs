//! The exempt region of exclusive mode: what it is made of, and what it does for calls from it.

use super::clauses::*;
use fixtures::Entry;
use fixtures::dispatch::{self, ALLOW, BLOCK, ON, Region};
use fixtures::fate::{self, Fate, Toggle, UNASSIGNED};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INT80};
use fixtures::selector::Selector;
use fixtures::sigsys;
use rstest::rstest;
use sys::uapi::ENOSYS;

const NOTHING_DISPATCHED: (Fate, Fate) = (Fate::Native, Fate::Native);

/// Two gadgets in pages of their own; the region is one of them, and then the other.
#[harness::test(clause = [RANGE_ARGS, RANGE_SINGLE_CONTIGUOUS], needs = [DISPATCH])]
fn calls_from_the_region_run_and_others_are_dispatched() {
    let [first, second] = [Gadget::syscall(), Gadget::syscall()];
    let toggle = Toggle::new();
    toggle.arm(ON, first.own_pages()).expect("the region is good");
    assert_eq!((toggle.fate(&first), toggle.fate(&second)), (Fate::Native, Fate::Dispatched));
    toggle.arm(ON, second.own_pages()).expect("the region is good");
    assert_eq!((toggle.fate(&first), toggle.fate(&second)), (Fate::Dispatched, Fate::Native));
}

/// A kernel whose int 0x80 path looks at no region, or at the one from before.
#[harness::test(clause = [RANGE_ARGS, RANGE_SINGLE_CONTIGUOUS], needs = [DISPATCH, INT80])]
fn calls_by_int80_from_the_region_run_and_others_are_dispatched() {
    let [first, second] = [Gadget::int80(), Gadget::int80()];
    let toggle = Toggle::new();
    toggle.arm(ON, first.own_pages()).expect("the region is good");
    assert_eq!((toggle.fate(&first), toggle.fate(&second)), (Fate::Native, Fate::Dispatched));
    toggle.arm(ON, second.own_pages()).expect("the region is good");
    assert_eq!((toggle.fate(&first), toggle.fate(&second)), (Fate::Dispatched, Fate::Native));
}

/// Start and length are told apart by their values: exchanged, they would hold the gadget.
#[harness::test(clause = RANGE_ARGS, needs = [DISPATCH])]
fn the_start_comes_before_the_length() {
    let gadget = Gadget::syscall();
    let toggle = Toggle::new();
    let behind = Region::new(gadget.after() + 16, 1);
    assert_eq!(toggle.fate_in(ON, behind, &gadget), Fate::Dispatched);
    let exchanged = Region::new(behind.length, behind.offset);
    assert_eq!(toggle.fate_in(ON, exchanged, &gadget), Fate::Native);
}

/// One contiguous region exempts all that lies between its ends.
#[harness::test(clause = RANGE_SINGLE_CONTIGUOUS, needs = [DISPATCH])]
fn a_region_holds_everything_between_its_ends() {
    let gadgets = [(); 5].map(|()| Gadget::syscall());
    let toggle = Toggle::new();
    let (first, last) = (gadgets[1].own_pages(), gadgets[3].own_pages());
    let region = Region::new(first.offset, last.offset + last.length - first.offset);
    toggle.arm(ON, region).expect("the region is good");
    let fates = gadgets.map(|gadget| toggle.fate(&gadget));
    use Fate::{Dispatched, Native};
    assert_eq!(fates, [Dispatched, Native, Native, Native, Dispatched]);
}

/// Whatever the selector holds, even what would kill outside.
#[rstest]
#[case::block(BLOCK)]
#[case::just_above_block(2)]
#[case::greatest_positive(0x7f)]
#[case::least_negative(0x80)]
#[case::all_ones(0xff)]
#[harness::test(clause = [RANGE_ALWAYS_ALLOWED, SELECTOR_BAD_VALUE_AT_ENTRY], needs = [DISPATCH])]
fn a_call_from_the_region_runs_whatever_the_selector_holds(#[case] value: u8) {
    let (outside, inside) = (Gadget::syscall(), Gadget::syscall());
    let toggle = Toggle::new();
    toggle.arm(ON, outside.everything_else()).expect("the region is good");
    let wide = toggle.fate_with(value, &inside);
    // And with nothing but the gadget exempt.
    toggle.arm(ON, inside.own_pages()).expect("the region is good");
    let narrow = toggle.fate_with(value, &inside);
    assert_eq!((wide, narrow), NOTHING_DISPATCHED);
    assert_eq!(toggle.fate_with(BLOCK, &outside), Fate::Dispatched, "outside");
}

/// Whether there is a selector that can be read, or a selector at all. The case's own calls are
/// made from the region too.
#[rstest]
#[case::none(Selector::NONE)]
#[case::unreadable(Selector::unreadable())]
#[case::unmapped(Selector::unmapped())]
#[case::past_the_end_of_its_file(Selector::past_end_of_file())]
#[case::address_one(Selector::at(1))]
#[harness::test(clause = [RANGE_ALWAYS_ALLOWED, TERMS_ENABLE_VS_ALLOW], needs = [DISPATCH])]
fn a_call_from_the_region_reads_no_selector(#[case] selector: Selector) {
    let (outside, inside) = (Gadget::syscall(), Gadget::syscall());
    let log = sigsys::handle();
    let armed = dispatch::arm_with(outside.everything_else(), selector);
    armed.select(BLOCK);
    assert_eq!(fate::of_call(&inside, log), Fate::Native);
    armed.off();
}

/// A kernel whose int 0x80 path reads the byte before it looks at the region.
#[rstest]
#[case::none(Selector::NONE)]
#[case::unreadable(Selector::unreadable())]
#[harness::test(clause = RANGE_ALWAYS_ALLOWED, needs = [DISPATCH, INT80])]
fn an_int80_from_the_region_reads_no_selector(#[case] selector: Selector) {
    let (outside, inside) = (Gadget::syscall(), Gadget::int80());
    let log = sigsys::handle();
    let armed = dispatch::arm_with(outside.everything_else(), selector);
    armed.select(BLOCK);
    assert_eq!(fate::of_call(&inside, log), Fate::Native);
    armed.off();
}

/// The region is judged call by call: by turns inside and outside, with the same byte.
#[harness::test(clause = [RANGE_ALWAYS_ALLOWED, INTERCEPT_SELECTIVE], needs = [DISPATCH])]
fn calls_inside_and_outside_take_turns() {
    let (outside, inside) = (Gadget::syscall(), Gadget::syscall());
    let log = sigsys::handle();
    let armed = dispatch::arm_with(outside.everything_else(), Selector::ordinary());
    for _ in 0..50 {
        let fates = armed.blocked(|| (fate::of_call(&inside, log), fate::of_call(&outside, log)));
        assert_eq!(fates, (Fate::Native, Fate::Dispatched));
    }
    armed.off();
}

/// Low and high code of the case's own, and this program's text. Nothing is exempt, not even the
/// handler's return, for which the handler lets calls run.
#[harness::test(clause = [NOW_RANGE_ZERO_ZERO, NOW_SCOPE_PER_THREAD_GLOBALLY], needs = [DISPATCH])]
fn with_offset_and_length_zero_nothing_is_exempt() {
    let (low, high) = (Gadget::syscall(), high());
    let toggle = Toggle::new();
    assert_eq!(toggle.fate_in(ON, Region::NONE, &low), Fate::Dispatched);
    assert_eq!(toggle.fate(&high), Fate::Dispatched, "high code");
    toggle.selector.store(BLOCK);
    let result = fixtures::call::raw(UNASSIGNED, [0; 6]);
    toggle.selector.store(ALLOW);
    assert_eq!((result, toggle.log.count()), (UNASSIGNED, 1), "this program's text");
}

/// A kernel that takes no region for all of it at an int 0x80, or leaves those from high code alone.
#[harness::test(
    clause = [NOW_RANGE_ZERO_ZERO, NOW_SCOPE_PER_THREAD_GLOBALLY],
    needs = [DISPATCH, INT80]
)]
fn with_offset_and_length_zero_no_int80_is_exempt() {
    let (low, high) = (Gadget::int80(), Gadget::at_address(Entry::Int80, HIGH));
    let toggle = Toggle::new();
    assert_eq!(toggle.fate_in(ON, Region::NONE, &low), Fate::Dispatched);
    assert_eq!(toggle.fate(&high), Fate::Dispatched, "high code");
}

/// A kernel that takes the greatest length for -1, or keeps 32 bits of it.
#[harness::test(clause = NOW_RANGE_ALL, needs = [DISPATCH])]
fn with_the_greatest_length_everything_is_exempt() {
    let (low, high) = (Gadget::syscall(), high());
    let toggle = Toggle::new();
    assert_eq!(toggle.fate_in(ON, Region::ALL, &low), Fate::Native);
    assert_eq!(toggle.fate(&high), Fate::Native, "high code");
    toggle.selector.store(BLOCK);
    let result = fixtures::call::raw(UNASSIGNED, [0; 6]);
    toggle.selector.store(ALLOW);
    assert_eq!((result, toggle.log.count()), (-ENOSYS, 0), "this program's text");
}

/// With everything exempt, no selector is read, be it unreadable.
#[rstest]
#[case::none(Selector::NONE)]
#[case::unreadable(Selector::unreadable())]
#[harness::test(clause = NOW_RANGE_ALL, needs = [DISPATCH])]
fn with_everything_exempt_no_selector_is_read(#[case] selector: Selector) {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    let armed = dispatch::arm_with(Region::ALL, selector);
    assert_eq!(fate::of_call(&gadget, log), Fate::Native);
    armed.off();
}

/// Code above 64 TiB, where no 32-bit arithmetic reaches.
fn high() -> Gadget {
    Gadget::at_address(Entry::Syscall, HIGH)
}

const HIGH: usize = 0x4000_0000_0800;

/// The text's own words: an instruction in the region is exempt. Both its bytes are in it.
#[rstest]
#[case::in_the_middle_of_a_page(0x800)]
#[case::at_the_end_of_a_page(0xffe)]
#[harness::test(clause = RANGE_MEMBERSHIP_ADDRESS, needs = [DISPATCH])]
fn an_instruction_in_the_region_is_exempt(#[case] offset: usize) {
    let gadget = Gadget::at(Entry::Syscall, offset);
    let toggle = Toggle::new();
    let region = Region::new(gadget.instruction(), Entry::LENGTH as u64);
    assert_eq!(toggle.fate_in(ON, region, &gadget), Fate::Native);
}

/// The region begins behind the instruction and so holds none of it.
#[rstest]
#[case::in_the_middle_of_a_page(0x800)]
#[case::at_the_end_of_a_page(0xffe)]
#[harness::test(clause = RANGE_MEMBERSHIP_ADDRESS, needs = [DISPATCH])]
fn an_instruction_outside_the_region_is_not_exempt(#[case] offset: usize) {
    let gadget = Gadget::at(Entry::Syscall, offset);
    let toggle = Toggle::new();
    let region = Region::new(gadget.after(), 1);
    assert_eq!(toggle.fate_in(ON, region, &gadget), Fate::Dispatched);
}

/// A kernel that goes by the address behind an int 0x80: with the region's end there, it would dispatch.
#[harness::test(clause = RANGE_MEMBERSHIP_ADDRESS, needs = [DISPATCH, INT80])]
fn an_int80_instruction_in_the_region_is_exempt() {
    let gadget = Gadget::int80();
    let toggle = Toggle::new();
    let region = Region::new(gadget.instruction(), Entry::LENGTH as u64);
    assert_eq!(toggle.fate_in(ON, region, &gadget), Fate::Native);
}

/// A kernel that goes by the address behind an int 0x80, and exempts one that lies before the region.
#[harness::test(clause = RANGE_MEMBERSHIP_ADDRESS, needs = [DISPATCH, INT80])]
fn an_int80_instruction_outside_the_region_is_not_exempt() {
    let gadget = Gadget::int80();
    let toggle = Toggle::new();
    let region = Region::new(gadget.after(), 1);
    assert_eq!(toggle.fate_in(ON, region, &gadget), Fate::Dispatched);
}
