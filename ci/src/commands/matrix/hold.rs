//! The columns that were run, held against the snapshots.

use super::cache::Cache;
use super::column::Outcome;
use super::table::Row;
use crate::machine::kernels::{Column, System};
use crate::results::cell::Cell;
use crate::results::parse::parse;
use crate::results::ranges::Id;
use crate::results::run_results::Results;
use crate::results::snapshot::check::{Agreement, Checked, Measured, Snapshots};
use harness::describe::{CaseMeta, Description};
use std::collections::BTreeMap;

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
                let Place { id, like } = place(column, &results);
                if let Column::System(System { lacks: Some(declared), .. }) = column {
                    row.undeclared = undeclared(declared, &results, snapshots.description);
                }
                places.push((at, id.name()));
                measured.push(Measured { id, like, results, held: row.held });
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

/// Where a column of the matrix is in the snapshots.
#[derive(Debug)]
struct Place {
    id: Id,
    /// What it is compared with where there is no such column.
    like: Option<Id>,
}

fn place(column: &Column, results: &Results) -> Place {
    match column {
        Column::Kernel(kernel, variant) => {
            let series = Id::kernel(&results.release.series(), &variant.name);
            match kernel.is_own() {
                true => Place { id: Id::System(column.name()), like: Some(series) },
                false => Place { id: series, like: None },
            }
        }
        Column::System(system) => {
            Place { id: Id::System(system.name.replace(' ', "-")), like: None }
        }
    }
}

/// What a system lacks that the list does not declare, and what it lacks no more.
fn undeclared(declared: &[String], results: &Results, description: &Description) -> Option<String> {
    let known: BTreeMap<&str, &CaseMeta> =
        description.cases.iter().map(|case| (case.name.as_str(), case)).collect();
    let is_declared = |need: &&str| declared.iter().any(|own| own == need);
    // A case that ran had what it needs.
    let offered = |need: &&str| {
        results.cases.iter().any(|case| {
            let needs = known.get(case.name.as_str()).map_or(&[][..], |case| &case.needs);
            let lacking = [Cell::lacking(need), Cell::owing(need)];
            let ran = case.cell.lacks().is_none()
                && !results.lacks.iter().any(|(lack, _)| case.cell == Cell::owing(lack));
            ran && !lacking.contains(&case.cell) && needs.iter().any(|own| own == need)
        })
    };
    let is_need = |need: &&str| known.values().any(|case| case.needs.iter().any(|own| own == need));
    let list = |needs: Vec<&str>, what: &str| {
        (!needs.is_empty()).then(|| format!("{what}: {}", needs.join(", ")))
    };
    let lacking = results.lacks.keys().map(String::as_str);
    let declares = || declared.iter().map(String::as_str);
    let parts = [
        list(
            lacking.filter(|need| !is_declared(need)).collect(),
            "lacks what the list does not declare",
        ),
        list(declares().filter(offered).collect(), "has what the list says it lacks"),
        list(
            declares().filter(|need| !is_need(need)).collect(),
            "the list says it lacks what no case needs",
        ),
    ];
    let said: Vec<String> = parts.into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::kernels::Kernel;
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
        assert_eq!(place(&kernel, &sample::newer()).id.name(), "7.3-none");
        let system = toml::from_str("name = 'my board'\ncommand = 'c'").expect("a system");
        assert_eq!(place(&Column::System(system), &sample::newer()).id.name(), "my-board");
        // An own image has a column of its own, and is like its series until there is one.
        let own: Kernel = toml::from_str("name = 'mine'\nimage = '/bzImage'").expect("a kernel");
        let Column::Kernel(_, variant) = &kernel else { panic!("it is a kernel") };
        let own = place(&Column::Kernel(own, variant.clone()), &sample::newer());
        assert_eq!((own.id.name().as_str(), own.id.fault()), ("mine-none", None));
        assert_eq!(own.like.expect("its series").name(), "7.3-none");
        // What a kernel calls itself is not to lead out of a list, nor out of a folder.
        let mut strange = sample::newer();
        strange.release = Release::read("../../etc/x\n");
        let id = place(&kernel, &strange).id;
        assert_eq!((id.name().as_str(), id.fault()), ("-.-etc-x--none", None));
    }
}
