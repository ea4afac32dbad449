//! Compares results with the snapshots: what was measured is laid over what is stored, and texts that change
//! are written.

use super::folder::{self, Changed};
use crate::results::ranges::Id;
use crate::results::run_results::Results;
use crate::style;
use harness::describe::Description;
use std::path::Path;

/// The outcome of comparing one column with the snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Agreement {
    /// It is as the snapshots say.
    Same,
    /// It is not; what changed.
    Differs(String),
    /// They say nothing of this column; how it compares with the nearest older series.
    New(Option<String>),
    /// They say this now.
    Accepted,
    /// The snapshots cannot be used, or the new ones cannot be written; why.
    Fault(String),
}

/// A system and what matters of its version.
pub(crate) fn with_version(system: &str, version: &str) -> String {
    match number(version) {
        Some(number) => format!("{system} {number}"),
        None => system.to_owned(),
    }
}

/// The first two numbers of the first word that has a dot between digits; leading noughts say nothing.
fn number(version: &str) -> Option<String> {
    let words = version.split(|c: char| !(c.is_ascii_digit() || ".~".contains(c)));
    let word =
        words.map(|word| word.trim_matches(['.', '~'])).find(|word| word.contains(['.', '~']))?;
    let parts = word.split(['.', '~']).skip_while(|part| *part == "0");
    let shown: Vec<&str> = parts.take(2).collect();
    (!shown.is_empty()).then(|| shown.join("."))
}

/// What was measured in one column.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub id: Id,
    /// What it is compared with where there is no column of its own: it is not shown as a new one then.
    pub like: Option<Id>,
    pub results: Results,
    /// Whether it is held to Linux's promises; what is not is not held to being steady either.
    pub held: bool,
}

/// Snapshots, and what is done with them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Snapshots<'a> {
    /// The folder they are in.
    pub folder: &'a Path,
    /// Take what was measured as the snapshots.
    pub accept: bool,
    /// What the suite holds.
    pub description: &'a Description,
}

/// The outcome of comparing all columns with the snapshots.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// One per column that was measured.
    pub agreements: Vec<Agreement>,
    /// The texts that are other ones now.
    pub texts: Vec<Changed>,
    /// Cases that the suite does not hold any more.
    pub gone: Vec<String>,
    /// Whether promises or needs of cases are others than in the snapshots.
    pub redescribed: bool,
}

impl Checked {
    /// Whether the snapshots are of another suite than this.
    pub(crate) const fn is_stale(&self) -> bool {
        self.redescribed || !self.gone.is_empty()
    }
}

impl Snapshots<'_> {
    /// Compares what was measured with the snapshots.
    pub(crate) fn check(self, measured: &[Measured]) -> Checked {
        let fault = |why: String| Checked {
            agreements: vec![Agreement::Fault(why); measured.len()],
            ..Checked::default()
        };
        let stored = match folder::load(self.folder) {
            Ok(stored) => stored,
            Err(why) => return fault(why),
        };
        let mut table = stored.table.clone();
        let mut checked = Checked::default();
        (checked.gone, checked.redescribed) = table.describe(self.description);
        let mut laid = false;
        for Measured { id, like, results, held } in measured {
            if let Some(why) = id.fault() {
                checked.agreements.push(Agreement::Fault(why));
                continue;
            }
            if results.cut_off.is_some() {
                let why = "a record that was cut off makes no snapshot".into();
                checked.agreements.push(Agreement::Fault(why));
                continue;
            }
            let old = stored.table.results(id);
            let results = match held {
                true => results.clone(),
                false => results.clone().without_the_unsteady(old.as_ref()),
            };
            let older = match like {
                Some(like) if stored.table.columns.contains_key(like) => Some(like.clone()),
                like => table.older(like.as_ref().unwrap_or(id)).cloned(),
            };
            // Beside the kernels of the list, somebody's own is not to be stored unless that is said.
            let mut aside =
                (like.is_some() && old.is_none() && !self.accept).then(|| table.clone());
            laid |= aside.is_none();
            let table = aside.as_mut().unwrap_or(&mut table);
            let compared = table.lay(id, &results);
            checked.agreements.push(match old {
                _ if self.accept => Agreement::Accepted,
                Some(_) if compared.is_same() => Agreement::Same,
                Some(_) => Agreement::Differs(compared.say()),
                None => Agreement::New(older.map(|older| {
                    let cells = table.cases.values().map(|case| &case.cells);
                    let other = cells.filter(|cells| cells.get(id) != cells.get(&older)).count();
                    let cases = style::plural(other, "cases");
                    format!("{cases} came to something else than on {}", older.name())
                })),
            });
        }
        if !laid {
            return checked;
        }
        table.complete();
        match folder::store(self.folder, &stored, &table, self.accept) {
            Ok(texts) => checked.texts = texts,
            Err(why) => return fault(why),
        }
        checked
    }
}

#[cfg(test)]
mod tests;
