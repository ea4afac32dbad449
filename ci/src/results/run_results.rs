//! What a kernel did, case by case, as a record or a snapshot tells it.
//!
//! A snapshot holds what later runs on the same series can be held against and nothing else, so a
//! record that is read for a comparison is reduced to the same ([`Cell::of`]): its results differ from
//! those of its own snapshot in the title alone.

use super::cell::Cell;
use super::names::claim;
use super::release::Release;
use harness::record::Verdict;
use std::collections::{BTreeMap, BTreeSet};

/// How the variant begins of what is not Linux.
pub(crate) const VIA: &str = "via ";

/// How the reason begins for which a need is not met that must be met.
pub(crate) const OWED: &str = "violated: ";

/// The results of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Results {
    /// The kernel in one line.
    pub title: String,
    /// Which kernel it is.
    pub release: Release,
    /// How it was started: how the vsyscall page was, `unknown` where nothing says so, and the
    /// clocksource where it is not a usual one; or what answered in Linux's place.
    pub variant: String,
    /// Name and version of the suite; a snapshot does not hold it.
    pub suite: Option<String>,
    /// The cases, in the order of their names.
    pub cases: Vec<Outcome>,
    /// Why each need is not met, by its name, in the suite's words; after [`OWED`] where it must be met.
    pub lacks: BTreeMap<String, String>,
    /// How many cases there should be, where the record was cut off.
    pub cut_off: Option<usize>,
}

/// What became of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Its name.
    pub name: String,
    /// The promises it tests.
    pub clauses: Vec<String>,
    /// What became of it.
    pub cell: Cell,
    /// Why it deviates, where it does and the record says so; a snapshot does not hold it.
    pub known: String,
}

impl Outcome {
    /// Its name without the row of a table.
    pub(crate) fn claim(&self) -> &str {
        claim(&self.name)
    }
}

impl Results {
    /// Marks as unsteady what another system does otherwise each time: a time-out or a failed set-up
    /// says how fast or how busy it was, not what it does; and so is what was found unsteady `before`.
    /// What it answers wrong, or ends a case with, stays as it is.
    pub(crate) fn without_the_unsteady(mut self, before: Option<&Self>) -> Self {
        let known: BTreeSet<&str> = before.map_or_else(BTreeSet::new, |before| {
            let unsteady = before.cases.iter().filter(|case| case.cell.unsteady);
            unsteady.map(|case| case.name.as_str()).collect()
        });
        for case in &mut self.cases {
            let accident = matches!(case.cell.verdict, Verdict::TimedOut | Verdict::Broken);
            if accident || known.contains(case.name.as_str()) {
                case.cell = Cell::unsteady();
                case.known.clear();
            }
        }
        self.lacks.retain(|need, _| {
            let lacking = [Cell::lacking(need), Cell::owing(need)];
            self.cases.iter().any(|case| lacking.contains(&case.cell))
        });
        self
    }

    /// Puts the cases into the order of their names.
    ///
    /// # Errors
    /// When one is there twice.
    pub(crate) fn sorted(mut self) -> Result<Self, String> {
        self.cases.sort_by(|a, b| a.name.cmp(&b.name));
        match self.cases.windows(2).find(|pair| pair[0].name == pair[1].name) {
            Some(pair) => Err(format!("it holds {} twice", pair[0].name)),
            None => Ok(self),
        }
    }
}
