//! Numbers that look like a call's wish to be restarted.

use crate::clauses::*;
use fixtures::call_outcome::{DispatchedGadget, UNASSIGNED};
use fixtures::dispatch::ALLOW;
use fixtures::gadget::{Gadget, Place};
use fixtures::intercepted::{plain_registers, same};
use fixtures::needs::{DISPATCH, INT80};
use fixtures::sigsys;
use fixtures::{Entry, Reg, Registers, SigAction};
use harness::{Fact, Teller, observe};
use rstest::rstest;
use std::fmt;

/// What a handler may show in its context of a call with such a number.
#[derive(PartialEq, Eq)]
struct Context {
    rip: Place,
    rax: i64,
}

impl Fact for Context {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        to.fields([("rip", &self.rip as &dyn Fact), ("rax", &self.rax)])
    }
}

harness::debug_as_fact!(Context);

/// The handler allows calls, so that a kernel that repeats the call does so once.
fn scene(entry: Entry, restart: bool) -> DispatchedGadget {
    let log = sigsys::handle_with(SigAction { restart, ..SigAction::PLAIN });
    let scene = DispatchedGadget::with(Gadget::new(entry), log);
    log.on_entry(scene.armed.selector().byte(), ALLOW);
    scene
}

fn context(scene: &DispatchedGadget, nr: i64) -> Context {
    let caught = scene.delivery(nr as u64);
    let rip = scene.gadget.place(caught.reg(Reg::Rip));
    let context = Context { rip, rax: caught.reg(Reg::Rax) as i64 };
    observe!("context", context);
    context
}

const AFTER: Place = Place::AFTER;

/// A kernel that takes the number in rax for a wish to restart, moves RIP back or replaces RAX.
#[rstest]
#[case::restartsys(-512)]
#[case::restartnointr(-513)]
#[case::restartnohand(-514)]
#[case::restart_restartblock(-516)]
#[harness::test(
    clause = [
        DISPATCH_RESTART_NUMBER_LIKE_RESTART_CODE,
        DISPATCH_RESULT_PC_AFTER_INSTRUCTION,
        DISPATCH_RESULT_DEFAULT,
        DISPATCH_SCOPE_ANY_ABI,
    ],
    needs = [DISPATCH],
)]
fn a_restart_code_is_a_number_like_any_other(#[case] nr: i64) {
    assert_eq!(context(&scene(Entry::Syscall, false), nr), Context { rip: AFTER, rax: nr });
}

/// SA_RESTART decides about -512 alone.
#[rstest]
#[case::restartsys(-512)]
#[case::restartnointr(-513)]
#[case::restartnohand(-514)]
#[case::restart_restartblock(-516)]
#[harness::test(
    clause = [
        DISPATCH_RESTART_NUMBER_LIKE_RESTART_CODE,
        DISPATCH_RESULT_PC_AFTER_INSTRUCTION,
        DISPATCH_RESULT_DEFAULT,
        DISPATCH_SCOPE_ANY_ABI,
    ],
    needs = [DISPATCH],
)]
fn a_restart_code_is_a_number_with_sa_restart_too(#[case] nr: i64) {
    assert_eq!(context(&scene(Entry::Syscall, true), nr), Context { rip: AFTER, rax: nr });
}

/// A kernel that extends the sign of a 32-bit number and then finds a wish to restart in it.
#[rstest]
#[case::restartsys(0xffff_fe00, false)]
#[case::restartsys_with_sa_restart(0xffff_fe00, true)]
#[case::restartnointr(0xffff_fdff, false)]
#[case::restartnohand(0xffff_fdfe, false)]
#[case::restart_restartblock(0xffff_fdfc, false)]
#[harness::test(
    clause = [DISPATCH_RESTART_NUMBER_LIKE_RESTART_CODE, DISPATCH_NUMBER_INT80],
    needs = [DISPATCH, INT80],
)]
fn a_32_bit_restart_code_is_a_number_like_any_other(#[case] nr: i64, #[case] restart: bool) {
    assert_eq!(context(&scene(Entry::Int80, restart), nr), Context { rip: AFTER, rax: nr });
}

/// What the codes do not change, whatever they do to RIP and RAX.
#[rstest]
#[case::restartsys(-512, false)]
#[case::restartsys_with_sa_restart(-512, true)]
#[case::restartnointr(-513, false)]
#[case::restartnohand(-514, false)]
#[case::restart_restartblock(-516, false)]
#[harness::test(
    clause = [
        DISPATCH_SIGINFO_SYSCALL,
        DISPATCH_RESULT_REGISTERS_PRESERVED,
        DISPATCH_RESULT_COMPLETES,
    ],
    needs = [DISPATCH],
)]
fn a_restart_code_brings_one_signal_and_keeps_the_rest(#[case] nr: i64, #[case] restart: bool) {
    let scene = scene(Entry::Syscall, restart);
    let before = Registers::pattern().with(Reg::Rax, nr as u64);
    let after = scene.call_with(before);
    let caught = scene.log.delivery(0).expect("the handler runs");
    assert_eq!((scene.log.count(), caught.syscall(), caught.code()), (1, nr as i32, 2));
    assert_eq!(scene.gadget.place(caught.call_addr()), AFTER);
    for reg in plain_registers().filter(|reg| *reg != Reg::Rax) {
        same(reg, caught.reg(reg), before[reg]);
        same(reg, after[reg], before[reg]);
    }
}

/// The handler's own values win, also over what the code did.
#[rstest]
#[case::restartsys(-512)]
#[case::restartnohand(-514)]
#[case::restart_restartblock(-516)]
#[harness::test(clause = DISPATCH_RESULT_SET_BY_HANDLER, needs = [DISPATCH])]
fn the_handler_sets_the_result_of_a_restart_code(#[case] nr: i64) {
    let scene = scene(Entry::Syscall, false);
    scene.log.set(Reg::Rax, 777);
    assert_eq!((scene.call(nr), scene.log.count()), (777, 1));
}

/// The call after one with a restart code owes it nothing.
#[rstest]
#[case::restartsys(-512)]
#[case::restartnointr(-513)]
#[case::restart_restartblock(-516)]
#[harness::test(
    clause = [DISPATCH_RESULT_DEFAULT, DISPATCH_RESULT_PC_AFTER_INSTRUCTION],
    needs = [DISPATCH],
)]
fn a_restart_code_leaves_nothing_to_the_next_call(#[case] nr: i64) {
    let scene = scene(Entry::Syscall, true);
    scene.delivery(nr as u64);
    assert_eq!(context(&scene, UNASSIGNED), Context { rip: AFTER, rax: UNASSIGNED });
    assert_eq!(scene.call(500), 500);
}
