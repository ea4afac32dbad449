//! The listener as a descriptor: its sizes and flags, and what it refuses.

use super::notify_signals::EXITED_0;
use super::supervised::plays;
use crate::clauses::*;
use fixtures::Errno::{self, EFAULT, EINVAL, ENODEV, ESPIPE};
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter;
use fixtures::listener::{self, AddFd, Notification, Response};
use fixtures::memory;
use fixtures::needs::{NOTIFY_SET_FLAGS, UNFILTERED, USER_NOTIF};
use fixtures::supervisor::Reply::Value;
use fixtures::supervisor::Seen::{Done, Events, Received};
use fixtures::supervisor::{Seen, Setup, Step, Target};
use rstest::rstest;
use sys::uapi::{
    _IOC_DIRSHIFT, _IOC_SIZESHIFT, MAP_PRIVATE, MAP_SHARED, POLLIN, POLLOUT, PROT_READ,
    SECCOMP_GET_NOTIF_SIZES, SECCOMP_IOCTL_NOTIF_ADDFD, SECCOMP_IOCTL_NOTIF_ID_VALID,
    SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR, SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND,
    SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, SYS_lseek, SYS_mmap, SYS_read, SYS_write,
};

#[harness::test(
    clause = SECCOMP_NOTIFY_SIZES,
    catches = "a notification with another member than id, pid, flags and data, or sizes in another order",
    needs = [USER_NOTIF],
)]
fn the_sizes_are_those_of_the_structures() {
    assert_eq!(listener::sizes(), Ok([80, 24, 64]));
    assert_eq!([size_of::<Notification>(), size_of::<Response>()], [80, 24]);
    assert_eq!(size_of::<AddFd>(), 24);
}

#[harness::test(
    clause = SECCOMP_NOTIFY_SIZES,
    catches = "flags ignored by GET_NOTIF_SIZES, more or less than six bytes written, bytes written by one that fails, or \
        a bad address that is no EFAULT",
    needs = [UNFILTERED, USER_NOTIF],
)]
fn the_sizes_have_no_flags_and_an_address() {
    const UNTOUCHED: u64 = 0xa5a5_a5a5_a5a5_a5a5;
    let hole = memory::zeros_before_hole();
    memory::store(hole - 8, UNTOUCHED);
    let ask = |flags, at| filter::seccomp(SECCOMP_GET_NOTIF_SIZES, flags, at);
    for flags in [1, 2, 1 << 31] {
        assert_eq!(ask(flags, hole - 8), Err(EINVAL), "{flags:#x}");
    }
    assert_eq!(memory::word(hole - 8), UNTOUCHED);
    for address in [0, hole, memory::read_only_zeros(), 0xffff_8000_0000_0000] {
        assert_eq!(ask(0, address), Err(EFAULT));
    }
    assert_eq!(ask(0, hole - 5), Err(EFAULT));
    memory::store(hole - 8, UNTOUCHED);
    assert_eq!((ask(0, hole - 6), memory::word(hole - 8)), (Ok(0), 0x0040_0018_0050_a5a5));
    memory::store(hole - 8, UNTOUCHED);
    assert_eq!((ask(0, hole - 8), memory::word(hole - 8)), (Ok(0), 0xa5a5_0040_0018_0050));
    assert_eq!(filter::mode(), 0);
}

/// The flag is taken while a call waits, twice, and taken back; calls are notified and answered as ever.
#[harness::test(
    clause = SECCOMP_NOTIFY_SET_FLAGS,
    catches = "SYNC_WAKE_UP refused, or notifications lost under it",
    needs = [NOTIFY_SET_FLAGS],
)]
fn a_listener_takes_its_flag() {
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        for _ in 0..3 {
            caller.call(UNASSIGNED);
        }
        0
    });
    for (index, flags) in [SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP; 2].into_iter().chain([0]).enumerate()
    {
        assert_eq!(target.listener().set_flags(flags), Ok(()));
        plays(&mut target, &[(Step::Receive, Received), (Step::Answer(index, Value(5)), Done)]);
    }
    plays(&mut target, &[(Step::End, EXITED_0), (Step::Progress, Seen::progress(0, &[5; 3]))]);
}

#[rstest]
#[case::bit_1(2)]
#[case::both(3)]
#[case::bit_31(1 << 31)]
#[case::bit_32(1 << 32)]
#[case::bit_63(1 << 63)]
#[harness::test(
    clause = SECCOMP_NOTIFY_SET_FLAGS,
    catches = "an unknown flag of a listener accepted, or flags looked at in part",
    needs = [NOTIFY_SET_FLAGS],
)]
fn an_unknown_flag_is_refused(#[case] flags: usize) {
    let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    assert_eq!(target.listener().set_flags(flags), Err(EINVAL));
    assert_eq!(target.listener().set_flags(SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP), Ok(()));
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[5])),
        ],
    );
}

/// One part of a request at a time differs from a request that is taken.
#[rstest]
#[case::number_of_none(SECCOMP_IOCTL_NOTIF_RECV + 9)]
#[case::type_of_none(SECCOMP_IOCTL_NOTIF_RECV ^ 1 << 8)]
#[case::size(SECCOMP_IOCTL_NOTIF_RECV + (1 << _IOC_SIZESHIFT))]
#[case::direction(SECCOMP_IOCTL_NOTIF_RECV ^ 1 << _IOC_DIRSHIFT)]
#[case::send_size(SECCOMP_IOCTL_NOTIF_SEND - (1 << _IOC_SIZESHIFT))]
#[case::id_valid_both_directions(SECCOMP_IOCTL_NOTIF_ID_VALID | 3 << _IOC_DIRSHIFT)]
#[case::addfd_type(SECCOMP_IOCTL_NOTIF_ADDFD ^ 1 << 8)]
#[case::nothing(0)]
#[harness::test(
    clause = SECCOMP_NOTIFY_REQUESTS,
    catches = "a request whose type, size or direction is not looked at, or that takes the notification",
    needs = [USER_NOTIF],
)]
fn another_request_is_refused(#[case] request: usize) {
    let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    plays(&mut target, &[(Step::Queued, Done)]);
    let buffer = memory::shared(16).as_ptr() as usize;
    assert_eq!(target.listener().request(request, buffer), Err(EINVAL));
    plays(
        &mut target,
        &[
            (Step::Poll, Events(POLLIN)),
            (Step::Receive, Received),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[5])),
        ],
    );
}

/// The first kernels' number of ID_VALID names the wrong direction.
#[harness::test(
    clause = [SECCOMP_NOTIFY_ID_VALID, SECCOMP_NOTIFY_REQUESTS],
    catches = "the number that programs of older kernels have for ID_VALID refused",
    needs = [USER_NOTIF],
)]
fn the_old_number_of_id_valid_is_taken() {
    let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    plays(&mut target, &[(Step::Receive, Received)]);
    let word = memory::shared(1);
    let ask = |id: u64| {
        word[0].store(id, std::sync::atomic::Ordering::SeqCst);
        let address = word.as_ptr() as usize;
        target.listener().request(SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR, address)
    };
    let id = target.id(0);
    assert_eq!((ask(id), ask(id + 1)), (Ok(0), Err(Errno::ENOENT)));
    plays(&mut target, &[(Step::Answer(0, Value(5)), Done), (Step::End, EXITED_0)]);
}

/// Rows: a call on the descriptor, with arguments that a file would take.
#[rstest]
#[case::read(SYS_read, |buffer| [buffer, 80, 0, 0, 0], EINVAL)]
#[case::write(SYS_write, |buffer| [buffer, 24, 0, 0, 0], EINVAL)]
#[case::lseek(SYS_lseek, |_| [0, 0, 0, 0, 0], ESPIPE)]
#[harness::test(
    clause = SECCOMP_NOTIFY_REQUESTS,
    catches = "a listener that can be read, written or positioned, or whose notification is taken by that",
    needs = [USER_NOTIF],
)]
fn a_listener_is_no_file(
    #[case] nr: i64,
    #[case] rest: fn(usize) -> [usize; 5],
    #[case] errno: Errno,
) {
    let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    plays(&mut target, &[(Step::Queued, Done)]);
    let [a, b, c, d, e] = rest(memory::shared(16).as_ptr() as usize);
    let args = [target.listener().descriptor() as usize, a, b, c, d, e];
    assert_eq!(fixtures::call::checked(nr, args), Err(errno));
    plays(
        &mut target,
        &[
            (Step::Poll, Events(POLLIN)),
            (Step::Receive, Received),
            (Step::Poll, Events(POLLOUT)),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
        ],
    );
}

#[rstest]
#[case::private(MAP_PRIVATE)]
#[case::shared(MAP_SHARED)]
#[harness::test(
    clause = SECCOMP_NOTIFY_REQUESTS,
    catches = "a listener that can be mapped",
    needs = [USER_NOTIF],
)]
fn a_listener_cannot_be_mapped(#[case] flags: usize) {
    let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    let fd = target.listener().descriptor() as usize;
    let answer = fixtures::call::checked(SYS_mmap, [0, 4096, PROT_READ, flags, fd, 0]);
    assert_eq!(answer.map(drop), Err(ENODEV));
    plays(
        &mut target,
        &[(Step::Receive, Received), (Step::Answer(0, Value(5)), Done), (Step::End, EXITED_0)],
    );
}
