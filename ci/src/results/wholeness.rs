//! Whether a record is whole: held to itself, to what the suite says it holds, and to the suite's own
//! exit status.

use super::names::listed;
use crate::error::{NO_ANSWER, VIOLATED};
use crate::style;
use harness::describe::CaseMeta;
use harness::record::{self, CaseLine, Footer, Header, Record};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What keeps a record from being whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It has no first line.
    NoBeginning,
    /// It has no last line.
    NoEnd,
    /// Cases it holds more than once, with one verdict.
    Repeated(Vec<String>),
    /// Cases it holds with different verdicts.
    Contradicting(Vec<String>),
    /// Cases that were not asked for.
    Foreign(Vec<String>),
    /// Cases that were asked for, and of how many.
    Missing(Vec<String>, usize),
    /// Cases that cite other promises than the suite describes.
    OtherPromises(Vec<String>),
    /// Its first line announces so many cases, and there are so many.
    Announced(usize, usize),
    /// Its last line counts other verdicts than it holds.
    Counts,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBeginning => f.write_str("has no beginning"),
            Self::NoEnd => f.write_str("has no end"),
            Self::Repeated(names) => write!(f, "holds {} more than once", cases(names)),
            Self::Contradicting(names) => write!(f, "holds {} with two verdicts", cases(names)),
            Self::Foreign(names) => write!(f, "holds {} that nobody asked for", cases(names)),
            Self::Missing(names, of) => {
                write!(f, "lacks {} of {of}: {}", names.len(), listed(names))
            }
            Self::OtherPromises(names) => {
                write!(f, "cites other promises than the suite describes in {}", cases(names))
            }
            Self::Announced(said, are) => {
                write!(f, "begins as one of {said} and should be of {are}")
            }
            Self::Counts => f.write_str("counts other cases at its end than it holds"),
        }
    }
}

/// `2 cases (a, b)`
fn cases(names: &[String]) -> String {
    format!("{} ({})", style::plural(names.len(), "cases"), listed(names))
}

/// Flaws in one line, after the name of what has them; nothing where there are none.
pub(crate) fn say(flaws: &[Flaw]) -> Option<String> {
    let said: Vec<String> = flaws.iter().map(Flaw::to_string).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// Reads the text of a record. What was cut in the middle of a line is read up to that line.
///
/// # Errors
/// Says which line is wrong, and how.
pub(crate) fn read(text: &str) -> Result<Record, String> {
    let text = without_half_a_line(text);
    Record::parse(text)
}

/// `text` up to its last whole line.
fn without_half_a_line(text: &str) -> &str {
    let (before, last) = text.rsplit_once('\n').unwrap_or(("", text));
    let whole = serde_json::from_str::<serde_json::Value>(last).is_ok();
    if whole { text } else { before }
}

/// What is wrong with a record by itself, whatever suite made it. A record that ends too early has
/// [`Flaw::NoEnd`]; its lines are held to everything else.
pub(crate) fn within(
    header: Option<&Header>,
    lines: &[CaseLine],
    footer: Option<&Footer>,
) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    if header.is_none() {
        flaws.push(Flaw::NoBeginning);
    }
    flaws.extend(repeated(lines));
    let whole = footer.filter(|footer| footer.is_whole());
    match (header, whole) {
        (_, None) => flaws.push(Flaw::NoEnd),
        (Some(header), Some(_)) if header.cases != lines.len() => {
            flaws.push(Flaw::Announced(header.cases, lines.len()));
        }
        _ => {}
    }
    let counted = Footer::count(lines.iter().map(|case| case.verdict)).counts;
    if footer.is_some_and(|footer| footer.counts != counted) {
        flaws.push(Flaw::Counts);
    }
    // Where there is no end, there may still be more than there should be.
    if whole.is_none() && header.is_some_and(|header| header.cases < lines.len()) {
        flaws.push(Flaw::Announced(header.map_or(0, |header| header.cases), lines.len()));
    }
    flaws
}

/// What is wrong with a record of a run that was to hold `expected`.
pub(crate) fn against(
    expected: &[&CaseMeta],
    header: Option<&Header>,
    lines: &[CaseLine],
    footer: Option<&Footer>,
) -> Vec<Flaw> {
    let mut flaws = within(header, lines, footer);
    let described: BTreeMap<&str, &CaseMeta> =
        expected.iter().map(|case| (case.name.as_str(), *case)).collect();
    let held: BTreeSet<&str> = lines.iter().map(|case| case.name.as_str()).collect();
    let foreign: Vec<String> = held
        .iter()
        .filter(|name| !described.contains_key(*name))
        .map(ToString::to_string)
        .collect();
    if !foreign.is_empty() {
        flaws.push(Flaw::Foreign(foreign));
    }
    let missing: Vec<String> =
        described.keys().filter(|name| !held.contains(*name)).map(ToString::to_string).collect();
    if !missing.is_empty() {
        flaws.push(Flaw::Missing(missing, described.len()));
    }
    let other = |case: &&CaseLine| {
        described.get(case.name.as_str()).is_some_and(|text| text.clauses != case.clauses)
    };
    let others: BTreeSet<&str> =
        lines.iter().filter(other).map(|case| case.name.as_str()).collect();
    if !others.is_empty() {
        flaws.push(Flaw::OtherPromises(others.into_iter().map(str::to_owned).collect()));
    }
    // What was described decides, not what there is: that is said above, by name.
    flaws.retain(|flaw| !matches!(flaw, Flaw::Announced(..)));
    if let Some(header) = header.filter(|header| header.cases != described.len()) {
        flaws.push(Flaw::Announced(header.cases, described.len()));
    }
    flaws
}

/// The cases that occur more than once: with one verdict, and with several.
fn repeated(lines: &[CaseLine]) -> Vec<Flaw> {
    let mut seen: BTreeMap<&str, Vec<&CaseLine>> = BTreeMap::new();
    for case in lines {
        seen.entry(&case.name).or_default().push(case);
    }
    let (mut once_more, mut contradicting) = (Vec::new(), Vec::new());
    for (name, cases) in seen.into_iter().filter(|(_, cases)| cases.len() > 1) {
        let same = cases.iter().all(|case| case.verdict == cases[0].verdict);
        if same { &mut once_more } else { &mut contradicting }.push(name.to_owned());
    }
    let flaws = [Flaw::Repeated(once_more), Flaw::Contradicting(contradicting)];
    let some = |flaw: &Flaw| !matches!(flaw, Flaw::Repeated(names) | Flaw::Contradicting(names) if names.is_empty());
    flaws.into_iter().filter(some).collect()
}

/// Why the exit status `code` of a suite is not the one its record asks for; nothing where it is.
/// A suite that `complained` may leave with 69 whatever its cases came to: a record may be whole here
/// and not where it was to be written.
pub(crate) fn disagreement(
    code: u8,
    header: Option<&Header>,
    lines: &[CaseLine],
    footer: Option<&Footer>,
    complained: bool,
) -> Option<String> {
    let verdicts = record::status(lines.iter().map(|case| case.verdict));
    let faults = header.is_some_and(|header| !header.faults.is_empty());
    let explained = lines.iter().filter_map(|case| case.taint);
    let explained = explained.fold(0, |bits, taint| bits | taint.added());
    let before = header.and_then(|header| header.kernel.taint);
    let taint = record::taint_status(before, explained, footer.and_then(|footer| footer.taint));
    let asked = if faults { VIOLATED } else { verdicts.max(taint) };
    if code == asked || code == NO_ANSWER && complained {
        return None;
    }
    Some(format!("left with status {code}, and its record asks for {asked}"))
}

#[cfg(test)]
mod tests;
