//! Snapshots: what a kernel series does, as a text to review and to keep.
//!
//! One file per series and variant of the matrix, `ci/snapshots/6.1-xonly.snap`:
//!
//! ```text
//! sigsys snapshot 1: Linux 6.1 x86_64, vsyscall=xonly
//!
//! needs
//!   inclusive: inclusive mode of Syscall User Dispatch: mode 2 answers EINVAL
//!
//! dispatch::off
//!   is_forgotten: holds
//!   refuses_a_field[length]: deviates {"as":"dispatch::off::*","observed":"left: Ok(())"}
//!   refuses_a_field[offset]: holds {"facts":{"off":"accepted"}}
//!   takes_two: not offered {"lacks":"inclusive"}
//!
//! clauses
//!   dispatch::off::is_forgotten: sud/off/zero
//!
//! end
//! ```
//!
//! A line per case under its area: name, verdict, and a JSON object of what there is more to say. Why
//! a need is not met is said once, above; which promises a case tests is said once per table of
//! cases, below, for they are the suite's and not the kernel's. What a point release, a candidate,
//! another machine or a new line in a source file changes is not in it: release, build, boot line,
//! processor, configuration, the place of an assertion, the number of the running version in a reason.
//! What another system does otherwise each time is `unsteady`, and nothing is held against that.

use crate::release::Release;
use crate::results::{Outcome, Results, UNSTEADY, VIA, claim};
use harness::record::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where the workspace keeps its snapshots.
pub(crate) const FOLDER: &str = "ci/snapshots";
const FIRST: &str = "sigsys snapshot ";
const FORM: &str = "1";
const NEEDS: &str = "needs";
const CLAUSES: &str = "clauses";
const END: &str = "end";
const NO_AREA: &str = "-";

/// What there is to say of a case beside its verdict.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Detail {
    #[serde(skip_serializing_if = "String::is_empty")]
    lacks: String,
    #[serde(rename = "as", skip_serializing_if = "String::is_empty")]
    deviation: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    observed: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    facts: BTreeMap<String, String>,
}

/// Writes a snapshot.
///
/// # Errors
/// A record that was cut off has none.
pub(crate) fn text(results: &Results) -> Result<String, String> {
    if results.cut_off.is_some() {
        return Err("a record that was cut off makes no snapshot".into());
    }
    let title = results.title.replacen(&results.release.text, &results.release.series(), 1);
    let mut text = format!("{FIRST}{FORM}: {title}\n");
    let heading = |text: &mut String, name: &str| *text += &format!("\n{name}\n");
    if !results.lacks.is_empty() {
        heading(&mut text, NEEDS);
    }
    for (need, reason) in &results.lacks {
        text += &format!("  {need}: {reason}\n");
    }
    for area in results.cases.chunk_by(|a, b| split(&a.name).0 == split(&b.name).0) {
        heading(&mut text, split(&area[0].name).0);
        for case in area {
            text += &format!("  {}: {}{}\n", split(&case.name).1, case.words(), detail(case));
        }
    }
    heading(&mut text, CLAUSES);
    let same = |a: &Outcome, b: &Outcome| a.claim() == b.claim() && a.clauses == b.clauses;
    let tables: Vec<&[Outcome]> = results.cases.chunk_by(same).collect();
    for (at, table) in tables.iter().enumerate() {
        let of_claim = |other: Option<&&[Outcome]>| {
            other.is_some_and(|other| other[0].claim() == table[0].claim())
        };
        let split_up = of_claim(tables.get(at + 1)) || at > 0 && of_claim(tables.get(at - 1));
        let shown = if split_up { *table } else { &table[..1] };
        for case in shown.iter().filter(|case| !case.clauses.is_empty()) {
            let name = if split_up { &case.name } else { case.claim() };
            text += &format!("  {name}: {}\n", case.clauses.join(" "));
        }
    }
    heading(&mut text, END);
    Ok(text)
}

fn detail(case: &Outcome) -> String {
    let detail = Detail {
        lacks: case.lacks.clone(),
        deviation: case.deviation.clone(),
        observed: case.observed.clone(),
        facts: case.facts.clone(),
    };
    match serde_json::to_string(&detail) {
        Ok(text) if text != "{}" => format!(" {text}"),
        _ => String::new(),
    }
}

/// Area and rest of a case's name.
fn split(name: &str) -> (&str, &str) {
    match name.match_indices("::").nth(1) {
        Some((end, _)) => (&name[..end], &name[end + 2..]),
        None => (NO_AREA, name),
    }
}

/// Whether `text` is meant as a snapshot.
pub(crate) fn is_one(text: &str) -> bool {
    content(text).starts_with(FIRST)
}

/// What a snapshot says, without what insta writes at the beginning.
pub(crate) fn content(text: &str) -> &str {
    let header = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    header.map_or(text, |(_, rest)| rest)
}

/// Reads a snapshot.
///
/// # Errors
/// Says which line is wrong, and how.
pub(crate) fn parse(text: &str) -> Result<Results, String> {
    let skipped = text[..text.len() - content(text).len()].lines().count();
    let mut lines = content(text).lines();
    let first = lines.next().and_then(|line| line.strip_prefix(FIRST)).unwrap_or_default();
    let (form, title) = first.split_once(": ").unwrap_or((first, ""));
    if form != FORM {
        return Err(format!("its form is {form}, and this sigsys reads {FORM}: make it again"));
    }
    let mut results = titled(title).ok_or("its first line names no kernel")?;
    let mut clauses = BTreeMap::new();
    let mut section = "";
    for (number, line) in lines.enumerate() {
        let wrong = || format!("line {}: `{line}` is no line of a snapshot", number + skipped + 2);
        let Some(entry) = line.strip_prefix("  ") else {
            section = if line.is_empty() { section } else { line };
            continue;
        };
        let (name, value) = entry.split_once(": ").ok_or_else(wrong)?;
        match section {
            NEEDS => drop(results.lacks.insert(name.to_owned(), value.to_owned())),
            CLAUSES => {
                let cited: Vec<String> = value.split(' ').map(str::to_owned).collect();
                clauses.insert(name, cited);
            }
            area => results.cases.push(case(area, name, value).ok_or_else(wrong)?),
        }
    }
    if section != END {
        return Err("it was cut off before its end".into());
    }
    for case in &mut results.cases {
        let cited = clauses.get(case.name.as_str()).or_else(|| clauses.get(claim(&case.name)));
        case.clauses = cited.cloned().unwrap_or_default();
    }
    results.sorted()
}

/// Results without cases, of the kernel a title names.
fn titled(title: &str) -> Option<Results> {
    let release = title.split(' ').nth(1).filter(|release| !release.is_empty())?;
    let after = |word: &str| Some(title.split_once(word)?.1.split(',').next()?.to_owned());
    let vsyscall = after("vsyscall=")?;
    let variant = match (after(", via "), after("clocksource=")) {
        (Some(via), _) => format!("{VIA}{via}"),
        (None, Some(clocksource)) => format!("{vsyscall}, {clocksource}"),
        (None, None) => vsyscall,
    };
    Some(Results {
        title: title.to_owned(),
        release: Release::read(release),
        variant,
        suite: None,
        cases: Vec::new(),
        lacks: BTreeMap::new(),
        cut_off: None,
    })
}

fn case(area: &str, rest: &str, value: &str) -> Option<Outcome> {
    let (words, detail) = match value.split_once(" {") {
        Some((words, _)) => (words, serde_json::from_str(&value[words.len()..]).ok()?),
        None => (value, Detail::default()),
    };
    let name = if area == NO_AREA { rest.to_owned() } else { format!("{area}::{rest}") };
    if words == UNSTEADY {
        return (value == UNSTEADY).then(|| Outcome::unsteady(name, Vec::new()));
    }
    let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.words() == words)?;
    let Detail { lacks, deviation, observed, facts } = detail;
    let (clauses, known) = (Vec::new(), String::new());
    let unsteady = false;
    Some(Outcome { name, clauses, verdict, unsteady, lacks, observed, deviation, known, facts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sample;
    use harness::record::{Excuse, Line};
    use rstest::rstest;

    #[test]
    fn a_snapshot_is_a_text_to_review() {
        let text = text(&sample::older()).expect("whole");
        insta::assert_snapshot!(text);
        assert!(text.lines().all(|line| line.trim_end() == line), "{text}");
    }

    /// Results as a snapshot of them tells them.
    fn kept(results: &Results) -> Results {
        let (full, series) = (&results.release.text, results.release.series());
        let mut kept = Results {
            title: results.title.replace(full, &series),
            release: Release::read(&series),
            suite: None,
            ..results.clone()
        };
        kept.cases.iter_mut().for_each(|case| case.known.clear());
        kept
    }

    #[rstest]
    #[case::older(sample::older())]
    #[case::newer(sample::newer())]
    #[case::strange(strange())]
    fn what_is_written_is_read_back(#[case] results: Results) {
        let text = text(&results).expect("whole");
        assert_eq!(parse(&text), Ok(kept(&results)), "{text}");
        let of_insta = format!("---\nsource: ci/src/x.rs\nexpression: text\n---\n{text}");
        assert_eq!(Results::parse(&of_insta), Ok(kept(&results)));
    }

    /// Names, texts and promises that nobody has thought of.
    fn strange() -> Results {
        let mut results = sample::older();
        results.cases.truncate(4);
        results.cases[0].name = "alone".into();
        results.cases[1].clauses.clear();
        results.cases[2].clauses.push("sud/other".into());
        results.cases[3].observed = "a: b {\"c\": \"d\"} \\ \u{1b} ü".into();
        results.cases[2] = Outcome::unsteady(
            std::mem::take(&mut results.cases[2].name),
            std::mem::take(&mut results.cases[2].clauses),
        );
        results.cases[3].facts.insert("x: y".into(), "two\nlines".into());
        results.sorted().expect("no case twice")
    }

    #[test]
    fn what_a_point_release_changes_is_not_in_it() {
        let same = |line: &str| match serde_json::from_str(line).expect("a line") {
            Line::Run(mut header) => {
                header.kernel.release = "6.1.199-rc3+other".into();
                header.kernel.build = "#2 SMP".into();
                header.kernel.boot_line = Some("quiet".into());
                header.kernel.cpu = Some("other".into());
                header.kernel.config = Some("0badcafe".into());
                header.time = 7;
                header.suite.version = "0.2.0".into();
                Line::Run(header)
            }
            Line::Case(mut case) => {
                let excuse = case.unmet.as_mut().and_then(|unmet| unmet.excuse.as_mut());
                if let Some(Excuse::Release { release, .. }) = excuse {
                    *release = "6.1.199".into();
                }
                if let Some(failure) = &mut case.failure {
                    failure.place = "suites/y.rs:99".into();
                }
                if let Some(known) = &mut case.deviation {
                    known.why = "in other words".into();
                }
                case.output = "printed".into();
                Line::Case(case)
            }
            end => end,
        };
        let record: Vec<String> = sample::older_record()
            .lines()
            .map(|line| serde_json::to_string(&same(line)).expect("a line"))
            .collect();
        let other = Results::parse(&record.join("\n")).expect("a record");
        assert_eq!(text(&other), text(&sample::older()));
    }

    #[test]
    fn half_a_run_makes_none() {
        let cut_off = Results { cut_off: Some(30), ..sample::older() };
        assert!(text(&cut_off).is_err_and(|why| why.contains("cut off")));
    }

    #[rstest]
    #[case::other_form("snapshot 1: ", "snapshot 2: ", "its form is 2, and this sigsys reads 1")]
    #[case::no_kernel(": Linux 6.1 x86_64, ", ": ", "its first line names no kernel")]
    #[case::unknown_verdict("stays: holds", "stays: keeps", "line 12: ")]
    #[case::no_verdict("stays: holds", "stays", "`  stays` is no line of a snapshot")]
    #[case::half_an_object("\"ENOSYS\"", "\"ENOSYS", "is no line of a snapshot")]
    #[case::unknown_key("{\"lacks\"", "{\"misses\"", "is no line of a snapshot")]
    #[case::unsteady_in_detail("stays: holds", "stays: unsteady {\"observed\":\"x\"}", "line 12: ")]
    #[case::cut_off("\nend\n", "", "it was cut off before its end")]
    #[case::twice("is_old[second]: holds", "is_old[first]: holds", "is_old[first] twice")]
    fn a_wrong_snapshot_is_refused(#[case] old: &str, #[case] new: &str, #[case] says: &str) {
        let text = text(&sample::older()).expect("whole");
        assert!(text.contains(old), "{text}");
        let why = Results::parse(&text.replacen(old, new, 1)).expect_err("wrong");
        assert!(why.contains(says) && !why.contains('\n'), "{why}");
    }
}
