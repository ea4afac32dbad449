//! The fields of the siginfo_t that a dispatched call brings.

use crate::assertions::OneDelivery;
use crate::clauses::*;
use fixtures::call_outcome::{DispatchedGadget, UNASSIGNED};
use fixtures::dispatch;
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INT80};
use fixtures::selector::Selector;
use fixtures::sigsys::{self, Stack};
use fixtures::{Entry, SigAction};
use sys::uapi::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, SIGSYS, SYS_USER_DISPATCH};

#[harness::test(
    clause = DISPATCH_SIGINFO_ERRNO_ZERO,
    catches = "a kernel that puts ENOSYS in si_errno, or leaves it unset",
    needs = [DISPATCH],
)]
fn errno_is_zero() {
    // An unwritten byte of this stack is not zero.
    Stack::alternate();
    let log = sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN });
    let scene = DispatchedGadget::with(Gadget::syscall(), log);
    assert_eq!(scene.delivery(UNASSIGNED as u64).errno(), 0);
}

/// One thread, one handler, and the two instructions alternating.
#[harness::test(
    clause = [DISPATCH_SIGINFO_ARCH, DISPATCH_SIGINFO_SYSCALL],
    catches = "a kernel that keeps si_arch or si_syscall of the call before",
    needs = [DISPATCH, INT80],
)]
fn alternating_abis_are_told_apart() {
    let int80 = Gadget::int80();
    let scene = DispatchedGadget::new(Entry::Syscall);
    for round in 0..4 {
        let caught = scene.delivery(UNASSIGNED as u64);
        assert_eq!(
            (caught.arch(), caught.syscall()),
            (AUDIT_ARCH_X86_64, UNASSIGNED as i32),
            "{round}"
        );
        scene.log.clear();
        let result = scene.armed.blocked(|| int80.call(20));
        assert_eq!((scene.log.count(), result), (1, 20));
        let caught = scene.log.delivery(0).map(|caught| (caught.arch(), caught.syscall()));
        assert_eq!(caught, Some((AUDIT_ARCH_I386, 20)), "{round}");
    }
}

/// The first call and the last of many.
#[harness::test(
    clause = [
        DISPATCH_SIGINFO_CODE,
        DISPATCH_SIGINFO_ERRNO_ZERO,
        DISPATCH_SIGINFO_SIGNO,
        DISPATCH_SIGINFO_SYSCALL,
    ],
    catches = "a kernel that fills siginfo from the selector, or stops filling it after the first call",
    needs = [DISPATCH],
)]
fn the_fields_are_the_same_without_a_selector() {
    let gadget = Gadget::syscall();
    let log = sigsys::handle();
    let armed = dispatch::arm_with(gadget.everything_else(), Selector::NONE);
    for round in 1..=100 {
        log.clear();
        let result = gadget.call(round);
        let caught = log.delivery(0).expect("the handler runs");
        assert_eq!((log.count(), result), (1, round));
        assert_eq!(caught.code(), SYS_USER_DISPATCH);
        assert_eq!((caught.signo(), caught.errno()), (SIGSYS, 0));
        assert_eq!((caught.syscall(), caught.arch()), (round as i32, AUDIT_ARCH_X86_64));
    }
    armed.off();
}
