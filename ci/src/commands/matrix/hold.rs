//! The columns that were run, held against the snapshots.

use super::cache::Cache;
use super::column::Outcome;
use super::table::Row;
use crate::machine::kernels::Column;
use crate::results::parse::parse;
use crate::results::ranges::Id;
use crate::results::run_results::Results;
use crate::results::snapshot::check::{Agreement, Checked, Measured, Snapshots};

/// Holds the rows against the snapshots.
pub(super) fn hold(
    rows: &mut [Row],
    columns: &[Column],
    cache: &Cache,
    snapshots: Snapshots,
) -> Checked {
    let mut measured = Vec::new();
    let mut places = Vec::new();
    for (at, (row, column)) in rows.iter_mut().zip(columns).enumerate() {
        if !matches!(row.outcome, Outcome::Done(..)) {
            continue;
        }
        let text =
            std::fs::read_to_string(cache.record(&row.name)).map_err(|error| error.to_string());
        match text.and_then(|text| parse(&text)) {
            Ok(results) => {
                let id = snapshot_column(column, &results);
                places.push((at, id.name()));
                measured.push(Measured { id, results, held: row.held });
            }
            Err(why) => row.agreement = Some((row.name.clone(), Agreement::Fault(why))),
        }
    }
    let checked = snapshots.check(&measured);
    for ((at, name), agreement) in places.into_iter().zip(&checked.agreements) {
        rows[at].agreement = Some((name, agreement.clone()));
    }
    checked
}

/// The column of the snapshots that a column of the matrix is.
fn snapshot_column(column: &Column, results: &Results) -> Id {
    match column {
        Column::Kernel(_, variant) => Id::kernel(&results.release.series(), &variant.name),
        Column::System(system) => Id::System(system.name.replace(' ', "-")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::release::Release;
    use crate::results::sample;

    #[test]
    fn a_column_is_named_after_what_it_is_of() {
        let kernel = "name = '6.1'\nsuites = []\npackage = 'p'";
        let variant = "name = 'none'\nappend = 'vsyscall=none'";
        let kernel = Column::Kernel(
            toml::from_str(kernel).expect("a kernel"),
            toml::from_str(variant).expect("a variant"),
        );
        assert_eq!(snapshot_column(&kernel, &sample::newer()).name(), "7.3-none");
        let system = toml::from_str("name = 'my board'\ncommand = 'c'").expect("a system");
        assert_eq!(snapshot_column(&Column::System(system), &sample::newer()).name(), "my-board");
        // What a kernel calls itself is not to lead out of a list, nor out of a folder.
        let mut strange = sample::newer();
        strange.release = Release::read("../../etc/x\n");
        let id = snapshot_column(&kernel, &strange);
        assert_eq!((id.name().as_str(), id.fault()), ("-.-etc-x--none", None));
    }
}
