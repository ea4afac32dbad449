//! The memory a selector may lie in, and what happens when the kernel cannot read it.

use crate::clauses::*;
use fixtures::call_outcome::{self, CallOutcome, DispatchedGadget, SelfAllowingHandler};
use fixtures::dispatch::{self, ALLOW, BLOCK, INCLUSIVE_ON};
use fixtures::fatal::{Caller, FatalCall, FatalOutcome, Signals};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE, LAST_PAGE, PKEY, PTRACE};
use fixtures::selector::{Access, Selector};
use fixtures::sigsys;
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Entry, WaitStatus, address, child};
use rstest::rstest;
use std::sync::atomic::AtomicU8;
use sys::uapi::SIGSEGV;

const ALTERNATING: [CallOutcome; 4] =
    [CallOutcome::Native, CallOutcome::Dispatched, CallOutcome::Native, CallOutcome::Dispatched];

/// The outcomes of four calls with the selector alternating between ALLOW and BLOCK.
fn alternating(selector: Selector) -> [CallOutcome; 4] {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    let armed = dispatch::arm_with(gadget.everything_else(), selector);
    let outcomes = [ALLOW, BLOCK, ALLOW, BLOCK]
        .map(|value| armed.selected(value, || call_outcome::of_call(&gadget, log)));
    armed.off();
    outcomes
}

/// The neighbours of the selector hold invalid values, or are not mapped.
#[rstest]
#[case::among_other_values(Selector::ordinary())]
#[case::last_before_a_hole(Selector::before_hole())]
#[case::first_after_a_hole(Selector::after_hole())]
#[case::below_4_gib(Selector::below_4_gib())]
#[case::last_of_all(Selector::seen_at(address::last_page() as usize + 4095))]
#[harness::test(
    clause = DISPATCH_SELECTOR_ONE_BYTE,
    catches = "a selector read as more than one byte, which counts its neighbours or faults next \
        to a hole",
    needs = [DISPATCH, LAST_PAGE],
)]
fn the_selector_is_one_byte(#[case] selector: Selector) {
    assert_eq!(alternating(selector), ALTERNATING);
}

/// The neighbours hold ALLOW, BLOCK or an invalid value, at each offset in a word and across the
/// end of a page.
#[rstest]
#[case::zeros(0)]
#[case::ones(1)]
#[case::deadly_values(0xff)]
#[harness::test(
    clause = DISPATCH_SELECTOR_ONE_BYTE,
    catches = "a selector read as part of a wider word at some alignment, or a store to a byte \
        next to it",
    needs = [DISPATCH],
)]
fn the_neighbours_of_the_selector_do_not_count(#[case] neighbours: u8) {
    for offset in (0x400..0x410).chain(0xff8..0x1004) {
        let selector = Selector::among(neighbours, offset);
        assert_eq!(alternating(selector), ALTERNATING, "{offset:#x} bytes into a page");
        assert_eq!(selector.neighbours(), [neighbours; 4], "{offset:#x} bytes into a page");
    }
}

#[harness::test(
    clause = DISPATCH_SCOPE_CONTROL_VARIABLE,
    catches = "a selector on the stack, in the heap or in static data that is refused or not read",
    needs = [DISPATCH],
)]
fn the_selector_may_be_any_variable() {
    static DATA: AtomicU8 = AtomicU8::new(ALLOW);
    let stack = AtomicU8::new(ALLOW);
    let heap = Box::new(AtomicU8::new(ALLOW));
    for (variable, what) in [(&stack, "stack"), (&*heap, "heap"), (&DATA, "data")] {
        assert_eq!(
            alternating(Selector::seen_at(variable.as_ptr() as usize)),
            ALTERNATING,
            "{what}"
        );
    }
}

/// Nothing touches the page before the kernel reads it, so that the kernel must fault it in.
#[harness::test(
    clause = DISPATCH_SELECTOR_LAZY_PAGE,
    catches = "a selector page that is not yet populated taken for an unreadable one",
    needs = [DISPATCH],
)]
fn an_untouched_selector_lets_calls_run() {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    let armed = dispatch::arm_with(gadget.everything_else(), Selector::untouched());
    assert_eq!(call_outcome::of_call(&gadget, log), CallOutcome::Native, "untouched");
    let outcomes =
        [BLOCK, ALLOW].map(|value| armed.selected(value, || call_outcome::of_call(&gadget, log)));
    assert_eq!(outcomes, [CallOutcome::Dispatched, CallOutcome::Native], "after a store");
}

/// The page holds BLOCK and is resident, but the process's page tables do not map it at the
/// selector's address.
#[harness::test(
    clause = DISPATCH_SELECTOR_LAZY_PAGE,
    catches = "a selector page without a page table entry that kills, or reads as 0",
    needs = [DISPATCH],
)]
fn a_selector_that_only_the_kernel_touches_is_read() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let selector = Selector::aliased();
    selector.store(BLOCK);
    let armed = dispatch::arm_with(scene.gadget.everything_else(), selector);
    assert_eq!(call_outcome::of_call(&scene.gadget, *scene.log), CallOutcome::Dispatched);
    armed.select(ALLOW);
    assert_eq!(call_outcome::of_call(&scene.gadget, *scene.log), CallOutcome::Native);
}

/// The stores go through another mapping of the same memory.
#[rstest]
#[case::read_only(Selector::read_only())]
#[case::code(Selector::in_code())]
#[harness::test(
    clause = DISPATCH_SELECTOR_READ_ONLY_PAGE,
    catches = "a selector that is accessed for writing",
    needs = [DISPATCH],
)]
fn the_selector_need_not_be_writable(#[case] selector: Selector) {
    assert_eq!(alternating(selector), ALTERNATING);
}

/// Another page is mapped at the selector's address while dispatch is on.
#[harness::test(
    clause = DISPATCH_SELECTOR_READ_AT_EVERY_ENTRY,
    catches = "a kernel that pins the selector's page when dispatch is turned on and reads that \
        page ever after",
    needs = [DISPATCH],
)]
fn the_selector_is_where_its_address_is() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let old = Selector::ordinary();
    let armed = dispatch::arm_with(scene.gadget.everything_else(), old.without_byte());
    old.store(BLOCK);
    let before = call_outcome::of_call(&scene.gadget, *scene.log);
    let new = old.remap();
    let fresh = call_outcome::of_call(&scene.gadget, *scene.log);
    new.store(BLOCK);
    let after = call_outcome::of_call(&scene.gadget, *scene.log);
    new.store(ALLOW);
    armed.off();
    assert_eq!(
        (before, fresh, after),
        (CallOutcome::Dispatched, CallOutcome::Native, CallOutcome::Dispatched)
    );
}

#[rstest]
#[case::unreadable(Selector::unreadable())]
#[case::unmapped(Selector::unmapped())]
#[case::address_one(Selector::at(1))]
#[case::second_page(Selector::at(0x1000))]
#[case::end_of_the_user_half(Selector::at(address::user_end() - 1))]
#[harness::test(
    clause = [DISPATCH_SELECTOR_UNREADABLE, DISPATCH_SCOPE_ENABLE_VS_ALLOW],
    catches = "a fault on the selector that a handler, a mask or SIG_IGN survives, or after which \
        the call is made",
    needs = [DISPATCH, LAST_PAGE],
)]
fn an_unreadable_selector_kills(
    #[case] selector: Selector,
    #[values(
        Signals::Default,
        Signals::Handled,
        Signals::HandledNodefer,
        Signals::Blocked,
        Signals::Ignored
    )]
    signals: Signals,
) {
    let attempt = FatalCall::new().attempt(signals, selector, ALLOW);
    assert_eq!(attempt, FatalOutcome::killed_by(SIGSEGV));
}

/// A user access to such a page raises SIGBUS.
#[rstest]
#[case::by_default(Signals::Default)]
#[case::handled(Signals::Handled)]
#[case::handled_without_deferring(Signals::HandledNodefer)]
#[case::blocked(Signals::Blocked)]
#[case::ignored(Signals::Ignored)]
#[harness::test(
    clause = DISPATCH_SELECTOR_PAST_END_OF_FILE,
    catches = "a read past the end of the selector's file that raises SIGBUS, or that a handler or \
        a mask survives",
    needs = [DISPATCH],
)]
fn a_selector_behind_the_end_of_its_file_kills_with_sigsegv(#[case] signals: Signals) {
    let attempt = FatalCall::new().attempt(signals, Selector::past_end_of_file(), ALLOW);
    assert_eq!(attempt, FatalOutcome::killed_by(SIGSEGV));
}

#[rstest]
#[case::block(BLOCK)]
#[case::deadly_value(2)]
#[harness::test(
    clause = DISPATCH_SELECTOR_UNREADABLE,
    catches = "a kernel that reads the selector in spite of PROT_NONE and acts on its value",
    needs = [DISPATCH],
)]
fn an_unreadable_selector_kills_whatever_it_holds(#[case] value: u8) {
    let attempt = FatalCall::new().attempt(Signals::Handled, Selector::unreadable(), value);
    assert_eq!(attempt, FatalOutcome::killed_by(SIGSEGV));
}

#[harness::test(
    clause = DISPATCH_SELECTOR_UNREADABLE,
    catches = "an unreadable selector taken for ALLOW, or for BLOCK with the handler run",
    needs = [DISPATCH],
    ends = KilledBy(SIGSEGV),
)]
fn an_unreadable_selector_kills_the_case() {
    let gadget = Gadget::syscall();
    sigsys::handle();
    let armed = dispatch::arm_with(gadget.everything_else(), Selector::unreadable());
    harness::expect_death();
    gadget.call(call_outcome::UNASSIGNED);
    armed.keep();
}

#[harness::test(
    clause = [DISPATCH_SELECTOR_UNREADABLE, DISPATCH_INCLUSIVE_DISPATCHES_REGION],
    catches = "an inclusive mode that runs or dispatches a call when it cannot read the selector",
    needs = [INCLUSIVE],
)]
fn an_unreadable_selector_kills_in_inclusive_mode() {
    let trap = FatalCall::new();
    let attempt = trap.attempt_after(Signals::Handled, || {
        dispatch::arm_inclusive(trap.gadget.own_pages(), Selector::unreadable()).keep();
    });
    assert_eq!(attempt, FatalOutcome::killed_by(SIGSEGV));
}

/// The thread that does not call waits until the other is gone, and then exits with a status of its
/// own.
#[rstest]
#[case::by_its_first_thread(Caller::First)]
#[case::by_another_thread(Caller::Second)]
#[harness::test(
    clause = DISPATCH_SELECTOR_UNREADABLE,
    catches = "a SIGSEGV for an unreadable selector that ends the calling thread alone",
    needs = [DISPATCH],
)]
fn an_unreadable_selector_ends_the_whole_process(#[case] caller: Caller) {
    let end = FatalCall::new().attempt_beside_a_thread(caller, Selector::unreadable(), ALLOW);
    assert_eq!(end, WaitStatus::KilledBy(SIGSEGV));
}

#[rstest]
#[case::fork(child::Flavour::Fork)]
#[case::vfork(child::Flavour::Vfork)]
#[case::shared_memory(child::Flavour::CloneVm)]
#[case::shared_handlers(child::Flavour::CloneSighand)]
#[harness::test(
    clause = DISPATCH_SELECTOR_UNREADABLE,
    catches = "a SIGSEGV that also ends processes which share the memory or the handlers",
    needs = [DISPATCH],
)]
fn an_unreadable_selector_ends_no_other_process(#[case] flavour: child::Flavour) {
    let gadget = Gadget::syscall();
    let selector = Selector::unreadable();
    let child = child::start(flavour, || {
        dispatch::arm_with(gadget.everything_else(), selector).keep();
        gadget.call(call_outcome::UNASSIGNED);
        0
    });
    assert_eq!(child.end(), WaitStatus::KilledBy(SIGSEGV));
}

#[harness::test(
    clause = DISPATCH_SELECTOR_UNREADABLE,
    catches = "a SIGSEGV that goes through a signal-delivery-stop, where a tracer can suppress it",
    needs = [DISPATCH, PTRACE],
)]
fn a_tracer_cannot_catch_what_an_unreadable_selector_raises() {
    let gadget = Gadget::syscall();
    let selector = Selector::unreadable();
    let tracee = Tracee::start(|| {
        dispatch::arm_with(gadget.everything_else(), selector).keep();
        gadget.call(call_outcome::UNASSIGNED);
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Ended(WaitStatus::KilledBy(SIGSEGV)));
}

/// The page is PROT_NONE while a call is made from the region, and readable for the call from
/// outside.
#[harness::test(
    clause = [DISPATCH_REGION_ALWAYS_ALLOWED, DISPATCH_SELECTOR_READ_AT_EVERY_ENTRY],
    catches = "a selector read for calls from the region, or not read again after mprotect() \
        allows it",
    needs = [DISPATCH],
)]
fn a_selector_may_be_unreadable_while_no_call_needs_it() {
    let (outside, inside) = (Gadget::syscall(), Gadget::syscall());
    let log = sigsys::handle();
    let selector = Selector::aliased();
    let armed = dispatch::arm_with(outside.everything_else(), selector);
    for _ in 0..2 {
        armed.select(BLOCK);
        selector.protect(Access::None);
        let exempt = call_outcome::of_call(&inside, log);
        selector.protect(Access::Read);
        let outcomes = (exempt, call_outcome::of_call(&outside, log));
        armed.select(ALLOW);
        assert_eq!(outcomes, (CallOutcome::Native, CallOutcome::Dispatched));
    }
    armed.off();
}

#[harness::test(
    clause = DISPATCH_SELECTOR_NULL,
    catches = "a null selector that is read at address 0, or that lets calls run",
    needs = [DISPATCH],
)]
fn without_a_selector_every_call_from_outside_is_dispatched() {
    let (outside, inside) = (Gadget::syscall(), Gadget::syscall());
    let log = sigsys::handle();
    let armed = dispatch::arm_with(outside.everything_else(), Selector::NONE);
    for _ in 0..3 {
        assert_eq!(call_outcome::of_call(&outside, log), CallOutcome::Dispatched);
        assert_eq!(call_outcome::of_call(&inside, log), CallOutcome::Native);
    }
    armed.off();
    assert_eq!(call_outcome::of_call(&outside, log), CallOutcome::Native, "turned off");
}

/// PKRU allows everything, then reading alone, then nothing, while an exempt call is made, then
/// everything again.
#[harness::test(
    clause = DISPATCH_SELECTOR_PROTECTION_KEY,
    catches = "a selector read that needs write access by PKRU, or a closed key that kills calls \
        from the region",
    needs = [DISPATCH, PKEY],
)]
fn a_selector_is_read_with_the_rights_of_the_thread() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let inside = Gadget::syscall();
    let selector = Selector::aliased();
    let key = selector.set_pkey();
    let armed = dispatch::arm_with(scene.gadget.everything_else(), selector);
    let outcome = |gadget| armed.blocked(|| call_outcome::of_call(gadget, *scene.log));
    let open = outcome(&scene.gadget);
    key.forbid_writing();
    let read_only = outcome(&scene.gadget);
    key.forbid();
    let exempt = outcome(&inside);
    key.allow();
    let outcomes = [open, read_only, exempt, outcome(&scene.gadget)];
    use CallOutcome::{Dispatched, Native};
    assert_eq!(outcomes, [Dispatched, Dispatched, Native, Dispatched]);
}

#[rstest]
#[case::by_default(Signals::Default)]
#[case::handled(Signals::Handled)]
#[case::blocked(Signals::Blocked)]
#[case::ignored(Signals::Ignored)]
#[harness::test(
    clause = DISPATCH_SELECTOR_PROTECTION_KEY,
    catches = "a selector read that ignores PKRU, or whose SIGSEGV a handler, a mask or SIG_IGN \
        survives",
    needs = [DISPATCH, PKEY],
)]
fn a_selector_that_a_key_closes_kills(#[case] signals: Signals) {
    let trap = FatalCall::new();
    let selector = Selector::aliased();
    let key = selector.set_pkey();
    let attempt = trap.attempt_after(signals, || {
        dispatch::arm_with(trap.gadget.everything_else(), selector).keep();
        key.forbid();
    });
    assert_eq!(attempt, FatalOutcome::killed_by(SIGSEGV));
}

#[rstest]
#[case::among_other_values(Selector::ordinary())]
#[case::last_before_a_hole(Selector::before_hole())]
#[harness::test(
    clause = [DISPATCH_SELECTOR_ONE_BYTE, DISPATCH_INCLUSIVE_DISPATCHES_REGION],
    catches = "an inclusive mode that reads more of the selector than one byte",
    needs = [INCLUSIVE],
)]
fn the_inclusive_selector_is_one_byte(#[case] selector: Selector) {
    let gadget = Gadget::syscall();
    let toggle = SelfAllowingHandler::with(selector);
    toggle.arm(INCLUSIVE_ON, gadget.own_pages()).expect("the region is good");
    let outcomes = [ALLOW, BLOCK, ALLOW, BLOCK].map(|value| toggle.outcome_with(value, &gadget));
    assert_eq!(outcomes, ALTERNATING);
}
