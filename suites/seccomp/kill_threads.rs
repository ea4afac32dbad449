//! Which threads end when a thread of several makes a call under RET_KILL_THREAD or RET_KILL_PROCESS.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Child, Flavour};
use fixtures::filter::{Action, Filter, load, number};
use fixtures::gadget::Gadget;
use fixtures::needs::{KILL_PROCESS_LOG, PTRACE};
use fixtures::sigsys::{self};
use fixtures::thread::Steps;
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{WaitStatus, environment};
use rstest::rstest;
use sys::uapi::{ENOSYS, PTRACE_EVENT_CLONE, PTRACE_O_TRACECLONE, SIGSYS, SYS_exit};

/// Exit status of a process that outlives its killed thread.
const OUTLIVED: i32 = 42;
const KILLED: WaitStatus = WaitStatus::KilledBy(SIGSYS);

/// Exit status of a thread that makes the call and lives on.
const RETURNED: i32 = 9;
/// What the result word of a thread holds that does not reach its end.
const NO_RESULT: WaitStatus = WaitStatus::Exited(-1);

fn thread(body: impl FnOnce() -> i32) -> Child {
    child::start(Flavour::CloneThread, body)
}

fn process(action: Action, body: impl FnOnce(&Gadget)) -> WaitStatus {
    let gadget = Gadget::syscall();
    child::fork(|| {
        environment::disable_core_dump();
        sigsys::handle();
        load(500, action);
        body(&gadget);
        child::exit(OUTLIVED)
    })
}

/// The first thread waits for the second one's end, makes a call, and exits.
fn second_thread_calls(action: Action) -> WaitStatus {
    process(action, |gadget| {
        let second = thread(|| {
            gadget.call(500);
            RETURNED
        });
        let end = second.end();
        let alive = gadget.call(UNASSIGNED) == -ENOSYS;
        child::exit(if (end, alive) == (NO_RESULT, true) { OUTLIVED } else { RETURNED });
    })
}

#[rstest]
#[case::kill_thread(Action::KillThread, WaitStatus::Exited(OUTLIVED))]
#[case::kill_thread_with_data(Action::Raw(0xffff), WaitStatus::Exited(OUTLIVED))]
#[case::kill_process(Action::KillProcess, KILLED)]
#[case::kill_process_with_data(Action::Raw(0x8000_ffff), KILLED)]
#[case::unknown(Action::Raw(0x0001_0000), KILLED)]
#[case::unknown_below_allow(Action::Raw(0x7ffe_0000), KILLED)]
#[case::unknown_with_the_sign(Action::Raw(0x8001_0000), KILLED)]
#[case::all_ones(Action::Raw(0xffff_ffff), KILLED)]
#[case::errno(Action::Errno(5), WaitStatus::Exited(RETURNED))]
#[harness::test(
    clause = [SECCOMP_ACTIONS_KILL_THREAD, SECCOMP_ACTIONS_KILL_PROCESS, SECCOMP_ACTIONS_UNKNOWN],
    catches = "RET_KILL_THREAD from a second thread that ends its process, or RET_KILL_PROCESS that ends \
        just that thread",
    needs = [KILL_PROCESS_LOG],
)]
fn a_call_of_the_second_thread_kills(#[case] action: Action, #[case] end: WaitStatus) {
    assert_eq!(second_thread_calls(action), end);
}

/// The kernel clears the thread id word of the first thread when that thread exits.
#[rstest]
#[case::kill_thread(Action::KillThread, WaitStatus::Exited(OUTLIVED))]
#[case::kill_process(Action::KillProcess, KILLED)]
#[case::unknown(Action::Raw(0x7ffe_0000), KILLED)]
#[harness::test(
    clause = [SECCOMP_ACTIONS_KILL_THREAD, SECCOMP_ACTIONS_KILL_PROCESS, SECCOMP_ACTIONS_UNKNOWN],
    catches = "RET_KILL_THREAD in the group leader that ends the process, or KILL_PROCESS that ends the \
        leader alone",
    needs = [KILL_PROCESS_LOG],
)]
fn a_call_of_the_first_thread_kills(#[case] action: Action, #[case] end: WaitStatus) {
    let seen = process(action, |gadget| {
        let gone = child::ClearTid::of_this_thread();
        thread(|| {
            gone.wait();
            child::exit(if gadget.call(UNASSIGNED) == -ENOSYS { OUTLIVED } else { RETURNED })
        });
        gadget.call(500);
    });
    assert_eq!(seen, end);
}

/// The status of a single thread is visible to its tracer only.
#[rstest]
#[case::killed(500, KILLED)]
#[case::refused(501, WaitStatus::Exited(RETURNED))]
#[harness::test(
    clause = [SECCOMP_ACTIONS_KILL_THREAD, SECCOMP_ACTIONS_KILL_STATUS],
    catches = "a thread killed by RET_KILL_THREAD whose wait status is an exit or another signal than \
        SIGSYS",
    needs = [KILL_PROCESS_LOG, PTRACE],
)]
fn a_killed_thread_ends_as_by_sigsys(#[case] nr: i64, #[case] end: WaitStatus) {
    let gadget = Gadget::syscall();
    // Once a whole process has exited, each of its threads reports the process's status.
    let seen = Steps::new();
    let first = Tracee::start_with(PTRACE_O_TRACECLONE, || {
        environment::disable_core_dump();
        Filter::new()
            .when(number(500), Action::KillThread)
            .when(number(501), Action::Errno(5))
            .load();
        let second = thread(|| {
            gadget.call(nr);
            child::exit_thread(RETURNED)
        });
        second.end();
        seen.wait_for(1);
        OUTLIVED
    });
    assert_eq!(first.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_CLONE));
    let second = Tracee::adopt(first.message() as i32);
    second.wait();
    first.resume(0);
    let found = second.finish();
    seen.reach(1);
    assert_eq!(found, end);
    assert_eq!(first.wait(), Stop::Ended(WaitStatus::Exited(OUTLIVED)));
}

#[harness::test(
    clause = SECCOMP_ACTIONS_KILL_LAST_THREAD,
    catches = "the leader's earlier exit status 0 reported when the last thread is killed by SIGSYS",
    needs = [KILL_PROCESS_LOG],
)]
fn a_killed_last_thread_ends_the_process_by_sigsys() {
    let seen = process(Action::KillThread, |gadget| {
        let gone = child::ClearTid::of_this_thread();
        thread(|| {
            gone.wait();
            gadget.call(500);
            RETURNED
        });
        gadget.call_args(SYS_exit, [0; 6]);
    });
    assert_eq!(seen, KILLED);
}

#[harness::test(
    clause = SECCOMP_ACTIONS_KILL_THREAD,
    catches = "a repeated RET_KILL_THREAD that takes waiting threads along or leaves state after the first",
    needs = [KILL_PROCESS_LOG],
)]
fn threads_are_killed_one_at_a_time() {
    let seen = process(Action::KillThread, |gadget| {
        let steps = Steps::new();
        for step in 1..=6 {
            let victim = thread(|| {
                steps.wait_for(step);
                gadget.call(500);
                RETURNED
            });
            let waiting = thread(|| {
                steps.wait_for(step + 1);
                3
            });
            steps.reach(step);
            let ends = [victim.end(), {
                steps.reach(step + 1);
                waiting.end()
            }];
            if ends != [NO_RESULT, WaitStatus::Exited(3)] || gadget.call(UNASSIGNED) != -ENOSYS {
                child::exit(RETURNED);
            }
        }
    });
    assert_eq!(seen, WaitStatus::Exited(OUTLIVED));
}

#[rstest]
#[case::kill_process(Action::KillProcess, KILLED, 0)]
#[case::kill_thread(Action::KillThread, WaitStatus::Exited(OUTLIVED), 4)]
#[harness::test(
    clause = [SECCOMP_ACTIONS_KILL_PROCESS, SECCOMP_ACTIONS_KILL_THREAD],
    catches = "threads blocked in the kernel that are missed by RET_KILL_PROCESS or woken by \
        RET_KILL_THREAD",
    needs = [KILL_PROCESS_LOG],
)]
fn waiting_threads_share_the_fate(
    #[case] action: Action,
    #[case] end: WaitStatus,
    #[case] woken: u32,
) {
    let (ready, done) = (Steps::new(), Steps::new());
    let seen = process(action, |gadget| {
        let waiting = [(); 4].map(|()| {
            thread(|| {
                ready.arrive();
                ready.wait_for(5);
                done.arrive();
                0
            })
        });
        ready.wait_for(4);
        thread(|| {
            gadget.call(500);
            RETURNED
        })
        .end();
        ready.reach(5);
        for one in waiting {
            one.end();
        }
    });
    assert_eq!((seen, done.now()), (end, woken));
}

#[rstest]
#[case::clone_vm(Flavour::CloneVm)]
#[case::clone_sighand(Flavour::CloneSighand)]
#[case::vfork(Flavour::Vfork)]
#[case::fork(Flavour::Fork)]
#[harness::test(
    clause = [SECCOMP_ACTIONS_KILL_PROCESS, SECCOMP_ACTIONS_KILL_LAST_THREAD, SECCOMP_INHERIT_FORK],
    catches = "a kill sent to every task that shares memory or handlers instead of the thread group",
    needs = [KILL_PROCESS_LOG],
)]
fn the_maker_of_a_killed_process_lives_on(#[case] flavour: Flavour) {
    for action in [Action::KillProcess, Action::KillThread] {
        let seen = process(action, |gadget| {
            let end = child::start(flavour, || {
                gadget.call(500);
                RETURNED
            });
            child::exit(if end.end() == KILLED { OUTLIVED } else { RETURNED });
        });
        assert_eq!(seen, WaitStatus::Exited(OUTLIVED), "{action:?}");
    }
}
