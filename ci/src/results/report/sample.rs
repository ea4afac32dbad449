//! A run made by hand, with every verdict in it.

use harness::describe::{CaseMeta, ClauseText, Description, DeviationText, FixText, SourceText};
use harness::record::{
    Because, CaseLine, Excuse, Failure, Fix, Footer, Header, How, Kernel, KnownDeviation,
    Overruled, Retried, SCHEMA, SuiteVersion, TaintChange, Unmet, Value, Verdict, VsyscallMode,
};
use std::collections::BTreeMap;

fn clause(id: &str, promise: &str, place: &str) -> ClauseText {
    ClauseText {
        id: id.into(),
        promise: promise.into(),
        sources: vec![SourceText {
            title: "prctl(2)".into(),
            edition: "6.20".into(),
            url: "https://example.org/prctl.2".into(),
            place: place.into(),
        }],
        terms: String::new(),
        since: "5.11".into(),
        until: String::new(),
        strength: "must".into(),
        unobservable: None,
    }
}

fn case(name: &str, line: u32, clause: &str) -> CaseMeta {
    let area = name.splitn(3, "::").take(2).collect::<Vec<_>>();
    CaseMeta {
        name: name.into(),
        area: area.join("::"),
        file: format!("suites/{}.rs", area.join("/")),
        line,
        clauses: vec![clause.into()],
        needs: vec!["dispatch".into()],
        ends: "reaches its last line".into(),
        serial: false,
        catches: String::new(),
        external_wait: false,
        timeout_factor: 1,
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
        CaseMeta {
            ends: "killed by SIGSYS".into(),
            catches: "a kernel that lets a handler outlive a bad selector".into(),
            serial: true,
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
        observed: "observed 0, promised EINVAL".into(),
        why: "the sum is not checked for overflow".into(),
        source: "observed on 6.1".into(),
    };
    let mends = FixText {
        fix: Fix {
            commit: "0123456789ab".into(),
            releases: "6.1.9, 6.2".into(),
            what: "the sum is checked".into(),
        },
        cases: rows().collect(),
        observed: "observed 0, promised EINVAL".into(),
    };
    let (deviations, fixes) = (vec![wrapping], vec![mends]);
    Description { clauses, cases, deviations, fixes, ..Description::default() }
}

pub(crate) fn header() -> Header {
    Header {
        schema: SCHEMA,
        suite: SuiteVersion {
            name: "sigsys".into(),
            version: "0.1.0".into(),
            ..Default::default()
        },
        time: 0,
        kernel: Kernel {
            system: "Linux".into(),
            release: "6.1.0-44-cloud-amd64".into(),
            build: "#1 SMP".into(),
            machine: "x86_64".into(),
            vsyscall: Some(VsyscallMode::Xonly),
            outer_seccomp: Some(0),
            ..Kernel::default()
        },
        cases: description().cases.len(),
        shard: None,
        repeat: None,
        options: BTreeMap::new(),
        faults: vec!["clause sud/bare has no case, and no reason why not".into()],
    }
}

fn line(name: &str, verdict: Verdict) -> CaseLine {
    let described = description().cases.into_iter().find(|case| case.name == name);
    CaseLine::new(name, described.expect("described").clauses, verdict)
}

fn failed(name: &str, verdict: Verdict, failure: Failure) -> CaseLine {
    CaseLine { failure: Some(failure), ..line(name, verdict) }
}

fn lacking(name: &str, verdict: Verdict, unmet: Unmet) -> CaseLine {
    CaseLine { unmet: Some(unmet), ..line(name, verdict) }
}

fn unmet(need: &str, title: &str, answer: &str, excuse: Option<Excuse>) -> Unmet {
    let how = if excuse.is_some() { How::Told } else { How::Refused };
    let (need, title, answer) = (need.into(), title.into(), answer.into());
    Unmet { need, title, answer, how, excuse, doubt: None }
}

fn known(observed: &str) -> KnownDeviation {
    KnownDeviation {
        pattern: "dispatch::region::wraps_are_refused[*]".into(),
        range: "before 6.2".into(),
        observed: observed.into(),
        why: "the sum is not checked for overflow".into(),
    }
}

/// One case of each verdict, thirty of one deviation, three that lack the same.
pub(crate) fn cases() -> Vec<CaseLine> {
    use Verdict::{
        Broken, Crashed, Deviates, Healed, Holds, NotOffered, Tainted, TimedOut, Violated,
    };
    let differs = || Failure {
        message: String::new(),
        observed: "0".into(),
        promised: "EINVAL".into(),
        place: "suites/dispatch/off.rs:18".into(),
    };
    let mut violated = failed("dispatch::off::refuses_a_field[length]", Violated, differs());
    violated.facts.add("off", Value::Word("accepted".into()));
    violated.facts.add("on", Value::Word("accepted".into()));
    violated.output = "two lines\nof output\n".into();
    violated.retried = Some(Retried { first: Failure::of("killed by SIGKILL"), same: false });
    let mut healed = line("dispatch::region::end_is_open", Healed);
    healed.deviation = Some(known("observed 0, promised EINVAL"));
    let mut tainted = line("dispatch::selector::warns", Tainted);
    tainted.taint = Some(TaintChange { before: 0, after: 512 });
    tainted.overruled = Some(Overruled { verdict: Holds, because: Because::Taint });
    let no_page = Excuse::BootLine { word: "vsyscall".into(), value: Some("none".into()) };
    let mut lines = vec![
        line("dispatch::off::refuses_a_field[begin]", Holds),
        violated,
        failed("dispatch::off::is_forgotten", Broken, Failure::of("a page can be mapped: ENOMEM")),
        failed(
            "dispatch::selector::bad_value_kills",
            Crashed,
            Failure::of("killed by SIGSEGV before its last line"),
        ),
        failed("dispatch::selector::loops", TimedOut, Failure::of("did not end within 20 s")),
        tainted,
        healed,
        lacking(
            "vsyscall::page::is_there",
            NotOffered,
            unmet("page", "a vsyscall page", "the mode is none", Some(no_page)),
        ),
    ];
    for name in ["reads_back", "writes_back", "survives"] {
        let what = "reading of the configuration by a tracer";
        let unmet = unmet("ptrace_dispatch", what, "EIO", None);
        lines.push(lacking(&format!("ptrace::config::{name}"), Violated, unmet));
    }
    for name in rows() {
        let deviation = Some(known("observed 0, promised EINVAL"));
        lines.push(CaseLine { deviation, ..failed(&name, Deviates, differs()) });
    }
    lines.sort_by(|a, b| a.name.cmp(&b.name));
    lines
}

pub(crate) fn footer() -> Footer {
    Footer::count(cases().iter().map(|case| case.verdict))
}
