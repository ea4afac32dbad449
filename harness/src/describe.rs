//! `--describe`: what this suite holds, as JSON for the host tool.

use crate::deviation::Deviation;
use crate::{CLAUSES, Case, Clause, Ends, Strength, signals};
use serde::{Deserialize, Serialize};

/// A suite's contents.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Description {
    /// Every clause, by id.
    pub clauses: Vec<ClauseText>,
    /// Every case, by name.
    pub cases: Vec<CaseMeta>,
    /// Every known deviation, in the order of its file.
    pub deviations: Vec<DeviationText>,
}

/// A clause.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of `Clause`")]
pub struct ClauseText {
    pub id: String,
    pub promise: String,
    pub source: String,
    pub place: String,
    #[serde(default)]
    pub terms: String,
    pub since: String,
    pub until: String,
    pub strength: String,
    pub unobservable: Option<String>,
}

/// A case.
#[derive(Clone, Debug, Serialize, Deserialize)]
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

impl ClauseText {
    pub(crate) fn of(clause: &Clause) -> Self {
        Self {
            id: clause.id.into(),
            promise: clause.promise.into(),
            source: clause.source.into(),
            place: clause.place.into(),
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
    pub(crate) fn of(cases: &[&Case], deviations: &[Deviation]) -> Self {
        let mut clauses: Vec<_> = CLAUSES.iter().copied().map(ClauseText::of).collect();
        clauses.sort_by(|a, b| a.id.cmp(&b.id));
        let cases: Vec<_> = cases.iter().copied().map(CaseMeta::of).collect();
        let deviations = deviations
            .iter()
            .map(|known| DeviationText {
                pattern: known.pattern.clone(),
                cases: cases
                    .iter()
                    .filter(|case| known.covers(&case.name))
                    .map(|case| case.name.clone())
                    .collect(),
                range: known.range.to_string(),
                observed: known.failure.to_string(),
                why: known.why.clone(),
                source: known.source.clone(),
            })
            .collect();
        Self { clauses, cases, deviations }
    }
}
