//! The site of what the matrix measured: `sigsys report` of the columns of this run.

use super::cache::Cache;
use super::column::Outcome;
use super::table::Row;
use crate::commands::report;
use crate::error::Refusal;
use crate::results::parse;
use crate::results::run_results::Results;
use harness::describe::Description;

/// Writes the site; gives the line that says where it is, nothing where no column has a record.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write(
    rows: &[Row],
    cache: &Cache,
    description: &Description,
) -> Result<Option<String>, Refusal> {
    let all: Vec<Results> = rows.iter().filter_map(results).collect();
    let folder = cache.site();
    let site = report::write(&folder, &all, Some(description))?;
    Ok(site.map(|site| report::said(&folder, &site)))
}

/// What a column did. Of another system, what differs from run to run is not known.
fn results(row: &Row) -> Option<Results> {
    if !matches!(row.outcome, Outcome::Done(..) | Outcome::Cut(..)) {
        return None;
    }
    let results = parse::of_record(row.record.clone()?).ok()?;
    Some(if row.held { results } else { results.without_the_unsteady(None) })
}
