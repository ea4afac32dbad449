//! What a handler leaves in its context is what the interrupted code finds.

use crate::clauses::*;
use fixtures::call_outcome::{DispatchedGadget, UNASSIGNED};
use fixtures::dispatch::ALLOW;
use fixtures::gadget::{Gadget, Place};
use fixtures::intercepted::{self, PLAIN_FLAGS};
use fixtures::needs::{DISPATCH, INT80};
use fixtures::sigsys::{self};
use fixtures::{Entry, Reg, STATUS_FLAGS, SigAction, bit, child};
use rstest::rstest;
use sys::uapi::{ENOSYS, SIGSYS};

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
#[harness::test(clause = DISPATCH_RESULT_SET_BY_HANDLER, needs = [DISPATCH])]
fn the_result_is_what_the_handler_stores(#[case] result: i64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    scene.log.set(Reg::Rax, result as u64);
    assert_eq!(scene.call(UNASSIGNED), result);
    assert_eq!(scene.log.count(), 1);
}

/// As above, with a handler that restarts interrupted calls.
#[rstest]
#[case::restart(-512)]
#[case::restart_always(-513)]
#[case::restart_block(-516)]
#[harness::test(clause = DISPATCH_RESULT_SET_BY_HANDLER, needs = [DISPATCH])]
fn a_stored_result_restarts_nothing(#[case] result: i64) {
    let log = sigsys::handle_with(SigAction { restart: true, ..SigAction::PLAIN });
    let scene = DispatchedGadget::with(Gadget::syscall(), log);
    scene.log.set(Reg::Rax, result as u64);
    assert_eq!(scene.call(UNASSIGNED), result);
    assert_eq!(scene.log.count(), 1);
}

/// A kernel that cuts a stored result to 32 bits after an int 0x80, or acts upon it.
#[rstest]
#[case::zero(0)]
#[case::error(-ENOSYS)]
#[case::greatest_error(-4095)]
#[case::restart(-512)]
#[case::restart_always(-513)]
#[case::beyond_32_bits(0x1234_5678_9abc_def0)]
#[harness::test(
    clause = [DISPATCH_RESULT_SET_BY_HANDLER, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn the_result_of_int80_is_what_the_handler_stores(#[case] result: i64) {
    let scene = DispatchedGadget::new(Entry::Int80);
    scene.log.set(Reg::Rax, result as u64);
    assert_eq!(scene.call(UNASSIGNED), result);
    assert_eq!(scene.log.count(), 1);
}

/// Not -ENOSYS, and not what a handler stored the time before.
#[harness::test(clause = DISPATCH_RESULT_DEFAULT, needs = [DISPATCH])]
fn a_result_that_is_not_stored_is_the_number() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    scene.log.set(Reg::Rax, 777);
    scene.log.times(1);
    assert_eq!(scene.call(UNASSIGNED), 777);
    assert_eq!(scene.call(UNASSIGNED), UNASSIGNED);
    assert_eq!(scene.call(501), 501);
    assert_eq!(scene.call(0x7700_0000_0000_0027), 0x7700_0000_0000_0027);
    assert_eq!(scene.log.count(), 4);
}

/// A kernel that restores a register from its own copy and not from the context, or mixes two up.
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
#[harness::test(clause = DISPATCH_RESULT_REGISTER_WRITES, needs = [DISPATCH])]
fn a_register_the_handler_stores_is_in_force_and_no_other_changes(#[case] stored: Reg) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    intercepted::takes_over(&scene, stored);
}

fn all_at_once(entry: Entry) {
    intercepted::takes_over_all(&DispatchedGadget::new(entry));
}

/// A kernel that restores a part of a context that was changed throughout: by sysret, rcx and r11 are
/// lost.
#[harness::test(
    clause = [DISPATCH_RESULT_REGISTER_WRITES, DISPATCH_RESULT_SET_BY_HANDLER],
    needs = [DISPATCH],
)]
fn all_registers_the_handler_stores_are_in_force() {
    all_at_once(Entry::Syscall);
}

/// A kernel that puts 32 bits of the stored registers in force after an int 0x80.
#[harness::test(
    clause = [DISPATCH_RESULT_REGISTER_WRITES, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn all_registers_the_handler_stores_are_in_force_after_int80() {
    all_at_once(Entry::Int80);
}

/// A kernel that keeps the interrupted code's flags, or adds the stored ones to them.
#[rstest]
#[case::set(PLAIN_FLAGS, STATUS_FLAGS)]
#[case::cleared(PLAIN_FLAGS | STATUS_FLAGS, 0)]
#[case::carry(PLAIN_FLAGS, 1)]
#[case::direction(PLAIN_FLAGS, 0x400)]
#[harness::test(clause = DISPATCH_RESULT_REGISTER_WRITES, needs = [DISPATCH])]
fn flags_the_handler_stores_are_in_force(#[case] before: u64, #[case] stored: u64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    intercepted::takes_over_flags(&scene, before, stored);
}

/// The code behind the instruction shows the stack pointer it found in R15 and takes its own back.
#[harness::test(clause = DISPATCH_RESULT_REGISTER_WRITES, needs = [DISPATCH])]
fn a_stack_pointer_the_handler_stores_is_in_force() {
    let gadget = Gadget::stack_probe(Entry::Syscall);
    intercepted::takes_over_the_stack_pointer(&DispatchedGadget::with(gadget, sigsys::handle()));
}

/// A kernel that cuts the stack pointer to the 32 bits of the call.
#[harness::test(
    clause = [DISPATCH_RESULT_REGISTER_WRITES, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn a_stack_pointer_the_handler_stores_is_in_force_after_int80() {
    let gadget = Gadget::stack_probe(Entry::Int80);
    intercepted::takes_over_the_stack_pointer(&DispatchedGadget::with(gadget, sigsys::handle()));
}

/// The handler sends the thread to another instruction, whose call is dispatched in its turn.
#[harness::test(
    clause = [DISPATCH_RESULT_REGISTER_WRITES, DISPATCH_RESULT_PC_AFTER_INSTRUCTION],
    needs = [DISPATCH],
)]
fn a_program_counter_the_handler_stores_is_in_force() {
    const APART: usize = 0x40;
    let [first, second] = Gadget::pair(Entry::Syscall, APART);
    let scene = DispatchedGadget::with(first, sigsys::handle());
    scene.log.set(Reg::Rax, 500);
    scene.log.move_rip(second.instruction() as i64 - first.after() as i64);
    scene.log.times(1);
    let result = scene.call(UNASSIGNED);
    assert_eq!((scene.log.count(), result), (2, 500));
    let [one, two] = [0, 1].map(|i| scene.log.delivery(i).expect("the handler ran"));
    assert_eq!(first.place(one.reg(Reg::Rip)), Place::AFTER);
    assert_eq!(second.place(two.reg(Reg::Rip)), Place::AFTER);
    assert_eq!((one.syscall(), two.syscall()), (UNASSIGNED as i32, 500));
}

fn retry(entry: Entry, getpid: i64) {
    let scene = DispatchedGadget::new(entry);
    scene.log.on_entry(scene.armed.selector().byte(), ALLOW);
    scene.log.move_rip(-2);
    let result = scene.call(getpid);
    assert_eq!((scene.log.count(), child::is_own_pid(result)), (1, true));
    // Without the move the thread goes on behind the instruction.
    scene.log.move_rip(0);
    assert_eq!((scene.call(getpid) == getpid, scene.log.count()), (true, 2));
}

/// A kernel that remembers the dispatched call: it would not make it when sent back, or make it unasked.
#[harness::test(
    clause = [
        DISPATCH_RESULT_RETRIED,
        DISPATCH_RESULT_NEVER_EXECUTED,
        DISPATCH_RESULT_REGISTER_WRITES,
    ],
    needs = [DISPATCH],
)]
fn the_handler_can_have_the_call_made() {
    retry(Entry::Syscall, 39);
}

/// A kernel that makes a repeated int 0x80 by the 64-bit table, or not at all.
#[harness::test(
    clause = [DISPATCH_RESULT_RETRIED, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn the_handler_can_have_an_int80_made() {
    retry(Entry::Int80, 20);
}

/// Moving back without allowing: the call is dispatched again, and only that.
#[harness::test(
    clause = [DISPATCH_RESULT_RETRIED, DISPATCH_SIGNAL_AT_THE_CALL],
    needs = [DISPATCH],
)]
fn a_repeated_call_is_dispatched_each_time() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    scene.log.move_rip(-2);
    scene.log.times(4);
    assert_eq!((scene.call(500), scene.log.count()), (500, 5));
    for index in 0..5 {
        let caught = scene.log.delivery(index).expect("the handler ran");
        assert_eq!((caught.syscall(), caught.reg(Reg::Rax)), (500, 500));
        assert_eq!(scene.gadget.place(caught.reg(Reg::Rip)), Place::AFTER);
    }
}

/// SIGSYS too: it stays blocked for good, so the handler's wish is not lost to the restored mask.
#[rstest]
#[case::another_signal(bit(12))]
#[case::itself(bit(SIGSYS))]
#[harness::test(clause = DISPATCH_RESULT_REGISTER_WRITES, needs = [DISPATCH])]
fn a_mask_the_handler_stores_is_in_force(#[case] blocked: u64) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    sigsys::set_mask(bit(10));
    scene.log.block_after(blocked);
    assert_eq!((scene.call(UNASSIGNED), scene.log.count()), (UNASSIGNED, 1));
    assert_eq!(sigsys::mask(), bit(10) | blocked);
}
