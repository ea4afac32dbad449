//! A signal handler returns by a system call, rt_sigreturn, which is exempt, allowed or dispatched.

use crate::clauses::*;
use fixtures::call_outcome::{CallOutcome, DispatchedGadget, UNASSIGNED};
use fixtures::dispatch::{self, ALLOW, Region};
use fixtures::gadget::{self, Gadget};
use fixtures::needs::{DISPATCH, INCLUSIVE};
use fixtures::selector::Selector;
use fixtures::sigsys::{self, Stack};
use fixtures::{Log, Reg, SigAction, WaitStatus, call_outcome, child};
use rstest::rstest;
use sys::uapi::{AUDIT_ARCH_X86_64, SIGSEGV, SIGSYS, SIGUSR1, SYS_USER_DISPATCH, SYS_rt_sigreturn};

/// Bytes from the trampoline's start to the address after its syscall instruction.
const TO_AFTER: u64 = 7;

/// The wait status of a child that makes one dispatched call, and the log of its handler. The
/// handler returns through a trampoline of the case's own, and leaves the selector at BLOCK unless
/// `allow`.
fn end_of_call(region: impl FnOnce(u64, Region) -> Region, allow: bool) -> (WaitStatus, Log) {
    let gadget = Gadget::syscall();
    let (start, page) = gadget::restorer();
    let log = sigsys::handle_with(SigAction { restorer: Some(start), ..SigAction::PLAIN });
    let selector = Selector::ordinary();
    if allow {
        log.on_exit(selector.byte(), ALLOW);
    }
    let end = child::fork(|| {
        let armed = dispatch::arm_with(region(start as u64, page), selector);
        let result = armed.blocked(|| gadget.call(UNASSIGNED));
        child::exit(if result == UNASSIGNED { RETURNED } else { MADE })
    });
    (end, log)
}

/// Status of a child whose call was dispatched and returned.
const RETURNED: i32 = 7;
/// Status of a child whose call was made.
const MADE: i32 = 8;

#[harness::test(
    clause = DISPATCH_SIGRETURN_REGION_AVOIDS_NESTING,
    catches = "an rt_sigreturn that is dispatched although the region holds its trampoline",
    needs = [DISPATCH],
)]
fn a_handler_returns_through_an_exempt_trampoline() {
    let (end, log) = end_of_call(|_, page| page, false);
    assert_eq!((end, log.count()), (WaitStatus::Exited(RETURNED), 1));
}

/// One byte decides: the address after the trampoline's instruction is in the region, or is not.
#[rstest]
#[case::first_in(0, WaitStatus::Exited(RETURNED))]
#[case::first_past_it(1, WaitStatus::KilledBy(SIGSYS))]
#[harness::test(
    clause = [
        DISPATCH_SIGRETURN_REGION_AVOIDS_NESTING,
        DISPATCH_SIGRETURN_DISPATCHED_OUTSIDE_REGION,
        DISPATCH_REGION_HALF_OPEN,
    ],
    catches = "a region start that is off by one for rt_sigreturn, or is compared with the \
        instruction's own address",
    needs = [DISPATCH],
)]
fn the_region_may_begin_behind_the_trampolines_call(
    #[case] beyond: u64,
    #[case] expected: WaitStatus,
) {
    let region = |start: u64, _| Region::new(start + TO_AFTER + beyond, 16);
    let (end, log) = end_of_call(region, false);
    assert_eq!((end, log.count()), (expected, 1));
}

#[rstest]
#[case::last_in(1, WaitStatus::Exited(RETURNED))]
#[case::last_before_it(0, WaitStatus::KilledBy(SIGSYS))]
#[harness::test(
    clause = [
        DISPATCH_SIGRETURN_REGION_AVOIDS_NESTING,
        DISPATCH_SIGRETURN_DISPATCHED_OUTSIDE_REGION,
        DISPATCH_REGION_HALF_OPEN,
    ],
    catches = "a region end that is part of the region for rt_sigreturn, or is compared with the \
        instruction's own address",
    needs = [DISPATCH],
)]
fn the_region_must_end_behind_the_trampolines_call(
    #[case] length: u64,
    #[case] expected: WaitStatus,
) {
    let region = |start: u64, _| Region::new(start, TO_AFTER + length);
    let (end, log) = end_of_call(region, false);
    assert_eq!((end, log.count()), (expected, 1));
}

/// SIGSYS is still blocked when the handler returns.
#[harness::test(
    clause = DISPATCH_SIGRETURN_DISPATCHED_OUTSIDE_REGION,
    catches = "an rt_sigreturn that is exempt by itself, or whose blocked SIGSYS does not kill",
    needs = [DISPATCH],
)]
fn a_handler_that_leaves_calls_blocked_dies_of_its_own_return() {
    let (end, log) = end_of_call(|_, _| Region::NONE, false);
    assert_eq!((end, log.count()), (WaitStatus::KilledBy(SIGSYS), 1));
}

#[harness::test(
    clause = [DISPATCH_SIGRETURN_DISPATCHED_OUTSIDE_REGION, DISPATCH_RESULT_COMPLETES],
    catches = "a selector value that is kept from the dispatched call until its handler has \
        returned",
    needs = [DISPATCH],
)]
fn a_handler_that_allows_calls_returns_without_a_region() {
    let (end, log) = end_of_call(|_, _| Region::NONE, true);
    assert_eq!((end, log.count()), (WaitStatus::Exited(RETURNED), 1));
}

#[rstest]
#[case::exempt(true, WaitStatus::Exited(RETURNED))]
#[case::not_exempt(false, WaitStatus::KilledBy(SIGSYS))]
#[harness::test(
    clause = [
        DISPATCH_SIGRETURN_REGION_AVOIDS_NESTING,
        DISPATCH_SIGRETURN_DISPATCHED_OUTSIDE_REGION,
        DISPATCH_SELECTOR_NULL,
    ],
    catches = "an rt_sigreturn that is let through where there is no selector, or dispatched in \
        the region",
    needs = [DISPATCH],
)]
fn without_a_selector_the_region_must_hold_the_trampoline(
    #[case] exempt: bool,
    #[case] expected: WaitStatus,
) {
    // The region is everything above the gadget: it holds the last trampoline, not the first.
    let below = gadget::restorer().0;
    let gadget = Gadget::syscall();
    let above = gadget::restorer().0;
    let restorer = Some(if exempt { above } else { below });
    let log = sigsys::handle_with(SigAction { restorer, ..SigAction::PLAIN });
    let end = child::fork(|| {
        let armed = dispatch::arm_with(gadget.everything_else(), Selector::NONE);
        let result = gadget.call(UNASSIGNED);
        armed.keep();
        child::exit(if result == UNASSIGNED { RETURNED } else { MADE })
    });
    assert_eq!((end, log.count()), (expected, 1));
}

/// The region ends just below the trampoline's page, or with it.
#[rstest]
#[case::outside(false, WaitStatus::Exited(RETURNED))]
#[case::inside(true, WaitStatus::KilledBy(SIGSYS))]
#[harness::test(
    clause = [DISPATCH_SIGRETURN_REGION_AVOIDS_NESTING, DISPATCH_INCLUSIVE_OUTSIDE_RUNS],
    catches = "an rt_sigreturn that runs from within an inclusive region, or is dispatched from \
        outside it",
    needs = [DISPATCH, INCLUSIVE],
)]
fn an_inclusive_region_catches_the_trampoline_where_it_holds_it(
    #[case] inside: bool,
    #[case] expected: WaitStatus,
) {
    let gadget = Gadget::syscall();
    let (start, page) = gadget::restorer();
    let log = sigsys::handle_with(SigAction { restorer: Some(start), ..SigAction::PLAIN });
    let from = gadget.own_pages().offset;
    let region = Region::new(from, page.offset - from + if inside { page.length } else { 0 });
    let end = child::fork(|| {
        let armed = dispatch::arm_inclusive(region, Selector::ordinary());
        let result = armed.blocked(|| gadget.call(UNASSIGNED));
        child::exit(if result == UNASSIGNED { RETURNED } else { MADE })
    });
    assert_eq!((end, log.count()), (expected, 1));
}

/// Each return is dispatched, which runs the handler, which returns, until the alternate stack is
/// full. The first deliveries show whose call each was.
#[harness::test(
    clause = [
        DISPATCH_SIGRETURN_NESTED_UNTIL_OVERFLOW,
        DISPATCH_SIGRETURN_DISPATCHED_OUTSIDE_REGION,
    ],
    catches = "a nested SIGSYS for rt_sigreturn that is dropped, leaves the alternate stack or has \
        another call's fields",
    needs = [DISPATCH],
)]
fn a_return_that_is_dispatched_nests_until_the_stack_is_full() {
    let gadget = Gadget::syscall();
    let (start, _) = gadget::restorer();
    let stack = Stack::alternate();
    let log = sigsys::handle_with(SigAction {
        nodefer: true,
        on_stack: true,
        restorer: Some(start),
        ..SigAction::PLAIN
    });
    let end = child::fork(|| {
        let armed = dispatch::arm(Region::NONE);
        armed.blocked(|| gadget.call(UNASSIGNED));
        child::exit(RETURNED)
    });
    assert_eq!(end, WaitStatus::KilledBy(SIGSEGV));
    assert!(log.count() > 4, "the handler does not nest");
    for index in 0..5 {
        let caught = log.delivery(index).expect("the handler ran");
        let (nr, after) = match index {
            0 => (UNASSIGNED as i32, gadget.after()),
            _ => (SYS_rt_sigreturn as i32, start as u64 + TO_AFTER),
        };
        assert_eq!((caught.syscall(), caught.code()), (nr, SYS_USER_DISPATCH));
        assert!(caught.call_addr() == after, "delivery {index} is for another call");
        assert!(stack.holds(caught.handler_stack()));
        assert_eq!(stack.holds(caught.reg(Reg::Rsp)), index > 0);
    }
}

/// A scene in which the handler of SIGUSR1 returns through a trampoline that is not exempt, and the
/// handler of SIGSYS through one that is.
fn other_handler() -> (usize, Log, DispatchedGadget) {
    // The trampoline is made before the gadget, so that it lies below the region.
    let (start, _) = gadget::restorer();
    let usr1 =
        sigsys::handle_signal(SIGUSR1, SigAction { restorer: Some(start), ..SigAction::PLAIN });
    let scene = DispatchedGadget::with(Gadget::syscall(), sigsys::handle());
    (start, usr1, scene)
}

/// The handler of SIGSYS moves rip back to the instruction and stores ALLOW, so that the return is
/// made after all.
#[harness::test(
    clause = [DISPATCH_SIGRETURN_OTHER_HANDLER, DISPATCH_SIGNAL_OTHER_HANDLER],
    catches = "an rt_sigreturn of SIGUSR1's handler dispatched with another number, address or \
        mask than its own",
    needs = [DISPATCH],
)]
fn the_return_of_another_handler_is_dispatched_and_can_be_made() {
    let (start, usr1, scene) = other_handler();
    scene.log.on_entry(scene.armed.selector().byte(), ALLOW);
    scene.log.move_rip(-2);
    scene.armed.blocked(|| child::raise(SIGUSR1));
    assert_eq!((usr1.count(), scene.log.count()), (1, 1));
    let caught = scene.log.delivery(0).expect("the handler ran");
    assert_eq!((caught.syscall(), caught.arch()), (SYS_rt_sigreturn as i32, AUDIT_ARCH_X86_64));
    assert!(
        caught.call_addr() == start as u64 + TO_AFTER,
        "si_call_addr is not after the trampoline"
    );
    assert!(caught.reg(Reg::Rip) == start as u64 + TO_AFTER, "rip is not after the trampoline");
    assert_eq!(caught.reg(Reg::Rax), (SYS_rt_sigreturn as i32) as u64);
    assert_eq!(caught.mask(), fixtures::bit(SIGUSR1));
    assert_eq!(sigsys::mask(), 0);
    scene.log.clear();
    scene.log.leave_bytes_alone();
    scene.log.move_rip(0);
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
}

#[harness::test(
    clause = DISPATCH_SIGRETURN_OTHER_HANDLER,
    catches = "an rt_sigreturn of another signal's handler that is dispatched although the \
        selector holds ALLOW",
    needs = [DISPATCH],
)]
fn the_return_of_another_handler_runs_where_calls_are_allowed() {
    let (_, usr1, scene) = other_handler();
    usr1.on_exit(scene.armed.selector().byte(), ALLOW);
    scene.armed.blocked(|| child::raise(SIGUSR1));
    assert_eq!((usr1.count(), scene.log.count()), (1, 0));
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
}

/// No code follows the trampoline's instruction, to which the handler of SIGSYS returns.
#[harness::test(
    clause = DISPATCH_SIGRETURN_OTHER_HANDLER,
    catches = "a dispatched rt_sigreturn that the kernel makes all the same once SIGSYS's handler \
        has returned",
    needs = [DISPATCH],
)]
fn the_return_of_another_handler_is_lost_where_it_is_not_made() {
    let (_, usr1, scene) = other_handler();
    let end = child::fork(|| {
        let armed = dispatch::arm(scene.gadget.everything_else());
        armed.blocked(|| child::raise(SIGUSR1));
        child::exit(RETURNED)
    });
    assert_eq!((end, usr1.count(), scene.log.count()), (WaitStatus::KilledBy(SIGSEGV), 1, 1));
    assert_eq!(scene.log.delivery(0).map(|caught| caught.syscall()), Some(SYS_rt_sigreturn as i32));
}

#[rstest]
#[case::exempt(false)]
#[case::allowed(true)]
#[harness::test(
    clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_SIGRETURN_REGION_AVOIDS_NESTING],
    catches = "an rt_sigreturn that turns dispatch off, or that restores the selector",
    needs = [DISPATCH],
)]
fn dispatch_is_on_after_the_handlers_return(#[case] allow: bool) {
    let gadget = Gadget::syscall();
    let (start, page) = gadget::restorer();
    let log = sigsys::handle_with(SigAction { restorer: Some(start), ..SigAction::PLAIN });
    let armed = dispatch::arm(if allow { Region::NONE } else { page });
    if allow {
        log.on_exit(armed.selector().byte(), ALLOW);
    }
    for _ in 0..3 {
        assert_eq!(armed.blocked(|| call_outcome::of_call(&gadget, log)), CallOutcome::Dispatched);
    }
    log.leave_bytes_alone();
    assert_eq!(armed.selector().load(), ALLOW);
    assert_eq!(call_outcome::of_call(&gadget, log), CallOutcome::Native);
}
