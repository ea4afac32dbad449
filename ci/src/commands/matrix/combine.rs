//! The rows of the report: what was measured in each column, with what is taken over from another.

use super::cache::Cache;
use super::column::{self, Ended, Outcome};
use super::run::base_of;
use super::table::Row;
use crate::machine::kernels::Column;
use crate::results::run_record::{self, RunRecord};
use crate::results::taken;
use crate::style::plural;
use harness::describe::{CaseMeta, Description};
use harness::record::Record;
use std::collections::BTreeMap;

/// A row for each column. A column that measured a part gets the rest from its base, and a record of both
/// where a user looks for one.
pub(super) fn rows(columns: &[Column], ended: Vec<Ended>, cache: &Cache) -> Vec<Row> {
    let mut rows: Vec<Row> = columns
        .iter()
        .zip(ended)
        .map(|(column, (outcome, tally))| Row {
            name: column.name(),
            variant: match column {
                Column::Kernel(_, variant) => Some(variant.name.clone()),
                Column::System(_) => None,
            },
            own: matches!(column, Column::Kernel(kernel, _) if kernel.is_own()),
            held: column.is_held(),
            gated: column.is_gated(),
            record: read(cache, column, &outcome),
            outcome,
            tally,
            agreement: None,
            undeclared: None,
            assumed: Vec::new(),
        })
        .collect();
    for (at, column) in columns.iter().enumerate() {
        if !matches!(&rows[at].outcome, Outcome::Done(kept, _) if kept.part) {
            continue;
        }
        let base = base_of(columns, column).map(|base| &rows[base]);
        let Some(own) = rows[at].record.clone() else { continue };
        match take_over(&own, base, &rows[at].name, cache) {
            Ok(whole) => rows[at].record = Some(whole),
            Err(outcome) => rows[at].outcome = outcome_of(outcome, &rows[at].outcome),
        }
    }
    rows
}

/// The record of a column with all that its base has and it has not.
fn take_over(own: &Record, base: Option<&Row>, name: &str, cache: &Cache) -> Result<Record, Why> {
    let base = base.ok_or_else(|| Why::Lacking("its base was not run".into()))?;
    let whole = match (&base.outcome, &base.record) {
        (Outcome::Done(..), Some(record)) => taken::over(own, record, &base.name),
        (Outcome::Interrupted, _) => return Err(Why::Interrupted),
        _ => Err(format!("{} has no whole record", base.name)),
    };
    let write = |record: &Record, path| {
        let written = run_record::write(&RunRecord::from(record.clone()), path);
        written.map_err(|error| Why::Lost(format!("the record cannot be kept: {error}")))
    };
    match whole {
        Ok(whole) => {
            write(&whole, &cache.record(name))?;
            Ok(whole)
        }
        Err(why) => {
            write(own, &cache.cut(name))?;
            let measured = plural(own.cases.len(), "cases");
            Err(Why::Lacking(format!("it measured {measured}, and {why} to take the rest from")))
        }
    }
}

/// Why a column has not got the rest of its cases.
enum Why {
    Interrupted,
    /// Its own are there.
    Lacking(String),
    Lost(String),
}

fn outcome_of(why: Why, own: &Outcome) -> Outcome {
    let status = match own {
        Outcome::Done(kept, _) => kept.status,
        _ => 0,
    };
    match why {
        Why::Interrupted => Outcome::Interrupted,
        Why::Lacking(why) => Outcome::Cut(why, status),
        Why::Lost(why) => Outcome::NoAnswer(why),
    }
}

fn read(cache: &Cache, column: &Column, outcome: &Outcome) -> Option<Record> {
    let name = column.name();
    match outcome {
        Outcome::Done(kept, _) => column::read(&cache.record(&kept.slot(&name))).ok(),
        Outcome::Cut(..) => column::read(&cache.cut(&name)).ok(),
        _ => None,
    }
}

/// Notes the cases that a variant which ran everything changes, and that the list says it cannot.
pub(super) fn assumptions(rows: &mut [Row], columns: &[Column], description: &Description) {
    let cases: BTreeMap<&str, &CaseMeta> =
        description.cases.iter().map(|case| (case.name.as_str(), case)).collect();
    for (at, column) in columns.iter().enumerate() {
        let (Column::Kernel(_, variant), Some(base)) = (column, base_of(columns, column)) else {
            continue;
        };
        let (Some(own), Some(base)) = (whole(&rows[at]), whole(&rows[base])) else { continue };
        let may = |name: &str| cases.get(name).is_none_or(|case| variant.can_differ(case));
        rows[at].assumed = taken::wrongly_assumed(own, base, may);
    }
}

/// The record of a column that measured all of it.
fn whole(row: &Row) -> Option<&Record> {
    match &row.outcome {
        Outcome::Done(kept, _) if !kept.part => row.record.as_ref(),
        _ => None,
    }
}
