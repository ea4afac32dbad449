//! Failures, each as a bug report.

use super::{Report, heading};
use crate::results::title;
use crate::shell::quoted;
use crate::style::{self, FAINT, STRONG, paint};
use harness::describe::{CaseText, ClauseText};
use harness::record::{CaseLine, Unmet, Verdict};
use std::collections::HashMap;

/// How many names of cases that did not run for one reason are shown.
const MAX_NAMES_SHOWN: usize = 3;

/// A report on each failure. Cases that never ran, all for one reason, share theirs.
pub(super) fn section(report: &Report) -> Option<String> {
    let failed =
        |verdict| report.run_record.cases.iter().filter(move |case| case.verdict == verdict);
    let writer = Writer::new(report);
    let mut shared: HashMap<(Verdict, &Unmet), usize> = HashMap::new();
    let mut groups: Vec<Vec<&CaseLine>> = Vec::new();
    // What is not known because of a failed set-up comes last.
    for case in Verdict::FAULTS.into_iter().chain([Verdict::Broken]).flat_map(failed) {
        let Some(unmet) = &case.unmet else {
            groups.push(vec![case]);
            continue;
        };
        let at = *shared.entry((case.verdict, unmet)).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) => group.push(case),
            None => groups.push(vec![case]),
        }
    }
    let reports: Vec<String> = groups.iter().map(|group| writer.report(group)).collect();
    let all = groups.iter().map(Vec::len).sum();
    (!reports.is_empty()).then(|| {
        heading(&format!("to report: {}", style::plural(all, "cases"))) + &reports.join("\n")
    })
}

struct Writer<'a> {
    cases: HashMap<&'a str, &'a CaseText>,
    clauses: HashMap<&'a str, &'a ClauseText>,
    kernel: String,
    again: &'a str,
}

impl<'a> Writer<'a> {
    fn new(report: &Report<'a>) -> Self {
        let description = report.description;
        Self {
            cases: description.cases.iter().map(|case| (case.name.as_str(), case)).collect(),
            clauses: description
                .clauses
                .iter()
                .map(|clause| (clause.id.as_str(), clause))
                .collect(),
            kernel: report.run_record.header.as_ref().map(title::kernel).unwrap_or_default(),
            again: report.again,
        }
    }

    fn report(&self, group: &[&CaseLine]) -> String {
        let case = group[0];
        let name = format!("{:<60}", case.name);
        let verdict = case.verdict.words().to_uppercase();
        let mut text =
            format!("{}  {}\n", paint(STRONG, &name), paint(style::of(case.verdict), &verdict));
        if group.len() > 1 {
            text += &block("and", &others(group));
        }
        for (position, id) in case.clauses.iter().enumerate() {
            let label = if position == 0 { "promised" } else { "" };
            text += &self.promise(label, id);
        }
        if let Some(described) = self.cases.get(case.name.as_str()) {
            text += &block("catches", &described.catches);
            text += &block("case", &format!("{}:{}", described.file, described.line));
            if !described.ends.starts_with("reaches") {
                text += &block("expected", &described.ends);
            }
        }
        text += &block("failed", &failed(case));
        for note in case.notes() {
            text += &block("note", &note);
        }
        for (position, (name, values)) in case.facts.lines().enumerate() {
            let label = if position == 0 { "saw" } else { "" };
            text += &block(label, &format!("{name} = {values}"));
        }
        text += &block("printed", &case.output);
        text += &block("kernel", &self.kernel);
        text + &block("again", &format!("{} {}", self.again, quoted(&case.name)))
    }

    fn promise(&self, label: &str, id: &str) -> String {
        let Some(clause) = self.clauses.get(id) else { return block(label, id) };
        let cited = clause.cited().iter().map(|line| block("", line)).collect::<String>();
        block(label, &clause.promise) + &cited
    }
}

/// What was seen instead of what was promised, and where in the source.
fn failed(case: &CaseLine) -> String {
    let said = case.said();
    let said = if said.is_empty() { "nothing more is known".into() } else { said };
    if case.place().is_empty() { said } else { format!("{}  {said}", case.place()) }
}

fn others(group: &[&CaseLine]) -> String {
    let names: Vec<&str> =
        group[1..].iter().take(MAX_NAMES_SHOWN).map(|case| case.name.as_str()).collect();
    match (group.len() - 1).saturating_sub(MAX_NAMES_SHOWN) {
        0 => names.join("\n"),
        more => format!("{}\n{more} more, for the same reason: see the record", names.join("\n")),
    }
}

/// `text` beside its label; nothing where there is none.
fn block(label: &str, text: &str) -> String {
    let label = format!("{label:<9}");
    text.trim_end()
        .lines()
        .enumerate()
        .map(|(number, line)| match number {
            0 => format!("  {} {line}\n", paint(FAINT, &label)),
            _ => format!("  {:<9} {line}\n", ""),
        })
        .collect()
}
