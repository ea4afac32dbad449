//! `--describe`: what this suite holds, as JSON for the host tool.

use crate::deviation::Known;
use crate::record::{Fix, SuiteVersion};
use crate::{CLAUSES, Case, Clause, Ends, Source, Strength, signals};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A suite's contents.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Description {
    /// Which suite it is; its version is empty in what an older one says.
    #[serde(default)]
    pub suite: SuiteVersion,
    /// Every clause, by id.
    pub clauses: Vec<ClauseText>,
    /// Every case, by name.
    pub cases: Vec<CaseMeta>,
    /// Every known deviation, in the order of its file.
    pub deviations: Vec<DeviationText>,
    /// What known fixes explain, in the order of the same file.
    #[serde(default)]
    pub fixes: Vec<FixText>,
}

/// A clause.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[expect(missing_docs, reason = "the fields are those of `Clause`")]
pub struct ClauseText {
    pub id: String,
    pub promise: String,
    #[serde(default)]
    pub sources: Vec<SourceText>,
    #[serde(default)]
    pub terms: String,
    pub since: String,
    pub until: String,
    pub strength: String,
    pub unobservable: Option<String>,
}

/// A document that makes the promise, and the place in it. Prints as `title (edition), place`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[expect(missing_docs, reason = "the fields are those of `Document` and `Source`")]
pub struct SourceText {
    pub title: String,
    pub edition: String,
    pub url: String,
    pub place: String,
}

impl fmt::Display for SourceText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::clause::write_source(f, &self.title, &self.edition, &self.place)
    }
}

impl From<&Source> for SourceText {
    fn from(source: &Source) -> Self {
        let Source { document, place } = *source;
        Self {
            title: document.title.into(),
            edition: document.edition.into(),
            url: document.url.into(),
            place: place.into(),
        }
    }
}

impl ClauseText {
    /// Its sources, one line each, with the id after the first: what a failure says of it.
    pub fn cited(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.sources.iter().map(ToString::to_string).collect();
        match lines.first_mut() {
            Some(first) => *first += &format!(" · {}", self.id),
            None => lines.push(self.id.clone()),
        }
        lines
    }
}

impl From<&Clause> for ClauseText {
    fn from(clause: &Clause) -> Self {
        Self {
            id: clause.id.into(),
            promise: clause.promise.into(),
            sources: clause.sources.iter().map(SourceText::from).collect(),
            terms: clause.terms.into(),
            since: clause.since.into(),
            until: clause.until.into(),
            strength: match clause.strength {
                Strength::Must => "must",
                Strength::May => "may",
                Strength::Caveat => "caveat",
            }
            .into(),
            unobservable: clause.unobservable.map(str::to_owned),
        }
    }
}

/// A case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[expect(missing_docs, reason = "the fields are those of `Case`")]
pub struct CaseMeta {
    pub name: String,
    pub area: String,
    pub file: String,
    pub line: u32,
    pub clauses: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub catches: String,
    pub needs: Vec<String>,
    pub ends: String,
    #[serde(alias = "alone")]
    pub serial: bool,
    #[serde(alias = "waits")]
    pub external_wait: bool,
    #[serde(default = "one", alias = "limits")]
    pub timeout_factor: u32,
}

fn one() -> u32 {
    1
}

/// A known deviation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of the deviations file")]
pub struct DeviationText {
    pub pattern: String,
    pub cases: Vec<String>,
    pub range: String,
    pub observed: String,
    pub why: String,
    pub source: String,
}

/// What a kernel that lacks a known fix does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FixText {
    /// The commit, its releases and what it changed.
    #[serde(flatten)]
    pub fix: Fix,
    /// The cases in which it is seen.
    pub cases: Vec<String>,
    /// What is observed there without it, in one line.
    pub observed: String,
}

impl CaseMeta {
    pub(crate) fn of(case: &Case) -> Self {
        Self {
            name: case.name().into(),
            area: case.area().into(),
            file: case.file.into(),
            line: case.line,
            clauses: case.clauses.iter().map(|clause| clause.id.into()).collect(),
            catches: case.catches.into(),
            needs: case.needs.iter().map(|need| need.name.into()).collect(),
            ends: match case.ends {
                Ends::Returns => "reaches its last line".into(),
                Ends::KilledBy(signal) => format!("killed by {}", signals::name(signal)),
                Ends::Exits(status) => format!("exited {status}"),
            },
            serial: case.serial,
            external_wait: case.external_wait,
            timeout_factor: case.timeout_factor,
        }
    }
}

impl Description {
    /// Of the cases in the order of their names.
    pub(crate) fn of(suite: SuiteVersion, cases: &[&Case], known: &Known) -> Self {
        let mut clauses: Vec<_> = CLAUSES.iter().map(|clause| ClauseText::from(*clause)).collect();
        clauses.sort_by(|a, b| a.id.cmp(&b.id));
        let cases: Vec<_> = cases.iter().copied().map(CaseMeta::of).collect();
        let covered = |covers: &dyn Fn(&str) -> bool| {
            let names = cases.iter().map(|case| &case.name);
            names.filter(|name| covers(name)).cloned().collect()
        };
        let fixes = known.explanations.iter().map(|known| FixText {
            fix: known.fix.clone(),
            cases: covered(&|name| known.covers(name)),
            observed: known.failure.to_string(),
        });
        let fixes = fixes.collect();
        let deviations = known
            .deviations
            .iter()
            .map(|known| DeviationText {
                pattern: known.pattern.clone(),
                cases: covered(&|name| known.covers(name)),
                range: known.range.to_string(),
                observed: known.failure.to_string(),
                why: known.why.clone(),
                source: known.source.clone(),
            })
            .collect();
        Self { suite, clauses, cases, deviations, fixes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_names_no_limits_has_one() {
        let text = r#"{"name":"a::b","area":"a","file":"f","line":1,"clauses":[],"needs":[],
            "ends":"reaches its last line","alone":false,"waits":false}"#;
        let case: CaseMeta = serde_json::from_str(text).expect("what an older suite says");
        assert_eq!(case.timeout_factor, 1);
    }
}
