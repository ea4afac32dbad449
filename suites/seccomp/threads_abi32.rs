//! The actions of a filter for an int 0x80 of a second thread.

use super::traced::EXITED_0;
use crate::clauses::*;
use fixtures::abi32::Abi32;
use fixtures::child::{self, Flavour};
use fixtures::filter::{Action, Filter, made_by, number};
use fixtures::gadget::Gadget;
use fixtures::intercepted::is_that_call;
use fixtures::listener::Listener;
use fixtures::needs::{INT80, KILL_PROCESS_LOG, PTRACE, SECCOMP_FILTER, USER_NOTIF};
use fixtures::script::{Returned, SharedResults, call};
use fixtures::thread::{Steps, spawn};
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Entry, Reg, WaitStatus, environment, memory, sigsys};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{
    AUDIT_ARCH_I386, ENOSYS, PTRACE_EVENT_CLONE, PTRACE_EVENT_SECCOMP, PTRACE_O_TRACECLONE,
    PTRACE_O_TRACESECCOMP, SIGSTOP, SIGSYS, SYS_SECCOMP, unistd_32,
};

const NR: i64 = 500;
/// Exit status of a process that outlives its killed thread.
const OUTLIVED: i32 = 42;
/// Exit status of a thread that makes the call and lives on.
const RETURNED: i32 = 9;

/// The number by int 0x80 alone.
fn only_by_int80(action: Action) -> Filter {
    Filter::only(number(NR).and(made_by(Entry::Int80)), action)
}

/// The filter is loaded before the thread is made, or by the thread itself.
#[rstest]
#[case::errno(Action::Errno(7), -7)]
#[case::errno_zero(Action::Errno(0), 0)]
#[case::trace_without_a_tracer(Action::Trace(7), -ENOSYS)]
#[case::allow(Action::Allow, -ENOSYS)]
#[harness::test(
    clause = [SECCOMP_INHERIT_THREAD, SECCOMP_ACTIONS_ERRNO, SECCOMP_TRACE_NO_TRACER, SECCOMP_DATA_ARCH],
    catches = "an action that an int 0x80 of a second thread does not meet, or that its 64-bit calls meet too",
    needs = [SECCOMP_FILTER, INT80],
)]
fn an_int80_of_a_second_thread_meets_the_action(
    #[case] action: Action,
    #[case] result: i64,
    #[values(false, true)] by_the_thread: bool,
) {
    let (int80, syscall) = (Gadget::int80(), Gadget::syscall());
    let filter = only_by_int80(action);
    if !by_the_thread {
        filter.load();
    }
    let of_thread = std::thread::scope(|scope| {
        let thread = spawn(scope, || {
            if by_the_thread {
                filter.load();
            }
            [int80.call(NR), syscall.call(NR), int80.call(NR + 1)]
        });
        thread.join().expect("the thread returns")
    });
    assert_eq!(of_thread, [result, -ENOSYS, -ENOSYS]);
    let first = if by_the_thread { -ENOSYS } else { result };
    assert_eq!([int80.call(NR), syscall.call(NR)], [first, -ENOSYS], "the first thread");
}

/// The first thread handles the signal too, and waits meanwhile.
#[rstest]
#[case::second_thread(false)]
#[case::first_thread(true)]
#[harness::test(
    clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_ARCH, SECCOMP_TRAP_SYSCALL, DISPATCH_NUMBER_INT80],
    catches = "a SIGSYS of an int 0x80 that another thread is sent, or that names the other ABI or its number",
    needs = [SECCOMP_FILTER, INT80],
)]
fn an_int80_of_a_thread_traps_there(#[case] first: bool, #[values(20, NR, 0x7fff_ffff)] nr: i64) {
    let log = sigsys::handle();
    let int80 = Gadget::int80();
    Filter::only(number(nr).and(made_by(Entry::Int80)), Action::Trap(33)).load();
    let steps = Steps::new();
    let trapped = |log: &fixtures::Log| {
        let result = int80.call(nr);
        let caught = log.delivery(0).expect("the call is trapped");
        let fields = (caught.arch(), i64::from(caught.syscall()), caught.errno());
        let whole = is_that_call(&caught, &int80, nr, SYS_SECCOMP, 33);
        (result, log.count(), fields, whole)
    };
    let promised = (nr, 1, (AUDIT_ARCH_I386, nr, 33), true);
    let (seen, idle) = std::thread::scope(|scope| {
        let thread = spawn(scope, || {
            let log = sigsys::attach_log();
            steps.reach(1);
            if first {
                steps.wait_for(2);
                (None, log.count())
            } else {
                (Some(trapped(&log)), 0)
            }
        });
        steps.wait_for(1);
        let of_first = first.then(|| trapped(&log));
        steps.reach(2);
        let (of_second, idle) = thread.join().expect("the thread returns");
        (of_first.or(of_second), if first { idle } else { log.count() })
    });
    assert_eq!((seen, idle), (Some(promised), 0));
}

fn thread_calls(action: Action, entry: Entry) -> WaitStatus {
    let gadget = Gadget::new(entry);
    child::fork(|| {
        environment::disable_core_dump();
        sigsys::handle();
        only_by_int80(action).load();
        let second = child::start(Flavour::CloneThread, || {
            gadget.call(NR);
            RETURNED
        });
        let end = second.end();
        child::exit(if end == WaitStatus::Exited(RETURNED) { RETURNED } else { OUTLIVED })
    })
}

/// The twin is the same number by SYSCALL, which no condition of the filter meets.
#[rstest]
#[case::kill_thread(Action::KillThread, WaitStatus::Exited(OUTLIVED))]
#[case::kill_thread_with_data(Action::Raw(0xffff), WaitStatus::Exited(OUTLIVED))]
#[case::kill_process(Action::KillProcess, WaitStatus::KilledBy(SIGSYS))]
#[case::unknown(Action::Raw(0x7ffe_0000), WaitStatus::KilledBy(SIGSYS))]
#[harness::test(
    clause = [SECCOMP_ACTIONS_KILL_THREAD, SECCOMP_ACTIONS_KILL_PROCESS, SECCOMP_ACTIONS_UNKNOWN],
    catches = "a kill by an int 0x80 of a second thread that ends too much, too little, or nothing",
    needs = [KILL_PROCESS_LOG, INT80],
)]
fn an_int80_of_a_second_thread_kills(#[case] action: Action, #[case] end: WaitStatus) {
    let ends = [Entry::Int80, Entry::Syscall].map(|entry| thread_calls(action, entry));
    assert_eq!(ends, [end, WaitStatus::Exited(RETURNED)]);
}

/// The thread is one of a child; its id is what its own gettid says.
#[rstest]
#[case::second_thread(true)]
#[case::first_thread(false)]
#[harness::test(
    clause = [SECCOMP_NOTIFY_FIELDS, SECCOMP_NOTIFY_PID, SECCOMP_NOTIFY_RESPONSE_VALUE],
    catches = "a notification of an int 0x80 of a thread with the process's id, the other ABI, or another number",
    needs = [USER_NOTIF, INT80],
)]
fn an_int80_of_a_thread_is_notified(
    #[case] second: bool,
    #[values(unistd_32::SYS_getpid, NR)] nr: i64,
) {
    let abi = Abi32::new();
    let filter = Filter::only(number(nr).and(made_by(Entry::Int80)), Action::UserNotif);
    let listener = Listener::of(&filter);
    let words = memory::shared(1);
    let caller = child::start(Flavour::Fork, || {
        let body = || {
            words[0].store(child::own_tid() as u64, SeqCst);
            i32::from(abi.call(nr, [1, 2, 3, 4, 5, 6]) == 4242)
        };
        if !second {
            return body();
        }
        match child::start(Flavour::CloneThread, body).end() {
            WaitStatus::Exited(status) => status,
            WaitStatus::KilledBy(_) | WaitStatus::Stopped(_) => 2,
        }
    });
    let asked = listener.receive().expect("a notification arrives");
    assert_eq!((i64::from(asked.nr), asked.arch), (nr, AUDIT_ARCH_I386));
    assert_eq!(asked.args.map(|arg| arg & 0xffff_ffff), [1, 2, 3, 4, 5, 6]);
    assert!(u64::from(asked.pid) == words[0].load(SeqCst), "the pid is not the caller's");
    assert!((asked.pid as i32 == caller.pid()) != second, "the pid is the process's");
    assert_eq!(listener.answer(asked.returns(4242)), Ok(()));
    assert_eq!(caller.end(), WaitStatus::Exited(1));
}

/// The tracer skips the call of the second thread.
#[rstest]
#[case::skipped(-1, Returned::Value(42))]
#[case::changed(unistd_32::SYS_getpid, Returned::OwnPid)]
#[harness::test(
    clause = [SECCOMP_TRACE_EVENT_MESSAGE, SECCOMP_TRACE_SKIP_RESULT, SECCOMP_TRACE_CHANGE_NUMBER],
    catches = "an int 0x80 of a second thread without an event, or whose event's changes are looked up in the 64-bit table",
    needs = [SECCOMP_FILTER, PTRACE, INT80],
)]
fn an_int80_of_a_second_thread_has_an_event(#[case] written: i64, #[case] result: Returned) {
    let int80 = Gadget::int80();
    let notes = SharedResults::new();
    let getppid = unistd_32::SYS_getppid;
    let first = Tracee::start_with(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE, || {
        Filter::only(number(getppid).and(made_by(Entry::Int80)), Action::Trace(7)).load();
        child::start(Flavour::CloneThread, || {
            notes.add(int80.call_with(call(getppid)));
            0
        })
        .end();
        0
    });
    assert_eq!(first.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_CLONE));
    let thread = Tracee::adopt(first.message() as i32);
    assert_eq!(thread.wait(), Stop::Signal(SIGSTOP));
    assert_eq!(thread.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_SECCOMP));
    let mut image = thread.registers();
    assert_eq!((image.call(), thread.message()), (getppid, 7));
    image.set_orig_rax(written);
    image.set(Reg::Rax, 42);
    thread.set_registers(&image);
    assert_eq!(thread.next(Resume::Continue, 0), EXITED_0);
    assert_eq!(first.next(Resume::Continue, 0), EXITED_0);
    assert_eq!(notes.returned(0, first.pid), result);
}
