//! What a tracer reads of a task whose dispatch fork or execve has reset.

use super::tracees::NEVER;
use crate::clauses::*;
use fixtures::Errno::EINVAL;
use fixtures::WaitStatus;
use fixtures::child::{self, Flavour};
use fixtures::dispatch::{self, OFF, ON};
use fixtures::helper::{NATIVE, Program};
use fixtures::needs::{DISPATCH, PTRACE, PTRACE_DISPATCH};
use fixtures::selector::Selector;
use fixtures::tracee::{DispatchConfig, Resume, Stop, Tracee};
use rstest::rstest;
use sys::uapi::{PTRACE_EVENT_EXEC, PTRACE_EVENT_FORK, PTRACE_O_TRACEEXEC, PTRACE_O_TRACEFORK};

/// Start of a region that exempts all code the task calls from.
const OFFSET: u64 = 0x1_2345;
const LENGTH: u64 = 0xffff_ffff_ffff_0000 - OFFSET;

/// Arms with [`OFFSET`], [`LENGTH`] and a selector at a fixed address.
fn arm() -> DispatchConfig {
    let selector = Selector::fixed().address();
    assert_eq!(dispatch::answer(ON, OFFSET, LENGTH, selector), Ok(()));
    DispatchConfig { mode: ON, selector, offset: OFFSET, length: LENGTH }
}

const ARMED: DispatchConfig =
    DispatchConfig { mode: ON, selector: 0x3f_0123, offset: OFFSET, length: LENGTH };

/// The parent and the child of a traced fork, both stopped.
fn forked() -> [Tracee; 2] {
    let parent = Tracee::start_with(PTRACE_O_TRACEFORK, || {
        arm();
        i32::from(child::start(Flavour::Fork, || 7).end() == WaitStatus::Exited(7))
    });
    assert_eq!(parent.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_FORK));
    let child = Tracee::adopt(parent.message() as i32);
    child.wait();
    [parent, child]
}

/// A task stopped at the end of its execve.
fn executed() -> Tracee {
    let program = Program::new();
    let tracee = Tracee::start_with(PTRACE_O_TRACEEXEC, || {
        arm();
        program.execute();
        1
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_EXEC));
    tracee
}

#[rstest]
#[harness::test(
    clause = DISPATCH_INHERIT_RESETS_TO_OFF,
    catches = "a forked child that is off but still shows its parent's region and selector",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_forked_child_reads_as_if_never_armed() {
    let [_, child] = forked();
    assert_eq!(child.dispatch(), Ok(NEVER));
}

#[rstest]
#[harness::test(
    clause = DISPATCH_INHERIT_RESETS_TO_OFF,
    catches = "a new program that is off but still shows addresses of the memory before execve",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_new_program_reads_as_if_never_armed() {
    let tracee = executed();
    assert_eq!(tracee.dispatch(), Ok(NEVER));
}

/// Kernels leave the fields in place and reset the mode alone. The parent reads as before.
#[rstest]
#[harness::test(
    clause = [DISPATCH_PTRACE_STALE_AFTER_FORK, DISPATCH_INHERIT_RESETS_TO_OFF],
    catches = "a forked child that reads as armed, or shows other stale fields than its parent's",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_forked_child_reads_as_off_with_its_parents_fields() {
    let [parent, child] = forked();
    assert_eq!(parent.dispatch(), Ok(ARMED));
    assert_eq!(child.dispatch(), Ok(DispatchConfig { mode: OFF, ..ARMED }));
    assert_eq!(child.finish(), WaitStatus::Exited(7));
    assert_eq!(parent.finish(), WaitStatus::Exited(1));
}

#[rstest]
#[harness::test(
    clause = [DISPATCH_PTRACE_STALE_AFTER_EXECVE, DISPATCH_INHERIT_RESETS_TO_OFF],
    catches = "a new program that reads as armed, or shows other stale fields than those it armed \
        with",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn a_new_program_reads_as_off_with_its_old_fields() {
    let tracee = executed();
    assert_eq!(tracee.dispatch(), Ok(DispatchConfig { mode: OFF, ..ARMED }));
    assert_eq!(tracee.finish(), WaitStatus::Exited(NATIVE));
}

/// The stale fields are written back as they read; without them, OFF is accepted.
#[rstest]
#[case::fork(|| forked()[1].pid)]
#[case::execve(|| executed().pid)]
#[harness::test(
    clause = [DISPATCH_PTRACE_VALIDATED, DISPATCH_PTRACE_STALE_AFTER_FORK],
    catches = "stale fields that are accepted as arguments of OFF",
    needs = [DISPATCH, PTRACE, PTRACE_DISPATCH],
)]
fn left_over_fields_cannot_be_written_back(#[case] reset: fn() -> i32) {
    let tracee = Tracee::adopt(reset());
    let read = tracee.dispatch().expect("the configuration can be read");
    assert_eq!(tracee.set_dispatch(read), Err(EINVAL));
    assert_eq!(tracee.set_dispatch(NEVER), Ok(()));
    assert_eq!(tracee.dispatch(), Ok(NEVER));
}
