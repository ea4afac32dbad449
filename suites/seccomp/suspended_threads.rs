//! A suspended tracee that is a thread beside others, and one that executes a program in strict mode.

use super::traced::EXITED_0;
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::filter::{self, Action, Filter, number};
use fixtures::gadget::Gadget;
use fixtures::helper::{NATIVE, Program};
use fixtures::needs::{PTRACE, ROOT, SECCOMP_FILTER, STRICT_MODE, SUSPEND_SECCOMP, UNFILTERED};
use fixtures::script::{Returned, SharedResults};
use fixtures::thread::Steps;
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Errno, WaitStatus, memory};
use rstest::rstest;
use std::sync::atomic::Ordering::SeqCst;
use sys::uapi::{
    PR_SET_TSC, PR_TSC_ENABLE, PTRACE_EVENT_EXEC, PTRACE_O_SUSPEND_SECCOMP, PTRACE_O_TRACEEXEC,
    PTRACE_O_TRACESYSGOOD, SECCOMP_SET_MODE_STRICT, SIGKILL, SYS_prctl,
};

/// The tracer seizes the second thread of a process and not its first.
#[rstest]
#[case::suspended(PTRACE_O_SUSPEND_SECCOMP, Returned::ENOSYS)]
#[case::traced(0, Returned::Value(-7))]
#[harness::test(
    clause = [SECCOMP_SUSPEND_FILTERS, SECCOMP_SUSPEND_ONE_TRACEE],
    catches = "an option that suspends nothing where the tracee is not the first thread of its process, or that \
        suspends the first thread instead",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, SUSPEND_SECCOMP],
)]
fn a_second_thread_can_be_suspended(#[case] options: i32, #[case] result: Returned) {
    let (steps, results, gadget) = (Steps::new(), SharedResults::new(), Gadget::syscall());
    let tid = &memory::shared(1)[0];
    let process = child::start(Flavour::Fork, || {
        Filter::only(number(UNASSIGNED), Action::Errno(7)).load();
        let thread = child::start(Flavour::CloneThread, || {
            tid.store(child::own_tid() as u64, SeqCst);
            steps.reach(1);
            steps.wait_for(2);
            results.add_value(gadget.call(UNASSIGNED));
            0
        });
        thread.end();
        results.add_value(gadget.call(UNASSIGNED));
        0
    });
    steps.wait_for(1);
    let tracee = Tracee::seize(tid.load(SeqCst) as i32, options | PTRACE_O_TRACESYSGOOD);
    steps.reach(2);
    assert_eq!(tracee.wait(), EXITED_0);
    assert_eq!(process.end(), WaitStatus::Exited(0));
    assert_eq!([0, 1].map(|i| results.returned(i, 0)), [result, Returned::Value(-7)]);
}

/// A strict task could not execute a program; a suspended one can, and the program is strict again once the
/// option is dropped.
#[rstest]
#[case::suspended(true, Stop::Ended(WaitStatus::Exited(NATIVE)))]
#[case::resumed(false, Stop::Ended(WaitStatus::KilledBy(SIGKILL)))]
#[harness::test(
    clause = [SECCOMP_SUSPEND_RESUMED, SECCOMP_STRICT_OTHER_CALLS_KILL],
    catches = "strict mode that ends at execve, so that the program is free once its seccomp is resumed",
    needs = [ROOT, UNFILTERED, PTRACE, STRICT_MODE, SUSPEND_SECCOMP],
)]
fn a_program_is_as_strict_as_its_task_was(#[case] stays_suspended: bool, #[case] end: Stop) {
    let (program, gadget) = (Program::new(), Gadget::syscall());
    let options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC;
    let tracee = Tracee::start_with(options | PTRACE_O_SUSPEND_SECCOMP, || {
        filter::strict();
        // Strict mode forbids the time stamp counter, which a dynamic linker reads.
        gadget.call_args(SYS_prctl, [PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0, 0]);
        program.execute();
        0
    });
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Event(PTRACE_EVENT_EXEC));
    if !stays_suspended {
        tracee.set_options(options);
    }
    assert_eq!(tracee.next(Resume::Continue, 0), end);
}

/// In strict mode the tracee could not even ask.
#[harness::test(
    clause = [SECCOMP_SUSPEND_LOADING, SECCOMP_INSTALL_PERMANENT],
    catches = "strict mode that a suspended tracee leaves by loading a filter, or cannot enter again",
    needs = [ROOT, UNFILTERED, PTRACE, STRICT_MODE, SECCOMP_FILTER, SUSPEND_SECCOMP],
)]
fn a_suspended_strict_task_gets_no_filter() {
    let (results, gadget) = (SharedResults::new(), Gadget::syscall());
    let options = PTRACE_O_TRACESYSGOOD | PTRACE_O_SUSPEND_SECCOMP;
    let tracee = Tracee::start_with(options, || {
        filter::no_new_privileges();
        filter::strict();
        let filter = Filter::only(number(UNASSIGNED), Action::Errno(7));
        for loaded in [filter.try_load(0), filter.try_load_by_prctl()] {
            results.add_value(i64::from(loaded == Err(Errno::EINVAL)));
        }
        let again = filter::seccomp(SECCOMP_SET_MODE_STRICT, 0, 0);
        results.add_value(i64::from(again == Ok(0)));
        results.add_value(filter::mode() as i64);
        results.add_value(gadget.call(UNASSIGNED));
        0
    });
    assert_eq!(tracee.finish(), WaitStatus::Exited(0));
    let told = [0, 1, 2, 3].map(|i| results.returned(i, -1));
    assert_eq!(told, [Returned::Value(1); 4], "refused twice, strict mode again, the mode");
    assert_eq!(results.returned(4, -1), Returned::ENOSYS, "a call that the filter would deny");
}
