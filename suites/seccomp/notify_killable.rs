//! SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: once its notification is received, nothing less than death ends
//! the wait of a call.

use super::notify_signals::{EXITED_0, HANDLED, RESTARTED, stays_afterwards};
use super::supervised::plays;
use crate::clauses::*;
use fixtures::Errno::ENOENT;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::filter::WAIT_KILLABLE_RECV;
use fixtures::needs::{self, TASK_STATE};
use fixtures::sigsys::Disposition;
use fixtures::supervisor::Reply::{self, Continue, Error, Value};
use fixtures::supervisor::Seen::{Done, Ended, Events, Received, Refused, State, Stopped};
use fixtures::supervisor::TaskState::{Interruptible, Uninterruptible};
use fixtures::supervisor::{Seen, Setup, Step, Target};
use fixtures::{Entry, SigAction, WaitStatus};
use rstest::rstest;
use sys::uapi::{
    EINTR, ENOSYS, POLLHUP, POLLOUT, SIGCONT, SIGKILL, SIGQUIT, SIGSTOP, SIGTERM, SIGUSR1, SIGUSR2,
};

const KILLABLE: Setup<'static> = Setup { flags: WAIT_KILLABLE_RECV, ..Setup::PLAIN };

/// The twins of `notify_signals`: before RECV the flag changes nothing.
#[harness::test(
    clause = [SECCOMP_NOTIFY_KILLABLE, SECCOMP_NOTIFY_SIGNAL_ABORTS],
    catches = "WAIT_KILLABLE_RECV that keeps a signal from ending a wait before the notification is \
        received",
    needs = [needs::WAIT_KILLABLE_RECV, TASK_STATE],
)]
fn before_it_is_received_a_signal_ends_the_wait() {
    let mut target = stays_afterwards(&Setup { signals: &[HANDLED], ..KILLABLE });
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
    clause = [SECCOMP_NOTIFY_KILLABLE, SECCOMP_NOTIFY_RESTARTED],
    catches = "WAIT_KILLABLE_RECV under which a call that restarts before it is received is lost",
    needs = [needs::WAIT_KILLABLE_RECV, TASK_STATE],
)]
fn before_it_is_received_a_call_restarts() {
    let mut target = stays_afterwards(&Setup { signals: &[RESTARTED], ..KILLABLE });
    plays(
        &mut target,
        &[
            (Step::Queued, Done),
            (Step::Settle, State(Interruptible)),
            (Step::Signal(SIGUSR1), Done),
            (Step::Handled(1), Done),
            (Step::Receive, Received),
            (Step::Signal(SIGUSR1), Done),
            (Step::Settle, State(Uninterruptible)),
            (Step::Answer(0, Value(77)), Done),
            (Step::WaitFor(1), Done),
            (Step::Progress, Seen::progress(2, &[77])),
            (Step::Reach(2), Done),
            (Step::End, EXITED_0),
        ],
    );
}

/// Rows: the kind of handler, the reply, and the entry of the call.
#[rstest]
#[case::value(HANDLED, Value(77), 77)]
#[case::error(HANDLED, Error(5), -5)]
#[case::executed(HANDLED, Continue, -ENOSYS)]
#[case::restart_value(RESTARTED, Value(77), 77)]
#[case::restart_error(RESTARTED, Error(5), -5)]
#[case::restart_executed(RESTARTED, Continue, -ENOSYS)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_KILLABLE, SECCOMP_NOTIFY_ID_VALID],
    catches = "WAIT_KILLABLE_RECV that is ignored, that loses the response when a signal waits, or whose \
        signal is delivered twice or never",
    needs = [needs::WAIT_KILLABLE_RECV, TASK_STATE],
)]
fn a_handled_signal_waits_for_the_response(
    #[case] action: (i32, Disposition),
    #[case] reply: Reply,
    #[case] result: i64,
) {
    let mut target = Target::calls_once(&Setup { signals: &[action], ..KILLABLE }, UNASSIGNED);
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Signal(SIGUSR1), Done),
            (Step::Settle, State(Uninterruptible)),
            (Step::Progress, Seen::progress(0, &[])),
            (Step::Look(0), Done),
            (Step::Poll, Events(POLLOUT)),
            (Step::Answer(0, reply), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(1, &[result])),
        ],
    );
}

#[harness::test(
    clause = SECCOMP_NOTIFY_KILLABLE,
    catches = "a wait of an int 0x80 call that a signal ends in spite of WAIT_KILLABLE_RECV",
    needs = [needs::WAIT_KILLABLE_RECV, needs::INT80, TASK_STATE],
)]
fn a_32_bit_call_waits_killably() {
    let setup = Setup { signals: &[HANDLED], entry: Entry::Int80, ..KILLABLE };
    let mut target = Target::calls_once(&setup, UNASSIGNED);
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Signal(SIGUSR1), Done),
            (Step::Settle, State(Uninterruptible)),
            (Step::Look(0), Done),
            (Step::Answer(0, Value(77)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(1, &[77])),
        ],
    );
}

/// Two signals with handlers, one of them sent twice: it is no real-time signal, and is delivered once.
#[harness::test(
    clause = SECCOMP_NOTIFY_KILLABLE,
    catches = "signals lost or multiplied while a call waits killably",
    needs = [needs::WAIT_KILLABLE_RECV, TASK_STATE],
)]
fn several_signals_wait_for_the_response() {
    let both = [HANDLED, (SIGUSR2, Disposition::Handle(SigAction::PLAIN))];
    let mut target = Target::calls_once(&Setup { signals: &both, ..KILLABLE }, UNASSIGNED);
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Signal(SIGUSR1), Done),
            (Step::Signal(SIGUSR2), Done),
            (Step::Signal(SIGUSR1), Done),
            (Step::Settle, State(Uninterruptible)),
            (Step::Look(0), Done),
            (Step::Answer(0, Value(77)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(2, &[77])),
        ],
    );
}

/// The second call of the same thread must be interruptible again.
#[harness::test(
    clause = SECCOMP_NOTIFY_KILLABLE,
    catches = "a killable wait that makes the next call's wait killable before it is received",
    needs = [needs::WAIT_KILLABLE_RECV, TASK_STATE],
)]
fn each_call_waits_interruptibly_at_first() {
    let setup = Setup { signals: &[HANDLED], ..KILLABLE };
    let mut target = Target::start(&setup, |caller| {
        caller.call(UNASSIGNED);
        caller.call(UNASSIGNED);
        0
    });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Answer(0, Value(77)), Done),
            (Step::Queued, Done),
            (Step::Settle, State(Interruptible)),
            (Step::Signal(SIGUSR1), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(1, &[77, -EINTR])),
        ],
    );
}

#[harness::test(
    clause = SECCOMP_NOTIFY_KILLABLE,
    catches = "a stop that ends a killable wait, takes effect before the response, or loses it",
    needs = [needs::WAIT_KILLABLE_RECV, TASK_STATE],
)]
fn a_stop_waits_for_the_response() {
    let mut target = Target::calls_once(&KILLABLE, UNASSIGNED);
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Signal(SIGSTOP), Done),
            (Step::Settle, State(Uninterruptible)),
            (Step::Look(0), Done),
            (Step::Answer(0, Value(77)), Done),
            (Step::Stopped, Stopped(SIGSTOP)),
            (Step::Progress, Seen::progress(0, &[])),
            (Step::Look(0), Refused(ENOENT)),
            (Step::Poll, Events(0)),
            (Step::Signal(SIGCONT), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[77])),
        ],
    );
}

#[rstest]
#[case::sigkill(SIGKILL)]
#[case::sigterm(SIGTERM)]
#[case::sigusr1(SIGUSR1)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_KILLABLE, SECCOMP_NOTIFY_ID_VALID],
    catches = "a killable wait that death does not end, or whose notification outlives its caller",
    needs = [needs::WAIT_KILLABLE_RECV],
)]
fn a_deadly_signal_ends_the_wait(#[case] signal: i32) {
    let mut target = Target::calls_once(&KILLABLE, UNASSIGNED);
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Signal(signal), Done),
            (Step::Zombie, Done),
            (Step::Look(0), Refused(ENOENT)),
            (Step::Answer(0, Value(1)), Refused(ENOENT)),
            (Step::End, Ended(WaitStatus::KilledBy(signal))),
            (Step::Poll, Events(POLLHUP)),
            (Step::Progress, Seen::progress(0, &[])),
        ],
    );
}

/// The default of SIGQUIT is death with a core.
#[harness::test(
    clause = SECCOMP_NOTIFY_KILLABLE,
    catches = "a killable wait that a signal which kills with a core does not end",
    needs = [needs::WAIT_KILLABLE_RECV, TASK_STATE],
)]
fn a_signal_that_dumps_core_ends_the_wait() {
    let mut target = Target::start(&KILLABLE, |caller| {
        fixtures::environment::disable_core_dump();
        caller.call(UNASSIGNED);
        0
    });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Signal(SIGQUIT), Done),
            (Step::Settle, State(fixtures::supervisor::TaskState::Ended)),
            (Step::Look(0), Refused(ENOENT)),
            (Step::End, Ended(WaitStatus::KilledBy(SIGQUIT))),
        ],
    );
}

/// The first thread exits the process while another waits.
#[harness::test(
    clause = SECCOMP_NOTIFY_KILLABLE,
    catches = "a killable wait that keeps its process from exiting",
    needs = [needs::WAIT_KILLABLE_RECV],
)]
fn the_exit_of_the_process_ends_the_wait() {
    let mut target = Target::start(&KILLABLE, |caller| {
        child::start(Flavour::CloneThread, || {
            caller.call(UNASSIGNED);
            0
        });
        caller.steps.wait_for(1);
        child::exit(3)
    });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Reach(1), Done),
            (Step::Zombie, Done),
            (Step::Look(0), Refused(ENOENT)),
            (Step::End, Ended(WaitStatus::Exited(3))),
            (Step::Progress, Seen::progress(0, &[])),
        ],
    );
}

/// Rows: whom the signal is sent to while a thread of the process waits.
#[rstest]
#[case::to_the_process(false)]
#[case::to_the_thread(true)]
#[harness::test(
    clause = SECCOMP_NOTIFY_KILLABLE,
    catches = "a signal of another thread held back by a killable wait, or one of the waiting thread's \
        given to another",
    needs = [needs::WAIT_KILLABLE_RECV, TASK_STATE],
)]
fn only_the_waiting_thread_holds_its_signals_back(#[case] to_thread: bool) {
    let setup = Setup { signals: &[HANDLED], ..KILLABLE };
    let mut target = Target::start(&setup, |caller| {
        child::start(Flavour::CloneThread, || {
            caller.call(UNASSIGNED);
            0
        })
        .end();
        0
    });
    let (signal, after, handled) = match to_thread {
        true => (Step::SignalCaller(SIGUSR1), Step::Settle, 0),
        false => (Step::Signal(SIGUSR1), Step::Handled(1), 1),
    };
    // The wait becomes killable when the first signal interrupts it.
    let state = if to_thread { State(Uninterruptible) } else { State(Interruptible) };
    let settled = if to_thread { state.clone() } else { Done };
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::SettleFirst, State(Interruptible)),
            (signal, Done),
            (after, settled),
            (Step::SettleFirst, State(Interruptible)),
            (Step::Settle, state),
            (Step::Progress, Seen::progress(handled, &[])),
            (Step::Look(0), Done),
            (Step::Answer(0, Value(77)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(1, &[77])),
        ],
    );
}

/// A child of the target has the target's filter, and its flag.
#[harness::test(
    clause = [SECCOMP_NOTIFY_KILLABLE, SECCOMP_NOTIFY_CHILDREN_TOO],
    catches = "WAIT_KILLABLE_RECV that a child does not inherit with the filter",
    needs = [needs::WAIT_KILLABLE_RECV, TASK_STATE],
)]
fn a_child_waits_killably_too() {
    let setup = Setup { signals: &[HANDLED], ..KILLABLE };
    let mut target = Target::start(&setup, |caller| {
        child::start(Flavour::Fork, || {
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
            (Step::SignalProcessOfCaller(SIGUSR1), Done),
            (Step::Settle, State(Uninterruptible)),
            (Step::Look(0), Done),
            (Step::Answer(0, Value(77)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(1, &[77])),
        ],
    );
}
