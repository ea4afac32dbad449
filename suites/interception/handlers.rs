//! The handler of SIGSYS: installed in every way, or not at all.

use crate::assertions::OneDelivery;
use crate::clauses::*;
use fixtures::call_outcome::{CallOutcome, UNASSIGNED};
use fixtures::gadget::Gadget;
use fixtures::intercepted::{self, Dispatch, Intercepts, Mechanism, Trap};
use fixtures::needs::{DISPATCH, INT80, SECCOMP_FILTER};
use fixtures::sigsys::{self, Stack};
use fixtures::{Entry, Log, Reg, SigAction, WaitStatus, bit, child, environment, memory};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{ENOSYS, SIGSYS, SYS_SECCOMP};

/// Status of a child that the intercepted calls did not end.
const SURVIVED: i32 = 7;
const DATA: u16 = 9;
const LIVES: WaitStatus = WaitStatus::Exited(SURVIVED);
const KILLED: WaitStatus = WaitStatus::KilledBy(SIGSYS);

/// A child that makes `calls` intercepted calls from `gadget` after `prepare`; the log is seen from here
/// too.
fn child_with(
    by: impl Mechanism,
    gadget: Gadget,
    log: Log,
    calls: usize,
    prepare: impl FnOnce(),
) -> (WaitStatus, u64) {
    let end = child::fork(|| {
        environment::disable_core_dump();
        let scene = by.numbers(gadget, log, &[(UNASSIGNED, DATA)]);
        prepare();
        for _ in 0..calls {
            intercepted::call(&scene, UNASSIGNED);
        }
        child::exit(SURVIVED)
    });
    (end, log.count())
}

/// As [`child_with`], with a gadget of its own and the plain handler.
fn plain_child(by: impl Mechanism, calls: usize, prepare: impl FnOnce()) -> (WaitStatus, u64) {
    let gadget = Gadget::syscall();
    child_with(by, gadget, sigsys::handle(), calls, prepare)
}

fn block_and_send() {
    sigsys::block();
    child::raise(SIGSYS);
}

/// The control of the deaths below.
#[rstest]
#[harness::test(
    catches = "a kernel that kills the caller of an intercepted call although it handles SIGSYS",
    dispatch(clause = [DISPATCH_SIGNAL_BLOCKED, DISPATCH_SIGNAL_IGNORED], needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_FORCED_SIGNAL], needs = [SECCOMP_FILTER]),
)]
fn a_process_that_handles_sigsys_lives_on(#[values(Dispatch, Trap)] by: impl Mechanism) {
    assert_eq!(plain_child(by, 2, || ()), (LIVES, 2));
}

#[rstest]
#[harness::test(
    catches = "a kernel that leaves the signal pending while it is blocked, and returns from the call",
    dispatch(clause = DISPATCH_SIGNAL_BLOCKED, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_FORCED_SIGNAL, needs = [SECCOMP_FILTER]),
)]
fn a_blocked_sigsys_kills(#[values(Dispatch, Trap)] by: impl Mechanism) {
    assert_eq!(plain_child(by, 1, sigsys::block), (KILLED, 0));
}

/// The mask holds every other signal; SIGSYS alone would kill.
#[rstest]
#[harness::test(
    catches = "a kernel that kills the caller for any blocked signal",
    dispatch(clause = DISPATCH_SIGNAL_BLOCKED, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_FORCED_SIGNAL, needs = [SECCOMP_FILTER]),
)]
fn blocking_every_other_signal_kills_nobody(#[values(Dispatch, Trap)] by: impl Mechanism) {
    assert_eq!(plain_child(by, 2, || sigsys::set_mask(!bit(SIGSYS))), (LIVES, 2));
}

/// A SIGSYS that is sent is ignored first.
#[rstest]
#[harness::test(
    catches = "a kernel that drops the signal where it is ignored, and neither makes nor handles the call",
    dispatch(clause = DISPATCH_SIGNAL_IGNORED, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_FORCED_SIGNAL, needs = [SECCOMP_FILTER]),
)]
fn an_ignored_sigsys_kills(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let words = memory::shared(1);
    let end = plain_child(by, 1, || {
        sigsys::ignore();
        child::raise(SIGSYS);
        words[0].store(1, SeqCst);
    });
    assert_eq!(end, (KILLED, 0));
    assert_eq!(words[0].load(SeqCst), 1, "the signal that was sent kills");
}

#[rstest]
#[harness::test(
    catches = "a kernel that forces the signal past the mask or past SIG_IGN, and not past both at once",
    dispatch(clause = [DISPATCH_SIGNAL_IGNORED, DISPATCH_SIGNAL_BLOCKED], needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_FORCED_SIGNAL, needs = [SECCOMP_FILTER]),
)]
fn an_ignored_and_blocked_sigsys_kills(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let end = plain_child(by, 1, || {
        sigsys::ignore();
        sigsys::block();
    });
    assert_eq!(end, (KILLED, 0));
}

#[rstest]
#[case::blocked(sigsys::block)]
#[case::ignored(sigsys::ignore)]
#[harness::test(
    catches = "a kernel that forces the signal at SYSCALL, and for int 0x80 sends one that can be blocked",
    clause = SECCOMP_TRAP_FORCED_SIGNAL,
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_signal_of_int80_that_cannot_be_delivered_kills(#[case] prepare: fn()) {
    let end = child_with(Trap, Gadget::int80(), sigsys::handle(), 1, prepare);
    assert_eq!(end, (KILLED, 0));
}

#[rstest]
#[harness::test(
    catches = "a kernel that intercepts no call of a thread without a handler, or ignores SIGSYS by default",
    dispatch(clause = DISPATCH_SIGNAL_SIGSYS_TO_CALLER, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_SIGSYS, needs = [SECCOMP_FILTER]),
)]
fn the_default_of_sigsys_kills(#[values(Dispatch, Trap)] by: impl Mechanism) {
    assert_eq!(plain_child(by, 1, sigsys::default), (KILLED, 0));
}

/// Neither mechanism reads the disposition.
#[rstest]
#[case::blocked(sigsys::block)]
#[case::ignored(sigsys::ignore)]
#[case::default(sigsys::default)]
#[harness::test(
    catches = "a kernel that kills the caller of an allowed call because it does not handle SIGSYS",
    dispatch(clause = [DISPATCH_SIGNAL_BLOCKED, DISPATCH_SIGNAL_IGNORED], needs = [DISPATCH]),
    trap(clause = [SECCOMP_ACTIONS_ALLOW, SECCOMP_TRAP_FORCED_SIGNAL], needs = [SECCOMP_FILTER]),
)]
fn an_allowed_call_cares_for_no_disposition(
    #[case] prepare: fn(),
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    let (scene, native) = by.beside_native(Entry::Syscall, DATA);
    prepare();
    assert_eq!(scene.native_outcome(&native), CallOutcome::Native);
}

/// A SIGSYS of the process waits while it is blocked; the intercepted call's cannot wait.
#[rstest]
#[case::dispatched_call_and_none(Dispatch, &[(1, KILLED), (0, LIVES)])]
#[case::trapped_call(Trap, &[(1, KILLED)])]
#[case::none_to_trap(Trap, &[(0, LIVES)])]
#[harness::test(
    catches = "a kernel that takes a pending SIGSYS of the process for the intercepted call's",
    dispatch(
        clause = [DISPATCH_SIGNAL_BLOCKED, DISPATCH_SIGNAL_SENT_BY_PROCESS],
        needs = [DISPATCH],
    ),
    trap(
        clause = [SECCOMP_TRAP_FORCED_SIGNAL, DISPATCH_SIGNAL_SENT_BY_PROCESS],
        needs = [SECCOMP_FILTER],
    ),
)]
fn a_pending_sigsys_does_not_save_a_process_that_blocks_it(
    #[case] by: impl Mechanism,
    #[case] ends: &[(usize, WaitStatus)],
) {
    for (calls, end) in ends {
        assert_eq!(plain_child(by, *calls, block_and_send), (*end, 0));
    }
}

#[rstest]
#[case::first(1, LIVES)]
#[case::second(2, KILLED)]
#[harness::test(
    catches = "a kernel that keeps an SA_RESETHAND handler, or resets it before the delivery",
    dispatch(
        clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_SIGNAL_SIGSYS_TO_CALLER],
        needs = [DISPATCH],
    ),
    trap(clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_FORCED_SIGNAL], needs = [SECCOMP_FILTER]),
)]
fn a_handler_for_one_delivery_serves_one_call(
    #[case] calls: usize,
    #[case] end: WaitStatus,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    let log = sigsys::handle_with(SigAction { once: true, ..SigAction::PLAIN });
    assert_eq!(child_with(by, Gadget::syscall(), log, calls, || ()), (end, 1));
}

/// SIGSYS is blocked while its handler runs.
#[rstest]
#[harness::test(
    catches = "a kernel that lets an intercepted call of the handler return while SIGSYS is blocked",
    dispatch(clause = DISPATCH_SIGNAL_NESTED, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_NESTED, needs = [SECCOMP_FILTER]),
)]
fn an_intercepted_call_in_the_handler_kills(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    log.nest(gadget.start(), UNASSIGNED, 1);
    assert_eq!(child_with(by, gadget, log, 1, || ()), (KILLED, 1));
}

/// The control: the selector or the filter allows the handler's call.
#[rstest]
#[harness::test(
    catches = "a kernel that intercepts every call that a handler makes",
    dispatch(clause = DISPATCH_SIGNAL_NESTED, needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_NESTED, SECCOMP_ACTIONS_ALLOW], needs = [SECCOMP_FILTER]),
)]
fn an_allowed_call_in_the_handler_is_made(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let scene = by.unassigned(Entry::Syscall, DATA);
    scene.allow_in_handler();
    scene.log().nest(scene.gadget().start(), 39, 1);
    let result = intercepted::call(&scene, UNASSIGNED);
    assert_eq!((result, scene.log().count()), (UNASSIGNED, 1));
    assert!(child::is_own_pid(scene.log().nested_result()), "the call was not made");
}

/// Handlers within handlers, on either kind of stack.
#[rstest]
#[case::one(1, false)]
#[case::two(2, false)]
#[case::five(5, false)]
#[case::on_an_alternate_stack(3, true)]
#[harness::test(
    catches = "a kernel that defers a nested signal under SA_NODEFER, or mixes up nested frames",
    dispatch(clause = DISPATCH_SIGNAL_NESTED_NODEFER, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_NESTED, needs = [SECCOMP_FILTER]),
)]
fn handlers_nest_where_sigsys_is_not_deferred<M: Mechanism>(
    #[case] nested: u64,
    #[case] on_stack: bool,
    #[values(Dispatch, Trap)] by: M,
) {
    let stack = Stack::alternate();
    let mask = bit(10) | bit(34);
    let log = sigsys::handle_with(SigAction { nodefer: true, on_stack, mask, ..SigAction::PLAIN });
    let scene = by.numbers(Gadget::syscall(), log, &[(UNASSIGNED, 1), (500, 2)]);
    log.nest(scene.gadget().start(), 500, nested);
    assert_eq!(intercepted::call(&scene, UNASSIGNED), UNASSIGNED);
    assert_eq!((log.count(), log.nested_result()), (nested + 1, 500));
    let mut above = u64::MAX;
    for index in 0..=nested as usize {
        let caught = log.delivery(index).expect("the handler ran");
        let (nr, data, blocked) =
            if index == 0 { (UNASSIGNED as i32, 1, 0) } else { (500, 2, mask) };
        let seen = (caught.syscall(), caught.errno(), caught.code(), caught.mask());
        assert_eq!(seen, (nr, by.si_errno(data), M::CODE, blocked), "{index}");
        assert_eq!(stack.holds(caught.handler_stack()), on_stack);
        assert!(caught.handler_stack() < above, "a nested handler runs below the outer handler");
        above = caught.handler_stack();
    }
    assert_eq!(sigsys::mask(), 0);
    log.nest(scene.gadget().start(), 500, 0);
    assert!(scene.still_intercepts(), "dispatch is off");
}

/// What `sa_mask` holds is blocked in the handler.
#[rstest]
#[case::with_it(bit(SIGSYS), KILLED, 1)]
#[case::without_it(bit(10), LIVES, 2)]
#[harness::test(
    catches = "a kernel that lets SA_NODEFER override a SIGSYS in sa_mask",
    dispatch(clause = [DISPATCH_SIGNAL_NESTED, DISPATCH_SIGNAL_NESTED_NODEFER], needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_NESTED, needs = [SECCOMP_FILTER]),
)]
fn the_handlers_mask_holds_for_a_nested_call(
    #[case] mask: u64,
    #[case] end: WaitStatus,
    #[case] count: u64,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    let gadget = Gadget::syscall();
    let log = sigsys::handle_with(SigAction { nodefer: true, mask, ..SigAction::PLAIN });
    log.nest(gadget.start(), UNASSIGNED, 1);
    assert_eq!(child_with(by, gadget, log, 1, || ()), (end, count));
}

/// The frame lies below the red zone, the 128 bytes under its stack pointer that a function may use.
#[rstest]
#[case::usual_stack_dispatched(Dispatch, false, 1)]
#[case::alternate_stack_dispatched(Dispatch, true, 3)]
#[case::usual_stack_trapped(Trap, false, 3)]
#[case::alternate_stack_trapped(Trap, true, 3)]
#[harness::test(
    catches = "a kernel that puts a forced signal's frame elsewhere than SA_ONSTACK says, or into the red zone",
    dispatch(clause = DISPATCH_RESULT_COMPLETES, needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_REGISTERS, SECCOMP_TRAP_SIGSYS], needs = [SECCOMP_FILTER]),
)]
fn the_handler_runs_on_the_stack_it_asks_for(
    #[case] by: impl Mechanism,
    #[case] on_stack: bool,
    #[case] calls: usize,
) {
    let stack = Stack::alternate();
    let log = sigsys::handle_with(SigAction { on_stack, ..SigAction::PLAIN });
    let scene = by.every_number(Gadget::syscall(), log, 1);
    for _ in 0..calls {
        let caught = scene.delivery(UNASSIGNED as u64);
        assert_eq!(stack.holds(caught.handler_stack()), on_stack);
        assert!(!stack.holds(caught.reg(Reg::Rsp)), "the call was made on the usual stack");
        let below = caught.reg(Reg::Rsp).wrapping_sub(caught.handler_stack());
        assert!(on_stack || (128..1 << 20).contains(&below), "the frame is in the red zone");
    }
}

/// Intercepted and allowed calls alternate. A filter tells them apart by number, dispatch by selector.
#[rstest]
#[case::plain(SigAction::PLAIN)]
#[case::restart(SigAction { restart: true, ..SigAction::PLAIN })]
#[case::nodefer(SigAction { nodefer: true, ..SigAction::PLAIN })]
#[case::everything_masked(SigAction { mask: u64::MAX, ..SigAction::PLAIN })]
#[harness::test(
    catches = "a kernel that delivers a signal twice or not at all, or keeps the handler's mask",
    dispatch(
        clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_SCOPE_CONTROL_VARIABLE],
        needs = [DISPATCH],
    ),
    trap(clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_ACTIONS_ALLOW], needs = [SECCOMP_FILTER]),
)]
fn one_call_is_one_delivery<M: Mechanism>(#[case] how: SigAction, #[values(Dispatch, Trap)] by: M) {
    // A number that the filter does not trap is left for the allowed call.
    let nr = if M::CODE == SYS_SECCOMP { 500 } else { UNASSIGNED };
    let scene = by.numbers(Gadget::syscall(), sigsys::handle_with(how), &[(nr, DATA)]);
    for round in 1..=500 {
        assert_eq!((intercepted::call(&scene, nr), scene.log().count()), (nr, round));
        let native = scene.gadget().call(UNASSIGNED);
        assert_eq!((native, scene.log().count()), (-ENOSYS, round));
    }
    assert_eq!(sigsys::mask(), 0);
}

/// Forced delivery may reset a handler; it must not where the handler could run.
#[rstest]
#[harness::test(
    catches = "a kernel that resets the disposition of a forced signal that was delivered",
    dispatch(clause = DISPATCH_RESULT_COMPLETES, needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_FORCED_SIGNAL], needs = [SECCOMP_FILTER]),
)]
fn the_disposition_stays_as_it_was(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let how = SigAction { restart: true, mask: bit(10), ..SigAction::PLAIN };
    let scene = by.every_number(Gadget::syscall(), sigsys::handle_with(how), DATA);
    let before = sigsys::action(SIGSYS);
    let result = intercepted::call(&scene, UNASSIGNED);
    assert_eq!((result, scene.log().count()), (UNASSIGNED, 1));
    assert_eq!(sigsys::action(SIGSYS), before);
    assert_ne!(before[0], 0, "a handler is installed");
}
