//! A caller that has a tracer and a supervisor.

use super::supervised::plays;
use super::traced;
use crate::clauses::*;
use fixtures::Entry;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::needs::{INT80, PTRACE, USER_NOTIF};
use fixtures::supervisor::Reply::{Continue, Error, Value};
use fixtures::supervisor::Seen::{Done, Received};
use fixtures::supervisor::{Seen, Setup, Step, Target};
use fixtures::tracee::Tracee;
use sys::uapi::{ENOSYS, PTRACE_O_TRACESECCOMP, PTRACE_O_TRACESYSGOOD};

/// Three notified calls of a tracee, which its tracer lets run.
fn calls_with_a_tracer(entry: Entry) {
    let setup = Setup { entry, ..Setup::PLAIN };
    let mut target = Target::start(&setup, |caller| {
        caller.steps.wait_for(1);
        for _ in 0..3 {
            caller.call(UNASSIGNED);
        }
        0
    });
    let tracee = Tracee::seize(target.pid(), PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP);
    plays(
        &mut target,
        &[
            (Step::Reach(1), Done),
            (Step::Receive, Received),
            (Step::Look(0), Done),
            (Step::Answer(0, Value(5)), Done),
            (Step::Receive, Received),
            (Step::Answer(1, Error(7)), Done),
            (Step::Receive, Received),
            (Step::Answer(2, Continue), Done),
        ],
    );
    assert_eq!(tracee.wait(), traced::EXITED_0);
    plays(&mut target, &[(Step::Progress, Seen::progress(0, &[5, -7, -ENOSYS]))]);
}

#[harness::test(
    clause = [SECCOMP_NOTIFY_CALL_WAITS, SECCOMP_NOTIFY_RESPONSE_VALUE, SECCOMP_NOTIFY_CONTINUE],
    catches = "a tracee whose calls are refused, or stop for its tracer, instead of being notified",
    needs = [USER_NOTIF, PTRACE],
)]
fn a_tracees_calls_are_notified() {
    calls_with_a_tracer(Entry::Syscall);
}

#[harness::test(
    clause = [SECCOMP_NOTIFY_CALL_WAITS, SECCOMP_NOTIFY_RESPONSE_VALUE, SECCOMP_NOTIFY_CONTINUE],
    catches = "a tracee whose 32-bit calls are refused, or stop for its tracer, instead of being notified",
    needs = [USER_NOTIF, PTRACE, INT80],
)]
fn a_tracees_32_bit_calls_are_notified() {
    calls_with_a_tracer(Entry::Int80);
}
