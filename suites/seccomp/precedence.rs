//! Several filters: which filter's action is taken, and with which data.

use crate::clauses::*;
use fixtures::child::{self, Flavour};
use fixtures::filter::{Action, Filter, Word, any, instruction_pointer, load, made_by, number};
use fixtures::gadget::Gadget;
use fixtures::listener::Listener;
use fixtures::needs::{INT80, KILL_PROCESS_LOG, SECCOMP_FILTER, USER_NOTIF};
use fixtures::{Entry, WaitStatus, environment, memory, sigsys};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::ENOSYS;

/// getppid: its own result is neither negative nor equal to any injected result.
const NR: i64 = 110;
const DATA: u16 = 0x123;
const ANSWER: i64 = 0x4242_4242_4242;

/// The outcome of a thread's call, in a process with two threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    ProcessKilled,
    ThreadKilled,
    Trapped,
    Failed,
    Answered,
    NoSys,
    Made,
    Odd,
}

/// The expected outcome under a single action, without a tracer and with a listener.
fn outcome(action: Action) -> Outcome {
    match action {
        Action::KillProcess | Action::Raw(_) => Outcome::ProcessKilled,
        Action::KillThread => Outcome::ThreadKilled,
        Action::Trap(_) => Outcome::Trapped,
        Action::Errno(_) => Outcome::Failed,
        Action::UserNotif => Outcome::Answered,
        Action::Trace(_) => Outcome::NoSys,
        Action::Log | Action::Allow => Outcome::Made,
    }
}

/// Installs a filter per action, in order, and has a thread of a child make the call.
fn under(actions: &[Action]) -> Outcome {
    const RESULT: usize = 0;
    const TRAPS: usize = 1;
    let gadget = Gadget::syscall();
    let words = memory::shared(2);
    let mut listener = None;
    for action in actions {
        let filter = Filter::only(number(NR), *action);
        match action {
            Action::UserNotif => listener = Some(Listener::of(&filter)),
            _ => filter.load(),
        }
    }
    words[RESULT].store(u64::MAX, SeqCst);
    let child = child::start(Flavour::Fork, || {
        environment::disable_core_dump();
        let log = sigsys::handle();
        child::start(Flavour::CloneThread, || {
            let result = gadget.call(NR);
            words[RESULT].store(result as u64, SeqCst);
            words[TRAPS].store(log.count(), SeqCst);
            0
        })
        .end();
        0
    });
    let mut answers = 0;
    let end = loop {
        if let Some(end) = child.end_now() {
            break end;
        }
        if let Some(asked) = listener.as_ref().and_then(|listener| listener.receive_within(20)) {
            let listener = listener.as_ref().expect("the notification has a listener");
            // The caller may be killed at any time; its result shows whether the response arrived.
            let _ = listener.answer(asked.returns(ANSWER));
            answers += 1;
        }
    };
    let [result, traps] = [RESULT, TRAPS].map(|i| words[i].load(SeqCst));
    match (end, result as i64, traps, answers) {
        (WaitStatus::KilledBy(sigsys::SIGSYS), -1, 0, 0) => Outcome::ProcessKilled,
        (WaitStatus::Exited(0), -1, 0, 0) => Outcome::ThreadKilled,
        (WaitStatus::Exited(0), NR, 1, 0) => Outcome::Trapped,
        (WaitStatus::Exited(0), result, 0, 0) if result == -i64::from(DATA) => Outcome::Failed,
        (WaitStatus::Exited(0), ANSWER, 0, 1) => Outcome::Answered,
        (WaitStatus::Exited(0), result, 0, 0) if result == -ENOSYS => Outcome::NoSys,
        (WaitStatus::Exited(0), _, 0, 0) if child::is_own_pid(result as i64) => Outcome::Made,
        _ => Outcome::Odd,
    }
}

const KP: Action = Action::KillProcess;
const KT: Action = Action::KillThread;
const TRAP: Action = Action::Trap(DATA);
const ERRNO: Action = Action::Errno(DATA);
const NOTIF: Action = Action::UserNotif;
const TRACE: Action = Action::Trace(DATA);
const LOG: Action = Action::Log;
const ALLOW: Action = Action::Allow;

/// Each pair is installed in both orders; the row names the stronger action first.
#[rstest]
#[case::kill_process_over_kill_thread(KP, KT)]
#[case::kill_process_over_trap(KP, TRAP)]
#[case::kill_process_over_errno(KP, ERRNO)]
#[case::kill_process_over_trace(KP, TRACE)]
#[case::kill_process_over_log(KP, LOG)]
#[case::kill_process_over_allow(KP, ALLOW)]
#[case::kill_thread_over_trap(KT, TRAP)]
#[case::kill_thread_over_errno(KT, ERRNO)]
#[case::kill_thread_over_trace(KT, TRACE)]
#[case::kill_thread_over_log(KT, LOG)]
#[case::kill_thread_over_allow(KT, ALLOW)]
#[case::trap_over_errno(TRAP, ERRNO)]
#[case::trap_over_trace(TRAP, TRACE)]
#[case::trap_over_log(TRAP, LOG)]
#[case::trap_over_allow(TRAP, ALLOW)]
#[case::errno_over_trace(ERRNO, TRACE)]
#[case::errno_over_log(ERRNO, LOG)]
#[case::errno_over_allow(ERRNO, ALLOW)]
#[case::trace_over_log(TRACE, LOG)]
#[case::trace_over_allow(TRACE, ALLOW)]
#[case::log_over_allow(LOG, ALLOW)]
#[case::unknown_over_trap(Action::Raw(0x8001_0000), TRAP)]
#[case::unknown_over_kill_thread(Action::Raw(0x8001_0000), KT)]
#[case::unknown_between_over_errno(Action::Raw(0x0004_0000), ERRNO)]
#[case::unknown_between_over_allow(Action::Raw(0x7ffe_0000), ALLOW)]
#[harness::test(
    clause = [SECCOMP_PRECEDENCE_HIGHEST_WINS, SECCOMP_PRECEDENCE_ORDER, SECCOMP_INSTALL_LAYERING],
    catches = "two actions ranked in the wrong order, or the newest or oldest filter's action taken \
        instead of the strictest",
    needs = [KILL_PROCESS_LOG],
)]
fn the_stronger_action_is_taken(#[case] stronger: Action, #[case] weaker: Action) {
    let expected = outcome(stronger);
    let in_child = |actions: [Action; 2]| child::told(|| under(&actions) == expected);
    assert!(in_child([stronger, weaker]), "the stronger filter is the older");
    assert!(in_child([weaker, stronger]), "the stronger filter is the newer");
    assert!(in_child([stronger, stronger]), "twice");
}

#[rstest]
#[case::kill_process_over_it(KP, NOTIF)]
#[case::kill_thread_over_it(KT, NOTIF)]
#[case::trap_over_it(TRAP, NOTIF)]
#[case::errno_over_it(ERRNO, NOTIF)]
#[case::over_trace(NOTIF, TRACE)]
#[case::over_log(NOTIF, LOG)]
#[case::over_allow(NOTIF, ALLOW)]
#[harness::test(
    clause = [
        SECCOMP_PRECEDENCE_HIGHEST_WINS,
        SECCOMP_PRECEDENCE_ORDER,
        SECCOMP_NOTIFY_HIDDEN_BY_PRECEDENCE,
    ],
    catches = "a notification sent although another filter refuses the call, or TRACE ranked above \
        USER_NOTIF",
    needs = [KILL_PROCESS_LOG, USER_NOTIF],
)]
fn a_listener_is_asked_only_by_the_strongest(#[case] stronger: Action, #[case] weaker: Action) {
    let expected = outcome(stronger);
    let in_child = |actions: [Action; 2]| child::told(|| under(&actions) == expected);
    assert!(in_child([stronger, weaker]), "the stronger filter is the older");
    assert!(in_child([weaker, stronger]), "the stronger filter is the newer");
}

#[harness::test(
    clause = [SECCOMP_PRECEDENCE_HIGHEST_WINS, SECCOMP_PRECEDENCE_ORDER],
    catches = "a chain of filters that stops at the first match, or compares only the newest two",
    needs = [KILL_PROCESS_LOG],
)]
fn the_strongest_of_many_is_taken_wherever_it_lies() {
    let all = [ALLOW, LOG, TRACE, ERRNO, TRAP, KT, KP];
    for count in [3, 5, all.len()] {
        for turn in [0, count / 2, count - 1] {
            let mut actions = all[..count].to_vec();
            actions.rotate_left(turn);
            let expected = outcome(all[count - 1]);
            assert!(child::told(|| under(&actions) == expected), "{actions:?}");
        }
    }
}

#[rstest]
#[case::errno(Action::Errno(1), Action::Errno(2))]
#[case::errno_down(Action::Errno(2), Action::Errno(1))]
#[case::errno_and_none(Action::Errno(5), Action::Errno(0))]
#[case::none_and_errno(Action::Errno(0), Action::Errno(5))]
#[case::errno_and_the_greatest(Action::Errno(1), Action::Errno(0xffff))]
#[harness::test(
    clause = SECCOMP_PRECEDENCE_NEWEST_DATA,
    catches = "RET_ERRNO filters compared by their data too, so that the least error wins instead of the \
        newest",
    needs = [SECCOMP_FILTER],
)]
fn the_error_is_that_of_the_newest(#[case] older: Action, #[case] newer: Action) {
    let gadget = Gadget::syscall();
    load(NR as u32, older);
    load(NR as u32, newer);
    let expected = -i64::from((newer.value() as u16).min(4095));
    assert_eq!(gadget.call(NR), expected);
}

#[rstest]
#[case::up(1, 2)]
#[case::down(2, 1)]
#[case::to_none(0xffff, 0)]
#[case::from_none(0, 0x8000)]
#[harness::test(
    clause = [SECCOMP_PRECEDENCE_NEWEST_DATA, SECCOMP_TRAP_DATA],
    catches = "si_errno with the oldest trap's data, or with the greatest or the least",
    needs = [SECCOMP_FILTER],
)]
fn the_data_of_a_trap_is_that_of_the_newest(#[case] older: u16, #[case] newer: u16) {
    let log = sigsys::handle();
    let gadget = Gadget::syscall();
    load(NR as u32, Action::Trap(older));
    load(NR as u32, Action::Trap(newer));
    gadget.call(NR);
    let errno = log.delivery(0).map(|caught| caught.errno());
    assert_eq!((log.count(), errno), (1, Some(i32::from(newer))));
}

#[rstest]
#[case::trap(&[Action::Raw(0x7fff_1111), Action::Trap(0x222), Action::Errno(0x333)], 0, Some(0x222))]
#[case::trap_in_front(&[Action::Errno(0x333), Action::Trap(0x222), Action::Raw(0x7ffc_0444)], 0, Some(0x222))]
#[case::trap_without(&[Action::Errno(0x333), Action::Trap(0), Action::Errno(0x111)], 0, Some(0))]
#[case::errno(&[Action::Trace(0x555), Action::Errno(0x66), Action::Raw(0x7fff_0777)], -0x66, None)]
#[case::errno_behind(&[Action::Errno(0x66), Action::Trace(0x77), Action::Trace(0x55)], -0x66, None)]
#[case::errno_without(&[Action::Trace(0x555), Action::Errno(0), Action::Trace(0x444)], 0, None)]
#[harness::test(
    clause = [SECCOMP_PRECEDENCE_NEWEST_DATA, SECCOMP_PRECEDENCE_HIGHEST_WINS],
    catches = "data of a weaker action combined with the action taken",
    needs = [SECCOMP_FILTER],
)]
fn the_data_goes_with_the_action(
    #[case] actions: &[Action],
    #[case] result: i64,
    #[case] data: Option<i32>,
) {
    let log = sigsys::handle();
    log.set(fixtures::Reg::Rax, 0);
    let gadget = Gadget::syscall();
    for action in actions {
        load(500, *action);
    }
    let seen = gadget.call(500);
    assert_eq!((seen, log.delivery(0).map(|caught| caught.errno())), (result, data));
}

#[harness::test(
    clause = [SECCOMP_PRECEDENCE_HIGHEST_WINS, SECCOMP_INSTALL_LAYERING],
    catches = "a chain of filters that is cut off, or whose evaluation stops at an ALLOW",
    needs = [SECCOMP_FILTER],
)]
fn a_refusal_counts_at_every_depth() {
    const DEPTH: i64 = 40;
    let gadget = Gadget::syscall();
    for nr in 0..DEPTH {
        load(600 + nr as u32, Action::Errno(100 + nr as u16));
    }
    for nr in 0..DEPTH {
        assert_eq!(gadget.call(600 + nr), -100 - nr, "filter {nr} of {DEPTH}");
    }
    assert_eq!(gadget.call(600 + DEPTH), -ENOSYS);
}

/// The kernel may cache the verdict of filters that read only the number and the architecture, and
/// never of those that read an argument.
#[rstest]
#[case::allowed_by_number(Filter::only(number(NR), Action::Allow))]
#[case::allowed_by_abi(Filter::only(made_by(Entry::Syscall), Action::Allow))]
#[case::allowed_by_argument(Filter::only(Word::argument_low(0).is(0), Action::Allow))]
#[case::allowed(Filter::only(any(), Action::Allow))]
#[case::logged(Filter::only(any(), Action::Log))]
#[harness::test(
    clause = SECCOMP_PRECEDENCE_HIGHEST_WINS,
    catches = "an action cache that an allowing filter sets although another filter refuses the number",
    needs = [KILL_PROCESS_LOG],
)]
fn no_permission_undoes_a_refusal(#[case] permission: Filter) {
    let refusal = Filter::only(number(NR), Action::Errno(5));
    let gadget = Gadget::syscall();
    let ends = [[&refusal, &permission], [&permission, &refusal]].map(|order| {
        child::told(|| {
            order.into_iter().for_each(Filter::load);
            (gadget.call(NR), gadget.call(500)) == (-5, -ENOSYS)
        })
    });
    assert_eq!(ends, [true; 2], "with the refusal older, and newer");
}

#[rstest]
#[case::syscall(Entry::Syscall)]
#[case::int80(Entry::Int80)]
#[harness::test(
    clause = [SECCOMP_PRECEDENCE_HIGHEST_WINS, SECCOMP_DATA_ARCH, SECCOMP_DATA_CHECK_ARCH],
    catches = "an action cache shared between the two ABIs, so that a verdict for one applies to the other",
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_refusal_of_one_abi_is_none_of_the_other(#[case] refused: Entry) {
    let gadgets = [Entry::Syscall, Entry::Int80].map(Gadget::new);
    // The numbers lie in a gap of both tables, just after the tables, and far after them.
    for nr in [390, 500, 0x3fff] {
        Filter::only(number(nr).and(made_by(refused)), Action::Errno(5)).load();
        let expected = gadgets.map(|gadget| if gadget.entry() == refused { -5 } else { -ENOSYS });
        assert_eq!(gadgets.map(|gadget| gadget.call(nr)), expected, "{nr}");
    }
}

#[rstest]
#[case::syscall(Entry::Syscall)]
#[case::int80(Entry::Int80)]
#[harness::test(
    clause = [SECCOMP_PRECEDENCE_HIGHEST_WINS, SECCOMP_DATA_ARCH],
    catches = "a number of the table exempt from a filter that reads the instruction pointer and the \
        architecture",
    needs = [SECCOMP_FILTER, INT80],
)]
fn every_number_of_an_abi_is_refused(#[case] refused: Entry) {
    let gadget = Gadget::new(refused);
    let here = instruction_pointer(gadget.after());
    Filter::only(here.and(made_by(refused)), Action::Errno(5)).load();
    // 335 and 336 of the 64-bit table are reserved for probes.
    let filtered = |nr: &i64| refused == Entry::Int80 || ![335, 336].contains(nr);
    let made = (0..460).filter(filtered).find(|nr| gadget.call(*nr) != -5);
    assert_eq!(made, None, "the first number that is not refused");
}
