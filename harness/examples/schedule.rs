//! Cases that say when they begin and end: `tests/schedule.rs` looks at who ran beside whom.
#![forbid(unsafe_code)]

use harness::{SetUp, Suite};
use std::fs::OpenOptions;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    harness::main(Suite {
        name: "schedule",
        version: "0",
        built_from: None,
        features: "feature = []",
        deviations: "",
    })
}

const DOCUMENT: harness::Document = harness::Document { title: "this file", edition: "", url: "" };

harness::clauses! {
    PROMISE = { id: "schedule/promise", promise: "Time passes", sources: &[DOCUMENT.at("")] }
}

harness::options! {
    NOTES = {
        name: "schedule.notes",
        what: "a file for who begins and ends when",
        check: |_| Ok(()),
        recorded: false,
    }
    COLOUR = {
        name: "schedule.colour",
        what: "something that matters",
        check: |_| Ok(()),
        recorded: true,
    }
}

#[harness::test(clause = PROMISE, serial)]
fn alone_1() {
    stay("alone_1", 30);
}

#[harness::test(clause = PROMISE, serial)]
fn alone_2() {
    stay("alone_2", 30);
}

#[harness::test(clause = PROMISE)]
fn beside_1() {
    stay("beside_1", 30);
}

#[harness::test(clause = PROMISE)]
fn beside_2() {
    stay("beside_2", 30);
}

#[harness::test(clause = PROMISE)]
fn beside_3() {
    stay("beside_3", 30);
}

/// Longer than the shortest time limit there is, and much shorter than five of them.
#[harness::test(clause = PROMISE, timeout_factor = 5)]
fn takes_more_than_one_limit() {
    stay("takes_more_than_one_limit", 1200);
}

#[harness::test(clause = PROMISE)]
fn takes_more_than_its_limit() {
    stay("takes_more_than_its_limit", 5000);
}

fn notes() -> String {
    harness::option("schedule.notes").set_up("there is a file to note it in")
}

/// Is here for a while.
fn stay(name: &str, milliseconds: u16) {
    let note = |what: &str| {
        let file = OpenOptions::new().create(true).append(true).open(notes());
        let mut file = file.set_up("the file can be opened");
        file.write_all(format!("{what} {name}\n").as_bytes()).set_up("the file can be written");
    };
    note("begin");
    let _ = nix::poll::poll(&mut [], milliseconds);
    note("end");
}
