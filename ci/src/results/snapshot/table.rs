//! The outcome of every case in every column.

use crate::results::cell::Cell;
use crate::results::names;
use crate::results::ranges::Id;
use crate::results::release::Release;
use crate::results::run_results::{OWED, Outcome, Results, VIA};
use harness::describe::Description;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of a column as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Column {
    /// A system's version; nothing of a kernel.
    pub version: String,
    /// How it was started: `vsyscall=xonly, clocksource=jiffies`.
    pub started: String,
    /// Why each need is not met, by its name, in the suite's words; after [`OWED`] where it must be met.
    pub lacks: BTreeMap<String, String>,
}

/// A case in all columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Case {
    /// The promises it tests.
    pub clauses: Vec<String>,
    /// What it needs, in the order in which that is asked for.
    pub needs: Vec<String>,
    /// Its outcome in each column where it was run.
    pub cells: BTreeMap<Id, Cell>,
}

/// The outcome of every case in every column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub columns: BTreeMap<Id, Column>,
    /// By name.
    pub cases: BTreeMap<String, Case>,
}

/// How what was measured in a column compares with what was known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Compared {
    /// Cases whose outcome changed.
    pub changed: Vec<String>,
    /// Cases that are new in the column, or no longer in it.
    pub other: Vec<String>,
    /// Cases that were steady and are not any more.
    pub unsteady: Vec<String>,
    /// Whether it lacks something else, or was started otherwise, or is of another version.
    pub column: bool,
}

impl Compared {
    /// Whether all is as it was known.
    pub(crate) const fn is_same(&self) -> bool {
        self.changed.is_empty() && self.other.is_empty() && !self.column
    }

    /// What is not as it was known, in words.
    pub(crate) fn say(&self) -> String {
        let mut parts = Vec::new();
        let mut part = |names: &[String], what: &str| {
            if !names.is_empty() {
                let cases = crate::style::plural(names.len(), "cases");
                parts.push(format!("{cases} {what}: {}", names::listed(names)));
            }
        };
        part(&self.changed, "came to something else");
        part(&self.other, "new or gone");
        part(&self.unsteady, "unsteady now");
        if self.column {
            parts.push("what it lacks, its version or how it was started".into());
        }
        parts.join("; ")
    }
}

impl Table {
    /// What follows from a case's needs in a column: that it is not offered, or should be.
    pub(crate) fn implied(&self, case: &Case, id: &Id) -> Option<Cell> {
        let lacks = &self.columns.get(id)?.lacks;
        let (need, reason) = case.needs.iter().find_map(|need| Some((need, lacks.get(need)?)))?;
        Some(if reason.starts_with(OWED) { Cell::owing(need) } else { Cell::lacking(need) })
    }

    /// Adds what follows from needs where nothing else is known; a case of which nothing is known at all is
    /// none.
    pub(crate) fn complete(&mut self) {
        let ids: Vec<Id> = self.columns.keys().cloned().collect();
        let mut cases = std::mem::take(&mut self.cases);
        for case in cases.values_mut() {
            for id in &ids {
                if !case.cells.contains_key(id)
                    && let Some(cell) = self.implied(case, id)
                {
                    case.cells.insert(id.clone(), cell);
                }
            }
        }
        cases.retain(|_, case| !case.cells.is_empty());
        self.cases = cases;
    }

    /// Takes promises and needs from the suite; gives the cases that it does not hold any more, which are
    /// left out, and whether promises or needs of others changed.
    pub(crate) fn describe(&mut self, description: &Description) -> (Vec<String>, bool) {
        let known: BTreeMap<&str, _> =
            description.cases.iter().map(|case| (case.name.as_str(), case)).collect();
        let gone: Vec<String> =
            self.cases.keys().filter(|name| !known.contains_key(name.as_str())).cloned().collect();
        self.cases.retain(|name, _| known.contains_key(name.as_str()));
        let mut changed = false;
        for (name, text) in known {
            if let Some(case) = self.cases.get_mut(name) {
                changed |= case.clauses != text.clauses || case.needs != text.needs;
            }
            let case = self.cases.entry(name.to_owned()).or_default();
            (case.clauses, case.needs) = (text.clauses.clone(), text.needs.clone());
        }
        (gone, changed)
    }

    /// Lays what was measured over a column.
    pub(crate) fn lay(&mut self, id: &Id, results: &Results) -> Compared {
        let column = Column {
            version: match id {
                Id::Kernel(..) => String::new(),
                Id::System(name) => version(&results.variant, name),
            },
            started: started(&results.title),
            lacks: results.lacks.clone(),
        };
        let old = self.columns.insert(id.clone(), column.clone());
        let mut compared = Compared { column: old != Some(column), ..Compared::default() };
        let mut before: BTreeMap<String, Cell> = BTreeMap::new();
        for (name, case) in &mut self.cases {
            if let Some(cell) = case.cells.remove(id) {
                before.insert(name.clone(), cell);
            }
        }
        for outcome in &results.cases {
            match before.remove(&outcome.name) {
                Some(old) if old == outcome.cell => {}
                Some(old) => {
                    if outcome.cell.unsteady && !old.unsteady {
                        compared.unsteady.push(outcome.name.clone());
                    }
                    compared.changed.push(outcome.name.clone());
                }
                None => compared.other.push(outcome.name.clone()),
            }
            let case = self.cases.entry(outcome.name.clone()).or_default();
            case.cells.insert(id.clone(), outcome.cell.clone());
        }
        compared.other.extend(before.into_keys());
        compared
    }

    /// Takes out a column, and cases that are of no other.
    pub(crate) fn forget(&mut self, id: &Id) {
        self.columns.remove(id);
        for case in self.cases.values_mut() {
            case.cells.remove(id);
        }
        self.cases.retain(|_, case| !case.cells.is_empty());
    }

    /// A column as the results of a run.
    pub(crate) fn results(&self, id: &Id) -> Option<Results> {
        let column = self.columns.get(id)?;
        let cases = self.cases.iter().filter_map(|(name, case)| {
            Some(Outcome {
                name: name.clone(),
                clauses: case.clauses.clone(),
                cell: case.cells.get(id)?.clone(),
                known: String::new(),
            })
        });
        let (release, variant) = match id {
            Id::Kernel(series, variant) => (series.text().to_owned(), variant.clone()),
            Id::System(name) => (name.clone(), format!("{VIA}{name} {}", column.version)),
        };
        let title = match id {
            Id::Kernel(series, _) => format!("Linux {}, {}", series.text(), column.started),
            Id::System(name) => format!("{name} {}", column.version).trim_end().to_owned(),
        };
        Some(Results {
            title,
            release: Release::read(&release),
            variant: variant.trim_end().to_owned(),
            suite: None,
            cases: cases.collect(),
            lacks: column.lacks.clone(),
            cut_off: None,
        })
    }

    /// The column that `name` means: `6.1-none`, `gvisor`; a series alone as it is started by default.
    pub(crate) fn find(&self, name: &str) -> Option<&Id> {
        let usual = format!("{name}-xonly");
        let is_meant = |id: &&Id, name: &str| id.name() == name;
        let with_version = |id: &&Id| {
            let version = &self.columns[*id].version;
            !version.is_empty() && format!("{}-{version}", id.name()) == name
        };
        let mut ids = self.columns.keys();
        ids.clone()
            .find(|id| is_meant(id, name))
            .or_else(|| ids.clone().find(|id| is_meant(id, &usual)))
            .or_else(|| ids.find(with_version))
    }

    /// The nearest older series that is there in the same variant.
    pub(crate) fn older(&self, id: &Id) -> Option<&Id> {
        let Id::Kernel(own, variant) = id else { return None };
        let is_older = |other: &&Id| match other {
            Id::Kernel(series, other) => series < own && other == variant,
            Id::System(_) => false,
        };
        self.columns.keys().rfind(is_older)
    }

    /// The cells of a case, sorted by what follows from its needs: those of columns that offer it, and
    /// those of columns that do not and have something else all the same.
    pub(super) fn split<'a>(&'a self, case: &'a Case) -> Split<'a> {
        let mut split = Split::default();
        for id in self.columns.keys() {
            let implied = self.implied(case, id);
            match &implied {
                None => split.offering.insert(id),
                Some(_) => split.lacking.insert(id),
            };
            if let Some(cell) = case.cells.get(id).filter(|cell| Some(*cell) != implied.as_ref()) {
                let values =
                    if implied.is_none() { &mut split.values } else { &mut split.exceptions };
                values.entry(cell).or_default().insert(id);
            }
        }
        split
    }
}

/// What is written of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Split<'a> {
    /// Columns that have what the case needs.
    pub offering: BTreeSet<&'a Id>,
    /// Those that have not.
    pub lacking: BTreeSet<&'a Id>,
    /// Its outcomes in the former.
    pub values: BTreeMap<&'a Cell, BTreeSet<&'a Id>>,
    /// Its outcomes in the latter that do not follow from the need.
    pub exceptions: BTreeMap<&'a Cell, BTreeSet<&'a Id>>,
}

/// How it was started, in a kernel's title: what comes after its name.
fn started(title: &str) -> String {
    let parts = title.split(", ").skip(1).filter(|part| !part.starts_with(VIA));
    parts.collect::<Vec<_>>().join(", ")
}

/// The version in `via NAME VERSION`.
fn version(variant: &str, name: &str) -> String {
    let via = variant.strip_prefix(VIA).unwrap_or_default();
    via.strip_prefix(name).unwrap_or_default().trim().to_owned()
}
