//! PTRACE_O_SUSPEND_SECCOMP: who may set it, and what a refusal leaves.

use crate::clauses::*;
use fixtures::Errno::{self, EINVAL, EPERM};
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::Gadget;
use fixtures::needs::{PTRACE, ROOT, SECCOMP_FILTER, SUSPEND_SECCOMP, UNFILTERED};
use fixtures::script::{Returned, SharedResults, Traced, call};
use fixtures::thread::Steps;
use fixtures::tracee::{self, Resume, Stop, Tracee};
use fixtures::{WaitStatus, environment};
use rstest::rstest;
use sys::uapi::{
    CAP_SYS_ADMIN, CAP_SYS_PTRACE, PTRACE_O_SUSPEND_SECCOMP, PTRACE_O_TRACESECCOMP, SIGSTOP,
};

/// The request by which a tracer sets the option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Setoptions,
    Seize,
}

use By::{Seize, Setoptions};

impl By {
    /// Traces a child with these options, and gives the answer.
    fn ask(self, options: i32) -> Result<(), Errno> {
        match self {
            Setoptions => {
                let tracee = Tracee::start(|| 0);
                let answer = tracee.try_set_options(options);
                tracee.finish();
                answer
            }
            Seize => {
                let steps = Steps::new();
                let child = child::start(Flavour::Fork, || {
                    steps.wait_for(1);
                    0
                });
                let answer = tracee::try_seize(child.pid(), options);
                steps.reach(1);
                child.end();
                answer
            }
        }
    }
}

/// The answers to tracers in a process of their own, after `prepare`: to this option and to
/// PTRACE_O_TRACESECCOMP.
fn answers(by: By, prepare: impl FnOnce()) -> [Result<(), Errno>; 2] {
    let kept = SharedResults::new();
    let end = child::fork(|| {
        prepare();
        keep(kept, by);
    });
    read(kept, end)
}

fn keep(kept: SharedResults, by: By) {
    for option in [PTRACE_O_SUSPEND_SECCOMP, PTRACE_O_TRACESECCOMP] {
        kept.add_value(by.ask(option).err().map_or(0, |errno| errno as i64));
    }
}

#[track_caller]
fn read(kept: SharedResults, end: WaitStatus) -> [Result<(), Errno>; 2] {
    assert_eq!(end, WaitStatus::Exited(0), "the tracer comes to its end");
    [0, 1].map(|index| match kept.returned(index, 0) {
        Returned::Value(0) | Returned::OwnPid => Ok(()),
        Returned::Value(errno) => Err(Errno::from_raw(errno as i32)),
        other => panic!("the tracer kept {other:?}"),
    })
}

fn keep_all() {}

fn without_sys_admin() {
    environment::give_up_capability(CAP_SYS_ADMIN);
}

fn without_any() {
    environment::keep_capabilities(&[]);
}

fn with_sys_ptrace() {
    environment::keep_capabilities(&[CAP_SYS_PTRACE]);
}

fn with_sys_admin() {
    environment::keep_capabilities(&[CAP_SYS_ADMIN]);
}

fn without_sys_ptrace() {
    environment::give_up_capability(CAP_SYS_PTRACE);
}

/// The same tracer may set PTRACE_O_TRACESECCOMP.
#[rstest]
#[case::all(keep_all as fn(), Ok(()))]
#[case::only_sys_admin(with_sys_admin, Ok(()))]
#[case::all_but_sys_ptrace(without_sys_ptrace, Ok(()))]
#[case::all_but_sys_admin(without_sys_admin, Err(EPERM))]
#[case::only_sys_ptrace(with_sys_ptrace, Err(EPERM))]
#[case::none(without_any, Err(EPERM))]
#[harness::test(
    clause = SECCOMP_SUSPEND_PRIVILEGE,
    catches = "PTRACE_O_SUSPEND_SECCOMP without CAP_SYS_ADMIN, by SEIZE alone or by both, or a demand for \
        another capability",
    needs = [ROOT, UNFILTERED, PTRACE, SUSPEND_SECCOMP],
)]
fn suspending_takes_cap_sys_admin(
    #[case] prepare: fn(),
    #[case] expected: Result<(), Errno>,
    #[values(Setoptions, Seize)] by: By,
) {
    assert_eq!(answers(by, prepare), [expected, Ok(())]);
}

/// The filter of the tracer allows every call; it keeps its capabilities.
#[rstest]
#[case::filtered(true, Err(EPERM))]
#[case::free(false, Ok(()))]
#[harness::test(
    clause = SECCOMP_SUSPEND_FREE_TRACER,
    catches = "a filtered tracer that suspends the filters of its child, by SEIZE alone or by both",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, SUSPEND_SECCOMP],
)]
fn a_tracer_with_a_filter_may_not_suspend(
    #[case] filtered: bool,
    #[case] expected: Result<(), Errno>,
    #[values(Setoptions, Seize)] by: By,
) {
    let prepare = || {
        if filtered {
            Filter::new().load();
        }
    };
    assert_eq!(answers(by, prepare), [expected, Ok(())]);
}

/// The tracer has a tracer of its own, which suspends its seccomp or does not.
#[rstest]
#[case::suspended(PTRACE_O_SUSPEND_SECCOMP, Err(EPERM))]
#[case::traced(0, Ok(()))]
#[harness::test(
    clause = SECCOMP_SUSPEND_FREE_TRACER,
    catches = "a suspended tracer, whose own filters do not count just then, that suspends its child's",
    needs = [ROOT, UNFILTERED, PTRACE, SUSPEND_SECCOMP],
)]
fn a_suspended_tracer_may_not_suspend(
    #[case] options: i32,
    #[case] expected: Result<(), Errno>,
    #[values(Setoptions, Seize)] by: By,
) {
    let kept = SharedResults::new();
    let tracer = Tracee::start_with(options, || {
        keep(kept, by);
        0
    });
    assert_eq!(read(kept, tracer.finish()), [expected, Ok(())]);
}

/// An unknown option makes the whole request EINVAL, whatever else it asks for.
#[rstest]
#[case::next_bit(1 << 22)]
#[case::between_the_known(1 << 8)]
#[case::sign(i32::MIN)]
#[harness::test(
    clause = [SECCOMP_SUSPEND_FILTERS, SECCOMP_SUSPEND_RESUMED],
    catches = "a refused PTRACE_SETOPTIONS that suspends seccomp all the same, or resumes what was \
        suspended",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, SUSPEND_SECCOMP],
)]
fn a_refused_request_changes_nothing(#[case] unknown: i32) {
    let filter = Filter::only(number(UNASSIGNED), Action::Errno(7));
    let traced = Traced::start_stopping(
        0,
        Gadget::syscall(),
        || filter.load(),
        &[call(UNASSIGNED), call(UNASSIGNED)],
    );
    let tracee = &traced.tracee;
    assert_eq!(tracee.try_set_options(PTRACE_O_SUSPEND_SECCOMP | unknown), Err(EINVAL));
    assert_eq!(tracee.next(Resume::Continue, 0), Stop::Signal(SIGSTOP));
    tracee.set_options(PTRACE_O_SUSPEND_SECCOMP);
    assert_eq!(tracee.try_set_options(unknown), Err(EINVAL));
    assert_eq!(tracee.finish(), WaitStatus::Exited(0));
    let returned = [traced.returned(0), traced.returned(1)];
    assert_eq!(returned, [Returned::Value(-7), Returned::ENOSYS]);
}
