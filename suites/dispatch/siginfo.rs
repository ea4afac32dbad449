//! The fields of the siginfo_t that a dispatched call brings.

use super::clauses::*;
use fixtures::Entry;
use fixtures::fate::{Scene, UNASSIGNED};
use fixtures::gadget::Place;
use fixtures::needs::DISPATCH;
use harness::observe;
use rstest::rstest;

#[rstest]
#[case::syscall(Entry::Syscall)]
#[case::int80(Entry::Int80)]
#[harness::test(clause = SIGINFO_CALL_ADDR, needs = [DISPATCH])]
fn call_addr_is_the_instruction(#[case] entry: Entry) {
    let scene = Scene::new(entry);
    let caught = scene.caught(UNASSIGNED as u64);
    observe!("si_call_addr", "{:?}", scene.gadget.place(caught.call_addr()));
    assert_eq!(scene.gadget.place(caught.call_addr()), Place::INSTRUCTION);
}
