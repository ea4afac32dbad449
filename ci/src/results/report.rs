//! The report on a run: table, deviations, what is not offered, failures, where the record is.

mod deviations;
mod failures;
mod reasons;
mod repeats;
#[cfg(test)]
pub(crate) mod sample;
mod table;
#[cfg(test)]
mod tests;

use super::run_record::{Ending, RunRecord};
use super::{page, title};
use crate::style::{self, BAD, FAINT, GOOD, NOTABLE, STRONG, paint};
use harness::describe::Description;
use harness::record::Verdict;

/// A blank at which no line ends.
const TIED: &str = "\u{a0}";

/// What a report is made of.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    /// What came of the run.
    pub run_record: &'a RunRecord,
    /// What the suite holds.
    pub description: &'a Description,
    /// How many cases were to run.
    pub expected: usize,
    /// Where the record is.
    pub record: &'a str,
    /// The command that runs a case again, without the case.
    pub again: &'a str,
    /// How the run ended.
    pub ending: &'a Ending,
}

/// The whole report, coloured.
pub(crate) fn text(report: &Report) -> String {
    let cases = &report.run_record.cases;
    let mut sections = Vec::new();
    if let Some(header) = &report.run_record.header {
        let title = format!("{} on {}", header.suite, title::kernel(header));
        sections.push(page::hanging("", "  ", &title));
    }
    if !cases.is_empty() {
        sections.push(table::text(cases, report.description));
    }
    sections.extend(deviations::section(cases));
    sections.extend(reasons::section(cases));
    let repeat = report.run_record.header.as_ref().and_then(|header| header.repeat);
    sections.extend(repeats::section(cases, repeat));
    sections.extend(failures::section(report));
    sections.extend(registry(report.run_record.faults()));
    sections.push(closing(report));
    sections.join("\n")
}

/// A heading for a section.
fn heading(text: &str) -> String {
    paint(STRONG, text) + "\n"
}

/// What is wrong with the suite itself.
fn registry(faults: &[String]) -> Option<String> {
    if faults.is_empty() {
        return None;
    }
    let mut text =
        heading(&format!("registry: {} of the suite", style::plural(faults.len(), "faults")));
    for fault in faults {
        text += &format!("  {fault}\n");
    }
    Some(text)
}

/// Where the record is, and the counts.
fn closing(report: &Report) -> String {
    let run_record = report.run_record;
    let counts: Vec<String> = Verdict::ALL
        .into_iter()
        .filter_map(|verdict| {
            let count = run_record.count(verdict);
            // A number stays with its word.
            let text = format!("{count} {}", verdict.words()).replace(' ', TIED);
            (count > 0).then(|| paint(style::of(verdict), &text))
        })
        .collect();
    let ran = run_record.cases.len();
    let mut line = match &report.ending.cut_off {
        None => style::plural(ran, "cases"),
        Some(_) => paint(NOTABLE, &format!("{ran} of {}", style::plural(report.expected, "cases"))),
    };
    if !counts.is_empty() {
        line += &format!(": {}", counts.join(", "));
    }
    if !run_record.faults().is_empty() {
        line += &format!(
            "; {}",
            paint(BAD, &style::plural(run_record.faults().len(), "registry faults"))
        );
    }
    let style = if report.ending.status == 0 { GOOD } else { STRONG };
    let record = format!("{} {}\n", paint(FAINT, "record"), report.record);
    let result = format!("{} {line}", paint(style, "result"));
    record + &page::hanging("", "       ", &result).replace(TIED, " ")
}
