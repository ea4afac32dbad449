//! A task that int 0x80 makes, and a program that it executes, begin without dispatch.

use super::inherit::Maker;
use super::inherit::SelectorState::{self, Absent, Blocks, Garbage, Unreadable};
use crate::clauses::*;
use fixtures::abi32::Abi32;
use fixtures::call_outcome::{CallOutcome, DispatchedGadget};
use fixtures::child::{self, Flavour};
use fixtures::dispatch::{self, ALLOW, BLOCK};
use fixtures::gadget::Gadget;
use fixtures::helper::{self, NATIVE, Program};
use fixtures::needs::{DISPATCH, INT80};
use fixtures::selector::Selector;
use fixtures::{Entry, WaitStatus};
use rstest::rstest;
use sys::uapi::ENOENT;

/// The maker's calls are of either ABI.
#[rstest]
#[case::fork(Flavour::Fork32)]
#[case::vfork(Flavour::Vfork32)]
#[case::clone(Flavour::Clone32)]
#[case::memory_shared(Flavour::CloneVm32)]
#[case::thread(Flavour::CloneThread32)]
#[harness::test(
    clause = [
        DISPATCH_INHERIT_FORK,
        DISPATCH_INHERIT_CLONE,
        DISPATCH_INHERIT_VFORK,
        DISPATCH_INHERIT_RESETS_TO_OFF,
    ],
    catches = "dispatch copied into a task that int 0x80 makes, or lost by its maker",
    needs = [DISPATCH, INT80],
)]
fn a_task_made_by_int80_is_free_and_its_maker_is_not(
    #[case] flavour: Flavour,
    #[values(Blocks, Garbage, Unreadable, Absent)] state: SelectorState,
    #[values(Entry::Syscall, Entry::Int80)] entry: Entry,
) {
    let maker = Maker::of(entry, state);
    assert_eq!(maker.child(flavour), Ok(CallOutcome::Native));
    maker.assert_armed_as_before();
}

/// The helper makes calls from gadgets below the region.
#[rstest]
#[case::blocks(BLOCK, false)]
#[case::allows(ALLOW, false)]
#[case::absent(BLOCK, true)]
#[harness::test(
    clause = [DISPATCH_INHERIT_EXECVE, DISPATCH_INHERIT_RESETS_TO_OFF],
    catches = "an execve by int 0x80 that leaves dispatch on",
    needs = [DISPATCH, INT80],
)]
fn a_program_executed_by_int80_is_free(#[case] value: u8, #[case] absent: bool) {
    let program = Program::new();
    let child = child::start(Flavour::Fork, || {
        // Made before the one that makes the call, which is therefore exempt.
        let gadget = Gadget::syscall();
        let abi = Abi32::new();
        let selector = if absent { Selector::NONE } else { Selector::ordinary() };
        dispatch::arm_with(gadget.everything_else(), selector).keep();
        selector.store(value);
        program.execute_32(&abi);
        1
    });
    assert_eq!(child.end(), WaitStatus::Exited(NATIVE));
}

#[rstest]
#[case::syscall(Entry::Syscall)]
#[case::int80(Entry::Int80)]
#[harness::test(
    clause = DISPATCH_INHERIT_EXECVE,
    catches = "an execve by int 0x80 that fails and turns dispatch off all the same",
    needs = [DISPATCH, INT80],
)]
fn an_execve_by_int80_that_fails_leaves_dispatch_on(#[case] entry: Entry) {
    let scene = DispatchedGadget::new(entry);
    let abi = Abi32::new();
    assert_eq!(helper::execute_path_32(&abi, c"/nonexistent/sigsys"), -ENOENT);
    let outcomes = (scene.outcome_with(ALLOW), scene.outcome());
    assert_eq!(outcomes, (CallOutcome::Native, CallOutcome::Dispatched));
}
