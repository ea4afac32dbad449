//! What a search found, for a terminal of 80 columns.

use super::report::{Entry, Report, Step};
use crate::results::history::{Rows, style_of};
use crate::results::names;
use crate::results::page::{self, hanging, wrapped};
use crate::style::{FAINT, NOTABLE, STRONG, paint, plural};

/// Where a value begins after a range that is not longer than most.
const VALUES: usize = 20;
/// So many cases with entries for the list are shown with them.
const MAX_ENTRIES_SHOWN: usize = 10;

pub(crate) fn text(report: &Report) -> String {
    let mut text = String::new();
    for note in &report.notes {
        text += &paint(NOTABLE, &wrapped("note  ", note));
    }
    let (changed, same): (Vec<&Entry>, Vec<&Entry>) =
        report.entries.iter().partition(|entry| !entry.changes.is_empty());
    let mut places: Vec<&[Step]> = Vec::new();
    for entry in &changed {
        if !places.contains(&entry.changes.as_slice()) {
            places.push(&entry.changes);
        }
    }
    for place in places {
        let alike: Vec<&Entry> =
            changed.iter().copied().filter(|entry| entry.changes == place).collect();
        text += &changes(&alike, place, report.all);
    }
    text += &unchanged(&same, report, changed.is_empty());
    let deviations = report.deviations();
    match deviations.matches("[[deviation]]").count() {
        0 if deviations.is_empty() => {}
        1.. if count(&changed) > MAX_ENTRIES_SHOWN => {
            let entries = plural(deviations.matches("[[deviation]]").count(), "entries");
            text += &format!("{entries} for fixtures/deviations.toml: --write FILE\n\n");
        }
        _ => {
            text += &paint(STRONG, "for fixtures/deviations.toml, with a reason:");
            text += &format!("\n\n{deviations}");
        }
    }
    let effort = &report.effort;
    let (boots, seconds) = (plural(effort.boots, "boots"), effort.seconds);
    let cached = match effort.cached {
        0 => String::new(),
        known => format!(", {} from the cache", plural(known, "answers")),
    };
    let line = plural(report.kernels.len(), "kernels");
    text + &paint(FAINT, &format!("{boots} of {line}{cached}, {seconds:.0} s")) + "\n"
}

fn count(entries: &[&Entry]) -> usize {
    let rows = |rows: &Rows| rows.rows.len().max(1);
    entries.iter().flat_map(|entry| &entry.cases).map(rows).sum()
}

/// Cases that change at the same places.
fn changes(alike: &[&Entry], steps: &[Step], all: bool) -> String {
    let mut text = String::new();
    if let ([step], false) = (steps, all) {
        let point = match step.point_release {
            true => "; it came with a point release: other branches may have it, too (--all)",
            false => "",
        };
        let many = match count(alike) {
            1 => String::new(),
            many => format!("{}: ", plural(many, "cases")),
        };
        let line = format!("{many}first in {}, not in {}{point}", step.after, step.before);
        text += &paint(STRONG, &wrapped("", &line));
    }
    for step in steps.iter().filter(|step| !step.unanswered.is_empty()) {
        let between = step.unanswered.join(", ");
        let line =
            format!("between {} and {} there is no answer: {between}", step.before, step.after);
        text += &paint(NOTABLE, &wrapped("note  ", &line));
    }
    for entry in alike {
        text.extend(entry.cases.iter().map(cases));
        text += &values(entry);
        text.push('\n');
    }
    text
}

fn values(entry: &Entry) -> String {
    let mut text = String::new();
    for (at, value) in entry.values.iter().enumerate() {
        let line = match value.text.as_str() {
            "" => value.verdict.clone(),
            text => format!("{}: {text}", value.verdict),
        };
        let blanks = " ".repeat(VALUES);
        let range = format!("  {:<width$}  ", value.range, width = VALUES - 4);
        // A range that fills the line leaves no room for what comes after it.
        let line = match range.chars().count() > page::WIDTH / 2 {
            true => wrapped("  ", &value.range) + &hanging(&blanks, &blanks, &line),
            false => hanging(&range, &blanks, &line),
        };
        let painted = paint(style_of(&value.verdict), &value.verdict);
        text += &line.replacen(&value.verdict, &painted, 1);
        if at > 0 && !value.branches.is_empty() {
            text += &paint(STRONG, &hanging(&blanks, &blanks, &value.branches));
        }
    }
    text
}

/// The cases whose samples agree, in few words.
fn unchanged(same: &[&Entry], report: &Report, alone: bool) -> String {
    if same.is_empty() {
        return String::new();
    }
    let hint = match report.all {
        true => "the oldest and the newest kernel of every series do the same",
        false => "both ends do the same; --all looks at every series",
    };
    let mut text = String::new();
    let (silent, same): (Vec<&Entry>, Vec<&Entry>) =
        same.iter().copied().partition(|entry| entry.values.is_empty());
    match (same.as_slice(), alone) {
        ([], _) => {}
        ([one], true) => {
            text += &one.cases.iter().map(cases).collect::<String>();
            text += &wrapped("  ", hint);
            text += &values(one);
            text.push('\n');
        }
        (many, _) => text += &format!("{}: {hint}\n\n", plural(count(many), "cases")),
    }
    for entry in silent {
        text += &entry.cases.iter().map(cases).collect::<String>();
        text += &paint(NOTABLE, "  no kernel answered\n");
        text.push('\n');
    }
    text
}

fn cases(rows: &Rows) -> String {
    let own: Vec<&str> = rows.rows.iter().map(String::as_str).collect();
    let claim = page::claim(&rows.claim);
    if own.is_empty() { claim } else { claim + &wrapped("  ", &names::rows(&own)) }
}
