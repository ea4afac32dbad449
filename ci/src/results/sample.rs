//! Two kernels made by hand, with every kind of change between them.

use super::parse::parse;
use super::report::sample;
use super::run_results::{Outcome, Results};
use harness::describe::{CaseMeta, Description};
use harness::record::{
    CaseLine, Excuse, Failure, Footer, Header, How, Kernel, KnownDeviation, Line, Unmet, Value,
    Verdict,
};
use std::collections::BTreeMap;

/// What a case observes where `EINVAL` is promised.
fn observing(observed: &str) -> Option<Failure> {
    let failure = Failure { place: "suites/x.rs:1".into(), ..Failure::default() };
    Some(Failure { observed: observed.into(), promised: "EINVAL".into(), ..failure })
}

fn case(name: &str, clauses: &[&str], verdict: Verdict) -> CaseLine {
    CaseLine::new(name, clauses.iter().map(|id| (*id).to_owned()).collect(), verdict)
}

fn failing(failure: Option<Failure>, line: CaseLine) -> CaseLine {
    CaseLine { failure, ..line }
}

fn lacking(need: &str, title: &str, answer: &str, excuse: Excuse, line: CaseLine) -> CaseLine {
    let (need, title, answer) = (need.into(), title.into(), answer.into());
    let excuse = Some(excuse);
    let unmet = Unmet { need, title, answer, how: How::Refused, excuse, doubt: None };
    CaseLine { unmet: Some(unmet), ..line }
}

fn requests() -> Excuse {
    let (offered, release) = ("since 6.4".into(), "6.1".into());
    Excuse::Release { offered, release, undecided: None }
}

fn page() -> Excuse {
    Excuse::BootLine { word: "vsyscall".into(), value: Some("none".into()) }
}

fn seeing(facts: &[(&str, &str)], line: CaseLine) -> CaseLine {
    let facts = facts.iter().map(|(name, value)| (*name, Value::Word((*value).to_owned())));
    CaseLine { facts: facts.collect(), ..line }
}

fn wraps(verdict: Verdict, observed: Option<&str>) -> impl Iterator<Item = CaseLine> {
    (1..=3).map(move |row| {
        let name = format!("dispatch::region::wraps_are_refused[from_{row:02}]");
        CaseLine {
            failure: observed.and_then(observing),
            deviation: observed.map(|_| KnownDeviation {
                pattern: "dispatch::region::wraps_are_refused[*]".into(),
                range: "before 6.2".into(),
                observed: "observed 0, promised EINVAL".into(),
                why: "the sum is not checked for overflow".into(),
            }),
            ..case(&name, &["sud/region/wrap"], verdict)
        }
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
        case("dispatch::off::is_forgotten", off, Holds),
        case("dispatch::off::is_old[first]", off, Holds),
        case("dispatch::off::is_old[second]", off, Holds),
        failing(observing("0"), case("dispatch::off::refuses", off, Violated)),
        case("dispatch::off::stays", off, Holds),
        lacking(
            "keys",
            "keys",
            "ENOSPC",
            Excuse::NoProc,
            case("dispatch::selector::has_keys", bad, NotOffered),
        ),
        seeing(
            &[("byte | word", "b'1'"), ("si_code", "2"), ("`errno`", "ENOSYS")],
            case("dispatch::selector::sees_much", bad, Holds),
        ),
        case("vsyscall::page::is_there", &["sud/page"], Holds),
    ];
    for name in ["reads_back", "survives", "writes_back"] {
        let name = format!("ptrace::config::{name}");
        cases.push(lacking(
            "requests",
            "reading by a tracer",
            "EIO",
            requests(),
            case(&name, &["sud2/get"], NotOffered),
        ));
    }
    cases.extend(wraps(Deviates, Some("0")));
    record("6.1.0-44-cloud-amd64", "#1 SMP Debian 6.1.150-1", cases)
}

pub(crate) fn newer_record() -> String {
    use Verdict::{Deviates, Holds, NotOffered, TimedOut, Violated};
    let off = &["sud/off/zero"][..];
    let bad = &["sud/selector/bad", "sud/off/zero"][..];
    let mut cases = vec![
        failing(
            Some(Failure::of("did not end within its time limit")),
            case("dispatch::off::is_forgotten", off, TimedOut),
        ),
        case("dispatch::off::is_new", off, Holds),
        failing(observing("EPERM"), case("dispatch::off::refuses", off, Violated)),
        case("dispatch::off::stays", off, Holds),
        lacking(
            "keys",
            "keys",
            "ENOSYS",
            Excuse::NoProc,
            case("dispatch::selector::has_keys", bad, NotOffered),
        ),
        seeing(
            &[("byte | word", "b'1'"), ("si_code", "1"), ("length", "0")],
            case("dispatch::selector::sees_much", bad, Holds),
        ),
        lacking(
            "page",
            "a vsyscall page",
            "none",
            page(),
            case("vsyscall::page::is_there", &["sud/page"], NotOffered),
        ),
        case("ptrace::config::reads_back", &["sud2/get"], Holds),
        failing(observing("0"), case("ptrace::config::survives", &["sud2/get"], Deviates)),
        case("ptrace::config::writes_back", &["sud2/get"], Holds),
    ];
    cases.extend(wraps(Holds, None));
    record("7.3-rc7+deb14-cloud-amd64", "#1 SMP", cases)
}

fn read(text: &str) -> Results {
    parse(text).expect("a record")
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

/// The suite that has the cases of these results, each with the needs that one of them lacks.
pub(crate) fn suite(all: &[&Results]) -> Description {
    let mut cases: BTreeMap<&str, CaseMeta> = BTreeMap::new();
    for case in all.iter().flat_map(|results| &results.cases) {
        let text = cases.entry(&case.name).or_insert_with(|| CaseMeta {
            clauses: case.clauses.clone(),
            needs: vec!["dispatch".into()],
            name: case.name.clone(),
            ..sample::description().cases[0].clone()
        });
        text.needs.extend(case.cell.lacks().map(str::to_owned));
        text.needs.dedup();
    }
    Description { cases: cases.into_values().collect(), ..Description::default() }
}
