//! The listener as poll(2) sees it, with the bits of ordinary data; a source that ADDFD takes not; and a listener that
//! follows one which is closed.

use super::notify::scene;
use super::notify_addfd::uses;
use super::notify_signals::EXITED_0;
use super::supervised::plays;
use crate::clauses::*;
use fixtures::Errno::{EBADF, EBUSY};
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child;
use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::Gadget;
use fixtures::listener::{AddFd, Listener};
use fixtures::needs::{ADDFD, USER_NOTIF};
use fixtures::supervisor::Reply::Value;
use fixtures::supervisor::Seen::{Done, Received};
use fixtures::supervisor::{Seen, Setup, Step};
use fixtures::{Entry, WaitStatus, memory};
use harness::SetUp;
use rstest::rstest;
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{
    self, ENOSYS, O_PATH, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM, SECCOMP_ADDFD_FLAG_SETFD,
};

const READABLE: i16 = POLLIN | POLLRDNORM;
const WRITABLE: i16 = POLLOUT | POLLWRNORM;
/// Milliseconds: longer than any delay of a correct kernel, shorter than the time limit of a case.
const PATIENT: i32 = 6_000;

/// One bit of a pair is asked for, or both.
#[rstest]
#[case::data(POLLIN, POLLOUT)]
#[case::ordinary_data(POLLRDNORM, POLLWRNORM)]
#[case::both(READABLE, WRITABLE)]
#[harness::test(
    clause = SECCOMP_NOTIFY_POLL,
    catches = "a listener without POLLRDNORM where it has POLLIN, or without POLLWRNORM where it has POLLOUT, or that \
        shows a bit once its call has returned",
    needs = [USER_NOTIF],
)]
fn a_listener_has_the_bits_of_ordinary_data_too(#[case] input: i16, #[case] output: i16) {
    let scene = scene(Entry::Syscall);
    let wanted = input | output;
    let now = || scene.listener.events(wanted, 0);
    assert_eq!(now(), 0, "no call");
    let first = scene.caller(UNASSIGNED, [0; 6]);
    assert_eq!(scene.listener.events(wanted, PATIENT), input, "a call waits");
    let asked = scene.receive();
    assert_eq!(now(), output, "its notification was received");
    let second = scene.caller(UNASSIGNED, [0; 6]);
    assert_eq!(scene.listener.events(input, PATIENT), input, "another call waits");
    assert_eq!(now(), input | output, "one waits to be received, the other for its response");
    assert_eq!(scene.listener.answer(asked.returns(1)), Ok(()));
    assert_eq!((first.result(), now()), (1, input), "the first has returned");
    let asked = scene.receive();
    assert_eq!(now(), output, "the second was received");
    assert_eq!(scene.listener.answer(asked.returns(2)), Ok(()));
    assert_eq!((second.result(), now()), (2, 0), "both have returned");
}

/// A descriptor opened with O_PATH names a file, and is none that can be handed over. The same file opened to be read
/// is taken.
#[harness::test(
    clause = [SECCOMP_NOTIFY_ADDFD_ERRORS, SECCOMP_NOTIFY_ADDFD],
    catches = "ADDFD that hands over a descriptor opened with O_PATH, or whose refusal ends the wait",
    needs = [ADDFD],
)]
fn a_path_is_no_source() {
    const NEW: u32 = 300;
    let open = |flags| {
        let mut options = std::fs::OpenOptions::new();
        options.read(true).custom_flags(flags).open("/proc/self").set_up("a folder can be opened")
    };
    let (path, folder) = (open(O_PATH), open(0));
    let mut target = uses(&Setup::PLAIN, NEW);
    plays(&mut target, &[(Step::Receive, Received)]);
    let what = |srcfd| AddFd {
        id: target.id(0),
        srcfd,
        newfd: NEW,
        flags: SECCOMP_ADDFD_FLAG_SETFD,
        newfd_flags: 0,
    };
    let add = |source: &std::fs::File| {
        target.listener().add_fd(what(source.as_raw_fd() as u32), &[]).map(|fd| fd == NEW as i32)
    };
    assert_eq!((add(&path), add(&folder)), (Err(EBADF), Ok(true)));
    plays(
        &mut target,
        &[
            (Step::Look(0), Done),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            // The folder is there, and cannot be written.
            (Step::Progress, Seen::progress(0, &[5, 0, -uapi::EBADF])),
        ],
    );
}

/// Two descriptors of the first listener are closed one after the other.
#[harness::test(
    clause = [SECCOMP_NOTIFY_LISTENER_AGAIN, SECCOMP_NOTIFY_CLOSED_LISTENER],
    catches = "a filter whose listener is gone that keeps others from having one, a listener refused no more while a \
        descriptor of the first is open, or calls of the first that the second is notified of",
    needs = [USER_NOTIF],
)]
fn once_a_listener_is_closed_another_may_follow() {
    let gadget = Gadget::syscall();
    let notified = |nr| Filter::only(number(nr), Action::UserNotif);
    let first = Listener::of(&notified(500));
    let duplicate = child::duplicate(first.descriptor());
    let try_second = || Listener::try_of(&notified(501), 0);
    let while_open = try_second().map(drop);
    first.close();
    let while_one_is_open = try_second().map(drop);
    child::close(duplicate);
    assert_eq!((while_open, while_one_is_open), (Err(EBUSY), Err(EBUSY)));
    let second = try_second().expect("the first listener is closed");
    let words = memory::shared(2);
    let caller = child::start(child::Flavour::Fork, || {
        words[0].store(gadget.call(500) as u64, SeqCst);
        words[1].store(gadget.call(501) as u64, SeqCst);
        0
    });
    let asked = second.receive().expect("the second listener is notified");
    assert_eq!(second.answer(asked.returns(9)), Ok(()));
    assert_eq!(caller.end(), WaitStatus::Exited(0));
    let found = [0, 1].map(|i| words[i].load(SeqCst) as i64);
    assert_eq!((found, asked.nr), ([-ENOSYS, 9], 501));
    assert_eq!(Listener::try_of(&notified(502), 0).map(drop), Err(EBUSY), "beside the second");
}
