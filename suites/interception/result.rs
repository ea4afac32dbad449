//! What a handler leaves in its context is what the interrupted code finds.

use crate::assertions::OneDelivery;
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::gadget::{Gadget, Place};
use fixtures::intercepted::{
    self, Dispatch, Intercepts, Mechanism, PLAIN_FLAGS, Trap, differing, flags,
};
use fixtures::needs::{DISPATCH, INT80, SECCOMP_FILTER};
use fixtures::{Entry, Reg, Registers, STATUS_FLAGS, SigAction, bit, sigsys};
use rstest::rstest;
use sys::uapi::{ENOSYS, SIGSYS, SIGUSR1, SYS_getpid};

const DATA: u16 = 9;

/// The call returns the result that the handler stores.
fn stores<Scene: Intercepts>(scene: &Scene, result: i64) {
    scene.log().set(Reg::Rax, result as u64);
    assert_eq!((intercepted::call(scene, UNASSIGNED), scene.log().count()), (result, 1));
}

/// The last six would be acted upon, were they a call's own result.
#[rstest]
#[case::zero(0)]
#[case::minus_one(-1)]
#[case::error(-ENOSYS)]
#[case::greatest_error(-4095)]
#[case::no_error(-4096)]
#[case::value(777)]
#[case::big(1 << 40)]
#[case::bit_31(0x8000_0000)]
#[case::greatest(i64::MAX)]
#[case::least(i64::MIN)]
#[case::interrupted(-4)]
#[case::restart(-512)]
#[case::restart_always(-513)]
#[case::restart_without_handler(-514)]
#[case::no_restart(-515)]
#[case::restart_block(-516)]
#[harness::test(
    catches = "a kernel that replaces the result that the handler stores, or acts upon it",
    dispatch(clause = DISPATCH_RESULT_SET_BY_HANDLER, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_RESULT_SET_BY_HANDLER, needs = [SECCOMP_FILTER]),
)]
fn the_result_is_what_the_handler_stores(
    #[case] result: i64,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    stores(&by.unassigned(Entry::Syscall, DATA), result);
}

#[rstest]
#[case::restart(-512)]
#[case::restart_always(-513)]
#[case::restart_block(-516)]
#[harness::test(
    catches = "a kernel that restarts the call for a restart code that an SA_RESTART handler stores",
    dispatch(clause = DISPATCH_RESULT_SET_BY_HANDLER, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_RESULT_SET_BY_HANDLER, needs = [SECCOMP_FILTER]),
)]
fn a_stored_result_restarts_nothing(
    #[case] result: i64,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    let log = sigsys::handle_with(SigAction { restart: true, ..SigAction::PLAIN });
    stores(&by.every_number(Gadget::syscall(), log, DATA), result);
}

#[rstest]
#[case::zero(0)]
#[case::error(-ENOSYS)]
#[case::restart(-512)]
#[case::restart_always(-513)]
#[case::beyond_32_bits(0x1234_5678_9abc_def0)]
#[harness::test(
    catches = "a kernel that truncates the stored result to 32 bits after an int 0x80, or acts upon it",
    dispatch(clause = [DISPATCH_RESULT_SET_BY_HANDLER, DISPATCH_NUMBER_INT80], needs = [DISPATCH]),
    trap(
        clause = [SECCOMP_TRAP_RESULT_SET_BY_HANDLER, DISPATCH_NUMBER_INT80],
        needs = [SECCOMP_FILTER],
    ),
    needs = [INT80],
)]
fn the_result_of_int80_is_what_the_handler_stores(
    #[case] result: i64,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    stores(&by.unassigned(Entry::Int80, DATA), result);
}

/// A row of the table above for dispatch alone.
#[rstest]
#[case::greatest_error(-4095)]
#[harness::test(
    catches = "a kernel that truncates the stored result to 32 bits after an int 0x80, or acts upon it",
    clause = [DISPATCH_RESULT_SET_BY_HANDLER, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn the_result_of_a_dispatched_int80_is_what_the_handler_stores(#[case] result: i64) {
    stores(&Dispatch.unassigned(Entry::Int80, DATA), result);
}

/// The first result is stored; each later call finds its number.
#[rstest]
#[case::dispatch(Dispatch, [501, 0x7700_0000_0000_0027])]
#[case::trap(Trap, [SYS_getpid, 0])]
#[harness::test(
    catches = "a kernel that leaves -ENOSYS, the data, or the result of the call before in RAX",
    dispatch(clause = DISPATCH_RESULT_DEFAULT, needs = [DISPATCH]),
    trap(
        clause = [SECCOMP_TRAP_RESULT_REGISTER, SECCOMP_TRAP_RESULT_REGISTER_NOT_ENOSYS],
        needs = [SECCOMP_FILTER],
    ),
)]
fn a_result_that_is_not_stored_is_the_number(
    #[case] by: impl Mechanism,
    #[case] numbers: [i64; 2],
) {
    let scene = by.every_number(Gadget::syscall(), sigsys::handle(), DATA);
    scene.log().set(Reg::Rax, 777);
    scene.log().times(1);
    assert_eq!(intercepted::call(&scene, UNASSIGNED), 777);
    for nr in [UNASSIGNED, numbers[0], numbers[1]] {
        assert_eq!(intercepted::call(&scene, nr), nr);
    }
    assert_eq!(scene.log().count(), 4);
}

#[rstest]
#[case::r8(Reg::R8)]
#[case::r9(Reg::R9)]
#[case::r10(Reg::R10)]
#[case::r11(Reg::R11)]
#[case::r12(Reg::R12)]
#[case::r13(Reg::R13)]
#[case::r14(Reg::R14)]
#[case::r15(Reg::R15)]
#[case::rdi(Reg::Rdi)]
#[case::rsi(Reg::Rsi)]
#[case::rbp(Reg::Rbp)]
#[case::rbx(Reg::Rbx)]
#[case::rdx(Reg::Rdx)]
#[case::rax(Reg::Rax)]
#[case::rcx(Reg::Rcx)]
#[harness::test(
    catches = "a kernel that restores a register from a copy of its own, or from another's place",
    dispatch(clause = DISPATCH_RESULT_REGISTER_WRITES, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER]),
)]
fn a_register_the_handler_stores_is_in_force_and_no_other_changes(
    #[case] stored: Reg,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    const VALUE: u64 = 0xfedc_ba98_7654_3210;
    let scene = by.unassigned(Entry::Syscall, DATA);
    scene.log().set(stored, VALUE);
    let after = intercepted::call_with(&scene, unassigned());
    // The handler notes the context before it stores.
    let caught = scene.first();
    let expected = |reg| if reg == stored { VALUE } else { caught.reg(reg) };
    assert_eq!(differing(Reg::VALUES, |reg| after[reg], expected), []);
    assert!(after[Reg::Rsp] == caught.reg(Reg::Rsp), "the stack pointer is another");
    assert_eq!(flags(after[Reg::Flags]), PLAIN_FLAGS);
}

fn unassigned() -> Registers {
    Registers::pattern().with(Reg::Rax, UNASSIGNED as u64)
}

/// All registers that the handler stores, the flags and the mask.
fn stores_all(by: impl Mechanism, entry: Entry) {
    let scene = by.unassigned(entry, DATA);
    let value = |reg: Reg| 0x0123_4567_89ab_cd00 + reg as u64;
    for reg in Reg::VALUES {
        scene.log().set(reg, value(reg));
    }
    scene.log().set(Reg::Flags, PLAIN_FLAGS | STATUS_FLAGS);
    scene.log().block_after(bit(SIGUSR1));
    let after = intercepted::call_with(&scene, unassigned());
    assert_eq!(scene.log().count(), 1);
    assert_eq!(differing(Reg::VALUES, |reg| after[reg], value), []);
    assert_eq!(flags(after[Reg::Flags]), PLAIN_FLAGS | STATUS_FLAGS);
    assert_eq!(sigsys::mask(), bit(SIGUSR1));
}

#[harness::test(
    catches = "a kernel that returns by SYSRET from a changed context, and loses RCX and R11",
    clause = [DISPATCH_RESULT_REGISTER_WRITES, DISPATCH_RESULT_SET_BY_HANDLER],
    needs = [DISPATCH],
)]
fn all_registers_the_handler_stores_are_in_force() {
    stores_all(Dispatch, Entry::Syscall);
}

#[rstest]
#[harness::test(
    catches = "a kernel that restores 32 bits of the stored registers after an int 0x80",
    dispatch(clause = [DISPATCH_RESULT_REGISTER_WRITES, DISPATCH_NUMBER_INT80], needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_REGISTERS, DISPATCH_NUMBER_INT80], needs = [SECCOMP_FILTER]),
    needs = [INT80],
)]
fn all_registers_the_handler_stores_are_in_force_after_int80(
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    stores_all(by, Entry::Int80);
}

#[rstest]
#[case::set(PLAIN_FLAGS, STATUS_FLAGS)]
#[case::cleared(PLAIN_FLAGS | STATUS_FLAGS, 0)]
#[case::direction(PLAIN_FLAGS, 0x400)]
#[harness::test(
    catches = "a kernel that keeps the interrupted code's flags, or adds the stored flags to them",
    dispatch(clause = DISPATCH_RESULT_REGISTER_WRITES, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER]),
)]
fn flags_the_handler_stores_are_in_force(
    #[case] before: u64,
    #[case] stored: u64,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    stores_flags(by, before, stored);
}

/// A row of the table above for dispatch alone.
#[rstest]
#[case::carry(PLAIN_FLAGS, 1)]
#[harness::test(
    catches = "a kernel that keeps the interrupted code's flags, or adds the stored flags to them",
    clause = DISPATCH_RESULT_REGISTER_WRITES,
    needs = [DISPATCH],
)]
fn flags_the_handler_of_a_dispatched_call_stores_are_in_force(
    #[case] before: u64,
    #[case] stored: u64,
) {
    stores_flags(Dispatch, before, stored);
}

fn stores_flags(by: impl Mechanism, before: u64, stored: u64) {
    let scene = by.unassigned(Entry::Syscall, DATA);
    scene.log().set(Reg::Flags, PLAIN_FLAGS | stored);
    let after = intercepted::call_with(&scene, unassigned().with(Reg::Flags, before));
    assert_eq!((scene.log().count(), flags(after[Reg::Flags])), (1, PLAIN_FLAGS | stored));
}

#[rstest]
#[harness::test(
    catches = "a kernel that keeps the interrupted code's stack pointer where the handler stores another",
    dispatch(clause = DISPATCH_RESULT_REGISTER_WRITES, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER]),
)]
fn a_stack_pointer_the_handler_stores_is_in_force(#[values(Dispatch, Trap)] by: impl Mechanism) {
    stores_the_stack_pointer(by, Entry::Syscall);
}

#[rstest]
#[harness::test(
    catches = "a kernel that truncates the stored stack pointer to 32 bits after an int 0x80",
    dispatch(clause = [DISPATCH_RESULT_REGISTER_WRITES, DISPATCH_NUMBER_INT80], needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_REGISTERS, DISPATCH_NUMBER_INT80], needs = [SECCOMP_FILTER]),
    needs = [INT80],
)]
fn a_stack_pointer_the_handler_stores_is_in_force_after_int80(
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    stores_the_stack_pointer(by, Entry::Int80);
}

/// The code after the instruction shows the stack pointer it found in R15 and takes its own back.
fn stores_the_stack_pointer(by: impl Mechanism, entry: Entry) {
    const ELSEWHERE: u64 = 0x1234_5678_9ab0;
    let scene = by.numbers(Gadget::stack_probe(entry), sigsys::handle(), &[(UNASSIGNED, 0)]);
    let untouched = intercepted::call_with(&scene, unassigned())[Reg::R15];
    let seen = scene.first().reg(Reg::Rsp);
    assert!(untouched == seen, "the handler sees another stack pointer");
    scene.log().set(Reg::Rsp, ELSEWHERE);
    let after = intercepted::call_with(&scene, unassigned());
    assert!(after[Reg::R15] == ELSEWHERE, "the stack pointer is another");
    assert_eq!((scene.log().count(), after[Reg::Rax] as i64), (2, UNASSIGNED));
}

#[rstest]
#[harness::test(
    catches = "a kernel that returns to its own copy of the program counter, or intercepts no call there",
    dispatch(
        clause = [DISPATCH_RESULT_REGISTER_WRITES, DISPATCH_RESULT_PC_AFTER_INSTRUCTION],
        needs = [DISPATCH],
    ),
    trap(
        clause = [SECCOMP_TRAP_REGISTERS, SECCOMP_TRAP_PC_AFTER_INSTRUCTION],
        needs = [SECCOMP_FILTER],
    ),
)]
fn a_program_counter_the_handler_stores_is_in_force(#[values(Dispatch, Trap)] by: impl Mechanism) {
    goes_on_elsewhere(by, Entry::Syscall);
}

#[harness::test(
    catches = "a kernel that truncates the program counter, or returns to its own, for a 32-bit call",
    clause = [SECCOMP_TRAP_PC_AFTER_INSTRUCTION, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_program_counter_the_handler_stores_is_in_force_after_int80() {
    goes_on_elsewhere(Trap, Entry::Int80);
}

/// The handler sends the thread to another instruction, whose call is intercepted as well.
fn goes_on_elsewhere(by: impl Mechanism, entry: Entry) {
    const APART: usize = 0x40;
    let [first, second] = Gadget::pair(entry, APART);
    let scene = by.numbers(first, sigsys::handle(), &[(UNASSIGNED, 1), (500, 2)]);
    scene.log().set(Reg::Rax, 500);
    scene.log().move_rip(second.instruction() as i64 - first.after() as i64);
    scene.log().times(1);
    let result = intercepted::call(&scene, UNASSIGNED);
    assert_eq!((scene.log().count(), result), (2, 500));
    let [one, two] = [0, 1].map(|i| scene.log().delivery(i).expect("the handler ran"));
    assert_eq!(first.place(one.reg(Reg::Rip)), Place::AFTER);
    assert_eq!(second.place(two.reg(Reg::Rip)), Place::AFTER);
    assert_eq!((one.syscall(), two.syscall()), (UNASSIGNED as i32, 500));
    assert_eq!((one.errno(), two.errno()), (by.si_errno(1), by.si_errno(2)));
}

/// Two bytes back is the instruction, with the number in RAX already.
#[rstest]
#[case::dispatch(Dispatch, 500)]
#[case::trap(Trap, UNASSIGNED)]
#[harness::test(
    catches = "a kernel that makes a call that the handler repeats, as if it was intercepted already",
    dispatch(clause = [DISPATCH_RESULT_RETRIED, DISPATCH_SIGNAL_AT_THE_CALL], needs = [DISPATCH]),
    trap(
        clause = [SECCOMP_TRAP_PC_AFTER_INSTRUCTION, SECCOMP_TRAP_RESULT_REGISTER],
        needs = [SECCOMP_FILTER],
    ),
)]
fn a_repeated_call_is_intercepted_each_time(#[case] by: impl Mechanism, #[case] nr: i64) {
    let scene = by.every_number(Gadget::syscall(), sigsys::handle(), DATA);
    scene.log().move_rip(-2);
    scene.log().times(4);
    assert_eq!((intercepted::call(&scene, nr), scene.log().count()), (nr, 5));
    for index in 0..5 {
        let caught = scene.log().delivery(index).expect("the handler ran");
        assert_eq!((caught.syscall(), caught.reg(Reg::Rax) as i64), (nr as i32, nr));
        assert_eq!(scene.gadget().place(caught.reg(Reg::Rip)), Place::AFTER);
    }
}

/// A SIGSYS in the mask stays blocked for good: the restored mask does not lose it.
#[rstest]
#[case::another_signal(bit(12))]
#[case::itself(bit(SIGSYS))]
#[harness::test(
    catches = "a kernel that restores its own copy of the mask, and not the one in the context",
    dispatch(clause = DISPATCH_RESULT_REGISTER_WRITES, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER]),
)]
fn a_mask_the_handler_stores_is_in_force(
    #[case] blocked: u64,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    let scene = by.unassigned(Entry::Syscall, DATA);
    sigsys::set_mask(bit(10));
    scene.log().block_after(blocked);
    assert_eq!((intercepted::call(&scene, UNASSIGNED), scene.log().count()), (UNASSIGNED, 1));
    assert_eq!(sigsys::mask(), bit(10) | blocked);
}
