//! Tracers that detach or die while a call is at its seccomp event, and signals that arrive there.

use super::traced::*;
use crate::assertions::{Play, play};
use crate::clauses::*;
use fixtures::child::{self, Flavour};
use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::Gadget;
use fixtures::needs::{PTRACE, SECCOMP_FILTER, SUBREAPER};
use fixtures::observable_call::ObservableCall;
use fixtures::script::{Returned, SharedResults, Step, Traced, call, call_args};
use fixtures::thread::Steps;
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Reg, SigAction, WaitStatus, sigsys};
use rstest::rstest;
use sys::uapi::{
    PTRACE_EVENT_SECCOMP, PTRACE_O_EXITKILL, PTRACE_O_TRACESECCOMP, PTRACE_O_TRACESYSGOOD, SIGKILL,
    SIGTERM, SIGUSR1, SYS_getpid, SYS_getppid,
};

/// The traced write puts five bytes into a pipe.
const WRITTEN: Returned = Returned::Value(5);
const SKIPPED: Returned = Returned::Value(42);

/// What a tracer does before it detaches or dies.
#[derive(Clone, Copy, Debug)]
enum Last {
    Nothing,
    Skips,
    Changes,
}

impl Last {
    /// Applies this to a tracee at its event.
    fn act(self, tracee: &Tracee) {
        let mut image = tracee.registers();
        match self {
            Self::Nothing => return,
            Self::Skips => {
                image.set_orig_rax(-1);
                image.set(Reg::Rax, 42);
            }
            Self::Changes => image.set_orig_rax(SYS_getpid),
        }
        tracee.set_registers(&image);
    }

    /// What the call then returns, and whether the write is executed.
    fn outcome(self) -> (Returned, bool) {
        match self {
            Self::Nothing => (WRITTEN, true),
            Self::Skips => (SKIPPED, false),
            Self::Changes => (Returned::OwnPid, false),
        }
    }
}

/// A traced child that makes a write twice, stopped at the event of the first.
fn writes(deed: &ObservableCall) -> Traced {
    let filter = Filter::only(number(deed.nr), Action::Trace(7));
    let traced = calls(&filter, &[call_args(deed.nr, deed.args); 2]);
    assert_eq!(traced.tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    traced
}

/// The next call has no tracer.
#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_DETACH, SECCOMP_TRACE_NO_TRACER],
    catches = "PTRACE_DETACH at the event that undoes the written registers or skips an unchanged call",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_tracer_that_lets_go_leaves_the_call_as_it_is(
    #[values(Last::Nothing, Last::Skips, Last::Changes)] last: Last,
) {
    let deed = ObservableCall::write();
    let traced = writes(&deed);
    last.act(&traced.tracee);
    traced.tracee.detach();
    let end = child::end_of(traced.tracee.pid);
    let outcome = (traced.returned(0), deed.took_effect());
    assert_eq!(
        (end, outcome, traced.returned(1)),
        (WaitStatus::Exited(0), last.outcome(), Returned::ENOSYS)
    );
}

/// Has a child trace its own child up to the event, and exit. Returns how the grandchild ended, and the
/// results of its two writes.
fn with_a_tracer_that_dies(
    options: i32,
    deed: &ObservableCall,
    last: Last,
) -> (WaitStatus, [Returned; 2]) {
    child::set_child_subreaper();
    let (gadget, notes, pid) = (Gadget::syscall(), SharedResults::new(), Steps::new());
    let write = call_args(deed.nr, deed.args);
    let tracer = child::start(Flavour::Fork, || {
        let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
            fixtures::filter::load(deed.nr as u32, Action::Trace(7));
            notes.add(gadget.call_with(write));
            notes.add(gadget.call_with(write));
            0
        });
        tracee.set_options(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | options);
        assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
        last.act(&tracee);
        pid.reach(tracee.pid as u32);
        0
    });
    assert_eq!(tracer.end(), WaitStatus::Exited(0), "the tracer reaches the event");
    let pid = pid.now() as i32;
    (child::end_of(pid), [notes.returned(0, pid), notes.returned(1, pid)])
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_DETACH, SECCOMP_TRACE_NO_TRACER],
    catches = "a tracer's death at the event that undoes written registers, skips the call, or leaves \
        the tracee stopped",
    needs = [SECCOMP_FILTER, PTRACE, SUBREAPER],
)]
fn a_tracer_that_dies_leaves_the_call_as_it_is(
    #[values(Last::Nothing, Last::Skips, Last::Changes)] last: Last,
) {
    let deed = ObservableCall::write();
    let (end, [first, second]) = with_a_tracer_that_dies(0, &deed, last);
    let outcome = (first, deed.took_effect());
    assert_eq!((end, outcome, second), (WaitStatus::Exited(0), last.outcome(), Returned::ENOSYS));
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_DETACH, SECCOMP_TRACE_FATAL_SIGNAL],
    catches = "a call executed at the event when PTRACE_O_EXITKILL kills the tracee",
    needs = [SECCOMP_FILTER, PTRACE, SUBREAPER],
)]
fn a_tracer_that_takes_its_tracees_along_takes_the_call_along() {
    let deed = ObservableCall::write();
    let (end, answers) = with_a_tracer_that_dies(PTRACE_O_EXITKILL, &deed, Last::Nothing);
    assert_eq!((end, answers), (WaitStatus::KilledBy(SIGKILL), [Returned::NotReturned; 2]));
    assert!(!deed.took_effect(), "the write was made");
}

/// The write does not sleep, so only the kernel's check for a fatal signal prevents it.
#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_FATAL_SIGNAL,
    catches = "a missing check for a fatal signal after the event, so that a killed tracee executes its \
        call",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_deadly_signal_at_the_event_skips_the_call() {
    let deed = ObservableCall::write();
    let traced = writes(&deed);
    child::send(traced.tracee.pid, SIGKILL);
    assert_eq!(traced.tracee.wait(), Stop::Ended(WaitStatus::KilledBy(SIGKILL)));
    assert!(!deed.took_effect(), "the write was made");
}

/// SIGTERM has its own stop, after the call.
#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_FATAL_SIGNAL,
    catches = "a call skipped at the event for any pending signal, not only for a fatal signal",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_signal_that_a_tracer_can_take_away_does_not_skip_the_call() {
    let deed = ObservableCall::write();
    let traced = writes(&deed);
    child::send(traced.tracee.pid, SIGTERM);
    let next = traced.tracee.next(Resume::Continue, 0);
    assert_eq!((next, deed.took_effect()), (Stop::Signal(SIGTERM), true));
    let end = traced.tracee.next(Resume::Continue, SIGTERM);
    assert_eq!(end, Stop::Ended(WaitStatus::KilledBy(SIGTERM)));
}

#[rstest]
#[case::made(Step::event(), Returned::TracerPid)]
#[case::skipped(Step::event().nr(-1).rax(42), SKIPPED)]
#[harness::test(
    clause = SECCOMP_TRACE_FATAL_SIGNAL,
    catches = "a signal pending at the event that interrupts the call or replaces its result",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_signal_at_the_event_is_handled_after_the_call(#[case] step: Step, #[case] answer: Returned) {
    let log = sigsys::handle_signal(SIGUSR1, SigAction::PLAIN);
    let traced = caller(&traces());
    let tracee = &traced.tracee;
    // A signal that is sent before the entry stop would stop the tracee before its call.
    assert_eq!(tracee.next(Resume::Syscall, 0), Stop::Syscall);
    child::send(tracee.pid, SIGUSR1);
    let (_, end) = play(tracee, Resume::Continue, &[step, Step::at(Stop::Signal(SIGUSR1))]);
    assert_eq!((end, traced.returned(0), log.count()), (EXITED_0, answer, 1));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_OPTION,
    catches = "a signal injected by the tracer at the event that is delivered, as at a \
        signal-delivery-stop",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_signal_handed_on_at_the_event_is_lost() {
    let log = sigsys::handle_signal(SIGUSR1, SigAction::PLAIN);
    let traced = caller(&traces());
    let (_, end) = traced.play(Resume::Continue, &[Step::event().with_signal(SIGUSR1)]);
    assert_eq!((end, traced.returned(0), log.count()), (EXITED_0, Returned::TracerPid, 0));
}

#[rstest]
#[case::with_the_option(PTRACE_O_TRACESECCOMP, SKIPPED)]
#[case::without_the_option(0, Returned::ENOSYS)]
#[harness::test(
    clause = [SECCOMP_TRACE_OPTION, SECCOMP_TRACE_SKIP_RESULT],
    catches = "options of PTRACE_SEIZE ignored, so that a seized tracee makes no event or always makes \
        events",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_tracer_that_seized_gets_the_event(#[case] option: i32, #[case] answer: Returned) {
    let (gadget, notes, steps) = (Gadget::syscall(), SharedResults::new(), Steps::new());
    let child = child::start(Flavour::Fork, || {
        steps.wait_for(1);
        traces().load();
        notes.add(gadget.call_with(call(SYS_getppid)));
        0
    });
    let tracee = Tracee::seize(child.pid(), PTRACE_O_EXITKILL | option);
    steps.reach(1);
    let mut stop = tracee.wait();
    if option != 0 {
        assert_eq!(stop, Stop::Event(PTRACE_EVENT_SECCOMP));
        assert_eq!(tracee.message(), 7);
        Last::Skips.act(&tracee);
        stop = tracee.next(Resume::Continue, 0);
    }
    assert_eq!((stop, notes.returned(0, tracee.pid)), (EXITED_0, answer));
}
