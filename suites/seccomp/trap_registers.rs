//! The trapped code's registers: what the handler sees of them, and what is there afterwards.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::gadget::{Gadget, Place};
use fixtures::intercepted::{self, OVERWRITTEN, PLAIN_FLAGS, flags, plain_registers, same};
use fixtures::needs::{INT80, NO_FRED, SECCOMP_FILTER};
use fixtures::sigsys::{self, Stack};
use fixtures::trapped::TrappedGadget;
use fixtures::{Delivery, Entry, Floating, Reg, Registers, STATUS_FLAGS, SigAction, bit};
use rstest::rstest;
use sys::uapi::{ENOSYS, SIGSYS, X86_EFLAGS_DF, X86_EFLAGS_ID};

/// With each of these a kernel that stores the data somewhere would show it.
const DATA: [u16; 2] = [0, 0xbeef];

/// One trapped call: what went in, what the handler saw, what came out.
fn once(entry: Entry, data: u16, flags: u64) -> (TrappedGadget, Registers, Delivery, Registers) {
    let scene = TrappedGadget::number(entry, UNASSIGNED, data);
    let (before, caught, after) = intercepted::once(&scene, flags);
    (scene, before, caught, after)
}

/// The sentence the text took back: every register, the program counter included, as before the entry.
#[harness::test(clause = SECCOMP_TRAP_ROLLBACK_WORDING, needs = [SECCOMP_FILTER, NO_FRED])]
fn every_register_is_as_before_the_entry() {
    let (scene, before, caught, _) = once(Entry::Syscall, 0, 0);
    let mut changed: Vec<_> =
        Reg::VALUES.into_iter().filter(|reg| caught.reg(*reg) != before[*reg]).collect();
    if caught.reg(Reg::Rip) != scene.gadget.instruction() {
        changed.push(Reg::Rip);
    }
    assert_eq!(changed, []);
}

/// A kernel that writes a register into another's place in the frame, or the data into one.
#[rstest]
#[case::no_data(DATA[0])]
#[case::data(DATA[1])]
#[harness::test(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER])]
fn the_handler_sees_every_register_of_a_syscall(#[case] data: u16) {
    let (_, before, caught, after) = once(Entry::Syscall, data, 0);
    for reg in plain_registers() {
        same(reg, caught.reg(reg), before[reg]);
        same(reg, after[reg], before[reg]);
    }
    same(Reg::Rsp, caught.reg(Reg::Rsp), after[Reg::Rsp]);
    assert_eq!(flags(caught.reg(Reg::Flags)), PLAIN_FLAGS);
    for reg in OVERWRITTEN {
        same(reg, after[reg], caught.reg(reg));
    }
}

/// A kernel that clears or cuts registers for a 32-bit call: RCX, R11 and all upper halves are kept.
#[rstest]
#[case::no_data(DATA[0])]
#[case::data(DATA[1])]
#[harness::test(
    clause = [SECCOMP_TRAP_REGISTERS, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn the_handler_sees_every_register_of_an_int80(#[case] data: u16) {
    let (_, before, caught, after) = once(Entry::Int80, data, 0);
    for reg in Reg::VALUES {
        same(reg, caught.reg(reg), before[reg]);
        same(reg, after[reg], before[reg]);
    }
    same(Reg::Rsp, caught.reg(Reg::Rsp), after[Reg::Rsp]);
    assert_eq!(flags(caught.reg(Reg::Flags)), PLAIN_FLAGS);
    assert_eq!((caught.mask(), sigsys::mask()), (0, 0));
}

/// A kernel that puts RCX and R11 back to what they were before the instruction, or clears them.
#[harness::test(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER, NO_FRED])]
fn the_handler_sees_what_the_instruction_left_in_rcx_and_r11() {
    let (scene, _, caught, after) = once(Entry::Syscall, 0, STATUS_FLAGS);
    assert_eq!(scene.gadget.place(caught.reg(Reg::Rcx)), Place::AFTER);
    assert_eq!(flags(caught.reg(Reg::R11)), PLAIN_FLAGS | STATUS_FLAGS);
    assert_eq!(scene.gadget.place(after[Reg::Rcx]), Place::AFTER);
    assert_eq!(flags(after[Reg::R11]), PLAIN_FLAGS | STATUS_FLAGS);
}

/// Zeros and ones too: a register that is always cleared would pass with zeros alone.
#[rstest]
#[case::zeros(0)]
#[case::ones(u64::MAX)]
#[case::sign(1 << 63)]
#[case::low_half(0xffff_ffff)]
#[harness::test(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER])]
fn registers_of_one_value_are_kept(#[case] value: u64) {
    let scene = TrappedGadget::number(Entry::Syscall, UNASSIGNED, 1);
    intercepted::keeps_one_value(&scene, value);
}

/// A kernel that saves the flags after the entry has masked them, or comes back with fresh ones.
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
#[harness::test(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER])]
fn flags_are_kept(#[case] set: u64) {
    let (_, before, caught, after) = once(Entry::Syscall, 0, set);
    assert_eq!(flags(caught.reg(Reg::Flags)), before[Reg::Flags]);
    assert_eq!(flags(after[Reg::Flags]), before[Reg::Flags]);
}

/// A kernel that takes an int 0x80's flags from elsewhere than the frame the interrupt pushed.
#[rstest]
#[case::none(0)]
#[case::all(STATUS_FLAGS | X86_EFLAGS_DF | X86_EFLAGS_ID)]
#[harness::test(
    clause = [SECCOMP_TRAP_REGISTERS, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn flags_are_kept_by_int80(#[case] set: u64) {
    let (_, before, caught, after) = once(Entry::Int80, 0, set);
    assert_eq!(flags(caught.reg(Reg::Flags)), before[Reg::Flags]);
    assert_eq!(flags(after[Reg::Flags]), before[Reg::Flags]);
}

/// The handler itself copies through vector registers.
#[harness::test(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER])]
fn vector_and_x87_registers_are_kept() {
    let scene = TrappedGadget::number(Entry::Syscall, UNASSIGNED, 1);
    let registers = Registers::pattern().with(Reg::Rax, UNASSIGNED as u64);
    let before = Floating::pattern();
    for round in 1..=10 {
        let after = scene.gadget.call_with_floating(registers, before);
        assert_eq!((after, scene.log.count()), (before, round));
    }
}

/// A kernel that saves the mask with SIGSYS in it already, or comes back with only half of it.
#[rstest]
#[case::empty(0)]
#[case::two(bit(10) | bit(12))]
#[case::real_time(bit(34) | bit(64))]
#[case::all_but_it(!(bit(9) | bit(19) | bit(SIGSYS)))]
#[harness::test(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER])]
fn the_mask_is_the_one_before_the_call_in_the_context_and_afterwards(#[case] mask: u64) {
    let scene = TrappedGadget::number(Entry::Syscall, UNASSIGNED, 1);
    sigsys::set_mask(mask);
    let caught = scene.delivery(UNASSIGNED as u64);
    assert_eq!(caught.mask(), mask);
    assert_eq!(sigsys::mask(), mask);
}

/// A kernel that puts a forced signal's frame on the current stack in spite of SA_ONSTACK, or into
/// the caller's red zone.
#[rstest]
#[case::on_the_usual_stack(false)]
#[case::on_an_alternate_stack(true)]
#[harness::test(clause = [SECCOMP_TRAP_REGISTERS, SECCOMP_TRAP_SIGSYS], needs = [SECCOMP_FILTER])]
fn the_handler_runs_on_the_stack_it_asks_for(#[case] on_stack: bool) {
    let stack = Stack::alternate();
    let log = sigsys::handle_with(SigAction { on_stack, ..SigAction::PLAIN });
    let scene = TrappedGadget::every_number_with(Entry::Syscall, 1, log);
    for _ in 0..3 {
        let caught = scene.delivery(UNASSIGNED as u64);
        assert_eq!(stack.holds(caught.handler_stack()), on_stack);
        assert!(!stack.holds(caught.reg(Reg::Rsp)), "the call was made on the usual one");
        let below = caught.reg(Reg::Rsp).wrapping_sub(caught.handler_stack());
        assert!(on_stack || (128..1 << 20).contains(&below), "the frame is below the red zone");
    }
}

/// A kernel whose frame for a forced signal is another than for one that is sent.
#[harness::test(clause = [SECCOMP_TRAP_REGISTERS, SECCOMP_TRAP_SIGSYS], needs = [SECCOMP_FILTER])]
fn the_context_is_laid_out_like_any_signals() {
    let (stack, ordinary, log) = sigsys::beside_an_ordinary_signal();
    let scene = TrappedGadget::every_number_with(Entry::Syscall, 1, log);
    let caught = scene.delivery(UNASSIGNED as u64);
    intercepted::is_laid_out_like(&caught, &ordinary, stack);
}

/// A kernel whose frame for a 32-bit call is another: flags, stack and mask.
#[harness::test(
    clause = [SECCOMP_TRAP_REGISTERS, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn the_context_of_an_int80_is_laid_out_like_any_signals() {
    let (stack, ordinary, log) = sigsys::beside_an_ordinary_signal();
    let scene = TrappedGadget::every_number_with(Entry::Int80, 1, log);
    let mask = bit(12) | bit(40);
    sigsys::set_mask(mask);
    let caught = scene.delivery(UNASSIGNED as u64);
    intercepted::is_laid_out_like(&caught, &ordinary, stack);
    assert_eq!((caught.mask(), sigsys::mask()), (mask, mask));
    assert_eq!(caught.signal(), SIGSYS);
}

/// The twin of the trapped one.
#[harness::test(
    clause = [SECCOMP_ACTIONS_ALLOW, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn an_allowed_int80_keeps_every_register_and_flag() {
    let scene = TrappedGadget::number(Entry::Int80, 500, 1);
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

/// A call the filter lets run keeps them too: the set-up itself does.
#[harness::test(clause = [SECCOMP_ACTIONS_ALLOW, SECCOMP_TRAP_REGISTERS], needs = [SECCOMP_FILTER])]
fn an_allowed_call_keeps_every_register() {
    let scene = TrappedGadget::number(Entry::Syscall, 500, 1);
    let before = Registers::pattern().with(Reg::Rax, UNASSIGNED as u64);
    let after = scene.gadget.call_with(before);
    for reg in plain_registers().filter(|reg| *reg != Reg::Rax) {
        same(reg, after[reg], before[reg]);
    }
    assert_eq!((after[Reg::Rax] as i64, scene.log.count()), (-ENOSYS, 0));
    assert_eq!(flags(after[Reg::Flags]), PLAIN_FLAGS);
}

/// The stack pointer is the caller's, also where the handler puts another there.
#[harness::test(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER])]
fn a_stack_pointer_the_handler_stores_is_in_force() {
    let scene = TrappedGadget::with(Gadget::stack_probe(Entry::Syscall), sigsys::handle());
    fixtures::filter::load(UNASSIGNED as u32, fixtures::filter::Action::Trap(0));
    intercepted::takes_over_the_stack_pointer(&scene);
}

/// A kernel that cuts the stack pointer to the 32 bits of the call.
#[harness::test(
    clause = [SECCOMP_TRAP_REGISTERS, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_stack_pointer_the_handler_stores_is_in_force_after_int80() {
    let scene = TrappedGadget::with(Gadget::stack_probe(Entry::Int80), sigsys::handle());
    fixtures::filter::load(UNASSIGNED as u32, fixtures::filter::Action::Trap(0));
    intercepted::takes_over_the_stack_pointer(&scene);
}
