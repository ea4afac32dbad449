//! A signal withdraws the notification of a call that waits: the call fails with EINTR, or is notified
//! again under a new id.

use super::supervised::plays;
use crate::clauses::*;
use fixtures::Errno::ENOENT;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::needs::{TASK_STATE, USER_NOTIF};
use fixtures::sigsys::Disposition;
use fixtures::supervisor::Reply::Value;
use fixtures::supervisor::Seen::{Done, Ended, Events, Received, Refused, State, Stopped};
use fixtures::supervisor::TaskState::Interruptible;
use fixtures::supervisor::{Seen, Setup, Step, Target};
use fixtures::{SigAction, WaitStatus};
use rstest::rstest;
use sys::uapi::{
    EINTR, POLLHUP, POLLOUT, SIGCHLD, SIGCONT, SIGKILL, SIGSTOP, SIGTERM, SIGURG, SIGUSR1, SIGWINCH,
};

/// A handler without SA_RESTART.
pub(super) const HANDLED: (i32, Disposition) = (SIGUSR1, Disposition::Handle(SigAction::PLAIN));
/// A handler with SA_RESTART.
pub(super) const RESTARTED: (i32, Disposition) =
    (SIGUSR1, Disposition::Handle(SigAction { restart: true, ..SigAction::PLAIN }));

/// A target that makes one call, says so at step 1, and leaves at step 2.
pub(super) fn stays_afterwards(setup: &Setup<'_>) -> Target {
    Target::start(setup, |caller| {
        caller.call(UNASSIGNED);
        caller.steps.reach(1);
        caller.steps.wait_for(2);
        0
    })
}

/// The end of a target that made its calls.
pub(super) const EXITED_0: Seen = Ended(WaitStatus::Exited(0));

/// The notification counts as one that could be received: RECV looks for it, and finds none.
#[harness::test(
    clause = [SECCOMP_NOTIFY_SIGNAL_ABORTS, SECCOMP_NOTIFY_POLL, SECCOMP_NOTIFY_RECV_GONE],
    catches = "a notification left in the queue when a signal ended its call before it was received",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_signal_before_it_is_received_withdraws_a_notification() {
    let mut target = stays_afterwards(&Setup { signals: &[HANDLED], ..Setup::PLAIN });
    plays(
        &mut target,
        &[
            (Step::Queued, Done),
            (Step::Settle, State(Interruptible)),
            (Step::Signal(SIGUSR1), Done),
            (Step::WaitFor(1), Done),
            (Step::Progress, Seen::progress(1, &[-EINTR])),
            (Step::Poll, Events(0)),
            (Step::ReceiveNow, Refused(ENOENT)),
            (Step::Reach(2), Done),
            (Step::End, EXITED_0),
        ],
    );
}

#[harness::test(
    clause = [SECCOMP_NOTIFY_SIGNAL_ABORTS, SECCOMP_NOTIFY_ID_VALID, SECCOMP_NOTIFY_POLL],
    catches = "a received notification that stays valid, or POLLOUT that stays set, after a signal ended \
        its call with EINTR",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_signal_after_it_is_received_withdraws_a_notification() {
    let mut target = stays_afterwards(&Setup { signals: &[HANDLED], ..Setup::PLAIN });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Settle, State(Interruptible)),
            (Step::Poll, Events(POLLOUT)),
            (Step::Signal(SIGUSR1), Done),
            (Step::WaitFor(1), Done),
            (Step::Progress, Seen::progress(1, &[-EINTR])),
            (Step::Poll, Events(0)),
            (Step::Look(0), Refused(ENOENT)),
            (Step::Answer(0, Value(77)), Refused(ENOENT)),
            (Step::Reach(2), Done),
            (Step::End, EXITED_0),
        ],
    );
}

#[harness::test(
    clause = [SECCOMP_NOTIFY_RESTARTED, SECCOMP_NOTIFY_UNIQUE_ID, SECCOMP_NOTIFY_ID_VALID],
    catches = "a restarted call that keeps its id, is not notified again, is executed, or takes the \
        response to its first notification",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_restarted_call_is_notified_again() {
    let mut target =
        Target::calls_once(&Setup { signals: &[RESTARTED], ..Setup::PLAIN }, UNASSIGNED);
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Settle, State(Interruptible)),
            (Step::Signal(SIGUSR1), Done),
            (Step::Handled(1), Done),
            (Step::Receive, Received),
            (Step::Look(0), Refused(ENOENT)),
            (Step::Look(1), Done),
            (Step::Answer(0, Value(1)), Refused(ENOENT)),
            (Step::Look(1), Done),
            (Step::Answer(1, Value(77)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(1, &[77])),
        ],
    );
    let [first, second] = [0, 1].map(|i| target.received[i]);
    let fields = |asked: fixtures::listener::Notification| (asked.nr, asked.arch, asked.args);
    assert_eq!(fields(second), fields(first), "the call that is notified again");
    assert!(second.pid == first.pid, "the caller is another");
}

/// The signal comes before the first notification is received, so that the supervisor sees one alone.
#[harness::test(
    clause = SECCOMP_NOTIFY_RESTARTED,
    catches = "a call that is queued twice, or no longer, when it restarts before it was received",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_call_restarted_before_it_is_received_is_received_once() {
    let mut target = stays_afterwards(&Setup { signals: &[RESTARTED], ..Setup::PLAIN });
    plays(
        &mut target,
        &[
            (Step::Queued, Done),
            (Step::Settle, State(Interruptible)),
            (Step::Signal(SIGUSR1), Done),
            (Step::Handled(1), Done),
            (Step::Receive, Received),
            (Step::Poll, Events(POLLOUT)),
            (Step::Answer(0, Value(77)), Done),
            (Step::WaitFor(1), Done),
            (Step::Poll, Events(0)),
            (Step::Progress, Seen::progress(1, &[77])),
            (Step::Reach(2), Done),
            (Step::End, EXITED_0),
        ],
    );
}

#[harness::test(
    clause = [SECCOMP_NOTIFY_RESTARTED, SECCOMP_NOTIFY_UNIQUE_ID],
    catches = "an id that comes again when one call restarts many times",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn each_restart_has_an_id_of_its_own() {
    const ROUNDS: u64 = 20;
    let mut target =
        Target::calls_once(&Setup { signals: &[RESTARTED], ..Setup::PLAIN }, UNASSIGNED);
    for round in 1..=ROUNDS {
        plays(
            &mut target,
            &[
                (Step::Receive, Received),
                (Step::Settle, State(Interruptible)),
                (Step::Signal(SIGUSR1), Done),
                (Step::Handled(round), Done),
            ],
        );
    }
    plays(
        &mut target,
        &[(Step::Receive, Received), (Step::Answer(ROUNDS as usize, Value(7)), Done)],
    );
    plays(&mut target, &[(Step::End, EXITED_0), (Step::Progress, Seen::progress(ROUNDS, &[7]))]);
}

/// Each row differs in who has the notification when the signal comes.
#[rstest]
#[case::queued(false)]
#[case::received(true)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_RESTARTED, SECCOMP_NOTIFY_POLL],
    catches = "a stopped caller whose notification stays, or that is not notified again when it continues",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_stopped_call_is_notified_again_when_it_continues(#[case] received: bool) {
    let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    let first = if received { (Step::Receive, Received) } else { (Step::Queued, Done) };
    plays(
        &mut target,
        &[
            first,
            (Step::Settle, State(Interruptible)),
            (Step::Signal(SIGSTOP), Done),
            (Step::Stopped, Stopped(SIGSTOP)),
            (Step::Poll, Events(0)),
        ],
    );
    if received {
        plays(&mut target, &[(Step::Look(0), Refused(ENOENT))]);
    }
    let last = usize::from(received);
    plays(
        &mut target,
        &[
            (Step::Signal(SIGCONT), Done),
            (Step::Receive, Received),
            (Step::Look(last), Done),
            (Step::Answer(last, Value(77)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[77])),
        ],
    );
}

/// Rows: a signal that is ignored, and signals whose default is to be ignored.
#[rstest]
#[case::sigusr1_ignored(SIGUSR1, &[(SIGUSR1, Disposition::Ignore)])]
#[case::sigterm_ignored(SIGTERM, &[(SIGTERM, Disposition::Ignore)])]
#[case::sigchld(SIGCHLD, &[])]
#[case::sigurg(SIGURG, &[])]
#[case::sigwinch(SIGWINCH, &[])]
#[case::sigcont(SIGCONT, &[])]
#[harness::test(
    clause = [SECCOMP_NOTIFY_SIGNAL_ABORTS, SECCOMP_NOTIFY_RESPONSE_VALUE],
    catches = "a wait that ends by a signal that does nothing to the caller",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_signal_that_is_ignored_changes_nothing(
    #[case] signal: i32,
    #[case] signals: &'static [(i32, Disposition)],
) {
    let mut target = Target::calls_once(&Setup { signals, ..Setup::PLAIN }, UNASSIGNED);
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Settle, State(Interruptible)),
            (Step::Signal(signal), Done),
            (Step::Settle, State(Interruptible)),
            (Step::Look(0), Done),
            (Step::Answer(0, Value(77)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[77])),
        ],
    );
}

/// The signal is pending at the end, and is delivered when the target unblocks it.
#[harness::test(
    clause = [SECCOMP_NOTIFY_SIGNAL_ABORTS, SECCOMP_NOTIFY_RESPONSE_VALUE],
    catches = "a wait that ends by a signal that the caller blocks, or a blocked signal that is lost",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_blocked_signal_changes_nothing() {
    let setup = Setup { signals: &[HANDLED], ..Setup::PLAIN };
    let mut target = Target::start(&setup, |caller| {
        fixtures::sigsys::set_mask(fixtures::bit(SIGUSR1));
        caller.call(UNASSIGNED);
        caller.steps.reach(1);
        caller.steps.wait_for(2);
        fixtures::sigsys::set_mask(0);
        0
    });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Settle, State(Interruptible)),
            (Step::Signal(SIGUSR1), Done),
            (Step::Settle, State(Interruptible)),
            (Step::Look(0), Done),
            (Step::Answer(0, Value(77)), Done),
            (Step::WaitFor(1), Done),
            (Step::Progress, Seen::progress(0, &[77])),
            (Step::Reach(2), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(1, &[77])),
        ],
    );
}

#[rstest]
#[case::queued(SIGKILL, false)]
#[case::received(SIGKILL, true)]
#[case::sigterm_queued(SIGTERM, false)]
#[case::sigterm_received(SIGTERM, true)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_SIGNAL_ABORTS, SECCOMP_NOTIFY_ID_VALID, SECCOMP_NOTIFY_POLL],
    catches = "a killed caller whose notification can still be received or answered",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn death_ends_the_wait(#[case] signal: i32, #[case] received: bool) {
    let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    let first = if received { (Step::Receive, Received) } else { (Step::Queued, Done) };
    plays(
        &mut target,
        &[
            first,
            (Step::Settle, State(Interruptible)),
            (Step::Signal(signal), Done),
            (Step::Zombie, Done),
            (Step::End, Ended(WaitStatus::KilledBy(signal))),
            (Step::Poll, Events(POLLHUP)),
            (Step::Progress, Seen::progress(0, &[])),
        ],
    );
    if received {
        plays(&mut target, &[(Step::Look(0), Refused(ENOENT))]);
        plays(&mut target, &[(Step::Answer(0, Value(1)), Refused(ENOENT))]);
    }
}

/// A thread makes the call, and the first thread takes the signal, which is sent to the process.
#[harness::test(
    clause = [SECCOMP_NOTIFY_SIGNAL_ABORTS, SECCOMP_NOTIFY_RESPONSE_VALUE],
    catches = "a wait that ends by a signal that another thread of the process takes",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_signal_to_another_thread_changes_nothing() {
    let setup = Setup { signals: &[HANDLED], ..Setup::PLAIN };
    let mut target = Target::start(&setup, |caller| {
        child::start(Flavour::CloneThread, || {
            caller.call(UNASSIGNED);
            0
        })
        .end();
        0
    });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Settle, State(Interruptible)),
            (Step::SettleFirst, State(Interruptible)),
            (Step::Signal(SIGUSR1), Done),
            (Step::Handled(1), Done),
            (Step::Settle, State(Interruptible)),
            (Step::Look(0), Done),
            (Step::Answer(0, Value(77)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(1, &[77])),
        ],
    );
}

/// The twin of the claim above: the signal is sent to the thread that waits.
#[harness::test(
    clause = SECCOMP_NOTIFY_SIGNAL_ABORTS,
    catches = "a signal for the thread that waits delivered to another thread of the process",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_signal_to_the_calling_thread_ends_its_wait() {
    let setup = Setup { signals: &[HANDLED], ..Setup::PLAIN };
    let mut target = Target::start(&setup, |caller| {
        child::start(Flavour::CloneThread, || {
            caller.call(UNASSIGNED);
            0
        })
        .end();
        0
    });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Settle, State(Interruptible)),
            (Step::Poll, Events(POLLOUT)),
            (Step::SignalCaller(SIGUSR1), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(1, &[-EINTR])),
            (Step::Look(0), Refused(ENOENT)),
            (Step::Poll, Events(POLLHUP)),
        ],
    );
}
