//! SECCOMP_FILTER_FLAG_TSYNC: a filter for every thread of the process, or for none.

use crate::clauses::*;
use fixtures::Errno::{EINVAL, ESRCH};
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{self, Action, Filter, NEW_LISTENER, TSYNC, TSYNC_ESRCH, load, number};
use fixtures::gadget::Gadget;
use fixtures::listener::Listener;
use fixtures::needs::{self, MAY_GAIN, SECCOMP_FILTER, UNFILTERED, USER_NOTIF};
use fixtures::thread::{Steps, spawn};
use fixtures::{child, memory, sigsys};
use harness::SetUp;
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::ENOSYS;

const NR: i64 = UNASSIGNED;
pub(super) const OTHERS: usize = 3;

pub(super) fn refuse(nr: i64, errno: u16) -> Filter {
    Filter::only(number(nr), Action::Errno(errno))
}

/// Runs `loads` in a thread while `OTHERS` more exist, and then runs `ask` in each. `prepare` runs in
/// the others beforehand; `first` says whether the first thread of the process loads.
pub(super) fn beside_threads<T: Send, R: Send>(
    first: bool,
    prepare: impl Fn(usize) + Sync,
    loads: impl FnOnce() -> T + Send,
    ask: impl Fn() -> R + Sync,
) -> (T, Vec<R>) {
    let (ready, loaded) = (Steps::new(), Steps::new());
    let other = |index: usize| {
        prepare(index);
        ready.arrive();
        loaded.wait_for(1);
        ask()
    };
    let loader = || {
        ready.wait_for(OTHERS as u32);
        let answer = loads();
        loaded.reach(1);
        (answer, ask())
    };
    let other = &other;
    std::thread::scope(|scope| {
        // The first thread of the process is either the loader or among the others.
        let waiting = if first { OTHERS } else { OTHERS - 1 };
        let others: Vec<_> = (0..waiting).map(|i| spawn(scope, move || other(i))).collect();
        let ((answer, own), last) = if first {
            (loader(), None)
        } else {
            let loader = spawn(scope, loader);
            let last = other(OTHERS - 1);
            (loader.join().expect("the thread returns"), Some(last))
        };
        let mut told = vec![own];
        told.extend(others.into_iter().map(|thread| thread.join().expect("the thread returns")));
        told.extend(last);
        (answer, told)
    })
}

#[rstest]
#[case::first_thread_loads(true)]
#[case::another_thread_loads(false)]
#[harness::test(
    clause = SECCOMP_TSYNC_ALL_THREADS,
    catches = "TSYNC that binds the caller alone, or that misses the group leader when another thread \
        calls",
    needs = [SECCOMP_FILTER],
)]
fn tsync_binds_every_thread(#[case] first: bool) {
    filter::no_new_privileges();
    let gadget = Gadget::syscall();
    let ask = || (gadget.call(NR), gadget.call(500));
    let loads = || refuse(NR, 7).try_load(TSYNC);
    let (answer, told) = beside_threads(first, |_| (), loads, ask);
    assert_eq!((answer, told), (Ok(0), vec![(-7, -ENOSYS); OTHERS + 1]));
}

#[rstest]
#[case::first_thread_loads(true)]
#[case::another_thread_loads(false)]
#[harness::test(
    clause = SECCOMP_TSYNC_ALL_THREADS,
    catches = "a filter installed without TSYNC that reaches other threads of the process",
    needs = [SECCOMP_FILTER],
)]
fn without_tsync_one_thread_is_bound(#[case] first: bool) {
    filter::no_new_privileges();
    let gadget = Gadget::syscall();
    let loads = || refuse(NR, 7).try_load(0);
    let (answer, told) = beside_threads(first, |_| (), loads, || gadget.call(NR));
    let mut expected = vec![-ENOSYS; OTHERS + 1];
    expected[0] = -7;
    assert_eq!((answer, told), (Ok(0), expected));
}

#[rstest]
#[case::first_thread_loads(true)]
#[case::another_thread_loads(false)]
#[harness::test(
    clause = [SECCOMP_TSYNC_ALL_THREADS, SECCOMP_TSYNC_ANCESTOR_TREE],
    catches = "TSYNC that refuses threads that share an older filter, or replaces that filter",
    needs = [SECCOMP_FILTER],
)]
fn tsync_adds_to_what_the_threads_share(#[case] first: bool) {
    let gadget = Gadget::syscall();
    load(500, Action::Errno(5));
    let ask = || [NR, 500, 501].map(|nr| gadget.call(nr));
    let loads = || refuse(NR, 7).try_load(TSYNC);
    let (answer, told) = beside_threads(first, |_| (), loads, ask);
    assert_eq!((answer, told), (Ok(0), vec![[-7, -5, -ENOSYS]; OTHERS + 1]));
}

#[harness::test(
    clause = [SECCOMP_TSYNC_ALL_THREADS, SECCOMP_TSYNC_ANCESTOR_TREE],
    catches = "threads with an ancestor of the caller's filters refused by TSYNC, or given its newest \
        filter alone",
    needs = [SECCOMP_FILTER],
)]
fn tsync_takes_along_threads_that_are_behind() {
    let gadget = Gadget::syscall();
    load(500, Action::Errno(5));
    let ask = || [NR, 500, 501].map(|nr| gadget.call(nr));
    let loads = || {
        load(501, Action::Errno(6));
        refuse(NR, 7).try_load(TSYNC)
    };
    let (answer, told) = beside_threads(true, |_| (), loads, ask);
    assert_eq!((answer, told), (Ok(0), vec![[-7, -5, -6]; OTHERS + 1]));
}

#[rstest]
#[case::none_before(false)]
#[case::a_shared_one_before(true)]
#[harness::test(
    clause = SECCOMP_TSYNC_FAILING_THREAD_ID,
    catches = "a failed TSYNC that leaves the filter on some threads, or returns an errno instead of the \
        thread's id",
    needs = [UNFILTERED, SECCOMP_FILTER],
)]
fn tsync_over_threads_that_differ_binds_nobody(#[case] shared: bool) {
    let gadget = Gadget::syscall();
    filter::no_new_privileges();
    if shared {
        load(500, Action::Errno(5));
    }
    let words = memory::shared(1);
    let prepare = |index| {
        if index == 1 {
            words[0].store(child::own_tid() as u64, SeqCst);
            load(501, Action::Errno(6));
        }
    };
    let ask = || [NR, 500, 501].map(|nr| gadget.call(nr));
    let loads = || (refuse(NR, 7).try_load(TSYNC), filter::mode());
    let ((answer, mode), mut told) = beside_threads(true, prepare, loads, ask);
    assert!(answer == Ok(words[0].load(SeqCst) as usize), "the result is not the thread's id");
    assert_eq!(mode, if shared { 2 } else { 0 }, "the calling thread's mode");
    let shared = if shared { -5 } else { -ENOSYS };
    told.sort_unstable();
    let mut expected = vec![[-ENOSYS, shared, -ENOSYS]; OTHERS + 1];
    expected[0][2] = -6;
    expected.sort_unstable();
    assert_eq!(told, expected);
}

#[harness::test(
    clause = [SECCOMP_TSYNC_ESRCH, SECCOMP_TSYNC_FAILING_THREAD_ID],
    catches = "a thread id returned in spite of TSYNC_ESRCH, or the refused filter attached by the next \
        install",
    needs = [SECCOMP_FILTER, needs::TSYNC_ESRCH],
)]
fn tsync_can_fail_with_esrch() {
    let gadget = Gadget::syscall();
    filter::no_new_privileges();
    let prepare = |index| {
        if index == 1 {
            load(501, Action::Errno(6));
        }
    };
    let ask = || (gadget.call(NR), gadget.call(500));
    let loads = || {
        let refused = refuse(NR, 7).try_load(TSYNC | TSYNC_ESRCH);
        let alone = refuse(500, 5).try_load(TSYNC_ESRCH);
        (refused, alone)
    };
    let (answers, told) = beside_threads(true, prepare, loads, ask);
    assert_eq!(answers, (Err(ESRCH), Ok(0)));
    let mut expected = vec![(-ENOSYS, -ENOSYS); OTHERS + 1];
    expected[0] = (-ENOSYS, -5);
    assert_eq!(told, expected);
}

#[harness::test(
    clause = [SECCOMP_TSYNC_ESRCH, SECCOMP_TSYNC_ALL_THREADS],
    catches = "TSYNC_ESRCH that makes a possible TSYNC fail or bind the caller alone",
    needs = [SECCOMP_FILTER, needs::TSYNC_ESRCH],
)]
fn tsync_with_esrch_binds_every_thread() {
    let gadget = Gadget::syscall();
    filter::no_new_privileges();
    let loads = || refuse(NR, 7).try_load(TSYNC | TSYNC_ESRCH);
    let (answer, told) = beside_threads(true, |_| (), loads, || gadget.call(NR));
    assert_eq!((answer, told), (Ok(0), vec![-7; OTHERS + 1]));
}

/// A result cannot be both a descriptor and a thread id; TSYNC_ESRCH rules the thread id out.
#[harness::test(
    clause = SECCOMP_TSYNC_WITH_LISTENER,
    catches = "TSYNC with NEW_LISTENER accepted without TSYNC_ESRCH, or refused with it",
    needs = [USER_NOTIF, needs::TSYNC_ESRCH],
)]
fn tsync_and_a_listener_take_esrch() {
    filter::no_new_privileges();
    let filter = Filter::only(number(500), Action::UserNotif);
    assert_eq!(filter.try_load(TSYNC | NEW_LISTENER), Err(EINVAL));
    let made = filter.try_load(TSYNC | NEW_LISTENER | TSYNC_ESRCH);
    assert!(made.is_ok_and(|fd| fd > 0), "the three flags together return no descriptor");
}

/// Each thread's call is notified on the one listener, also the caller's own, which a process of its own answers.
#[rstest]
#[case::first_thread_loads(true)]
#[case::another_thread_loads(false)]
#[harness::test(
    clause = [SECCOMP_TSYNC_WITH_LISTENER, SECCOMP_TSYNC_ALL_THREADS],
    catches = "TSYNC with NEW_LISTENER whose listener is notified of some threads' calls alone, or names the wrong \
        thread",
    needs = [USER_NOTIF, needs::TSYNC_ESRCH],
)]
fn every_threads_call_is_notified_after_tsync(#[case] first: bool) {
    let gadget = Gadget::syscall();
    filter::no_new_privileges();
    let (steps, word) = (Steps::new(), &memory::shared(1)[0]);
    let supervisor = child::start(child::Flavour::CloneFiles, || {
        steps.wait_for(1);
        let listener = Listener::adopt(word.load(SeqCst) as i32);
        for _ in 0..=OTHERS {
            let asked = listener.receive().set_up("each thread calls");
            listener.answer(asked.returns(i64::from(asked.pid))).set_up("a response is taken");
        }
        0
    });
    let filter = Filter::only(number(NR), Action::UserNotif);
    let loads = || {
        let made = filter.try_load(TSYNC | NEW_LISTENER | TSYNC_ESRCH);
        word.store(made.unwrap_or_default() as u64, SeqCst);
        steps.reach(1);
        made.is_ok()
    };
    let ask = || gadget.call(NR) == i64::from(child::own_tid());
    let (made, own) = beside_threads(first, |_| (), loads, ask);
    assert_eq!((made, own), (true, vec![true; OTHERS + 1]), "each call returns its thread's id");
    assert_eq!(supervisor.end(), fixtures::WaitStatus::Exited(0));
}

/// Without the bit, a filtered thread could gain privileges by execve.
#[rstest]
#[case::first_thread_loads(true)]
#[case::another_thread_loads(false)]
#[harness::test(
    clause = [SECCOMP_TSYNC_NO_NEW_PRIVS, SECCOMP_INSTALL_NO_NEW_PRIVS_INHERITED],
    catches = "TSYNC that leaves no_new_privs clear in other threads, or prctl that sets it in all threads",
    needs = [MAY_GAIN, SECCOMP_FILTER],
)]
fn tsync_gives_every_thread_the_bit(#[case] first: bool) {
    let before = (0..OTHERS).map(|_| false).collect::<Vec<_>>();
    let (alone, told) =
        beside_threads(first, |_| (), filter::no_new_privileges, filter::has_no_new_privileges);
    assert_eq!(
        (alone, &told[1..]),
        ((), &before[..]),
        "without TSYNC the bit is the calling thread's alone"
    );
    let bits = child::told(|| {
        let loads = || {
            filter::no_new_privileges();
            refuse(NR, 7).try_load(TSYNC)
        };
        let ask = filter::has_no_new_privileges;
        let (answer, told) = beside_threads(first, |_| (), loads, ask);
        answer == Ok(0) && told == [true; OTHERS + 1]
    });
    assert!(bits, "TSYNC leaves a thread without the bit");
}

#[harness::test(
    clause = [SECCOMP_TSYNC_ALL_THREADS, SECCOMP_TRAP_SIGSYS],
    catches = "a synchronised RET_TRAP whose SIGSYS or data reaches only the thread that installed the \
        filter",
    needs = [SECCOMP_FILTER],
)]
fn tsync_binds_every_thread_to_a_trap() {
    sigsys::handle();
    filter::no_new_privileges();
    let gadget = Gadget::syscall();
    let ask = || {
        let log = sigsys::attach_log();
        let result = gadget.call(NR);
        (result, log.count(), log.delivery(0).map(|caught| caught.errno()))
    };
    let loads = || Filter::only(number(NR), Action::Trap(9)).try_load(TSYNC);
    let (answer, told) = beside_threads(true, |_| (), loads, ask);
    assert_eq!((answer, told), (Ok(0), vec![(NR, 1, Some(9)); OTHERS + 1]));
}

#[rstest]
#[case::fork(child::Flavour::Fork)]
#[case::clone_vm(child::Flavour::CloneVm)]
#[case::clone_sighand(child::Flavour::CloneSighand)]
#[harness::test(
    clause = SECCOMP_TSYNC_ALL_THREADS,
    catches = "TSYNC that walks every task with the same memory or handlers instead of the thread group",
    needs = [SECCOMP_FILTER],
)]
fn tsync_binds_no_other_process(#[case] flavour: child::Flavour) {
    const FREE: i32 = 3;
    let gadget = Gadget::syscall();
    filter::no_new_privileges();
    let steps = Steps::new();
    let other = child::start(flavour, || {
        steps.wait_for(1);
        if gadget.call(NR) == -ENOSYS { FREE } else { 4 }
    });
    let answer = refuse(NR, 7).try_load(TSYNC);
    steps.reach(1);
    assert_eq!((answer, other.end()), (Ok(0), fixtures::WaitStatus::Exited(FREE)));
    assert_eq!(gadget.call(NR), -7);
}

#[harness::test(
    clause = [SECCOMP_TSYNC_ALL_THREADS, SECCOMP_INHERIT_THREAD],
    catches = "a thread created after TSYNC that starts without the synchronised filter",
    needs = [SECCOMP_FILTER],
)]
fn a_thread_made_after_tsync_is_bound() {
    let gadget = Gadget::syscall();
    filter::no_new_privileges();
    assert_eq!(refuse(NR, 7).try_load(TSYNC), Ok(0));
    let later = std::thread::scope(|scope| {
        spawn(scope, || gadget.call(NR)).join().expect("the thread returns")
    });
    assert_eq!((later, gadget.call(NR)), (-7, -7));
}
