//! Cases that do not end: whatever the machine's load, their limit is all that ends them.
#![forbid(unsafe_code)]

mod deeds;

use deeds::{SIGSTOP, daemon, die_of, hang};
use harness::Suite;
use std::process::ExitCode;

fn main() -> ExitCode {
    harness::main(Suite {
        name: "hanging",
        version: "0",
        built_from: None,
        features: "feature = []",
        deviations: "",
    })
}

const DOCUMENT: harness::Document =
    harness::Document { title: "examples/hanging.rs", edition: "", url: "" };

harness::clauses! {
    PROMISE = {
        id: "hanging/promise",
        promise: "A kernel promises this",
        sources: &[DOCUMENT.at("clauses")],
    }
}

#[harness::test(clause = PROMISE)]
fn comes_before_the_others() {}

#[harness::test(clause = PROMISE)]
fn hangs() {
    hang();
}

#[harness::test(clause = PROMISE)]
fn stops_itself() {
    die_of(SIGSTOP);
}

/// The child leaves its parent's group and session, and ignores SIGTERM.
#[harness::test(clause = PROMISE)]
fn forks_a_daemon_and_hangs() {
    daemon();
    hang();
}
