//! A trapped call has no effect, and its result is what the handler stores.

use crate::assertions::OneDelivery;
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{Action, Filter, argument, number};
use fixtures::gadget::Gadget;
use fixtures::helper::{self, Program};
use fixtures::needs::{INT80, SECCOMP_FILTER};
use fixtures::observable_call::ObservableCall;
use fixtures::trapped::TrappedGadget;
use fixtures::{Entry, Reg, Registers, WaitStatus, child, sigsys};
use rstest::rstest;
use sys::uapi::SYS_execve;

const DATA: u16 = 9;

fn scene() -> (TrappedGadget, Gadget) {
    let allowed = Gadget::syscall();
    (TrappedGadget::every_number(Entry::Syscall, DATA), allowed)
}

/// The new program's status would be the child's. The two calls differ in an argument that execve
/// does not have.
#[harness::test(
    clause = SECCOMP_TRAP_NOT_EXECUTED,
    catches = "a kernel that makes a trapped execve, whose new program never sees the signal",
    needs = [SECCOMP_FILTER],
)]
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

/// The handler returns by an rt_sigreturn of its own.
#[harness::test(
    clause = SECCOMP_TRAP_NOT_EXECUTED,
    catches = "a kernel that makes a trapped rt_sigreturn, and restores registers from the caller's stack",
    needs = [SECCOMP_FILTER],
)]
fn a_trapped_rt_sigreturn_restores_nothing() {
    let (scene, _) = scene();
    let before = Registers::pattern().with(Reg::Rax, 15);
    let after = scene.call_with(before);
    assert_eq!((scene.log.count(), after[Reg::Rax]), (1, 15));
    for reg in [Reg::Rdi, Reg::Rsi, Reg::Rbx, Reg::R12, Reg::R15] {
        assert!(after[reg] == before[reg], "{reg:?} is another");
    }
}

/// In the 32-bit ABI close is 6.
#[harness::test(
    clause = [SECCOMP_TRAP_NOT_EXECUTED, SECCOMP_ACTIONS_ALLOW, DISPATCH_NUMBER_INT80],
    catches = "a kernel that makes a trapped int 0x80",
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_trapped_int80_has_no_effect() {
    let observable = ObservableCall::close();
    let allowed = Gadget::int80();
    let scene = TrappedGadget::every_number(Entry::Int80, DATA);
    let close = Registers::pattern().with(Reg::Rax, 6).with(Reg::Rbx, observable.args[0] as u64);
    assert_eq!((scene.gadget.call_with(close)[Reg::Rax], scene.log.count()), (6, 1));
    assert!(!observable.took_effect(), "the trapped call was made");
    assert_eq!((allowed.call_with(close)[Reg::Rax], scene.log.count()), (0, 1));
    assert!(observable.took_effect(), "the allowed call was not made");
}

#[rstest]
#[case::success(0)]
#[case::failure(-1)]
#[harness::test(
    clause = [SECCOMP_TRAP_NOT_EXECUTED, SECCOMP_TRAP_RESULT_SET_BY_HANDLER],
    catches = "a kernel that makes a trapped call whose result the handler stores",
    needs = [SECCOMP_FILTER],
)]
fn an_emulated_call_has_no_effect(#[case] result: i64) {
    let observable = ObservableCall::close();
    let (scene, _) = scene();
    scene.log.set(Reg::Rax, result as u64);
    assert_eq!(scene.gadget.call_args(observable.nr, observable.args), result);
    assert_eq!((scene.log.count(), observable.took_effect()), (1, false));
}

/// The entry stores -ENOSYS before any filter runs, for numbers of the table and for others.
#[rstest]
#[case::known(39)]
#[case::unknown(UNASSIGNED)]
#[case::zero(0)]
#[harness::test(
    clause = SECCOMP_TRAP_RESULT_REGISTER_NOT_ENOSYS,
    catches = "a kernel that leaves the -ENOSYS of the entry in the frame's RAX",
    needs = [SECCOMP_FILTER],
)]
fn the_handler_finds_no_enosys(#[case] nr: i64) {
    let scene = TrappedGadget::every_number(Entry::Syscall, 38);
    let caught = scene.delivery(nr as u64);
    assert_eq!(caught.reg(Reg::Rax) as i64, nr);
}

#[harness::test(
    clause = [SECCOMP_TRAP_RESULT_SET_BY_HANDLER, SECCOMP_TRAP_RESULT_REGISTER],
    catches = "a kernel that returns the result that the handler stored for an earlier call",
    needs = [SECCOMP_FILTER],
)]
fn results_belong_to_their_own_calls() {
    let scene = TrappedGadget::every_number(Entry::Syscall, 9);
    for round in 0..100 {
        scene.log.set(Reg::Rax, 1000 + round);
        scene.log.clear();
        assert_eq!(scene.call(UNASSIGNED), 1000 + round as i64);
        assert_eq!(scene.log.count(), 1);
    }
}
