//! The SIGSYS of RET_TRAP is delivered to the thread that made the call, and to no other.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{Action, Filter, argument, number};
use fixtures::gadget::Gadget;
use fixtures::intercepted::is_that_call;
use fixtures::needs::SECCOMP_FILTER;
use fixtures::sigsys;
use fixtures::thread::{Steps, spawn};
use fixtures::{Reg, Registers};
use rstest::rstest;
use std::thread;
use sys::uapi::{ENOSYS, SYS_SECCOMP};

const THREADS: usize = 8;
const ROUNDS: usize = 100;

/// Each thread has its own number and data, all from a single filter, and counts the rounds that
/// delivered exactly its own call. An idle thread could take a signal sent to the process at any time.
#[harness::test(
    clause = SECCOMP_TRAP_SIGSYS,
    catches = "a SIGSYS delivered to another thread of the process, or with another thread's number or \
        data",
    needs = [SECCOMP_FILTER],
)]
fn threads_that_trap_at_once_get_their_own_signals() {
    sigsys::handle();
    let numbers: Vec<i64> = (0..THREADS as i64).map(|i| UNASSIGNED - i).collect();
    let filter = numbers
        .iter()
        .fold(Filter::new(), |filter, nr| filter.when(number(*nr), Action::Trap(!*nr as u16)));
    filter.load();
    let (ready, done) = (Steps::new(), Steps::new());
    let idle = || {
        let log = sigsys::attach_log();
        ready.arrive();
        done.wait_for(THREADS as u32);
        log.count()
    };
    let busy = |nr: i64| {
        let (gadget, log) = (Gadget::syscall(), sigsys::attach_log());
        ready.arrive();
        ready.wait_for(1 + THREADS as u32);
        let good = (0..ROUNDS).filter(|_| {
            log.clear();
            let result = gadget.call(nr);
            let data = i32::from(!nr as u16);
            let own = log
                .delivery(0)
                .is_some_and(|caught| is_that_call(&caught, &gadget, nr, SYS_SECCOMP, data));
            own && log.count() == 1 && result == nr
        });
        let good = good.count();
        done.arrive();
        good
    };
    let (seen, good) = thread::scope(|scope| {
        let idle = spawn(scope, idle);
        let busy: Vec<_> = numbers.iter().map(|nr| spawn(scope, move || busy(*nr))).collect();
        let good: Vec<_> =
            busy.into_iter().map(|t| t.join().expect("the thread returns")).collect();
        (idle.join().expect("the thread returns"), good)
    });
    assert_eq!(seen, 0, "signals in the idle thread");
    assert_eq!(good, [ROUNDS; THREADS], "rounds with the thread's own signal");
}

#[rstest]
#[case::first_thread(true)]
#[case::second_thread(false)]
#[harness::test(
    clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_FORCED_SIGNAL],
    catches = "SIGSYS queued for the process, so that another thread takes it while the caller blocks it",
    needs = [SECCOMP_FILTER],
    ends = KilledBy(SIGSYS),
)]
fn no_other_thread_takes_the_signal_of_a_caller_that_blocks_it(#[case] first: bool) {
    sigsys::handle();
    Filter::only(number(UNASSIGNED), Action::Trap(1)).load();
    let steps = Steps::new();
    let idle = || {
        sigsys::attach_log();
        steps.reach(1);
        steps.wait_for(2);
    };
    let caller = || {
        steps.wait_for(1);
        sigsys::attach_log();
        sigsys::block();
        harness::expect_death();
        Gadget::syscall().call(UNASSIGNED);
        steps.reach(2);
    };
    thread::scope(|scope| {
        if first {
            spawn(scope, idle);
            caller();
        } else {
            spawn(scope, caller);
            idle();
        }
    });
}

/// Both threads make the same call from the same instruction.
#[rstest]
#[case::first_thread_loads(true)]
#[case::second_thread_loads(false)]
#[harness::test(
    clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TSYNC_ALL_THREADS],
    catches = "a filter without TSYNC that traps the calls of a thread created before it",
    needs = [SECCOMP_FILTER],
)]
fn a_filter_reaches_no_thread_that_is_there_already(#[case] first: bool) {
    sigsys::handle();
    let gadget = Gadget::syscall();
    let steps = Steps::new();
    let loads = || {
        let log = sigsys::attach_log();
        steps.wait_for(1);
        Filter::only(number(UNASSIGNED), Action::Trap(1)).load();
        steps.reach(2);
        steps.wait_for(3);
        (gadget.call(UNASSIGNED), log.count())
    };
    let other = || {
        let log = sigsys::attach_log();
        steps.reach(1);
        steps.wait_for(2);
        let seen = (gadget.call(UNASSIGNED), log.count());
        steps.reach(3);
        seen
    };
    let seen = thread::scope(|scope| {
        if first {
            let other = spawn(scope, other);
            [loads(), other.join().expect("the thread returns")]
        } else {
            let loads = spawn(scope, loads);
            let other = other();
            [loads.join().expect("the thread returns"), other]
        }
    });
    assert_eq!(seen, [(UNASSIGNED, 1), (-ENOSYS, 0)]);
}

/// Both threads have the filter; the first argument decides whose call is trapped.
#[harness::test(
    clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_INHERIT_THREAD],
    catches = "a verdict cached per process or per number, so that a thread's trap also hits another \
        thread",
    needs = [SECCOMP_FILTER],
)]
fn a_trap_in_one_thread_is_none_in_another() {
    const MARK: u64 = 0x1111_2222_3333_4444;
    sigsys::handle();
    let marked = number(UNASSIGNED).and(argument(0, MARK));
    Filter::only(marked, Action::Trap(1)).load();
    let gadget = Gadget::syscall();
    let ready = Steps::new();
    let call = |argument: u64| {
        let log = sigsys::attach_log();
        let registers = Registers::pattern().with(Reg::Rax, UNASSIGNED as u64);
        let registers = registers.with(Reg::Rdi, argument);
        ready.arrive();
        ready.wait_for(2);
        let good = (0..ROUNDS).filter(|_| {
            let result = gadget.call_with(registers)[Reg::Rax] as i64;
            result == if argument == MARK { UNASSIGNED } else { -ENOSYS }
        });
        (good.count(), log.count())
    };
    let seen = thread::scope(|scope| {
        [MARK, MARK + 1]
            .map(|argument| spawn(scope, move || call(argument)))
            .map(|thread| thread.join().expect("the thread returns"))
    });
    assert_eq!(seen, [(ROUNDS, ROUNDS as u64), (ROUNDS, 0)]);
}
