//! Dispatch together with other signals, and with a SIGSYS that a process sends.

use crate::clauses::*;
use fixtures::call_outcome::{CallOutcome, DispatchedGadget, UNASSIGNED};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::DISPATCH;
use fixtures::observable_call;
use fixtures::sigsys::{self};
use fixtures::{Entry, Reg, SigAction, bit, child};
use rstest::rstest;
use sys::uapi::{SI_TKILL, SI_USER, SIGSYS, SIGUSR1, SIGUSR2};

#[harness::test(
    clause = DISPATCH_SIGNAL_SENT_BY_PROCESS,
    catches = "a SIGSYS sent by kill() that an armed thread gets with the fields of a dispatched \
        call",
    needs = [DISPATCH],
)]
fn a_sigsys_of_a_process_names_its_sender() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    // The sending call comes from the region.
    scene.armed.blocked(|| child::raise(SIGSYS));
    let caught = scene.log.delivery(0).expect("the handler runs");
    assert_eq!((scene.log.count(), caught.signo(), caught.code()), (1, SIGSYS, SI_USER));
    assert!(caught.sender() == child::own_pid(), "si_pid is not the sender");
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
}

#[harness::test(
    clause = DISPATCH_SIGNAL_SENT_BY_PROCESS,
    catches = "a SIGSYS sent by tgkill() taken for a dispatched call's because it is directed at \
        the thread",
    needs = [DISPATCH],
)]
fn a_sigsys_for_a_thread_names_its_sender() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    scene.armed.blocked(|| child::send_thread(SIGSYS));
    let caught = scene.log.delivery(0).expect("the handler runs");
    assert_eq!((scene.log.count(), caught.signo(), caught.code()), (1, SIGSYS, SI_TKILL));
    assert!(caught.sender() == child::own_pid(), "si_pid is not the sender");
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
}

#[harness::test(
    clause = DISPATCH_SIGNAL_SENT_BY_PROCESS,
    catches = "a sent SIGSYS that passes the mask, is lost or loses its si_code in a thread that \
        dispatched before",
    needs = [DISPATCH],
)]
fn a_sigsys_that_waits_is_delivered_once_as_sent() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
    sigsys::block();
    child::raise(SIGSYS);
    assert_eq!(scene.log.count(), 0);
    sigsys::set_mask(0);
    assert_eq!(scene.log.count(), 1);
    assert_eq!(scene.log.delivery(0).map(|caught| caught.code()), Some(SI_USER));
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
}

/// The signal arrives while calls are blocked; its handler makes a call.
#[rstest]
#[case::plain(0)]
#[case::with_a_mask(bit(SIGUSR2))]
#[harness::test(
    clause = DISPATCH_SIGNAL_OTHER_HANDLER,
    catches = "a call of another signal's handler that is exempt, or whose context lacks that \
        handler's mask",
    needs = [DISPATCH],
)]
fn a_call_of_another_signals_handler_is_dispatched(#[case] mask: u64) {
    let usr1 = sigsys::handle_signal(SIGUSR1, SigAction { mask, ..SigAction::PLAIN });
    let scene = DispatchedGadget::new(Entry::Syscall);
    usr1.nest(scene.gadget.start(), 500, 1);
    scene.armed.blocked(|| child::raise(SIGUSR1));
    assert_eq!((usr1.count(), scene.log.count(), usr1.nested_result()), (1, 1, 500));
    let caught = scene.log.delivery(0).expect("the handler ran");
    assert_eq!((caught.syscall(), caught.mask()), (500, bit(SIGUSR1) | mask));
    assert_eq!(scene.gadget.place(caught.reg(Reg::Rip)), Place::AFTER);
    assert_eq!(sigsys::mask(), 0);
}

#[harness::test(
    clause = DISPATCH_SIGNAL_OTHER_HANDLER,
    catches = "a call of another signal's handler that is dispatched although the selector holds \
        ALLOW",
    needs = [DISPATCH],
)]
fn an_allowed_call_of_another_signals_handler_is_made() {
    let usr1 = sigsys::handle_signal(SIGUSR1, SigAction::PLAIN);
    let scene = DispatchedGadget::new(Entry::Syscall);
    usr1.nest(scene.gadget.start(), 39, 1);
    child::raise(SIGUSR1);
    assert_eq!((usr1.count(), scene.log.count()), (1, 0));
    assert!(child::is_own_pid(usr1.nested_result()), "the call was not made");
}

#[harness::test(
    clause = DISPATCH_SIGNAL_OTHER_HANDLER,
    catches = "dispatch that another signal's delivery or return turns off, or another signal with \
        fields of SIGSYS",
    needs = [DISPATCH],
)]
fn another_signal_leaves_dispatch_on() {
    let usr1 = sigsys::handle_signal(SIGUSR1, SigAction::PLAIN);
    let scene = DispatchedGadget::new(Entry::Syscall);
    for round in 1..=3 {
        scene.armed.blocked(|| child::raise(SIGUSR1));
        assert_eq!((usr1.count(), scene.outcome()), (round, CallOutcome::Dispatched));
    }
    for caught in (0..3).filter_map(|round| usr1.delivery(round)) {
        assert_eq!((caught.signo(), caught.errno(), caught.code()), (SIGUSR1, 0, SI_USER));
        assert!(caught.sender() == child::own_pid(), "si_pid is not the sender");
    }
}

#[harness::test(
    clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_SIGNAL_AT_THE_CALL],
    catches = "a blocked and pending signal that a dispatched call delivers or drops",
    needs = [DISPATCH],
)]
fn a_waiting_signal_goes_on_waiting() {
    let usr1 = sigsys::handle_signal(SIGUSR1, SigAction::PLAIN);
    let scene = DispatchedGadget::new(Entry::Syscall);
    sigsys::set_mask(bit(SIGUSR1));
    child::raise(SIGUSR1);
    assert_eq!((scene.call(UNASSIGNED), scene.log.count(), usr1.count()), (UNASSIGNED, 1, 0));
    assert_eq!(observable_call::pending(), bit(SIGUSR1));
    sigsys::set_mask(0);
    assert_eq!((scene.log.count(), usr1.count()), (1, 1));
}

#[harness::test(
    clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_SIGNAL_SIGSYS_TO_CALLER],
    catches = "a second SIGSYS that a dispatched call leaves pending, for the process or the \
        thread",
    needs = [DISPATCH],
)]
fn nothing_is_pending_after_a_dispatched_call() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    assert_eq!(scene.call(UNASSIGNED), UNASSIGNED);
    assert_eq!(observable_call::pending(), 0);
    sigsys::block();
    sigsys::set_mask(0);
    assert_eq!(scene.log.count(), 1);
}

#[harness::test(
    clause = [DISPATCH_SIGNAL_SIGSYS_TO_CALLER, DISPATCH_SIGINFO_SIGNO],
    catches = "a dispatched call that raises SIGILL, SIGTRAP, SIGSEGV or any other signal besides \
        SIGSYS",
    needs = [DISPATCH],
)]
fn no_other_handler_runs() {
    let logs = [1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 30]
        .map(|signal| sigsys::handle_signal(signal, SigAction::PLAIN));
    let scene = DispatchedGadget::with(Gadget::syscall(), sigsys::handle());
    assert_eq!((scene.call(UNASSIGNED), scene.log.count()), (UNASSIGNED, 1));
    assert_eq!(logs.map(|log| log.count()), [0; 15]);
}
