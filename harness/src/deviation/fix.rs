//! Known fixes: the commits that mended what some kernels do, so that a kernel that does it is told which
//! commit it may lack.

use super::pattern::matches;
use crate::record::{Facts, Failure, Fix, one_line};
use crate::version::{Boundary, Range};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A fix, as the file writes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    commit: Spanned<String>,
    /// The first release with it that is known, of each series that was given it.
    releases: Boundary,
    /// What it changed.
    what: Spanned<String>,
    /// Where the commit and its releases are known from.
    source: Spanned<String>,
    /// What it explains besides the deviations that cite it.
    #[serde(default)]
    explains: Vec<Spanned<Explains>>,
}

/// What a kernel without the fix does in one case, where no deviation says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Explains {
    case: Spanned<String>,
    #[serde(default)]
    message: String,
    #[serde(default)]
    observed: String,
    #[serde(default)]
    promised: String,
}

/// What a kernel that lacks a fix does in the cases of a pattern.
#[derive(Clone, Debug)]
pub(crate) struct Explanation {
    /// Case name; `*` stands for any run of characters.
    pub pattern: String,
    /// The failure, but for its place; a `*` in its texts stands for any run of characters.
    pub failure: Failure,
    /// Facts that must have been recorded with these values.
    pub facts: BTreeMap<String, String>,
    pub fix: Fix,
}

impl Explanation {
    pub(crate) fn covers(&self, case: &str) -> bool {
        matches(&self.pattern, case)
    }

    /// Whether the fix explains this: the same case, and the same observed value.
    pub(crate) fn explains(&self, case: &str, failure: &Failure, facts: &Facts) -> bool {
        let told = |failure: &Failure| {
            [&failure.message, &failure.observed, &failure.promised].map(|text| one_line(text))
        };
        let alike = told(&self.failure).iter().zip(told(failure)).all(|(a, b)| matches(a, &b));
        self.covers(case)
            && alike
            && self.facts.iter().all(|(name, value)| facts.line(name).as_ref() == Some(value))
    }
}

/// A place in the file, and what is wrong there.
type Fault = (usize, String);

/// The fixes of a file, while what they explain is gathered.
pub(super) struct Fixes {
    /// Each with its place, its releases and whether it explains anything.
    fixes: Vec<(usize, Fix, Boundary, bool)>,
    explanations: Vec<Explanation>,
}

impl Fixes {
    pub(super) fn read(entries: Vec<Spanned<Entry>>, cases: &[&str]) -> Result<Self, Fault> {
        let mut fixes = Self { fixes: Vec::new(), explanations: Vec::new() };
        for entry in entries {
            fixes.add(entry, cases)?;
        }
        Ok(fixes)
    }

    fn add(&mut self, entry: Spanned<Entry>, cases: &[&str]) -> Result<(), Fault> {
        let place = entry.span().start;
        let entry = entry.into_inner();
        let (commit, at) = (entry.commit.as_ref(), entry.commit.span().start);
        if !is_commit(commit) {
            return Err((at, format!("`{commit}` is not 12 digits of a commit's id")));
        }
        if self.fixes.iter().any(|(_, fix, ..)| fix.commit == *commit) {
            return Err((at, format!("{commit} stands here twice")));
        }
        for (name, text) in [("what", &entry.what), ("source", &entry.source)] {
            if text.as_ref().trim().is_empty() {
                return Err((text.span().start, format!("`{name}` is empty")));
            }
        }
        let fix = Fix {
            commit: commit.clone(),
            releases: entry.releases.releases(),
            what: one_line(entry.what.as_ref()),
        };
        let explains = !entry.explains.is_empty();
        for explained in entry.explains {
            let start = explained.span().start;
            let Explains { case, message, observed, promised } = explained.into_inner();
            if observed.trim().is_empty() && message.trim().is_empty() {
                return Err((start, "neither `observed` nor `message` says what is seen".into()));
            }
            if !cases.iter().any(|name| matches(case.as_ref(), name)) {
                let message = format!("no case is called `{}`", case.as_ref());
                return Err((case.span().start, message));
            }
            self.explanations.push(Explanation {
                pattern: case.into_inner(),
                failure: Failure { message, observed, promised, place: String::new() },
                facts: BTreeMap::new(),
                fix: fix.clone(),
            });
        }
        self.fixes.push((place, fix, entry.releases, explains));
        Ok(())
    }

    /// A deviation of this range, with its pattern, failure and facts, is what a kernel without the commit does.
    pub(super) fn explain(
        &mut self,
        commit: &Spanned<String>,
        range: &Range,
        (pattern, failure, facts): (&str, &Failure, &BTreeMap<String, String>),
    ) -> Result<(), Fault> {
        let at = commit.span().start;
        let known = self.fixes.iter_mut().find(|(_, fix, ..)| fix.commit == *commit.as_ref());
        let Some((_, fix, releases, explains)) = known else {
            return Err((at, format!("no [[fix]] has the commit `{}`", commit.as_ref())));
        };
        let with_it = Range { since: Some(releases.clone()), until: None };
        if with_it.overlaps(range) {
            let message =
                format!("{} is in releases {} that deviate: {range}", fix.commit, fix.releases);
            return Err((at, message));
        }
        *explains = true;
        self.explanations.push(Explanation {
            pattern: pattern.to_owned(),
            failure: failure.clone(),
            facts: facts.clone(),
            fix: fix.clone(),
        });
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Vec<Explanation>, Fault> {
        match self.fixes.iter().find(|(.., explains)| !explains) {
            Some((at, fix, ..)) => Err((*at, format!("{} explains nothing", fix.commit))),
            None => Ok(self.explanations),
        }
    }
}

/// Whether `text` is an id as the kernel's commits quote it.
fn is_commit(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
}

#[cfg(test)]
mod tests;
