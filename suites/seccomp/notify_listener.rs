//! The listener descriptor: its receive buffer, the validity of ids, poll, and calls without a
//! listener.

use super::notify::{Scene, scene};
use crate::clauses::*;
use fixtures::Errno::{EBUSY, EINVAL, ENOENT};
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::filter::{
    self, Action, Filter, NEW_LISTENER, WAIT_KILLABLE_RECV, instruction_pointer, load, number,
};
use fixtures::gadget::Gadget;
use fixtures::helper::{self, Program};
use fixtures::listener::{Listener, Notification, Response};
use fixtures::needs::{self, USER_NOTIF};
use fixtures::observable_call::ObservableCall;
use fixtures::{Entry, WaitStatus, memory, sigsys};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{ENOSYS, POLLIN, POLLOUT, SECCOMP_USER_NOTIF_FLAG_CONTINUE, SIGKILL};

/// Each buffer but the last has a single byte that is not 0.
#[harness::test(
    clause = SECCOMP_NOTIFY_ZEROED_BUFFER,
    catches = "a receive buffer with a byte set in any field that is accepted, or that consumes the \
        notification",
    needs = [USER_NOTIF],
)]
fn a_buffer_that_is_not_zero_is_refused() {
    let scene = scene(Entry::Syscall);
    let caller = scene.caller(UNASSIGNED, [0; 6]);
    assert_eq!(scene.listener.events(POLLIN, 6000), POLLIN, "a call waits");
    let zero = Notification::default();
    for used in [
        Notification { id: 1, ..zero },
        Notification { pid: 1, ..zero },
        Notification { flags: 1, ..zero },
        Notification { nr: 1, ..zero },
        Notification { instruction_pointer: 1 << 63, ..zero },
        Notification { args: [0, 0, 0, 0, 0, 1 << 63], ..zero },
    ] {
        assert_eq!(scene.listener.receive_now(used), Err(EINVAL));
    }
    let asked = scene.receive();
    assert_eq!(scene.listener.answer(asked.returns(6)), Ok(()));
    assert_eq!(caller.result(), 6);
}

#[harness::test(
    clause = SECCOMP_NOTIFY_ID_VALID,
    catches = "an id reported valid although it was never issued, or although its call has returned",
    needs = [USER_NOTIF],
)]
fn an_id_is_valid_while_its_call_waits() {
    let scene = scene(Entry::Syscall);
    let caller = scene.caller(UNASSIGNED, [0; 6]);
    let asked = scene.receive();
    let [own, other] = [asked.id, asked.id + 1].map(|id| scene.listener.is_waiting(id));
    assert_eq!((own, other), (Ok(()), Err(ENOENT)));
    assert_eq!(scene.listener.answer(asked.returns(1)), Ok(()));
    assert_eq!(caller.result(), 1);
    assert_eq!(scene.listener.is_waiting(asked.id), Err(ENOENT), "afterwards");
}

#[harness::test(
    clause = [SECCOMP_NOTIFY_ID_VALID, SECCOMP_NOTIFY_SEND_ERRORS],
    catches = "a notification that stays valid, or accepts a response, when its caller was killed",
    needs = [USER_NOTIF],
)]
fn an_id_of_a_caller_that_is_gone_is_nobodys() {
    let scene = scene(Entry::Syscall);
    let caller = scene.caller(UNASSIGNED, [0; 6]);
    let asked = scene.receive();
    child::send(caller.child.pid(), 9);
    assert_eq!(caller.child.end(), WaitStatus::KilledBy(SIGKILL));
    assert_eq!(scene.listener.is_waiting(asked.id), Err(ENOENT));
    assert_eq!(scene.listener.answer(asked.returns(1)), Err(ENOENT));
}

#[harness::test(
    clause = SECCOMP_NOTIFY_POLL,
    catches = "POLLIN left set when the notification was received, or POLLOUT set before that",
    needs = [USER_NOTIF],
)]
fn a_listener_is_readable_and_writable_by_turns() {
    let scene = scene(Entry::Syscall);
    let now = || scene.listener.events(POLLIN | POLLOUT, 0);
    assert_eq!(now(), 0, "no call");
    let caller = scene.caller(UNASSIGNED, [0; 6]);
    assert_eq!(scene.listener.events(POLLIN | POLLOUT, 6000), POLLIN, "a call waits");
    let asked = scene.receive();
    assert_eq!(now(), POLLOUT, "the notification was received");
    assert_eq!(scene.listener.answer(asked.returns(1)), Ok(()));
    assert_eq!((caller.result(), now()), (1, 0), "the notification was answered");
}

#[rstest]
#[case::never(false)]
#[case::closed(true)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_NO_LISTENER, SECCOMP_NOTIFY_CLOSED_LISTENER],
    catches = "RET_USER_NOTIF without a listener that waits, executes the call, or raises SIGSYS",
    needs = [USER_NOTIF],
)]
fn without_a_listener_the_call_is_enosys_and_not_made(#[case] closed: bool) {
    let deed = ObservableCall::write();
    let gadget = Gadget::syscall();
    let filter = Filter::only(instruction_pointer(gadget.after()), Action::UserNotif);
    if closed {
        Listener::of(&filter).close();
    } else {
        filter.load();
    }
    let log = sigsys::handle();
    assert_eq!((gadget.call_args(deed.nr, deed.args), deed.took_effect()), (-ENOSYS, false));
    assert_eq!(log.count(), 0);
}

#[harness::test(
    clause = SECCOMP_NOTIFY_CLOSED_LISTENER,
    catches = "calls left waiting when the listener closes, whether their notification was received or not",
    needs = [USER_NOTIF],
)]
fn closing_the_listener_ends_the_wait() {
    let gadget = Gadget::syscall();
    let here = instruction_pointer(gadget.after());
    let words = memory::shared(2);
    // The children must not hold the listener themselves.
    let listener = Listener::of(&Filter::only(here, Action::UserNotif));
    let descriptor = listener.descriptor();
    let [first, second] = [0, 1].map(|i| {
        child::start(Flavour::Fork, || {
            child::close(descriptor);
            words[i].store(gadget.call(UNASSIGNED) as u64, SeqCst);
            0
        })
    });
    listener.receive().unwrap_or_else(|errno| panic!("no notification arrives: {errno:?}"));
    assert_eq!(listener.events(POLLIN, 6000), POLLIN, "the other call waits");
    listener.close();
    assert_eq!([first.end(), second.end()], [WaitStatus::Exited(0); 2]);
    assert_eq!([0, 1].map(|i| words[i].load(SeqCst) as i64), [-ENOSYS, -ENOSYS]);
}

#[harness::test(
    clause = SECCOMP_NOTIFY_ONE_LISTENER,
    catches = "a second listener in the same filter tree, a refused filter left attached, or the first \
        listener broken",
    needs = [USER_NOTIF],
)]
fn a_second_listener_is_refused() {
    let filter = |nr| Filter::only(number(nr), Action::UserNotif);
    let refused = filter(500).when(number(502), Action::Errno(9));
    let scene = scene(Entry::Syscall);
    assert_eq!(Listener::try_of(&refused, 0).map(drop), Err(EBUSY), "for the calling thread");
    let in_child = child::told(|| Listener::try_of(&refused, 0).map(drop) == Err(EBUSY));
    assert!(in_child, "for a child");
    assert_eq!(filter(501).try_load(0), Ok(0), "without a listener");
    let elsewhere = scene.gadget_elsewhere();
    assert_eq!(elsewhere.call(502), -ENOSYS, "a refused filter is not in force");
    load(500, Action::Errno(7));
    assert_eq!(elsewhere.call(500), -7);
    assert_eq!(scene.result_of(|asked| asked.returns(8)), 8, "the first listener still works");
}

impl Scene {
    /// A gadget at an address that the filter does not name.
    fn gadget_elsewhere(&self) -> Gadget {
        Gadget::new(self.gadget.entry())
    }
}

/// The helper expects ENOSYS for its number.
#[harness::test(
    clause = [SECCOMP_NOTIFY_CLOSED_LISTENER, SECCOMP_INHERIT_EXECVE],
    catches = "a listener kept open across execve by the filter, so that the new program's calls wait \
        forever",
    needs = [USER_NOTIF],
)]
fn a_program_that_lost_its_listener_finds_enosys() {
    let program = Program::new();
    let end = child::fork(|| {
        let filter = Filter::only(number(UNASSIGNED), Action::UserNotif);
        std::mem::forget(Listener::of(&filter));
        program.execute();
        child::exit(1)
    });
    assert_eq!(end, WaitStatus::Exited(helper::NATIVE));
}

#[harness::test(
    clause = [SECCOMP_FLAGS_WAIT_KILLABLE_NEEDS_LISTENER, SECCOMP_NOTIFY_RESPONSE_VALUE],
    catches = "WAIT_KILLABLE_RECV that is refused with a listener, accepted without, or that loses the \
        response",
    needs = [needs::WAIT_KILLABLE_RECV],
)]
fn a_killable_wait_takes_a_listener() {
    let gadget = Gadget::syscall();
    let filter = Filter::only(instruction_pointer(gadget.after()), Action::UserNotif);
    filter::no_new_privileges();
    assert_eq!(filter.try_load(WAIT_KILLABLE_RECV), Err(EINVAL));
    let listener = Listener::try_of(&filter, WAIT_KILLABLE_RECV).expect("a listener is made");
    let scene = Scene { gadget, listener };
    assert_eq!(scene.result_of(|asked| asked.returns(5)), 5);
    assert_eq!(
        scene.result_of(|asked| Response {
            flags: SECCOMP_USER_NOTIF_FLAG_CONTINUE,
            ..asked.returns(0)
        }),
        -ENOSYS
    );
}

/// The second listener is refused, and its descriptor was chosen before.
#[harness::test(
    clause = SECCOMP_NOTIFY_ONE_LISTENER,
    catches = "a refused listener that leaves its descriptor taken or open",
    needs = [USER_NOTIF],
)]
fn a_refused_listener_takes_no_descriptor() {
    let filter = Filter::only(number(500), Action::UserNotif);
    filter::no_new_privileges();
    let taken = child::lowest_free_descriptor();
    assert!(
        filter.try_load(NEW_LISTENER) == Ok(taken as usize),
        "the first has not the lowest number"
    );
    let free = child::lowest_free_descriptor();
    assert_eq!(filter.try_load(NEW_LISTENER), Err(EBUSY));
    assert!(child::lowest_free_descriptor() == free, "the second has taken a number");
    assert!(taken != free, "the first has taken none");
}

#[harness::test(
    clause = [SECCOMP_NOTIFY_LISTENER_FD, SECCOMP_NOTIFY_ONE_LISTENER],
    catches = "a listener refused because of filters that have none, or a filter refused because of a listener",
    needs = [USER_NOTIF],
)]
fn a_listener_stands_beside_filters_without_one() {
    let gadget = Gadget::syscall();
    load(501, Action::Errno(1));
    assert!(Filter::only(number(500), Action::UserNotif).try_load(NEW_LISTENER).is_ok());
    load(502, Action::Errno(2));
    assert_eq!([501, 502].map(|nr| gadget.call(nr)), [-1, -2]);
}
