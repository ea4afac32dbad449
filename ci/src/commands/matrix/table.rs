//! The report of the matrix: a row for each of its columns, and a map of areas against kernels.

use super::column::{Outcome, Source};
use crate::commands::soak;
use crate::printable::printable;
use crate::results::release::Release;
use crate::results::snapshot::check::Agreement;
use crate::style::{BAD, FAINT, GOOD, NOTABLE, STRONG, paint};
use comfy_table::{Attribute, Cell, CellAlignment, Color, LineStyle, Table, presets};
use harness::record::{CaseLine, Kernel, Record, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// A row of the result.
#[derive(Debug)]
pub(super) struct Row {
    pub name: String,
    /// The variant, where it is a kernel.
    pub variant: Option<String>,
    pub held: bool,
    pub outcome: Outcome,
    /// What was recorded, where something was.
    pub record: Option<Record>,
    /// The comparison with its snapshot, where that was asked for, and the snapshot's name.
    pub agreement: Option<(String, Agreement)>,
}

impl Row {
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
    let mut table = Table::new();
    let style = presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none());
    table.load_style(style).enforce_styling();
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
    table.set_header(head.into_iter().map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
    for row in rows {
        table.add_row(cells(row, checked));
    }
    for column in table.column_iter_mut().skip(2).take(6) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt() + "\n"
}

fn cells(row: &Row, checked: bool) -> Vec<Cell> {
    let release =
        row.record.as_ref().map_or(String::new(), |record| version(&record.header.kernel));
    let mut cells = vec![Cell::new(&row.name), Cell::new(release)];
    let number = |count: usize, colour| match count {
        0 => Cell::new("·"),
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

/// One sign per area and column of the matrix.
pub(super) fn map(rows: &[Row]) -> String {
    // A record that is not whole says nothing about an area.
    let whole = |row: &&Row| matches!(row.outcome, Outcome::Done(..));
    let shown: Vec<(&Row, &Record)> =
        rows.iter().filter(whole).filter_map(|row| Some((row, row.record.as_ref()?))).collect();
    if shown.is_empty() {
        return String::new();
    }
    let by_area: Vec<BTreeMap<&str, Vec<&CaseLine>>> =
        shown.iter().map(|(_, record)| areas(record)).collect();
    let areas: BTreeSet<&str> = by_area.iter().flat_map(|areas| areas.keys().copied()).collect();
    let width = areas.iter().map(|area| area.len()).max().unwrap_or(0);
    let mut text = heads(&shown, width);
    for area in areas {
        text += &format!("{area:<width$} ");
        for ((row, _), areas) in shown.iter().zip(&by_area) {
            text += &format!(" {}", sign(areas.get(area).map_or(&[], Vec::as_slice), row.held));
        }
        text += "\n";
    }
    text + &paint(FAINT, &legend(&shown))
}

/// Two lines above the signs: the series over its variants, then a letter per column.
fn heads(shown: &[(&Row, &Record)], width: usize) -> String {
    let (mut series, mut letters) = (String::new(), String::new());
    let mut last = String::new();
    for ((row, record), letter) in shown.iter().zip(initials(shown)) {
        let own = match row.variant {
            Some(_) => Release::of(&record.header.kernel).series(),
            None => String::new(),
        };
        if own != last {
            let missing = (width + 2 + letters.len()).saturating_sub(series.len());
            series += &" ".repeat(missing.max(usize::from(!series.is_empty())));
            series += &own;
            last = own;
        }
        letters += &format!(" {letter}");
    }
    format!("{}\n{:width$} {letters}\n", series.trim_end(), "")
}

/// A letter for each column: that of its variant or system, the first that is free.
fn initials(shown: &[(&Row, &Record)]) -> Vec<char> {
    let mut taken: Vec<(String, char)> = Vec::new();
    let letters = shown.iter().map(|(row, _)| {
        let name = row.variant.clone().unwrap_or_else(|| row.name.clone());
        if let Some((_, letter)) = taken.iter().find(|(own, _)| *own == name) {
            return *letter;
        }
        let is_free = |letter: &char| !taken.iter().any(|(_, taken)| taken == letter);
        let letter = name.chars().chain('A'..='Z').find(is_free).unwrap_or('*');
        taken.push((name, letter));
        letter
    });
    letters.collect()
}

fn legend(shown: &[(&Row, &Record)]) -> String {
    let mut named: Vec<String> = Vec::new();
    for ((row, _), letter) in shown.iter().zip(initials(shown)) {
        let one = format!("{letter} {}", row.variant.as_ref().unwrap_or(&row.name));
        if !named.contains(&one) {
            named.push(one);
        }
    }
    format!(
        "{}\n. all hold   ~ some deviate as known   o nothing is offered   ! broken promise   ? no answer\n",
        named.join("   ")
    )
}

fn areas(record: &Record) -> BTreeMap<&str, Vec<&CaseLine>> {
    let mut areas: BTreeMap<&str, Vec<&CaseLine>> = BTreeMap::new();
    for case in &record.cases {
        let end = case.name.match_indices("::").nth(1).map_or(case.name.len(), |(end, _)| end);
        areas.entry(&case.name[..end]).or_default().push(case);
    }
    areas
}

fn sign(cases: &[&CaseLine], held: bool) -> String {
    let any = |verdict| cases.iter().any(|case| case.verdict == verdict);
    let offered = cases.iter().any(|case| case.verdict != Verdict::NotOffered);
    match () {
        () if cases.is_empty() => " ".into(),
        () if Verdict::FAULTS.into_iter().any(any) => paint(if held { BAD } else { NOTABLE }, "!"),
        () if any(Verdict::Broken) => paint(NOTABLE, "?"),
        () if !offered => paint(FAINT, "o"),
        () if any(Verdict::Deviates) => paint(NOTABLE, "~"),
        () => paint(GOOD, "."),
    }
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
