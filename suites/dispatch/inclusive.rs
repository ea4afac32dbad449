//! Inclusive mode: only the calls from the region are dispatched.

use crate::clauses::*;
use fixtures::Entry;
use fixtures::call_outcome::{self, CallOutcome, SelfAllowingHandler, UNASSIGNED};
use fixtures::dispatch::{self, ALLOW, BLOCK, INCLUSIVE_ON, ON, Region};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE, INT80};
use fixtures::selector::Selector;
use fixtures::sigsys;
use rstest::rstest;
use sys::uapi::ENOSYS;

/// PR_SYS_DISPATCH_ON is the older name of PR_SYS_DISPATCH_EXCLUSIVE_ON.
#[harness::test(
    clause = [DISPATCH_PRCTL_EXCLUSIVE_IS_ON, DISPATCH_PRCTL_ON],
    catches = "mode 1 taken for inclusive mode",
    needs = [DISPATCH],
)]
fn mode_one_is_exclusive() {
    assert_eq!(ON, 1);
    let (outside, inside) = (Gadget::syscall(), Gadget::syscall());
    let toggle = SelfAllowingHandler::new();
    toggle.arm(1, inside.own_pages()).expect("the region is good");
    assert_eq!(
        (toggle.outcome(&outside), toggle.outcome(&inside)),
        (CallOutcome::Dispatched, CallOutcome::Native)
    );
}

#[rstest]
#[case::allow(ALLOW, CallOutcome::Native)]
#[case::block(BLOCK, CallOutcome::Dispatched)]
#[harness::test(
    clause = DISPATCH_INCLUSIVE_DISPATCHES_REGION,
    catches = "an inclusive mode that ignores the selector, or inverts its meaning along with the \
        region",
    needs = [INCLUSIVE],
)]
fn a_call_from_the_region_follows_the_selector(#[case] value: u8, #[case] expected: CallOutcome) {
    let gadget = Gadget::syscall();
    let toggle = SelfAllowingHandler::new();
    toggle.arm(INCLUSIVE_ON, gadget.own_pages()).expect("the region is good");
    assert_eq!(toggle.outcome_with(value, &gadget), expected);
}

#[harness::test(
    clause = DISPATCH_INCLUSIVE_DISPATCHES_REGION,
    catches = "an int 0x80 path that takes the inclusive region for an exclusive one",
    needs = [INCLUSIVE, INT80],
)]
fn an_int80_from_the_region_follows_the_selector() {
    let (gadget, outside) = (Gadget::int80(), Gadget::int80());
    let toggle = SelfAllowingHandler::new();
    toggle.arm(INCLUSIVE_ON, gadget.own_pages()).expect("the region is good");
    let outcomes =
        (toggle.outcome_with(ALLOW, &gadget), toggle.outcome(&gadget), toggle.outcome(&outside));
    assert_eq!(outcomes, (CallOutcome::Native, CallOutcome::Dispatched, CallOutcome::Native));
}

#[harness::test(
    clause = DISPATCH_INCLUSIVE_OUTSIDE_RUNS,
    catches = "an inclusive mode that dispatches calls from below or above the region as well",
    needs = [INCLUSIVE],
)]
fn a_call_from_elsewhere_runs() {
    let gadgets = [(); 3].map(|()| Gadget::syscall());
    let toggle = SelfAllowingHandler::new();
    toggle.arm(INCLUSIVE_ON, gadgets[1].own_pages()).expect("the region is good");
    let outcomes = gadgets.map(|gadget| toggle.outcome(&gadget));
    assert_eq!(outcomes, [CallOutcome::Native, CallOutcome::Dispatched, CallOutcome::Native]);
    toggle.selector.store(BLOCK);
    let result = fixtures::call::raw(UNASSIGNED, [0; 6]);
    assert_eq!((result, toggle.log.count()), (-ENOSYS, 0), "this program's text");
}

#[rstest]
#[case::just_above_block(2)]
#[case::all_ones(0xff)]
#[harness::test(
    clause = DISPATCH_INCLUSIVE_OUTSIDE_RUNS,
    catches = "an invalid selector value acted on before the inclusive region is tested, which \
        kills calls from elsewhere",
    needs = [INCLUSIVE],
)]
fn a_call_from_elsewhere_runs_whatever_the_selector_holds(#[case] value: u8) {
    let (inside, outside) = (Gadget::syscall(), Gadget::syscall());
    let toggle = SelfAllowingHandler::new();
    toggle.arm(INCLUSIVE_ON, inside.own_pages()).expect("the region is good");
    assert_eq!(toggle.outcome_with(value, &outside), CallOutcome::Native);
}

#[rstest]
#[case::none(Selector::NONE)]
#[case::unreadable(Selector::unreadable())]
#[case::unmapped(Selector::unmapped())]
#[case::past_the_end_of_its_file(Selector::past_end_of_file())]
#[case::address_one(Selector::at(1))]
#[harness::test(
    clause = DISPATCH_INCLUSIVE_OUTSIDE_RUNS,
    catches = "a selector read before the inclusive region is tested, so that an unreadable one \
        kills",
    needs = [INCLUSIVE],
)]
fn a_call_from_elsewhere_reads_no_selector(#[case] selector: Selector) {
    let (inside, outside) = (Gadget::syscall(), Gadget::syscall());
    let log = sigsys::handle();
    let armed = dispatch::arm_inclusive(inside.own_pages(), selector);
    armed.select(BLOCK);
    assert_eq!(call_outcome::of_call(&outside, log), CallOutcome::Native);
    armed.off();
}

/// The handler and everything it needs lie outside the region.
#[harness::test(
    clause = DISPATCH_INCLUSIVE_NULL_SELECTOR,
    catches = "a null selector in inclusive mode that lets calls from the region run, or is read \
        at address 0",
    needs = [INCLUSIVE],
)]
fn without_a_selector_every_call_from_the_region_is_dispatched() {
    let (inside, outside) = (Gadget::syscall(), Gadget::syscall());
    let log = sigsys::handle();
    let armed = dispatch::arm_inclusive(inside.own_pages(), Selector::NONE);
    for _ in 0..3 {
        assert_eq!(call_outcome::of_call(&inside, log), CallOutcome::Dispatched);
        assert_eq!(call_outcome::of_call(&outside, log), CallOutcome::Native);
    }
    armed.off();
    assert_eq!(call_outcome::of_call(&inside, log), CallOutcome::Native, "turned off");
}

#[harness::test(
    clause = DISPATCH_INCLUSIVE_NULL_SELECTOR,
    catches = "an inclusive mode that needs the whole instruction, or its first byte, in the \
        region",
    needs = [INCLUSIVE],
)]
fn without_a_selector_a_region_of_one_byte_is_enough() {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    let armed = dispatch::arm_inclusive(Region::new(gadget.after(), 1), Selector::NONE);
    assert_eq!(call_outcome::of_call(&gadget, log), CallOutcome::Dispatched);
    armed.off();
}

/// The largest region dispatches every call of the process, as an empty region does in exclusive
/// mode.
#[harness::test(
    clause = DISPATCH_INCLUSIVE_DISPATCHES_REGION,
    catches = "an inclusive region of everything that is inverted into a region that exempts \
        everything",
    needs = [INCLUSIVE],
)]
fn a_region_of_everything_dispatches_every_call() {
    let (low, high) = (Gadget::syscall(), Gadget::at_address(Entry::Syscall, 0x4000_0000_0800));
    let toggle = SelfAllowingHandler::new();
    assert_eq!(toggle.outcome_in(INCLUSIVE_ON, Region::ALL, &low), CallOutcome::Dispatched);
    assert_eq!(toggle.outcome(&high), CallOutcome::Dispatched);
    toggle.selector.store(BLOCK);
    let result = fixtures::call::raw(UNASSIGNED, [0; 6]);
    toggle.selector.store(ALLOW);
    assert_eq!((result, toggle.log.count()), (UNASSIGNED, 1), "this program's text");
}

#[harness::test(
    clause = DISPATCH_INCLUSIVE_DISPATCHES_REGION,
    catches = "an inclusive region at offset 0 that is refused, or whose end is ignored",
    needs = [INCLUSIVE],
)]
fn a_region_may_begin_at_zero() {
    let (low, high) = (Gadget::syscall(), Gadget::at_address(Entry::Syscall, 0x4000_0000_0800));
    let toggle = SelfAllowingHandler::new();
    let below_4_gib = Region::new(0, 1 << 32);
    assert_eq!(toggle.outcome_in(INCLUSIVE_ON, below_4_gib, &low), CallOutcome::Dispatched);
    assert_eq!(toggle.outcome(&high), CallOutcome::Native);
}

/// By the manual, the instruction's own address decides; the region is exactly its two bytes.
#[harness::test(
    clause = DISPATCH_INCLUSIVE_HALF_OPEN,
    catches = "a kernel that tests the address after the instruction: one that ends with the \
        inclusive region runs",
    needs = [INCLUSIVE],
)]
fn an_instruction_in_the_inclusive_region_is_dispatched() {
    let gadget = Gadget::syscall();
    let toggle = SelfAllowingHandler::new();
    let region = Region::new(gadget.instruction(), Entry::LENGTH as u64);
    assert_eq!(toggle.outcome_in(INCLUSIVE_ON, region, &gadget), CallOutcome::Dispatched);
}

/// The region begins after the instruction, so it holds no byte of it.
#[harness::test(
    clause = DISPATCH_INCLUSIVE_HALF_OPEN,
    catches = "a kernel that tests the address after the instruction: one that ends where the \
        region starts is dispatched",
    needs = [INCLUSIVE],
)]
fn an_instruction_outside_the_inclusive_region_is_not_dispatched() {
    let gadget = Gadget::syscall();
    let toggle = SelfAllowingHandler::new();
    let region = Region::new(gadget.after(), 1);
    assert_eq!(toggle.outcome_in(INCLUSIVE_ON, region, &gadget), CallOutcome::Native);
}
