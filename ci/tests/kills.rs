//! Some rounds of random SIGKILLs; `cargo bench -p sigsys --bench kills -- 200` makes more, in machines too.
#![forbid(unsafe_code)]

#[path = "kills/rounds.rs"]
mod rounds;

use rounds::{KINDS, Plan, VICTIMS, Victim};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// The suite as cargo builds it for its tests.
fn suite() -> PathBuf {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let built = Command::new(env!("CARGO"))
        .args(["build", "-q", "-p", "suites", "--test", "conformance"])
        .args(["--message-format=json", "--manifest-path", manifest])
        .output()
        .expect("cargo starts");
    let text = String::from_utf8(built.stdout).expect("UTF-8");
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages
        .filter(|message| message["target"]["name"] == "conformance")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .expect("the suite was built")
}

#[test]
fn a_kill_leaves_nothing_behind_and_no_wrong_verdict() {
    let suite = suite();
    let plan = Plan {
        sigsys: env!("CARGO_BIN_EXE_sigsys"),
        suite: &suite,
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
