//! Who may call the page: every thread and process there is.

use super::clauses::*;
use super::outcome::{self, Outcome, Watch};
use fixtures::child::{self, Flavour};
use fixtures::filter::{self, Action};
use fixtures::helper::{self, Program};
use fixtures::needs::{CLONE_VM, CLONE3, NAMESPACES, ROOT, SECCOMP_FILTER, VSYSCALL};
use fixtures::thread;
use fixtures::vsyscall::{Caller, Vsyscall};
use fixtures::{WaitStatus, environment};
use rstest::rstest;

/// The task's own call, and its maker's afterwards.
fn in_a_task(flavour: Flavour) -> [Outcome; 2] {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    let child = child::start(flavour, || {
        caller.call(Vsyscall::Getcpu);
        0
    });
    child.end();
    [watch.outcome(&caller, Vsyscall::Getcpu), outcome::of_call(&caller, Vsyscall::Gettimeofday)]
}

/// A kernel that sets the page up for a task when a program starts and does not hand that on.
#[rstest]
#[case::fork(Flavour::Fork)]
#[case::vfork(Flavour::Vfork)]
#[case::clone_thread(Flavour::CloneThread)]
#[harness::test(clause = INT_VSYS_ANY_TASK, needs = [VSYSCALL])]
fn a_new_task_calls_the_page(#[case] flavour: Flavour) {
    assert_eq!(in_a_task(flavour), [Outcome::Ran; 2]);
}

/// A kernel that ties the page to the process that owns the memory: another one in there would fault.
#[harness::test(clause = INT_VSYS_ANY_TASK, needs = [VSYSCALL, CLONE_VM])]
fn a_process_in_its_makers_memory_calls_the_page() {
    assert_eq!(in_a_task(Flavour::CloneVm), [Outcome::Ran; 2]);
}

/// A kernel that hands the page on by its older calls for a new task and forgets it in clone3.
#[harness::test(clause = INT_VSYS_ANY_TASK, needs = [VSYSCALL, CLONE3])]
fn a_task_of_clone3_calls_the_page() {
    assert_eq!(in_a_task(Flavour::Clone3), [Outcome::Ran; 2]);
}

/// A kernel that keeps the page for tasks of the first namespace.
#[rstest]
#[case::user(Flavour::NewUser)]
#[case::process_ids(Flavour::NewPid)]
#[harness::test(clause = INT_VSYS_ANY_TASK, needs = [VSYSCALL, NAMESPACES])]
fn a_task_in_a_namespace_calls_the_page(#[case] flavour: Flavour) {
    assert_eq!(in_a_task(flavour), [Outcome::Ran; 2]);
}

/// A kernel that hands the page on for one generation, or not to a thread of a library's making.
#[harness::test(clause = INT_VSYS_ANY_TASK, needs = [VSYSCALL])]
fn a_thread_and_a_grandchild_call_the_page() {
    let of_thread = std::thread::scope(|scope| {
        let thread =
            thread::spawn(scope, || outcome::of_call(&Caller::new(), Vsyscall::Gettimeofday));
        thread.join().unwrap_or_else(|_| panic!("the thread failed"))
    });
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    child::fork(|| {
        child::fork(|| {
            caller.call(Vsyscall::Time);
        });
    });
    let of_grandchild = watch.outcome(&caller, Vsyscall::Time);
    assert_eq!([of_thread, of_grandchild], [Outcome::Ran; 2]);
}

/// A kernel that emulates for privileged users alone.
#[harness::test(clause = INT_VSYS_ANY_TASK, needs = [VSYSCALL, ROOT])]
fn a_user_without_rights_calls_the_page() {
    let caller = Caller::new();
    environment::become_nobody();
    assert_eq!(outcome::of_call(&caller, Vsyscall::Time), Outcome::Ran);
}

/// A kernel that ties the page to the memory at boot or fork: an execve makes a new one without it.
#[harness::test(clause = INT_VSYS_ANY_TASK, needs = [VSYSCALL])]
fn an_executed_program_calls_the_page() {
    let program = Program::new();
    let end = child::fork(|| {
        program.execute_as(helper::VSYSCALL);
    });
    assert_eq!(end, WaitStatus::Exited(helper::NATIVE));
}

/// A filter goes with the program to its image and to its children.
#[harness::test(
    clause = [VSYS_HONOURS_SECCOMP, INT_VSYS_ANY_TASK],
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
fn an_executed_program_meets_the_filter_of_before() {
    let program = Program::new();
    let end = child::fork(|| {
        filter::load(Vsyscall::Time.number() as u32, Action::Errno(7));
        program.execute_as(helper::VSYSCALL);
    });
    assert_eq!(end, WaitStatus::Exited(helper::DENIED));
}

/// A kernel whose emulation goes by a mark of filters that new tasks do not get.
#[rstest]
#[case::fork(Flavour::Fork)]
#[case::clone_thread(Flavour::CloneThread)]
#[harness::test(clause = VSYS_HONOURS_SECCOMP, needs = [VSYSCALL, SECCOMP_FILTER])]
fn a_new_task_meets_its_makers_filter(#[case] flavour: Flavour) {
    let caller = Caller::new();
    let watch = Watch::start(&caller);
    filter::load(Vsyscall::Getcpu.number() as u32, Action::Errno(7));
    let child = child::start(flavour, || {
        caller.call(Vsyscall::Getcpu);
        0
    });
    child.end();
    assert_eq!(watch.outcome(&caller, Vsyscall::Getcpu), Outcome::Gave(-7));
}
