//! The end of the filter's users, as its listener tells it: POLLHUP, and ENOENT from RECV.

use super::notify_signals::EXITED_0;
use super::supervised::plays;
use crate::clauses::*;
use fixtures::Errno::ENOENT;
use fixtures::WaitStatus;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::Gadget;
use fixtures::helper::{self, Program};
use fixtures::memory;
use fixtures::needs::{SUBREAPER, TASK_STATE, USER_NOTIF};
use fixtures::supervisor::Reply::{Error, Value};
use fixtures::supervisor::Seen::{Done, Ended, Events, Received, Refused, State};
use fixtures::supervisor::TaskState::{self, Interruptible};
use fixtures::supervisor::{Setup, Step, Target};
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{ENOSYS, POLLHUP, POLLOUT};

/// A target that leaves at step 1 without a call.
fn leaves_when_told() -> Target {
    Target::start(&Setup::PLAIN, |caller| {
        caller.steps.wait_for(1);
        0
    })
}

#[harness::test(
    clause = SECCOMP_NOTIFY_HANG_UP,
    catches = "a listener that never hangs up, or hangs up while its filter has a user",
    needs = [USER_NOTIF],
)]
fn a_listener_hangs_up_when_its_last_user_is_reaped() {
    let mut target = leaves_when_told();
    plays(
        &mut target,
        &[
            (Step::Poll, Events(0)),
            (Step::Reach(1), Done),
            (Step::End, EXITED_0),
            (Step::Poll, Events(POLLHUP)),
        ],
    );
}

#[harness::test(
    clause = SECCOMP_NOTIFY_HANG_UP,
    catches = "a user that counts until it is reaped though it has exited",
    needs = [USER_NOTIF],
)]
fn a_listener_hangs_up_when_its_last_user_has_exited() {
    let mut target = leaves_when_told();
    plays(
        &mut target,
        &[
            (Step::Poll, Events(0)),
            (Step::Reach(1), Done),
            (Step::Zombie, Done),
            (Step::Poll, Events(POLLHUP)),
        ],
    );
}

#[harness::test(
    clause = SECCOMP_NOTIFY_HANG_UP,
    catches = "a poll that already waits when the filter's last user leaves, and is not woken",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_waiting_poll_is_woken_when_the_last_user_leaves() {
    let mut target = leaves_when_told();
    plays(
        &mut target,
        &[
            (Step::PollApart, State(Interruptible)),
            (Step::Reach(1), Done),
            (Step::End, EXITED_0),
            (Step::Apart, Events(POLLHUP)),
        ],
    );
}

#[harness::test(
    clause = SECCOMP_NOTIFY_RECV_WITHOUT_USERS,
    catches = "receiving that waits for ever when the filter has no user",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn receiving_without_users_is_enoent() {
    let mut target = leaves_when_told();
    plays(
        &mut target,
        &[(Step::Reach(1), Done), (Step::End, EXITED_0), (Step::ReceiveApart, Refused(ENOENT))],
    );
}

#[harness::test(
    clause = SECCOMP_NOTIFY_RECV_WITHOUT_USERS,
    catches = "receiving that already waits when the filter's last user leaves, and is not woken",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn waiting_to_receive_ends_when_the_last_user_leaves() {
    let mut target = leaves_when_told();
    plays(
        &mut target,
        &[
            (Step::ReceiveApart, State(Interruptible)),
            (Step::Reach(1), Done),
            (Step::End, EXITED_0),
            (Step::Apart, Refused(ENOENT)),
        ],
    );
}

/// The target leaves, and its child stays until step 2.
#[harness::test(
    clause = [SECCOMP_NOTIFY_HANG_UP, SECCOMP_NOTIFY_CHILDREN_TOO],
    catches = "a listener that hangs up, or is no longer notified, when the task that loaded the filter has left \
        and its child has not",
    needs = [USER_NOTIF, SUBREAPER],
)]
fn a_surviving_child_is_a_user() {
    child::set_child_subreaper();
    let words = memory::shared(1);
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        let child = child::start(Flavour::Fork, || {
            caller.steps.wait_for(2);
            caller.call(UNASSIGNED);
            0
        });
        words[0].store(child.pid() as u64, SeqCst);
        0
    });
    plays(
        &mut target,
        &[
            (Step::End, EXITED_0),
            (Step::Poll, Events(0)),
            (Step::Reach(2), Done),
            (Step::Receive, Received),
            (Step::Answer(0, Value(5)), Done),
        ],
    );
    let pid = words[0].load(SeqCst) as i32;
    assert_eq!(child::end_of(pid), WaitStatus::Exited(0));
    plays(&mut target, &[(Step::Poll, Events(POLLHUP))]);
}

/// The thread calls after the first thread has exited.
#[harness::test(
    clause = SECCOMP_NOTIFY_HANG_UP,
    catches = "a listener that hangs up when a process's first thread has exited and another has not",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_thread_without_its_leader_is_a_user() {
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        child::start(Flavour::CloneThread, || {
            caller.steps.wait_for(1);
            caller.call(UNASSIGNED);
            0
        });
        child::exit_thread(0)
    });
    plays(
        &mut target,
        &[
            (Step::SettleFirst, State(TaskState::Ended)),
            (Step::Poll, Events(0)),
            (Step::Reach(1), Done),
            (Step::Receive, Received),
            (Step::Poll, Events(POLLOUT)),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Poll, Events(POLLHUP)),
            (Step::Progress, fixtures::supervisor::Seen::progress(0, &[5])),
        ],
    );
}

/// A thread that leaves takes no other with it.
#[harness::test(
    clause = SECCOMP_NOTIFY_HANG_UP,
    catches = "a listener that hangs up when one of the threads has exited",
    needs = [USER_NOTIF],
)]
fn a_leader_without_its_thread_is_a_user() {
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        child::start(Flavour::CloneThread, || 0).end();
        caller.steps.reach(1);
        caller.call(UNASSIGNED);
        0
    });
    plays(
        &mut target,
        &[
            (Step::WaitFor(1), Done),
            (Step::Receive, Received),
            (Step::Poll, Events(POLLOUT)),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Poll, Events(POLLHUP)),
        ],
    );
}

/// The helper's call of an unassigned number is notified, and answered as the kernel would.
#[harness::test(
    clause = [SECCOMP_NOTIFY_HANG_UP, SECCOMP_INHERIT_EXECVE],
    catches = "a listener that hangs up, or is no longer notified, when its user executes another program",
    needs = [USER_NOTIF],
)]
fn an_executed_program_is_a_user() {
    let program = Program::new();
    let filter = Filter::only(number(UNASSIGNED), Action::UserNotif);
    let mut target = Target::with_filter(&Setup::PLAIN, Gadget::syscall(), &filter, |_| {
        program.execute();
        1
    });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Poll, Events(POLLOUT)),
            (Step::Answer(0, Error(ENOSYS as i32)), Done),
            (Step::End, Ended(WaitStatus::Exited(helper::NATIVE))),
            (Step::Poll, Events(POLLHUP)),
        ],
    );
}

/// The leader and two threads wait, one of them received; the later call must not wait at all.
#[harness::test(
    clause = SECCOMP_NOTIFY_CLOSED_LISTENER,
    catches = "a thread left waiting when the listener closes, or a later call that waits",
    needs = [USER_NOTIF],
)]
fn closing_the_listener_ends_the_waits_of_all_threads() {
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        let threads = [0, 1].map(|_| {
            child::start(Flavour::CloneThread, || {
                caller.call(UNASSIGNED);
                0
            })
        });
        caller.call(UNASSIGNED);
        let [first, second] = threads;
        first.end();
        second.end();
        caller.call(UNASSIGNED);
        0
    });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Receive, Received),
            (Step::Queued, Done),
            (Step::Close, Done),
            (Step::End, EXITED_0),
            (Step::Progress, fixtures::supervisor::Seen::progress(0, &[-ENOSYS; 4])),
        ],
    );
}

#[harness::test(
    clause = SECCOMP_NOTIFY_CLOSED_LISTENER,
    catches = "a listener taken for closed while another descriptor of it is open",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_duplicate_keeps_the_listener_open() {
    let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    let duplicate = child::duplicate(target.listener().descriptor());
    plays(
        &mut target,
        &[(Step::Receive, Received), (Step::Close, Done), (Step::Settle, State(Interruptible))],
    );
    target.listener = Some(fixtures::listener::Listener::adopt(duplicate));
    plays(
        &mut target,
        &[
            (Step::Look(0), Done),
            (Step::Answer(0, Value(77)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, fixtures::supervisor::Seen::progress(0, &[77])),
        ],
    );
}

/// One process receives the notification; its parent, which has the id from it, responds.
#[harness::test(
    clause = [SECCOMP_NOTIFY_RESPONSE_VALUE, SECCOMP_NOTIFY_ID_VALID],
    catches = "a response refused because another process received the notification",
    needs = [USER_NOTIF],
)]
fn another_process_may_respond() {
    let target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    let words = memory::shared(1);
    let end = child::fork(|| {
        let asked = target.listener().receive();
        words[0].store(asked.map_or(0, |asked| asked.id), SeqCst);
    });
    assert_eq!(end, WaitStatus::Exited(0));
    let asked =
        fixtures::listener::Notification { id: words[0].load(SeqCst), ..Default::default() };
    assert_eq!(target.listener().is_waiting(asked.id), Ok(()));
    assert_eq!(target.listener().answer(asked.returns(77)), Ok(()));
    assert_eq!((target.child().end(), target.results()), (WaitStatus::Exited(0), vec![77]));
}
