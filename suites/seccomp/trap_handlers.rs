//! The handler of a trapped call's SIGSYS: installed in every way, or not at all.

use crate::assertions::OneDelivery;
use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::Flavour;
use fixtures::filter::{Action, Filter, load, number};
use fixtures::gadget::Gadget;
use fixtures::needs::SECCOMP_FILTER;
use fixtures::observable_call::ObservableCall;
use fixtures::sigsys::{self, Stack};
use fixtures::trapped::TrappedGadget;
use fixtures::{Entry, SigAction, WaitStatus, bit, child, environment};
use rstest::rstest;
use sys::uapi::SIGSYS;

/// Status of a child that the trapped calls did not end.
const SURVIVED: i32 = 7;
const DATA: u16 = 9;
const KILLED: WaitStatus = WaitStatus::KilledBy(SIGSYS);

#[rstest]
#[case::zero(0)]
#[case::signal_number(31)]
#[case::all_ones(0xffff)]
#[harness::test(
    clause = [SECCOMP_TRAP_SIGSYS, SECCOMP_TRAP_FORCED_SIGNAL],
    catches = "a kernel that takes the data bits for a permission or a signal number",
    needs = [SECCOMP_FILTER],
)]
fn the_death_is_by_sigsys_whatever_the_data(#[case] data: u16) {
    let end = child::fork(|| {
        environment::disable_core_dump();
        sigsys::default();
        Filter::only(number(UNASSIGNED), Action::Trap(data)).load();
        Gadget::syscall().call(UNASSIGNED);
        child::exit(SURVIVED)
    });
    assert_eq!(end, KILLED);
}

/// The parent looks at what it shares with the child.
#[rstest]
#[case::default(sigsys::default)]
#[case::blocked(sigsys::block)]
#[case::ignored(sigsys::ignore)]
#[harness::test(
    clause = [SECCOMP_TRAP_NOT_EXECUTED, SECCOMP_TRAP_FORCED_SIGNAL],
    catches = "a kernel that makes a trapped call before the signal kills the caller",
    needs = [SECCOMP_FILTER],
)]
fn a_deadly_trap_makes_no_call(#[case] prepare: fn()) {
    let observable = ObservableCall::write();
    let end = child::fork(|| {
        environment::disable_core_dump();
        prepare();
        let scene = TrappedGadget::every_number(Entry::Syscall, DATA);
        prepare();
        scene.gadget.call_args(observable.nr, observable.args);
        child::exit(SURVIVED)
    });
    assert_eq!((end, observable.took_effect()), (KILLED, false));
}

#[harness::test(
    clause = SECCOMP_TRAP_SIGSYS,
    catches = "a kernel that unblocks or delivers other pending signals together with a trap's",
    needs = [SECCOMP_FILTER],
)]
fn other_blocked_signals_stay_pending() {
    let others = bit(10) | bit(34);
    let scene = TrappedGadget::number(Entry::Syscall, UNASSIGNED, DATA);
    sigsys::set_mask(others);
    child::raise(10);
    child::raise(34);
    let caught = scene.delivery(UNASSIGNED as u64);
    assert_eq!((caught.errno(), caught.mask()), (i32::from(DATA), others));
    assert_eq!(fixtures::observable_call::pending(), others);
}

/// The handler asks for the alternate stack, and the child does not set one.
#[rstest]
#[case::fork(Flavour::Fork, true)]
#[case::clone(Flavour::Clone, true)]
#[case::clone_vfork(Flavour::CloneVfork, true)]
#[case::vfork(Flavour::Vfork, true)]
#[case::clone_vm_vfork(Flavour::CloneVmVfork, true)]
#[case::clone_vm(Flavour::CloneVm, false)]
#[case::clone_sighand(Flavour::CloneSighand, false)]
#[case::clone_thread(Flavour::CloneThread, false)]
#[harness::test(
    clause = SECCOMP_TRAP_ALTERNATE_STACK,
    catches = "a child that shares its parent's memory and runs handlers on its alternate stack at the same time, or one \
        with memory of its own that has lost it",
    needs = [SECCOMP_FILTER],
)]
fn a_child_has_the_alternate_stack_or_none(#[case] flavour: Flavour, #[case] has: bool) {
    let stack = Stack::alternate();
    let log = sigsys::handle_with(SigAction { on_stack: true, ..SigAction::PLAIN });
    let gadget = Gadget::syscall();
    load(UNASSIGNED as u32, Action::Trap(1));
    let own = gadget.call(UNASSIGNED);
    let child = child::start(flavour, || i32::from(gadget.call(UNASSIGNED) == UNASSIGNED));
    assert_eq!((own, child.end()), (UNASSIGNED, WaitStatus::Exited(1)));
    let places = [0, 1].map(|index| {
        log.delivery(index).is_some_and(|delivery| stack.holds(delivery.handler_stack()))
    });
    assert_eq!((log.count(), places), (2, [true, has]));
}
