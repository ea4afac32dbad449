//! Who dies when a thread among several makes a call that kills.

use super::clauses::*;
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

/// Status of a process that outlived the thread that was killed.
const OUTLIVED: i32 = 42;
const KILLED: WaitStatus = WaitStatus::KilledBy(SIGSYS);

/// Status of a thread that made the call and lived on.
const RETURNED: i32 = 9;
/// What the result word of a thread says that never came to its end.
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

/// The first thread waits for the second one's end, makes a call, and leaves.
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

/// A kernel that ends every thread for KILL_THREAD, or only the calling one for KILL_PROCESS and
/// for values that are no action.
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
    clause = [NOW_ACT_KILL_THREAD, NOW_ACT_KILL_PROCESS, NOW_ACT_UNKNOWN],
    needs = [KILL_PROCESS_LOG],
)]
fn a_call_of_the_second_thread_kills(#[case] action: Action, #[case] end: WaitStatus) {
    assert_eq!(second_thread_calls(action), end);
}

/// The kernel clears the first thread's id word when that thread ends.
#[rstest]
#[case::kill_thread(Action::KillThread, WaitStatus::Exited(OUTLIVED))]
#[case::kill_process(Action::KillProcess, KILLED)]
#[case::unknown(Action::Raw(0x7ffe_0000), KILLED)]
#[harness::test(
    clause = [NOW_ACT_KILL_THREAD, NOW_ACT_KILL_PROCESS, NOW_ACT_UNKNOWN],
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

/// Only a tracer learns how one thread of several ended.
#[rstest]
#[case::killed(500, KILLED)]
#[case::refused(501, WaitStatus::Exited(RETURNED))]
#[harness::test(
    clause = [NOW_ACT_KILL_THREAD, NOW_ACT_KILL_STATUS],
    needs = [KILL_PROCESS_LOG, PTRACE],
)]
fn a_killed_thread_ends_as_by_sigsys(#[case] nr: i64, #[case] end: WaitStatus) {
    let gadget = Gadget::syscall();
    // A process that has ended as a whole lends its status to every thread.
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

/// The first thread has left with status 0 when the last one is killed.
#[harness::test(clause = NOW_ACT_KILL_THREAD_LAST, needs = [KILL_PROCESS_LOG])]
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

/// One after the other, while the rest wait and one goes on making calls.
#[harness::test(clause = NOW_ACT_KILL_THREAD, needs = [KILL_PROCESS_LOG])]
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

/// The others wait in the kernel: none of them finishes what it waits for.
#[rstest]
#[case::kill_process(Action::KillProcess, KILLED, 0)]
#[case::kill_thread(Action::KillThread, WaitStatus::Exited(OUTLIVED), 4)]
#[harness::test(
    clause = [NOW_ACT_KILL_PROCESS, NOW_ACT_KILL_THREAD],
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

/// A process of its own in the same memory is not one of the threads.
#[rstest]
#[case::clone_vm(Flavour::CloneVm)]
#[case::clone_sighand(Flavour::CloneSighand)]
#[case::vfork(Flavour::Vfork)]
#[case::fork(Flavour::Fork)]
#[harness::test(
    clause = [NOW_ACT_KILL_PROCESS, NOW_ACT_KILL_THREAD_LAST, NOW_INHERIT_FORK],
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
