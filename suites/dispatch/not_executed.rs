//! A dispatched call has no effect, until the handler goes back to it with calls allowed.

use crate::clauses::*;
use fixtures::call_outcome::{CallOutcome, DispatchedGadget};
use fixtures::dispatch::{self, ALLOW};
use fixtures::gadget::Gadget;
use fixtures::helper::{self, Program};
use fixtures::needs::{DISPATCH, INT80};
use fixtures::observable_call::ObservableCall;
use fixtures::{Entry, Reg, Registers, child};
use rstest::rstest;
use sys::uapi::{
    SYS_execve, SYS_kill, SYS_open, SYS_read, SYS_rt_sigaction, SYS_rt_sigreturn, SYS_tgkill,
    SYS_write,
};

/// The process would be dead by the time of the SIGSYS.
#[rstest]
#[case::kill(SYS_kill, [child::own_pid() as usize, 9, 0, 0, 0, 0])]
#[case::tgkill(SYS_tgkill, [child::own_pid() as usize, child::own_pid() as usize, 9, 0, 0, 0])]
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_RESULT_COMPLETES],
    catches = "a kernel that makes the call and sends SIGSYS afterwards",
    needs = [DISPATCH],
    ends = KilledBy(SIGKILL),
)]
fn a_dispatched_sigkill_is_not_sent(#[case] nr: i64, #[case] args: [usize; 6]) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let result = scene.armed.blocked(|| scene.gadget.call_args(nr, args));
    assert_eq!((scene.log.count(), result == nr), (1, true));
    harness::expect_death();
    scene.gadget.call_args(nr, args);
}

#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_RESULT_COMPLETES],
    catches = "a kernel that makes execve without dispatching it, as execve would end dispatch anyway",
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
    harness::expect_death();
    scene.gadget.call_args(59, args);
}

#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_PRCTL_OFF],
    catches = "a kernel that exempts the prctl that turns dispatch off",
    needs = [DISPATCH],
)]
fn a_dispatched_off_turns_nothing_off() {
    let off = [59, 0, 0, 0, 0, 0];
    let scene = DispatchedGadget::new(Entry::Syscall);
    let result = scene.armed.blocked(|| scene.gadget.call_args(157, off));
    assert_eq!((scene.log.count(), result == 157), (1, true));
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
    assert_eq!(scene.gadget.call_args(157, off), 0);
    assert_eq!(scene.outcome(), CallOutcome::Native);
}

/// Were the call made, the region would include the gadget.
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_RESULT_NEVER_EXECUTED],
    catches = "a kernel that exempts the prctl that turns dispatch on",
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

/// Unmapped, in the kernel's half, and not canonical.
#[rstest]
#[case::read(SYS_read)]
#[case::write(SYS_write)]
#[case::open(SYS_open)]
#[case::execve(SYS_execve)]
#[case::rt_sigreturn(SYS_rt_sigreturn)]
#[case::rt_sigaction(SYS_rt_sigaction)]
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_SCOPE_ANY_ABI],
    catches = "a kernel that reads the arguments' memory before it dispatches, and answers EFAULT",
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

#[harness::test(
    clause = [DISPATCH_RESULT_NEVER_EXECUTED, DISPATCH_RESULT_RETRIED],
    catches = "a kernel that makes the call before, or again after, the handler's own repetition of it",
    needs = [DISPATCH],
)]
fn a_call_is_made_once_when_the_handler_repeats_it() {
    let observable = ObservableCall::write();
    let scene = DispatchedGadget::new(Entry::Syscall);
    scene.log.on_entry(scene.armed.selector().byte(), ALLOW);
    scene.log.move_rip(-2);
    let result = scene.armed.blocked(|| scene.gadget.call_args(observable.nr, observable.args));
    assert_eq!((scene.log.count(), result), (1, 5));
    assert!(observable.took_effect(), "five bytes are in the pipe");
}

/// In the 32-bit ABI umask is 60, and its argument is RBX.
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_NUMBER_INT80],
    catches = "a kernel that makes a dispatched int 0x80",
    needs = [DISPATCH, INT80],
)]
fn a_dispatched_int80_has_no_effect() {
    let observable = ObservableCall::umask();
    let scene = DispatchedGadget::new(Entry::Int80);
    let call = Registers::pattern().with(Reg::Rax, 60).with(Reg::Rbx, 0o077);
    assert_eq!((scene.call_with(call)[Reg::Rax], scene.log.count()), (60, 1));
    assert!(!observable.took_effect(), "the dispatched call was made");
    assert_eq!(scene.gadget.call_with(call)[Reg::Rax], 0o022, "the old mask");
    assert!(observable.took_effect(), "the allowed call was not made");
}

/// In the 32-bit ABI exit is 1.
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_NUMBER_INT80],
    catches = "a kernel that exempts exit by its 64-bit number, or makes exit for an int 0x80",
    needs = [DISPATCH, INT80],
    ends = Exits(23),
)]
fn a_dispatched_32_bit_exit_does_not_end_the_process() {
    let scene = DispatchedGadget::new(Entry::Int80);
    let exit = Registers::pattern().with(Reg::Rax, 1).with(Reg::Rbx, 23);
    assert_eq!((scene.call_with(exit)[Reg::Rax], scene.log.count()), (1, 1));
    harness::expect_death();
    scene.gadget.call_with(exit);
}

/// The control: an exempt gadget makes the same call.
#[harness::test(
    clause = [DISPATCH_RESULT_NOT_EXECUTED, DISPATCH_REGION_ALWAYS_ALLOWED],
    catches = "a kernel that makes no call at all while the selector blocks",
    needs = [DISPATCH],
)]
fn the_same_call_from_the_region_has_its_effect() {
    let observable = ObservableCall::close();
    let dispatched = Gadget::syscall();
    let exempt = Gadget::syscall();
    let log = fixtures::sigsys::handle();
    let armed = dispatch::arm(dispatched.everything_else());
    let result = armed.blocked(|| dispatched.call_args(observable.nr, observable.args));
    assert_eq!((log.count(), result == observable.nr), (1, true));
    assert!(!observable.took_effect(), "the dispatched call was made");
    let result = armed.blocked(|| exempt.call_args(observable.nr, observable.args));
    assert_eq!((log.count(), result), (1, 0));
    assert!(observable.took_effect(), "the exempt call was not made");
}

fn retry(entry: Entry, getpid: i64) {
    let scene = DispatchedGadget::new(entry);
    scene.log.on_entry(scene.armed.selector().byte(), ALLOW);
    scene.log.move_rip(-2);
    let result = scene.call(getpid);
    assert_eq!((scene.log.count(), child::is_own_pid(result)), (1, true));
    // Without the move the thread resumes after the instruction.
    scene.log.move_rip(0);
    assert_eq!((scene.call(getpid) == getpid, scene.log.count()), (true, 2));
}

#[harness::test(
    clause = [
        DISPATCH_RESULT_RETRIED,
        DISPATCH_RESULT_NEVER_EXECUTED,
        DISPATCH_RESULT_REGISTER_WRITES,
    ],
    catches = "a kernel that remembers the dispatched call, and does not make it, or makes it unasked, afterwards",
    needs = [DISPATCH],
)]
fn the_handler_can_have_the_call_made() {
    retry(Entry::Syscall, 39);
}

#[harness::test(
    clause = [DISPATCH_RESULT_RETRIED, DISPATCH_NUMBER_INT80],
    catches = "a kernel that makes a repeated int 0x80 by the 64-bit table, or not at all",
    needs = [DISPATCH, INT80],
)]
fn the_handler_can_have_an_int80_made() {
    retry(Entry::Int80, 20);
}
