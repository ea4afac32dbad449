//! The exempt region of exclusive mode: its two arguments, and what becomes of calls from it.

use crate::clauses::*;
use fixtures::Entry;
use fixtures::call_outcome::{self, CallOutcome, SelfAllowingHandler, UNASSIGNED};
use fixtures::dispatch::{self, ALLOW, BLOCK, ON, Region};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INT80};
use fixtures::selector::Selector;
use fixtures::sigsys;
use rstest::rstest;
use sys::uapi::ENOSYS;

const NOTHING_DISPATCHED: (CallOutcome, CallOutcome) = (CallOutcome::Native, CallOutcome::Native);

/// Each gadget has pages of its own; the region holds those of the first, then those of the second.
#[harness::test(
    clause = [DISPATCH_REGION_ARGS, DISPATCH_REGION_CONTIGUOUS],
    catches = "a region that is ignored, or a second prctl that leaves the first region in force",
    needs = [DISPATCH],
)]
fn calls_from_the_region_run_and_others_are_dispatched() {
    let [first, second] = [Gadget::syscall(), Gadget::syscall()];
    let toggle = SelfAllowingHandler::new();
    toggle.arm(ON, first.own_pages()).expect("the region is good");
    assert_eq!(
        (toggle.outcome(&first), toggle.outcome(&second)),
        (CallOutcome::Native, CallOutcome::Dispatched)
    );
    toggle.arm(ON, second.own_pages()).expect("the region is good");
    assert_eq!(
        (toggle.outcome(&first), toggle.outcome(&second)),
        (CallOutcome::Dispatched, CallOutcome::Native)
    );
}

#[harness::test(
    clause = [DISPATCH_REGION_ARGS, DISPATCH_REGION_CONTIGUOUS],
    catches = "an int 0x80 path that tests no region, or still tests the region of an earlier \
        prctl",
    needs = [DISPATCH, INT80],
)]
fn calls_by_int80_from_the_region_run_and_others_are_dispatched() {
    let [first, second] = [Gadget::int80(), Gadget::int80()];
    let toggle = SelfAllowingHandler::new();
    toggle.arm(ON, first.own_pages()).expect("the region is good");
    assert_eq!(
        (toggle.outcome(&first), toggle.outcome(&second)),
        (CallOutcome::Native, CallOutcome::Dispatched)
    );
    toggle.arm(ON, second.own_pages()).expect("the region is good");
    assert_eq!(
        (toggle.outcome(&first), toggle.outcome(&second)),
        (CallOutcome::Dispatched, CallOutcome::Native)
    );
}

/// The region with its arguments exchanged holds the gadget, and the intended region does not.
#[harness::test(
    clause = DISPATCH_REGION_ARGS,
    catches = "offset and length stored in each other's place",
    needs = [DISPATCH],
)]
fn the_start_comes_before_the_length() {
    let gadget = Gadget::syscall();
    let toggle = SelfAllowingHandler::new();
    let later = Region::new(gadget.after() + 16, 1);
    assert_eq!(toggle.outcome_in(ON, later, &gadget), CallOutcome::Dispatched);
    let exchanged = Region::new(later.length, later.offset);
    assert_eq!(toggle.outcome_in(ON, exchanged, &gadget), CallOutcome::Native);
}

#[harness::test(
    clause = DISPATCH_REGION_CONTIGUOUS,
    catches = "a region that stops at the end of the first mapping in it, or reaches beyond its \
        last",
    needs = [DISPATCH],
)]
fn a_region_holds_everything_between_its_ends() {
    let gadgets = [(); 5].map(|()| Gadget::syscall());
    let toggle = SelfAllowingHandler::new();
    let (first, last) = (gadgets[1].own_pages(), gadgets[3].own_pages());
    let region = Region::new(first.offset, last.offset + last.length - first.offset);
    toggle.arm(ON, region).expect("the region is good");
    let outcomes = gadgets.map(|gadget| toggle.outcome(&gadget));
    use CallOutcome::{Dispatched, Native};
    assert_eq!(outcomes, [Dispatched, Native, Native, Native, Dispatched]);
}

#[rstest]
#[case::block(BLOCK)]
#[case::just_above_block(2)]
#[case::greatest_positive(0x7f)]
#[case::least_negative(0x80)]
#[case::all_ones(0xff)]
#[harness::test(
    clause = [DISPATCH_REGION_ALWAYS_ALLOWED, DISPATCH_SELECTOR_BAD_VALUE_AT_ENTRY],
    catches = "a selector value acted on before the region is tested: BLOCK dispatches, and an \
        invalid value kills",
    needs = [DISPATCH],
)]
fn a_call_from_the_region_runs_whatever_the_selector_holds(#[case] value: u8) {
    let (outside, inside) = (Gadget::syscall(), Gadget::syscall());
    let toggle = SelfAllowingHandler::new();
    toggle.arm(ON, outside.everything_else()).expect("the region is good");
    let wide = toggle.outcome_with(value, &inside);
    // Now the gadget alone is exempt.
    toggle.arm(ON, inside.own_pages()).expect("the region is good");
    let narrow = toggle.outcome_with(value, &inside);
    assert_eq!((wide, narrow), NOTHING_DISPATCHED);
    assert_eq!(toggle.outcome_with(BLOCK, &outside), CallOutcome::Dispatched, "outside");
}

/// The case's own calls are made from the region too.
#[rstest]
#[case::none(Selector::NONE)]
#[case::unreadable(Selector::unreadable())]
#[case::unmapped(Selector::unmapped())]
#[case::past_the_end_of_its_file(Selector::past_end_of_file())]
#[case::address_one(Selector::at(1))]
#[harness::test(
    clause = [DISPATCH_REGION_ALWAYS_ALLOWED, DISPATCH_SCOPE_ENABLE_VS_ALLOW],
    catches = "a selector read before the region is tested, so that an unreadable one kills calls \
        from the region",
    needs = [DISPATCH],
)]
fn a_call_from_the_region_reads_no_selector(#[case] selector: Selector) {
    let (outside, inside) = (Gadget::syscall(), Gadget::syscall());
    let log = sigsys::handle();
    let armed = dispatch::arm_with(outside.everything_else(), selector);
    armed.select(BLOCK);
    assert_eq!(call_outcome::of_call(&inside, log), CallOutcome::Native);
    armed.off();
}

#[rstest]
#[case::none(Selector::NONE)]
#[case::unreadable(Selector::unreadable())]
#[harness::test(
    clause = DISPATCH_REGION_ALWAYS_ALLOWED,
    catches = "an int 0x80 path that reads the selector before it tests the region",
    needs = [DISPATCH, INT80],
)]
fn an_int80_from_the_region_reads_no_selector(#[case] selector: Selector) {
    let (outside, inside) = (Gadget::syscall(), Gadget::int80());
    let log = sigsys::handle();
    let armed = dispatch::arm_with(outside.everything_else(), selector);
    armed.select(BLOCK);
    assert_eq!(call_outcome::of_call(&inside, log), CallOutcome::Native);
    armed.off();
}

/// Calls alternate between the inside and the outside of the region while the selector holds BLOCK.
#[harness::test(
    clause = [DISPATCH_REGION_ALWAYS_ALLOWED, DISPATCH_SCOPE_SELECTIVE],
    catches = "a region decision kept from one call to the next",
    needs = [DISPATCH],
)]
fn calls_inside_and_outside_take_turns() {
    let (outside, inside) = (Gadget::syscall(), Gadget::syscall());
    let log = sigsys::handle();
    let armed = dispatch::arm_with(outside.everything_else(), Selector::ordinary());
    for _ in 0..50 {
        let outcomes = armed.blocked(|| {
            (call_outcome::of_call(&inside, log), call_outcome::of_call(&outside, log))
        });
        assert_eq!(outcomes, (CallOutcome::Native, CallOutcome::Dispatched));
    }
    armed.off();
}

/// The calls come from low code, from high code and from this program's text. Not even the
/// handler's return is exempt, so the handler stores ALLOW first.
#[harness::test(
    clause = [DISPATCH_REGION_ZERO_ZERO, DISPATCH_SCOPE_WHOLE_THREAD],
    catches = "an empty region at 0 taken for the whole address space, or for the program's text \
        or high code",
    needs = [DISPATCH],
)]
fn with_offset_and_length_zero_nothing_is_exempt() {
    let (low, high) = (Gadget::syscall(), high());
    let toggle = SelfAllowingHandler::new();
    assert_eq!(toggle.outcome_in(ON, Region::NONE, &low), CallOutcome::Dispatched);
    assert_eq!(toggle.outcome(&high), CallOutcome::Dispatched, "high code");
    toggle.selector.store(BLOCK);
    let result = fixtures::call::raw(UNASSIGNED, [0; 6]);
    toggle.selector.store(ALLOW);
    assert_eq!((result, toggle.log.count()), (UNASSIGNED, 1), "this program's text");
}

#[harness::test(
    clause = [DISPATCH_REGION_ZERO_ZERO, DISPATCH_SCOPE_WHOLE_THREAD],
    catches = "an int 0x80 path that takes an empty region for the whole address space, or exempts \
        high code",
    needs = [DISPATCH, INT80],
)]
fn with_offset_and_length_zero_no_int80_is_exempt() {
    let (low, high) = (Gadget::int80(), Gadget::at_address(Entry::Int80, HIGH));
    let toggle = SelfAllowingHandler::new();
    assert_eq!(toggle.outcome_in(ON, Region::NONE, &low), CallOutcome::Dispatched);
    assert_eq!(toggle.outcome(&high), CallOutcome::Dispatched, "high code");
}

#[harness::test(
    clause = DISPATCH_REGION_EVERYTHING,
    catches = "a length of ULONG_MAX that is compared as -1 or cut to 32 bits",
    needs = [DISPATCH],
)]
fn with_the_greatest_length_everything_is_exempt() {
    let (low, high) = (Gadget::syscall(), high());
    let toggle = SelfAllowingHandler::new();
    assert_eq!(toggle.outcome_in(ON, Region::ALL, &low), CallOutcome::Native);
    assert_eq!(toggle.outcome(&high), CallOutcome::Native, "high code");
    toggle.selector.store(BLOCK);
    let result = fixtures::call::raw(UNASSIGNED, [0; 6]);
    toggle.selector.store(ALLOW);
    assert_eq!((result, toggle.log.count()), (-ENOSYS, 0), "this program's text");
}

#[rstest]
#[case::none(Selector::NONE)]
#[case::unreadable(Selector::unreadable())]
#[harness::test(
    clause = DISPATCH_REGION_EVERYTHING,
    catches = "a selector read although the region is the whole address space",
    needs = [DISPATCH],
)]
fn with_everything_exempt_no_selector_is_read(#[case] selector: Selector) {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    let armed = dispatch::arm_with(Region::ALL, selector);
    assert_eq!(call_outcome::of_call(&gadget, log), CallOutcome::Native);
    armed.off();
}

/// Code above 64 TiB, whose address does not fit into 32 bits.
fn high() -> Gadget {
    Gadget::at_address(Entry::Syscall, HIGH)
}

const HIGH: usize = 0x4000_0000_0800;

/// By the manual, the instruction's own address decides; the region is exactly its two bytes.
#[rstest]
#[case::in_the_middle_of_a_page(0x800)]
#[case::at_the_end_of_a_page(0xffe)]
#[harness::test(
    clause = DISPATCH_REGION_MEMBERSHIP,
    catches = "a kernel that tests the address after the instruction: one that ends with the \
        region is dispatched",
    needs = [DISPATCH],
)]
fn an_instruction_in_the_region_is_exempt(#[case] offset: usize) {
    let gadget = Gadget::at(Entry::Syscall, offset);
    let toggle = SelfAllowingHandler::new();
    let region = Region::new(gadget.instruction(), Entry::LENGTH as u64);
    assert_eq!(toggle.outcome_in(ON, region, &gadget), CallOutcome::Native);
}

/// The region begins after the instruction, so it holds no byte of it.
#[rstest]
#[case::in_the_middle_of_a_page(0x800)]
#[case::at_the_end_of_a_page(0xffe)]
#[harness::test(
    clause = DISPATCH_REGION_MEMBERSHIP,
    catches = "a kernel that tests the address after the instruction: one that ends where the \
        region starts is exempt",
    needs = [DISPATCH],
)]
fn an_instruction_outside_the_region_is_not_exempt(#[case] offset: usize) {
    let gadget = Gadget::at(Entry::Syscall, offset);
    let toggle = SelfAllowingHandler::new();
    let region = Region::new(gadget.after(), 1);
    assert_eq!(toggle.outcome_in(ON, region, &gadget), CallOutcome::Dispatched);
}

#[harness::test(
    clause = DISPATCH_REGION_MEMBERSHIP,
    catches = "an int 0x80 path that tests the address after the instruction, outside a region \
        that ends there",
    needs = [DISPATCH, INT80],
)]
fn an_int80_instruction_in_the_region_is_exempt() {
    let gadget = Gadget::int80();
    let toggle = SelfAllowingHandler::new();
    let region = Region::new(gadget.instruction(), Entry::LENGTH as u64);
    assert_eq!(toggle.outcome_in(ON, region, &gadget), CallOutcome::Native);
}

#[harness::test(
    clause = DISPATCH_REGION_MEMBERSHIP,
    catches = "an int 0x80 path that tests the address after the instruction, inside a region that \
        starts there",
    needs = [DISPATCH, INT80],
)]
fn an_int80_instruction_outside_the_region_is_not_exempt() {
    let gadget = Gadget::int80();
    let toggle = SelfAllowingHandler::new();
    let region = Region::new(gadget.after(), 1);
    assert_eq!(toggle.outcome_in(ON, region, &gadget), CallOutcome::Dispatched);
}
