//! The interrupted code's registers: what the handler sees of them, and what is there afterwards.

use crate::clauses::*;
use fixtures::call_outcome::{DispatchedGadget, UNASSIGNED};
use fixtures::dispatch::BLOCK;
use fixtures::gadget::{Gadget, Place};
use fixtures::intercepted::{self, OVERWRITTEN, PLAIN_FLAGS, flags, plain_registers, same};
use fixtures::needs::{DISPATCH, INT80, NO_FRED};
use fixtures::sigsys::{self, Stack};
use fixtures::{Delivery, Entry, Floating, Reg, Registers, STATUS_FLAGS, SigAction, bit, child};
use rstest::rstest;
use sys::uapi::{ENOSYS, SIGSYS, SIGUSR1, X86_EFLAGS_DF, X86_EFLAGS_ID};

/// One dispatched call: what went in, what the handler saw, what came out.
fn once(entry: Entry, flags: u64) -> (DispatchedGadget, Registers, Delivery, Registers) {
    let scene = DispatchedGadget::new(entry);
    let (before, caught, after) = intercepted::once(&scene, flags);
    (scene, before, caught, after)
}

/// A kernel that saves too few registers before it dispatches, or shows values of its own.
#[harness::test(clause = DISPATCH_RESULT_REGISTERS_PRESERVED, needs = [DISPATCH])]
fn the_handler_sees_every_register_of_a_syscall() {
    let (_, before, caught, after) = once(Entry::Syscall, 0);
    for reg in plain_registers() {
        same(reg, caught.reg(reg), before[reg]);
    }
    same(Reg::Rsp, caught.reg(Reg::Rsp), after[Reg::Rsp]);
    assert_eq!(flags(caught.reg(Reg::Flags)), PLAIN_FLAGS);
}

/// A kernel that shows other values in rcx and r11 than the instruction put there, or gives others back.
#[harness::test(clause = DISPATCH_RESULT_REGISTERS_PRESERVED, needs = [DISPATCH, NO_FRED])]
fn the_handler_sees_what_the_instruction_left_in_rcx_and_r11() {
    let (scene, _, caught, after) = once(Entry::Syscall, STATUS_FLAGS);
    assert_eq!(scene.gadget.place(caught.reg(Reg::Rcx)), Place::AFTER);
    assert_eq!(flags(caught.reg(Reg::R11)), PLAIN_FLAGS | STATUS_FLAGS);
    assert_eq!(scene.gadget.place(after[Reg::Rcx]), Place::AFTER);
    assert_eq!(flags(after[Reg::R11]), PLAIN_FLAGS | STATUS_FLAGS);
}

/// A kernel that clears r8 to r11 at an int 0x80, or keeps 32 bits of each register.
#[harness::test(
    clause = [DISPATCH_RESULT_REGISTERS_PRESERVED, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn the_handler_sees_every_register_of_an_int80() {
    let (_, before, caught, after) = once(Entry::Int80, 0);
    for reg in Reg::VALUES {
        same(reg, caught.reg(reg), before[reg]);
    }
    same(Reg::Rsp, caught.reg(Reg::Rsp), after[Reg::Rsp]);
    assert_eq!(flags(caught.reg(Reg::Flags)), PLAIN_FLAGS);
}

/// Zeros and ones too: a register that is always cleared would pass with zeros alone.
#[rstest]
#[case::zeros(0)]
#[case::ones(u64::MAX)]
#[case::sign(1 << 63)]
#[case::low_half(0xffff_ffff)]
#[harness::test(
    clause = [DISPATCH_RESULT_REGISTERS_PRESERVED, DISPATCH_RESULT_COMPLETES],
    needs = [DISPATCH],
)]
fn registers_of_one_value_are_kept(#[case] value: u64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    intercepted::keeps_one_value(&scene, value);
}

/// A kernel that clears a flag for itself at the entry, such as direction, and does not put it back.
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
    clause = [DISPATCH_RESULT_REGISTERS_PRESERVED, DISPATCH_RESULT_COMPLETES],
    needs = [DISPATCH],
)]
fn flags_are_kept(#[case] set: u64) {
    let (_, before, caught, after) = once(Entry::Syscall, set);
    assert_eq!(flags(caught.reg(Reg::Flags)), before[Reg::Flags]);
    assert_eq!(flags(after[Reg::Flags]), before[Reg::Flags]);
}

/// A kernel that takes the flags from r11, where an int 0x80 does not put them.
#[rstest]
#[case::none(0)]
#[case::all(STATUS_FLAGS | X86_EFLAGS_DF | X86_EFLAGS_ID)]
#[harness::test(
    clause = [DISPATCH_RESULT_REGISTERS_PRESERVED, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn flags_are_kept_by_int80(#[case] set: u64) {
    let (_, before, caught, after) = once(Entry::Int80, set);
    assert_eq!(flags(caught.reg(Reg::Flags)), before[Reg::Flags]);
    assert_eq!(flags(after[Reg::Flags]), before[Reg::Flags]);
}

/// A kernel whose return from the handler loses a register that it showed rightly.
#[harness::test(
    clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_RESULT_REGISTERS_PRESERVED],
    needs = [DISPATCH],
)]
fn every_register_is_the_same_after_a_dispatched_syscall() {
    let (_, before, caught, after) = once(Entry::Syscall, 0);
    for reg in plain_registers() {
        same(reg, after[reg], before[reg]);
    }
    for reg in OVERWRITTEN {
        same(reg, after[reg], caught.reg(reg));
    }
}

/// A kernel that returns from an int 0x80 as from a syscall: rcx and r11 would change.
#[harness::test(
    clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn every_register_is_the_same_after_a_dispatched_int80() {
    let (_, before, _, after) = once(Entry::Int80, 0);
    for reg in Reg::VALUES {
        same(reg, after[reg], before[reg]);
    }
}

/// The handler itself copies through vector registers.
#[harness::test(
    clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_RESULT_REGISTERS_PRESERVED],
    needs = [DISPATCH],
)]
fn vector_and_x87_registers_are_kept() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let registers = Registers::pattern().with(Reg::Rax, UNASSIGNED as u64);
    let before = Floating::pattern();
    let native = scene.gadget.call_with_floating(registers, before);
    assert_eq!((native, scene.log.count()), (before, 0));
    for round in 1..=10 {
        let after = scene.armed.blocked(|| scene.gadget.call_with_floating(registers, before));
        assert_eq!((after, scene.log.count()), (before, round));
    }
}

/// A kernel that saves the shorter 32-bit state for a call by int 0x80, and loses part of the registers.
#[harness::test(
    clause = [DISPATCH_RESULT_COMPLETES, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn vector_and_x87_registers_are_kept_by_int80() {
    let scene = DispatchedGadget::new(Entry::Int80);
    let registers = Registers::pattern().with(Reg::Rax, UNASSIGNED as u64);
    let before = Floating::pattern();
    let after = scene.armed.blocked(|| scene.gadget.call_with_floating(registers, before));
    assert_eq!((after, scene.log.count()), (before, 1));
}

/// Zero in one, signals of every kind in another: a mask that is made up would show.
#[rstest]
#[case::empty(0)]
#[case::two(bit(10) | bit(12))]
#[case::real_time(bit(34) | bit(64))]
#[case::all_but_it(!(bit(9) | bit(19) | bit(SIGSYS)))]
#[harness::test(clause = DISPATCH_RESULT_COMPLETES, needs = [DISPATCH])]
fn the_mask_is_the_one_before_the_call_in_the_context_and_afterwards(#[case] mask: u64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    sigsys::set_mask(mask);
    let caught = scene.delivery(UNASSIGNED as u64);
    assert_eq!(caught.mask(), mask);
    assert_eq!(sigsys::mask(), mask);
}

/// The same words an ordinary signal's handler finds, on the same stack.
#[harness::test(
    clause = [DISPATCH_RESULT_REGISTERS_PRESERVED, DISPATCH_RESULT_COMPLETES],
    needs = [DISPATCH],
)]
fn the_context_is_laid_out_like_any_signals() {
    let stack = Stack::alternate();
    let on_stack = SigAction { on_stack: true, ..SigAction::PLAIN };
    let other = sigsys::handle_signal(SIGUSR1, on_stack);
    let scene = DispatchedGadget::with(Gadget::syscall(), sigsys::handle_with(on_stack));
    child::raise(SIGUSR1);
    let caught = scene.delivery(UNASSIGNED as u64);
    let ordinary = other.delivery(0).expect("the signal arrives");
    assert_eq!(caught.context_flags(), ordinary.context_flags());
    assert!(caught.context_stack() == ordinary.context_stack(), "uc_stack differs");
    let (start, _, size) = caught.context_stack();
    let is_the_stack = (start, size) == (stack.start as u64, stack.size as u64);
    assert!(is_the_stack, "uc_stack is not the alternate stack");
}

/// A kernel whose frame for a 32-bit call is another: flags, stack and mask, and the selector is what the
/// caller had there.
#[harness::test(
    clause = [
        DISPATCH_RESULT_REGISTERS_PRESERVED,
        DISPATCH_RESULT_COMPLETES,
        DISPATCH_NUMBER_INT80,
    ],
    needs = [DISPATCH, INT80],
)]
fn the_context_of_an_int80_is_laid_out_like_any_signals() {
    let (stack, ordinary, log) = sigsys::beside_an_ordinary_signal();
    let scene = DispatchedGadget::with(Gadget::int80(), log);
    let byte = scene.armed.selector().byte();
    log.on_entry(byte, BLOCK);
    let mask = bit(12) | bit(40);
    sigsys::set_mask(mask);
    let caught = scene.delivery(UNASSIGNED as u64);
    intercepted::is_laid_out_like(&caught, &ordinary, stack);
    assert_eq!((caught.mask(), sigsys::mask()), (mask, mask));
    assert_eq!((caught.signal(), caught.byte_on_entry()), (SIGSYS, BLOCK));
}

/// The twin of the dispatched one.
#[harness::test(
    clause = [DISPATCH_RESULT_REGISTERS_PRESERVED, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn a_native_int80_keeps_every_register_and_flag_while_armed() {
    let scene = DispatchedGadget::new(Entry::Int80);
    for set in [0, STATUS_FLAGS | X86_EFLAGS_DF | X86_EFLAGS_ID] {
        let before = Registers::pattern()
            .with(Reg::Rax, UNASSIGNED as u64)
            .with(Reg::Flags, PLAIN_FLAGS | set);
        let after = scene.gadget.call_with(before);
        assert_eq!((scene.log.count(), after[Reg::Rax] as i64), (0, -ENOSYS));
        for reg in Reg::VALUES.into_iter().filter(|reg| *reg != Reg::Rax) {
            same(reg, after[reg], before[reg]);
        }
        assert_eq!(flags(after[Reg::Flags]), PLAIN_FLAGS | set);
    }
}

/// An empty call of the same function, natively: the set-up itself keeps the registers.
#[harness::test(clause = DISPATCH_RESULT_REGISTERS_PRESERVED, needs = [DISPATCH])]
fn a_native_call_keeps_them_too_while_armed() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let before = Registers::pattern().with(Reg::Rax, UNASSIGNED as u64);
    let after = scene.gadget.call_with(before);
    assert_eq!(scene.log.count(), 0);
    for reg in plain_registers().filter(|reg| *reg != Reg::Rax) {
        same(reg, after[reg], before[reg]);
    }
    assert_eq!(after[Reg::Rax] as i64, -ENOSYS);
}
