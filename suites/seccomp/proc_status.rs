//! /proc/PID/status: the mode, the number of filters and the no_new_privs bit of the task that is asked about.

use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::child::{self, Child, Flavour};
use fixtures::filter::{self, Action, Filter, TSYNC, number};
use fixtures::helper::{self, Program};
use fixtures::memory;
use fixtures::needs::{
    FILTER_COUNT, MAY_GAIN, PTRACE, SECCOMP_FILTER, STRICT_MODE, TASK_STATE, UNFILTERED,
};
use fixtures::observable_call::Pipe;
use fixtures::proc::{Status, Task};
use fixtures::supervisor::TaskState::Ended;
use fixtures::supervisor::settled;
use fixtures::thread::Steps;
use fixtures::tracee::{Resume, Stop, Tracee};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{SIGTRAP, SYS_read, SYS_write};

/// Loads a filter that refuses no call of a case's, so many times.
fn load(count: u32) {
    for _ in 0..count {
        filter::load(500, Action::Errno(7));
    }
}

fn status(count: u32) -> Status {
    Status::filtered(u32::from(count > 0), count)
}

/// A task that has done `arrange` and waits, what `look` sees meanwhile, and whether the task ended well.
fn meanwhile<T>(flavour: Flavour, arrange: impl FnOnce(), look: impl FnOnce(&Child) -> T) -> T {
    let steps = Steps::new();
    let child = child::start(flavour, || {
        arrange();
        steps.reach(1);
        steps.wait_for(2);
        0
    });
    steps.wait_for(1);
    let seen = look(&child);
    steps.reach(2);
    assert_eq!(child.end(), WaitStatus::Exited(0));
    seen
}

/// The filters are all alike: what is counted are loads.
#[rstest]
#[case::none(0)]
#[case::one(1)]
#[case::five(5)]
#[case::thirty(30)]
#[harness::test(
    clause = [SECCOMP_PROC_MODE, SECCOMP_PROC_FILTERS, SECCOMP_PROC_NO_NEW_PRIVS],
    catches = "a count that is the mode, that stays 1 however many filters are loaded, or that a child starts \
        without",
    needs = [UNFILTERED, MAY_GAIN, SECCOMP_FILTER, FILTER_COUNT],
)]
fn filters_are_counted(#[case] count: u32) {
    assert_eq!(Task::Own.status(), status(0));
    load(count);
    let tasks = [Task::Own, Task::OwnThread, Task::Process(child::own_pid())];
    assert_eq!(tasks.map(Task::status), [status(count); 3]);
    for flavour in [Flavour::Fork, Flavour::CloneThread, Flavour::Vfork, Flavour::CloneVm] {
        let child = child::start(flavour, || i32::from(Task::OwnThread.status() == status(count)));
        assert_eq!(child.end(), WaitStatus::Exited(1), "{flavour:?}");
    }
}

/// The reader has two filters more than the task it asks about, or the task has two more.
#[rstest]
#[case::reader_without(0, 2)]
#[case::task_without(2, 0)]
#[case::both(1, 3)]
#[harness::test(
    clause = [SECCOMP_PROC_MODE, SECCOMP_PROC_FILTERS, SECCOMP_PROC_NO_NEW_PRIVS],
    catches = "a status file that tells the reader's filters in place of the task's",
    needs = [UNFILTERED, MAY_GAIN, SECCOMP_FILTER, FILTER_COUNT],
)]
fn the_task_that_is_named_is_told_of(#[case] own: u32, #[case] childs: u32) {
    let seen = meanwhile(
        Flavour::Fork,
        || load(childs),
        |child| {
            load(own);
            let [pid, other] = [child::own_pid(), child.pid()];
            [Task::Process(other), Task::Thread(other, other), Task::Process(pid)].map(Task::status)
        },
    );
    assert_eq!(seen, [status(childs), status(childs), status(own)]);
}

/// A failed load counts nothing.
#[harness::test(
    clause = SECCOMP_PROC_FILTERS,
    catches = "a filter that is counted before it is checked",
    needs = [UNFILTERED, MAY_GAIN, SECCOMP_FILTER, FILTER_COUNT],
)]
fn a_refused_filter_does_not_count() {
    load(2);
    let wrong = Filter::raw(vec![filter::instruction(filter::LOAD, 0)]);
    assert_eq!(wrong.try_load(0), Err(fixtures::Errno::EINVAL));
    assert_eq!(Filter::new().try_load(1 << 20), Err(fixtures::Errno::EINVAL));
    assert_eq!(Task::Own.status(), status(2));
}

/// A thread loads three filters, and then one for all: who is behind gets what the caller has.
#[rstest]
#[case::alone(false)]
#[case::for_all(true)]
#[harness::test(
    clause = [SECCOMP_PROC_FILTERS, SECCOMP_PROC_MODE, SECCOMP_PROC_NO_NEW_PRIVS],
    catches = "a count that TSYNC leaves as it was in the other threads, or a status file that tells one thread's \
        filters of every thread",
    needs = [UNFILTERED, MAY_GAIN, SECCOMP_FILTER, FILTER_COUNT],
)]
fn every_thread_has_a_count_of_its_own(#[case] tsync: bool) {
    let pid = child::own_pid();
    let seen = meanwhile(
        Flavour::CloneThread,
        || {
            load(3);
            let all = if tsync { TSYNC } else { 0 };
            let filter = Filter::only(number(501), Action::Errno(7));
            assert_eq!(filter.try_load(all), Ok(0));
        },
        |thread| {
            [Task::Process(pid), Task::Thread(pid, pid), Task::Thread(pid, thread.pid())]
                .map(Task::status)
        },
    );
    let leader = if tsync { status(4) } else { status(0) };
    assert_eq!(seen, [leader, leader, status(4)]);
}

/// The program is stopped before its first instruction.
#[rstest]
#[case::none(0)]
#[case::two(2)]
#[harness::test(
    clause = [SECCOMP_PROC_FILTERS, SECCOMP_PROC_MODE, SECCOMP_PROC_NO_NEW_PRIVS, SECCOMP_INSTALL_NO_NEW_PRIVS_INHERITED],
    catches = "filters, their count or no_new_privs that an execve loses",
    needs = [UNFILTERED, MAY_GAIN, SECCOMP_FILTER, FILTER_COUNT, PTRACE],
)]
fn a_program_that_is_executed_keeps_the_count(#[case] count: u32) {
    let program = Program::new();
    let tracee = Tracee::start(|| {
        load(count);
        program.execute() as i32
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGTRAP));
    assert_eq!(Task::Process(tracee.pid).status(), status(count));
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Ended(WaitStatus::Exited(helper::NATIVE)));
}

/// The child writes a byte when it is in strict mode, and waits for another.
#[harness::test(
    clause = SECCOMP_PROC_MODE,
    catches = "strict mode that is told as a filter, or not at all",
    needs = [UNFILTERED, MAY_GAIN, STRICT_MODE, FILTER_COUNT],
)]
fn strict_mode_is_told() {
    let [there, back] = [Pipe::new(), Pipe::new()];
    let one = |mut args: [usize; 6]| {
        args[2] = 1;
        args
    };
    let gadget = fixtures::gadget::Gadget::syscall();
    let byte = c"s".as_ptr() as usize;
    let child = child::start(Flavour::Fork, || {
        filter::strict();
        gadget.call_args(SYS_write, [there.write_end(), byte, 1, 0, 0, 0]);
        gadget.call_args(SYS_read, one(back.read_args()));
        child::exit_thread(0)
    });
    assert_eq!(gadget.call_args(SYS_read, one(there.read_args())), 1);
    let seen = [Task::Process(child.pid()), Task::Own].map(Task::status);
    assert_eq!(gadget.call_args(SYS_write, [back.write_end(), byte, 1, 0, 0, 0]), 1);
    assert_eq!(child.end(), WaitStatus::Exited(0));
    let strict = Status { mode: Some(1), ..Status::filtered(0, 0) };
    assert_eq!(seen, [strict, Status::filtered(0, 0)]);
}

/// The leader exits while a thread lives on; the thread is asked about too. Rows: the filters of both.
#[rstest]
#[case::none(0)]
#[case::two(2)]
#[harness::test(
    clause = [SECCOMP_PROC_MODE, SECCOMP_PROC_NO_NEW_PRIVS],
    catches = "a mode or a no_new_privs bit that is gone from the status of a leader that has exited, or from that of the \
        thread which it leaves",
    needs = [UNFILTERED, MAY_GAIN, SECCOMP_FILTER, FILTER_COUNT, TASK_STATE],
)]
fn a_leader_that_has_exited_is_told_of(#[case] count: u32) {
    let (steps, tid) = (Steps::new(), &memory::shared(1)[0]);
    let child = child::start(Flavour::Fork, || {
        load(count);
        child::start(Flavour::CloneThread, || {
            tid.store(child::own_tid() as u64, SeqCst);
            steps.reach(1);
            steps.wait_for(2);
            child::exit(0)
        });
        child::exit_thread(0)
    });
    steps.wait_for(1);
    let pid = child.pid();
    while settled(pid) != Ended {}
    let thread = Task::Thread(pid, tid.load(SeqCst) as i32);
    let seen = [Task::Process(pid), Task::Thread(pid, pid), thread].map(Task::status);
    steps.reach(2);
    assert_eq!(child.end(), WaitStatus::Exited(0));
    let told = |of: Status| (of.mode, of.no_new_privileges);
    assert_eq!(seen.map(told), [told(status(count)); 3]);
    assert_eq!(seen[2], status(count), "the thread that lives");
}

/// Rows: the filters of a process that has exited and was not waited for.
#[rstest]
#[case::none(0)]
#[case::two(2)]
#[harness::test(
    clause = [SECCOMP_PROC_MODE, SECCOMP_PROC_NO_NEW_PRIVS],
    catches = "a zombie whose status lacks its mode, or that shows its parent's",
    needs = [UNFILTERED, MAY_GAIN, SECCOMP_FILTER, FILTER_COUNT, TASK_STATE],
)]
fn a_zombie_is_told_of(#[case] count: u32) {
    let child = child::start(Flavour::Fork, || {
        load(count);
        0
    });
    while settled(child.pid()) != Ended {}
    let seen = Task::Process(child.pid()).status();
    assert_eq!(child.end(), WaitStatus::Exited(0));
    let told = |of: Status| (of.mode, of.no_new_privileges);
    assert_eq!(told(seen), told(status(count)));
    assert_eq!(Task::Own.status(), status(0));
}
