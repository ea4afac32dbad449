//! The fields of the siginfo_t that a dispatched call brings.

use crate::clauses::*;
use fixtures::call_outcome::{DispatchedGadget, SelfAllowingHandler, UNASSIGNED};
use fixtures::dispatch::{self, ALLOW, BLOCK, ON, Region};
use fixtures::gadget::{Gadget, Place};
use fixtures::intercepted::is_that_call;
use fixtures::needs::{DISPATCH, INT80};
use fixtures::selector::Selector;
use fixtures::sigsys::{self, Stack};
use fixtures::{Delivery, Entry, Reg, SigAction, child};
use harness::observe;
use rstest::rstest;
use sys::uapi::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, SIGSYS, SYS_USER_DISPATCH};

/// What the handler saw of one call, on a stack where an unwritten byte is not zero.
fn caught(entry: Entry) -> (Gadget, Delivery) {
    Stack::alternate();
    let log = sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN });
    let scene = DispatchedGadget::with(Gadget::new(entry), log);
    let caught = scene.delivery(UNASSIGNED as u64);
    (scene.gadget, caught)
}

/// A kernel that reports the address behind the instruction, where the thread goes on.
#[harness::test(clause = DISPATCH_SIGINFO_CALL_ADDR, needs = [DISPATCH])]
fn call_addr_is_the_instruction() {
    let (gadget, caught) = caught(Entry::Syscall);
    observe!("si_call_addr", gadget.place(caught.call_addr()));
    assert_eq!(gadget.place(caught.call_addr()), Place::INSTRUCTION);
}

/// A kernel that reports what the processor saves at an int 0x80, which is the address behind it.
#[harness::test(clause = DISPATCH_SIGINFO_CALL_ADDR, needs = [DISPATCH, INT80])]
fn call_addr_is_the_32_bit_instruction() {
    let (gadget, caught) = caught(Entry::Int80);
    observe!("si_call_addr", gadget.place(caught.call_addr()));
    assert_eq!(gadget.place(caught.call_addr()), Place::INSTRUCTION);
}

/// What kernels do: the address is the one the thread goes on from.
#[harness::test(
    clause = [DISPATCH_RESULT_PC_AFTER_INSTRUCTION, DISPATCH_SIGNAL_AT_THE_CALL],
    needs = [DISPATCH],
)]
fn call_addr_is_the_saved_program_counter() {
    let (gadget, caught) = caught(Entry::Syscall);
    assert!(caught.call_addr() == caught.reg(Reg::Rip), "si_call_addr is not the saved RIP");
    assert_eq!(gadget.place(caught.call_addr()), Place::AFTER);
}

/// A kernel that corrects si_call_addr or the saved RIP for an int 0x80, and not the other.
#[harness::test(
    clause = [DISPATCH_RESULT_PC_AFTER_INSTRUCTION, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn call_addr_of_int80_is_the_saved_program_counter() {
    let (gadget, caught) = caught(Entry::Int80);
    assert!(caught.call_addr() == caught.reg(Reg::Rip), "si_call_addr is not the saved RIP");
    assert_eq!(gadget.place(caught.call_addr()), Place::AFTER);
}

/// Gadgets usually lie below 4 GiB; each half of this address holds bits of its own.
#[rstest]
#[case::far(0x2468_1357_9000)]
#[case::just_above_4_gib(0x1_0000_0000)]
#[case::just_below_4_gib(0xffff_e000)]
#[case::above_2_gib(0x8000_0000)]
#[harness::test(
    clause = [DISPATCH_RESULT_PC_AFTER_INSTRUCTION, DISPATCH_SIGNAL_AT_THE_CALL],
    needs = [DISPATCH],
)]
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

/// A kernel that sends another signal, or calls the handler with another number than si_signo's.
#[harness::test(clause = DISPATCH_SIGINFO_SIGNO, needs = [DISPATCH])]
fn signo_is_sigsys() {
    let (_, caught) = caught(Entry::Syscall);
    assert_eq!(caught.signo(), SIGSYS);
    assert_eq!(caught.signal(), SIGSYS, "the handler's first argument");
}

/// A kernel that reports the code of a filter's trap, or of a signal that was sent.
#[harness::test(clause = DISPATCH_SIGINFO_CODE, needs = [DISPATCH])]
fn code_is_user_dispatch() {
    let (_, caught) = caught(Entry::Syscall);
    assert_eq!(caught.code(), SYS_USER_DISPATCH);
}

/// A kernel that puts ENOSYS in si_errno, or leaves it unset.
#[harness::test(clause = DISPATCH_SIGINFO_ERRNO_ZERO, needs = [DISPATCH])]
fn errno_is_zero() {
    let (_, caught) = caught(Entry::Syscall);
    assert_eq!(caught.errno(), 0);
}

/// A kernel that reports -1, since no call will be made, or leaves the number out.
#[harness::test(clause = DISPATCH_SIGINFO_SYSCALL, needs = [DISPATCH])]
fn syscall_is_the_number() {
    let (_, caught) = caught(Entry::Syscall);
    assert_eq!(caught.syscall(), UNASSIGNED as i32);
}

/// A kernel that leaves si_arch out, or without the bits for 64 bits and byte order.
#[harness::test(clause = DISPATCH_SIGINFO_ARCH, needs = [DISPATCH])]
fn arch_of_syscall_is_x86_64() {
    let (_, caught) = caught(Entry::Syscall);
    assert_eq!(caught.arch(), AUDIT_ARCH_X86_64);
}

/// A kernel that reports the program's ABI instead of the instruction's.
#[harness::test(clause = [DISPATCH_SIGINFO_ARCH, DISPATCH_NUMBER_INT80], needs = [DISPATCH, INT80])]
fn arch_of_int80_is_i386() {
    let (_, caught) = caught(Entry::Int80);
    assert_eq!(caught.arch(), AUDIT_ARCH_I386);
}

/// One thread, one handler, the two instructions by turns: nothing of one call shows in the next.
#[harness::test(
    clause = [DISPATCH_SIGINFO_ARCH, DISPATCH_SIGINFO_SYSCALL],
    needs = [DISPATCH, INT80],
)]
fn the_two_abis_are_told_apart_by_turns() {
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

/// The members of another signal's layout would show here.
#[harness::test(clause = [DISPATCH_SIGINFO_ERRNO_ZERO, DISPATCH_SIGINFO_CODE], needs = [DISPATCH])]
fn the_bytes_between_and_behind_the_fields_are_zero() {
    let (_, caught) = caught(Entry::Syscall);
    assert_eq!(caught.padding(), 0);
    assert_eq!(caught.rest(), [0; 12]);
}

/// A kernel whose int 0x80 path fills the signal with code of its own, and leaves a field or padding
/// unset.
#[harness::test(
    clause = [
        DISPATCH_SIGINFO_SIGNO,
        DISPATCH_SIGINFO_CODE,
        DISPATCH_SIGINFO_ERRNO_ZERO,
        DISPATCH_NUMBER_INT80,
    ],
    needs = [DISPATCH, INT80],
)]
fn every_field_of_int80_is_as_promised() {
    let (_, caught) = caught(Entry::Int80);
    assert_eq!((caught.signo(), caught.signal()), (SIGSYS, SIGSYS));
    assert_eq!(caught.code(), SYS_USER_DISPATCH);
    assert_eq!(caught.errno(), 0);
    assert_eq!(caught.syscall(), UNASSIGNED as i32);
    assert_eq!(caught.padding(), 0);
    assert_eq!(caught.rest(), [0; 12]);
}

/// In a child, and call after call: everything in every signal.
#[rstest]
#[case::syscall(Entry::Syscall)]
#[case::int80(Entry::Int80)]
#[harness::test(
    clause = [
        DISPATCH_SIGINFO_CODE,
        DISPATCH_SIGINFO_ERRNO_ZERO,
        DISPATCH_SIGINFO_SYSCALL,
        DISPATCH_SIGINFO_ARCH,
        DISPATCH_RESULT_PC_AFTER_INSTRUCTION,
    ],
    needs = [DISPATCH, INT80],
)]
fn every_signal_of_a_child_tells_its_own_call(#[case] entry: Entry) {
    let good = child::told(|| {
        Stack::alternate();
        let log = sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN });
        let scene = DispatchedGadget::with(Gadget::new(entry), log);
        (UNASSIGNED..UNASSIGNED + 3).all(|nr| {
            let caught = scene.delivery(nr as u64);
            is_that_call(&caught, &scene.gadget, nr, SYS_USER_DISPATCH, 0)
        })
    });
    assert!(good, "a field is another");
}

/// As [`call_addr_has_all_its_bits`].
#[harness::test(
    clause = [DISPATCH_RESULT_PC_AFTER_INSTRUCTION, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
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
    clause = [
        DISPATCH_SIGINFO_CODE,
        DISPATCH_SIGINFO_ERRNO_ZERO,
        DISPATCH_SIGINFO_SIGNO,
        DISPATCH_SIGINFO_SYSCALL,
    ],
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
