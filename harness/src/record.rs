//! The record of a run: JSON lines, schema version 1.
//!
//! The first line is a [`Header`], then one [`CaseLine`] per case in the order of their names, then a
//! [`Footer`]. A record without its footer was cut off. Two runs of one suite on one kernel differ in
//! the header's `time` and in nothing else.

use crate::taint;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of this schema; it grows when a reader of the old one would misread the new one.
pub const SCHEMA: u32 = 1;

/// One line of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Line {
    /// The first line.
    Run(Header),
    /// A case.
    Case(CaseLine),
    /// The last line.
    End(Footer),
}

/// What ran, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Name and version of the suite.
    pub suite: String,
    /// Seconds since 1970 when the run began: the only field that differs between two runs.
    pub time: u64,
    /// The kernel under test.
    pub kernel: Kernel,
    /// How many cases the run was to hold.
    pub cases: usize,
    /// What the cases were told with `--option`: a run with options is another run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// What is wrong with the suite's registry; any fault fails the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

/// The identity of a kernel. A field that could not be read is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kernel {
    /// `uname -s`.
    pub system: String,
    /// `uname -r`.
    pub release: String,
    /// `uname -v`.
    pub build: String,
    /// `uname -m`.
    pub machine: String,
    /// /proc/cmdline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot_line: Option<String>,
    /// Processor model (/proc/cpuinfo).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// `none`, `xonly` or `emulate`: how the vsyscall page shows in /proc/self/maps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vsyscall: Option<String>,
    /// The clocksource, where it is one that the vDSO cannot read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocksource: Option<String>,
    /// CRC-32 of the kernel's configuration, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// The `Seccomp:` field of the runner: 0 unless something filters its calls already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outer_seccomp: Option<u8>,
    /// What answered in Linux's place, with its version: said by whoever ran the suite there, for
    /// another implementation calls itself Linux too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// /proc/sys/kernel/tainted before the first case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taint: Option<u64>,
    /// The version it was to be taken for (`--as`), where its release does not decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_as: Option<String>,
    /// Effective user of the run: what may be asked depends on it.
    pub user: u32,
}

/// One case and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseLine {
    /// Its name.
    pub name: String,
    /// The promises it tests.
    pub clauses: Vec<String>,
    /// What became of it.
    pub verdict: Verdict,
    /// What was observed instead, or why there is no answer. Empty when it holds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Source place of the assertion that failed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// The need that kept it from running, where one did.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lacks: String,
    /// The pattern of the known deviation that covers what was observed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub deviation: String,
    /// Why that deviation is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub known: String,
    /// What a reader should know of the verdict besides: that the case was tried again, or that the
    /// release does not decide which of two behaviours was promised.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The kernel's taint before and after the case, where it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taint: Option<(u64, u64)>,
    /// What it observed, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// What it printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
}

/// What became of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The kernel keeps the promise.
    Holds,
    /// It breaks the promise exactly as the list of known deviations says.
    Deviates,
    /// It keeps a promise that the list says it breaks: the list is out of date.
    Healed,
    /// It breaks the promise.
    Violated,
    /// It lacks what the case needs, and may.
    NotOffered,
    /// The set-up failed: nothing is known about the kernel.
    Broken,
    /// The case did not end.
    TimedOut,
    /// The case died of something nobody declared.
    Crashed,
    /// The kernel found itself at fault while the case ran: its taint changed.
    Tainted,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 9] = [
        Self::Holds,
        Self::Deviates,
        Self::Healed,
        Self::Violated,
        Self::NotOffered,
        Self::Broken,
        Self::TimedOut,
        Self::Crashed,
        Self::Tainted,
    ];

    /// Those a kernel is to blame for, the plainest first.
    pub const FAULTS: [Self; 5] =
        [Self::Violated, Self::Crashed, Self::TimedOut, Self::Tainted, Self::Healed];

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Deviates => "deviates",
            Self::Healed => "healed",
            Self::Violated => "violated",
            Self::NotOffered => "not offered",
            Self::Broken => "broken",
            Self::TimedOut => "timed out",
            Self::Crashed => "crashed",
            Self::Tainted => "tainted",
        }
    }

    /// Whether a run with this verdict in it has succeeded as far as this case goes.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Holds | Self::Deviates | Self::NotOffered)
    }

    /// The exit status this verdict asks for: 0, 101 (the kernel) or 69 (the set-up).
    pub const fn status(self) -> u8 {
        match self {
            Self::Holds | Self::Deviates | Self::NotOffered => 0,
            Self::Broken => 69,
            Self::Healed | Self::Violated | Self::TimedOut | Self::Crashed | Self::Tainted => 101,
        }
    }
}

/// The exit status of a run: a kernel's fault outweighs a failed set-up.
pub fn status(verdicts: impl IntoIterator<Item = Verdict>) -> u8 {
    verdicts.into_iter().map(Verdict::status).max().unwrap_or(0)
}

/// The exit status that the kernel's taint asks for, which was `before` the first case and is `after` the
/// last, where that is another: that of the bits no case is `explained` to have set.
pub fn taint_status(before: Option<u64>, explained: u64, after: Option<u64>) -> u8 {
    let before = before.unwrap_or(0) | explained;
    after.and_then(|after| taint::change(before, after)).map_or(0, |(blame, _)| blame.status())
}

/// The end of a complete record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footer {
    /// How many cases the record holds, by verdict in words.
    pub counts: BTreeMap<String, usize>,
    /// /proc/sys/kernel/tainted after the last case, where it is not what it was before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taint: Option<u64>,
}

impl Footer {
    /// Counts `verdicts`.
    pub fn count(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut counts = BTreeMap::new();
        for verdict in verdicts {
            *counts.entry(verdict.words().to_owned()).or_insert(0) += 1;
        }
        Self { counts, taint: None }
    }
}

/// A record, read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The first line.
    pub header: Header,
    /// The cases, in the order of their names.
    pub cases: Vec<CaseLine>,
    /// The last line; absent where the record was cut off.
    pub footer: Option<Footer>,
}

impl Record {
    /// Reads the lines of a record.
    ///
    /// # Errors
    /// Says which line is wrong, and how.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().enumerate().map(|(number, line)| {
            serde_json::from_str::<Line>(line)
                .map_err(|error| format!("line {}: {error}", number + 1))
        });
        let header = match lines.next() {
            Some(Ok(Line::Run(header))) if header.schema == SCHEMA => header,
            Some(Ok(Line::Run(header))) => {
                return Err(format!("schema {} is not {SCHEMA}", header.schema));
            }
            Some(Ok(_)) => return Err("line 1: a record begins with its run".into()),
            Some(Err(error)) => return Err(error),
            None => return Err("it is empty".into()),
        };
        let mut record = Self { header, cases: Vec::new(), footer: None };
        for line in lines {
            match line? {
                Line::Case(case) => record.cases.push(case),
                Line::End(footer) => record.footer = Some(footer),
                Line::Run(_) => return Err("it holds two runs".into()),
            }
        }
        Ok(record)
    }
}

/// The first line of a run of `cases` cases, for tests.
#[cfg(test)]
pub(crate) fn sample_header(cases: usize) -> Header {
    Header {
        schema: SCHEMA,
        suite: "sample 0".into(),
        time: 0,
        kernel: Kernel::default(),
        cases,
        options: BTreeMap::new(),
        faults: Vec::new(),
    }
}

/// A case that came to `verdict`, and of which there is nothing else to say, for tests.
#[cfg(test)]
pub(crate) fn sample_line(name: &str, verdict: Verdict) -> CaseLine {
    CaseLine {
        name: name.into(),
        clauses: Vec::new(),
        verdict,
        text: String::new(),
        place: String::new(),
        lacks: String::new(),
        deviation: String::new(),
        known: String::new(),
        note: String::new(),
        taint: None,
        facts: BTreeMap::new(),
        output: String::new(),
    }
}

#[cfg(test)]
mod tests;
