//! One case and what became of it.

use super::{Doubt, Facts, Failure, Repeats, TaintChange, Unmet, Verdict};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One case and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct CaseLine {
    /// Its name.
    pub name: String,
    /// The promises it tests.
    pub clauses: Vec<String>,
    /// What became of it.
    pub verdict: Verdict,
    /// The need that kept it from running, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unmet: Option<Unmet>,
    /// What was observed instead of what was promised; or why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The known deviation that covers the failure; where it healed, the one that is out of date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<KnownDeviation>,
    /// The known deviations of this kernel from which the failure is another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_deviations: Vec<KnownDeviation>,
    /// The commit that mends what was observed, where that is known: the kernel may lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// Why either of two behaviours was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided: Option<Undecided>,
    /// That it was tried again, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retried: Option<Retried>,
    /// What became of it in an earlier boot, which gave it a second chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_boot: Option<EarlierBoot>,
    /// What its runs came to, where it was run more than once (`--repeat`); `verdict` is the worst of them, or
    /// says that they disagree.
    #[serde(default, skip_serializing_if = "Repeats::is_empty")]
    pub repeats: Repeats,
    /// What its verdict would be, had nothing else overruled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overruled: Option<Overruled>,
    /// The kernel's taint, where it changed while the case ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taint: Option<TaintChange>,
    /// What it observed, by name.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub facts: Facts,
    /// What it printed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// The column of the matrix in which all this was measured, where it was not measured in this run: it is
    /// taken over from there, because the list of kernels says that it cannot differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<String>,
}

/// An entry of the list of known deviations.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct KnownDeviation {
    /// The cases it is about: a name; `*` stands for any characters.
    pub pattern: String,
    /// The releases it is about.
    pub range: String,
    /// What is observed there, in one line.
    pub observed: String,
    /// Why it is known.
    pub why: String,
}

/// A commit that mended what some kernels do. Prints as a hint to who reads a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Fix {
    /// The first 12 digits of its id.
    pub commit: String,
    /// The first release with it that is known, of each series that was given it.
    pub releases: String,
    /// What it changed.
    pub what: String,
}

/// The release does not say whether the kernel deviates or keeps the promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Undecided {
    /// The ranges of the deviations that may apply.
    pub ranges: Vec<String>,
    /// The release.
    pub release: String,
    /// Why it does not decide.
    pub why: String,
}

/// The first end of a case that was ended from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Retried {
    /// How it ended the first time.
    pub first: Failure,
    /// Whether it ended in the same way again.
    pub same: bool,
}

/// What became of a case in an earlier boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct EarlierBoot {
    /// How it, or the kernel, ended there.
    pub how: String,
    /// Whether something of the kind happened again.
    pub again: bool,
}

/// A verdict that does not stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Overruled {
    /// The verdict.
    pub verdict: Verdict,
    /// Why it does not stand.
    pub because: Because,
}

/// What overrules a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// The kernel found itself at fault.
    Taint,
    /// Somebody else changed the kernel meanwhile.
    ForeignTaint,
    /// Somebody else's seccomp filter was in force.
    ForeignFilter,
}

impl CaseLine {
    /// A case of which there is nothing to say but its verdict.
    pub fn new(name: impl Into<String>, clauses: Vec<String>, verdict: Verdict) -> Self {
        Self {
            name: name.into(),
            clauses,
            verdict,
            unmet: None,
            failure: None,
            deviation: None,
            other_deviations: Vec::new(),
            fix: None,
            undecided: None,
            retried: None,
            earlier_boot: None,
            repeats: Repeats::default(),
            overruled: None,
            taint: None,
            facts: Facts::default(),
            output: String::new(),
            taken_from: None,
        }
    }

    /// Whether its runs disagree.
    pub fn is_unsteady(&self) -> bool {
        !self.repeats.is_empty() && !self.repeats.all(self.verdict)
    }

    /// The name of the need that kept it from running; empty where none did.
    pub fn lacks(&self) -> &str {
        self.unmet.as_ref().map_or("", |unmet| &unmet.need)
    }

    /// Source place of the assertion that failed; empty where none did.
    pub fn place(&self) -> &str {
        self.failure.as_ref().map_or("", |failure| &failure.place)
    }

    /// What came of it besides its verdict, in one line for people: what was observed instead, or why there
    /// is no answer. Empty where there is nothing to say.
    pub fn said(&self) -> String {
        if let Some(unmet) = &self.unmet {
            return one_line_of(unmet);
        }
        let failure = self.failure.as_ref().map(one_line_of).unwrap_or_default();
        match (self.overruled, self.verdict, &self.taint, &self.deviation) {
            (Some(Overruled { because: Because::Taint, .. }), _, Some(taint), _) => {
                taint.to_string()
            }
            (Some(Overruled { because: Because::ForeignTaint, .. }), _, Some(taint), _) => {
                format!("somebody else changed the kernel meanwhile, run again: {taint}")
            }
            (Some(Overruled { verdict, .. }), ..) => format!("{failure} ({})", verdict.words()),
            (None, Verdict::Healed, _, Some(known)) => format!(
                "keeps the promise; a known deviation ({}) says: {}",
                known.range, known.observed
            ),
            _ => failure,
        }
    }

    /// What a reader should know of the verdict besides, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.is_unsteady() {
            notes.push(format!("unsteady: {}", self.repeats));
        }
        for known in &self.other_deviations {
            notes.push(format!(
                "the known deviation, {}, is another: {}",
                known.range, known.observed
            ));
        }
        notes.extend(self.fix.as_ref().map(ToString::to_string));
        if let Some(undecided) = &self.undecided {
            notes.push(undecided.to_string());
        }
        if let Some(retried) = &self.retried {
            notes.push(retried.to_string());
        }
        notes.extend(self.overruled.map(|overruled| self.without(overruled)));
        // A plainer fault stands; the kernel's own word is said besides.
        if let Some(taint) = self.taint.filter(|taint| taint.added() != 0)
            && self.overruled.is_none_or(|by| by.because == Because::ForeignFilter)
        {
            notes.push(taint.to_string());
        }
        if let Some(earlier) = &self.earlier_boot {
            notes.push(earlier.to_string());
        }
        notes
    }

    fn without(&self, overruled: Overruled) -> String {
        if overruled.because == Because::ForeignFilter {
            return Doubt::ForeignFilter.to_string();
        }
        let what = match &self.failure {
            Some(failure) => format!(": {failure}"),
            None => String::new(),
        };
        format!("without that it would be `{}`{what}", overruled.verdict.words())
    }
}

fn one_line_of(said: &impl fmt::Display) -> String {
    super::one_line(&said.to_string())
}

impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this kernel may lack {} ({}): {}", self.commit, self.releases, self.what)
    }
}

impl fmt::Display for Undecided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ranges, release, why) = (self.ranges.join("; "), &self.release, &self.why);
        write!(
            f,
            "kernels keep the promise, or deviate from it as is known ({ranges}); {release} {why}"
        )
    }
}

impl fmt::Display for Retried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.same {
            true => f.write_str("tried again, with the same end"),
            false => {
                write!(f, "tried again: the first time it was ended from outside ({})", self.first)
            }
        }
    }
}

impl fmt::Display for EarlierBoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.again {
            true => write!(f, "before that: {}", self.how),
            false => write!(f, "{}, once and not again", self.how),
        }
    }
}
