//! From what a case did to a verdict: needs and deviations are considered here.

use crate::deviation::Deviation;
use crate::feature::{Expected, Features};
use crate::kernel::Kernel;
use crate::record::{CaseLine, Verdict};
use crate::worker::{Answer, Result as Raw};
use crate::{Case, Need};
use std::collections::BTreeMap;

/// Everything a verdict depends on besides the case.
pub(crate) struct Judge {
    pub kernel: Kernel,
    pub features: Features,
    pub deviations: Vec<Deviation>,
}

/// What asking a need came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    Offered,
    /// Missing, and it may be: what the kernel answered, and what excuses it.
    Excused(String),
    /// Missing, and the feature table says it must be there.
    Unexcused(String),
    /// The question itself failed.
    Unanswered(String),
}

impl Judge {
    /// Holds the kernel's answer against the feature table.
    pub(crate) fn offer(&self, need: &Need, answer: &Answer) -> Offer {
        let said = match answer.result {
            Raw::Held => return Offer::Offered,
            Raw::Refused => &answer.text,
            // Nothing is known, and nobody is to blame.
            Raw::Broken | Raw::Violated | Raw::TimedOut | Raw::Crashed => {
                return Offer::Unanswered(format!("{}: {}", need.name, answer.text));
            }
        };
        match self.features.expect(need.name, &self.kernel) {
            Expected::Absent(why) => Offer::Excused(format!("lacks {}: {said} ({why})", need.what)),
            Expected::Present => Offer::Unexcused(format!(
                "lacks {}: {said}; the feature table says that this kernel must have it",
                need.what
            )),
        }
    }

    /// The verdict on a case whose needs are met.
    pub(crate) fn judge(&self, case: &Case, answer: Answer) -> CaseLine {
        let mut line = self.line(case, Verdict::Holds, String::new());
        line.facts = together(answer.facts);
        line.output = answer.output;
        let raw = match answer.result {
            Raw::Held => Verdict::Holds,
            Raw::Violated => Verdict::Violated,
            Raw::Broken | Raw::Refused => Verdict::Broken,
            Raw::TimedOut => Verdict::TimedOut,
            Raw::Crashed => Verdict::Crashed,
        };
        let known = self.deviations.iter().find(|known| {
            known.covers(case.name())
                && self.kernel.version.is_some_and(|version| known.range.holds(version))
        });
        (line.verdict, line.text) = match (known, raw) {
            (None, _) | (_, Verdict::Broken) => (raw, answer.text),
            (Some(known), Verdict::Holds) if known.mended => (raw, answer.text),
            (Some(known), Verdict::Holds) => {
                let text = format!(
                    "keeps the promise; a known deviation ({}) says that it observes: {}",
                    known.range, known.observed
                );
                (Verdict::Healed, text)
            }
            (Some(known), _) if known.describes(&answer.text, &line.facts) => {
                line.deviation.clone_from(&known.pattern);
                line.known.clone_from(&known.why);
                (Verdict::Deviates, answer.text)
            }
            (Some(known), _) => {
                let text = format!(
                    "{}\n(the known deviation, {}, is another: {})",
                    answer.text, known.range, known.observed
                );
                (raw, text)
            }
        };
        line.place = if line.text.is_empty() { String::new() } else { answer.place };
        line
    }

    /// A line for a case that did not run.
    pub(crate) fn line(&self, case: &Case, verdict: Verdict, text: String) -> CaseLine {
        CaseLine {
            name: case.name().to_owned(),
            clauses: case.clauses.iter().map(|clause| clause.id.to_owned()).collect(),
            verdict,
            text,
            place: String::new(),
            lacks: String::new(),
            deviation: String::new(),
            known: String::new(),
            note: String::new(),
            taint: None,
            facts: BTreeMap::new(),
            output: String::new(),
        }
    }
}

/// Facts by name; those of one name as a list, with what repeats told once.
fn together(facts: Vec<(String, String)>) -> BTreeMap<String, String> {
    const ROOM: usize = 400;
    let mut runs: BTreeMap<String, Vec<(String, usize)>> = BTreeMap::new();
    for (name, value) in facts {
        let values = runs.entry(name).or_default();
        match values.last_mut() {
            Some((last, times)) if *last == value => *times += 1,
            _ => values.push((value, 1)),
        }
    }
    let list = |values: Vec<(String, usize)>| {
        let mut text = String::new();
        for (position, (value, times)) in values.iter().enumerate() {
            if text.len() + value.len() > ROOM {
                return format!("{text}, and {} more", values.len() - position);
            }
            let comma = if position == 0 { "" } else { ", " };
            let often = if *times == 1 { String::new() } else { format!(" \u{d7}{times}") };
            text += &format!("{comma}{value}{often}");
        }
        text
    };
    runs.into_iter().map(|(name, values)| (name, list(values))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_of_one_name_become_a_list() {
        let facts = ["a", "a", "b", "a"].map(|value| ("n".to_owned(), value.to_owned()));
        assert_eq!(together(facts.to_vec())["n"], "a \u{d7}2, b, a");
    }

    #[test]
    fn a_long_list_is_cut() {
        let facts = (0..200).map(|value| ("n".to_owned(), format!("{value:03}"))).collect();
        let text = &together(facts)["n"];
        assert!(text.len() < 500 && text.ends_with(" more"), "{text}");
    }
}
