//! The file of reasons: why a lie is noticed by no case, or a case notices no lie.

use super::liar::Lie;
use super::{Outcome, default_reasons};
use crate::error::Refusal;
use harness::matches;
use serde::Deserialize;
use std::path::Path;

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reasons {
    #[serde(default)]
    lie: Vec<Reason>,
    #[serde(default)]
    case: Vec<Reason>,
    #[serde(default)]
    elsewhere: Vec<Elsewhere>,
}

/// One entry: names, with `*` for any text, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    names: Vec<String>,
    why: String,
}

/// Lies for which there is no occasion where these cases are not offered; where they are, it says nothing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Elsewhere {
    names: Vec<String>,
    cases: Vec<String>,
    why: String,
}

/// How much was tried, and so how much is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    /// Every lie was told.
    pub(super) all_lies: bool,
    /// And to every case.
    pub(super) all_cases: bool,
}

impl Reasons {
    /// Reads the file that is named, else the workspace's.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(path: Option<&Path>) -> Result<Self, Refusal> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => default_reasons()?,
        };
        let refuse = |why: String| Refusal::usage(format!("{}: {why}", path.display()));
        let text = std::fs::read_to_string(&path).map_err(|error| refuse(error.to_string()))?;
        let reasons: Self = toml::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        let is_reason = |why: &str| why.split_whitespace().count() >= 4;
        for reason in reasons.lie.iter().chain(&reasons.case) {
            if reason.names.is_empty() || !is_reason(&reason.why) {
                return Err(refuse(format!("an entry needs names and a reason: {reason:?}")));
            }
        }
        for reason in &reasons.elsewhere {
            if reason.names.is_empty() || reason.cases.is_empty() || !is_reason(&reason.why) {
                return Err(refuse(format!(
                    "an entry needs names, cases and a reason: {reason:?}"
                )));
            }
        }
        Ok(reasons)
    }

    /// Explains what it can of the outcome, and says what of it is out of date.
    pub(super) fn apply(
        &self,
        outcome: &mut Outcome,
        lies: &[Lie],
        (cases, not_offered): (&[&str], &[String]),
        scope: Scope,
    ) {
        let lies: Vec<&str> = lies.iter().map(|lie| lie.id.as_str()).collect();
        let noticed: Vec<&str> = outcome
            .lies
            .iter()
            .filter(|told| !told.noticed.is_empty())
            .map(|told| told.lie.as_str())
            .collect();
        let failed: Vec<&str> =
            outcome.lies.iter().flat_map(|told| told.noticed.iter().map(String::as_str)).collect();
        let (mut stale, mut explained) = (Vec::new(), Vec::new());
        for reason in &self.lie {
            for name in &reason.names {
                if !lies.iter().any(|lie| matches(name, lie)) {
                    stale.push(format!("no lie is called `{name}`"));
                } else if let Some(lie) = noticed.iter().find(|lie| matches(name, lie)) {
                    stale.push(format!("`{name}`: a case notices {lie}"));
                }
                let of_it = |lie: &&String| matches(name, lie);
                let found = outcome.unnoticed.iter().filter(of_it);
                explained.extend(found.map(|lie| (lie.clone(), reason.why.clone())));
            }
        }
        for reason in &self.case {
            for name in &reason.names {
                let exists = cases.iter().any(|case| matches(name, case));
                if !exists && scope.all_cases {
                    stale.push(format!("no case is called `{name}`"));
                } else if let Some(case) = failed.iter().find(|case| matches(name, case)) {
                    stale.push(format!("`{name}`: a lie makes {case} fail"));
                } else if scope.all_cases && !outcome.unmoved.iter().any(|case| matches(name, case))
                {
                    stale.push(format!("`{name}`: is not offered here, so that nothing is known"));
                }
                let of_it = |case: &&String| matches(name, case);
                let found = outcome.unmoved.iter().filter(of_it);
                explained.extend(found.map(|case| (case.clone(), reason.why.clone())));
            }
        }
        for reason in &self.elsewhere {
            for name in
                reason.names.iter().filter(|name| !lies.iter().any(|lie| matches(name, lie)))
            {
                stale.push(format!("no lie is called `{name}`"));
            }
            let mut lacking = false;
            for name in &reason.cases {
                if !cases.iter().any(|case| matches(name, case)) && scope.all_cases {
                    stale.push(format!("no case is called `{name}`"));
                }
                lacking |= not_offered.iter().any(|case| matches(name, case));
            }
            let nobodys = outcome.lies.iter().filter(|told| lacking && told.occasions == 0);
            let of_it =
                nobodys.filter(|told| reason.names.iter().any(|name| matches(name, &told.lie)));
            explained.extend(of_it.map(|told| (told.lie.clone(), reason.why.clone())));
        }
        outcome.out_of_date = stale;
        outcome.explained = explained.into_iter().collect();
    }
}

/// A number that depends on the text alone, on every machine: FNV-1a.
pub(super) fn checksum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |sum: u64, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
