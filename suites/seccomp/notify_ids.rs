//! The id of a notification: where it begins, how much of it counts, and how long it is valid.

use super::notify::scene;
use super::notify_addfd::Source;
use super::notify_signals::EXITED_0;
use super::supervised::plays;
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::listener::{AddFd, Response};
use fixtures::needs::{ADDFD, USER_NOTIF};
use fixtures::supervisor::Reply::Value;
use fixtures::supervisor::Seen::{Done, Received};
use fixtures::supervisor::{Setup, Step, Target};
use fixtures::vsyscall::Cpu;
use fixtures::{Entry, Errno, thread};
use rstest::rstest;
use sys::uapi::POLLIN;

/// The id differs in one bit from that of the call that waits.
#[rstest]
#[case::lowest(0)]
#[case::bit_31(31)]
#[case::bit_32(32)]
#[case::highest(63)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_UNIQUE_ID, SECCOMP_NOTIFY_ID_VALID, SECCOMP_NOTIFY_SEND_ERRORS],
    catches = "an id of which some bits are not compared, so that another call gets the response",
    needs = [USER_NOTIF, ADDFD],
)]
fn every_bit_of_an_id_counts(#[case] bit: u32) {
    let scene = scene(Entry::Syscall);
    let caller = scene.caller(UNASSIGNED, [0; 6]);
    let asked = scene.receive();
    let id = asked.id ^ 1 << bit;
    let added = scene.listener.add_fd(AddFd { id, ..Source::new().plain() }, &[]);
    assert_eq!(scene.listener.is_waiting(id), Err(Errno::ENOENT));
    assert_eq!(added, Err(Errno::ENOENT));
    let answered = scene.listener.answer(Response { id, ..asked.returns(4) });
    assert_eq!(answered, Err(Errno::ENOENT));
    assert_eq!(scene.listener.answer(asked.returns(5)), Ok(()));
    assert_eq!(caller.result(), 5);
}

/// The caller has the supervisor's processor and a lower priority: after the response it runs only when the
/// supervisor waits. Where it runs earlier, its id is unknown, which is refused as well.
#[harness::test(
    clause = [SECCOMP_NOTIFY_ID_VALID, SECCOMP_NOTIFY_SEND_ERRORS, SECCOMP_NOTIFY_RESPONSE_VALUE],
    catches = "an id that is valid, or takes a second response or a descriptor, after the response and before its \
        call returns",
    needs = [USER_NOTIF, ADDFD],
)]
fn an_answered_id_is_no_longer_valid() {
    const CALLS: usize = 8;
    Cpu::stay(true);
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        thread::lower_priority();
        for _ in 0..CALLS {
            caller.call(UNASSIGNED);
        }
        0
    });
    let source = Source::new();
    for index in 0..CALLS {
        plays(&mut target, &[(Step::Receive, Received)]);
        let add = AddFd { id: target.id(index), ..source.plain() };
        let listener = target.listener();
        let answered = listener.answer(target.response(index, Value(5)));
        let valid = listener.is_waiting(target.id(index));
        let again = listener.answer(target.response(index, Value(6)));
        let added = listener.add_fd(add, &[]);
        assert_eq!((answered, valid), (Ok(()), Err(Errno::ENOENT)));
        // EINPROGRESS before the call has returned, ENOENT afterwards.
        let refused = [Some(Errno::EINPROGRESS), Some(Errno::ENOENT)];
        assert!(refused.contains(&again.err()), "a second response was taken");
        assert!(refused.contains(&added.err()), "a descriptor was taken after the response");
    }
    plays(&mut target, &[(Step::End, EXITED_0)]);
    assert_eq!(target.results(), [5; CALLS]);
}

/// The upper halves of four random ids are not all 0.
#[harness::test(
    clause = SECCOMP_NOTIFY_FIRST_ID,
    catches = "ids that are counted from 0, so that a supervisor of several listeners can take one's \
        notification for another's",
    needs = [USER_NOTIF],
)]
fn the_first_id_cannot_be_foretold() {
    let ids = [(); 4].map(|()| {
        let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
        plays(
            &mut target,
            &[(Step::Receive, Received), (Step::Answer(0, Value(5)), Done), (Step::End, EXITED_0)],
        );
        target.id(0)
    });
    assert!(ids.iter().any(|id| id >> 32 != 0), "the first ids are all small");
}

/// Ids are counted up, so that the next one is known before its call is received.
#[harness::test(
    clause = [SECCOMP_NOTIFY_ID_VALID, SECCOMP_NOTIFY_SEND_ERRORS],
    catches = "an id that is valid, or takes a response, before its notification is received",
    needs = [USER_NOTIF],
)]
fn an_id_is_not_valid_before_it_is_received() {
    let scene = scene(Entry::Syscall);
    let first = scene.caller(UNASSIGNED, [0; 6]);
    let asked = scene.receive();
    let second = scene.caller(UNASSIGNED, [0; 6]);
    assert_eq!(scene.listener.events(POLLIN, 6000), POLLIN, "another call waits");
    for id in [asked.id.wrapping_add(1), asked.id.wrapping_sub(1)] {
        assert_eq!(scene.listener.is_waiting(id), Err(Errno::ENOENT));
        let answered = scene.listener.answer(Response { id, ..asked.returns(4) });
        assert!(answered.is_err(), "a response to a call that is not received was taken");
    }
    assert_eq!(scene.listener.answer(asked.returns(5)), Ok(()));
    let asked = scene.receive();
    assert_eq!(scene.listener.answer(asked.returns(6)), Ok(()));
    assert_eq!([first.result(), second.result()], [5, 6]);
}

/// Each request has an unknown id and one more fault.
#[rstest]
#[case::flags(|add| AddFd { flags: 4, ..add }, Errno::EINVAL)]
#[case::number_without_setfd(|add| AddFd { newfd: 9, ..add }, Errno::EINVAL)]
#[case::descriptor_flags(|add| AddFd { newfd_flags: 1, ..add }, Errno::EINVAL)]
#[case::source(|add| AddFd { srcfd: u32::MAX, ..add }, Errno::EBADF)]
#[harness::test(
    clause = SECCOMP_NOTIFY_ADDFD_ERRORS,
    catches = "a descriptor refused for its unknown id before the rest of the request is looked at",
    needs = [USER_NOTIF, ADDFD],
)]
fn a_malformed_request_is_refused_whatever_its_id(
    #[case] change: fn(AddFd) -> AddFd,
    #[case] errno: Errno,
) {
    let scene = scene(Entry::Syscall);
    let unknown = Source::new().plain();
    assert_eq!(scene.listener.add_fd(unknown, &[]), Err(Errno::ENOENT));
    assert_eq!(scene.listener.add_fd(change(unknown), &[]), Err(errno));
}
