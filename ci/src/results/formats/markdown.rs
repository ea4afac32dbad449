//! GitHub's Markdown, for `$GITHUB_STEP_SUMMARY`: the counts, then each failure, then what deviates. GitHub
//! refuses a summary of more than a mebibyte, so the end is left out of one that would be longer.

use super::{Column, Document, badge, checks, clean, remark};
use crate::results::diff::markdown::{code, escaped};
use crate::results::title;
use crate::style;
use harness::record::{CaseLine, Footer, Verdict};
use harness::report::failure::groups;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Bytes a summary may have, with what is said of the rest.
const MAX_SIZE: usize = 1_000_000;
/// Bytes one failure may have.
const MAX_BLOCK: usize = 20_000;

/// What is written, as long as there is room.
struct Page<'a> {
    out: &'a mut dyn Write,
    size: usize,
    left_out: usize,
}

impl Page<'_> {
    /// Writes `text`, or nothing of it.
    fn add(&mut self, text: &str) -> io::Result<()> {
        if self.left_out > 0 || self.size + text.len() > MAX_SIZE {
            self.left_out += 1;
            return Ok(());
        }
        self.size += text.len();
        self.out.write_all(text.as_bytes())
    }
}

pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { out, size: 0, left_out: 0 };
    let (summary, _) = badge::summary(document);
    page.add(&format!("## sigsys: {summary}\n\n{}", table(document)))?;
    let bad = document.columns.iter().flat_map(|column| {
        checks::of(column).into_iter().filter(|check| !check.verdict.is_good()).map(move |check| {
            let name = document.named(column, check.name, " ");
            format!("- {} **{}**: {}\n", code(&name), check.verdict.words(), escaped(&check.why))
        })
    });
    let bad: String = bad.collect();
    if !bad.is_empty() {
        page.add(&format!("\n{bad}"))?;
    }
    for column in &document.columns {
        failures(document, column, &mut page)?;
    }
    for column in &document.columns {
        page.add(&deviations(document, column))?;
    }
    if page.left_out > 0 {
        let left_out = style::plural(page.left_out, "more parts");
        writeln!(page.out, "\n{left_out} are left out: a summary has no room for them.")?;
    }
    Ok(())
}

/// The verdicts that there are, by column.
fn table(document: &Document) -> String {
    let count = |column: &Column| Footer::count(column.cases().iter().map(|case| case.verdict));
    let counts: Vec<BTreeMap<Verdict, usize>> =
        document.columns.iter().map(|column| count(column).counts).collect();
    let are_there = |verdict: &&Verdict| counts.iter().any(|count| count.contains_key(verdict));
    let verdicts: Vec<Verdict> = Verdict::ALL.iter().filter(are_there).copied().collect();
    let heads: Vec<String> =
        verdicts.iter().map(|verdict| format!(" {} |", verdict.words())).collect();
    let mut text =
        format!("| kernel |{}\n|---|{}\n", heads.concat(), "--:|".repeat(verdicts.len()));
    for (column, counts) in document.columns.iter().zip(&counts) {
        let kernel = column.record().map(|record| title::kernel(&record.header));
        let name = match (kernel, document.is_one()) {
            (Some(kernel), true) => escaped(&clean::line(&kernel)),
            (Some(kernel), false) => {
                format!("{}<br>{}", code(&column.name), escaped(&clean::line(&kernel)))
            }
            (None, _) => {
                let why = checks::of(column).pop().map(|check| check.why).unwrap_or_default();
                format!("{}<br>{}", code(&column.name), escaped(&why))
            }
        };
        let cells = verdicts.iter().map(|verdict| match counts.get(verdict) {
            Some(count) if !verdict.is_good() => format!(" **{count}** |"),
            Some(count) => format!(" {count} |"),
            None => " |".into(),
        });
        text += &format!("| {name} |{}\n", cells.collect::<String>());
    }
    text
}

/// Each failure as the tool reports it; those that fail alike are one.
fn failures(document: &Document, column: &Column, page: &mut Page<'_>) -> io::Result<()> {
    let Some(record) = column.record() else { return Ok(()) };
    let of = |verdict| column.cases().iter().filter(move |line| line.verdict == verdict);
    let bad = Verdict::FAULTS.into_iter().chain([Verdict::Broken]).flat_map(of);
    for lines in groups(bad) {
        let mut text = document.reports(record, &lines);
        if text.len() > MAX_BLOCK {
            let end = (0..=MAX_BLOCK).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.truncate(end);
            text += "\n(the record has the rest)";
        }
        let (first, verdict) = (lines[0], lines[0].verdict.words());
        let more = match lines.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let name = escaped(&clean::line(&document.named(column, &first.name, " ")));
        page.add(&format!(
            "\n<details><summary><b>{verdict}</b> {name}{more}</summary>\n\n{}\n</details>\n",
            fenced(&text)
        ))?;
    }
    Ok(())
}

/// Lines as they are, between more marks than they hold.
fn fenced(text: &str) -> String {
    let marks = text.split(|c| c != '`').map(str::len).max().unwrap_or(0).max(2) + 1;
    let fence = "`".repeat(marks);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}

/// What deviates as known, by reason.
fn deviations(document: &Document, column: &Column) -> String {
    let mut reasons: Vec<(String, Vec<&CaseLine>)> = Vec::new();
    let deviates = |line: &&CaseLine| line.verdict == Verdict::Deviates;
    for line in column.cases().iter().filter(deviates) {
        let reason = remark(&CaseLine { taken_from: None, ..line.clone() });
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, lines)) => lines.push(line),
            None => reasons.push((reason, vec![line])),
        }
    }
    if reasons.is_empty() {
        return String::new();
    }
    let count: usize = reasons.iter().map(|(_, lines)| lines.len()).sum();
    let what = document.named(column, &style::plural(count, "known deviations"), ": ");
    let mut text = format!("\n<details><summary>{}</summary>\n\n", escaped(&clean::line(&what)));
    for (reason, lines) in reasons {
        let more = match lines.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        text += &format!("- {}{more}: {}\n", code(&clean::line(&lines[0].name)), escaped(&reason));
    }
    text + "\n</details>\n"
}
