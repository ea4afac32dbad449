//! The record of a run as it comes in, and the exit status that follows from it.

use super::wholeness::{self, Flaw};
use crate::atomic;
use crate::error::{NO_ANSWER, USAGE, how_it_ended, interrupted_status};
use harness::describe::CaseMeta;
use harness::record::{self, CaseLine, Durations, Footer, Header, Line, Record, SCHEMA, Verdict};
use std::collections::BTreeSet;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

/// How the suite begins the line in which it says that it was interrupted.
const INTERRUPTED: &str = "sigsys: interrupted by ";

/// The lines of a run, sorted into what they are.
#[derive(Debug, Default)]
pub(crate) struct RunRecord {
    /// The first line.
    pub header: Option<Header>,
    /// The cases that ran.
    pub cases: Vec<CaseLine>,
    /// How long they took.
    pub durations: Durations,
    /// The last line.
    pub footer: Option<Footer>,
    /// The first line that is not a line of a record, or is in a place where it may not be.
    foreign: Option<String>,
    /// Whether the suite has complained.
    complained: bool,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    /// Exit status of the tool.
    pub status: u8,
    /// Why the run is not whole, where it is not.
    pub cut_off: Option<String>,
}

impl RunRecord {
    /// What is wrong with the suite's registry.
    pub(crate) fn faults(&self) -> &[String] {
        self.header.as_ref().map_or(&[], |header| &header.faults)
    }

    /// Takes a line of the suite's standard output; gives the case, if it is one.
    pub(crate) fn take(&mut self, line: &str) -> Option<&CaseLine> {
        let over = self.footer.is_some();
        match serde_json::from_str(line) {
            Ok(Line::Run(header)) if header.schema == SCHEMA && self.is_empty() => {
                self.header = Some(header);
            }
            Ok(Line::Case(case)) => {
                if over {
                    self.foreign.get_or_insert_with(|| line.to_owned());
                }
                self.cases.push(case);
                return self.cases.last();
            }
            Ok(Line::Durations(more)) if !over => {
                self.durations.microseconds.extend(more.microseconds);
            }
            Ok(Line::End(footer)) if !over => self.footer = Some(footer),
            Ok(Line::Run(_) | Line::Durations(_) | Line::End(_)) | Err(_) => {
                self.foreign.get_or_insert_with(|| line.to_owned());
            }
        }
        None
    }

    /// Whether nothing of a record has come yet.
    pub(crate) const fn is_empty(&self) -> bool {
        self.header.is_none() && self.cases.is_empty() && self.footer.is_none()
    }

    /// The last line of a run that came to its end.
    pub(crate) fn whole(&self) -> Option<&Footer> {
        self.footer.as_ref().filter(|footer| footer.is_whole())
    }

    /// Has the last line say that this is not all, and why, where that is so.
    pub(crate) fn seal(&mut self, ending: &Ending) {
        let (Some(why), None) = (&ending.cut_off, self.whole()) else { return };
        if self.header.is_none() {
            return;
        }
        let verdicts = self.cases.iter().map(|case| case.verdict);
        let taint = self.footer.as_ref().and_then(|footer| footer.taint);
        let signal = ending.status.checked_sub(128).filter(|signal| *signal > 0);
        let interrupted = signal.map(|signal| harness::signals::name(signal.into()));
        let cut = Some(why.clone()).filter(|_| interrupted.is_none());
        self.footer = Some(Footer { taint, interrupted, cut, ..Footer::count(verdicts) });
    }

    /// The lines of its record.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line> {
        let durations =
            Some(self.durations.clone()).filter(|durations| !durations.microseconds.is_empty());
        let run = self.header.clone().map(Line::Run).into_iter();
        run.chain(self.cases.iter().cloned().map(Line::Case))
            .chain(durations.map(Line::Durations))
            .chain(self.footer.clone().map(Line::End))
    }

    /// Takes a line of the suite's standard error; gives it back if it is to be shown at once.
    pub(crate) fn take_complaint<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        self.complained = true;
        // The end of this run says the same, in its place.
        (!line.starts_with(INTERRUPTED)).then_some(line)
    }

    /// The same, for a suite whose standard error was not read.
    pub(crate) fn may_have_complained(mut self) -> Self {
        self.complained = true;
        self
    }

    /// The cases in the order of their names.
    pub(crate) fn sort(&mut self) {
        self.cases.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// How many cases came to `verdict`.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.cases.iter().filter(|case| case.verdict == verdict).count()
    }

    /// How the run ended, once the suite has ended with `status`: the record should hold the cases `expected`;
    /// `interrupt` is a signal that came meanwhile.
    pub(crate) fn end(
        &self,
        status: Option<ExitStatus>,
        expected: &[&CaseMeta],
        interrupt: Option<i32>,
    ) -> Ending {
        let code = status.and_then(|status| status.code());
        let seen = record::status(self.cases.iter().map(|case| case.verdict));
        let flaws =
            wholeness::against(expected, self.header.as_ref(), &self.cases, self.footer.as_ref());
        let so_far = format!("after {} of {} cases", self.distinct(), expected.len());
        // A signal that came after the end of the record has interrupted nothing.
        let interrupt = interrupt.filter(|_| self.whole().is_none());
        if let Some(signal) = interrupt_of(code).or(interrupt) {
            let name = harness::signals::name(signal);
            let flaws = said(&flaws, true);
            let cut_off = Some(format!("interrupted by {name} {so_far}{flaws}"));
            return Ending { status: interrupted_status(signal), cut_off };
        }
        let cut_off = |why: String| {
            let status = if seen == 101 { 101 } else { NO_ANSWER };
            Ending { status, cut_off: Some(why) }
        };
        let how = how_it_ended(status);
        if let Some(line) = &self.foreign {
            let line: String = line.chars().take(60).collect();
            return cut_off(format!(
                "the suite {how} {so_far} and printed what is no record: {line:?}"
            ));
        }
        match (&self.header, self.whole(), code) {
            (Some(header), Some(footer), Some(code @ (0 | 69 | 101))) => {
                if let Some(flaws) = wholeness::say(&flaws) {
                    return cut_off(format!("the suite {how}, and its record {flaws}"));
                }
                let code = u8::try_from(code).unwrap_or(NO_ANSWER);
                let disagreement = wholeness::disagreement(
                    code,
                    Some(header),
                    &self.cases,
                    Some(footer),
                    self.complained,
                );
                match disagreement {
                    Some(why) => cut_off(format!("the suite {why}")),
                    None => Ending { status: code.max(seen), cut_off: None },
                }
            }
            (None, None, Some(code @ (2 | 69))) if self.complained && self.is_empty() => {
                let status = u8::try_from(code).unwrap_or(USAGE);
                Ending { status, cut_off: None }
            }
            (Some(_), Some(_), _) => {
                cut_off(format!("the suite {how} {so_far}{}", said(&flaws, false)))
            }
            (None, Some(_), _) => {
                cut_off(format!("the suite {how} {so_far}, without the beginning of its record"))
            }
            (_, None, _) => {
                let flaws = said(&flaws, true);
                cut_off(format!("the suite {how} {so_far}, without the end of its record{flaws}"))
            }
        }
    }

    /// How many different cases ran.
    fn distinct(&self) -> usize {
        let names: BTreeSet<&str> = self.cases.iter().map(|case| case.name.as_str()).collect();
        names.len()
    }
}

/// Flaws at the end of a sentence; of a record that ends too early, those that do not follow from that.
fn said(flaws: &[Flaw], cut: bool) -> String {
    let follows =
        |flaw: &Flaw| cut && matches!(flaw, Flaw::NoBeginning | Flaw::NoEnd | Flaw::Missing(..));
    let flaws: Vec<Flaw> = flaws.iter().filter(|flaw| !follows(flaw)).cloned().collect();
    wholeness::say(&flaws).map_or(String::new(), |flaws| format!("; its record {flaws}"))
}

/// Writes a record in place of an older one.
pub(crate) fn write(run_record: &RunRecord, path: &Path) -> io::Result<()> {
    let mut text = Vec::new();
    for line in run_record.lines() {
        serde_json::to_writer(&mut text, &line)?;
        text.push(b'\n');
    }
    atomic::write_named(path, &text)
}

impl From<Record> for RunRecord {
    fn from(record: Record) -> Self {
        let Record { header, cases, durations, footer } = record;
        Self { header: Some(header), cases, durations, footer, ..Self::default() }
    }
}

/// The signal a suite names that left because of it.
fn interrupt_of(code: Option<i32>) -> Option<i32> {
    code.map(|code| code - 128).filter(|signal| [1, 2, 15].contains(signal))
}

/// The status of a suite that reported by itself, where its record cannot be read.
pub(crate) fn own_status(status: Option<ExitStatus>, interrupt: Option<i32>) -> Ending {
    let code = status.and_then(|status| status.code());
    let known = code.filter(|code| [0, USAGE.into(), NO_ANSWER.into(), 101].contains(code));
    if let Some(code) = known {
        return Ending { status: u8::try_from(code).unwrap_or(NO_ANSWER), cut_off: None };
    }
    let signal = interrupt
        .or_else(|| interrupt_of(code))
        .or_else(|| status.and_then(|status| status.signal()).filter(|signal| *signal == 2));
    match signal {
        Some(signal) => Ending { status: interrupted_status(signal), cut_off: None },
        None => {
            let cut_off = Some(format!("the suite {}", how_it_ended(status)));
            Ending { status: NO_ANSWER, cut_off }
        }
    }
}

#[cfg(test)]
mod tests;
