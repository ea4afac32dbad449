//! The floors of this crate: a module imports from lower floors alone, and inside a module no circle is made.
//! What the compiler takes in its stride, a reader does not.

mod names;

use names::{Imports, Sources, circle, imports, sources};
use std::collections::BTreeSet;

/// The modules from the ground up; those on one floor do not know each other.
const FLOORS: [&[&str]; 10] = [
    &["clause", "fact", "filter", "isolation", "options", "row", "signals", "stdio", "version"],
    &["record", "need", "status"],
    &["case", "kernel"],
    &["feature", "deviation"],
    &["describe", "event"],
    &["guest"],
    &["runner", "report"],
    &["bench", "arguments", "selection", "supervisor"],
    &["suite"],
    &["lib"],
];

fn top(module: &str) -> &str {
    module.split("::").next().unwrap_or(module)
}

/// What is wrong with the house, a line each.
fn faults(imports: &Imports, floors: &[&[&str]]) -> Vec<String> {
    let floor = |module: &str| floors.iter().position(|floor| floor.contains(&top(module)));
    let mut faults = Vec::new();
    for (module, named) in imports {
        if floor(module).is_none() {
            faults.push(format!("{module} is on no floor"));
        }
        for other in named.iter().filter(|other| top(other) != top(module)) {
            if floor(other) >= floor(module) {
                faults.push(format!("{module} imports {other}, which is not below it"));
            }
        }
    }
    faults.extend(circle(imports));
    faults
}

#[test]
fn imports_run_downwards() {
    let imports = imports(&sources("harness/src/lib.rs"));
    assert!(
        imports["suite"].contains("runner") && imports["runner::pool"].contains("runner::launch")
    );
    assert_eq!(faults(&imports, &FLOORS), Vec::<String>::new());
}

/// `sources` with a line more in some of them.
fn with(lines: &[(&str, &str)]) -> Sources {
    let mut sources = sources("harness/src/lib.rs");
    for (module, line) in lines {
        let source = sources.iter_mut().find(|(name, _)| name == module).expect(module);
        source.1 += line;
    }
    sources
}

/// Each thing this test is to notice, put into the sources as they are.
#[test]
fn what_runs_upwards_is_noticed() {
    let upwards = [
        ("runner", "use crate::report::failure::Block;", "runner imports report::failure, which"),
        ("runner::worker", "fn f() { crate::suite::g(); }", "runner::worker imports suite, which"),
        (
            "report",
            "use crate::runner::pool::{Pool, Stopped};",
            "report imports runner::pool, which",
        ),
        ("record", "use crate::{Case, Clause};", "record imports case, which"),
        (
            "version",
            "use crate::{fact, runner::{self, page}};",
            "version imports runner::page, which",
        ),
        ("fact", "fn f() { crate::observe!(1, 2) }", "fact imports runner::claim, which"),
    ];
    let faults_of = |sources| faults(&imports(&sources), &FLOORS);
    let found = faults_of(with(&upwards.map(|(module, line, _)| (module, line))));
    for (module, line, says) in upwards {
        assert!(found.iter().any(|fault| fault.starts_with(says)), "{line} in {module}: {found:?}");
    }
    for (module, line) in [
        ("runner::reap", "use super::worker;"),
        ("runner::page", "use super::Runner;"),
        ("record::failure", "use super::CaseLine;"),
    ] {
        let found = faults_of(with(&[(module, line)]));
        assert!(found.iter().any(|fault| fault.starts_with("a circle: ")), "{line}: {found:?}");
    }
    let stranger = Imports::from([("stranger".to_owned(), BTreeSet::new())]);
    assert_eq!(faults(&stranger, &FLOORS), ["stranger is on no floor"]);
}

/// The crates of the house, by their roots.
const CRATES: [&str; 6] = [
    "harness/sys/src/lib.rs",
    "harness/macros/src/lib.rs",
    "harness/src/lib.rs",
    "fixtures/src/lib.rs",
    "suites/model/src/lib.rs",
    "suites/conformance.rs",
];

/// What a property of the fuzzer shares with its parts (`fuzz::tracer::reproduce`) lies in its own file:
/// both are taken for a single module.
fn with_parts_of_properties(imports: Imports) -> Imports {
    let whole = |module: &str| match module.split("::").collect::<Vec<_>>()[..] {
        ["fuzz", property, _, ..] => format!("fuzz::{property}"),
        _ => module.to_owned(),
    };
    let mut joined = Imports::new();
    for (module, named) in imports {
        let module = whole(&module);
        let named = named.iter().map(|other| whole(other)).filter(|other| *other != module);
        joined.entry(module.clone()).or_default().extend(named.collect::<Vec<_>>());
    }
    joined
}

fn circle_in(sources: &Sources) -> Option<String> {
    circle(&with_parts_of_properties(imports(sources)))
}

#[test]
fn no_crate_has_a_circle() {
    for root in CRATES {
        let sources = sources(root);
        assert!(sources.len() > 2, "{root}: {} modules", sources.len());
        assert_eq!(circle_in(&sources), None, "{root}");
    }
}

/// A circle put into each crate as it is: a child that imports from its parent, and a module below another.
#[test]
fn a_circle_in_any_crate_is_noticed() {
    for (root, module, line) in [
        (CRATES[0], "lies::state", "use super::all;"),
        (CRATES[0], "lies::kinds::answer", "use super::super::choice::choose;"),
        (CRATES[0], "lies::table::rows", "use super::*;"),
        (CRATES[0], "memory::atomic", "fn f() { crate::call::getpid(); }"),
        (CRATES[1], "words", "use super::row::Row;"),
        (CRATES[2], "runner::reap", "use super::Runner;"),
        (CRATES[3], "selector", "use crate::dispatch::Region;"),
        (CRATES[4], "kernel", "use crate::{call::Abi, thread::Thread};"),
        (CRATES[5], "fuzz::property", "use super::engine::check;"),
        (CRATES[5], "assertions", "use crate::interception::registers::f;"),
    ] {
        let mut sources = sources(root);
        let source = sources.iter_mut().find(|(name, _)| name == module).expect(module);
        source.1 += line;
        let found = circle_in(&sources);
        assert!(found.is_some_and(|text| text.contains(module)), "{root}: {line} in {module}");
    }
}
