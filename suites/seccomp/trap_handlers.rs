//! The handler of a trapped call's SIGSYS: installed in every way, or not at all.

use super::clauses::*;
use crate::assertions::OneDelivery;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::Gadget;
use fixtures::needs::SECCOMP_FILTER;
use fixtures::observable_call::ObservableCall;
use fixtures::sigsys;
use fixtures::trapped::TrappedGadget;
use fixtures::{Entry, WaitStatus, bit, child, environment};
use rstest::rstest;
use sys::uapi::SIGSYS;

/// Status of a child that the trapped calls did not end.
const SURVIVED: i32 = 7;
const DATA: u16 = 9;
const KILLED: WaitStatus = WaitStatus::KilledBy(SIGSYS);

/// The data bits are no permission and no signal.
#[rstest]
#[case::zero(0)]
#[case::signal_number(31)]
#[case::all_ones(0xffff)]
#[harness::test(clause = [TRAP_SIGSYS, INT_TRAP_FORCED], needs = [SECCOMP_FILTER])]
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

/// The process dies before the call could be made: the parent looks at what they share.
#[rstest]
#[case::default(sigsys::default)]
#[case::blocked(sigsys::block)]
#[case::ignored(sigsys::ignore)]
#[harness::test(clause = [TRAP_NOT_EXECUTED, INT_TRAP_FORCED], needs = [SECCOMP_FILTER])]
fn a_deadly_trap_makes_no_call(#[case] prepare: fn()) {
    let deed = ObservableCall::write();
    let end = child::fork(|| {
        environment::disable_core_dump();
        prepare();
        let scene = TrappedGadget::every_number(Entry::Syscall, DATA);
        prepare();
        scene.gadget.call_args(deed.nr, deed.args);
        child::exit(SURVIVED)
    });
    assert_eq!((end, deed.took_effect()), (KILLED, false));
}

/// Two signals that wait already, blocked, stay blocked and pending: the trap's comes first and alone.
#[harness::test(clause = TRAP_SIGSYS, needs = [SECCOMP_FILTER])]
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
