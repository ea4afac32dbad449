//! Two kernels made by hand, with every kind of change between them.

use super::{Outcome, Results};
use crate::report::sample;
use harness::record::{CaseLine, Footer, Header, Kernel, Line, Verdict};
use std::collections::BTreeMap;

const REFUSED: &str = "assertion `left == right` failed\n  left: Ok(())\n right: Err(EINVAL)";
const THIRD: &str = "assertion `left == right` failed\n  left: Err(EPERM)\n right: Err(EINVAL)";
const NO_REQUESTS: &str = "lacks reading by a tracer: EIO (kernels have it since 6.4; this is 6.1)";
const NO_KEYS: &str = "lacks keys: ENOSPC (it depends on the surroundings, not on the kernel)";
const NO_KEYS_AT_ALL: &str =
    "lacks keys: ENOSYS (it depends on the surroundings, not on the kernel)";
const NO_PAGE: &str = "lacks a vsyscall page: none (the boot line says vsyscall=none)";

fn case(name: &str, clauses: &[&str], verdict: Verdict, text: &str) -> CaseLine {
    CaseLine {
        name: name.into(),
        clauses: clauses.iter().map(|id| (*id).to_owned()).collect(),
        verdict,
        text: text.into(),
        place: "suites/x.rs:1".into(),
        lacks: String::new(),
        deviation: String::new(),
        known: String::new(),
        note: String::new(),
        taint: None,
        facts: BTreeMap::new(),
        output: String::new(),
    }
}

fn lacking(need: &str, line: CaseLine) -> CaseLine {
    CaseLine { lacks: need.into(), ..line }
}

fn seeing(facts: &[(&str, &str)], line: CaseLine) -> CaseLine {
    let facts = facts.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    CaseLine { facts: facts.collect(), ..line }
}

fn wraps(verdict: Verdict, text: &str, deviation: &str) -> impl Iterator<Item = CaseLine> {
    (1..=3).map(move |row| CaseLine {
        deviation: deviation.into(),
        known: "the sum is not checked for overflow".into(),
        ..case(
            &format!("dispatch::region::wraps_are_refused[from_{row:02}]"),
            &["sud/region/wrap"],
            verdict,
            text,
        )
    })
}

/// The text of a record.
pub(crate) fn record(release: &str, build: &str, cases: Vec<CaseLine>) -> String {
    let footer = Footer::count(cases.iter().map(|case| case.verdict));
    let kernel = Kernel { release: release.into(), build: build.into(), ..sample::header().kernel };
    let header = Header { kernel, cases: cases.len(), ..sample::header() };
    let lines = std::iter::once(Line::Run(header))
        .chain(cases.into_iter().map(Line::Case))
        .chain([Line::End(footer)]);
    lines.map(|line| serde_json::to_string(&line).expect("a line") + "\n").collect()
}

pub(crate) fn older_record() -> String {
    use Verdict::{Deviates, Holds, NotOffered, Violated};
    let off = &["sud/off/zero"][..];
    let bad = &["sud/selector/bad", "sud/off/zero"][..];
    let mut cases = vec![
        case("dispatch::off::is_forgotten", off, Holds, ""),
        case("dispatch::off::is_old[first]", off, Holds, ""),
        case("dispatch::off::is_old[second]", off, Holds, ""),
        case("dispatch::off::refuses", off, Violated, REFUSED),
        case("dispatch::off::stays", off, Holds, ""),
        lacking("keys", case("dispatch::selector::has_keys", bad, NotOffered, NO_KEYS)),
        seeing(
            &[("byte | word", "b'1'"), ("si_code", "2"), ("`errno`", "ENOSYS")],
            case("dispatch::selector::sees_much", bad, Holds, ""),
        ),
        case("vsyscall::page::is_there", &["sud/page"], Holds, ""),
    ];
    for name in ["reads_back", "survives", "writes_back"] {
        let name = format!("ptrace::config::{name}");
        cases.push(lacking("requests", case(&name, &["sud2/get"], NotOffered, NO_REQUESTS)));
    }
    cases.extend(wraps(Deviates, REFUSED, "dispatch::region::wraps_are_refused[*]"));
    record("6.1.0-44-cloud-amd64", "#1 SMP Debian 6.1.150-1", cases)
}

pub(crate) fn newer_record() -> String {
    use Verdict::{Deviates, Holds, NotOffered, TimedOut, Violated};
    let off = &["sud/off/zero"][..];
    let bad = &["sud/selector/bad", "sud/off/zero"][..];
    let mut cases = vec![
        case("dispatch::off::is_forgotten", off, TimedOut, "did not end within its time limit"),
        case("dispatch::off::is_new", off, Holds, ""),
        case("dispatch::off::refuses", off, Violated, THIRD),
        case("dispatch::off::stays", off, Holds, ""),
        lacking("keys", case("dispatch::selector::has_keys", bad, NotOffered, NO_KEYS_AT_ALL)),
        seeing(
            &[("byte | word", "b'1'"), ("si_code", "1"), ("length", "0")],
            case("dispatch::selector::sees_much", bad, Holds, ""),
        ),
        lacking("page", case("vsyscall::page::is_there", &["sud/page"], NotOffered, NO_PAGE)),
        case("ptrace::config::reads_back", &["sud2/get"], Holds, ""),
        case("ptrace::config::survives", &["sud2/get"], Deviates, REFUSED),
        case("ptrace::config::writes_back", &["sud2/get"], Holds, ""),
    ];
    cases.extend(wraps(Holds, "", ""));
    record("7.3-rc7+deb14-cloud-amd64", "#1 SMP", cases)
}

fn read(text: &str) -> Results {
    Results::parse(text).expect("a record")
}

pub(crate) fn older() -> Results {
    read(&older_record())
}

pub(crate) fn newer() -> Results {
    read(&newer_record())
}

/// `results` without the cases that `keep` refuses.
pub(crate) fn only(mut results: Results, keep: impl Fn(&Outcome) -> bool) -> Results {
    results.cases.retain(keep);
    results
}
