//! TSYNC beside threads that have exited.

use crate::clauses::*;
use fixtures::Errno;
use fixtures::WaitStatus;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::filter::{self, Action, Filter, TSYNC, TSYNC_ESRCH, number};
use fixtures::gadget::Gadget;
use fixtures::needs::{self, SECCOMP_FILTER};
use fixtures::script::{Returned, SharedResults};
use rstest::rstest;
use sys::uapi::{ENOSYS, SYS_exit};

const NR: i64 = UNASSIGNED;

fn refuse(nr: i64, errno: u16) -> Filter {
    Filter::only(number(nr), Action::Errno(errno))
}

/// What a load answered, as a case keeps it: a thread's id is told by one value.
fn kept(answer: Result<usize, Errno>) -> i64 {
    const A_THREAD: i64 = 1;
    match answer {
        Ok(0) => 0,
        Ok(_) => A_THREAD,
        Err(errno) => -(errno as i64),
    }
}

/// A process whose first thread loads `own` and exits; the second then loads with `flags`, and calls. Gives
/// the answer and the result.
fn beside_a_dead_leader(own: &Filter, flags: usize) -> [Returned; 2] {
    let (gadget, results) = (Gadget::syscall(), SharedResults::new());
    let (own, program) = (own.program(), refuse(NR, 7).program());
    let end = child::fork(|| {
        filter::no_new_privileges();
        let gone = child::ClearTid::of_this_thread();
        child::start(Flavour::CloneThread, || {
            gone.wait();
            results.add_value(kept(filter::try_load_program(flags, &program)));
            results.add_value(gadget.call(NR));
            child::exit(0)
        });
        assert!(filter::try_load_program(0, &own).is_ok(), "a filter can be loaded");
        gadget.call_args(SYS_exit, [0; 6]);
    });
    assert_eq!(end, WaitStatus::Exited(0));
    [0, 1].map(|i| results.returned(i, -1))
}

/// The leader waits in the process's list until every thread is gone.
#[rstest]
#[case::tsync(TSYNC)]
#[case::tsync_esrch(TSYNC | TSYNC_ESRCH)]
#[harness::test(
    clause = SECCOMP_TSYNC_EXITED,
    catches = "a leader that has exited whose filters make TSYNC fail for ever",
    needs = [SECCOMP_FILTER, needs::TSYNC_ESRCH],
)]
fn a_dead_leader_does_not_count(#[case] flags: usize) {
    let answer = beside_a_dead_leader(&refuse(500, 5), flags);
    assert_eq!(answer, [Returned::Value(0), Returned::Value(-7)]);
}

/// Without TSYNC nobody else is looked at.
#[harness::test(
    clause = [SECCOMP_TSYNC_EXITED, SECCOMP_TSYNC_ALL_THREADS],
    catches = "a load without TSYNC that fails for another thread's filters",
    needs = [SECCOMP_FILTER],
)]
fn a_load_without_tsync_looks_at_nobody() {
    let answer = beside_a_dead_leader(&refuse(500, 5), 0);
    assert_eq!(answer, [Returned::Value(0), Returned::Value(-7)]);
}

/// One thread loads a filter of its own and exits or lives on; the first then loads with TSYNC.
#[rstest]
#[case::exited(true, 0, -7)]
#[case::alive(false, 1, -ENOSYS)]
#[harness::test(
    clause = [SECCOMP_TSYNC_EXITED, SECCOMP_TSYNC_FAILING_THREAD_ID],
    catches = "a thread that has exited whose filters make TSYNC fail, or a living one's that do not",
    needs = [SECCOMP_FILTER],
)]
fn a_thread_that_has_exited_does_not_count(
    #[case] exits: bool,
    #[case] answer: i64,
    #[case] result: i64,
) {
    let (gadget, results) = (Gadget::syscall(), SharedResults::new());
    let (own, program) = (refuse(500, 5).program(), refuse(NR, 7).program());
    let steps = fixtures::thread::Steps::new();
    let end = child::fork(|| {
        filter::no_new_privileges();
        let other = child::start(Flavour::CloneThread, || {
            assert!(filter::try_load_program(0, &own).is_ok(), "a filter can be loaded");
            steps.reach(1);
            if !exits {
                steps.wait_for(2);
            }
            0
        });
        if exits {
            other.end();
            // The id word is cleared before the thread leaves the list of its process.
            child::await_single_thread();
        } else {
            steps.wait_for(1);
        }
        results.add_value(kept(filter::try_load_program(TSYNC, &program)));
        results.add_value(gadget.call(NR));
        child::exit(0)
    });
    assert_eq!(end, WaitStatus::Exited(0));
    let seen = [0, 1].map(|i| results.returned(i, -1));
    assert_eq!(seen, [answer, result].map(Returned::Value));
}
