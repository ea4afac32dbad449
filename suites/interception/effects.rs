//! An intercepted call has no effect; the same call has it where it is made: by dispatch with the
//! selector at ALLOW, by a filter from another address.

use crate::clauses::*;
use fixtures::intercepted::{Dispatch, Intercepts, Mechanism, Trap};
use fixtures::needs::{DISPATCH, SECCOMP_FILTER};
use fixtures::observable_call::ObservableCall;
use fixtures::{Entry, WaitStatus, child};
use rstest::rstest;
use sys::uapi::{SYS_exit, SYS_exit_group};

const DATA: u16 = 9;

/// An intercepted call returns its number and brings one signal.
#[track_caller]
fn is_intercepted(scene: &impl Intercepts, nr: i64, args: [usize; 6]) {
    let result = scene.args_intercepted(nr, args);
    assert_eq!((scene.log().count(), result == nr), (1, true));
}

/// The second call is the same but for the selector or the address.
#[rstest]
#[case::close(ObservableCall::close())]
#[case::dup2(ObservableCall::dup2())]
#[case::write(ObservableCall::write())]
#[case::read(ObservableCall::read())]
#[case::uname(ObservableCall::uname())]
#[case::pipe(ObservableCall::pipe())]
#[case::mmap(ObservableCall::mmap())]
#[case::munmap(ObservableCall::munmap())]
#[case::mprotect(ObservableCall::mprotect())]
#[case::brk(ObservableCall::brk())]
#[case::umask(ObservableCall::umask())]
#[case::chdir(ObservableCall::chdir())]
#[case::sigaction(ObservableCall::sigaction())]
#[case::sigprocmask(ObservableCall::sigprocmask())]
#[case::prctl(ObservableCall::prctl())]
#[case::sigaltstack(ObservableCall::sigaltstack())]
#[case::arch_prctl(ObservableCall::arch_prctl())]
#[case::kill(ObservableCall::kill())]
#[case::setitimer(ObservableCall::setitimer())]
#[harness::test(
    catches = "a kernel that sends the signal and makes the call as well, and returns the number",
    dispatch(
        clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_RESULT_NEVER_EXECUTED],
        needs = [DISPATCH],
    ),
    trap(clause = [SECCOMP_TRAP_NOT_EXECUTED, SECCOMP_ACTIONS_ALLOW], needs = [SECCOMP_FILTER]),
)]
fn an_intercepted_call_has_no_effect(
    #[case] call: ObservableCall,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    let (scene, native) = by.beside_native(Entry::Syscall, DATA);
    is_intercepted(&scene, call.nr, call.args);
    assert!(!call.took_effect(), "the intercepted call was made");
    let result = native.call_args(call.nr, call.args);
    assert!(result >= 0, "the allowed call fails");
    assert!(call.took_effect(), "the allowed call was not made");
    assert_eq!(scene.log().count(), 1);
}

/// A child would come back from the call too, with another result.
#[rstest]
#[case::fork(ObservableCall::fork())]
#[case::clone(ObservableCall::clone())]
#[harness::test(
    catches = "a kernel that makes a child for an intercepted fork",
    dispatch(
        clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_RESULT_NEVER_EXECUTED],
        needs = [DISPATCH],
    ),
    trap(clause = SECCOMP_TRAP_NOT_EXECUTED, needs = [SECCOMP_FILTER]),
)]
fn an_intercepted_fork_makes_no_child(
    #[case] call: ObservableCall,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    let (scene, native) = by.beside_native(Entry::Syscall, DATA);
    is_intercepted(&scene, call.nr, call.args);
    assert!(!call.took_effect(), "there is a child");
    match native.call_args(call.nr, call.args) {
        0 => child::exit(9),
        pid if pid > 0 => assert_eq!(child::end_of(pid as i32), WaitStatus::Exited(9)),
        answer => panic!("the allowed call fails: {}", child::refusal(answer)),
    }
    assert_eq!(scene.log().count(), 1);
}

/// No control: a vfork child cannot leave the frame that made it.
#[rstest]
#[harness::test(
    catches = "a kernel that makes a child for an intercepted vfork",
    dispatch(
        clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_RESULT_NEVER_EXECUTED],
        needs = [DISPATCH],
    ),
    trap(clause = SECCOMP_TRAP_NOT_EXECUTED, needs = [SECCOMP_FILTER]),
)]
fn an_intercepted_vfork_makes_no_child(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let call = ObservableCall::vfork();
    let (scene, _) = by.beside_native(Entry::Syscall, DATA);
    is_intercepted(&scene, call.nr, call.args);
    assert!(!call.took_effect(), "there is a child");
}

/// The process lives on after the intercepted call, and ends by the call that is made.
#[rstest]
#[case::exit(SYS_exit)]
#[case::exit_group(SYS_exit_group)]
#[harness::test(
    catches = "a kernel that makes an intercepted exit",
    dispatch(
        clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_RESULT_COMPLETES],
        needs = [DISPATCH],
    ),
    trap(clause = SECCOMP_TRAP_NOT_EXECUTED, needs = [SECCOMP_FILTER]),
    ends = Exits(23),
)]
fn an_intercepted_exit_does_not_end_the_process(
    #[case] nr: i64,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    let (scene, native) = by.beside_native(Entry::Syscall, DATA);
    let args = [23, 0, 0, 0, 0, 0];
    is_intercepted(&scene, nr, args);
    harness::expect_death();
    native.call_args(nr, args);
}
