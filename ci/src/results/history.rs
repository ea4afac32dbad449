//! A promise or a case on kernel after kernel.

#[cfg(test)]
mod tests;
pub(crate) mod text;

use super::cell::Cell;
use super::names;
use super::ranges::{self, Id, Series};
use super::run_results::{Results, VIA};
use crate::style;
use harness::describe::Description;
use harness::record::Verdict;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Version of the form; it grows when a reader of the old one would misread the new one.
const SCHEMA: u32 = 1;

/// A promise or cases on kernel after kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Report {
    /// Version of this form: 1.
    pub schema: u32,
    /// What was asked for: a promise, a case, a table of cases or an area.
    pub name: String,
    /// The promises concerned by their ids, where they are not too many, with what they say.
    pub promises: BTreeMap<String, String>,
    /// Every kernel and other system, the oldest first.
    pub columns: Vec<String>,
    /// What a reader must know before believing any of it.
    pub notes: Vec<String>,
    /// Cases that fare alike.
    pub entries: Vec<Entry>,
}

/// Cases that fare alike everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Entry {
    /// The cases.
    pub cases: Vec<Rows>,
    /// What they came to, that of the oldest kernel first.
    pub values: Vec<Value>,
}

/// Cases of one claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Rows {
    /// Suite, area and claim.
    pub claim: String,
    /// The rows; none where it is no table.
    pub rows: Vec<String>,
}

/// What cases came to on some kernels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Value {
    /// Where, in words: `*` for everywhere, else series and ranges of them, each with its variants.
    pub range: String,
    /// Where, one by one.
    pub columns: Vec<String>,
    /// The verdict in words; `no such case` and `not reached` where there is none.
    pub verdict: String,
    /// What was observed, or what is lacking and what the kernel answered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// Whether `name` stands for this case: as its promise, its table, its area, or itself.
pub(crate) fn is_meant(name: &str, case: &str, clauses: &[String]) -> bool {
    let within =
        |front: &str| case.strip_prefix(front).is_some_and(|rest| rest.starts_with(['[', ':']));
    case == name || !name.is_empty() && within(name) || clauses.iter().any(|clause| clause == name)
}

/// What a case came to somewhere, in words.
type Said = (&'static str, String);

/// Where cases came to what.
type Values<'a> = BTreeMap<Said, BTreeSet<&'a Id>>;

/// What `name` came to in each of these results; nothing where none holds it.
pub(crate) fn report(
    name: &str,
    all: &[Results],
    description: Option<&Description>,
) -> Option<Report> {
    let kernels = Kernels::new(all);
    let meant = |(case, known): &(&&str, &Known)| is_meant(name, case, known.clauses);
    let cases: Vec<&str> = kernels.cases.iter().filter(meant).map(|(case, _)| *case).collect();
    let example = kernels.cases[cases.first()?].clauses;
    Some(Report {
        schema: SCHEMA,
        name: name.into(),
        promises: promises(name, example, description),
        entries: kernels.entries(&cases),
        notes: notes(&kernels.columns),
        columns: kernels.columns.keys().map(Id::name).collect(),
    })
}

/// Kernels and other systems in their order, and every case on each of them.
pub(crate) struct Kernels<'a> {
    /// The results by what they are of.
    pub columns: BTreeMap<Id, &'a Results>,
    /// Every case, by name.
    pub cases: BTreeMap<&'a str, Known<'a>>,
}

/// A case on every kernel.
pub(crate) struct Known<'a> {
    /// The promises it tests.
    pub clauses: &'a [String],
    /// What it came to on each, in the order of the columns.
    pub cells: Vec<Option<&'a Cell>>,
}

impl<'a> Kernels<'a> {
    pub(crate) fn new(all: &'a [Results]) -> Self {
        let columns = columns(all);
        let mut cases: BTreeMap<&str, Known> = BTreeMap::new();
        // The first that was named says which promises a case tests.
        for case in all.iter().flat_map(|results| &results.cases) {
            let cells = Vec::new();
            cases.entry(&case.name).or_insert(Known { clauses: &case.clauses, cells });
        }
        for known in cases.values_mut() {
            known.cells = vec![None; columns.len()];
        }
        for (at, results) in columns.values().enumerate() {
            for case in &results.cases {
                if let Some(known) = cases.get_mut(case.name.as_str()) {
                    known.cells[at] = Some(&case.cell);
                }
            }
        }
        Self { columns, cases }
    }

    /// What a reader must know before believing any of it.
    pub(crate) fn notes(&self) -> Vec<String> {
        notes(&self.columns)
    }

    /// What these cases came to; those that fare alike are one entry.
    pub(crate) fn entries(&self, cases: &[&str]) -> Vec<Entry> {
        let mut entries: Vec<(Values, Vec<Rows>)> = Vec::new();
        for case in cases {
            let mut values = Values::new();
            let cells = self.cases.get(case).map_or(&[][..], |known| &known.cells);
            for ((id, results), cell) in self.columns.iter().zip(cells) {
                values.entry(said(results, *cell)).or_default().insert(id);
            }
            let (area, claim, row) = names::split(case);
            let claim = names::join(area, claim, "");
            let row = (!row.is_empty()).then(|| row.to_owned());
            let at = entries.iter().position(|(other, _)| *other == values);
            let at = at.unwrap_or(entries.len());
            if at == entries.len() {
                entries.push((values, Vec::new()));
            }
            let cases = &mut entries[at].1;
            match cases.iter_mut().find(|rows| rows.claim == claim) {
                Some(rows) => rows.rows.extend(row),
                None => cases.push(Rows { claim, rows: row.into_iter().collect() }),
            }
        }
        let domain: BTreeSet<&Id> = self.columns.keys().collect();
        let value = |((verdict, text), ids): (Said, BTreeSet<&Id>)| Value {
            range: ranges::write(&ids, &domain),
            columns: ids.iter().map(|id| id.name()).collect(),
            verdict: verdict.into(),
            text,
        };
        let entries = entries.into_iter().map(|(values, cases)| {
            let mut values: Vec<_> = values.into_iter().collect();
            values.sort_by(|(_, a), (_, b)| a.cmp(b));
            Entry { cases, values: values.into_iter().map(value).collect() }
        });
        entries.collect()
    }
}

/// The results by what they are of; the same kernel a second time is another column.
fn columns(all: &[Results]) -> BTreeMap<Id, &Results> {
    let mut columns = BTreeMap::new();
    for results in all {
        let variant = results.variant.replace(", ", "+").replace(' ', "-");
        let first = match results.variant.strip_prefix(VIA) {
            Some(via) => Id::System(via.split(' ').next().unwrap_or(via).to_owned()),
            None => Id::Kernel(Series::new(&results.release.text), variant.clone()),
        };
        let again = |number: usize| match &first {
            Id::Kernel(series, _) => Id::Kernel(series.clone(), format!("{variant}#{number}")),
            Id::System(name) => Id::System(format!("{name}#{number}")),
        };
        let free = std::iter::once(first.clone()).chain((2..).map(again));
        let id = free.into_iter().find(|id| !columns.contains_key(id)).unwrap_or(first.clone());
        columns.insert(id, results);
    }
    columns
}

/// What a case came to.
fn said(results: &Results, cell: Option<&Cell>) -> Said {
    let Some(cell) = cell else {
        let words = if results.cut_off.is_some() { "not reached" } else { "no such case" };
        return (words, String::new());
    };
    let text = match cell.lacks() {
        Some(need) => results.lacks.get(need).cloned().unwrap_or_else(|| need.to_owned()),
        None => cell.text.clone(),
    };
    (cell.words(), text)
}

/// What there is to know of the promise, or of those of a case; an area has too many to name.
fn promises(
    name: &str,
    example: &[String],
    description: Option<&Description>,
) -> BTreeMap<String, String> {
    let own = [name.to_owned()];
    let cited: &[String] = match example.iter().any(|clause| clause == name) {
        true => &own,
        false if name.matches("::").count() < 2 => &[],
        false => example,
    };
    let text = |id: &String| {
        let clause = description.and_then(|all| all.clauses.iter().find(|clause| clause.id == *id));
        clause.map_or(String::new(), |clause| match clause.since.as_str() {
            "" => clause.promise.clone(),
            since => format!("{} (since {since})", clause.promise),
        })
    };
    cited.iter().map(|id| (id.clone(), text(id))).collect()
}

fn notes(columns: &BTreeMap<Id, &Results>) -> Vec<String> {
    let cut = columns.iter().filter_map(|(id, results)| {
        let cases = style::plural(results.cut_off?, "cases");
        let so_far = results.cases.len();
        Some(format!("{}: the record was cut off after {so_far} of {cases}", id.name()))
    });
    let suites: BTreeSet<&str> =
        columns.values().filter_map(|results| results.suite.as_deref()).collect();
    let other = (suites.len() > 1).then(|| {
        let suites = suites.into_iter().collect::<Vec<_>>().join(", ");
        format!("the records are of different suites: {suites}")
    });
    cut.chain(other).collect()
}

/// The style of a verdict in words.
pub(super) fn style_of(words: &str) -> anstyle::Style {
    let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.words() == words);
    verdict.map_or(style::FAINT, style::of)
}
