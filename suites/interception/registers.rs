//! The interrupted code's registers: what the handler sees of them, and what is there afterwards.

use crate::assertions::OneDelivery;
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::dispatch::BLOCK;
use fixtures::gadget::{Gadget, Place};
use fixtures::intercepted::{
    self, Dispatch, Intercepts, Mechanism, OVERWRITTEN, PLAIN_FLAGS, Trap, differing, flags,
    plain_registers,
};
use fixtures::needs::{DISPATCH, INT80, NO_FRED, SECCOMP_FILTER};
use fixtures::sigsys::{self, Stack};
use fixtures::{Delivery, Entry, Floating, Reg, Registers, STATUS_FLAGS, bit};
use rstest::rstest;
use sys::uapi::{ENOSYS, SIGSYS, X86_EFLAGS_DF, X86_EFLAGS_ID};

/// Data that a kernel stores in a register shows in the second row.
const DATA: [u16; 2] = [0, 0xbeef];

/// One intercepted call: what went in, what the handler saw, what came out.
struct Once<Scene> {
    scene: Scene,
    before: Registers,
    caught: Delivery,
    after: Registers,
}

fn once<M: Mechanism>(by: M, entry: Entry, data: u16, set: u64) -> Once<M::Intercepted> {
    let scene = by.unassigned(entry, data);
    let before = unassigned().with(Reg::Flags, PLAIN_FLAGS | set);
    let after = intercepted::call_with(&scene, before);
    assert_eq!(scene.log().count(), 1, "the handler runs once");
    let caught = scene.first();
    Once { scene, before, caught, after }
}

fn unassigned() -> Registers {
    Registers::pattern().with(Reg::Rax, UNASSIGNED as u64)
}

/// The sentence the text took back: every register, the program counter included, as before the entry.
#[harness::test(
    catches = "a kernel that shows the handler the registers of after the entry",
    clause = SECCOMP_TRAP_ROLLBACK_WORDING,
    needs = [SECCOMP_FILTER, NO_FRED],
)]
fn every_register_is_as_before_the_entry() {
    let Once { scene, before, caught, .. } = once(Trap, Entry::Syscall, 0, 0);
    let mut changed = differing(Reg::VALUES, |reg| caught.reg(reg), |reg| before[reg]);
    if caught.reg(Reg::Rip) != scene.gadget.instruction() {
        changed.push(Reg::Rip);
    }
    assert_eq!(changed, []);
}

#[rstest]
#[case::dispatch(Dispatch, 0)]
#[case::trap(Trap, DATA[0])]
#[case::trap_with_data(Trap, DATA[1])]
#[harness::test(
    catches = "a kernel that saves a register in another's place of the frame, or values of its own",
    dispatch(clause = DISPATCH_RESULT_REGISTERS_PRESERVED, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER]),
)]
fn the_handler_sees_every_register_of_a_syscall(#[case] by: impl Mechanism, #[case] data: u16) {
    let Once { before, caught, after, .. } = once(by, Entry::Syscall, data, 0);
    assert_eq!(differing(plain_registers(), |reg| caught.reg(reg), |reg| before[reg]), []);
    assert_eq!(differing(plain_registers(), |reg| after[reg], |reg| before[reg]), []);
    assert!(caught.reg(Reg::Rsp) == after[Reg::Rsp], "the stack pointer is another");
    assert_eq!(flags(caught.reg(Reg::Flags)), PLAIN_FLAGS);
    assert_eq!(differing(OVERWRITTEN, |reg| after[reg], |reg| caught.reg(reg)), []);
}

/// RCX, R11 and all upper halves are kept.
#[rstest]
#[case::dispatch(Dispatch, 0)]
#[case::trap(Trap, DATA[0])]
#[case::trap_with_data(Trap, DATA[1])]
#[harness::test(
    catches = "a kernel that clears R8 to R11 at an int 0x80, or saves 32 bits of each register",
    dispatch(
        clause = [DISPATCH_RESULT_REGISTERS_PRESERVED, DISPATCH_NUMBER_INT80],
        needs = [DISPATCH],
    ),
    trap(clause = [SECCOMP_TRAP_REGISTERS, DISPATCH_NUMBER_INT80], needs = [SECCOMP_FILTER]),
    needs = [INT80],
)]
fn the_handler_sees_every_register_of_an_int80(#[case] by: impl Mechanism, #[case] data: u16) {
    let Once { before, caught, after, .. } = once(by, Entry::Int80, data, 0);
    assert_eq!(differing(Reg::VALUES, |reg| caught.reg(reg), |reg| before[reg]), []);
    assert_eq!(differing(Reg::VALUES, |reg| after[reg], |reg| before[reg]), []);
    assert!(caught.reg(Reg::Rsp) == after[Reg::Rsp], "the stack pointer is another");
    assert_eq!(flags(caught.reg(Reg::Flags)), PLAIN_FLAGS);
    assert_eq!((caught.mask(), sigsys::mask()), (0, 0));
}

#[harness::test(
    catches = "a kernel whose return from the handler loses a register that the frame had right",
    clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_RESULT_REGISTERS_PRESERVED],
    needs = [DISPATCH],
)]
fn every_register_is_the_same_after_a_dispatched_syscall() {
    let Once { before, caught, after, .. } = once(Dispatch, Entry::Syscall, 0, 0);
    assert_eq!(differing(plain_registers(), |reg| after[reg], |reg| before[reg]), []);
    assert_eq!(differing(OVERWRITTEN, |reg| after[reg], |reg| caught.reg(reg)), []);
}

#[harness::test(
    catches = "a kernel that returns from an int 0x80 as from a syscall, by RCX and R11",
    clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn every_register_is_the_same_after_a_dispatched_int80() {
    let Once { before, after, .. } = once(Dispatch, Entry::Int80, 0, 0);
    assert_eq!(differing(Reg::VALUES, |reg| after[reg], |reg| before[reg]), []);
}

#[rstest]
#[harness::test(
    catches = "a kernel that shows or gives back other values in RCX and R11 than SYSCALL left there",
    dispatch(clause = DISPATCH_RESULT_REGISTERS_PRESERVED, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER]),
    needs = [NO_FRED],
)]
fn the_handler_sees_what_the_instruction_left_in_rcx_and_r11(
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    let Once { scene, caught, after, .. } = once(by, Entry::Syscall, 0, STATUS_FLAGS);
    let gadget = scene.gadget();
    assert_eq!(gadget.place(caught.reg(Reg::Rcx)), Place::AFTER);
    assert_eq!(flags(caught.reg(Reg::R11)), PLAIN_FLAGS | STATUS_FLAGS);
    assert_eq!(gadget.place(after[Reg::Rcx]), Place::AFTER);
    assert_eq!(flags(after[Reg::R11]), PLAIN_FLAGS | STATUS_FLAGS);
}

/// A register that is always cleared would pass with zeros alone.
#[rstest]
#[case::zeros(0)]
#[case::ones(u64::MAX)]
#[case::sign(1 << 63)]
#[case::low_half(0xffff_ffff)]
#[harness::test(
    catches = "a kernel that clears or truncates a register in the frame, or at the return from it",
    dispatch(
        clause = [DISPATCH_RESULT_REGISTERS_PRESERVED, DISPATCH_RESULT_COMPLETES],
        needs = [DISPATCH],
    ),
    trap(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER]),
)]
fn registers_of_one_value_are_kept(
    #[case] value: u64,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    let scene = by.unassigned(Entry::Syscall, 1);
    let same = plain_registers().fold(Registers::pattern(), |all, reg| all.with(reg, value));
    let before = same.with(Reg::Rax, UNASSIGNED as u64);
    let after = intercepted::call_with(&scene, before);
    let caught = scene.first();
    assert_eq!(differing(plain_registers(), |reg| caught.reg(reg), |reg| before[reg]), []);
    assert_eq!(differing(plain_registers(), |reg| after[reg], |reg| before[reg]), []);
}

#[rstest]
#[case::none(0)]
#[case::carry(1)]
#[case::parity(4)]
#[case::adjust(0x10)]
#[case::zero(0x40)]
#[case::sign(0x80)]
#[case::overflow(0x800)]
#[case::direction(X86_EFLAGS_DF)]
#[case::identification(X86_EFLAGS_ID)]
#[case::all(STATUS_FLAGS | X86_EFLAGS_DF | X86_EFLAGS_ID)]
#[harness::test(
    catches = "a kernel that saves the flags after the entry has masked them, or returns with fresh flags",
    dispatch(
        clause = [DISPATCH_RESULT_REGISTERS_PRESERVED, DISPATCH_RESULT_COMPLETES],
        needs = [DISPATCH],
    ),
    trap(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER]),
)]
fn flags_are_kept(#[case] set: u64, #[values(Dispatch, Trap)] by: impl Mechanism) {
    keeps_flags(by, Entry::Syscall, set);
}

#[rstest]
#[case::none(0)]
#[case::all(STATUS_FLAGS | X86_EFLAGS_DF | X86_EFLAGS_ID)]
#[harness::test(
    catches = "a kernel that takes an int 0x80's flags from R11, and not from the interrupt's frame",
    dispatch(
        clause = [DISPATCH_RESULT_REGISTERS_PRESERVED, DISPATCH_NUMBER_INT80],
        needs = [DISPATCH],
    ),
    trap(clause = [SECCOMP_TRAP_REGISTERS, DISPATCH_NUMBER_INT80], needs = [SECCOMP_FILTER]),
    needs = [INT80],
)]
fn flags_are_kept_by_int80(#[case] set: u64, #[values(Dispatch, Trap)] by: impl Mechanism) {
    keeps_flags(by, Entry::Int80, set);
}

fn keeps_flags(by: impl Mechanism, entry: Entry, set: u64) {
    let Once { before, caught, after, .. } = once(by, entry, 0, set);
    assert_eq!(flags(caught.reg(Reg::Flags)), before[Reg::Flags]);
    assert_eq!(flags(after[Reg::Flags]), before[Reg::Flags]);
}

/// The handler itself copies through vector registers.
#[rstest]
#[harness::test(
    catches = "a kernel that does not restore the vector and x87 registers from the frame",
    dispatch(
        clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_RESULT_REGISTERS_PRESERVED],
        needs = [DISPATCH],
    ),
    trap(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER]),
)]
fn vector_and_x87_registers_are_kept(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let (scene, native) = by.beside_native(Entry::Syscall, 1);
    let before = Floating::pattern();
    let after = native.call_with_floating(unassigned(), before);
    assert_eq!((after, scene.log().count()), (before, 0));
    for round in 1..=10 {
        let after = scene.floating_intercepted(unassigned(), before);
        assert_eq!((after, scene.log().count()), (before, round));
    }
}

#[harness::test(
    catches = "a kernel that saves the shorter 32-bit floating-point state at an int 0x80",
    clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn vector_and_x87_registers_are_kept_by_int80() {
    let scene = Dispatch.unassigned(Entry::Int80, 0);
    let before = Floating::pattern();
    let after = scene.floating_intercepted(unassigned(), before);
    assert_eq!((after, scene.log.count()), (before, 1));
}

/// No signal in one row, signals of every kind in another: a constant mask would show.
#[rstest]
#[case::empty(0)]
#[case::two(bit(10) | bit(12))]
#[case::real_time(bit(34) | bit(64))]
#[case::all_but_it(!(bit(9) | bit(19) | bit(SIGSYS)))]
#[harness::test(
    catches = "a kernel that saves the mask with SIGSYS in it already, or restores only half of it",
    dispatch(clause = DISPATCH_RESULT_COMPLETES, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER]),
)]
fn the_mask_is_the_one_before_the_call_in_the_context_and_afterwards(
    #[case] mask: u64,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    let scene = by.unassigned(Entry::Syscall, 1);
    sigsys::set_mask(mask);
    let caught = scene.delivery(UNASSIGNED as u64);
    assert_eq!(caught.mask(), mask);
    assert_eq!(sigsys::mask(), mask);
}

/// The context of a delivery is laid out as an ordinary signal's, on this alternate stack.
#[track_caller]
fn is_laid_out_like(caught: &Delivery, ordinary: &Delivery, stack: Stack) {
    assert_eq!(caught.context_flags(), ordinary.context_flags());
    assert!(caught.context_stack() == ordinary.context_stack(), "uc_stack differs");
    let (start, _, size) = caught.context_stack();
    let is_the_stack = (start, size) == (stack.start as u64, stack.size as u64);
    assert!(is_the_stack, "uc_stack is not the alternate stack");
    assert!(stack.holds(caught.handler_stack()), "the handler runs elsewhere");
}

#[rstest]
#[harness::test(
    catches = "a kernel whose frame of a forced signal differs from that of a sent signal",
    dispatch(
        clause = [DISPATCH_RESULT_REGISTERS_PRESERVED, DISPATCH_RESULT_COMPLETES],
        needs = [DISPATCH],
    ),
    trap(clause = [SECCOMP_TRAP_REGISTERS, SECCOMP_TRAP_SIGSYS], needs = [SECCOMP_FILTER]),
)]
fn the_context_is_laid_out_like_any_signals(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let (stack, ordinary, log) = sigsys::beside_an_ordinary_signal();
    let scene = by.every_number(Gadget::syscall(), log, 1);
    let caught = scene.delivery(UNASSIGNED as u64);
    is_laid_out_like(&caught, &ordinary, stack);
}

/// The handler of a dispatched call finds the selector as the caller had it.
#[rstest]
#[case::dispatch(Dispatch, Some(BLOCK))]
#[case::trap(Trap, None)]
#[harness::test(
    catches = "a kernel whose frame of a 32-bit call has other flags, another stack or another mask",
    dispatch(
        clause = [
            DISPATCH_RESULT_REGISTERS_PRESERVED, DISPATCH_RESULT_COMPLETES, DISPATCH_NUMBER_INT80,
        ],
        needs = [DISPATCH],
    ),
    trap(clause = [SECCOMP_TRAP_REGISTERS, DISPATCH_NUMBER_INT80], needs = [SECCOMP_FILTER]),
    needs = [INT80],
)]
fn the_context_of_an_int80_is_laid_out_like_any_signals(
    #[case] by: impl Mechanism,
    #[case] selector: Option<u8>,
) {
    let (stack, ordinary, log) = sigsys::beside_an_ordinary_signal();
    let scene = by.every_number(Gadget::int80(), log, 1);
    scene.store_selector_in_handler(BLOCK);
    let mask = bit(12) | bit(40);
    sigsys::set_mask(mask);
    let caught = scene.delivery(UNASSIGNED as u64);
    is_laid_out_like(&caught, &ordinary, stack);
    assert_eq!((caught.mask(), sigsys::mask()), (mask, mask));
    assert_eq!(caught.signal(), SIGSYS);
    assert!(selector.is_none_or(|byte| byte == caught.byte_on_entry()), "the selector changed");
}

/// The control: the gadget itself keeps the registers.
#[rstest]
#[harness::test(
    catches = "a kernel that changes registers of a call that it makes because calls may be intercepted",
    dispatch(clause = DISPATCH_RESULT_REGISTERS_PRESERVED, needs = [DISPATCH]),
    trap(clause = [SECCOMP_ACTIONS_ALLOW, SECCOMP_TRAP_REGISTERS], needs = [SECCOMP_FILTER]),
)]
fn a_native_call_keeps_every_register(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let (scene, native) = by.beside_native(Entry::Syscall, 1);
    let after = native.call_with(unassigned());
    let kept = plain_registers().filter(|reg| *reg != Reg::Rax);
    assert_eq!(differing(kept, |reg| after[reg], |reg| unassigned()[reg]), []);
    assert_eq!((after[Reg::Rax] as i64, scene.log().count()), (-ENOSYS, 0));
    assert_eq!(flags(after[Reg::Flags]), PLAIN_FLAGS);
}

/// The control of the intercepted int 0x80.
#[rstest]
#[harness::test(
    catches = "a kernel that changes registers or flags of an int 0x80 because it may be intercepted",
    dispatch(
        clause = [DISPATCH_RESULT_REGISTERS_PRESERVED, DISPATCH_NUMBER_INT80],
        needs = [DISPATCH],
    ),
    trap(clause = [SECCOMP_ACTIONS_ALLOW, DISPATCH_NUMBER_INT80], needs = [SECCOMP_FILTER]),
    needs = [INT80],
)]
fn a_native_int80_keeps_every_register_and_flag(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let (scene, native) = by.beside_native(Entry::Int80, 1);
    for set in [0, STATUS_FLAGS | X86_EFLAGS_DF | X86_EFLAGS_ID] {
        let before = unassigned().with(Reg::Flags, PLAIN_FLAGS | set);
        let after = native.call_with(before);
        assert_eq!((scene.log().count(), after[Reg::Rax] as i64), (0, -ENOSYS));
        let kept = Reg::VALUES.into_iter().filter(|reg| *reg != Reg::Rax);
        assert_eq!(differing(kept, |reg| after[reg], |reg| before[reg]), []);
        assert_eq!(flags(after[Reg::Flags]), PLAIN_FLAGS | set);
    }
}
