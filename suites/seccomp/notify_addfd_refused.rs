//! What SECCOMP_IOCTL_NOTIF_ADDFD refuses: the call waits on, and nothing is installed.

use super::notify_addfd::{FREE, Source, uses};
use super::notify_signals::EXITED_0;
use super::supervised::plays;
use crate::clauses::*;
use fixtures::Errno::{self, E2BIG, EBADF, EFAULT, EINPROGRESS, EINVAL, EMFILE, ENOENT};
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child;
use fixtures::environment;
use fixtures::listener::AddFd;
use fixtures::needs::{ADDFD, ADDFD_SEND};
use fixtures::supervisor::Reply::Value;
use fixtures::supervisor::Seen::{Descriptor, Done, Received, Refused};
use fixtures::supervisor::{Seen, Setup, Step, Target};
use rstest::rstest;
use sys::uapi::{
    self, O_CLOEXEC, O_NONBLOCK, SECCOMP_ADDFD_FLAG_SEND, SECCOMP_ADDFD_FLAG_SETFD,
    SECCOMP_IOCTL_NOTIF_ADDFD,
};

const SETFD: u32 = SECCOMP_ADDFD_FLAG_SETFD;

/// Each row changes one field of a request that is taken afterwards.
#[rstest]
#[case::nonblock(|what: AddFd| AddFd { newfd_flags: O_NONBLOCK as u32, ..what }, EINVAL)]
#[case::fd_cloexec(|what: AddFd| AddFd { newfd_flags: 1, ..what }, EINVAL)]
#[case::cloexec_and_another(|what: AddFd| AddFd { newfd_flags: O_CLOEXEC as u32 | 1 << 31, ..what }, EINVAL)]
#[case::flag_2(|what: AddFd| AddFd { flags: SETFD | 4, ..what }, EINVAL)]
#[case::flag_31(|what: AddFd| AddFd { flags: SETFD | 1 << 31, ..what }, EINVAL)]
#[case::newfd_without_setfd(|what: AddFd| AddFd { flags: 0, ..what }, EINVAL)]
#[case::source_is_closed(|what: AddFd| AddFd { srcfd: FREE + 1, ..what }, EBADF)]
#[case::source_is_minus_one(|what: AddFd| AddFd { srcfd: u32::MAX, ..what }, EBADF)]
#[case::number_is_minus_one(|what: AddFd| AddFd { newfd: u32::MAX, ..what }, EBADF)]
#[case::number_is_2_31(|what: AddFd| AddFd { newfd: 1 << 31, ..what }, EBADF)]
#[case::another_id(|what: AddFd| AddFd { id: !what.id, ..what }, ENOENT)]
#[case::the_next_id(|what: AddFd| AddFd { id: what.id + 1, ..what }, ENOENT)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_ADDFD_ERRORS, SECCOMP_NOTIFY_ADDFD],
    catches = "a field of ADDFD that is not checked, or a refusal that installs the descriptor or ends the wait",
    needs = [ADDFD],
)]
fn a_refused_descriptor_changes_nothing(#[case] change: fn(AddFd) -> AddFd, #[case] errno: Errno) {
    let source = Source::new();
    let mut target = uses(&Setup::PLAIN, FREE);
    plays(&mut target, &[(Step::Receive, Received)]);
    let what = AddFd { id: target.id(0), ..source.at(FREE) };
    // The number differs between runs.
    assert_eq!(target.listener().add_fd(change(what), &[]).map(drop), Err(errno));
    plays(
        &mut target,
        &[
            (Step::Look(0), Done),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[5, -uapi::EBADF, -uapi::EBADF])),
        ],
    );
    let mut target = uses(&Setup::PLAIN, FREE);
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::AddFd(0, source.at(FREE), &[]), Descriptor(FREE as i32)),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[5, 0, 1])),
        ],
    );
}

/// As above, for a request that would be the response, too.
#[rstest]
#[case::fd_cloexec(|what: AddFd| AddFd { newfd_flags: 1, ..what }, EINVAL)]
#[case::flag_2(|what: AddFd| AddFd { flags: what.flags | 4, ..what }, EINVAL)]
#[case::source_is_closed(|what: AddFd| AddFd { srcfd: FREE + 1, ..what }, EBADF)]
#[case::number_is_minus_one(|what: AddFd| AddFd { newfd: u32::MAX, ..what }, EBADF)]
#[case::another_id(|what: AddFd| AddFd { id: !what.id, ..what }, ENOENT)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_ADDFD_ERRORS, SECCOMP_NOTIFY_ADDFD_SEND],
    catches = "a refused ADDFD with SEND that responds all the same, so that the call returns or can no longer be \
        answered",
    needs = [ADDFD_SEND],
)]
fn a_refused_descriptor_is_no_response(#[case] change: fn(AddFd) -> AddFd, #[case] errno: Errno) {
    let source = Source::new();
    let mut target = uses(&Setup::PLAIN, FREE);
    plays(&mut target, &[(Step::Receive, Received)]);
    let what = AddFd { id: target.id(0), ..source.at(FREE) };
    let what = AddFd { flags: what.flags | SECCOMP_ADDFD_FLAG_SEND, ..what };
    assert_eq!(target.listener().add_fd(change(what), &[]), Err(errno));
    plays(&mut target, &[(Step::Look(0), Done), (Step::Progress, Seen::progress(0, &[]))]);
    assert_eq!(target.listener().add_fd(what, &[]), Ok(FREE as i32));
    plays(
        &mut target,
        &[(Step::End, EXITED_0), (Step::Progress, Seen::progress(0, &[i64::from(FREE), 0, 1]))],
    );
}

/// The caller's limit of descriptors, not the supervisor's: a number at the limit, and the last one below it.
#[rstest]
#[case::answered(0)]
#[case::by_send(SECCOMP_ADDFD_FLAG_SEND)]
#[harness::test(
    clause = SECCOMP_NOTIFY_ADDFD_ERRORS,
    catches = "SETFD held to the supervisor's limit of descriptors, or to none",
    needs = [ADDFD_SEND],
)]
fn a_number_beyond_the_callers_limit_is_ebadf(#[case] flags: u32) {
    let source = Source::new();
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        environment::limit_descriptors(u64::from(FREE));
        caller.call(UNASSIGNED);
        caller.note(child::write_byte(FREE as i32));
        caller.note(child::write_byte(FREE as i32 - 1));
        0
    });
    let at = |number| AddFd { flags: SETFD | flags, ..source.at(number) };
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::AddFd(0, at(FREE), &[]), Refused(EBADF)),
            (Step::Look(0), Done),
            (Step::AddFd(0, at(FREE - 1), &[]), Descriptor(FREE as i32 - 1)),
        ],
    );
    let result = if flags == 0 { 5 } else { i64::from(FREE) - 1 };
    if flags == 0 {
        plays(&mut target, &[(Step::Answer(0, Value(5)), Done)]);
    }
    plays(
        &mut target,
        &[(Step::End, EXITED_0), (Step::Progress, Seen::progress(0, &[result, -uapi::EBADF, 1]))],
    );
}

/// The caller's limit is its lowest free number; the last number below the limit is open, and can be replaced.
#[rstest]
#[case::answered(0)]
#[case::by_send(SECCOMP_ADDFD_FLAG_SEND)]
#[harness::test(
    clause = SECCOMP_NOTIFY_ADDFD_ERRORS,
    catches = "ADDFD that ignores the caller's limit of descriptors, or responds though it installed nothing",
    needs = [ADDFD_SEND],
)]
fn a_caller_without_a_free_number_is_emfile(#[case] flags: u32) {
    let source = Source::new();
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        let free = child::lowest_free_descriptor();
        environment::limit_descriptors(free as u64);
        caller.call(UNASSIGNED);
        caller.note(child::write_byte(free));
        0
    });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::AddFd(0, AddFd { flags, ..source.plain() }, &[]), Refused(EMFILE)),
            (Step::Look(0), Done),
            (Step::AddFd(0, AddFd { flags: SETFD, ..source.plain() }, &[]), Descriptor(0)),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[5, -uapi::EBADF])),
        ],
    );
}

/// The id of a call that waits to be received is the latest one's successor.
#[harness::test(
    clause = SECCOMP_NOTIFY_ADDFD_ERRORS,
    catches = "a descriptor installed before the notification was received",
    needs = [ADDFD],
)]
fn a_descriptor_before_the_notification_is_received_is_einprogress() {
    let source = Source::new();
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        caller.call(UNASSIGNED);
        caller.call(UNASSIGNED);
        caller.note(child::write_byte(FREE as i32));
        0
    });
    plays(
        &mut target,
        &[(Step::Receive, Received), (Step::Answer(0, Value(1)), Done), (Step::Queued, Done)],
    );
    let early = AddFd { id: target.id(0) + 1, ..source.at(FREE) };
    assert_eq!(target.listener().add_fd(early, &[]), Err(EINPROGRESS));
    plays(&mut target, &[(Step::Receive, Received)]);
    assert_eq!(target.id(1), early.id, "ids count up");
    plays(
        &mut target,
        &[
            (Step::Answer(1, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[1, 5, -uapi::EBADF])),
            (Step::AddFd(1, source.at(FREE), &[]), Refused(ENOENT)),
        ],
    );
}

/// The structure may grow: bytes after it are taken if they are zero.
#[harness::test(
    clause = SECCOMP_NOTIFY_ADDFD_ERRORS,
    catches = "ADDFD with a structure cut short accepted, a longer one of zeros refused, or a tail ignored",
    needs = [ADDFD],
)]
fn the_structure_has_a_size() {
    let source = Source::new();
    let mut target = uses(&Setup::PLAIN, FREE);
    plays(&mut target, &[(Step::Receive, Received)]);
    let what = AddFd { id: target.id(0), ..source.at(FREE) };
    let listener = target.listener();
    for short in [1, 4, 8, 24] {
        assert_eq!(listener.add_fd_cut(what, short), Err(EINVAL), "{short} bytes short");
    }
    for tail in [&[1][..], &[0, 0, 0, 0, 0, 0, 0, 1], &[0x80, 0, 0, 0]] {
        assert_eq!(listener.add_fd(what, tail), Err(E2BIG), "a tail that is not zero");
    }
    // Less than a page with the 24 bytes before it, and a page.
    let long = [0; 4096 - 24];
    assert_eq!(listener.add_fd(what, &long), Err(EINVAL), "a page");
    plays(
        &mut target,
        &[
            (Step::Look(0), Done),
            (Step::AddFd(0, source.at(FREE), &[0; 8]), Descriptor(FREE as i32)),
            (Step::AddFd(0, source.at(FREE), &[0; 4096 - 25]), Descriptor(FREE as i32)),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[5, 0, 1])),
        ],
    );
}

/// The last address lacks one byte of the structure.
#[harness::test(
    clause = SECCOMP_NOTIFY_ADDFD_ERRORS,
    catches = "ADDFD at an address that cannot be read, accepted, or whose refusal ends the wait",
    needs = [ADDFD],
)]
fn a_structure_that_cannot_be_read_is_efault() {
    let mut target = uses(&Setup::PLAIN, FREE);
    plays(&mut target, &[(Step::Receive, Received)]);
    let hole = fixtures::memory::zeros_before_hole();
    for address in [0, hole, hole - 23] {
        let answer = target.listener().request(SECCOMP_IOCTL_NOTIF_ADDFD, address);
        assert_eq!(answer, Err(EFAULT));
    }
    plays(
        &mut target,
        &[
            (Step::Look(0), Done),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[5, -uapi::EBADF, -uapi::EBADF])),
        ],
    );
}
