//! Receiving and responding: order, buffers, ids, and every value of a response.

use super::notify_signals::{EXITED_0, HANDLED, RESTARTED, stays_afterwards};
use super::supervised::plays;
use crate::clauses::*;
use fixtures::Errno::{EFAULT, EINVAL};
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::filter::WAIT_KILLABLE_RECV;
use fixtures::listener::{Listener, Notification};
use fixtures::needs::{self, INT80, NAMESPACES, TASK_STATE, USER_NOTIF};
use fixtures::script::{ARGUMENTS, ARGUMENTS_32, call};
use fixtures::sigsys::Disposition;
use fixtures::supervisor::Reply::{Raw, Value};
use fixtures::supervisor::Seen::{Done, Ended, Events, Received, State};
use fixtures::supervisor::TaskState::Interruptible;
use fixtures::supervisor::{Seen, Setup, Step, Target, settled};
use fixtures::{Entry, Reg, WaitStatus, memory};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{
    AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, ERESTARTSYS, POLLIN, POLLOUT, SECCOMP_IOCTL_NOTIF_RECV,
    SECCOMP_IOCTL_NOTIF_SEND, SIGKILL, SIGUSR1,
};

/// Bytes of `struct seccomp_notif`.
const NOTIFICATION: usize = size_of::<Notification>();

/// One byte of the buffer at a time; the buffer of zeros comes last.
#[harness::test(
    clause = SECCOMP_NOTIFY_ZEROED_BUFFER,
    catches = "a byte of the receive buffer that is not looked at, padding and high bytes included",
    needs = [USER_NOTIF],
)]
fn every_byte_of_the_buffer_has_to_be_zero() {
    let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    plays(&mut target, &[(Step::Queued, Done)]);
    let words = memory::shared(NOTIFICATION / 8);
    let address = words.as_ptr() as usize;
    for byte in 0..NOTIFICATION {
        let word = &words[byte / 8];
        word.store(1 << (byte % 8 * 8), SeqCst);
        let answer = target.listener().request(SECCOMP_IOCTL_NOTIF_RECV, address);
        assert_eq!(answer, Err(EINVAL), "byte {byte}");
        word.store(0, SeqCst);
    }
    plays(&mut target, &[(Step::Poll, Events(POLLIN))]);
    assert_eq!(target.listener().request(SECCOMP_IOCTL_NOTIF_RECV, address), Ok(0));
    let asked = Notification { id: words[0].load(SeqCst), ..Notification::default() };
    assert_eq!(target.listener().answer(asked.returns(5)), Ok(()));
    plays(&mut target, &[(Step::End, EXITED_0), (Step::Progress, Seen::progress(0, &[5]))]);
}

/// The buffers are zero: one may be read, one ends a byte too early, one is not there.
#[rstest]
#[case::read_only(memory::read_only_zeros())]
#[case::a_byte_too_short(memory::zeros_before_hole() - NOTIFICATION + 1)]
#[case::unmapped(0)]
#[harness::test(
    clause = SECCOMP_NOTIFY_RECV_FAULT,
    catches = "a notification lost, or given another id, where the buffer cannot be written",
    needs = [USER_NOTIF],
)]
fn a_notification_that_cannot_be_written_stays(#[case] address: usize) {
    let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    plays(&mut target, &[(Step::Queued, Done)]);
    for _ in 0..3 {
        let answer = target.listener().request(SECCOMP_IOCTL_NOTIF_RECV, address);
        assert_eq!(answer, Err(EFAULT));
        plays(&mut target, &[(Step::Poll, Events(POLLIN))]);
    }
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Poll, Events(POLLOUT)),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[5])),
        ],
    );
}

#[harness::test(
    clause = [SECCOMP_NOTIFY_SEND_ERRORS, SECCOMP_NOTIFY_RESPONSE_VALUE],
    catches = "a response at an address that cannot be read, accepted, or whose refusal ends the wait",
    needs = [USER_NOTIF],
)]
fn a_response_that_cannot_be_read_is_efault() {
    let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    plays(&mut target, &[(Step::Receive, Received)]);
    let hole = memory::zeros_before_hole();
    for address in [0, hole, hole - 23] {
        let answer = target.listener().request(SECCOMP_IOCTL_NOTIF_SEND, address);
        assert_eq!(answer, Err(EFAULT));
    }
    plays(
        &mut target,
        &[
            (Step::Look(0), Done),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[5])),
        ],
    );
}

/// What is returned is the 32-bit error, sign-extended, whatever it is; val is 4242 in every row.
#[rstest]
#[case::minus_one(-1, -1)]
#[case::greatest_error(-4095, -4095)]
#[case::no_error_number(-4096, -4096)]
#[case::least(i32::MIN, -0x8000_0000)]
#[case::positive(5, 5)]
#[case::greatest(i32::MAX, 0x7fff_ffff)]
#[case::none(0, 4242)]
#[harness::test(
    clause = SECCOMP_NOTIFY_RESPONSE_ERROR,
    catches = "an error clamped, negated, or zero-extended, or val returned beside it",
    needs = [USER_NOTIF],
)]
fn any_error_is_the_result_as_it_is(#[case] error: i32, #[case] result: i64) {
    let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Answer(0, Raw { val: 4242, error, flags: 0 }), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[result])),
        ],
    );
}

/// Each process sleeps in its call before the next one makes its own.
#[harness::test(
    clause = SECCOMP_NOTIFY_FIFO,
    catches = "notifications received in another order than that of their calls",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn the_first_call_is_received_first() {
    const CALLERS: u64 = 4;
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        let children: [_; CALLERS as usize] = std::array::from_fn(|i| {
            let child = child::start(Flavour::Fork, || {
                caller.call_with(call(UNASSIGNED).with(Reg::Rdi, i as u64));
                0
            });
            while settled(child.pid()) != Interruptible {}
            child
        });
        caller.steps.reach(1);
        for child in children {
            child.end();
        }
        0
    });
    plays(&mut target, &[(Step::WaitFor(1), Done)]);
    for _ in 0..CALLERS {
        plays(&mut target, &[(Step::Receive, Received)]);
    }
    let order: Vec<_> = target.received.iter().map(|asked| asked.args[0]).collect();
    for index in 0..CALLERS as usize {
        plays(&mut target, &[(Step::Answer(index, Value(5)), Done)]);
    }
    plays(&mut target, &[(Step::End, EXITED_0)]);
    assert_eq!(order, (0..CALLERS).collect::<Vec<_>>(), "the order of the calls");
}

/// A second RECV waits, and gets the second call.
#[harness::test(
    clause = [SECCOMP_NOTIFY_FIELDS, SECCOMP_NOTIFY_UNIQUE_ID],
    catches = "a notification that is received twice",
    needs = [USER_NOTIF, TASK_STATE],
)]
fn a_notification_is_received_once() {
    let mut target = Target::start(&Setup::PLAIN, |caller| {
        caller.call(UNASSIGNED);
        caller.call(UNASSIGNED);
        0
    });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::ReceiveApart, State(Interruptible)),
            (Step::Poll, Events(POLLOUT)),
            (Step::Answer(0, Value(5)), Done),
            (Step::ApartEnd, Received),
            (Step::Poll, Events(POLLOUT)),
            (Step::Progress, Seen::progress(0, &[5])),
            (Step::Signal(SIGKILL), Done),
            (Step::End, Ended(WaitStatus::KilledBy(SIGKILL))),
        ],
    );
}

/// Every register has a pattern of its own. A call of the 32-bit ABI shows its own, whole.
#[rstest]
#[case::x86_64(Entry::Syscall, AUDIT_ARCH_X86_64, ARGUMENTS)]
#[case::i386(Entry::Int80, AUDIT_ARCH_I386, ARGUMENTS_32)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_FIELDS, SECCOMP_DATA_ARGS, SECCOMP_DATA_NUMBER],
    catches = "a notification with the other ABI's arch or argument registers",
    needs = [USER_NOTIF, INT80],
)]
fn a_notification_has_the_abi_of_its_call(
    #[case] entry: Entry,
    #[case] arch: u32,
    #[case] registers: [Reg; 6],
) {
    let mut target = Target::calls_once(&Setup { entry, ..Setup::PLAIN }, UNASSIGNED);
    plays(
        &mut target,
        &[(Step::Receive, Received), (Step::Answer(0, Value(5)), Done), (Step::End, EXITED_0)],
    );
    let asked = target.received[0];
    let image = call(UNASSIGNED);
    assert_eq!((asked.nr, asked.arch, asked.flags), (UNASSIGNED as i32, arch, 0));
    assert_eq!(asked.args, registers.map(|reg| image[reg]));
    assert!(asked.pid == target.pid() as u32, "the notification names another caller");
}

/// The caller is the first process of a namespace of its own; the supervisor knows it by another id.
#[harness::test(
    clause = SECCOMP_NOTIFY_PID,
    catches = "seccomp_notif.pid as the caller's own namespace knows it",
    needs = [USER_NOTIF, NAMESPACES],
)]
fn the_pid_is_as_the_receiver_knows_it() {
    let setup = Setup { flavour: Flavour::CloneFilesNewPid, ..Setup::PLAIN };
    let mut target = Target::start(&setup, |caller| {
        caller.call(UNASSIGNED);
        caller.note(i64::from(child::own_pid()));
        0
    });
    plays(
        &mut target,
        &[
            (Step::Receive, Received),
            (Step::Answer(0, Value(5)), Done),
            (Step::End, EXITED_0),
            (Step::Progress, Seen::progress(0, &[5, 1])),
        ],
    );
    assert!(target.received[0].pid == target.pid() as u32, "the notification names another caller");
}

/// The receiver is in a namespace below the caller's, which has no id for it.
#[harness::test(
    clause = SECCOMP_NOTIFY_PID,
    catches = "an id of another namespace, or any but 0, for a caller whom the receiver cannot name",
    needs = [USER_NOTIF, NAMESPACES],
)]
fn the_pid_is_0_where_the_receiver_has_none() {
    let mut target = Target::calls_once(&Setup::PLAIN, UNASSIGNED);
    let words = memory::shared(2);
    words[1].store(u64::MAX, SeqCst);
    let receive = |listener: &Listener| {
        let asked = listener.receive();
        words[0].store(asked.map_or(0, |asked| asked.id), SeqCst);
        words[1].store(asked.map_or(u64::MAX, |asked| u64::from(asked.pid)), SeqCst);
    };
    let receiver = child::start(Flavour::NewPid, || {
        receive(target.listener());
        0
    });
    assert_eq!(receiver.end(), WaitStatus::Exited(0));
    assert_eq!(words[1].load(SeqCst), 0, "the caller's id");
    let asked = Notification { id: words[0].load(SeqCst), ..Notification::default() };
    assert_eq!(target.listener().answer(asked.returns(5)), Ok(()));
    plays(&mut target, &[(Step::End, EXITED_0), (Step::Progress, Seen::progress(0, &[5]))]);
}

/// Without a signal, the number is what the call returns. A signal that waits must not make it another, nor
/// have the call notified again.
#[rstest]
#[case::no_signal(None, 0)]
#[case::handler(Some(HANDLED), 1)]
#[case::sa_restart(Some(RESTARTED), 1)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_RESPONSE_ERROR, SECCOMP_NOTIFY_KILLABLE],
    catches = "a response's error taken for the kernel's own restart code when a signal waits",
    needs = [needs::WAIT_KILLABLE_RECV, TASK_STATE],
)]
fn a_restart_code_is_an_error_like_any_other(
    #[case] action: Option<(i32, Disposition)>,
    #[case] handled: u64,
) {
    let signals: Vec<_> = action.into_iter().collect();
    let setup = Setup { flags: WAIT_KILLABLE_RECV, signals: &signals, ..Setup::PLAIN };
    let mut target = stays_afterwards(&setup);
    plays(&mut target, &[(Step::Receive, Received)]);
    if action.is_some() {
        plays(&mut target, &[(Step::Signal(SIGUSR1), Done)]);
    }
    let error = -(ERESTARTSYS as i32);
    plays(
        &mut target,
        &[
            (Step::Answer(0, Raw { val: 0, error, flags: 0 }), Done),
            (Step::Settle, State(Interruptible)),
            (Step::Progress, Seen::progress(handled, &[-ERESTARTSYS])),
            (Step::Poll, Events(0)),
            (Step::Reach(2), Done),
            (Step::End, EXITED_0),
        ],
    );
}
