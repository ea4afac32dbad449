//! SECCOMP_RET_USER_NOTIF: the supervisor receives a notification of the call and responds in the
//! kernel's place.

use crate::clauses::*;
use fixtures::Errno::{EINPROGRESS, EINVAL, ENOENT};
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Child, Flavour};
use fixtures::filter::{Action, Filter, instruction_pointer};
use fixtures::gadget::{Gadget, Place};
use fixtures::listener::{Listener, Notification, Response};
use fixtures::needs::{INT80, USER_NOTIF};
use fixtures::observable_call::ObservableCall;
use fixtures::{Entry, Reg, Registers, WaitStatus, memory, sigsys};
use rstest::rstest;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use sys::uapi::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, ENOSYS, POLLIN, SIGUSR1, SYS_getpid};

/// A filter with a listener, and a gadget for children to call from.
pub(super) struct Scene {
    pub gadget: Gadget,
    pub listener: Listener,
}

pub(super) fn scene(entry: Entry) -> Scene {
    let gadget = Gadget::new(entry);
    let here = instruction_pointer(gadget.after());
    Scene { gadget, listener: Listener::of(&Filter::only(here, Action::UserNotif)) }
}

/// A child that makes a single call and records its result and how often a SIGSYS handler ran.
pub(super) struct Caller {
    pub child: Child,
    words: &'static [AtomicU64],
}

impl Scene {
    pub(super) fn caller(&self, nr: i64, args: [usize; 6]) -> Caller {
        let mut image = Registers::pattern().with(Reg::Rax, nr as u64);
        for (reg, value) in
            [Reg::Rdi, Reg::Rsi, Reg::Rdx, Reg::R10, Reg::R8, Reg::R9].into_iter().zip(args)
        {
            image[reg] = value as u64;
        }
        self.caller_with(image)
    }

    fn caller_with(&self, image: Registers) -> Caller {
        let words = memory::shared(2);
        words[0].store(u64::MAX - 1, SeqCst);
        let child = child::start(Flavour::Fork, || {
            let log = sigsys::handle();
            words[0].store(self.gadget.call_with(image)[Reg::Rax], SeqCst);
            words[1].store(log.count(), SeqCst);
            0
        });
        Caller { child, words }
    }

    pub(super) fn receive(&self) -> Notification {
        self.listener.receive().unwrap_or_else(|errno| panic!("no notification arrives: {errno:?}"))
    }

    /// What a call returns whose notification gets the response `answer`.
    pub(super) fn result_of(&self, answer: impl Fn(&Notification) -> Response) -> i64 {
        let caller = self.caller(UNASSIGNED, [0; 6]);
        let asked = self.receive();
        assert_eq!(self.listener.answer(answer(&asked)), Ok(()));
        caller.result()
    }
}

impl Caller {
    pub(super) fn result(self) -> i64 {
        assert_eq!(self.child.end(), WaitStatus::Exited(0));
        assert_eq!(self.words[1].load(SeqCst), 0, "signals at the caller");
        self.words[0].load(SeqCst) as i64
    }
}

#[rstest]
#[case::zero(0)]
#[case::value(4242)]
#[case::bit_31(0x8000_0000)]
#[case::big(0x1234_5678_9abc_def0)]
#[case::greatest(i64::MAX)]
#[case::least(i64::MIN)]
#[case::minus_one(-1)]
#[case::error(-ENOSYS)]
#[case::no_error(-4096)]
#[harness::test(
    clause = SECCOMP_NOTIFY_RESPONSE_VALUE,
    catches = "a response's val cut to 32 bits or clamped, or replaced where it looks like an error",
    needs = [USER_NOTIF],
)]
fn the_answers_value_is_the_result(#[case] value: i64) {
    assert_eq!(scene(Entry::Syscall).result_of(|asked| asked.returns(value)), value);
}

#[rstest]
#[case::one(1)]
#[case::enosys(ENOSYS as i32)]
#[case::greatest(4095)]
#[harness::test(
    clause = SECCOMP_NOTIFY_RESPONSE_ERROR,
    catches = "a response's val returned although error is set, or error with its sign inverted",
    needs = [USER_NOTIF],
)]
fn the_answers_error_is_the_error(#[case] errno: i32) {
    let scene = scene(Entry::Syscall);
    let fails = i64::from(-errno);
    assert_eq!(scene.result_of(|asked| asked.fails(errno)), fails);
    let with_a_value = |asked: &Notification| Response { val: 4242, ..asked.fails(errno) };
    assert_eq!(scene.result_of(with_a_value), fails, "with a value beside it");
}

/// 20 is getpid in the 32-bit table.
#[harness::test(
    clause = [SECCOMP_NOTIFY_RESPONSE_VALUE, SECCOMP_NOTIFY_CONTINUE, DISPATCH_NUMBER_INT80],
    catches = "a notification of int 0x80 with the wrong arch, or CONTINUE that executes the 64-bit call \
        of its number",
    needs = [USER_NOTIF, INT80],
)]
fn an_int80_is_answered_like_any_call() {
    let scene = scene(Entry::Int80);
    let caller = scene.caller(20, [0; 6]);
    let asked = scene.receive();
    assert_eq!((asked.nr, asked.arch), (20, AUDIT_ARCH_I386));
    assert_eq!(scene.listener.answer(asked.returns(4242)), Ok(()));
    assert_eq!(caller.result(), 4242);
    let caller = scene.caller(20, [0; 6]);
    let pid = caller.child.pid();
    let asked = scene.receive();
    assert_eq!(scene.listener.answer(asked.continues()), Ok(()));
    assert!(caller.result() == i64::from(pid), "getpid returned another result");
}

#[rstest]
#[case::write(ObservableCall::write())]
#[harness::test(
    clause = [SECCOMP_NOTIFY_CALL_WAITS, SECCOMP_NOTIFY_RESPONSE_VALUE, SECCOMP_NOTIFY_CONTINUE],
    catches = "a call executed before its response or in spite of a result, or not executed at CONTINUE",
    needs = [USER_NOTIF],
)]
fn a_call_is_made_if_the_listener_says_so(#[case] deed: ObservableCall) {
    let scene = scene(Entry::Syscall);
    let caller = scene.caller(deed.nr, deed.args);
    let asked = scene.receive();
    assert!(!deed.took_effect(), "the call was made before it was answered");
    assert_eq!(scene.listener.answer(asked.returns(5)), Ok(()));
    assert_eq!((caller.result(), deed.took_effect()), (5, false), "answered");
    let caller = scene.caller(deed.nr, deed.args);
    let asked = scene.receive();
    assert_eq!(scene.listener.answer(asked.fails(5)), Ok(()));
    assert_eq!((caller.result(), deed.took_effect()), (-5, false), "refused");
    let caller = scene.caller(deed.nr, deed.args);
    let asked = scene.receive();
    assert_eq!(scene.listener.answer(asked.continues()), Ok(()));
    assert_eq!((caller.result(), deed.took_effect()), (5, true), "continued");
}

/// Each argument register holds a distinct pattern.
#[rstest]
#[case::plain(UNASSIGNED)]
#[case::x32(0x4000_0027)]
#[case::minus_one(-1)]
#[case::upper_half(0x7700_0000_0000_0027)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_FIELDS, SECCOMP_DATA_ARGS, SECCOMP_DATA_NUMBER],
    catches = "a field of seccomp_notif taken from another register or task, or nr with bits of RAX \
        above 31",
    needs = [USER_NOTIF],
)]
fn a_notification_tells_the_call(#[case] nr: i64) {
    let scene = scene(Entry::Syscall);
    let image = Registers::pattern().with(Reg::Rax, nr as u64);
    let caller = scene.caller_with(image);
    let pid = caller.child.pid();
    let asked = scene.receive();
    assert_eq!(scene.listener.answer(asked.returns(0)), Ok(()));
    caller.result();
    assert!(asked.pid == pid as u32, "the notification names another caller");
    assert_eq!((asked.flags, asked.nr, asked.arch), (0, nr as i32, AUDIT_ARCH_X86_64));
    assert_eq!(scene.gadget.place(asked.instruction_pointer), Place::AFTER);
    let args = [Reg::Rdi, Reg::Rsi, Reg::Rdx, Reg::R10, Reg::R8, Reg::R9].map(|reg| image[reg]);
    assert_eq!(asked.args, args);
}

#[harness::test(
    clause = SECCOMP_NOTIFY_FIELDS,
    catches = "the thread group's id in seccomp_notif.pid instead of the calling thread's",
    needs = [USER_NOTIF],
)]
fn a_notification_names_the_thread() {
    let scene = scene(Entry::Syscall);
    let words = memory::shared(1);
    let child = child::start(Flavour::Fork, || {
        child::start(Flavour::CloneThread, || {
            words[0].store(child::own_tid() as u64, SeqCst);
            scene.gadget.call(UNASSIGNED);
            0
        })
        .end();
        0
    });
    let asked = scene.receive();
    let pid = child.pid() as u32;
    assert_eq!(scene.listener.answer(asked.returns(0)), Ok(()));
    assert_eq!(child.end(), WaitStatus::Exited(0));
    assert!(u64::from(asked.pid) == words[0].load(SeqCst), "the id is not the thread's");
    assert!(asked.pid != pid, "the id is the process's");
}

#[harness::test(
    clause = [SECCOMP_NOTIFY_CHILDREN_TOO, SECCOMP_NOTIFY_UNIQUE_ID, SECCOMP_NOTIFY_RESPONSE_VALUE],
    catches = "a response delivered to the oldest waiting call instead of the call that has its id",
    needs = [USER_NOTIF],
)]
fn calls_that_wait_at_once_are_answered_each_for_itself() {
    const CALLERS: usize = 6;
    let scene = scene(Entry::Syscall);
    let callers: Vec<_> =
        (0..CALLERS).map(|i| scene.caller(UNASSIGNED, [i, 0, 0, 0, 0, 0])).collect();
    let mut asked: Vec<_> = (0..CALLERS).map(|_| scene.receive()).collect();
    let mut ids: Vec<_> = asked.iter().map(|asked| asked.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CALLERS, "calls with an id of their own");
    // The responses are sent in another order than the calls arrived in.
    asked.sort_by_key(|asked| asked.args[0] * 7 % CALLERS as u64);
    asked.reverse();
    for one in &asked {
        assert_eq!(scene.listener.answer(one.returns(1000 + one.args[0] as i64)), Ok(()));
    }
    let results: Vec<_> = callers.into_iter().map(Caller::result).collect();
    assert_eq!(results, (1000..1000 + CALLERS as i64).collect::<Vec<_>>());
}

#[harness::test(
    clause = SECCOMP_NOTIFY_UNIQUE_ID,
    catches = "the id of an answered notification reused, or ids that repeat within two hundred calls",
    needs = [USER_NOTIF],
)]
fn no_id_comes_again() {
    let scene = scene(Entry::Syscall);
    let child = child::start(Flavour::Fork, || {
        for _ in 0..200 {
            scene.gadget.call(UNASSIGNED);
        }
        0
    });
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let asked = scene.receive();
        ids.insert(asked.id);
        assert_eq!(scene.listener.answer(asked.returns(0)), Ok(()));
    }
    assert_eq!((child.end(), ids.len()), (WaitStatus::Exited(0), 200));
}

/// The caller makes calls with different numbers and arguments, and the responses alternate between
/// continue, value and error.
#[harness::test(
    clause = [SECCOMP_NOTIFY_FIELDS, SECCOMP_NOTIFY_RESPONSE_VALUE, SECCOMP_NOTIFY_CONTINUE],
    catches = "a notification or result that keeps a field of the same caller's previous call",
    needs = [USER_NOTIF],
)]
fn the_calls_of_one_caller_are_told_and_answered_each_for_itself() {
    const ROUNDS: u64 = 3;
    let scene = scene(Entry::Syscall);
    let call = |nr: i64, round: u64| {
        let args = [Reg::Rdi, Reg::Rsi, Reg::Rdx, Reg::R10, Reg::R8, Reg::R9];
        let image = Registers::pattern().with(Reg::Rax, nr as u64);
        args.into_iter().fold(image, |image, reg| image.with(reg, image[reg] ^ round << 17))
    };
    let calls: Vec<_> = (0..ROUNDS)
        .flat_map(|round| [SYS_getpid, UNASSIGNED, SYS_getpid].map(|nr| (nr, call(nr, round))))
        .collect();
    let results = memory::shared(calls.len());
    let child = child::start(Flavour::Fork, || {
        for (result, (_, image)) in results.iter().zip(&calls) {
            result.store(scene.gadget.call_with(*image)[Reg::Rax], SeqCst);
        }
        0
    });
    let pid = child.pid();
    let mut expected = Vec::new();
    for (i, (nr, image)) in calls.iter().enumerate() {
        let asked = scene.receive();
        assert!(asked.pid == pid as u32, "the notification names another caller");
        assert_eq!((asked.flags, i64::from(asked.nr), asked.arch), (0, *nr, AUDIT_ARCH_X86_64));
        assert_eq!(scene.gadget.place(asked.instruction_pointer), Place::AFTER);
        let args = [Reg::Rdi, Reg::Rsi, Reg::Rdx, Reg::R10, Reg::R8, Reg::R9].map(|reg| image[reg]);
        assert_eq!(asked.args, args, "call {i}");
        let (answer, result) = match i % 3 {
            0 => (asked.continues(), i64::from(pid)),
            1 => (asked.returns(i64::MAX - i as i64), i64::MAX - i as i64),
            _ => (asked.fails(i as i32), -(i as i64)),
        };
        assert_eq!(scene.listener.answer(answer), Ok(()));
        expected.push(result);
    }
    assert_eq!(child.end(), WaitStatus::Exited(0));
    let results: Vec<_> = results.iter().map(|result| result.load(SeqCst) as i64).collect();
    // The child's pid, which differs between runs, must not appear in a failure.
    assert!(results == expected, "a result is another call's");
}

/// A valid response to the same notification follows, and its value must be the call's result.
#[rstest]
#[case::flag_1(|asked: &Notification| Response { flags: 2, ..asked.returns(1) }, EINVAL)]
#[case::flag_31(|asked: &Notification| Response { flags: 1 << 31, ..asked.returns(1) }, EINVAL)]
#[case::continue_and_a_flag(|asked: &Notification| Response { flags: 3, ..asked.returns(0) }, EINVAL)]
#[case::continue_with_a_value(|asked: &Notification| Response { val: 1, ..asked.continues() }, EINVAL)]
#[case::continue_with_a_high_value(
    |asked: &Notification| Response { val: 1 << 32, ..asked.continues() },
    EINVAL
)]
#[case::continue_with_an_error(
    |asked: &Notification| Response { error: -1, ..asked.continues() },
    EINVAL
)]
#[case::another_id(|asked: &Notification| Response { id: !asked.id, ..asked.returns(1) }, ENOENT)]
#[case::the_next_id(|asked: &Notification| Response { id: asked.id + 1, ..asked.returns(1) }, ENOENT)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_SEND_ERRORS, SECCOMP_NOTIFY_CONTINUE],
    catches = "a response with an unknown flag, id or CONTINUE with a result accepted, or its refusal \
        that ends the wait",
    needs = [USER_NOTIF],
)]
fn a_refused_answer_does_nothing(
    #[case] refused: fn(&Notification) -> Response,
    #[case] errno: fixtures::Errno,
) {
    let scene = scene(Entry::Syscall);
    let caller = scene.caller(UNASSIGNED, [0; 6]);
    let asked = scene.receive();
    assert_eq!(scene.listener.answer(refused(&asked)), Err(errno));
    assert_eq!(scene.listener.is_waiting(asked.id), Ok(()), "the call still waits");
    assert_eq!(scene.listener.answer(asked.returns(77)), Ok(()));
    assert_eq!(caller.result(), 77);
}

#[harness::test(
    clause = SECCOMP_NOTIFY_SEND_ERRORS,
    catches = "a second response accepted for a notification, or one that replaces the first one's result",
    needs = [USER_NOTIF],
)]
fn a_call_is_answered_once() {
    let scene = scene(Entry::Syscall);
    let caller = scene.caller(UNASSIGNED, [0; 6]);
    let asked = scene.receive();
    assert_eq!(scene.listener.answer(asked.returns(1)), Ok(()));
    // The call may or may not have returned already.
    let again = scene.listener.answer(asked.returns(2));
    assert!([Err(EINPROGRESS), Err(ENOENT)].contains(&again), "the second answer: {again:?}");
    assert_eq!(caller.result(), 1);
    assert_eq!(scene.listener.answer(asked.returns(2)), Err(ENOENT), "afterwards");
}

/// The id is predictable: ids count up by 1.
#[harness::test(
    clause = SECCOMP_NOTIFY_SEND_ERRORS,
    catches = "a response accepted for a notification that is queued and not yet received",
    needs = [USER_NOTIF],
)]
fn a_call_is_not_answered_before_it_is_received() {
    let scene = scene(Entry::Syscall);
    let caller = scene.caller(UNASSIGNED, [0; 6]);
    let first = scene.receive();
    assert_eq!(scene.listener.answer(first.returns(1)), Ok(()));
    assert_eq!(caller.result(), 1);
    let caller = scene.caller(UNASSIGNED, [0; 6]);
    assert_eq!(scene.listener.events(POLLIN, 6000), POLLIN, "a call waits");
    let early = scene.listener.answer(Response { id: first.id + 1, ..first.returns(2) });
    let second = scene.receive();
    assert_eq!(scene.listener.answer(second.returns(3)), Ok(()));
    assert_eq!((early, caller.result()), (Err(EINPROGRESS), 3));
}

#[harness::test(
    clause = SECCOMP_NOTIFY_SIGNAL_ABORTS,
    catches = "an interrupted wait that returns no EINTR, runs no handler, or leaves its notification to \
        be answered",
    needs = [USER_NOTIF],
)]
fn a_signal_ends_the_wait() {
    let scene = scene(Entry::Syscall);
    let words = memory::shared(2);
    let child = child::start(Flavour::Fork, || {
        let log = sigsys::handle_signal(SIGUSR1, fixtures::SigAction::PLAIN);
        words[0].store(scene.gadget.call(UNASSIGNED) as u64, SeqCst);
        words[1].store(log.count(), SeqCst);
        0
    });
    let asked = scene.receive();
    child::send(child.pid(), SIGUSR1);
    assert_eq!(child.end(), WaitStatus::Exited(0));
    assert_eq!((words[0].load(SeqCst) as i64, words[1].load(SeqCst)), (-4, 1));
    assert_eq!(scene.listener.answer(asked.returns(1)), Err(ENOENT));
}
