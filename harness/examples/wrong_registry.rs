//! A registry with every fault it can have, and one sound case.
#![forbid(unsafe_code)]

use harness::{Case, Ends, Suite};
use std::process::ExitCode;

fn main() -> ExitCode {
    let features = "[[feature]]\nneed = \"forgotten\"\nsource = \"this file\"\n";
    harness::main(Suite {
        name: "wrong_registry",
        version: "0",
        built_from: None,
        features,
        deviations: "",
    })
}

harness::clauses! {
    TESTED = { id: "wrong/tested", promise: "This one has a case", source: "this file" }
    BARE = { id: "wrong/bare", promise: "This one has neither case nor reason", source: "this file" }
    SEEN = {
        id: "wrong/seen",
        promise: "This one has a case and a reason why it cannot",
        source: "this file",
        unobservable: Some("it cannot be seen"),
    }
    SILENT = { id: "wrong/silent", promise: "", source: "this file" }
    TWICE_A = { id: "wrong/twice", promise: "Once", source: "this file" }
    TWICE_B = { id: "wrong/twice", promise: "Twice", source: "this file" }
}

/// Cited, and never registered.
static STRANGER: harness::Clause = harness::Clause {
    id: "wrong/stranger",
    promise: "Nobody registered this",
    source: "this file",
    ..harness::Clause::DEFAULT
};

harness::needs! {
    UNLISTED = { name: "unlisted", what: "a need that is in no table", probe: harness::Probe::Kernel(|| Ok(())) }
}

#[harness::test(clause = [TESTED, SEEN, SILENT, TWICE_A], needs = [UNLISTED])]
fn sound() {}

#[harness::test(clause = STRANGER)]
fn cites_a_stranger() {}

const fn nameless(path: &'static str, line: u32) -> Case {
    Case {
        path,
        file: file!(),
        line,
        clauses: &[],
        needs: &[],
        ends: Ends::Returns,
        alone: false,
        catches: "",
        waits: false,
        limits: 1,
        run: || (),
    }
}

#[harness::linkme::distributed_slice(harness::CASES)]
#[linkme(crate = harness::linkme)]
static LACKS_A_CLAUSE: Case = nameless("wrong_registry::lacks_a_clause", 1);

#[harness::linkme::distributed_slice(harness::CASES)]
#[linkme(crate = harness::linkme)]
static FIRST_OF_ONE_NAME: Case = nameless("wrong_registry::one_name", 2);

#[harness::linkme::distributed_slice(harness::CASES)]
#[linkme(crate = harness::linkme)]
static SECOND_OF_ONE_NAME: Case = nameless("wrong_registry::one_name", 3);
