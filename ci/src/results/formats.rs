//! What other programs read: a run, or the runs of a matrix, in the formats of test systems. Each format is
//! written from records as they are, in one go, to whatever takes it. [`words`] has what a verdict becomes.

mod badge;
mod checks;
mod clean;
mod junit;
mod kcidb;
mod ktap;
mod lava;
mod markdown;
pub(crate) mod words;

use crate::results::title;
use harness::record::{CaseLine, Record};
use harness::report::failure::Block;
use std::io::{self, Write};

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// KTAP version 1.
    Ktap,
    /// JUnit's XML.
    Junit,
    /// KCIDB's JSON, schema 5.3.
    Kcidb,
    /// LAVA's signals.
    Lava,
    /// GitHub's Markdown.
    Markdown,
    /// A picture (SVG).
    Badge,
}

/// What is written: at least one column.
#[derive(Clone, Debug)]
pub(crate) struct Document<'a> {
    pub columns: Vec<Column<'a>>,
    /// The command that runs a case again, without the case.
    pub again: &'a str,
    pub kcidb: Kcidb<'a>,
}

/// A kernel, as it was started, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Column<'a> {
    /// Its name among the others.
    pub name: String,
    pub answer: Answer<'a>,
}

/// What came of a kernel.
#[derive(Clone, Debug)]
pub(crate) enum Answer<'a> {
    /// A record, and why it is not whole, where it is not.
    Record(&'a Record, Option<String>),
    /// It could not be had, and need not be.
    NotAvailable(String),
    /// Nothing is known of it.
    None(String),
}

/// What names the objects of KCIDB.
#[derive(Clone, Debug)]
pub(crate) struct Kcidb<'a> {
    /// The name of the submitting system.
    pub origin: &'a str,
    /// The build that was tested, where somebody else submits it.
    pub build: Option<&'a str>,
    /// The checkout it was made from, where somebody else submits that.
    pub checkout: Option<&'a str>,
}

impl Default for Kcidb<'_> {
    fn default() -> Self {
        Self { origin: ORIGIN, build: None, checkout: None }
    }
}

/// The origin in KCIDB of what names no other.
pub(crate) const ORIGIN: &str = "sigsys";

/// Writes `document`.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write(format: Format, document: &Document, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Ktap => ktap::write(document, out),
        Format::Junit => junit::write(document, out),
        Format::Kcidb => kcidb::write(document, out),
        Format::Lava => lava::write(document, out),
        Format::Markdown => markdown::write(document, out),
        Format::Badge => badge::write(document, out),
    }
}

/// Why a record is not whole; nothing where it is.
pub(crate) fn cut(record: &Record) -> Option<String> {
    let so_far = format!("after {} of {} cases", record.cases.len(), record.header.cases);
    let Some(footer) = &record.footer else {
        return Some(format!("the record has no end {so_far}"));
    };
    match (&footer.interrupted, &footer.cut) {
        (None, None) => None,
        (Some(signal), _) => Some(format!("the run was interrupted by {signal} {so_far}")),
        (None, Some(why)) => Some(format!("the run is not whole {so_far}: {why}")),
    }
}

impl<'a> Column<'a> {
    /// Of a record.
    pub(crate) fn of(name: impl Into<String>, record: &'a Record) -> Self {
        Self { name: name.into(), answer: Answer::Record(record, cut(record)) }
    }

    fn record(&self) -> Option<&'a Record> {
        match &self.answer {
            Answer::Record(record, _) => Some(record),
            Answer::NotAvailable(_) | Answer::None(_) => None,
        }
    }

    /// Whether something answered in Linux's place.
    fn is_another_system(&self) -> bool {
        self.record().is_some_and(|record| record.header.kernel.via.is_some())
    }

    fn cases(&self) -> &'a [CaseLine] {
        self.record().map_or(&[], |record| record.cases.as_slice())
    }
}

impl Document<'_> {
    fn is_one(&self) -> bool {
        self.columns.len() == 1
    }

    /// `name`, and the column it is of where there are several.
    fn named(&self, column: &Column, name: &str, between: &str) -> String {
        if self.is_one() { name.to_owned() } else { format!("{}{between}{name}", column.name) }
    }

    /// The report on a failure, as the tool prints it.
    fn report(&self, record: &Record, line: &CaseLine) -> String {
        self.reports(record, &[line])
    }

    /// The report on cases that fail alike.
    fn reports(&self, record: &Record, lines: &[&CaseLine]) -> String {
        let kernel = title::kernel(&record.header);
        let block = Block { lines, case: None, clauses: &[], kernel: &kernel, again: self.again };
        clean::lines(block.text(&|_, text| text.to_owned()).trim_end())
    }
}

/// What should be known of a case besides its verdict, in one line.
fn remark(line: &CaseLine) -> String {
    let known = line.deviation.as_ref().filter(|_| line.verdict.is_good());
    let said = match known {
        Some(known) => {
            format!("deviates as known ({}): {}; {}", known.range, known.observed, known.why)
        }
        None => line.said(),
    };
    let taken = line.taken_from.as_ref().map(|from| format!("taken over from {from}"));
    let parts: Vec<String> =
        [Some(said).filter(|said| !said.is_empty()), taken].into_iter().flatten().collect();
    clean::line(&parts.join("; "))
}

#[cfg(test)]
mod tests;
