//! Dispatch is no sandbox: code can evade it, and a seccomp filter must still hold that code.

use crate::clauses::*;
use fixtures::Entry;
use fixtures::call_outcome::{self, CallOutcome, DispatchedGadget, UNASSIGNED, from_exit_status};
use fixtures::child::{self, Flavour};
use fixtures::dispatch::{self, ALLOW};
use fixtures::filter::{self, Action};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, ROOT, SECCOMP_FILTER};
use rstest::rstest;

/// The same code calls both gadgets, with the selector at BLOCK.
#[rstest]
#[harness::test(
    clause = DISPATCH_SECURITY_JUMP_INTO_REGION,
    catches = "a decision by the code that jumps to the instruction instead of by the \
        instruction's address",
    needs = [DISPATCH],
)]
fn a_jump_to_an_exempt_instruction_evades_dispatch() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let exempt = Gadget::syscall();
    let [here, there] = scene
        .armed
        .blocked(|| [scene.gadget, exempt].map(|g| call_outcome::of_call(&g, *scene.log)));
    assert_eq!([here, there], [CallOutcome::Dispatched, CallOutcome::Native]);
}

/// No system call is made between the store and the call.
#[rstest]
#[harness::test(
    clause = DISPATCH_SECURITY_FLIP_SELECTOR,
    catches = "a store of ALLOW that is not in force at the very next call",
    needs = [DISPATCH],
)]
fn storing_allow_evades_dispatch() {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let outcomes = scene.armed.blocked(|| {
        let blocked = call_outcome::of_call(&scene.gadget, *scene.log);
        scene.armed.select(ALLOW);
        [blocked, call_outcome::of_call(&scene.gadget, *scene.log)]
    });
    assert_eq!(outcomes, [CallOutcome::Dispatched, CallOutcome::Native]);
}

#[rstest]
#[case::by_jump(true)]
#[case::by_store(false)]
#[harness::test(
    clause = DISPATCH_ORDER_SECCOMP_STILL_APPLIES,
    catches = "a call that evades dispatch, from the region or by a store of ALLOW, and evades the \
        filters with it",
    needs = [DISPATCH, SECCOMP_FILTER],
    ends = KilledBy(SIGSYS),
)]
fn a_filter_stops_what_evades_dispatch(#[case] jump: bool) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    let exempt = Gadget::syscall();
    filter::load(UNASSIGNED as u32, Action::KillProcess);
    assert_eq!(scene.outcome(), CallOutcome::Dispatched);
    harness::expect_death();
    if jump {
        scene.armed.blocked(|| exempt.call(UNASSIGNED));
    } else {
        scene.gadget.call(UNASSIGNED);
    }
}

#[rstest]
#[case::armed(true, CallOutcome::Dispatched)]
#[case::unarmed(false, CallOutcome::Native)]
#[harness::test(
    clause = [DISPATCH_PRCTL_ON, DISPATCH_PRCTL_UNPRIVILEGED],
    catches = "a change of user id that turns dispatch off, or turns it on again in a thread that \
        is off",
    needs = [DISPATCH, ROOT],
)]
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
