//! Some rounds of random SIGKILLs; `cargo bench -p sigsys --bench kills -- 200` makes more, in machines too.
#![forbid(unsafe_code)]

mod common;
#[path = "kills/rounds.rs"]
mod rounds;

use common::suite;
use rounds::{KINDS, Plan, VICTIMS, Victim};
use std::time::Duration;

#[test]
fn a_kill_leaves_nothing_behind_and_no_wrong_verdict() {
    let plan = Plan {
        sigsys: env!("CARGO_BIN_EXE_sigsys"),
        suite: suite(),
        kernel: None,
        kinds: &KINDS[..3],
        victims: &VICTIMS[..3],
        // A second on a machine that has one to spare.
        limit: Duration::from_secs(10),
        seed: 1,
    };
    let findings = rounds::rounds(&plan, 9, |line| println!("{line}"));
    assert!(findings.wrong.is_empty(), "{findings}");
    let tool = findings.counts.iter().filter(|((_, victim), _)| *victim == Victim::Tool);
    assert!(tool.count() > 0, "the tool was never killed: {findings}");
}
