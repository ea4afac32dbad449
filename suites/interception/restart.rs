//! Numbers that equal the kernel's restart codes.

use crate::assertions::OneDelivery;
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::gadget::{Gadget, Place};
use fixtures::intercepted::{
    self, Dispatch, Intercepts, Mechanism, Trap, differing, plain_registers,
};
use fixtures::needs::{DISPATCH, INT80, SECCOMP_FILTER};
use fixtures::{Entry, Reg, Registers, SigAction, sigsys};
use harness::{Fact, Teller, observe};
use rstest::rstest;
use std::fmt;

const DATA: u16 = 5;
const AFTER: Place = Place::AFTER;

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

/// A kernel that repeats the call does so once.
fn scene<M: Mechanism>(by: M, entry: Entry, restart: bool) -> M::Intercepted {
    let log = sigsys::handle_with(SigAction { restart, ..SigAction::PLAIN });
    let scene = by.every_number(Gadget::new(entry), log, DATA);
    scene.end_repetition();
    scene
}

fn context<Scene: Intercepts>(scene: &Scene, nr: i64) -> Context {
    scene.log().clear();
    scene.number_intercepted(Registers::pattern().with(Reg::Rax, nr as u64));
    assert!(scene.log().count() <= Scene::MOST_SIGNALS, "the call is repeated for ever");
    let caught = scene.first();
    let rip = scene.gadget().place(caught.reg(Reg::Rip));
    let context = Context { rip, rax: caught.reg(Reg::Rax) as i64 };
    observe!("context", context);
    context
}

/// SA_RESTART decides about -512 alone.
#[rstest]
#[case::restartsys(-512)]
#[case::restartnointr(-513)]
#[case::restartnohand(-514)]
#[case::restart_restartblock(-516)]
#[harness::test(
    catches = "a kernel that takes a number equal to -ERESTART* in RAX for a syscall restart",
    dispatch(
        clause = [
            DISPATCH_RESTART_NUMBER_LIKE_RESTART_CODE, DISPATCH_RESULT_PC_AFTER_INSTRUCTION,
            DISPATCH_RESULT_DEFAULT, DISPATCH_SCOPE_ANY_ABI,
        ],
        needs = [DISPATCH],
    ),
    trap(
        clause = [
            SECCOMP_TRAP_NUMBER_LIKE_RESTART_CODE, DISPATCH_RESTART_NUMBER_LIKE_RESTART_CODE,
            SECCOMP_TRAP_PC_AFTER_INSTRUCTION, SECCOMP_TRAP_RESULT_REGISTER,
        ],
        needs = [SECCOMP_FILTER],
    ),
)]
fn a_restart_code_is_a_number_like_any_other(
    #[case] nr: i64,
    #[values(false, true)] sa_restart: bool,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    let scene = scene(by, Entry::Syscall, sa_restart);
    assert_eq!(context(&scene, nr), Context { rip: AFTER, rax: nr });
}

#[rstest]
#[case::restartsys(0xffff_fe00, false)]
#[case::restartsys_with_sa_restart(0xffff_fe00, true)]
#[case::restartnointr(0xffff_fdff, false)]
#[case::restartnohand(0xffff_fdfe, false)]
#[case::restart_restartblock(0xffff_fdfc, false)]
#[harness::test(
    catches = "a kernel that sign-extends EAX at int 0x80 and then finds a restart code in it",
    dispatch(
        clause = [DISPATCH_RESTART_NUMBER_LIKE_RESTART_CODE, DISPATCH_NUMBER_INT80],
        needs = [DISPATCH],
    ),
    trap(
        clause = [
            SECCOMP_TRAP_NUMBER_LIKE_RESTART_CODE, DISPATCH_RESTART_NUMBER_LIKE_RESTART_CODE,
            DISPATCH_NUMBER_INT80,
        ],
        needs = [SECCOMP_FILTER],
    ),
    needs = [INT80],
)]
fn a_32_bit_restart_code_is_a_number_like_any_other(
    #[case] nr: i64,
    #[case] restart: bool,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    assert_eq!(context(&scene(by, Entry::Int80, restart), nr), Context { rip: AFTER, rax: nr });
}

/// What the codes do not change, whatever they do to RIP and RAX.
#[rstest]
#[case::restartsys(-512, false)]
#[case::restartsys_with_sa_restart(-512, true)]
#[case::restartnointr(-513, false)]
#[case::restartnohand(-514, false)]
#[case::restart_restartblock(-516, false)]
#[harness::test(
    catches = "a kernel that loses registers or signal fields where it treats the number as a restart",
    dispatch(
        clause = [
            DISPATCH_SIGINFO_SYSCALL, DISPATCH_RESULT_REGISTERS_PRESERVED,
            DISPATCH_RESULT_COMPLETES,
        ],
        needs = [DISPATCH],
    ),
    trap(
        clause = [SECCOMP_TRAP_SYSCALL, SECCOMP_TRAP_DATA, SECCOMP_TRAP_REGISTERS],
        needs = [SECCOMP_FILTER],
    ),
)]
fn a_restart_code_brings_its_own_fields_and_keeps_the_rest<M: Mechanism>(
    #[case] nr: i64,
    #[case] restart: bool,
    #[values(Dispatch, Trap)] by: M,
) {
    let scene = scene(by, Entry::Syscall, restart);
    // After the instruction, wherever the kernel would have it go on.
    scene.log().set(Reg::Rip, scene.gadget().after());
    let before = Registers::pattern().with(Reg::Rax, nr as u64);
    let after = intercepted::call_with(&scene, before);
    let caught = scene.first();
    let fields = (scene.log().count(), caught.syscall(), caught.code(), caught.errno());
    assert_eq!(fields, (1, nr as i32, M::CODE, by.si_errno(DATA)));
    assert_eq!(scene.gadget().place(caught.call_addr()), AFTER);
    let kept = || plain_registers().filter(|reg| *reg != Reg::Rax);
    assert_eq!(differing(kept(), |reg| caught.reg(reg), |reg| before[reg]), []);
    assert_eq!(differing(kept(), |reg| after[reg], |reg| before[reg]), []);
}

#[rstest]
#[case::restartsys(-512)]
#[case::restartnohand(-514)]
#[case::restart_restartblock(-516)]
#[harness::test(
    catches = "a kernel whose restart of the call overwrites the result that the handler stored",
    dispatch(clause = DISPATCH_RESULT_SET_BY_HANDLER, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_RESULT_SET_BY_HANDLER, needs = [SECCOMP_FILTER]),
)]
fn the_handler_sets_the_result_of_a_restart_code(
    #[case] nr: i64,
    #[values(Dispatch, Trap)] by: impl Mechanism,
) {
    let scene = scene(by, Entry::Syscall, false);
    scene.log().set(Reg::Rax, 777);
    assert_eq!((intercepted::call(&scene, nr), scene.log().count()), (777, 1));
}

#[rstest]
#[case::restartsys(-512)]
#[case::restartnointr(-513)]
#[case::restart_restartblock(-516)]
#[harness::test(
    catches = "a kernel that restarts the call after one with a restart code for its number",
    clause = [DISPATCH_RESULT_DEFAULT, DISPATCH_RESULT_PC_AFTER_INSTRUCTION],
    needs = [DISPATCH],
)]
fn a_restart_code_leaves_nothing_to_the_next_dispatched_call(#[case] nr: i64) {
    let scene = scene(Dispatch, Entry::Syscall, true);
    scene.delivery(nr as u64);
    assert_eq!(context(&scene, UNASSIGNED), Context { rip: AFTER, rax: UNASSIGNED });
    assert_eq!(scene.call(500), 500);
}

#[rstest]
#[case::restartsys(-512)]
#[case::restartnointr(-513)]
#[case::restart_restartblock(-516)]
#[harness::test(
    catches = "a kernel that restarts the call after one with a restart code for its number",
    clause = [SECCOMP_TRAP_RESULT_REGISTER, SECCOMP_TRAP_PC_AFTER_INSTRUCTION],
    needs = [SECCOMP_FILTER],
)]
fn a_restart_code_leaves_nothing_to_the_next_trapped_call(#[case] nr: i64) {
    let scene = scene(Trap, Entry::Syscall, true);
    context(&scene, nr);
    assert_eq!(context(&scene, UNASSIGNED), Context { rip: AFTER, rax: UNASSIGNED });
    assert_eq!(context(&scene, 500), Context { rip: AFTER, rax: 500 });
    assert_eq!(scene.log().count(), 1);
}
