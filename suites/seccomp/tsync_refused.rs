//! TSYNC that one thread stands in the way of: whose id it gives, and that nothing else has changed.

use super::tsync::{OTHERS, beside_threads, refuse};
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::filter::{self, Action, NEW_LISTENER, TSYNC, TSYNC_ESRCH, load};
use fixtures::gadget::Gadget;
use fixtures::needs::{
    self, FILTER_COUNT, MAY_GAIN, NAMESPACES, SECCOMP_FILTER, STRICT_MODE, UNFILTERED, USER_NOTIF,
};
use fixtures::proc::{Status, Task};
use fixtures::{WaitStatus, memory};
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::ENOSYS;

const NR: i64 = UNASSIGNED;

/// The thread in strict mode makes no call until the others are done: it watches a word.
#[harness::test(
    clause = SECCOMP_TSYNC_FAILING_THREAD_ID,
    catches = "TSYNC that takes a thread out of strict mode, or passes over it and binds the others",
    needs = [UNFILTERED, SECCOMP_FILTER, STRICT_MODE],
)]
fn a_thread_in_strict_mode_stands_in_the_way() {
    filter::no_new_privileges();
    let gadget = Gadget::syscall();
    let words = memory::shared(2);
    let thread = child::start(Flavour::CloneThread, || {
        filter::strict();
        words[0].store(1, SeqCst);
        while words[1].load(SeqCst) == 0 {
            std::hint::spin_loop();
        }
        0
    });
    while words[0].load(SeqCst) == 0 {
        std::hint::spin_loop();
    }
    let id = thread.pid() as usize;
    let refused = (refuse(NR, 7).try_load(TSYNC), filter::mode(), gadget.call(NR));
    words[1].store(1, SeqCst);
    assert_eq!(thread.end(), WaitStatus::Exited(0), "the thread in strict mode");
    assert!(refused == (Ok(id), 0, -ENOSYS), "TSYNC beside a thread in strict mode");
    // A thread whose end is known is one of the process until it is taken off the list.
    let own = std::process::id() as i32;
    while sys::process::kill_thread(own, id as i32, 0).is_ok() {
        sys::process::give_way();
    }
    let alone = (refuse(NR, 7).try_load(TSYNC), filter::mode(), gadget.call(NR));
    assert_eq!(alone, (Ok(0), 2, -7), "once that thread has ended");
}

/// One of the others has a filter of its own; two have none, and no bit.
#[harness::test(
    clause = [SECCOMP_TSYNC_FAILING_THREAD_ID, SECCOMP_TSYNC_NO_NEW_PRIVS, SECCOMP_PROC_FILTERS],
    catches = "a failed TSYNC that gives other threads no_new_privs or the caller's older filters, or counts the \
        refused filter",
    needs = [UNFILTERED, MAY_GAIN, SECCOMP_FILTER, FILTER_COUNT],
)]
fn a_refused_tsync_leaves_each_thread_as_it_was() {
    let prepare = |index| {
        if index == 1 {
            load(501, Action::Errno(6));
        }
    };
    let loads = || {
        load(500, Action::Errno(5));
        refuse(NR, 7).try_load(TSYNC)
    };
    let ask = || Task::OwnThread.status();
    let (answer, mut told) = beside_threads(true, prepare, loads, ask);
    assert!(answer.is_ok_and(|id| id > 0), "the result is no thread's id");
    let own = told.remove(0);
    assert!(own == Status::filtered(1, 1), "the caller");
    let differs = told.iter().filter(|status| **status == Status::filtered(1, 1)).count();
    let untouched = told.iter().filter(|status| **status == Status::filtered(0, 0)).count();
    assert_eq!((differs, untouched), (1, OTHERS - 1));
}

/// The first thread of the process has a filter of its own, and another loads.
#[harness::test(
    clause = SECCOMP_TSYNC_FAILING_THREAD_ID,
    catches = "TSYNC that does not ask whether the thread group leader can follow",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn a_leader_that_differs_stands_in_the_way() {
    filter::no_new_privileges();
    let gadget = Gadget::syscall();
    let prepare = |index| {
        if index == OTHERS - 1 {
            load(501, Action::Errno(6));
        }
    };
    let ask = || [NR, 501].map(|nr| gadget.call(nr));
    let loads = || refuse(NR, 7).try_load(TSYNC);
    let (answer, told) = beside_threads(false, prepare, loads, ask);
    assert!(answer == Ok(child::own_pid() as usize), "the result is not the leader's id");
    let mut expected = vec![[-ENOSYS; 2]; OTHERS + 1];
    expected[OTHERS] = [-ENOSYS, -6];
    assert_eq!(told, expected);
}

/// The id of a task differs between its own PID namespace and the first one.
#[harness::test(
    clause = SECCOMP_TSYNC_FAILING_THREAD_ID,
    catches = "a failed TSYNC that gives the id which the thread has in the first PID namespace",
    needs = [UNFILTERED, SECCOMP_FILTER, NAMESPACES],
)]
fn the_id_is_the_one_of_the_callers_namespace() {
    let task = child::start(Flavour::NewPid, || {
        filter::no_new_privileges();
        let words = memory::shared(1);
        let prepare = |index| {
            if index == 1 {
                words[0].store(child::own_tid() as u64, SeqCst);
                load(501, Action::Errno(6));
            }
        };
        let loads = || refuse(NR, 7).try_load(TSYNC);
        let (answer, _) = beside_threads(true, prepare, loads, || ());
        i32::from(answer == Ok(words[0].load(SeqCst) as usize))
    });
    assert_eq!(task.end(), WaitStatus::Exited(1));
}

#[harness::test(
    clause = [SECCOMP_TSYNC_WITH_LISTENER, SECCOMP_TSYNC_ALL_THREADS],
    catches = "TSYNC that binds the caller alone where it asks for a listener too",
    needs = [USER_NOTIF, needs::TSYNC_ESRCH],
)]
fn tsync_with_a_listener_binds_every_thread() {
    filter::no_new_privileges();
    let gadget = Gadget::syscall();
    let loads = || refuse(NR, 7).try_load(TSYNC | NEW_LISTENER | TSYNC_ESRCH);
    let (answer, told) = beside_threads(true, |_| (), loads, || gadget.call(NR));
    assert!(answer.is_ok_and(|fd| fd > 0), "the result is no descriptor");
    assert_eq!(told, vec![-7; OTHERS + 1]);
}
