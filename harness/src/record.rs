//! The record of a run: JSON lines, schema version 2.
//!
//! The first line is a [`Header`], then one [`CaseLine`] per case in the order of their names, then how
//! long they took ([`Durations`]), then a [`Footer`]. A record whose footer is missing, or says so, was
//! cut off. Two runs of one suite on one kernel differ in the header's `time` and in the durations, and
//! in nothing else. What is empty is left out of a line.
//!
//! `harness/record.schema.json` is the JSON Schema of a [`Line`], made from these types.

mod case;
mod excuse;
mod fact;
mod failure;
mod identity;
mod repeats;
pub mod taint;
mod verdict;

pub use case::{
    Because, CaseLine, EarlierBoot, Fix, KnownDeviation, Overruled, Retried, Undecided,
};
pub use excuse::{Doubt, Excuse, How, Unmet};
pub use fact::{Facts, Fields, Seen, Value, facts_line};
pub use failure::{Failure, one_line};
pub use identity::{Kernel, SuiteVersion, VsyscallMode};
pub use repeats::Repeats;
pub use taint::TaintChange;
pub use verdict::{Verdict, status, taint_status};

use crate::filter::Shard;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of this schema; it grows when a reader of the old one would misread the new one.
pub const SCHEMA: u32 = 2;

/// One line of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly every line is a case, and none is kept")]
pub enum Line {
    /// The first line.
    Run(Header),
    /// A case.
    Case(CaseLine),
    /// How long cases took.
    Durations(Durations),
    /// The last line.
    End(Footer),
}

/// What ran, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Header {
    /// The version of the schema: 2.
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = 2)))]
    pub schema: u32,
    /// Which suite.
    pub suite: SuiteVersion,
    /// Seconds since 1970 when the run began; comparisons leave it out.
    pub time: u64,
    /// The kernel under test.
    pub kernel: Kernel,
    /// How many cases the run was to hold.
    pub cases: usize,
    /// The part of the cases that this run is of (`--shard`): the second of four is `2/4`. Absent where it
    /// is of all that were selected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// How many times each case ran (`--repeat`); absent where that is once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<u32>,
    /// What the cases were told with `--option`: a run with options is another run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// What is wrong with the suite's registry; any fault fails the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

/// How long cases took; comparisons leave it out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Durations {
    /// Microseconds from the beginning of a case to its end, by its name. A case that did not run has none.
    pub microseconds: BTreeMap<String, u64>,
}

/// The end of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Footer {
    /// How many cases the record holds, by verdict.
    #[cfg_attr(feature = "schema", schemars(schema_with = "counts"))]
    pub counts: BTreeMap<Verdict, usize>,
    /// /proc/sys/kernel/tainted after the last case, where it is not what it was before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taint: Option<u64>,
    /// The signal that ended the run before its last case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<String>,
    /// Why the run is not whole, where something else than a signal to it ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<String>,
}

/// The names are verdicts, which the type of a map does not tell.
#[cfg(feature = "schema")]
fn counts(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "object",
        "propertyNames": generator.subschema_for::<Verdict>(),
        "additionalProperties": { "type": "integer", "format": "uint", "minimum": 1 },
    })
}

impl Footer {
    /// Counts `verdicts`.
    pub fn count(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let mut counts = BTreeMap::new();
        for verdict in verdicts {
            *counts.entry(verdict).or_insert(0) += 1;
        }
        Self { counts, ..Self::default() }
    }

    /// Whether it is that of a run that came to its end.
    pub const fn is_whole(&self) -> bool {
        self.interrupted.is_none() && self.cut.is_none()
    }
}

/// A record, read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The first line.
    pub header: Header,
    /// The cases, in the order of their names.
    pub cases: Vec<CaseLine>,
    /// How long they took.
    pub durations: Durations,
    /// The last line; absent where the record was cut off.
    pub footer: Option<Footer>,
}

impl Record {
    /// The last line of a run that came to its end.
    pub fn whole(&self) -> Option<&Footer> {
        self.footer.as_ref().filter(|footer| footer.is_whole())
    }

    /// Reads the lines of a record.
    ///
    /// # Errors
    /// Says which line is wrong, and how; of a record of another schema, that and what to do.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().enumerate().map(|(number, line)| {
            serde_json::from_str::<Line>(line)
                .map_err(|error| format!("line {}: {error}", number + 1))
        });
        // One of another schema has other fields.
        if let Some(schema) = text.lines().next().and_then(schema_of)
            && schema != u64::from(SCHEMA)
        {
            return Err(refusal(schema));
        }
        let header = match lines.next() {
            Some(Ok(Line::Run(header))) => header,
            Some(Ok(_)) => return Err("line 1: a record begins with its run".into()),
            Some(Err(error)) => return Err(error),
            None => return Err("it is empty".into()),
        };
        let (cases, durations, footer) = (Vec::new(), Durations::default(), None);
        let mut record = Self { header, cases, durations, footer };
        for line in lines {
            let line = line?;
            if record.footer.is_some() && !matches!(line, Line::Run(_)) {
                return Err("it goes on after its end".into());
            }
            match line {
                Line::Case(case) => record.cases.push(case),
                Line::Durations(more) => {
                    record.durations.microseconds.extend(more.microseconds);
                }
                Line::End(footer) => record.footer = Some(footer),
                Line::Run(_) => return Err("it holds two runs".into()),
            }
        }
        Ok(record)
    }
}

/// The schema that the first line of a record names.
fn schema_of(line: &str) -> Option<u64> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    if value["kind"] != "run" {
        return None;
    }
    value["schema"].as_u64()
}

/// What is said of a record of another schema.
pub fn refusal(schema: u64) -> String {
    let which = if schema < u64::from(SCHEMA) { "an older" } else { "a newer" };
    let what = if schema < u64::from(SCHEMA) {
        "record it again"
    } else {
        "read it with the sigsys it was made with"
    };
    format!(
        "it was written by {which} suite (schema {schema}); this one reads schema {SCHEMA}: {what}"
    )
}

/// The first line of a run of `cases` cases, for tests.
#[cfg(test)]
pub(crate) fn sample_header(cases: usize) -> Header {
    Header {
        schema: SCHEMA,
        suite: SuiteVersion { name: "sample".into(), version: "0".into(), ..Default::default() },
        time: 0,
        kernel: Kernel::default(),
        cases,
        shard: None,
        repeat: None,
        options: BTreeMap::new(),
        faults: Vec::new(),
    }
}

/// A case that came to `verdict`, and of which there is nothing else to say, for tests.
#[cfg(test)]
pub(crate) fn sample_line(name: &str, verdict: Verdict) -> CaseLine {
    CaseLine::new(name, Vec::new(), verdict)
}

#[cfg(test)]
mod tests;
