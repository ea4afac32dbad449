//! Cases of which one breaks every third time: `tests/repeat.rs` holds what is said of them.
#![forbid(unsafe_code)]

use harness::{Document, Suite, record_fact};
use std::fs::File;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    harness::main(Suite {
        name: "unsteady",
        version: "0",
        built_from: Some("0123456789abcdef-dirty"),
        features: "feature = []",
        deviations: "",
    })
}

const DOCUMENT: Document = Document { title: "examples/unsteady.rs", edition: "", url: "" };

harness::clauses! {
    PROMISE = { id: "unsteady/promise", promise: "Every run is like another", sources: &[DOCUMENT.at("")] }
}

harness::options! {
    COUNT = {
        name: "unsteady.count",
        what: "a file that grows by a byte a run",
        check: |_| Ok(()),
        recorded: false,
    }
}

/// How many times this was asked in this run.
fn count(what: &str) -> u64 {
    let path = format!("{}-{what}", harness::option("unsteady.count").expect("it was given"));
    let mut file = File::options().append(true).create(true).open(path).expect("it can be opened");
    file.write_all(b"x").expect("it grows");
    file.metadata().expect("it is there").len()
}

#[harness::test(clause = PROMISE)]
fn breaks_every_third_time() {
    assert_ne!(count("breaks") % 3, 0);
}

#[harness::test(clause = PROMISE)]
fn observes_its_number() {
    record_fact("number", &count("observes"));
}

#[harness::test(clause = PROMISE)]
fn holds() {}

#[harness::test(clause = PROMISE)]
fn holds_too() {}
