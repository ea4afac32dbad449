//! Failures, each as a bug report.

use super::{Report, heading};
use crate::results::title;
use crate::style::{self, FAINT, STRONG, paint};
use harness::describe::{CaseMeta, ClauseText};
use harness::record::{CaseLine, Verdict};
use harness::report::failure::{Block, Part, groups};
use std::collections::HashMap;

/// A report on each failure. Rows of one claim that fail alike share theirs, and so do cases that never ran,
/// all for one reason.
pub(super) fn section(report: &Report) -> Option<String> {
    let failed =
        |verdict| report.run_record.cases.iter().filter(move |case| case.verdict == verdict);
    // What is not known because of a failed set-up comes last.
    let all: Vec<&CaseLine> =
        Verdict::FAULTS.into_iter().chain([Verdict::Broken]).flat_map(failed).collect();
    let description = report.description;
    let cases: HashMap<&str, &CaseMeta> =
        description.cases.iter().map(|case| (case.name.as_str(), case)).collect();
    let clauses: HashMap<&str, &ClauseText> =
        description.clauses.iter().map(|clause| (clause.id.as_str(), clause)).collect();
    let kernel = report.run_record.header.as_ref().map(title::kernel).unwrap_or_default();
    let block = |lines: &Vec<&CaseLine>| {
        let cited: Vec<&ClauseText> =
            lines[0].clauses.iter().filter_map(|id| clauses.get(id.as_str()).copied()).collect();
        let case = cases.get(lines[0].name.as_str()).copied();
        let block = Block { lines, case, clauses: &cited, kernel: &kernel, again: report.again };
        block.text(&colour)
    };
    let reports: Vec<String> = groups(all.iter().copied()).iter().map(block).collect();
    (!reports.is_empty()).then(|| {
        heading(&format!("to report: {}", style::plural(all.len(), "cases"))) + &reports.join("\n")
    })
}

fn colour(part: Part, text: &str) -> String {
    let style = match part {
        Part::Name => STRONG,
        Part::Verdict(verdict) => style::of(verdict),
        Part::Label => FAINT,
    };
    paint(style, text)
}
