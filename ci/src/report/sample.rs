//! A run made by hand, with every verdict in it.

use harness::describe::{CaseText, ClauseText, Description, DeviationText};
use harness::record::{CaseLine, Footer, Header, Kernel, SCHEMA, Verdict};
use std::collections::BTreeMap;

fn clause(id: &str, promise: &str, place: &str) -> ClauseText {
    ClauseText {
        id: id.into(),
        promise: promise.into(),
        source: "prctl.2 (v7)".into(),
        place: place.into(),
        terms: String::new(),
        since: "5.11".into(),
        until: String::new(),
        strength: "must".into(),
        unobservable: None,
    }
}

fn case(name: &str, line: u32, clause: &str) -> CaseText {
    let area = name.splitn(3, "::").take(2).collect::<Vec<_>>();
    CaseText {
        name: name.into(),
        area: area.join("::"),
        file: format!("suites/{}.rs", area.join("/")),
        line,
        clauses: vec![clause.into()],
        needs: vec!["dispatch".into()],
        ends: "reaches its last line".into(),
        alone: false,
        waits: false,
        limits: 1,
    }
}

/// Names of the rows that deviate in one way.
fn rows() -> impl Iterator<Item = String> {
    (1..=30).map(|number| format!("dispatch::region::wraps_are_refused[from_{number:02}]"))
}

pub(crate) fn description() -> Description {
    let mut clauses = vec![
        clause(
            "sud/off/zero",
            "OFF takes no region: a non-zero argument is EINVAL",
            "errors, EINVAL",
        ),
        clause("sud/region/wrap", "A region that wraps around is refused", "errors, EINVAL"),
        clause("sud/selector/bad", "Any other selector value kills", ""),
        clause("sud/bare", "Nobody has written a case for this", "notes"),
    ];
    clauses.push(ClauseText {
        unobservable: Some("it concerns kernel memory".into()),
        strength: "caveat".into(),
        until: "6.4".into(),
        ..clause("sud/unseen", "The kernel keeps it to itself", "notes")
    });
    clauses.sort_by(|a, b| a.id.cmp(&b.id));
    let mut cases = vec![
        case("dispatch::off::refuses_a_field[begin]", 16, "sud/off/zero"),
        case("dispatch::off::refuses_a_field[length]", 16, "sud/off/zero"),
        case("dispatch::off::is_forgotten", 40, "sud/off/zero"),
        CaseText {
            ends: "killed by SIGSYS".into(),
            alone: true,
            ..case("dispatch::selector::bad_value_kills", 9, "sud/selector/bad")
        },
        case("dispatch::selector::loops", 30, "sud/selector/bad"),
        case("dispatch::selector::warns", 40, "sud/selector/bad"),
        case("dispatch::region::end_is_open", 50, "sud/region/wrap"),
        case("ptrace::config::reads_back", 5, "sud/off/zero"),
        case("ptrace::config::writes_back", 9, "sud/off/zero"),
        case("ptrace::config::survives", 14, "sud/off/zero"),
        case("vsyscall::page::is_there", 3, "sud/selector/bad"),
    ];
    cases.extend(rows().map(|name| case(&name, 60, "sud/region/wrap")));
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    let wrapping = DeviationText {
        pattern: "dispatch::region::wraps_are_refused[*]".into(),
        cases: rows().collect(),
        range: "before 6.2".into(),
        observed: "left: Ok(()) right: Err(EINVAL)".into(),
        why: "the sum is not checked for overflow".into(),
        source: "observed on 6.1".into(),
    };
    Description { clauses, cases, deviations: vec![wrapping] }
}

pub(crate) fn header() -> Header {
    Header {
        schema: SCHEMA,
        suite: "sigsys 0.1.0".into(),
        time: 0,
        kernel: Kernel {
            system: "Linux".into(),
            release: "6.1.0-44-cloud-amd64".into(),
            build: "#1 SMP".into(),
            machine: "x86_64".into(),
            vsyscall: Some("xonly".into()),
            outer_seccomp: Some(0),
            ..Kernel::default()
        },
        cases: description().cases.len(),
        options: BTreeMap::new(),
        faults: vec!["clause sud/bare has no case, and no reason why not".into()],
    }
}

fn line(name: &str, verdict: Verdict, text: &str) -> CaseLine {
    let described = description().cases.into_iter().find(|case| case.name == name);
    let place = match verdict {
        Verdict::Violated | Verdict::Healed => "suites/dispatch/off.rs:18",
        _ => "",
    };
    CaseLine {
        name: name.into(),
        clauses: described.expect("described").clauses,
        verdict,
        text: text.into(),
        place: place.into(),
        lacks: String::new(),
        deviation: String::new(),
        known: String::new(),
        note: String::new(),
        taint: None,
        facts: BTreeMap::new(),
        output: String::new(),
    }
}

const LACKING: &str = "no reading of the configuration by a tracer: EIO; \
                       the feature table says that this kernel must have it";

/// One case of each verdict, thirty of one deviation, three that lack the same.
pub(crate) fn cases() -> Vec<CaseLine> {
    const DIFFERS: &str = "assertion `left == right` failed\n  left: Ok(())\n right: Err(EINVAL)";
    let mut violated = line("dispatch::off::refuses_a_field[length]", Verdict::Violated, DIFFERS);
    violated.facts.insert("off".into(), "accepted".into());
    violated.output = "two lines\nof output\n".into();
    let mut lines = vec![
        line("dispatch::off::refuses_a_field[begin]", Verdict::Holds, ""),
        violated,
        line("dispatch::off::is_forgotten", Verdict::Broken, "a page can be mapped: ENOMEM"),
        line(
            "dispatch::selector::bad_value_kills",
            Verdict::Crashed,
            "killed by SIGSEGV instead of SIGSYS",
        ),
        line("dispatch::selector::loops", Verdict::TimedOut, "did not end within 20 s"),
        line(
            "dispatch::selector::warns",
            Verdict::Tainted,
            "the kernel's taint went from 0 to 512",
        ),
        line(
            "dispatch::region::end_is_open",
            Verdict::Healed,
            "keeps the promise; a known deviation (before 6.2) says that it observes: left: 1",
        ),
        line("vsyscall::page::is_there", Verdict::NotOffered, "no vsyscall page: vsyscall=none"),
    ];
    for name in ["reads_back", "writes_back", "survives"] {
        let mut lacking = line(&format!("ptrace::config::{name}"), Verdict::Violated, LACKING);
        lacking.place = String::new();
        lacking.lacks = "ptrace_dispatch".into();
        lines.push(lacking);
    }
    for name in rows() {
        let mut row = line(&name, Verdict::Deviates, DIFFERS);
        row.deviation = "dispatch::region::wraps_are_refused[*]".into();
        row.known = "the sum is not checked for overflow".into();
        lines.push(row);
    }
    lines.sort_by(|a, b| a.name.cmp(&b.name));
    lines
}

pub(crate) fn footer() -> Footer {
    Footer::count(cases().iter().map(|case| case.verdict))
}
