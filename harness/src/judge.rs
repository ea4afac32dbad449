//! From what a case did to a verdict: needs and deviations are considered here.

use crate::deviation::Deviation;
use crate::feature::{Expected, Features, Settled};
use crate::kernel::Kernel;
use crate::record::{CaseLine, Verdict};
use crate::worker::{Answer, Result as Raw};
use crate::{Case, Need, taint};
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
    /// Refused, and it may be: what the kernel answered, and the evidence that excuses it.
    Excused(String),
    /// Refused, and nothing excuses it.
    Unexcused(String),
    /// The question came to no answer, or to one that may be somebody else's.
    Unanswered(String),
}

/// Why nothing that goes wrong is held against the kernel.
const FILTERED: &str = "a seccomp filter that is not the suite's was in force before the run, and may \
                        have answered in the kernel's place";

impl Judge {
    /// Holds the kernel's answer against the feature table.
    pub(crate) fn offer(&self, need: &Need, answer: &Answer) -> Offer {
        let said = match answer.result {
            Raw::Held => return Offer::Offered,
            Raw::Refused => &answer.text,
            // However the question ended, it is no answer.
            Raw::Violated | Raw::Broken | Raw::TimedOut | Raw::Crashed => {
                return Offer::Unanswered(format!("{}: {}", need.name, answer.text));
            }
        };
        let what = need.what;
        match self.features.expect(need.name, &self.kernel) {
            Expected::Absent(why) => Offer::Excused(format!("lacks {what}: {said} ({why})")),
            Expected::Present if self.kernel.is_filtered() => {
                Offer::Unanswered(format!("lacks {what}: {said} ({FILTERED})"))
            }
            // What could take it away is read from there.
            Expected::Present
                if !self.kernel.proc && self.features.may_be_taken(need.name, &self.kernel) =>
            {
                Offer::Unanswered(format!(
                    "lacks {what}: {said} (without /proc nobody knows whether the surroundings take it away)"
                ))
            }
            Expected::Present => Offer::Unexcused(format!(
                "lacks {what}: {said}; the feature table says that this kernel must have it"
            )),
        }
    }

    /// Settles a need that is not asked of the kernel by what the kernel was told.
    pub(crate) fn told(&self, need: &Need) -> Offer {
        match self.features.told(need.name, &self.kernel) {
            Settled::Met => Offer::Offered,
            Settled::Unmet(said, why) => {
                Offer::Excused(format!("lacks {}: {said} ({why})", need.what))
            }
            Settled::Unknown(why) => Offer::Unanswered(format!("{}: {why}", need.name)),
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
            // A refusal is what a question is answered with, not a case.
            Raw::Broken | Raw::Refused => Verdict::Broken,
            Raw::TimedOut => Verdict::TimedOut,
            Raw::Crashed => Verdict::Crashed,
        };
        (line.verdict, line.text) = (raw, answer.text);
        if raw != Verdict::Broken {
            self.compare(&mut line);
        }
        line.place = if line.text.is_empty() { String::new() } else { answer.place };
        line
    }

    /// Takes back what is held against the kernel and may be the doing of somebody else's filter. What
    /// the kernel finds of itself is not.
    pub(crate) fn allow_for_a_filter(&self, line: &mut CaseLine) {
        let blamed = match line.verdict {
            Verdict::Violated | Verdict::TimedOut | Verdict::Crashed | Verdict::Healed => true,
            Verdict::Holds
            | Verdict::Deviates
            | Verdict::NotOffered
            | Verdict::Broken
            | Verdict::Tainted => false,
        };
        if blamed && self.kernel.is_filtered() {
            line.text = format!("{} ({})", line.text, line.verdict.words());
            line.verdict = Verdict::Broken;
            taint::join(&mut line.note, FILTERED);
        }
    }

    /// Holds what a case came to against the known deviations of this kernel.
    fn compare(&self, line: &mut CaseLine) {
        let Some(release) = &self.kernel.release else { return };
        let covering = self.deviations.iter().filter(|known| known.covers(&line.name));
        let known: Vec<(&Deviation, Option<bool>)> = covering
            .map(|known| (known, release.is_in(known.range)))
            .filter(|(_, within)| *within != Some(false))
            .collect();
        // No two of one case overlap: where one holds for sure, it is the only one.
        let undecided = !known.is_empty() && known.iter().all(|(_, within)| within.is_none());
        if undecided {
            let ranges: Vec<String> =
                known.iter().map(|(known, _)| known.range.to_string()).collect();
            let (name, why) = (&self.kernel.identity.release, release.undecided());
            line.note = format!(
                "kernels keep the promise, or deviate from it as is known ({}); {name} {why}",
                ranges.join("; ")
            );
        }
        let described = known.iter().find(|(known, _)| known.describes(&line.text, &line.facts));
        match (described, line.verdict) {
            (_, Verdict::Holds) if undecided => {}
            (_, Verdict::Holds) => {
                if let Some((known, _)) = known.iter().find(|(known, _)| !known.mended) {
                    line.verdict = Verdict::Healed;
                    line.text = format!(
                        "keeps the promise; a known deviation ({}) says that it observes: {}",
                        known.range, known.observed
                    );
                }
            }
            // An end that nobody declared is no observation.
            (Some((known, _)), Verdict::Violated) => {
                line.deviation.clone_from(&known.pattern);
                line.known.clone_from(&known.why);
                line.verdict = Verdict::Deviates;
            }
            _ => {
                for (known, _) in known {
                    line.text += &format!(
                        "\n(the known deviation, {}, is another: {})",
                        known.range, known.observed
                    );
                }
            }
        }
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
mod tests;
