//! A listener's requests by the 32-bit ABI, as a 32-bit supervisor makes them: the structures are the same.

use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::abi32::{Abi32, place_before_hole};
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Child, Flavour};
use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::Gadget;
use fixtures::listener::Listener;
use fixtures::memory;
use fixtures::needs::{ADDFD, INT80, UNFILTERED, USER_NOTIF};
use rstest::rstest;
use sys::uapi::{
    AUDIT_ARCH_X86_64, EFAULT, EINVAL, ENOENT, F_GETFD, O_CLOEXEC, POLLIN,
    SECCOMP_IOCTL_NOTIF_ADDFD, SECCOMP_IOCTL_NOTIF_ID_VALID, SECCOMP_IOCTL_NOTIF_RECV,
    SECCOMP_IOCTL_NOTIF_SEND, SYS_fcntl, unistd_32,
};

/// Words of a notification, of a response, and of what ADDFD takes.
const RECEIVED: usize = 10;
const RESPONSE: usize = 3;
const ADDED: usize = 3;
/// The end of a caller that is answered with 33.
const ANSWERED: WaitStatus = WaitStatus::Exited(33);
/// What F_GETFD gives of a descriptor that an execve closes.
const CLOSED_ON_EXEC: i64 = 1;

/// A supervisor whose requests are made by int 0x80.
struct Supervisor {
    abi: Abi32,
    listener: Listener,
}

impl Supervisor {
    fn new() -> Self {
        let abi = Abi32::new();
        Self { abi, listener: Listener::of(&Filter::only(number(UNASSIGNED), Action::UserNotif)) }
    }

    fn request(&self, request: usize, argument: usize) -> i64 {
        let descriptor = self.listener.descriptor() as usize;
        self.abi.call(unistd_32::SYS_ioctl, [descriptor, request, argument, 77, 77, 77])
    }

    /// Waits for a call, and receives it by int 0x80: the words of the notification.
    fn receive(&self) -> [u64; RECEIVED] {
        assert_eq!(self.listener.events(POLLIN, 6_000), POLLIN, "a call is notified");
        let at = place_before_hole(&[0; RECEIVED * 8]);
        assert_eq!(self.request(SECCOMP_IOCTL_NOTIF_RECV, at), 0);
        std::array::from_fn(|index| memory::word(at + index * 8))
    }

    /// Answers by int 0x80 with these words.
    fn answer(&self, words: [u64; RESPONSE]) -> i64 {
        self.request(SECCOMP_IOCTL_NOTIF_SEND, place(words))
    }
}

/// Words at the very end of a page that a 32-bit call can name.
fn place<const N: usize>(words: [u64; N]) -> usize {
    let bytes: Vec<u8> = words.into_iter().flat_map(u64::to_le_bytes).collect();
    place_before_hole(&bytes)
}

/// A child that makes the call with these arguments, and exits with its result or the negative error.
fn caller(args: [usize; 6]) -> (Child, Gadget) {
    let gadget = Gadget::syscall();
    (child::start(Flavour::Fork, || gadget.call_args(UNASSIGNED, args) as i32 & 0xff), gadget)
}

#[harness::test(
    clause = [SECCOMP_NOTIFY_32_BIT, SECCOMP_NOTIFY_FIELDS, SECCOMP_NOTIFY_ID_VALID],
    catches = "a listener that knows no requests of 32-bit programs, or that takes their structures for others: a \
        notification that is cut, an id of 32 bits",
    needs = [UNFILTERED, USER_NOTIF, INT80],
)]
fn a_supervisor_serves_by_int80() {
    let args = [1, 2, 3, 4, 5, 0x6666_7777_8888_9999];
    let supervisor = Supervisor::new();
    let (child, gadget) = caller(args);
    let seen = supervisor.receive();
    let head = u64::from(AUDIT_ARCH_X86_64) << 32 | UNASSIGNED as u64;
    let fields = [child.pid() as u64, head, gadget.after()];
    assert_eq!((&seen[1..4], &seen[4..]), (&fields[..], &args.map(|arg| arg as u64)[..]));
    let valid = |id| supervisor.request(SECCOMP_IOCTL_NOTIF_ID_VALID, place([id]));
    let other = seen[0] ^ 1 << 32;
    assert_eq!([valid(seen[0]), valid(other)], [0, -ENOENT]);
    assert_eq!(supervisor.answer([other, 44, 0]), -ENOENT);
    assert_eq!(supervisor.answer([seen[0], 33, 0]), 0);
    assert_eq!(child.end(), ANSWERED);
    assert_eq!(valid(seen[0]), -ENOENT);
}

/// The response's words after the id: the value, then the error and the flags.
#[rstest]
#[case::value(250, 0, 0, 250)]
#[case::error(0, -7, 0, 0xf9)]
#[case::goes_on(0, 0, 1, 0xda)]
#[harness::test(
    clause = [
        SECCOMP_NOTIFY_32_BIT,
        SECCOMP_NOTIFY_CONTINUE,
        SECCOMP_NOTIFY_RESPONSE_ERROR,
        SECCOMP_NOTIFY_RESPONSE_VALUE,
    ],
    catches = "a response of a 32-bit program whose value, error or flags are looked for elsewhere",
    needs = [UNFILTERED, USER_NOTIF, INT80],
)]
fn a_response_by_int80_is_taken(
    #[case] value: u64,
    #[case] error: i32,
    #[case] flags: u64,
    #[case] end: i32,
) {
    let supervisor = Supervisor::new();
    let (child, _) = caller([0; 6]);
    let id = supervisor.receive()[0];
    let last = flags << 32 | u64::from(error as u32);
    assert_eq!(supervisor.answer([id, value, last]), 0);
    assert_eq!(child.end(), WaitStatus::Exited(end));
}

/// What a 64-bit request is refused for; the call is answered afterwards.
#[harness::test(
    clause = [SECCOMP_NOTIFY_32_BIT, SECCOMP_NOTIFY_REQUESTS, SECCOMP_NOTIFY_SEND_ERRORS],
    catches = "requests of 32-bit programs that are not checked, or that take the notification although they fail",
    needs = [UNFILTERED, USER_NOTIF, INT80],
)]
fn a_wrong_request_by_int80_is_refused() {
    let supervisor = Supervisor::new();
    let (child, _) = caller([0; 6]);
    assert_eq!(supervisor.listener.events(POLLIN, 6_000), POLLIN, "a call is notified");
    let mut buffer = [0; RECEIVED];
    let zeros = place(buffer);
    buffer[9] = 1;
    let ask = |request, argument| supervisor.request(request, argument);
    assert_eq!(ask(SECCOMP_IOCTL_NOTIF_RECV, place(buffer)), -EINVAL, "a buffer that is not zero");
    assert_eq!(ask(SECCOMP_IOCTL_NOTIF_RECV, zeros + 8), -EFAULT, "a buffer that is cut");
    assert_eq!(ask(SECCOMP_IOCTL_NOTIF_RECV ^ 1 << 8, zeros), -EINVAL, "no request of a listener");
    let id = supervisor.receive()[0];
    assert_eq!(ask(SECCOMP_IOCTL_NOTIF_ID_VALID, 0), -EFAULT);
    assert_eq!(supervisor.answer([id, 5, 2 << 32]), -EINVAL, "an unknown flag");
    assert_eq!(supervisor.answer([id, 5, 1 << 32]), -EINVAL, "a call that goes on has no value");
    assert_eq!(ask(SECCOMP_IOCTL_NOTIF_SEND, 0), -EFAULT);
    assert_eq!(supervisor.answer([id, 33, 0]), 0);
    assert_eq!(child.end(), ANSWERED);
    assert_eq!(supervisor.answer([id, 33, 0]), -ENOENT);
}

/// The words of ADDFD: the id, the flags with the descriptor, the number wanted with its flags.
#[harness::test(
    clause = [SECCOMP_NOTIFY_32_BIT, SECCOMP_NOTIFY_ADDFD, SECCOMP_NOTIFY_ADDFD_SETFD],
    catches = "ADDFD unknown to 32-bit programs, or its members taken from other places",
    needs = [UNFILTERED, USER_NOTIF, ADDFD, INT80],
)]
fn a_descriptor_is_added_by_int80() {
    let supervisor = Supervisor::new();
    let free = child::duplicate(supervisor.listener.descriptor());
    child::close(free);
    let wanted = free as u64;
    let gadget = Gadget::syscall();
    let child = child::start(Flavour::Fork, || {
        let number = gadget.call(UNASSIGNED) as usize;
        let flags = gadget.call_args(SYS_fcntl, [number, F_GETFD, 0, 0, 0, 0]);
        if (number, flags) == (free as usize, CLOSED_ON_EXEC) { 33 } else { 1 }
    });
    let id = supervisor.receive()[0];
    let source = supervisor.listener.descriptor() as u64;
    let close_on_exec = O_CLOEXEC as u64;
    // The lower half of a word is the member that comes first: flags, srcfd; newfd, newfd_flags.
    let add = |flags: u64, newfd| {
        let words: [u64; ADDED] = [id, source << 32 | flags, close_on_exec << 32 | newfd];
        supervisor.request(SECCOMP_IOCTL_NOTIF_ADDFD, place(words))
    };
    assert_eq!(add(1 << 7, wanted), -EINVAL);
    assert_eq!(add(1, wanted), wanted as i64);
    assert_eq!(supervisor.answer([id, wanted, 0]), 0);
    assert_eq!(child.end(), ANSWERED);
}
