//! From what a case did to a verdict: needs and deviations are considered here.

use super::protocol::{Answer, RawVerdict};
use crate::deviation::{Deviation, Known};
use crate::feature::{Expected, Features, Settled};
use crate::kernel::Kernel;
use crate::record::{Because, CaseLine, Doubt, Fix, How, Overruled, Undecided, Unmet, Verdict};
use crate::{Case, Need};

/// Everything a verdict depends on besides the case.
pub(crate) struct Judge {
    pub kernel: Kernel,
    pub features: Features,
    pub known: Known,
}

/// What asking a need came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    Offered,
    /// Refused, and it may be: what the kernel answered, and the evidence that excuses it.
    Excused(Unmet),
    /// Refused, and nothing excuses it.
    Unexcused(Unmet),
    /// The question came to no answer, or to one that may be somebody else's.
    Unanswered(Unmet),
}

/// A need that is not met, without evidence.
fn unmet(need: &Need, how: How, answer: String) -> Unmet {
    let (need, title) = (need.name.to_owned(), need.what.to_owned());
    Unmet { need, title, answer, how, excuse: None, doubt: None }
}

impl Judge {
    /// Holds the kernel's answer against the feature table.
    pub(crate) fn availability(&self, need: &Need, answer: &Answer) -> Availability {
        let refused = match answer.verdict {
            RawVerdict::Held => return Availability::Offered,
            RawVerdict::Refused => unmet(need, How::Refused, answer.said()),
            // However the question ended, it is no answer.
            RawVerdict::Violated
            | RawVerdict::Broken
            | RawVerdict::TimedOut
            | RawVerdict::Crashed => {
                return Self::unanswered(need, answer.said());
            }
        };
        match self.features.expect(need.name, &self.kernel) {
            Expected::Absent(excuse) => {
                Availability::Excused(Unmet { excuse: Some(excuse), ..refused })
            }
            Expected::Present if self.kernel.is_filtered() => {
                Availability::Unanswered(Unmet { doubt: Some(Doubt::ForeignFilter), ..refused })
            }
            // What could take it away is read from there.
            Expected::Present
                if !self.kernel.proc && self.features.may_be_taken(need.name, &self.kernel) =>
            {
                Availability::Unanswered(Unmet { doubt: Some(Doubt::NoProc), ..refused })
            }
            Expected::Present => Availability::Unexcused(refused),
        }
    }

    /// Settles a need that is not asked of the kernel by what the kernel was told.
    pub(crate) fn told(&self, need: &Need) -> Availability {
        match self.features.told(need.name, &self.kernel) {
            Settled::Met => Availability::Offered,
            Settled::Unmet(said, why) => {
                Availability::Excused(Unmet { excuse: Some(why), ..unmet(need, How::Told, said) })
            }
            Settled::Unknown(why) => Self::unanswered(need, why),
        }
    }

    /// There is no answer, for this reason.
    pub(crate) fn unanswered(need: &Need, why: String) -> Availability {
        Availability::Unanswered(unmet(need, How::Unanswered, why))
    }

    /// The verdict on a case whose needs are met.
    pub(crate) fn judge(&self, case: &Case, answer: Answer) -> CaseLine {
        let mut line = Self::line(case, Verdict::Holds);
        line.facts = answer.facts;
        line.output = answer.output;
        let raw = match answer.verdict {
            RawVerdict::Held => Verdict::Holds,
            RawVerdict::Violated => Verdict::Violated,
            // A refusal is what a question is answered with, not a case.
            RawVerdict::Broken | RawVerdict::Refused => Verdict::Broken,
            RawVerdict::TimedOut => Verdict::TimedOut,
            RawVerdict::Crashed => Verdict::Crashed,
        };
        (line.verdict, line.failure) = (raw, answer.failure);
        if raw != Verdict::Broken {
            self.compare(&mut line);
        }
        if line.verdict == Verdict::Violated {
            line.fix = self.fix(&line);
        }
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
            let (verdict, because) = (line.verdict, Because::ForeignFilter);
            line.overruled = Some(Overruled { verdict, because });
            line.verdict = Verdict::Broken;
            // What may be the filter's doing says nothing of the kernel's commits.
            line.fix = None;
        }
    }

    /// The known fix that explains what was observed.
    fn fix(&self, line: &CaseLine) -> Option<Fix> {
        let failure = line.failure.as_ref()?;
        let mut explanations = self.known.explanations.iter();
        let known = explanations.find(|known| known.explains(&line.name, failure, &line.facts))?;
        Some(known.fix.clone())
    }

    /// Holds what a case came to against the known deviations of this kernel.
    fn compare(&self, line: &mut CaseLine) {
        let Some(release) = &self.kernel.release else { return };
        let covering = self.known.deviations.iter().filter(|known| known.covers(&line.name));
        let known: Vec<(&Deviation, Option<bool>)> = covering
            .map(|known| (known, release.is_in(&known.range)))
            .filter(|(_, within)| *within != Some(false))
            .collect();
        // Two of one case that overlap differ in what is seen alone.
        let undecided = !known.is_empty() && known.iter().all(|(_, within)| within.is_none());
        if undecided {
            let ranges: Vec<String> =
                known.iter().map(|(known, _)| known.range.to_string()).collect();
            let (release, why) = (self.kernel.identity.release.clone(), release.undecided());
            line.undecided = Some(Undecided { ranges, release, why });
        }
        let described =
            known.iter().find(|(known, _)| known.describes(line.failure.as_ref(), &line.facts));
        match (described, line.verdict) {
            (_, Verdict::Holds) if undecided => {}
            (_, Verdict::Holds) => {
                if let Some((known, _)) = known.first() {
                    line.verdict = Verdict::Healed;
                    line.deviation = Some(known.recorded());
                }
            }
            // An end that nobody declared is no observation.
            (Some((known, _)), Verdict::Violated) => {
                line.deviation = Some(known.recorded());
                line.verdict = Verdict::Deviates;
            }
            _ => line.other_deviations = known.iter().map(|(known, _)| known.recorded()).collect(),
        }
    }

    /// A line for a case that did not run.
    pub(crate) fn line(case: &Case, verdict: Verdict) -> CaseLine {
        let clauses = case.clauses.iter().map(|clause| clause.id.to_owned()).collect();
        CaseLine::new(case.name(), clauses, verdict)
    }
}

#[cfg(test)]
mod tests;
