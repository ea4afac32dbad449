//! What the runs of a case came to that ran more than once.

use super::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How many runs of a case came to each verdict; empty where it ran once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Repeats(
    #[cfg_attr(feature = "schema", schemars(schema_with = "super::counts"))]
    pub  BTreeMap<Verdict, usize>,
);

impl Repeats {
    /// Whether it ran once.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many runs there were.
    pub fn runs(&self) -> usize {
        self.0.values().sum()
    }

    /// How many of them came to `verdict`.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.0.get(&verdict).copied().unwrap_or(0)
    }

    /// Whether every run came to `verdict`.
    pub fn all(&self, verdict: Verdict) -> bool {
        self.count(verdict) == self.runs()
    }
}

/// `97 of 100 hold, 3 violated`: the commonest first.
impl fmt::Display for Repeats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut counts: Vec<(Verdict, usize)> = self.0.iter().map(|(v, n)| (*v, *n)).collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        for (position, (verdict, count)) in counts.iter().enumerate() {
            let words = match (verdict, count) {
                (Verdict::Holds, 2..) => "hold",
                (Verdict::Deviates, 2..) => "deviate",
                (verdict, _) => verdict.words(),
            };
            match position {
                0 => write!(f, "{count} of {} {words}", self.runs())?,
                _ => write!(f, ", {count} {words}")?,
            }
        }
        Ok(())
    }
}
