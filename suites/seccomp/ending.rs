//! How the death of a process by seccomp is told: waitid, wait4, SIGCHLD, a pidfd.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::ending::{self, End, Endings, Pidfd};
use fixtures::filter::uapi::*;
use fixtures::filter::{self, Action, load};
use fixtures::gadget::Gadget;
use fixtures::memory;
use fixtures::needs::{DISPATCH, KILL_PROCESS_LOG, STRICT_MODE, TASK_STATE, UNFILTERED};
use fixtures::selector::Selector;
use fixtures::sigsys::handle_signal;
use fixtures::supervisor::{TaskState, settled};
use fixtures::{SigAction, WaitStatus, dispatch, environment};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{
    P_PIDFD, SIGCHLD, SIGKILL, SIGSYS, SYS_exit, SYS_gettid, SYS_getuid, SYS_set_robust_list,
};

const NR: i64 = UNASSIGNED;
/// Exit status of a child that outlives the call.
const OUTLIVED: i32 = 42;

/// The end of a child without a core that runs `body`, as everybody is told.
fn endings(body: impl FnOnce()) -> Endings {
    let log = handle_signal(SIGCHLD, SigAction::PLAIN);
    let child = child::start(Flavour::Fork, || {
        environment::disable_core_dump();
        body();
        OUTLIVED
    });
    let pid = child.pid();
    let (info, word) = ending::of_child(&child);
    assert_eq!((info.signo, info.errno, info.pid), (SIGCHLD, 0, pid), "what waitid tells");
    assert_eq!(i64::from(info.uid), fixtures::call::raw(SYS_getuid, [0; 6]), "si_uid");
    let sigchld = log.delivery(0).and_then(|delivery| ending::signalled(&delivery, pid));
    let told = Endings { waitid: End::of(info), wait4: End::of_word(word), sigchld };
    harness::observe!("waitid", told.waitid);
    told
}

const KILLED: Endings = Endings::all(End::Killed(SIGSYS));

#[rstest]
#[case::kill_process(SECCOMP_RET_KILL_PROCESS, KILLED)]
#[case::kill_thread(SECCOMP_RET_KILL_THREAD, KILLED)]
#[case::unknown(Unknown(0x7ffe_0000), KILLED)]
#[case::trap(SECCOMP_RET_TRAP(7), KILLED)]
#[case::errno(SECCOMP_RET_ERRNO(7), Endings::all(End::Exited(OUTLIVED)))]
#[harness::test(
    clause = [SECCOMP_DEATH_WAITID, SECCOMP_ACTIONS_KILL_STATUS],
    catches = "waitid, wait4 and SIGCHLD that tell different ends of a killed process, a CLD_EXITED, or a \
        core that was not dumped",
    needs = [KILL_PROCESS_LOG],
)]
fn everybody_is_told_of_a_kill(#[case] action: Action, #[case] expected: Endings) {
    let gadget = Gadget::syscall();
    let seen = endings(|| {
        load(NR as u32, action);
        gadget.call(NR);
    });
    assert_eq!(seen, expected);
}

/// The second thread makes the call; of RET_KILL_THREAD the parent is told nothing.
#[rstest]
#[case::kill_process(SECCOMP_RET_KILL_PROCESS, KILLED)]
#[case::unknown(Unknown(0x7ffe_0000), KILLED)]
#[case::trap(SECCOMP_RET_TRAP(7), KILLED)]
#[case::kill_thread(SECCOMP_RET_KILL_THREAD, Endings::all(End::Exited(OUTLIVED)))]
#[harness::test(
    clause = [SECCOMP_DEATH_WAITID, SECCOMP_ACTIONS_KILL_THREAD],
    catches = "the end of a second thread told to the parent as the process's, or the first thread's status \
        told where the second ended all",
    needs = [KILL_PROCESS_LOG],
)]
fn everybody_is_told_of_a_kill_by_the_second_thread(
    #[case] action: Action,
    #[case] expected: Endings,
) {
    let gadget = Gadget::syscall();
    let seen = endings(|| {
        load(NR as u32, action);
        child::start(Flavour::CloneThread, || gadget.call(NR) as i32).end();
    });
    assert_eq!(seen, expected);
}

/// The first thread has exited with 5 by then.
#[harness::test(
    clause = [SECCOMP_DEATH_WAITID, SECCOMP_ACTIONS_KILL_PROCESS],
    catches = "a SIGCHLD that tells the exit status of a first thread that left earlier, not the end of the \
        process",
    needs = [KILL_PROCESS_LOG, TASK_STATE],
)]
fn everybody_is_told_the_same_after_the_first_thread_has_exited() {
    let gadget = Gadget::syscall();
    let seen = endings(|| {
        load(NR as u32, Action::KillProcess);
        let first = sys::call::getpid();
        let gone = child::ClearTid::of_this_thread();
        child::start(Flavour::CloneThread, || {
            gone.wait();
            // The memory of a thread is given up before its end is known to the parent.
            let state = settled(first);
            if state != TaskState::Ended {
                child::exit(OUTLIVED);
            }
            gadget.call(NR) as i32
        });
        gadget.call_args(SYS_exit, [5, 0, 0, 0, 0, 0]);
    });
    assert_eq!(seen, KILLED);
}

#[harness::test(
    clause = [SECCOMP_DEATH_WAITID, SECCOMP_STRICT_OTHER_CALLS_KILL],
    catches = "a death by strict mode that is told as one by SIGSYS, or as an exit",
    needs = [UNFILTERED, STRICT_MODE],
)]
fn everybody_is_told_of_strict_mode() {
    let gadget = Gadget::syscall();
    let seen = endings(|| {
        filter::strict();
        gadget.call(NR);
        child::exit_thread(OUTLIVED)
    });
    assert_eq!(seen, Endings::all(End::Killed(SIGKILL)));
}

#[harness::test(
    clause = [SECCOMP_DEATH_WAITID, DISPATCH_SELECTOR_BAD_VALUE_SIGSYS],
    catches = "a death for an invalid selector value that is told as an exit",
    needs = [DISPATCH],
)]
fn everybody_is_told_of_an_unexpected_value() {
    let gadget = Gadget::syscall();
    let seen = endings(|| {
        let armed = dispatch::arm_with(gadget.everything_else(), Selector::ordinary());
        armed.select(2);
        armed.keep();
        gadget.call(NR);
    });
    assert_eq!(seen, KILLED);
}

/// The descriptor is readable after the end, and waitid takes it.
#[rstest]
#[case::kill_process(SECCOMP_RET_KILL_PROCESS)]
#[case::kill_thread(SECCOMP_RET_KILL_THREAD)]
#[harness::test(
    clause = SECCOMP_DEATH_WAITID,
    catches = "a pidfd that does not become readable when seccomp ends its process, or another end by it",
    needs = [KILL_PROCESS_LOG],
)]
fn a_pidfd_tells_of_a_kill(#[case] action: Action) {
    let (gadget, steps) = (Gadget::syscall(), fixtures::thread::Steps::new());
    let child = child::start(Flavour::Fork, || {
        environment::disable_core_dump();
        load(NR as u32, action);
        steps.wait_for(1);
        gadget.call(NR);
        OUTLIVED
    });
    let pidfd = Pidfd::of(child.pid());
    assert!(!pidfd.has_ended(0), "the process has not ended yet");
    steps.reach(1);
    assert!(pidfd.has_ended(-1), "the process has ended");
    let info = ending::waited(P_PIDFD, pidfd.number(), 0);
    assert_eq!((End::of(info), info.pid), (End::Killed(SIGSYS), child.pid()));
}

/// Every field of the usage is written.
#[harness::test(
    clause = SECCOMP_DEATH_WAITID,
    catches = "a killed process of which wait4 tells no resource usage",
    needs = [KILL_PROCESS_LOG],
)]
fn a_killed_process_has_a_resource_usage() {
    let gadget = Gadget::syscall();
    let child = child::start(Flavour::Fork, || {
        environment::disable_core_dump();
        load(NR as u32, Action::KillProcess);
        gadget.call(NR);
        OUTLIVED
    });
    let (word, usage) = ending::usage(child.pid());
    assert_eq!(End::of_word(word), End::Killed(SIGSYS));
    let untold = 0xa5a5_a5a5_a5a5_a5a5;
    assert!(usage.iter().all(|field| *field != untold), "a field is not told");
    assert!(usage[4] > 0, "the process had memory");
}

/// One futex of a thread's robust list: the word is its owner's id.
fn lock_robustly(gadget: &Gadget) -> &'static std::sync::atomic::AtomicU64 {
    // struct robust_list_head: the list, the offset of a futex from its entry, the pending one. The list's
    // only entry lies in word 3, and its futex in word 4.
    let words = memory::shared(8);
    let at = |index: usize| words[index].as_ptr() as u64;
    words[0].store(at(3), SeqCst);
    words[1].store(8, SeqCst);
    words[3].store(at(0), SeqCst);
    words[4].store(gadget.call(SYS_gettid) as u64, SeqCst);
    gadget.call_args(SYS_set_robust_list, [at(0) as usize, 24, 0, 0, 0, 0]);
    &words[4]
}

/// The second thread ends, and the first looks at what it left.
#[rstest]
#[case::killed(Action::KillThread)]
#[case::refused(Action::Errno(7))]
#[harness::test(
    clause = [SECCOMP_DEATH_CLEANED_UP, SECCOMP_ACTIONS_KILL_THREAD],
    catches = "a killed thread whose thread id word or robust futex stays as it was, so that others wait for \
        ever",
    needs = [KILL_PROCESS_LOG],
)]
fn a_killed_thread_leaves_its_locks(#[case] action: Action) {
    let gadget = Gadget::syscall();
    let end = child::fork(|| {
        environment::disable_core_dump();
        load(NR as u32, action);
        let shared = memory::shared(1);
        let thread = child::start(Flavour::CloneThread, || {
            let lock = lock_robustly(&gadget);
            shared[0].store(lock.as_ptr() as u64, SeqCst);
            gadget.call(NR);
            0
        });
        let tid = thread.pid() as u32;
        // The kernel clears the thread id word after it has looked at the list.
        thread.end();
        let at = shared[0].load(SeqCst) as usize;
        let word = memory::word(at) as u32;
        let marked = word & sys::uapi::FUTEX_OWNER_DIED != 0;
        let named = word & sys::uapi::FUTEX_TID_MASK;
        child::exit(if marked && (named == 0 || named == tid) { OUTLIVED } else { 1 })
    });
    assert_eq!(end, WaitStatus::Exited(OUTLIVED));
}
