//! The result of a trapped call: what the kernel leaves there, and what a handler puts there.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::{Gadget, Place};
use fixtures::intercepted::{self, PLAIN_FLAGS};
use fixtures::needs::{INT80, SECCOMP_FILTER};
use fixtures::sigsys::{self};
use fixtures::trapped::TrappedGadget;
use fixtures::{Entry, Reg, STATUS_FLAGS, SigAction, bit};
use rstest::rstest;
use sys::uapi::{ENOSYS, SIGSYS, SYS_getpid};

/// The last rows would be acted upon, were they a call's own result.
#[rstest]
#[case::zero(0)]
#[case::minus_one(-1)]
#[case::error(-ENOSYS)]
#[case::greatest_error(-4095)]
#[case::no_error(-4096)]
#[case::value(555)]
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
#[harness::test(clause = SECCOMP_TRAP_RESULT_SET_BY_HANDLER, needs = [SECCOMP_FILTER])]
fn the_result_is_what_the_handler_stores(#[case] result: i64) {
    let scene = TrappedGadget::number(Entry::Syscall, UNASSIGNED, 9);
    scene.log.set(Reg::Rax, result as u64);
    assert_eq!((scene.call(UNASSIGNED), scene.log.count()), (result, 1));
}

/// A kernel that looks for restart codes again when the handler returns, and obeys SA_RESTART.
#[rstest]
#[case::restart(-512)]
#[case::restart_always(-513)]
#[case::restart_block(-516)]
#[harness::test(clause = SECCOMP_TRAP_RESULT_SET_BY_HANDLER, needs = [SECCOMP_FILTER])]
fn a_stored_result_restarts_nothing(#[case] result: i64) {
    let log = sigsys::handle_with(SigAction { restart: true, ..SigAction::PLAIN });
    let scene = TrappedGadget::every_number_with(Entry::Syscall, 9, log);
    scene.log.set(Reg::Rax, result as u64);
    assert_eq!((scene.call(UNASSIGNED), scene.log.count()), (result, 1));
}

/// A kernel that cuts the handler's result to 32 bits, or restarts, because the call was a 32-bit one.
#[rstest]
#[case::zero(0)]
#[case::error(-ENOSYS)]
#[case::restart(-512)]
#[case::restart_always(-513)]
#[case::beyond_32_bits(0x1234_5678_9abc_def0)]
#[harness::test(
    clause = [SECCOMP_TRAP_RESULT_SET_BY_HANDLER, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn the_result_of_int80_is_what_the_handler_stores(#[case] result: i64) {
    let scene = TrappedGadget::number(Entry::Int80, UNASSIGNED, 9);
    scene.log.set(Reg::Rax, result as u64);
    assert_eq!((scene.call(UNASSIGNED), scene.log.count()), (result, 1));
}

/// Not -ENOSYS, not the data, and not what a handler stored the time before.
#[harness::test(
    clause = [SECCOMP_TRAP_RESULT_REGISTER, SECCOMP_TRAP_RESULT_REGISTER_NOT_ENOSYS],
    needs = [SECCOMP_FILTER],
)]
fn a_result_that_is_not_stored_is_the_number() {
    let scene = TrappedGadget::every_number(Entry::Syscall, 9);
    scene.log.set(Reg::Rax, 555);
    scene.log.times(1);
    assert_eq!(scene.call(UNASSIGNED), 555);
    assert_eq!(scene.call(UNASSIGNED), UNASSIGNED);
    assert_eq!(scene.call(SYS_getpid), SYS_getpid);
    assert_eq!(scene.call(0), 0);
    assert_eq!(scene.log.count(), 4);
}

/// The kernel stores -ENOSYS at entry, before any filter runs; a number that has a call and one that
/// has none both find it taken back.
#[rstest]
#[case::known(39)]
#[case::unknown(UNASSIGNED)]
#[case::zero(0)]
#[harness::test(clause = SECCOMP_TRAP_RESULT_REGISTER_NOT_ENOSYS, needs = [SECCOMP_FILTER])]
fn the_handler_finds_no_enosys(#[case] nr: i64) {
    let scene = TrappedGadget::every_number(Entry::Syscall, 38);
    let caught = scene.delivery(nr as u64);
    assert_eq!(caught.reg(Reg::Rax) as i64, nr);
}

/// As the text says of resuming: the number of the call would be another call's result.
#[harness::test(
    clause = [SECCOMP_TRAP_RESULT_SET_BY_HANDLER, SECCOMP_TRAP_RESULT_REGISTER],
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

/// A kernel that leaves a register of the frame out when the handler returns, or loads another's.
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
#[harness::test(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER])]
fn a_register_the_handler_stores_is_in_force_and_no_other_changes(#[case] stored: Reg) {
    let scene = TrappedGadget::number(Entry::Syscall, UNASSIGNED, 9);
    intercepted::takes_over(&scene, stored);
}

/// A kernel that puts 32 bits of the stored registers in force after an int 0x80, or its own flags.
#[harness::test(
    clause = [SECCOMP_TRAP_REGISTERS, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn all_registers_the_handler_stores_are_in_force_after_int80() {
    let scene = TrappedGadget::number(Entry::Int80, UNASSIGNED, 9);
    intercepted::takes_over_all(&scene);
}

/// A kernel that has the flags of before the call, or some of them, back when the handler returns.
#[rstest]
#[case::set(PLAIN_FLAGS, STATUS_FLAGS)]
#[case::cleared(PLAIN_FLAGS | STATUS_FLAGS, 0)]
#[case::direction(PLAIN_FLAGS, 0x400)]
#[harness::test(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER])]
fn flags_the_handler_stores_are_in_force(#[case] before: u64, #[case] stored: u64) {
    let scene = TrappedGadget::number(Entry::Syscall, UNASSIGNED, 9);
    intercepted::takes_over_flags(&scene, before, stored);
}

/// The handler sends the thread to another instruction, whose call is trapped in its turn.
#[harness::test(
    clause = [SECCOMP_TRAP_REGISTERS, SECCOMP_TRAP_PC_AFTER_INSTRUCTION],
    needs = [SECCOMP_FILTER],
)]
fn a_program_counter_the_handler_stores_is_in_force() {
    goes_on_elsewhere(Entry::Syscall);
}

/// A kernel that cuts the program counter, or goes back to its own, for a 32-bit call.
#[harness::test(
    clause = [SECCOMP_TRAP_PC_AFTER_INSTRUCTION, DISPATCH_NUMBER_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_program_counter_the_handler_stores_is_in_force_after_int80() {
    goes_on_elsewhere(Entry::Int80);
}

fn goes_on_elsewhere(entry: Entry) {
    const APART: usize = 0x40;
    let [first, second] = Gadget::pair(entry, APART);
    let scene = TrappedGadget::with(first, sigsys::handle());
    Filter::new()
        .when(number(UNASSIGNED), Action::Trap(1))
        .when(number(500), Action::Trap(2))
        .load();
    scene.log.set(Reg::Rax, 500);
    scene.log.move_rip(second.instruction() as i64 - first.after() as i64);
    scene.log.times(1);
    let result = scene.call(UNASSIGNED);
    assert_eq!((scene.log.count(), result), (2, 500));
    let [one, two] = [0, 1].map(|i| scene.log.delivery(i).expect("the handler ran"));
    assert_eq!(first.place(one.reg(Reg::Rip)), Place::AFTER);
    assert_eq!(second.place(two.reg(Reg::Rip)), Place::AFTER);
    assert_eq!((one.errno(), two.errno()), (1, 2));
}

/// Two bytes back is the instruction, with the number in RAX already: the call is trapped again.
#[harness::test(
    clause = [SECCOMP_TRAP_PC_AFTER_INSTRUCTION, SECCOMP_TRAP_RESULT_REGISTER],
    needs = [SECCOMP_FILTER],
)]
fn a_repeated_call_is_trapped_each_time() {
    let scene = TrappedGadget::number(Entry::Syscall, UNASSIGNED, 9);
    scene.log.move_rip(-2);
    scene.log.times(4);
    assert_eq!((scene.call(UNASSIGNED), scene.log.count()), (UNASSIGNED, 5));
    for index in 0..5 {
        let caught = scene.log.delivery(index).expect("the handler ran");
        assert_eq!(
            (caught.syscall(), caught.reg(Reg::Rax) as i64),
            (UNASSIGNED as i32, UNASSIGNED)
        );
        assert_eq!(scene.gadget.place(caught.reg(Reg::Rip)), Place::AFTER);
    }
}

/// SIGSYS too: it stays blocked for good, so the handler's wish is not lost to the restored mask.
#[rstest]
#[case::another_signal(bit(12))]
#[case::itself(bit(SIGSYS))]
#[harness::test(clause = SECCOMP_TRAP_REGISTERS, needs = [SECCOMP_FILTER])]
fn a_mask_the_handler_stores_is_in_force(#[case] blocked: u64) {
    let scene = TrappedGadget::number(Entry::Syscall, UNASSIGNED, 9);
    sigsys::set_mask(bit(10));
    scene.log.block_after(blocked);
    assert_eq!((scene.call(UNASSIGNED), scene.log.count()), (UNASSIGNED, 1));
    assert_eq!(sigsys::mask(), bit(10) | blocked);
}
