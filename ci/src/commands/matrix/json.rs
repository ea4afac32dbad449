//! `sigsys matrix --format json`: the report as one document.

use super::column::{Outcome, Source};
use super::table::Row;
use crate::results::release::Release;
use crate::results::snapshot::check::{Agreement, Checked};
use crate::results::taken;
use crate::results::tally::Tally;
use harness::record::{Footer, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;

/// The whole report.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Document<'a> {
    /// Version of this form: 1.
    schema: u32,
    columns: Vec<Column<'a>>,
    /// The boots of all columns.
    boots: Tally,
    /// Cases of the snapshots that the suite does not hold any more.
    gone: &'a [String],
    /// Texts of snapshots that are other ones now.
    texts: Vec<String>,
}

/// A column.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Column<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<String>,
    /// Whether what it breaks fails the run, and whether a difference from its snapshot does.
    held: bool,
    gated: bool,
    /// `run`, `kept`, `not_available`, `no_answer`, `not_whole` or `interrupted`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    boots: Tally,
    /// Verdicts by their name, those that were taken over included.
    counts: BTreeMap<Verdict, usize>,
    /// How many verdicts were measured, and how many are taken over from another column.
    measured: usize,
    taken_over: usize,
    notes: &'a [String],
    /// The comparison with its snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<Snapshot<'a>>,
    /// What it lacks, or lacks no more, against the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    undeclared: Option<&'a str>,
    /// Cases that its variant changes, although the list says that it cannot.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    #[cfg_attr(test, schemars(default))]
    wrongly_assumed: &'a [String],
}

/// The comparison of a column with its snapshot.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Snapshot<'a> {
    name: &'a str,
    /// `same`, `differs`, `new`, `accepted` or `unusable`.
    agreement: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<&'a str>,
}

/// The report on `rows`, in one line.
pub(super) fn document(rows: &[Row], checked: Option<&Checked>) -> String {
    let mut boots = Tally::default();
    rows.iter().for_each(|row| boots += row.tally);
    let texts = checked.map_or(&[][..], |checked| checked.texts.as_slice());
    let document = Document {
        schema: 1,
        columns: rows.iter().map(column).collect(),
        boots,
        gone: checked.map_or(&[], |checked| checked.gone.as_slice()),
        texts: texts.iter().map(|text| text.path.display().to_string()).collect(),
    };
    serde_json::to_string(&document).unwrap_or_default()
}

fn column(row: &Row) -> Column<'_> {
    let (outcome, why, seconds, notes): (_, _, _, &[String]) = match &row.outcome {
        Outcome::Done(kept, Source::Run) => ("run", None, Some(kept.seconds), &kept.notes),
        Outcome::Done(kept, Source::Kept) => ("kept", None, Some(kept.seconds), &kept.notes),
        Outcome::NotAvailable(why) => ("not_available", Some(why), None, &[]),
        Outcome::NoAnswer(why) => ("no_answer", Some(why), None, &[]),
        Outcome::Cut(why, _) => ("not_whole", Some(why), None, &[]),
        Outcome::Interrupted => ("interrupted", None, None, &[]),
    };
    let record = row.record.as_ref();
    let kernel = record.map(|record| &record.header.kernel);
    let cases = record.map_or(&[][..], |record| record.cases.as_slice());
    let taken_over = record.map_or(0, taken::count);
    Column {
        name: &row.name,
        variant: row.variant.as_deref(),
        release: kernel.map(|kernel| kernel.release.as_str()),
        series: kernel.filter(|_| row.variant.is_some()).map(|own| Release::of(own).series()),
        held: row.held,
        gated: row.gated,
        outcome,
        why: why.map(String::as_str),
        seconds,
        boots: row.tally,
        counts: Footer::count(cases.iter().map(|case| case.verdict)).counts,
        measured: cases.len() - taken_over,
        taken_over,
        notes,
        snapshot: row.agreement.as_ref().map(|(name, agreement)| snapshot(name, agreement)),
        undeclared: row.undeclared.as_deref(),
        wrongly_assumed: &row.assumed,
    }
}

fn snapshot<'a>(name: &'a str, agreement: &'a Agreement) -> Snapshot<'a> {
    let (agreement, what) = match agreement {
        Agreement::Same => ("same", None),
        Agreement::Differs(what) => ("differs", Some(what.as_str())),
        Agreement::New(older) => ("new", older.as_deref()),
        Agreement::Accepted => ("accepted", None),
        Agreement::Fault(why) => ("unusable", Some(why.as_str())),
    };
    Snapshot { name, agreement, what }
}

#[cfg(test)]
mod tests;
