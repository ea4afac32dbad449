//! An intercepted call has no effect; the same call let through has it.

use crate::clauses::*;
use fixtures::call_outcome::{CallOutcome, DispatchedGadget};
use fixtures::dispatch::{self, ALLOW};
use fixtures::gadget::Gadget;
use fixtures::helper::{self, Program};
use fixtures::needs::{DISPATCH, INT80};
use fixtures::observable_call::ObservableCall;
use fixtures::{Entry, Reg, Registers, WaitStatus, child};
use rstest::rstest;
use sys::uapi::{
    SYS_execve, SYS_exit, SYS_exit_group, SYS_kill, SYS_open, SYS_read, SYS_rt_sigaction,
    SYS_rt_sigreturn, SYS_tgkill, SYS_write,
};

/// The second call is the same but for the selector, so the first would have been seen.
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
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_RESULT_NEVER_EXECUTED],
    needs = [DISPATCH],
)]
fn a_dispatched_call_has_no_effect(#[case] deed: ObservableCall) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let result = scene.armed.blocked(|| scene.gadget.call_args(deed.nr, deed.args));
    assert_eq!((scene.log.count(), result == deed.nr), (1, true));
    assert!(!deed.took_effect(), "the dispatched call was made");
    let result = scene.gadget.call_args(deed.nr, deed.args);
    assert!(result >= 0, "the allowed call fails");
    assert!(deed.took_effect(), "the allowed call was not made");
    assert_eq!(scene.log.count(), 1);
}

/// A child would come back from the call too, with another result.
#[rstest]
#[case::fork(ObservableCall::fork())]
#[case::clone(ObservableCall::clone())]
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_RESULT_NEVER_EXECUTED],
    needs = [DISPATCH],
)]
fn a_dispatched_fork_makes_no_child(#[case] deed: ObservableCall) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let result = scene.armed.blocked(|| scene.gadget.call_args(deed.nr, deed.args));
    assert_eq!((scene.log.count(), result == deed.nr), (1, true));
    assert!(!deed.took_effect(), "there is a child");
    match scene.gadget.call_args(deed.nr, deed.args) {
        0 => child::exit(9),
        pid if pid > 0 => assert_eq!(child::end_of(pid as i32), WaitStatus::Exited(9)),
        answer => child::not_made(answer),
    }
    assert_eq!(scene.log.count(), 1);
}

/// No twin: a vfork child cannot leave the frame that made it.
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_RESULT_NEVER_EXECUTED],
    needs = [DISPATCH],
)]
fn a_dispatched_vfork_makes_no_child() {
    let deed = ObservableCall::vfork();
    let scene = DispatchedGadget::new(Entry::Syscall);
    let result = scene.armed.blocked(|| scene.gadget.call_args(deed.nr, deed.args));
    assert_eq!((scene.log.count(), result == deed.nr), (1, true));
    assert!(!deed.took_effect(), "there is a child");
}

/// The process lives on after the dispatched call, and ends by the allowed one.
#[rstest]
#[case::exit(SYS_exit)]
#[case::exit_group(SYS_exit_group)]
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_RESULT_COMPLETES],
    needs = [DISPATCH],
    ends = Exits(23),
)]
fn a_dispatched_exit_does_not_end_the_process(#[case] nr: i64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let args = [23, 0, 0, 0, 0, 0];
    let result = scene.armed.blocked(|| scene.gadget.call_args(nr, args));
    assert_eq!((scene.log.count(), result == nr), (1, true));
    harness::doomed();
    scene.gadget.call_args(nr, args);
}

/// A kernel that makes the call and sends SIGSYS afterwards: the process would be dead by then.
#[rstest]
#[case::kill(SYS_kill, [child::own_pid() as usize, 9, 0, 0, 0, 0])]
#[case::tgkill(SYS_tgkill, [child::own_pid() as usize, child::own_pid() as usize, 9, 0, 0, 0])]
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_RESULT_COMPLETES],
    needs = [DISPATCH],
    ends = KilledBy(SIGKILL),
)]
fn a_dispatched_sigkill_is_not_sent(#[case] nr: i64, #[case] args: [usize; 6]) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let result = scene.armed.blocked(|| scene.gadget.call_args(nr, args));
    assert_eq!((scene.log.count(), result == nr), (1, true));
    harness::doomed();
    scene.gadget.call_args(nr, args);
}

/// A kernel that lets execve past dispatch, which it would end anyway.
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_RESULT_COMPLETES],
    needs = [DISPATCH],
    ends = Exits(helper::NATIVE),
)]
fn a_dispatched_execve_does_not_replace_the_program() {
    let program = Program::new();
    let path = program.path().as_ptr() as usize;
    let list = [path, c"--sigsys-helper".as_ptr() as usize, 0];
    let args = [path, list.as_ptr() as usize, 0, 0, 0, 0];
    let scene = DispatchedGadget::new(Entry::Syscall);
    let result = scene.armed.blocked(|| scene.gadget.call_args(59, args));
    assert_eq!((scene.log.count(), result == 59), (1, true));
    harness::doomed();
    scene.gadget.call_args(59, args);
}

/// The call that would turn dispatch off is a call like any other.
#[harness::test(clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_PRCTL_OFF], needs = [DISPATCH])]
fn a_dispatched_off_turns_nothing_off() {
    let off = [59, 0, 0, 0, 0, 0];
    let scene = DispatchedGadget::new(Entry::Syscall);
    let result = scene.armed.blocked(|| scene.gadget.call_args(157, off));
    assert_eq!((scene.log.count(), result == 157), (1, true));
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
    assert_eq!(scene.gadget.call_args(157, off), 0);
    assert_eq!(scene.outcome(), CallOutcome::Native);
}

/// Were the call made, the region would grow over the gadget.
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_RESULT_NEVER_EXECUTED],
    needs = [DISPATCH],
)]
fn a_dispatched_arming_changes_nothing() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let selector = scene.armed.selector().address() as usize;
    let all = [59, 1, 0, usize::MAX, selector, 0];
    let result = scene.armed.blocked(|| scene.gadget.call_args(157, all));
    assert_eq!((scene.log.count(), result == 157), (1, true));
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
    assert_eq!(scene.gadget.call_args(157, all), 0);
    assert_eq!(scene.outcome(), CallOutcome::Native);
}

/// Unmapped, the kernel's, and not canonical: each would be EFAULT, or a fault.
#[rstest]
#[case::read(SYS_read)]
#[case::write(SYS_write)]
#[case::open(SYS_open)]
#[case::execve(SYS_execve)]
#[case::rt_sigreturn(SYS_rt_sigreturn)]
#[case::rt_sigaction(SYS_rt_sigaction)]
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_SCOPE_ANY_ABI],
    needs = [DISPATCH],
)]
fn arguments_that_point_nowhere_are_not_looked_at(#[case] nr: i64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    for value in [1, usize::MAX, 0xffff_8000_0000_0000, 0x8000_0000_0000] {
        scene.log.clear();
        let result = scene.armed.blocked(|| scene.gadget.call_args(nr, [value; 6]));
        assert_eq!((scene.log.count(), result == nr), (1, true));
    }
}

/// Before, in and after the handler: the effect comes with the handler's own retry only.
#[harness::test(
    clause = [DISPATCH_RESULT_NEVER_EXECUTED, DISPATCH_RESULT_RETRIED],
    needs = [DISPATCH],
)]
fn a_call_is_made_once_when_the_handler_repeats_it() {
    let deed = ObservableCall::write();
    let scene = DispatchedGadget::new(Entry::Syscall);
    scene.log.on_entry(scene.armed.selector().byte(), ALLOW);
    scene.log.move_rip(-2);
    let result = scene.armed.blocked(|| scene.gadget.call_args(deed.nr, deed.args));
    assert_eq!((scene.log.count(), result), (1, 5));
    assert!(deed.took_effect(), "five bytes are in the pipe");
}

/// The 32-bit ABI: umask is 60, its argument RBX; exit is 1.
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn a_dispatched_int80_has_no_effect() {
    let deed = ObservableCall::umask();
    let scene = DispatchedGadget::new(Entry::Int80);
    let call = Registers::pattern().with(Reg::Rax, 60).with(Reg::Rbx, 0o077);
    assert_eq!((scene.call_with(call)[Reg::Rax], scene.log.count()), (60, 1));
    assert!(!deed.took_effect(), "the dispatched call was made");
    assert_eq!(scene.gadget.call_with(call)[Reg::Rax], 0o022, "the old mask");
    assert!(deed.took_effect(), "the allowed call was not made");
}

/// A kernel that lets exit through by int 0x80, where it has another number than by syscall.
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
    ends = Exits(23),
)]
fn a_dispatched_32_bit_exit_does_not_end_the_process() {
    let scene = DispatchedGadget::new(Entry::Int80);
    let exit = Registers::pattern().with(Reg::Rax, 1).with(Reg::Rbx, 23);
    assert_eq!((scene.call_with(exit)[Reg::Rax], scene.log.count()), (1, 1));
    harness::doomed();
    scene.gadget.call_with(exit);
}

/// A gadget that is exempt shows that it was the dispatch that kept the effect away.
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_REGION_ALWAYS_ALLOWED],
    needs = [DISPATCH],
)]
fn the_same_call_from_the_region_has_its_effect() {
    let deed = ObservableCall::close();
    let dispatched = Gadget::syscall();
    let exempt = Gadget::syscall();
    let log = fixtures::sigsys::handle();
    let armed = dispatch::arm(dispatched.everything_else());
    let result = armed.blocked(|| dispatched.call_args(deed.nr, deed.args));
    assert_eq!((log.count(), result == deed.nr), (1, true));
    assert!(!deed.took_effect(), "the dispatched call was made");
    let result = armed.blocked(|| exempt.call_args(deed.nr, deed.args));
    assert_eq!((log.count(), result), (1, 0));
    assert!(deed.took_effect(), "the exempt call was not made");
}
