//! Cases that change what a file says, which the test puts in the place of the kernel's taint.
#![forbid(unsafe_code)]

use harness::{Probe, SetUp, Suite};
use std::process::ExitCode;

fn main() -> ExitCode {
    let features = "[[feature]]\nneed = \"locking\"\nsource = \"this file\"\n\
                    [[feature]]\nneed = \"hesitating\"\nsource = \"this file\"\n";
    harness::main(Suite {
        name: "taints",
        version: "0",
        built_from: None,
        features,
        deviations: "",
    })
}

const DOCUMENT: harness::Document = harness::Document { title: "this file", edition: "", url: "" };

harness::clauses! {
    PROMISE = { id: "taints/promise", promise: "The kernel stays sound", sources: &[DOCUMENT.at("")] }
}

harness::options! {
    FILE = { name: "taints.file", what: "the taint", check: |_| Ok(()), recorded: false }
    ASKED = { name: "taints.asked", what: "made when asked", check: |_| Ok(()), recorded: false }
}

harness::needs! {
    LOCKING = {
        name: "locking",
        what: "something that locks up when it is asked for",
        probe: Probe::Kernel(|| {
            taint(14);
            Ok(())
        }),
    }
    HESITATING = {
        name: "hesitating",
        what: "something that answers when another worker asks again",
        probe: Probe::Kernel(|| {
            let path = harness::option("taints.asked").set_up("there is a file");
            let before = std::fs::read_to_string(&path).unwrap_or_default();
            let worker = sys::process::parent().to_string();
            std::fs::write(&path, format!("{before}{worker}\n")).set_up("it can be written");
            // Of the same worker, it is as silent as before.
            let fresh = !before.lines().any(|other| other == worker);
            (fresh && !before.is_empty()).then_some(()).set_up("it answers");
            Ok(())
        }),
    }
}

#[harness::test(clause = PROMISE)]
fn a_case_of_its_own() {}

#[harness::test(clause = PROMISE)]
fn breaks_and_dies() {
    taint(7);
    panic!("a promise is broken");
}

#[harness::test(clause = PROMISE)]
fn comes_with_a_module() {
    taint(12);
}

#[harness::test(clause = PROMISE)]
fn draws_a_warning() {
    taint(9);
}

#[harness::test(clause = PROMISE)]
fn ends_the_suite() {}

#[harness::test(clause = PROMISE, needs = [LOCKING])]
fn needs_what_locks_up() {}

#[harness::test(clause = PROMISE, needs = [HESITATING])]
fn needs_what_hesitates() {}

/// Sets a bit.
fn taint(bit: u32) {
    let path = harness::option("taints.file").set_up("there is a file");
    let text = std::fs::read_to_string(&path).set_up("it can be read");
    let taint: u64 = text.trim().parse().set_up("it is a number");
    std::fs::write(path, format!("{}\n", taint | 1 << bit)).set_up("it can be written");
}
