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

const DOCUMENT: harness::Document = harness::Document { title: "this file", edition: "", url: "" };

harness::clauses! {
    TESTED = { id: "wrong/tested", promise: "This one has a case", sources: &[DOCUMENT.at("")] }
    BARE = { id: "wrong/bare", promise: "This one has neither case nor reason", sources: &[DOCUMENT.at("")] }
    SEEN = {
        id: "wrong/seen",
        promise: "This one has a case and a reason why it cannot",
        sources: &[DOCUMENT.at("")],
        unobservable: Some("it cannot be seen"),
    }
    SILENT = { id: "wrong/silent", promise: "", sources: &[DOCUMENT.at("")] }
    TWICE_A = { id: "wrong/twice", promise: "Once", sources: &[DOCUMENT.at("")] }
    TWICE_B = { id: "wrong/twice", promise: "Twice", sources: &[DOCUMENT.at("")] }
}

/// Cited, and never registered.
static STRANGER: harness::Clause = harness::Clause {
    id: "wrong/stranger",
    promise: "Nobody registered this",
    sources: &[DOCUMENT.at("")],
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
        serial: false,
        catches: "",
        external_wait: false,
        timeout_factor: 1,
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
