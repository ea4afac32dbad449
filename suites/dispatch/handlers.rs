//! The handler of SIGSYS: installed in every way, or not at all.

use crate::clauses::*;
use fixtures::call_outcome::{CallOutcome, DispatchedGadget, UNASSIGNED};
use fixtures::dispatch::ALLOW;
use fixtures::gadget::Gadget;
use fixtures::needs::DISPATCH;
use fixtures::sigsys::{self, Stack};
use fixtures::{Entry, Log, Reg, SigAction, WaitStatus, bit, child, memory};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{ENOSYS, SIGSYS};

/// Status of a child that the dispatched calls did not end.
const SURVIVED: i32 = 7;

const KILLED: WaitStatus = WaitStatus::KilledBy(SIGSYS);

/// A child that makes `calls` dispatched calls after `prepare`; the log is seen from here too.
fn child_with(log: Log, calls: usize, prepare: impl FnOnce()) -> (WaitStatus, u64) {
    let gadget = Gadget::syscall();
    let end = child::fork(|| {
        let scene = DispatchedGadget::with(gadget, log);
        prepare();
        for _ in 0..calls {
            scene.call(UNASSIGNED);
        }
        child::exit(SURVIVED)
    });
    (end, log.count())
}

/// The twin of the deaths below.
#[harness::test(clause = [DISPATCH_SIGNAL_BLOCKED, DISPATCH_SIGNAL_IGNORED], needs = [DISPATCH])]
fn a_process_that_handles_sigsys_lives_on() {
    let log = sigsys::handle();
    assert_eq!(child_with(log, 2, || ()), (WaitStatus::Exited(SURVIVED), 2));
}

/// A kernel that lets the signal wait behind the mask and the thread go on.
#[harness::test(clause = DISPATCH_SIGNAL_BLOCKED, needs = [DISPATCH])]
fn a_blocked_sigsys_kills() {
    let log = sigsys::handle();
    assert_eq!(child_with(log, 1, sigsys::block), (KILLED, 0));
}

/// The mask holds every other signal; SIGSYS alone would kill.
#[harness::test(clause = DISPATCH_SIGNAL_BLOCKED, needs = [DISPATCH])]
fn blocking_every_other_signal_kills_nobody() {
    let log = sigsys::handle();
    let end = child_with(log, 2, || sigsys::set_mask(!bit(SIGSYS)));
    assert_eq!(end, (WaitStatus::Exited(SURVIVED), 2));
}

/// A kernel that drops the signal where it is ignored: the call would be neither made nor handled.
#[harness::test(clause = DISPATCH_SIGNAL_IGNORED, needs = [DISPATCH])]
fn an_ignored_sigsys_kills() {
    let log = sigsys::handle();
    let words = memory::shared(1);
    let end = child_with(log, 1, || {
        sigsys::ignore();
        // One that is sent is ignored.
        child::raise(SIGSYS);
        words[0].store(1, SeqCst);
    });
    assert_eq!((end, words[0].load(SeqCst)), ((KILLED, 0), 1));
}

/// A kernel that forces the signal past the mask or past SIG_IGN, and stops at the other of the two.
#[harness::test(clause = [DISPATCH_SIGNAL_IGNORED, DISPATCH_SIGNAL_BLOCKED], needs = [DISPATCH])]
fn an_ignored_and_blocked_sigsys_kills() {
    let log = sigsys::handle();
    let end = child_with(log, 1, || {
        sigsys::ignore();
        sigsys::block();
    });
    assert_eq!(end, (KILLED, 0));
}

/// A kernel that takes a thread without a handler for one that is not to be dispatched.
#[harness::test(clause = DISPATCH_SIGNAL_SIGSYS_TO_CALLER, needs = [DISPATCH])]
fn the_default_of_sigsys_kills() {
    let log = sigsys::handle();
    assert_eq!(child_with(log, 1, sigsys::default), (KILLED, 0));
}

/// Dispatch reads no disposition: with calls allowed the same process is unharmed.
#[rstest]
#[case::blocked(sigsys::block)]
#[case::ignored(sigsys::ignore)]
#[case::default(sigsys::default)]
#[harness::test(clause = [DISPATCH_SIGNAL_BLOCKED, DISPATCH_SIGNAL_IGNORED], needs = [DISPATCH])]
fn an_allowed_call_cares_for_no_disposition(#[case] prepare: fn()) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    prepare();
    assert_eq!(scene.outcome_with(ALLOW), CallOutcome::Native);
}

/// A SIGSYS of a process waits behind the mask. It is not taken for the dispatched call's, which
/// cannot wait.
#[harness::test(
    clause = [DISPATCH_SIGNAL_BLOCKED, DISPATCH_SIGNAL_SENT_BY_PROCESS],
    needs = [DISPATCH],
)]
fn a_pending_sigsys_does_not_save_a_process_that_blocks_it() {
    let log = sigsys::handle();
    let end = child_with(log, 1, || {
        sigsys::block();
        child::raise(SIGSYS);
    });
    assert_eq!(end, (KILLED, 0));
    let end = child_with(log, 0, || {
        sigsys::block();
        child::raise(SIGSYS);
    });
    assert_eq!(end, (WaitStatus::Exited(SURVIVED), 0));
}

/// A kernel that keeps a one-shot handler when it forces the signal, or drops it before it has run.
#[rstest]
#[case::first(1, WaitStatus::Exited(SURVIVED))]
#[case::second(2, KILLED)]
#[harness::test(
    clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_SIGNAL_SIGSYS_TO_CALLER],
    needs = [DISPATCH],
)]
fn a_handler_for_one_delivery_serves_one_call(#[case] calls: usize, #[case] end: WaitStatus) {
    let log = sigsys::handle_with(SigAction { once: true, ..SigAction::PLAIN });
    assert_eq!(child_with(log, calls, || ()), (end, 1));
}

/// SIGSYS is blocked while its handler runs.
#[harness::test(clause = DISPATCH_SIGNAL_NESTED, needs = [DISPATCH])]
fn a_dispatched_call_in_the_handler_kills() {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    log.nest(gadget.start(), UNASSIGNED, 1);
    let end = child::fork(|| {
        DispatchedGadget::with(gadget, log).call(UNASSIGNED);
        child::exit(SURVIVED)
    });
    assert_eq!((end, log.count()), (KILLED, 1));
}

/// The twin: the handler makes the same call from the same place after it allowed calls.
#[harness::test(clause = DISPATCH_SIGNAL_NESTED, needs = [DISPATCH])]
fn an_allowed_call_in_the_handler_is_made() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    scene.log.on_entry(scene.armed.selector().byte(), ALLOW);
    scene.log.nest(scene.gadget.start(), 39, 1);
    assert_eq!((scene.call(UNASSIGNED), scene.log.count()), (UNASSIGNED, 1));
    assert!(child::is_own_pid(scene.log.nested_result()), "the call was not made");
}

/// Handlers within handlers, each with the state of the one around it, on either kind of stack.
#[rstest]
#[case::one(1, false)]
#[case::two(2, false)]
#[case::five(5, false)]
#[case::on_an_alternate_stack(3, true)]
#[harness::test(clause = DISPATCH_SIGNAL_NESTED_NODEFER, needs = [DISPATCH])]
fn handlers_nest_where_sigsys_is_not_deferred(#[case] nested: u64, #[case] on_stack: bool) {
    let stack = Stack::alternate();
    let gadget = Gadget::syscall();
    let mask = bit(10) | bit(34);
    let log = sigsys::handle_with(SigAction { nodefer: true, on_stack, mask, ..SigAction::PLAIN });
    log.nest(gadget.start(), 39, nested);
    let scene = DispatchedGadget::with(gadget, log);
    assert_eq!(scene.call(UNASSIGNED), UNASSIGNED);
    assert_eq!((log.count(), log.nested_result()), (nested + 1, 39));
    let mut above = u64::MAX;
    for index in 0..=nested as usize {
        let caught = log.delivery(index).expect("the handler ran");
        let (nr, blocked) = if index == 0 { (UNASSIGNED as i32, 0) } else { (39, mask) };
        assert_eq!((caught.syscall(), caught.code(), caught.mask()), (nr, 2, blocked), "{index}");
        assert_eq!(stack.holds(caught.handler_stack()), on_stack);
        assert!(caught.handler_stack() < above, "a nested handler runs below the one around it");
        above = caught.handler_stack();
    }
    assert_eq!(sigsys::mask(), 0);
    log.nest(gadget.start(), 39, 0);
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
}

/// What `sa_mask` holds is blocked in the handler: SIGSYS among it kills in spite of SA_NODEFER.
#[rstest]
#[case::with_it(bit(SIGSYS), KILLED, 1)]
#[case::without_it(bit(10), WaitStatus::Exited(SURVIVED), 2)]
#[harness::test(
    clause = [DISPATCH_SIGNAL_NESTED, DISPATCH_SIGNAL_NESTED_NODEFER],
    needs = [DISPATCH],
)]
fn the_handlers_mask_holds_for_a_nested_call(
    #[case] mask: u64,
    #[case] end: WaitStatus,
    #[case] count: u64,
) {
    let gadget = Gadget::syscall();
    let log = sigsys::handle_with(SigAction { nodefer: true, mask, ..SigAction::PLAIN });
    log.nest(gadget.start(), UNASSIGNED, 1);
    let observed = child::fork(|| {
        DispatchedGadget::with(gadget, log).call(UNASSIGNED);
        child::exit(SURVIVED)
    });
    assert_eq!((observed, log.count()), (end, count));
}

/// The frame lies below the 128 bytes that a function may use under its stack pointer.
#[harness::test(clause = DISPATCH_RESULT_COMPLETES, needs = [DISPATCH])]
fn the_handler_runs_below_the_interrupted_stack() {
    let stack = Stack::alternate();
    let scene = DispatchedGadget::new(Entry::Syscall);
    let caught = scene.delivery(UNASSIGNED as u64);
    let below = caught.reg(Reg::Rsp) - caught.handler_stack();
    assert!((128..1 << 20).contains(&below), "the frame is below the red zone");
    assert!(!stack.holds(caught.handler_stack()), "nobody asked for the alternate stack");
}

/// A kernel that builds the frame of a forced signal on the interrupted stack, whatever the handler asks
/// for.
#[harness::test(clause = DISPATCH_RESULT_COMPLETES, needs = [DISPATCH])]
fn the_handler_runs_on_the_alternate_stack_where_it_asks_for_it() {
    let stack = Stack::alternate();
    let log = sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN });
    let scene = DispatchedGadget::with(Gadget::syscall(), log);
    for _ in 0..3 {
        let caught = scene.delivery(UNASSIGNED as u64);
        assert!(stack.holds(caught.handler_stack()), "the handler runs on the alternate stack");
        assert!(!stack.holds(caught.reg(Reg::Rsp)), "the call was made on the usual one");
    }
}

/// Which flags the handler has, and which signal it restarts, does not matter to a dispatched call.
#[rstest]
#[case::plain(SigAction::PLAIN)]
#[case::restart(SigAction { restart: true, ..SigAction::PLAIN })]
#[case::nodefer(SigAction { nodefer: true, ..SigAction::PLAIN })]
#[case::everything_masked(SigAction { mask: u64::MAX, ..SigAction::PLAIN })]
#[harness::test(
    clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_SCOPE_CONTROL_VARIABLE],
    needs = [DISPATCH],
)]
fn one_call_is_one_delivery(#[case] how: SigAction) {
    let scene = DispatchedGadget::with(Gadget::syscall(), sigsys::handle_with(how));
    for round in 1..=500 {
        assert_eq!((scene.call(UNASSIGNED), scene.log.count()), (UNASSIGNED, round));
        assert_eq!((scene.gadget.call(UNASSIGNED), scene.log.count()), (-ENOSYS, round));
    }
    assert_eq!(sigsys::mask(), 0);
}

/// Forced delivery may reset a handler; it must not where the handler could run.
#[harness::test(clause = DISPATCH_RESULT_COMPLETES, needs = [DISPATCH])]
fn the_disposition_stays_as_it_was() {
    let how = SigAction { restart: true, mask: bit(10), ..SigAction::PLAIN };
    let scene = DispatchedGadget::with(Gadget::syscall(), sigsys::handle_with(how));
    let before = sigsys::action(SIGSYS);
    assert_eq!((scene.call(UNASSIGNED), scene.log.count()), (UNASSIGNED, 1));
    assert_eq!(sigsys::action(SIGSYS), before);
    assert_ne!(before[0], 0, "a handler is installed");
}
