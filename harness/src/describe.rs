//! `--describe`: what this suite holds, as JSON for the host tool.

use crate::deviation::Deviation;
use crate::{CLAUSES, Ends, Strength, worker};
use serde::{Deserialize, Serialize};

/// A suite's contents.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Description {
    /// Every clause, by id.
    pub clauses: Vec<ClauseText>,
    /// Every case, by name.
    pub cases: Vec<CaseText>,
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
pub struct CaseText {
    pub name: String,
    pub area: String,
    pub file: String,
    pub line: u32,
    pub clauses: Vec<String>,
    pub needs: Vec<String>,
    pub ends: String,
    pub alone: bool,
    pub waits: bool,
    #[serde(default = "one")]
    pub limits: u32,
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

pub(crate) fn describe(deviations: &[Deviation]) -> Description {
    let mut clauses: Vec<_> = CLAUSES
        .iter()
        .map(|clause| ClauseText {
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
        })
        .collect();
    clauses.sort_by(|a, b| a.id.cmp(&b.id));
    let cases: Vec<_> = worker::sorted_cases()
        .into_iter()
        .map(|case| CaseText {
            name: case.name().into(),
            area: case.area().into(),
            file: case.file.into(),
            line: case.line,
            clauses: case.clauses.iter().map(|clause| clause.id.into()).collect(),
            needs: case.needs.iter().map(|need| need.name.into()).collect(),
            ends: match case.ends {
                Ends::Returns => "reaches its last line".into(),
                Ends::KilledBy(signal) => format!("killed by {}", crate::signals::name(signal)),
                Ends::Exits(status) => format!("exited {status}"),
            },
            alone: case.alone,
            waits: case.waits,
            limits: case.limits,
        })
        .collect();
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
    Description { clauses, cases, deviations }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_names_no_limits_has_one() {
        let text = r#"{"name":"a::b","area":"a","file":"f","line":1,"clauses":[],"needs":[],
            "ends":"reaches its last line","alone":false,"waits":false}"#;
        let case: CaseText = serde_json::from_str(text).expect("what an older suite says");
        assert_eq!(case.limits, 1);
    }
}
