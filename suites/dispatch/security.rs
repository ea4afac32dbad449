//! Dispatch is no sandbox, and takes none away.

use super::clauses::*;
use fixtures::Entry;
use fixtures::call_outcome::{self, CallOutcome, DispatchedGadget, UNASSIGNED, from_exit_status};
use fixtures::child::{self, Flavour};
use fixtures::dispatch::{self, ALLOW};
use fixtures::filter::{self, Action};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, ROOT, SECCOMP_FILTER};
use rstest::rstest;

/// While everything else is dispatched, code anywhere may use an instruction in the region.
#[rstest]
#[harness::test(clause = NOW_SECURITY_JUMP_INTO_REGION, needs = [DISPATCH])]
fn a_jump_to_an_exempt_instruction_evades_dispatch() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let exempt = Gadget::syscall();
    let [here, there] = scene
        .armed
        .blocked(|| [scene.gadget, exempt].map(|g| call_outcome::of_call(&g, *scene.log)));
    assert_eq!([here, there], [CallOutcome::Dispatched, CallOutcome::Native]);
}

/// The very call that was dispatched runs after a store, without a system call in between.
#[rstest]
#[harness::test(clause = NOW_SECURITY_FLIP_SELECTOR, needs = [DISPATCH])]
fn storing_allow_evades_dispatch() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let outcomes = scene.armed.blocked(|| {
        let blocked = call_outcome::of_call(&scene.gadget, *scene.log);
        scene.armed.select(ALLOW);
        [blocked, call_outcome::of_call(&scene.gadget, *scene.log)]
    });
    assert_eq!(outcomes, [CallOutcome::Dispatched, CallOutcome::Native]);
}

/// Both evasions meet the filter.
#[rstest]
#[case::by_jump(true)]
#[case::by_store(false)]
#[harness::test(
    clause = NOW_SECURITY_USE_SECCOMP,
    needs = [DISPATCH, SECCOMP_FILTER],
    ends = KilledBy(SIGSYS)
)]
fn a_filter_stops_what_evades_dispatch(#[case] jump: bool) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let exempt = Gadget::syscall();
    filter::load(UNASSIGNED as u32, Action::KillProcess);
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
    harness::doomed();
    if jump {
        scene.armed.blocked(|| exempt.call(UNASSIGNED));
    } else {
        scene.gadget.call(UNASSIGNED);
    }
}

/// Another identity, lesser rights: dispatch is neither lost nor gained by it.
#[rstest]
#[case::armed(true, CallOutcome::Dispatched)]
#[case::unarmed(false, CallOutcome::Native)]
#[harness::test(clause = [OP_ON_ENABLES, NOW_PRIV_NONE_NEEDED], needs = [DISPATCH, ROOT])]
fn a_change_of_user_leaves_dispatch_as_it_was(#[case] armed: bool, #[case] expected: CallOutcome) {
    let child = child::start(Flavour::Fork, || {
        let scene = DispatchedGadget::new(Entry::Syscall);
        if !armed {
            dispatch::turn_off();
        }
        fixtures::environment::become_nobody();
        scene.outcome().exit_status()
    });
    assert_eq!(from_exit_status(child.end()), Ok(expected));
}
