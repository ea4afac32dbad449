//! What changed between two kernels, as it is printed, in whatever format.

use crate::error::{DIFFERENT, USAGE};
use crate::results::cell::Cell;
use crate::results::names;
use crate::results::run_results::Outcome;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Version of the form; it grows when a reader of the old one would misread the new one.
pub(super) const SCHEMA: u32 = 1;

/// What changed between two kernels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Report {
    /// Version of this form: 1.
    pub schema: u32,
    /// The first of them.
    pub from: Side,
    /// The second.
    pub to: Side,
    /// How many cases both have that can be compared.
    pub compared: usize,
    /// What a reader must know before believing any of it.
    pub notes: Vec<String>,
    /// What is offered by one of them, or lacking for different reasons: one entry per need.
    pub offers: Vec<Offer>,
    /// What changed otherwise.
    pub changes: Vec<Change>,
    /// Cases that only the first has.
    pub only_from: Vec<Only>,
    /// Cases that only the second has.
    pub only_to: Vec<Only>,
}

/// One of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Side {
    /// The kernel, and how it was started.
    pub title: String,
    /// Whether the record was cut off before its end.
    pub cut_off: bool,
}

/// What happened to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Offering {
    /// It is offered now.
    Offered,
    /// It is no longer offered.
    Withdrawn,
    /// It is lacking as before, for another reason.
    Otherwise,
}

/// Cases for which one need decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Offer {
    /// What happened to it.
    pub change: Offering,
    /// What the first lacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Lacking>,
    /// What the second lacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Lacking>,
    /// How many cases.
    pub cases: usize,
    /// What they come to where they run.
    pub verdicts: BTreeMap<String, usize>,
    /// The promises that are tested on one side alone.
    pub promises: Vec<String>,
}

/// A need that is not met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Lacking {
    /// Its name.
    pub need: String,
    /// What it is.
    pub what: String,
    /// What the kernel answered.
    pub answer: String,
}

/// Cases of one table that changed alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Change {
    /// Suite, area and claim.
    pub claim: String,
    /// The rows; none where it is no table.
    pub rows: Vec<String>,
    /// The promises they test.
    pub promises: Vec<String>,
    /// What the first did.
    pub before: Value,
    /// What the second did.
    pub after: Value,
    /// Why one of them is known to deviate.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub known: String,
}

/// What a kernel did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Value {
    /// The verdict in words.
    pub verdict: String,
    /// What was observed; where nothing ran, the need that is lacking.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// Cases that one of the two has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Only {
    /// Suite, area and claim.
    pub claim: String,
    /// How many cases of it.
    pub cases: usize,
}

impl Report {
    /// Whether nothing differs. What one lacks because it was cut off is no difference.
    pub(super) const fn is_empty(&self) -> bool {
        self.offers.is_empty()
            && self.changes.is_empty()
            && (self.only_from.is_empty() || self.to.cut_off)
            && (self.only_to.is_empty() || self.from.cut_off)
    }

    /// The exit status, where that is to say whether there is a difference.
    pub(crate) const fn status(&self) -> u8 {
        match (self.is_empty(), self.from.cut_off || self.to.cut_off) {
            (false, _) => DIFFERENT,
            (true, false) => 0,
            (true, true) => USAGE,
        }
    }

    /// How many cases changed otherwise than in what is offered to them.
    pub(super) fn changed(&self) -> usize {
        self.changes.iter().map(|change| change.rows.len().max(1)).sum()
    }
}

impl Lacking {
    /// A need and `WHAT: ANSWER`.
    pub(super) fn new((need, reason): (&str, &str)) -> Self {
        let (what, answer) = reason.split_once(": ").unwrap_or((need, reason));
        Self { need: need.into(), what: what.into(), answer: answer.into() }
    }

    fn words(&self) -> String {
        if self.what == self.need {
            return self.need.clone();
        }
        format!("{} ({})", self.what, self.need)
    }
}

impl Offer {
    /// What this is about, in the words of the suite.
    pub(super) fn what(&self) -> String {
        match (&self.before, &self.after) {
            (Some(from), Some(to)) if from.need != to.need => {
                format!("{} → {}", from.words(), to.words())
            }
            (Some(lacking), _) | (None, Some(lacking)) => lacking.words(),
            (None, None) => String::new(),
        }
    }

    /// `4 cases: 3 holds, 1 deviates`
    pub(super) fn counts(&self) -> String {
        let cases = crate::style::plural(self.cases, "cases");
        if self.verdicts.is_empty() {
            return cases;
        }
        let parts: Vec<String> =
            self.verdicts.iter().map(|(words, count)| format!("{count} {words}")).collect();
        format!("{cases}: {}", parts.join(", "))
    }
}

impl Change {
    pub(super) fn new(from: &Outcome, to: &Outcome, known: String) -> Self {
        let (area, claim, row) = names::split(&to.name);
        let (before, after) = values(&from.cell, &to.cell);
        Self {
            claim: names::join(area, claim, ""),
            rows: if row.is_empty() { Vec::new() } else { vec![row.into()] },
            promises: to.clauses.clone(),
            before,
            after,
            known,
        }
    }

    pub(super) fn is_alike(&self, other: &Self) -> bool {
        (&self.claim, &self.promises, &self.before, &self.after, &self.known)
            == (&other.claim, &other.promises, &other.before, &other.after, &other.known)
    }
}

impl Value {
    fn new(cell: &Cell, text: String) -> Self {
        Self { verdict: cell.words().into(), text }
    }

    /// `VERDICT: TEXT`
    pub(super) fn line(&self) -> String {
        match self.text.as_str() {
            "" => self.verdict.clone(),
            text => format!("{}: {text}", self.verdict),
        }
    }
}

/// What two cells say, without what both say.
fn values(from: &Cell, to: &Cell) -> (Value, Value) {
    let parts = |cell: &Cell| -> Vec<String> {
        if cell.lacks().is_some() {
            return vec![cell.text.clone()];
        }
        cell.text.split("; ").filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let (a, b) = (parts(from), parts(to));
    let without = |own: &[String], other: &[String]| -> String {
        let kept = own.iter().filter(|part| !other.contains(part));
        kept.map(String::as_str).collect::<Vec<_>>().join("; ")
    };
    (Value::new(from, without(&a, &b)), Value::new(to, without(&b, &a)))
}
