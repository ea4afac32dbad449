//! KTAP version 1 from records: a subtest for each area, inside one for each kernel where there are several.

use super::checks::{self, Check};
use super::{Column, Document, clean, remark};
use harness::record::{CaseLine, Record, Verdict};
use harness::report::failure::kernel_line;
use harness::report::tap::{self, TAINT_CHECK, TestResult, Totals};
use std::io::{self, Write};

pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", tap::VERSION)?;
    let mut totals = Totals::default();
    if let [column] = document.columns.as_slice() {
        totals = level(document, column, 0, out)?;
    } else {
        writeln!(out, "1..{}", document.columns.len())?;
        for (number, column) in (1..).zip(&document.columns) {
            let name = tap::description(&clean::line(&column.name));
            if column.record().is_none() {
                for fault in checks::of(column) {
                    let (line, result) = check(number, &name, &fault);
                    totals.add(result);
                    out.write_all(line.as_bytes())?;
                }
                continue;
            }
            writeln!(out, "  {}\n  # Subtest: {name}", tap::VERSION)?;
            let own = level(document, column, 1, out)?;
            totals.add_all(own);
            out.write_all(tap::end(number, &name, own).as_bytes())?;
        }
    }
    out.write_all(totals.line().as_bytes())
}

/// The line of what is no case.
fn check(number: usize, name: &str, check: &Check) -> (String, TestResult) {
    let (result, name) = (TestResult::of(check.verdict), tap::description(name));
    let directive = tap::with_directive(check.verdict, &check.why);
    let line = match result.is_ok() {
        true => format!("ok {number} {name}{directive}\n"),
        false => format!("{}not ok {number} {name}{directive}\n", tap::diagnostics(&check.why)),
    };
    (line, result)
}

/// The lines of one column, so many levels in, from the plan on.
fn level(
    document: &Document,
    column: &Column,
    depth: usize,
    out: &mut dyn Write,
) -> io::Result<Totals> {
    let mut totals = Totals::default();
    let mut say = |text: &str| -> io::Result<()> {
        let text = (0..depth).fold(text.to_owned(), |text, _| tap::indented(&text));
        out.write_all(text.as_bytes())
    };
    let mut faults = checks::of(column);
    let areas: Vec<&[CaseLine]> = column.cases().chunk_by(together).collect();
    if let Some(record) = column.record() {
        // What is well is said, too.
        if record.whole().is_some() && faults.iter().all(|fault| fault.name != TAINT_CHECK) {
            let (verdict, why) = (Verdict::Holds, String::new());
            faults.push(Check { name: TAINT_CHECK, verdict, why });
        }
        let kernel = clean::line(&kernel_line(&record.header.kernel));
        say(&format!("1..{}\n# kernel {kernel}\n", areas.len() + faults.len()))?;
    } else {
        say(&format!("1..{}\n", faults.len()))?;
    }
    let mut number = 0;
    for cases in areas {
        number += 1;
        let mut own = Totals::default();
        let area = area(&cases[0].name);
        let whole = area != cases[0].name;
        if whole {
            say(&tap::begin(&clean::line(area), cases.len()))?;
        }
        for (at, line) in (1..).zip(cases) {
            own.add(TestResult::of(line.verdict));
            let text = case(document, column.record(), if whole { at } else { number }, line);
            say(&if whole { tap::indented(&text) } else { text })?;
        }
        if whole {
            say(&tap::end(number, &clean::line(area), own))?;
        }
        totals.add_all(own);
    }
    for fault in faults {
        number += 1;
        let (line, result) = check(number, fault.name, &fault);
        totals.add(result);
        say(&line)?;
    }
    Ok(totals)
}

fn case(document: &Document, record: Option<&Record>, number: usize, line: &CaseLine) -> String {
    let named = CaseLine { name: clean::line(&line.name), ..line.clone() };
    let report = || record.map_or_else(String::new, |record| document.report(record, line));
    let text = clean::lines(&tap::case(number, &named, report));
    match &line.taken_from {
        Some(_) if line.verdict == Verdict::Holds => {
            format!("{} # {}\n", text.trim_end(), remark(line).replace('#', "%23"))
        }
        _ => text,
    }
}

/// Mechanism and aspect; all of the name of a case that is in no module.
pub(super) fn area(name: &str) -> &str {
    let claim = name.split_once('[').map_or(name, |(claim, _)| claim);
    let mut ends = claim.match_indices("::").map(|(at, _)| at);
    match (ends.next(), ends.next()) {
        (_, Some(second)) => &name[..second],
        (Some(first), None) => &name[..first],
        (None, None) => name,
    }
}

/// Whether two cases that follow each other are of one area.
pub(super) fn together(one: &CaseLine, other: &CaseLine) -> bool {
    let area = area(&one.name);
    area != one.name && area == self::area(&other.name)
}
