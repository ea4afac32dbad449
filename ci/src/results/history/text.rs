//! A history for a terminal of 80 columns, and in Markdown.

use super::{Report, Rows, Value, style_of};
use crate::results::diff::markdown::{code, escaped};
use crate::results::names;
use crate::results::page::{hanging, wrapped};
use crate::style::{NOTABLE, STRONG, paint};
use harness::record::Verdict;

/// Where a value begins after a range that is not longer than most.
const VALUES: usize = 20;

pub(crate) fn text(report: &Report) -> String {
    let mut text = paint(STRONG, &report.name) + "\n";
    for (id, promise) in &report.promises {
        text += &match (*id == report.name, promise.as_str()) {
            (true, "") => String::new(),
            (true, promise) => wrapped("  ", promise),
            (false, "") => format!("  {id}\n"),
            (false, promise) => wrapped("  ", &format!("{id}: {promise}")),
        };
    }
    for note in &report.notes {
        text += &paint(NOTABLE, &wrapped("note  ", note));
    }
    for entry in &report.entries {
        text.push('\n');
        for rows in &entry.cases {
            text += &cases(rows, &report.name);
        }
        let shared = shared(&entry.values);
        for value in &entry.values {
            let own = |part: &&str| !shared.contains(part) || !ran(value);
            let said: Vec<&str> = value.text.split(PART).filter(own).collect();
            let line = match said.join(PART).as_str() {
                "" => value.verdict.clone(),
                text => format!("{}: {text}", value.verdict),
            };
            let range = format!("  {:<width$}  ", value.range, width = VALUES - 4);
            let line = hanging(&range, &" ".repeat(VALUES), &line);
            let painted = paint(style_of(&value.verdict), &value.verdict);
            text += &line.replacen(&value.verdict, &painted, 1);
        }
    }
    text
}

/// Between the things that were seen.
const PART: &str = "; ";

/// Whether a case ran there.
fn ran(value: &Value) -> bool {
    [Verdict::Holds, Verdict::Deviates].iter().any(|verdict| verdict.words() == value.verdict)
}

/// What was seen wherever the cases ran says nothing of how kernels differ.
fn shared(values: &[Value]) -> Vec<&str> {
    let mut texts = values.iter().filter(|value| ran(value)).map(|value| &value.text);
    let (Some(first), Some(second)) = (texts.next(), texts.next()) else { return Vec::new() };
    let others: Vec<&String> = std::iter::once(second).chain(texts).collect();
    let everywhere =
        |part: &&str| others.iter().all(|text| text.split(PART).any(|other| other == *part));
    first.split(PART).filter(everywhere).collect()
}

fn cases(rows: &Rows, asked: &str) -> String {
    let own: Vec<&str> = rows.rows.iter().map(String::as_str).collect();
    let mut text = String::new();
    if rows.claim != asked {
        text += &crate::results::page::claim(&rows.claim);
    }
    let is_asked = |row: &str| {
        let (area, claim, _) = names::split(&rows.claim);
        names::join(area, claim, row) == asked
    };
    match own.as_slice() {
        [] => {}
        [one] if is_asked(one) => text.clear(),
        own => text += &wrapped("  ", &names::rows(own)),
    }
    text
}

pub(crate) fn markdown(report: &Report) -> String {
    let mut text = format!("### {}\n", code(&report.name));
    for (id, promise) in &report.promises {
        text += &match (*id == report.name, promise.as_str()) {
            (true, "") => String::new(),
            (true, promise) => format!("\n{}\n", escaped(promise)),
            (false, "") => format!("\n{}\n", code(id)),
            (false, promise) => format!("\n{}: {}\n", code(id), escaped(promise)),
        };
    }
    for note in &report.notes {
        text += &format!("\n> **Note:** {}\n", escaped(note));
    }
    for entry in &report.entries {
        text.push('\n');
        for Rows { claim, rows } in &entry.cases {
            let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            text += &match rows.as_slice() {
                [] => format!("- {}\n", code(claim)),
                rows => format!("- {} {}\n", code(claim), code(&names::rows(rows))),
            };
        }
        text += "\n| kernels | verdict | what was seen |\n|---|---|---|\n";
        for value in &entry.values {
            let seen = if value.text.is_empty() { String::new() } else { code(&value.text) };
            text +=
                &format!("| {} | {} | {seen} |\n", escaped(&value.range), escaped(&value.verdict));
        }
    }
    text
}
