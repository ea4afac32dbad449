//! The supervisor's side: a signal to it, its death at each step, and how its descriptor looks.

use super::notify_addfd::{FREE, Source};
use super::notify_signals::EXITED_0;
use super::supervised::plays;
use crate::clauses::*;
use fixtures::Errno::{EINTR, ENOENT};
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Child, Flavour};
use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::Gadget;
use fixtures::listener::{Listener, Notification};
use fixtures::needs::{ADDFD, FILTER_COUNT, TASK_STATE, USER_NOTIF};
use fixtures::supervisor::Reply::{Continue, Value};
use fixtures::supervisor::Seen::{Descriptor, Done, Events, Received};
use fixtures::supervisor::TaskState::{self, Interruptible};
use fixtures::supervisor::{Seen, Setup, Step, Target, settled};
use fixtures::thread::Steps;
use fixtures::{Errno, SigAction, WaitStatus, memory, proc, sigsys};
use rstest::rstest;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use sys::uapi::{
    EBADF, ENOSYS, EPOLLHUP, EPOLLIN, EPOLLOUT, O_CLOEXEC, O_RDWR, POLLHUP, SIGCHLD, SIGKILL,
    SIGUSR1,
};

/// A process that waits in SECCOMP_IOCTL_NOTIF_RECV, with a handler of SIGUSR1.
struct Reader {
    child: Child,
    handled: fixtures::Log,
    words: &'static [AtomicU64],
}

impl Reader {
    fn start(listener: &Listener, restart: bool) -> Self {
        let words = memory::shared(2);
        let handled = sigsys::handle_signal(SIGUSR1, SigAction { restart, ..SigAction::PLAIN });
        let child = child::start(Flavour::CloneFiles, || {
            match listener.receive_now(Notification::default()) {
                Ok(asked) => words[0].store(asked.id, SeqCst),
                Err(errno) => words[1].store(errno as u64, SeqCst),
            }
            0
        });
        Self { child, handled, words }
    }

    fn state(&self) -> TaskState {
        settled(self.child.pid())
    }

    /// Sends it the signal, and waits until the handler has run.
    fn interrupt(&self) {
        child::send(self.child.pid(), SIGUSR1);
        while self.handled.count() == 0 {
            std::thread::yield_now();
        }
    }

    /// What it received, once it has ended.
    fn received(&self) -> Result<Notification, Errno> {
        assert_eq!(child::end_of(self.child.pid()), WaitStatus::Exited(0));
        match self.words[1].load(SeqCst) {
            0 => Ok(Notification { id: self.words[0].load(SeqCst), ..Notification::default() }),
            errno => Err(Errno::from_raw(errno as i32)),
        }
    }
}

/// A target that calls once, at step 1.
fn calls_when_told() -> Target {
    Target::start(&Setup::PLAIN, |caller| {
        caller.steps.wait_for(1);
        caller.call(UNASSIGNED);
        0
    })
}

/// The notification that comes later is received by who waits then.
#[harness::test(
    clause = [SECCOMP_NOTIFY_RECV_INTERRUPTED, SECCOMP_NOTIFY_CALL_WAITS],
    catches = "a supervisor that a signal does not wake from RECV, or one whose interrupted RECV takes a later \
        notification with it",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_signal_to_the_supervisor_ends_its_wait() {
    let mut target = calls_when_told();
    let reader = Reader::start(target.listener(), false);
    assert_eq!(reader.state(), Interruptible);
    reader.interrupt();
    assert_eq!(reader.received().map(|_| ()), Err(EINTR));
    plays(
        &mut target,
        &[
            (Step::Poll, Events(0)),
            (Step::Reach(1), Done),
            (Step::Receive, Received),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[5])),
        ],
    );
}

#[harness::test(
    clause = [SECCOMP_NOTIFY_RECV_INTERRUPTED, SECCOMP_NOTIFY_CALL_WAITS],
    catches = "RECV that a handler with SA_RESTART ends, or that receives nothing once it has been restarted",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn with_sa_restart_the_supervisor_waits_on() {
    let mut target = calls_when_told();
    let reader = Reader::start(target.listener(), true);
    assert_eq!(reader.state(), Interruptible);
    reader.interrupt();
    assert_eq!(reader.state(), Interruptible, "after the handler");
    plays(&mut target, &[(Step::Reach(1), Done)]);
    let asked = reader.received().expect("a notification");
    assert_eq!(target.listener().answer(asked.returns(5)), Ok(()));
    plays(&mut target, &[(Step::End, EXITED_0), (Step::Progress, Seen::progress(0, &[5]))]);
}

/// SIGCHLD with its default is no signal that ends a wait.
#[harness::test(
    clause = SECCOMP_NOTIFY_RECV_INTERRUPTED,
    catches = "RECV that a signal ends which nobody handles and which does nothing",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_signal_that_the_supervisor_ignores_changes_nothing() {
    let mut target = calls_when_told();
    let reader = Reader::start(target.listener(), false);
    child::send(reader.child.pid(), SIGCHLD);
    assert_eq!(reader.state(), Interruptible);
    plays(&mut target, &[(Step::Reach(1), Done)]);
    let asked = reader.received().expect("a notification");
    assert_eq!(target.listener().answer(asked.returns(5)), Ok(()));
    plays(&mut target, &[(Step::End, EXITED_0), (Step::Progress, Seen::progress(0, &[5]))]);
}

/// Rows: what the supervisor did before it was killed, and what becomes of the call. The next call finds no
/// listener in any case, and a descriptor that was added stays.
#[rstest]
#[case::waiting(&[(Step::Queued, Done)], -ENOSYS, false)]
#[case::received(&[(Step::Receive, Received)], -ENOSYS, false)]
#[case::looked(&[(Step::Receive, Received), (Step::Look(0), Done)], -ENOSYS, false)]
#[case::descriptor_added(&[(Step::Receive, Received)], -ENOSYS, true)]
#[case::answered(&[(Step::Receive, Received), (Step::Answer(0, Value(77)), Done)], 77, false)]
#[case::continued(&[(Step::Receive, Received), (Step::Answer(0, Continue), Done)], -ENOSYS, false)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_CLOSED_LISTENER, SECCOMP_NOTIFY_ADDFD],
    catches = "a call that hangs, or loses its response or its descriptor, when its supervisor is killed",
    needs = [USER_NOTIF, ADDFD],
)]
fn a_killed_supervisor_leaves_nobody_waiting(
    #[case] script: &'static [(Step, Seen)],
    #[case] result: i64,
    #[case] adds: bool,
) {
    let source = Source::new();
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        caller.call(UNASSIGNED);
        caller.call(UNASSIGNED);
        caller.note(child::write_byte(FREE as i32));
        0
    });
    let steps = Steps::new();
    let supervisor = child::start(Flavour::Fork, || {
        plays(&mut target, script);
        if adds {
            let added = target.take(Step::AddFd(0, source.at(FREE), &[]));
            assert_eq!(added, Descriptor(FREE as i32));
        }
        steps.reach(1);
        steps.wait_for(2);
        0
    });
    plays(&mut target, &[(Step::Close, Done)]);
    steps.wait_for(1);
    child::send(supervisor.pid(), SIGKILL);
    assert_eq!(supervisor.end(), WaitStatus::KilledBy(SIGKILL));
    let written = if adds { 1 } else { -EBADF };
    plays(
        &mut target,
        &[(Step::End, EXITED_0), (Step::Progress, Seen::progress(0, &[result, -ENOSYS, written]))],
    );
}

/// poll(2) is held to the same at the same steps.
#[harness::test(
    clause = [SECCOMP_NOTIFY_POLL, SECCOMP_NOTIFY_HANG_UP],
    catches = "a listener that epoll(7) is not told of, or that poll(2) and epoll(7) see differently",
    needs = [USER_NOTIF],
)]
fn epoll_sees_each_step() {
    let mut target = calls_when_told();
    let watch = target.listener().watch(EPOLLIN | EPOLLOUT);
    assert_eq!(watch.now(), 0, "no call");
    plays(&mut target, &[(Step::Reach(1), Done)]);
    assert_eq!(watch.waits(), EPOLLIN, "a call waits");
    plays(&mut target, &[(Step::Receive, Received)]);
    assert_eq!(watch.now(), EPOLLOUT, "the notification was received");
    plays(&mut target, &[(Step::Answer(0, Value(5)), Done), (Step::End, EXITED_0)]);
    plays(&mut target, &[(Step::Poll, Events(POLLHUP))]);
    assert_eq!(watch.now(), EPOLLHUP, "the last user has gone");
}

/// With EPOLLET each change is told once: what stays so is not told again.
#[harness::test(
    clause = SECCOMP_NOTIFY_POLL,
    catches = "a notification that wakes nobody who waits for changes, or is told anew although nothing changed",
    needs = [USER_NOTIF],
)]
fn an_edge_is_told_once() {
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        caller.steps.wait_for(1);
        caller.call(UNASSIGNED);
        caller.call(UNASSIGNED);
        0
    });
    let watch = target.listener().watch(EPOLLIN | sys::uapi::EPOLLET);
    assert_eq!(watch.now(), 0, "no call");
    plays(&mut target, &[(Step::Reach(1), Done)]);
    assert_eq!((watch.waits(), watch.now()), (EPOLLIN, 0), "a call waits");
    plays(&mut target, &[(Step::Receive, Received), (Step::Answer(0, Value(5)), Done)]);
    assert_eq!(watch.waits(), EPOLLIN, "the next call waits");
    plays(
        &mut target,
        &[(Step::Receive, Received), (Step::Answer(1, Value(6)), Done), (Step::End, EXITED_0)],
    );
}

#[harness::test(
    clause = SECCOMP_NOTIFY_LISTENER_FD,
    catches = "a listener whose file is open in another mode, or without close-on-exec, as /proc tells it",
    needs = [USER_NOTIF, FILTER_COUNT],
)]
fn proc_tells_the_listeners_flags() {
    let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    let descriptor = target.listener().descriptor();
    let told = || proc::Task::Own.descriptor(descriptor);
    let expected = proc::Descriptor { position: Some(0), flags: Some(O_RDWR | O_CLOEXEC) };
    assert_eq!(told(), expected, "while a call may wait");
    plays(
        &mut target,
        &[(Step::Receive, Received), (Step::Answer(0, Value(5)), Done), (Step::End, EXITED_0)],
    );
    assert_eq!(told(), expected, "when nobody uses the filter any more");
}

/// The second thread executes a program while the first waits: the first is gone, and so is its notification.
#[harness::test(
    clause = [SECCOMP_NOTIFY_ID_VALID, SECCOMP_NOTIFY_SIGNAL_ABORTS],
    catches = "a notification that outlives a thread which execve(2) of another thread ended, or an execve that \
        waits for the response",
    needs = [USER_NOTIF],
)]
fn an_execve_of_another_thread_ends_the_wait() {
    let program = fixtures::helper::Program::new();
    // The program's own call has another number.
    let filter = Filter::only(number(500), Action::UserNotif);
    let mut target = Target::with_filter(&Setup::PLAIN, Gadget::syscall(), &filter, |caller| {
        child::start(Flavour::CloneThread, || {
            caller.steps.wait_for(1);
            program.execute();
            1
        });
        caller.call(500);
        0
    });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Look(0), Done),
            (Step::Reach(1), Done),
            (Step::End, Seen::Ended(WaitStatus::Exited(fixtures::helper::NATIVE))),
            (Step::Look(0), Seen::Refused(ENOENT)),
            (Step::Answer(0, Value(5)), Seen::Refused(ENOENT)),
            (Step::Poll, Events(POLLHUP)),
            (Step::Progress, Seen::progress(0, &[])),
        ],
    );
}
