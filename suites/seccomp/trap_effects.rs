//! A trapped call has no effect; the same call from another place, which the filter allows, has it.

use crate::clauses::*;
use fixtures::filter::{Action, Filter, argument, number};
use fixtures::gadget::Gadget;
use fixtures::helper::{self, Program};
use fixtures::needs::{INT80, SECCOMP_FILTER};
use fixtures::observable_call::ObservableCall;
use fixtures::trapped::TrappedGadget;
use fixtures::{Entry, Reg, Registers, WaitStatus, child, sigsys};
use rstest::rstest;
use sys::uapi::{SYS_execve, SYS_exit, SYS_exit_group};

const DATA: u16 = 9;

fn scene() -> (TrappedGadget, Gadget) {
    let allowed = Gadget::syscall();
    (TrappedGadget::every_number(Entry::Syscall, DATA), allowed)
}

/// A kernel that sends the signal and makes the call too, hiding it behind the number as result.
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
    clause = [SECCOMP_TRAP_NOT_EXECUTED, SECCOMP_ACTIONS_ALLOW],
    needs = [SECCOMP_FILTER],
)]
fn a_trapped_call_has_no_effect(#[case] deed: ObservableCall) {
    let (scene, allowed) = scene();
    let result = scene.gadget.call_args(deed.nr, deed.args);
    assert_eq!((scene.log.count(), result == deed.nr), (1, true));
    assert!(!deed.took_effect(), "the trapped call was made");
    let result = allowed.call_args(deed.nr, deed.args);
    assert!(result >= 0, "the allowed call fails");
    assert!(deed.took_effect(), "the allowed call was not made");
    assert_eq!(scene.log.count(), 1);
}

/// A child would come back from the call too, with another result.
#[rstest]
#[case::fork(ObservableCall::fork())]
#[case::clone(ObservableCall::clone())]
#[harness::test(clause = SECCOMP_TRAP_NOT_EXECUTED, needs = [SECCOMP_FILTER])]
fn a_trapped_fork_makes_no_child(#[case] deed: ObservableCall) {
    let (scene, allowed) = scene();
    let result = scene.gadget.call_args(deed.nr, deed.args);
    assert_eq!((scene.log.count(), result == deed.nr), (1, true));
    assert!(!deed.took_effect(), "there is a child");
    match allowed.call_args(deed.nr, deed.args) {
        0 => child::exit(9),
        pid if pid > 0 => assert_eq!(child::end_of(pid as i32), WaitStatus::Exited(9)),
        answer => child::not_made(answer),
    }
}

/// No twin: a vfork child cannot leave the frame that made it.
#[harness::test(clause = SECCOMP_TRAP_NOT_EXECUTED, needs = [SECCOMP_FILTER])]
fn a_trapped_vfork_makes_no_child() {
    let deed = ObservableCall::vfork();
    let (scene, _) = scene();
    let result = scene.gadget.call_args(deed.nr, deed.args);
    assert_eq!((scene.log.count(), result == deed.nr), (1, true));
    assert!(!deed.took_effect(), "there is a child");
}

/// The process lives on after the trapped call, and ends by the allowed one.
#[rstest]
#[case::exit(SYS_exit)]
#[case::exit_group(SYS_exit_group)]
#[harness::test(clause = SECCOMP_TRAP_NOT_EXECUTED, needs = [SECCOMP_FILTER], ends = Exits(23))]
fn a_trapped_exit_does_not_end_the_process(#[case] nr: i64) {
    let (scene, allowed) = scene();
    let args = [23, 0, 0, 0, 0, 0];
    let result = scene.gadget.call_args(nr, args);
    assert_eq!((scene.log.count(), result == nr), (1, true));
    harness::doomed();
    allowed.call_args(nr, args);
}

/// The new program's status would be the child's. The two calls differ in an argument execve has not.
#[harness::test(clause = SECCOMP_TRAP_NOT_EXECUTED, needs = [SECCOMP_FILTER])]
fn a_trapped_execve_does_not_replace_the_program() {
    let program = Program::new();
    let path = program.path().as_ptr() as usize;
    let list = [path, c"--sigsys-helper".as_ptr() as usize, 0];
    let args = |mark| [path, list.as_ptr() as usize, 0, 0, 0, mark];
    let end = child::fork(|| {
        let scene = TrappedGadget::with(Gadget::syscall(), sigsys::handle());
        Filter::only(number(SYS_execve).and(argument(5, 1)), Action::Trap(DATA)).load();
        let result = scene.gadget.call_args(59, args(1));
        if (scene.log.count(), result) == (1, 59) {
            scene.gadget.call_args(59, args(0));
        }
        child::exit(1)
    });
    assert_eq!(end, WaitStatus::Exited(helper::NATIVE));
}

/// The handler's frame is taken down by an rt_sigreturn of its own; the trapped one takes down nothing.
#[harness::test(clause = SECCOMP_TRAP_NOT_EXECUTED, needs = [SECCOMP_FILTER])]
fn a_trapped_rt_sigreturn_restores_nothing() {
    let (scene, _) = scene();
    let before = Registers::pattern().with(Reg::Rax, 15);
    let after = scene.call_with(before);
    assert_eq!((scene.log.count(), after[Reg::Rax]), (1, 15));
    for reg in [Reg::Rdi, Reg::Rsi, Reg::Rbx, Reg::R12, Reg::R15] {
        assert!(after[reg] == before[reg], "{reg:?} is another");
    }
}

/// 6 is close in the 32-bit ABI.
#[harness::test(
    clause = [SECCOMP_TRAP_NOT_EXECUTED, SECCOMP_ACTIONS_ALLOW, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_trapped_int80_has_no_effect() {
    let deed = ObservableCall::close();
    let allowed = Gadget::int80();
    let scene = TrappedGadget::every_number(Entry::Int80, DATA);
    let close = Registers::pattern().with(Reg::Rax, 6).with(Reg::Rbx, deed.args[0] as u64);
    assert_eq!((scene.gadget.call_with(close)[Reg::Rax], scene.log.count()), (6, 1));
    assert!(!deed.took_effect(), "the trapped call was made");
    assert_eq!((allowed.call_with(close)[Reg::Rax], scene.log.count()), (0, 1));
    assert!(deed.took_effect(), "the allowed call was not made");
}

/// A result that the handler stores makes no call either.
#[rstest]
#[case::success(0)]
#[case::failure(-1)]
#[harness::test(
    clause = [SECCOMP_TRAP_NOT_EXECUTED, SECCOMP_TRAP_RESULT_SET_BY_HANDLER],
    needs = [SECCOMP_FILTER],
)]
fn an_emulated_call_has_no_effect(#[case] result: i64) {
    let deed = ObservableCall::close();
    let (scene, _) = scene();
    scene.log.set(Reg::Rax, result as u64);
    assert_eq!(scene.gadget.call_args(deed.nr, deed.args), result);
    assert_eq!((scene.log.count(), deed.took_effect()), (1, false));
}
