//! The report of the matrix: a row for each of its columns, and a map of areas against kernels.

use super::column::{Outcome, Source};
use crate::commands::soak;
use crate::printable::printable;
use crate::results::names::listed;
use crate::results::page::{self, NOTHING};
use crate::results::snapshot::check::Agreement;
use crate::results::tally::Tally;
use crate::style::{STRONG, paint};
use comfy_table::{Cell, Color};
use harness::record::{CaseLine, Kernel, Record, Verdict};

/// A row of the result.
#[derive(Debug)]
pub(super) struct Row {
    pub name: String,
    /// The variant, where it is a kernel.
    pub variant: Option<String>,
    /// Whether it is a kernel of the user's.
    pub own: bool,
    pub held: bool,
    /// Whether a difference from its snapshot fails the run.
    pub gated: bool,
    pub outcome: Outcome,
    /// The boots it took.
    pub tally: Tally,
    /// What was recorded, where something was.
    pub record: Option<Record>,
    /// The comparison with its snapshot, where that was asked for, and the snapshot's name.
    pub agreement: Option<(String, Agreement)>,
    /// What it lacks, or lacks no more, against what the list declares.
    pub undeclared: Option<String>,
    /// Cases that its variant changes, although the list says that it cannot.
    pub assumed: Vec<String>,
}

impl Row {
    /// The name of its kernel.
    pub(super) fn kernel(&self) -> &str {
        let variant = self
            .variant
            .as_ref()
            .and_then(|variant| self.name.strip_suffix(variant.as_str())?.strip_suffix('-'));
        variant.unwrap_or(&self.name)
    }

    fn count(&self, verdicts: &[Verdict]) -> usize {
        let cases = self.record.iter().flat_map(|record| &record.cases);
        cases.filter(|case| verdicts.contains(&case.verdict)).count()
    }

    /// How many cases show a fault of the kernel.
    pub(super) fn faults(&self) -> usize {
        self.count(&Verdict::FAULTS)
    }
}

/// What the properties of each column tried, where that was asked for.
pub(super) fn tried(rows: &[Row]) -> String {
    let of = |row: &Row| {
        let cases = row.record.as_ref().map(|record| soak::tried(&record.cases));
        cases.filter(|text| !text.is_empty()).map(|text| format!("{}\n{text}", row.name))
    };
    rows.iter().filter_map(of).collect()
}

/// The counts of each column.
pub(super) fn counts(rows: &[Row]) -> String {
    let checked = rows.iter().any(|row| row.agreement.is_some());
    let mut head = vec![
        "",
        "release",
        "holds",
        "deviates",
        "broken promise",
        "not offered",
        "no answer",
        "time",
    ];
    if checked {
        head.push("snapshot");
    }
    page::table(&head, rows.iter().map(|row| cells(row, checked)).collect(), &[1, 8])
}

fn cells(row: &Row, checked: bool) -> Vec<Cell> {
    let release =
        row.record.as_ref().map_or(String::new(), |record| version(&record.header.kernel));
    let mut cells = vec![Cell::new(&row.name), Cell::new(release)];
    let number = |count: usize, colour| match count {
        0 => Cell::new(NOTHING),
        _ => Cell::new(count).fg(colour),
    };
    match &row.outcome {
        Outcome::Done(kept, source) => {
            let blame = if row.held { Color::Red } else { Color::Yellow };
            cells.push(number(row.count(&[Verdict::Holds]), Color::Green));
            cells.push(number(row.count(&[Verdict::Deviates]), Color::Yellow));
            cells.push(number(row.faults(), blame));
            cells.push(number(row.count(&[Verdict::NotOffered]), Color::Grey));
            cells.push(number(row.count(&[Verdict::Broken]), Color::Yellow));
            cells.push(match source {
                Source::Run => Cell::new(format!("{:.1} s", kept.seconds)),
                Source::Kept => Cell::new("kept").fg(Color::Grey),
            });
        }
        other => {
            let (what, colour) = match other {
                Outcome::NotAvailable(_) => ("not available", Color::Yellow),
                Outcome::NoAnswer(_) => ("no answer", Color::Red),
                Outcome::Cut(..) => ("not whole", Color::Red),
                _ => ("interrupted", Color::Yellow),
            };
            cells.push(Cell::new(what).fg(colour));
            cells.extend((0..5).map(|_| Cell::new("")));
        }
    }
    if checked {
        cells.push(match &row.agreement {
            Some((name, Agreement::Same)) => Cell::new(name).fg(Color::Green),
            Some((name, Agreement::Accepted)) => {
                Cell::new(format!("{name}: accepted")).fg(Color::Green)
            }
            Some((name, Agreement::New(..))) => Cell::new(format!("{name}: new")).fg(Color::Yellow),
            Some((name, Agreement::Differs(_))) => {
                Cell::new(format!("{name}: DIFFERS")).fg(Color::Red)
            }
            Some((name, Agreement::Fault(_))) => {
                Cell::new(format!("{name}: unusable")).fg(Color::Red)
            }
            None => Cell::new(""),
        });
    }
    cells
}

/// The version as Debian counts it, else the release.
fn version(kernel: &Kernel) -> String {
    let mut words = kernel.build.split_whitespace();
    let debian = words.by_ref().find(|word| *word == "Debian").and_then(|_| words.next());
    printable(debian.unwrap_or(&kernel.release)).into_owned()
}

/// Notes on each column besides its numbers.
pub(super) fn notes(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let name = paint(STRONG, &row.name);
        match &row.outcome {
            Outcome::NotAvailable(why) => text += &format!("{name}: not available: {why}\n"),
            Outcome::NoAnswer(why) => text += &format!("{name}: no answer: {why}\n"),
            Outcome::Cut(why, _) => {
                // Without its beginning it is no record, and kept all the same.
                let so_far = row.record.as_ref().map_or(0, |record| record.cases.len());
                let so_far = match so_far {
                    0 => String::new(),
                    _ => format!("{} are ", crate::style::plural(so_far, "cases")),
                };
                text += &format!("{name}: no answer: {why} ({so_far}in {}.cut.jsonl)\n", row.name);
            }
            Outcome::Interrupted => text += &format!("{name}: interrupted\n"),
            Outcome::Done(kept, _) => {
                for note in &kept.notes {
                    text += &format!("{name}: {note}\n");
                }
            }
        }
        if !row.assumed.is_empty() {
            let cases = crate::style::plural(row.assumed.len(), "cases");
            text += &format!(
                "{name}: its variant changes {cases} that the list says it cannot: {}\n",
                listed(&row.assumed)
            );
        }
        if let Some(what) = &row.undeclared {
            text += &format!("{name}: {what}\n");
        }
        if row.held {
            text += &failures(row);
        }
        match &row.agreement {
            Some((snapshot, Agreement::Differs(what))) => {
                text += &format!("{name}: differs from its snapshot {snapshot}: {what}\n");
            }
            Some((snapshot, Agreement::New(older))) => {
                let older = older.as_ref().map_or(String::new(), |older| format!("; {older}"));
                text += &format!("{name}: there is no snapshot of {snapshot} yet{older}\n");
            }
            Some((_, Agreement::Fault(why))) => text += &format!("{name}: {why}\n"),
            Some((_, Agreement::Same | Agreement::Accepted)) | None => {}
        }
    }
    text
}

/// How many failures of a column are shown.
const MAX_FAILURES_SHOWN: usize = 10;

fn failures(row: &Row) -> String {
    let cases = row.record.iter().flat_map(|record| &record.cases);
    let bad: Vec<&CaseLine> = cases.filter(|case| !case.verdict.is_good()).collect();
    let mut text = String::new();
    for case in bad.iter().take(MAX_FAILURES_SHOWN) {
        let said = case.said();
        let verdict = paint(crate::style::of(case.verdict), case.verdict.words());
        text += &format!("  {} {verdict}  {said}\n", case.name);
    }
    if bad.len() > MAX_FAILURES_SHOWN {
        text += &format!("  and {} more in its record\n", bad.len() - MAX_FAILURES_SHOWN);
    }
    text
}
