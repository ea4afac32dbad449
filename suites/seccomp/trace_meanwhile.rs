//! A filter that another thread installs while a call is stopped before its tracer.

use super::traced::*;
use crate::assertions::play;
use crate::clauses::*;
use fixtures::child::{self, Flavour};
use fixtures::filter::{self, Action, Filter, TSYNC, number};
use fixtures::gadget::Gadget;
use fixtures::needs::{PTRACE, SECCOMP_FILTER, UNFILTERED};
use fixtures::script::{Returned, SharedResults, Step, call};
use fixtures::thread::Steps;
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{WaitStatus, sigsys};
use rstest::rstest;
use sys::uapi::{
    PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, SIGSTOP, SIGSYS, SYS_getpid, SYS_getppid,
};

const KILLED: Stop = Stop::Ended(WaitStatus::KilledBy(SIGSYS));

/// The calls of a traced first thread, and a second thread that installs a filter on request.
struct Beside {
    tracee: Tracee,
    notes: SharedResults,
    steps: Steps,
}

impl Beside {
    /// The first thread is stopped before two calls of getppid. Both threads share the filter `before`;
    /// the second installs a filter under which getppid gets `action`.
    fn start(before: Option<Filter>, action: Action, flags: usize) -> Self {
        let (notes, steps, gadget) = (SharedResults::new(), Steps::new(), Gadget::syscall());
        // Built before the threads start, because they share thread-local storage.
        let program = Filter::only(number(SYS_getppid), action).program();
        let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
            filter::no_new_privileges();
            if let Some(filter) = before {
                filter.load();
            }
            child::start(Flavour::CloneThread, || {
                steps.wait_for(1);
                steps.reach(if filter::try_load_program(flags, &program) == Ok(0) { 2 } else { 3 });
                0
            });
            // Sent to the thread, because the other thread has no tracer and would stop.
            child::send_thread(SIGSTOP);
            for _ in 0..2 {
                notes.add(gadget.call_with(call(SYS_getppid)));
            }
            0
        });
        assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
        Self { tracee, notes, steps }
    }

    /// Has the second thread install its filter.
    fn load(&self) {
        self.steps.reach(1);
        self.steps.wait_for(2);
        assert_eq!(self.steps.now(), 2, "the other thread installs its filter");
    }

    /// The results of the calls.
    fn answers(&self) -> [Returned; 2] {
        [0, 1].map(|index| self.notes.returned(index, self.tracee.pid))
    }

    /// The second thread installs its filter while the first is at the entry stop of its first call.
    /// Returns the stop after those of the script, and the results of the calls.
    #[track_caller]
    fn load_at_the_entry(&self, then: &[Step]) -> (Stop, [Returned; 2]) {
        assert_eq!(self.tracee.next(Resume::Syscall, 0), Stop::Syscall);
        self.load();
        let (_, end) = play(&self.tracee, Resume::Continue, then);
        (end, self.answers())
    }
}

/// A filter that allows every call.
fn allows() -> Filter {
    Filter::only(number(SYS_getpid), Action::Allow)
}

/// The thread had a filter already and gets another at the stop.
#[rstest]
#[case::errno(Action::Errno(9), vec![], (EXITED_0, [Returned::Value(-9); 2]))]
#[case::trap(Action::Trap(9), vec![SIGSYS; 2], (EXITED_0, [Returned::Value(SYS_getppid); 2]))]
#[case::kill(Action::KillProcess, vec![], (KILLED, [Returned::NotReturned; 2]))]
#[harness::test(
    clause = [SECCOMP_TSYNC_ALL_THREADS, SECCOMP_TRACE_ENTRY_STOP_CHANGES],
    catches = "filters chosen before the entry stop, so that a TSYNC filter installed there misses the \
        call",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_second_filter_loaded_at_the_entry_meets_the_call(
    #[case] action: Action,
    #[case] signals: Vec<i32>,
    #[case] expected: (Stop, [Returned; 2]),
) {
    sigsys::handle();
    let beside = Beside::start(Some(allows()), action, TSYNC);
    let then: Vec<_> = signals.into_iter().map(|nr| Step::at(Stop::Signal(nr))).collect();
    assert_eq!(beside.load_at_the_entry(&then), expected);
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TSYNC_ALL_THREADS, SECCOMP_TRACE_BETWEEN_SYSCALL_STOPS],
    catches = "a tracing filter installed at the entry stop that makes no event for the stopped call",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_second_filter_loaded_at_the_entry_makes_the_event() {
    let beside = Beside::start(Some(allows()), Action::Trace(7), TSYNC);
    let then = [Step::event().nr(-1).rax(41), Step::event().nr(-1).rax(42)];
    let answers = [41, 42].map(Returned::Value);
    assert_eq!(beside.load_at_the_entry(&then), (EXITED_0, answers));
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TSYNC_ALL_THREADS, SECCOMP_TRACE_ENTRY_STOP_CHANGES],
    catches = "a thread without filters that skips seccomp for the stopped call although TSYNC gave it a \
        filter",
    needs = [UNFILTERED, SECCOMP_FILTER, PTRACE],
)]
fn a_first_filter_loaded_at_the_entry_meets_the_call() {
    let beside = Beside::start(None, Action::Errno(9), TSYNC);
    assert_eq!(beside.load_at_the_entry(&[]), (EXITED_0, [Returned::Value(-9); 2]));
}

/// The outcome of the stopped call does not matter here.
#[rstest]
#[harness::test(
    clause = SECCOMP_TSYNC_ALL_THREADS,
    catches = "a thread's first filter, installed by TSYNC at an entry stop, that even the next call \
        escapes",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_first_filter_loaded_at_the_entry_meets_the_next_call() {
    let beside = Beside::start(None, Action::Errno(9), TSYNC);
    let (end, [_, next]) = beside.load_at_the_entry(&[]);
    assert_eq!((end, next), (EXITED_0, Returned::Value(-9)));
}

#[rstest]
#[case::first(None)]
#[case::second(Some(allows()))]
#[harness::test(
    clause = SECCOMP_TSYNC_ALL_THREADS,
    catches = "a filter installed without TSYNC that reaches a thread stopped at its entry",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn another_threads_filter_loaded_at_the_entry_does_not(#[case] before: Option<Filter>) {
    let beside = Beside::start(before, Action::Errno(9), 0);
    assert_eq!(beside.load_at_the_entry(&[]), (EXITED_0, [Returned::TracerPid; 2]));
}

#[rstest]
#[case::errno(Action::Errno(9), (EXITED_0, [Returned::Value(-9); 2]))]
#[case::kill(Action::KillProcess, (KILLED, [Returned::NotReturned; 2]))]
#[harness::test(
    clause = [SECCOMP_TSYNC_ALL_THREADS, SECCOMP_TRACE_RECHECK],
    catches = "a second run of only the filters from before the event, so that a TSYNC filter installed \
        there is missed",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_filter_loaded_at_the_event_meets_the_call(
    #[case] action: Action,
    #[case] expected: (Stop, [Returned; 2]),
) {
    let beside = Beside::start(Some(traces()), action, TSYNC);
    let stop = beside.tracee.next(Resume::Continue, 0);
    assert_eq!(stop, Stop::Event(PTRACE_EVENT_SECCOMP));
    beside.load();
    let end = beside.tracee.next(Resume::Continue, 0);
    assert_eq!((end, beside.answers()), expected);
}
