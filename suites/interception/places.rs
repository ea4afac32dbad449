//! Where the caller of an intercepted call lives: in a namespace of its own, or with an alternate stack that its handler
//! disarms.

use crate::assertions::OneDelivery;
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::gadget::Gadget;
use fixtures::intercepted::{self, Dispatch, Intercepts, Mechanism, Trap, is_that_call};
use fixtures::needs::{DISPATCH, NAMESPACES, SECCOMP_FILTER};
use fixtures::sigsys::{self, Stack};
use fixtures::{Entry, Reg, SigAction, WaitStatus};
use harness::SetUp;
use rstest::rstest;
use sys::uapi::{CLONE_NEWUSER, SS_AUTODISARM, SS_DISABLE, SYS_unshare};

const DATA: u16 = 0x1234;
const SAME: i32 = 1;

/// Whether the signals of three calls are told as they are anywhere.
fn is_told_the_same<M: Mechanism>(by: M, scene: &M::Intercepted) -> bool {
    (0..3).all(|_| {
        let caught = scene.delivery(UNASSIGNED as u64);
        is_that_call(&caught, scene.gadget(), UNASSIGNED, M::CODE, by.si_errno(DATA))
    })
}

/// Intercepts calls of the calling process; its handler has a stack where an unwritten byte is not zero.
fn intercepted<M: Mechanism>(by: M) -> M::Intercepted {
    Stack::alternate();
    let log = sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN });
    by.numbers(Gadget::new(Entry::Syscall), log, &[(UNASSIGNED, DATA)])
}

#[rstest]
#[case::user(Flavour::NewUser)]
#[case::process_ids(Flavour::NewPid)]
#[harness::test(
    catches = "a call in a user or PID namespace of its own that is not intercepted, or whose signal tells other fields",
    dispatch(clause = [DISPATCH_SIGNAL_SIGSYS_TO_CALLER, DISPATCH_SIGINFO_SYSCALL, DISPATCH_SIGINFO_ARCH], needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_SIGINFO], needs = [SECCOMP_FILTER]),
    needs = [NAMESPACES],
)]
fn in_a_namespace_a_call_is_told_the_same<M: Mechanism>(
    #[case] flavour: Flavour,
    #[values(Dispatch, Trap)] by: M,
) {
    let task = child::start(flavour, || {
        let scene = intercepted(by);
        if is_told_the_same(by, &scene) { SAME } else { 0 }
    });
    assert_eq!(task.end(), WaitStatus::Exited(SAME));
}

/// The task that is intercepted enters the namespace itself, and stays the task it was.
#[rstest]
#[harness::test(
    catches = "a task that leaves its dispatch or its filter behind when it enters a user namespace",
    dispatch(clause = [DISPATCH_SIGNAL_SIGSYS_TO_CALLER, DISPATCH_SIGINFO_SYSCALL, DISPATCH_SIGINFO_ARCH], needs = [DISPATCH]),
    trap(clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_SIGINFO], needs = [SECCOMP_FILTER]),
    needs = [NAMESPACES],
)]
fn on_the_way_into_a_namespace_a_call_stays_intercepted<M: Mechanism>(
    #[values(Dispatch, Trap)] by: M,
) {
    let task = child::start(Flavour::Fork, || {
        let scene = intercepted(by);
        let before = is_told_the_same(by, &scene);
        fixtures::call::checked(SYS_unshare, [CLONE_NEWUSER as usize, 0, 0, 0, 0, 0])
            .set_up("a user namespace can be entered");
        if before && is_told_the_same(by, &scene) { SAME } else { 0 }
    });
    assert_eq!(task.end(), WaitStatus::Exited(SAME));
}

/// The stack is the thread's again once the handler has returned.
#[rstest]
#[harness::test(
    catches = "an alternate stack with SS_AUTODISARM on which the handler of an intercepted call does not run, or that is \
        lost or has another flag when it returns",
    dispatch(clause = DISPATCH_SIGNAL_STACK_DISARMED, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_STACK_DISARMED, needs = [SECCOMP_FILTER]),
)]
fn a_stack_that_its_handler_disarms_is_set_again(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let stack = Stack::disarmed_by_its_handler();
    let log = sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN });
    let scene = by.numbers(Gadget::new(Entry::Syscall), log, &[(UNASSIGNED, DATA)]);
    for time in 0..3 {
        let caught = scene.delivery(UNASSIGNED as u64);
        let found = (stack.holds(caught.handler_stack()), stack.is_set_to_disarm());
        assert_eq!(found, (true, true), "call {time}");
    }
}

/// A call in the handler is intercepted too: its context tells of no alternate stack, and the outer one of the thread's.
#[rstest]
#[harness::test(
    catches = "an alternate stack with SS_AUTODISARM that stays armed while the handler of an intercepted call runs",
    dispatch(clause = DISPATCH_SIGNAL_STACK_DISARMED, needs = [DISPATCH]),
    trap(clause = SECCOMP_TRAP_STACK_DISARMED, needs = [SECCOMP_FILTER]),
)]
fn a_handler_that_disarms_its_stack_has_none(#[values(Dispatch, Trap)] by: impl Mechanism) {
    let stack = Stack::disarmed_by_its_handler();
    let log = sigsys::handle_with(SigAction { on_stack: true, nodefer: true, ..SigAction::PLAIN });
    let gadget = Gadget::syscall();
    let scene = by.every_number(gadget, log, DATA);
    log.nest(gadget.start(), UNASSIGNED, 1);
    intercepted::call(&scene, UNASSIGNED);
    let [outer, inner] = [0, 1].map(|index| log.delivery(index).expect("the handler ran twice"));
    let set = (stack.start as u64, SS_AUTODISARM as u32, stack.size as u64);
    assert!(outer.context_stack() == set, "the stack that was set");
    assert_eq!(inner.context_stack(), (0, SS_DISABLE as u32, 0));
    assert!(inner.handler_stack() < outer.handler_stack(), "the frames lie over one another");
    assert!(stack.holds(inner.reg(Reg::Rsp)), "the call of the handler");
    assert_eq!((log.nested_result(), stack.is_set_to_disarm()), (UNASSIGNED, true));
}
