//! The fields of the siginfo_t that a dispatched call brings.

use super::clauses::*;
use crate::assertions::OneDelivery;
use fixtures::call_outcome::{DispatchedGadget, SelfAllowingHandler, UNASSIGNED};
use fixtures::dispatch::{self, ALLOW, BLOCK, ON, Region};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{DISPATCH, INT80};
use fixtures::selector::Selector;
use fixtures::sigsys::{self, Stack};
use fixtures::{Entry, Reg, SigAction};
use rstest::rstest;
use sys::uapi::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, SIGSYS, SYS_USER_DISPATCH};

/// Gadgets usually lie below 4 GiB; each half of this address holds bits of its own.
#[rstest]
#[case::far(0x2468_1357_9000)]
#[case::just_above_4_gib(0x1_0000_0000)]
#[case::just_below_4_gib(0xffff_e000)]
#[case::above_2_gib(0x8000_0000)]
#[harness::test(clause = [PC_AFTER_INSN, INTERCEPT_AT_CALL_TIME], needs = [DISPATCH])]
fn call_addr_has_all_its_bits(#[case] page: usize) {
    let gadget = Gadget::at_address(Entry::Syscall, page + 0x7fe);
    let log = sigsys::handle();
    let armed = dispatch::arm(Region::NONE);
    log.on_entry(armed.selector().byte(), ALLOW);
    let result = armed.blocked(|| gadget.call(UNASSIGNED));
    assert_eq!((log.count(), result), (1, UNASSIGNED));
    let caught = log.delivery(0).expect("the handler runs");
    assert_eq!(gadget.place(caught.call_addr()), Place::AFTER);
    assert_eq!(gadget.place(caught.reg(Reg::Rip)), Place::AFTER);
}

/// A kernel that puts ENOSYS in si_errno, or leaves it unset.
#[harness::test(clause = SIGINFO_ERRNO_ZERO, needs = [DISPATCH])]
fn errno_is_zero() {
    // A byte of this stack that nobody writes is not zero.
    Stack::alternate();
    let log = sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN });
    let scene = DispatchedGadget::with(Gadget::syscall(), log);
    assert_eq!(scene.delivery(UNASSIGNED as u64).errno(), 0);
}

/// One thread, one handler, the two instructions by turns: nothing of one call shows in the next.
#[harness::test(clause = [SIGINFO_ARCH, SIGINFO_SYSCALL], needs = [DISPATCH, INT80])]
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

/// As [`call_addr_has_all_its_bits`].
#[harness::test(clause = [PC_AFTER_INSN, INT_ABI_INT80], needs = [DISPATCH, INT80])]
fn call_addr_of_int80_has_all_its_bits() {
    let gadget = Gadget::at_address(Entry::Int80, 0x2468_1357_97fe);
    let toggle = SelfAllowingHandler::new();
    assert_eq!(toggle.arm(ON, Region::NONE), Ok(()));
    for nr in [UNASSIGNED, 20] {
        toggle.log.clear();
        toggle.selector.store(BLOCK);
        let result = gadget.call(nr);
        toggle.selector.store(ALLOW);
        assert_eq!((toggle.log.count(), result), (1, nr));
        let caught = toggle.log.delivery(0).expect("the handler runs");
        assert_eq!(gadget.place(caught.call_addr()), Place::AFTER);
        assert_eq!(gadget.place(caught.reg(Reg::Rip)), Place::AFTER);
    }
}

/// The first call and the last of many bring the same fields, and a selector may be absent.
#[harness::test(
    clause = [SIGINFO_CODE, SIGINFO_ERRNO_ZERO, SIGINFO_SIGNO, SIGINFO_SYSCALL],
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
