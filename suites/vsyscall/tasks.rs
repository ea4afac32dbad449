//! The vsyscall page in every task: threads, processes, namespaces and executed programs.

use super::outcome::{self, Outcome, Watch};
use crate::clauses::*;
use fixtures::child::{self, Flavour};
use fixtures::filter::{self, Action};
use fixtures::helper::{self, Program};
use fixtures::needs::{CLONE_VM, CLONE3, NAMESPACES, ROOT, SECCOMP_FILTER, VSYSCALL};
use fixtures::thread;
use fixtures::vsyscall::{Caller, Vsyscall};
use fixtures::{WaitStatus, environment};
use rstest::rstest;

/// The outcomes of the task's own call, and of its parent's call afterwards.
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

#[rstest]
#[case::fork(Flavour::Fork)]
#[case::vfork(Flavour::Vfork)]
#[case::clone_thread(Flavour::CloneThread)]
#[harness::test(
    clause = VSYSCALL_CALL_ANY_TASK,
    catches = "a page set up when a program starts and not inherited by a fork, vfork or thread",
    needs = [VSYSCALL],
)]
fn a_new_task_calls_the_page(#[case] flavour: Flavour) {
    assert_eq!(in_a_task(flavour), [Outcome::Ran; 2]);
}

#[harness::test(
    clause = VSYSCALL_CALL_ANY_TASK,
    catches = "a page tied to the process that owns the memory, so that a CLONE_VM child faults",
    needs = [VSYSCALL, CLONE_VM],
)]
fn a_process_in_its_makers_memory_calls_the_page() {
    assert_eq!(in_a_task(Flavour::CloneVm), [Outcome::Ran; 2]);
}

#[harness::test(
    clause = VSYSCALL_CALL_ANY_TASK,
    catches = "clone3 that does not inherit the page as fork and clone do",
    needs = [VSYSCALL, CLONE3],
)]
fn a_task_of_clone3_calls_the_page() {
    assert_eq!(in_a_task(Flavour::Clone3), [Outcome::Ran; 2]);
}

#[rstest]
#[case::user(Flavour::NewUser)]
#[case::process_ids(Flavour::NewPid)]
#[harness::test(
    clause = VSYSCALL_CALL_ANY_TASK,
    catches = "a page kept for tasks of the initial user or PID namespace",
    needs = [VSYSCALL, NAMESPACES],
)]
fn a_task_in_a_namespace_calls_the_page(#[case] flavour: Flavour) {
    assert_eq!(in_a_task(flavour), [Outcome::Ran; 2]);
}

#[harness::test(
    clause = VSYSCALL_CALL_ANY_TASK,
    catches = "a page inherited by a single generation, or not by a thread that the C library creates",
    needs = [VSYSCALL],
)]
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

#[harness::test(
    clause = VSYSCALL_CALL_ANY_TASK,
    catches = "vsyscalls emulated for privileged users alone",
    needs = [VSYSCALL, ROOT],
)]
fn a_user_without_rights_calls_the_page() {
    let caller = Caller::new();
    environment::become_nobody();
    assert_eq!(outcome::of_call(&caller, Vsyscall::Time), Outcome::Ran);
}

#[harness::test(
    clause = VSYSCALL_CALL_ANY_TASK,
    catches = "a page tied to the memory at fork, so that the new memory of execve lacks it",
    needs = [VSYSCALL],
)]
fn an_executed_program_calls_the_page() {
    let program = Program::new();
    let end = child::fork(|| {
        program.execute_as(helper::VSYSCALL);
    });
    assert_eq!(end, WaitStatus::Exited(helper::NATIVE));
}

#[harness::test(
    clause = [VSYSCALL_FILTER_OBEYED, VSYSCALL_CALL_ANY_TASK],
    catches = "a new program whose vsyscalls escape the filters installed before execve",
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

#[rstest]
#[case::fork(Flavour::Fork)]
#[case::clone_thread(Flavour::CloneThread)]
#[harness::test(
    clause = VSYSCALL_FILTER_OBEYED,
    catches = "a vsyscall that escapes its parent's filter in a new task, through a flag that is not \
        inherited",
    needs = [VSYSCALL, SECCOMP_FILTER],
)]
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
