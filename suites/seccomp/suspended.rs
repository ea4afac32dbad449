//! What a suspended seccomp does not do, when it does so again, and to whom.

use super::traced::EXITED_0;
use crate::clauses::*;
use fixtures::call_outcome::{self, CallOutcome, DispatchedGadget, UNASSIGNED};
use fixtures::child::{self, Flavour};
use fixtures::filter::uapi::*;
use fixtures::filter::{self, Action, Filter, number};
use fixtures::gadget::Gadget;
use fixtures::helper::{INTERCEPTED, NATIVE, Program};
use fixtures::needs::{
    DISPATCH, INT80, KILL_PROCESS_LOG, PTRACE, ROOT, SECCOMP_FILTER, STRICT_MODE, SUSPEND_SECCOMP,
    UNFILTERED, USER_NOTIF,
};
use fixtures::script::{Returned, SharedResults, Traced, call};
use fixtures::thread::Steps;
use fixtures::tracee::{Resume, Stop, SyscallStop, Tracee};
use fixtures::{Entry, WaitStatus, environment, tracee};
use rstest::rstest;
use sys::uapi::{
    ENOSYS, PTRACE_EVENT_EXEC, PTRACE_EVENT_FORK, PTRACE_EVENT_SECCOMP, PTRACE_O_SUSPEND_SECCOMP,
    PTRACE_O_TRACEEXEC, PTRACE_O_TRACEFORK, PTRACE_O_TRACESECCOMP, PTRACE_O_TRACESYSGOOD, SIGKILL,
    SIGSTOP, SIGSYS, SYS_getpid, SYS_getppid, unistd_32,
};

/// The options of a tracer that does not suspend, and of one that does.
const RESUMED: i32 = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP;
const SUSPENDED: i32 = RESUMED | PTRACE_O_SUSPEND_SECCOMP;
const KILLED: Stop = Stop::Ended(WaitStatus::KilledBy(SIGSYS));
const REFUSED: Returned = Returned::Value(-7);

fn refuse() -> Filter {
    Filter::only(number(UNASSIGNED), Action::Errno(7))
}

/// Three calls of getppid under `action`: before, while and after seccomp is suspended for the second. Gives
/// the stop that the first and the last lead to, and the results.
fn around(entry: Entry, action: Action) -> ([Stop; 2], [Returned; 3]) {
    let nr = match entry {
        Entry::Int80 => unistd_32::SYS_getppid,
        _ => SYS_getppid,
    };
    let stops_at = |suspended_first: bool| {
        let traced = Traced::start_stopping(
            RESUMED,
            Gadget::new(entry),
            || {
                environment::disable_core_dump();
                Filter::only(number(nr), action).load();
            },
            &[call(nr), call(nr)],
        );
        if suspended_first {
            traced.tracee.set_options(SUSPENDED);
            assert_eq!(traced.tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
            traced.tracee.set_options(RESUMED);
        }
        let stop = traced.tracee.next(Resume::Continue, 0);
        match stop {
            Stop::Ended(_) => {}
            // Suppressed, it would let the call return.
            Stop::Signal(SIGSYS) => {
                traced.tracee.next(Resume::Continue, SIGSYS);
            }
            _ => {
                traced.tracee.finish();
            }
        }
        (stop, traced)
    };
    let (before, first) = stops_at(false);
    let (after, second) = stops_at(true);
    ([before, after], [first.returned(0), second.returned(0), second.returned(1)])
}

fn check(entry: Entry, action: Action, stop: Stop, result: Returned) {
    let (stops, returned) = around(entry, action);
    // An answered call goes on to the stop before the next one, or to the end.
    let (before, after) = match stop {
        EXITED_0 => (Stop::Signal(SIGSTOP), EXITED_0),
        other => (other, other),
    };
    assert_eq!(stops, [before, after]);
    assert_eq!(returned, [result, Returned::TracerPid, result]);
}

const EVENT: Stop = Stop::Event(PTRACE_EVENT_SECCOMP);

#[rstest]
#[case::errno(SECCOMP_RET_ERRNO(7), EXITED_0, REFUSED)]
#[case::trap(SECCOMP_RET_TRAP(7), Stop::Signal(SIGSYS), Returned::NotReturned)]
#[case::kill_process(SECCOMP_RET_KILL_PROCESS, KILLED, Returned::NotReturned)]
#[case::kill_thread(SECCOMP_RET_KILL_THREAD, KILLED, Returned::NotReturned)]
#[case::unknown(Unknown(0x0001_0000), KILLED, Returned::NotReturned)]
#[case::trace(SECCOMP_RET_TRACE(7), EVENT, Returned::TracerPid)]
#[harness::test(
    clause = [SECCOMP_SUSPEND_FILTERS, SECCOMP_SUSPEND_RESUMED],
    catches = "an action that a suspended filter still takes, or that it no longer takes once the option \
        is dropped",
    needs = [ROOT, UNFILTERED, PTRACE, KILL_PROCESS_LOG, SUSPEND_SECCOMP],
)]
fn a_suspended_filter_takes_no_action(
    #[case] action: Action,
    #[case] stop: Stop,
    #[case] result: Returned,
) {
    check(Entry::Syscall, action, stop, result);
}

#[rstest]
#[case::errno(SECCOMP_RET_ERRNO(7), EXITED_0, REFUSED)]
#[case::trap(SECCOMP_RET_TRAP(7), Stop::Signal(SIGSYS), Returned::NotReturned)]
#[case::kill_process(SECCOMP_RET_KILL_PROCESS, KILLED, Returned::NotReturned)]
#[case::trace(SECCOMP_RET_TRACE(7), EVENT, Returned::TracerPid)]
#[harness::test(
    clause = [SECCOMP_SUSPEND_FILTERS, SECCOMP_SUSPEND_RESUMED],
    catches = "a suspended filter that still applies to int 0x80",
    needs = [ROOT, UNFILTERED, PTRACE, KILL_PROCESS_LOG, SUSPEND_SECCOMP, INT80],
)]
fn a_suspended_filter_takes_no_action_on_int80(
    #[case] action: Action,
    #[case] stop: Stop,
    #[case] result: Returned,
) {
    check(Entry::Int80, action, stop, result);
}

/// Without a listener a call that is to be notified fails with ENOSYS.
#[harness::test(
    clause = SECCOMP_SUSPEND_FILTERS,
    catches = "a notification for a call of a suspended tracee",
    needs = [ROOT, UNFILTERED, PTRACE, USER_NOTIF, SUSPEND_SECCOMP],
)]
fn a_suspended_filter_notifies_nobody() {
    check(Entry::Syscall, SECCOMP_RET_USER_NOTIF, EXITED_0, Returned::ENOSYS);
}

/// The first call is made before the option is set, the last after the event that ends it.
#[rstest]
#[case::another_option(|tracee: &Tracee| tracee.set_options(RESUMED))]
#[case::no_option(|tracee: &Tracee| tracee.set_options(0))]
#[harness::test(
    clause = [SECCOMP_SUSPEND_FILTERS, SECCOMP_SUSPEND_RESUMED],
    catches = "a suspension that begins a call late, or that SETOPTIONS without the option does not end",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, SUSPEND_SECCOMP],
)]
fn a_dropped_option_resumes(#[case] change: fn(&Tracee)) {
    let traced =
        Traced::start_stopping(0, Gadget::syscall(), || refuse().load(), &[call(UNASSIGNED); 3]);
    let tracee = &traced.tracee;
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    tracee.set_options(SUSPENDED);
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    change(tracee);
    assert_eq!(tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!([0, 1, 2].map(|i| traced.returned(i)), [REFUSED, Returned::ENOSYS, REFUSED]);
}

#[harness::test(
    clause = [SECCOMP_SUSPEND_FILTERS, SECCOMP_SUSPEND_RESUMED],
    catches = "a suspension that outlives PTRACE_DETACH",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, SUSPEND_SECCOMP],
)]
fn a_tracee_that_is_let_go_is_filtered_again() {
    let calls = [call(UNASSIGNED); 2];
    let traced = Traced::start_stopping(SUSPENDED, Gadget::syscall(), || refuse().load(), &calls);
    assert_eq!(traced.tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    traced.tracee.detach();
    assert_eq!(child::end_of(traced.tracee.pid), WaitStatus::Exited(0));
    assert_eq!([0, 1].map(|i| traced.returned(i)), [Returned::ENOSYS, REFUSED]);
}

/// A child that makes a call at step 1 and another at step 3.
fn caller_in_steps(steps: Steps, results: SharedResults) -> child::Child {
    let (gadget, filter) = (Gadget::syscall(), refuse());
    child::start(Flavour::Fork, || {
        filter.load();
        steps.reach(1);
        for step in [2, 4] {
            steps.wait_for(step);
            results.add_value(gadget.call(UNASSIGNED));
            steps.reach(step + 1);
        }
        0
    })
}

#[rstest]
#[case::suspended(PTRACE_O_SUSPEND_SECCOMP, Returned::ENOSYS)]
#[case::traced(0, REFUSED)]
#[harness::test(
    clause = [SECCOMP_SUSPEND_FILTERS, SECCOMP_SUSPEND_RESUMED],
    catches = "an option of PTRACE_SEIZE that does not suspend, or a suspension that outlives the tracer",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, SUSPEND_SECCOMP],
)]
fn a_seized_tracee_is_suspended_until_its_tracer_ends(
    #[case] options: i32,
    #[case] meanwhile: Returned,
) {
    let (steps, results) = (Steps::new(), SharedResults::new());
    let caller = caller_in_steps(steps, results);
    let pid = caller.pid();
    let tracer = child::fork(|| {
        steps.wait_for(1);
        Tracee::seize(pid, options);
        steps.reach(2);
        steps.wait_for(3);
    });
    assert_eq!(tracer, WaitStatus::Exited(0));
    steps.reach(4);
    assert_eq!(caller.end(), WaitStatus::Exited(0));
    assert_eq!([0, 1].map(|i| results.returned(i, pid)), [meanwhile, REFUSED]);
}

#[rstest]
#[case::suspended(SUSPENDED, NATIVE)]
#[case::resumed(RESUMED, INTERCEPTED)]
#[harness::test(
    clause = SECCOMP_SUSPEND_FILTERS,
    catches = "a suspension that ends at execve although the tracer dropped no option",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, SUSPEND_SECCOMP],
)]
fn a_program_that_is_executed_stays_suspended(#[case] options: i32, #[case] status: i32) {
    let program = Program::new();
    let tracee = Tracee::start_with(options | PTRACE_O_TRACEEXEC, || {
        refuse().load();
        program.execute();
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_EXEC));
    assert_eq!(tracee.finish(), WaitStatus::Exited(status));
}

#[harness::test(
    clause = SECCOMP_SUSPEND_ONE_TRACEE,
    catches = "a suspension of every thread of the tracee's process",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, SUSPEND_SECCOMP],
)]
fn other_threads_are_filtered() {
    let (results, gadget) = (SharedResults::new(), Gadget::syscall());
    let tracee = Tracee::start_with(SUSPENDED, || {
        refuse().load();
        child::start(Flavour::CloneThread, || {
            results.add_value(gadget.call(UNASSIGNED));
            0
        })
        .end();
        results.add_value(gadget.call(UNASSIGNED));
        0
    });
    assert_eq!(tracee.finish(), WaitStatus::Exited(0));
    assert_eq!([0, 1].map(|i| results.returned(i, 0)), [REFUSED, Returned::ENOSYS]);
}

#[rstest]
#[case::attached(PTRACE_O_TRACEFORK, Returned::ENOSYS)]
#[case::not_attached(0, REFUSED)]
#[harness::test(
    clause = SECCOMP_SUSPEND_ONE_TRACEE,
    catches = "a child attached with its parent's options that is not suspended, or one without a tracer \
        that is",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, SUSPEND_SECCOMP],
)]
fn a_child_is_suspended_where_it_has_the_options(#[case] options: i32, #[case] result: Returned) {
    let (results, gadget) = (SharedResults::new(), Gadget::syscall());
    let tracee = Tracee::start_with(SUSPENDED | options, || {
        refuse().load();
        let child = child::start(Flavour::Fork, || {
            results.add_value(gadget.call(UNASSIGNED));
            0
        });
        // An end with another status fails the whole.
        if child.end() == WaitStatus::Exited(0) { 0 } else { 1 }
    });
    if options != 0 {
        assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_FORK));
        let child = Tracee::adopt(tracee.message() as i32);
        assert_eq!(child.wait(), Stop::Signal(SIGSTOP));
        tracee.resume(0);
        assert_eq!(child.next(Resume::Continue, 0), EXITED_0);
        assert_eq!(tracee.wait_past_sigchld(), EXITED_0);
    } else {
        assert_eq!(tracee.finish(), WaitStatus::Exited(0));
    }
    assert_eq!(results.returned(0, 0), result);
}

/// The mode can be asked for meanwhile.
#[harness::test(
    clause = [SECCOMP_SUSPEND_LOADING, SECCOMP_SUSPEND_RESUMED],
    catches = "a filter loaded by a suspended tracee that is lost, or applies at once",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, SUSPEND_SECCOMP],
)]
fn a_filter_loaded_meanwhile_applies_afterwards() {
    let modes = SharedResults::new();
    let load = || {
        modes.add_value(filter::mode() as i64);
        refuse().load();
        modes.add_value(filter::mode() as i64);
    };
    let calls = [call(UNASSIGNED); 2];
    let traced = Traced::start_stopping(SUSPENDED, Gadget::syscall(), load, &calls);
    assert_eq!(traced.tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    traced.tracee.set_options(RESUMED);
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!([0, 1].map(|i| traced.returned(i)), [Returned::ENOSYS, REFUSED]);
    assert_eq!([0, 1].map(|i| modes.returned(i, -1)), [Returned::Value(0), Returned::Value(2)]);
}

/// In strict mode the tracee could not even stop itself, nor ask for its mode.
#[harness::test(
    clause = [SECCOMP_SUSPEND_FILTERS, SECCOMP_SUSPEND_LOADING, SECCOMP_SUSPEND_RESUMED],
    catches = "strict mode that kills a suspended tracee, or is forgotten once the option is dropped",
    needs = [ROOT, UNFILTERED, PTRACE, STRICT_MODE, SUSPEND_SECCOMP],
)]
fn a_suspended_strict_mode_kills_nobody() {
    let modes = SharedResults::new();
    let enter = || {
        filter::strict();
        modes.add_value(filter::mode() as i64);
    };
    let calls = [call(SYS_getppid); 2];
    let traced = Traced::start_stopping(SUSPENDED, Gadget::syscall(), enter, &calls);
    assert_eq!(traced.tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    traced.tracee.set_options(RESUMED);
    let end = traced.tracee.next(Resume::Continue, 0);
    assert_eq!(end, Stop::Ended(WaitStatus::KilledBy(SIGKILL)));
    let returned = [0, 1].map(|i| traced.returned(i));
    assert_eq!(returned, [Returned::TracerPid, Returned::NotReturned]);
    assert_eq!(modes.returned(0, -1), Returned::Value(1));
}

#[harness::test(
    clause = [SECCOMP_SUSPEND_ONLY_SECCOMP, SECCOMP_SUSPEND_FILTERS],
    catches = "syscall stops lost with the filters of a suspended tracee",
    needs = [ROOT, UNFILTERED, PTRACE, KILL_PROCESS_LOG, SUSPEND_SECCOMP],
)]
fn a_suspended_tracee_has_its_syscall_stops() {
    let traced = Traced::start(
        SUSPENDED,
        Gadget::syscall(),
        &Filter::only(number(UNASSIGNED), Action::KillProcess),
        &[call(UNASSIGNED)],
    );
    let stops = [(); 2].map(|()| traced.tracee.next_stop(Resume::Syscall, 0));
    assert_eq!(stops, [SyscallStop::Entry(UNASSIGNED), SyscallStop::Exit(-ENOSYS)]);
    assert_eq!(traced.tracee.finish(), WaitStatus::Exited(0));
}

#[harness::test(
    clause = [SECCOMP_SUSPEND_ONLY_SECCOMP, DISPATCH_SCOPE_SELECTIVE],
    catches = "a suspension that turns dispatch off as well",
    needs = [ROOT, UNFILTERED, DISPATCH, PTRACE, SUSPEND_SECCOMP],
)]
fn dispatch_is_not_suspended() {
    let tracee = Tracee::start_with(SUSPENDED, || {
        let scene = DispatchedGadget::new(Entry::Syscall);
        let outcome = scene.outcome();
        outcome.exit_status()
    });
    let end = tracee.finish();
    assert_eq!(call_outcome::from_exit_status(end), Ok(CallOutcome::Dispatched));
}

/// A call stopped at its entry sees the options as they are when it goes on.
#[rstest]
#[case::suspended(RESUMED, SUSPENDED, Returned::OwnPid)]
#[case::resumed(SUSPENDED, RESUMED, REFUSED)]
#[harness::test(
    clause = [SECCOMP_SUSPEND_FILTERS, SECCOMP_SUSPEND_RESUMED],
    catches = "an option set at the entry stop that counts for the next call only",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, SUSPEND_SECCOMP],
)]
fn what_counts_is_the_option_after_the_entry_stop(
    #[case] before: i32,
    #[case] after: i32,
    #[case] result: Returned,
) {
    let filter = Filter::only(number(SYS_getpid), Action::Errno(7));
    let traced =
        Traced::start_after(before, Gadget::syscall(), || filter.load(), &[call(SYS_getpid)]);
    assert_eq!(traced.tracee.next(Resume::Syscall, 0), Stop::Syscall);
    traced.tracee.set_options(after);
    assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!(traced.returned(0), result);
}

/// The tracee is a child of the case, and the option is set again after a detach.
#[harness::test(
    clause = [SECCOMP_SUSPEND_FILTERS, SECCOMP_SUSPEND_RESUMED],
    catches = "a second suspension that is ignored after the first one ended",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, SUSPEND_SECCOMP],
)]
fn a_tracee_can_be_suspended_again() {
    let (steps, results) = (Steps::new(), SharedResults::new());
    let caller = caller_in_steps(steps, results);
    let pid = caller.pid();
    steps.wait_for(1);
    for (at, options) in [(2, PTRACE_O_SUSPEND_SECCOMP), (4, PTRACE_O_SUSPEND_SECCOMP)] {
        let tracer = child::fork(|| {
            tracee::try_seize(pid, options).unwrap_or_else(|_| child::exit(1));
            steps.reach(at);
            steps.wait_for(at + 1);
        });
        assert_eq!(tracer, WaitStatus::Exited(0));
    }
    assert_eq!(caller.end(), WaitStatus::Exited(0));
    assert_eq!([0, 1].map(|i| results.returned(i, pid)), [Returned::ENOSYS; 2]);
}
