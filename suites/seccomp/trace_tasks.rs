//! Several tracees under the same tracer: each has its own seccomp events.

use super::traced::*;
use crate::clauses::*;
use fixtures::child::{self, Flavour};
use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::Gadget;
use fixtures::needs::{PTRACE, SECCOMP_FILTER};
use fixtures::script::{Returned, SharedResults, call};
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Reg, WaitStatus};
use rstest::rstest;
use sys::uapi::{
    PTRACE_EVENT_CLONE, PTRACE_EVENT_FORK, PTRACE_EVENT_SECCOMP, PTRACE_O_TRACECLONE,
    PTRACE_O_TRACEFORK, PTRACE_O_TRACESECCOMP, SIGCHLD, SIGSTOP, SYS_getpid, SYS_getppid,
    SYS_getuid,
};

const AT_EVENT: Stop = Stop::Event(PTRACE_EVENT_SECCOMP);

/// Two numbers with different data.
fn two() -> Filter {
    Filter::only(number(SYS_getppid), Action::Trace(0x1111))
        .when(number(SYS_getuid), Action::Trace(0x2222))
}

fn write(tracee: &Tracee, nr: i64, result: i64) {
    let mut image = tracee.registers();
    image.set_orig_rax(nr);
    image.set(Reg::Rax, result as u64);
    tracee.set_registers(&image);
}

/// Number of the call, and event message.
fn event(tracee: &Tracee) -> (i64, u64) {
    (tracee.registers().call(), tracee.message())
}

/// Both tracees are stopped at their events; the tracer writes a different result for each.
fn treat_both(one: &Tracee, other: &Tracee) {
    assert_eq!([event(one), event(other)], [(SYS_getppid, 0x1111), (SYS_getuid, 0x2222)]);
    write(one, -1, 41);
    write(other, -1, 42);
    assert_eq!([event(one), event(other)], [(-1, 0x1111), (-1, 0x2222)]);
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_EVENT_MESSAGE, SECCOMP_TRACE_SKIP_RESULT],
    catches = "an event message or a written result kept per tracer instead of per tracee",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn two_processes_have_an_event_each() {
    let (one, other) = (calls(&two(), &[call(SYS_getppid)]), calls(&two(), &[call(SYS_getuid)]));
    for traced in [&one, &other] {
        assert_eq!(traced.tracee.next(Resume::Continue, 0), AT_EVENT);
    }
    treat_both(&one.tracee, &other.tracee);
    // The tracees resume in the reverse order of their events.
    for traced in [&other, &one] {
        assert_eq!(traced.tracee.next(Resume::Continue, 0), EXITED_0);
    }
    assert_eq!([one.returned(0), other.returned(0)], [41, 42].map(Returned::Value));
}

#[rstest]
#[harness::test(
    clause = SECCOMP_TRACE_OPTION,
    catches = "an event for a call that only another tracee's filter traces",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_filter_traces_its_own_process_alone() {
    let one = calls(&traces(), &[call(SYS_getppid)]);
    let other = calls(&Filter::only(number(SYS_getuid), Action::Trace(7)), &[call(SYS_getppid)]);
    assert_eq!(one.tracee.next(Resume::Continue, 0), AT_EVENT);
    assert_eq!(other.tracee.next(Resume::Continue, 0), EXITED_0);
    write(&one.tracee, -1, 42);
    assert_eq!(one.tracee.next(Resume::Continue, 0), EXITED_0);
    assert_eq!([one.returned(0), other.returned(0)], [Returned::Value(42), Returned::TracerPid]);
}

/// Starts a tracee whose body creates another task of this flavour. Returns both: the new task at its
/// first stop, its parent at the event of the creation.
fn start_two(
    options: i32,
    made: i32,
    flavour: Flavour,
    notes: [SharedResults; 2],
    swapped: bool,
) -> [Tracee; 2] {
    let gadget = Gadget::syscall();
    let numbers = if swapped { [SYS_getuid, SYS_getppid] } else { [SYS_getppid, SYS_getuid] };
    let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP | options, || {
        two().load();
        let task = child::start(flavour, || {
            notes[1].add(gadget.call_with(call(numbers[1])));
            0
        });
        notes[0].add(gadget.call_with(call(numbers[0])));
        task.end();
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(made));
    let task = Tracee::adopt(tracee.message() as i32);
    assert_eq!(task.wait(), Stop::Signal(SIGSTOP));
    [tracee, task]
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_EVENT_MESSAGE, SECCOMP_TRACE_SKIP_RESULT, SECCOMP_TRACE_OPTION],
    catches = "an event message or a skip kept per process, so that two threads at their events share it",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn two_threads_have_an_event_each(#[values(false, true)] swapped: bool) {
    let notes = [SharedResults::new(), SharedResults::new()];
    let tasks =
        start_two(PTRACE_O_TRACECLONE, PTRACE_EVENT_CLONE, Flavour::CloneThread, notes, swapped);
    for task in &tasks {
        assert_eq!(task.next(Resume::Continue, 0), AT_EVENT);
    }
    let [first, thread] = &tasks;
    let (one, other) = if swapped { (thread, first) } else { (first, thread) };
    treat_both(one, other);
    assert_eq!(thread.next(Resume::Continue, 0), EXITED_0);
    assert_eq!(first.next(Resume::Continue, 0), EXITED_0);
    let answers = notes.map(|notes| notes.returned(0, first.pid));
    let expected = if swapped { [42, 41] } else { [41, 42] };
    assert_eq!(answers, expected.map(Returned::Value));
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_EVENT_MESSAGE, SECCOMP_TRACE_OPTION],
    catches = "PTRACE_O_TRACESECCOMP not inherited by a child that PTRACE_O_TRACEFORK attaches",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_forked_child_has_an_event_of_its_own() {
    let notes = [SharedResults::new(), SharedResults::new()];
    let [parent, forked] =
        start_two(PTRACE_O_TRACEFORK, PTRACE_EVENT_FORK, Flavour::Fork, notes, false);
    for task in [&parent, &forked] {
        assert_eq!(task.next(Resume::Continue, 0), AT_EVENT);
    }
    treat_both(&parent, &forked);
    assert_eq!(forked.next(Resume::Continue, 0), EXITED_0);
    // The child's exit is a SIGCHLD for the parent, whose call completes first.
    assert_eq!(parent.next(Resume::Continue, 0), Stop::Signal(SIGCHLD));
    assert_eq!(parent.next(Resume::Continue, 0), EXITED_0);
    let answers = notes.map(|notes| notes.returned(0, parent.pid));
    assert_eq!(answers, [41, 42].map(Returned::Value));
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_TRACE_OPTION, SECCOMP_TRACE_CHANGE_NUMBER],
    catches = "a thread's event that blocks another thread's, or loses its message while the other \
        thread continues",
    needs = [SECCOMP_FILTER, PTRACE],
)]
fn a_thread_at_its_event_holds_no_other_up() {
    let notes = [SharedResults::new(), SharedResults::new()];
    let [first, thread] =
        start_two(PTRACE_O_TRACECLONE, PTRACE_EVENT_CLONE, Flavour::CloneThread, notes, false);
    assert_eq!(first.next(Resume::Continue, 0), AT_EVENT);
    assert_eq!(thread.next(Resume::Continue, 0), AT_EVENT);
    write(&thread, SYS_getpid, 42);
    assert_eq!(thread.next(Resume::Continue, 0), EXITED_0);
    assert_eq!(event(&first), (SYS_getppid, 0x1111));
    assert_eq!(first.next(Resume::Continue, 0), Stop::Ended(WaitStatus::Exited(0)));
    let answers = notes.map(|notes| notes.returned(0, first.pid));
    assert_eq!(answers, [Returned::TracerPid, Returned::OwnPid]);
}
