//! What is looked up while a model is made.

use super::{Alike, Claim, Reason};
use crate::results::history::Kernels;
use crate::results::names;
use crate::results::ranges::{self, Id};
use crate::results::site::Input;
use crate::results::site::standing::{Standing, Summary};
use crate::style;
use harness::describe::CaseMeta;
use std::collections::{BTreeMap, BTreeSet};

/// The results and what the suite says, by name.
pub(super) struct Facts<'a> {
    pub kernels: Kernels<'a>,
    /// The results of each column, each case by name.
    known: Vec<BTreeMap<&'a str, &'a str>>,
    pub places: BTreeMap<String, usize>,
    cases: BTreeMap<&'a str, &'a CaseMeta>,
    /// The deviations that cover a case.
    deviations: BTreeMap<&'a str, Vec<usize>>,
    input: Input<'a>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(input: Input<'a>) -> Self {
        let kernels = Kernels::new(input.all);
        let known = kernels.columns.values().map(|results| {
            let known = results.cases.iter().filter(|case| !case.known.is_empty());
            known.map(|case| (case.name.as_str(), case.known.as_str())).collect()
        });
        let known = known.collect();
        let places = kernels.columns.keys().enumerate().map(|(at, id)| (id.name(), at)).collect();
        let mut cases = BTreeMap::new();
        let mut deviations: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        if let Some(description) = input.description {
            cases.extend(description.cases.iter().map(|case| (case.name.as_str(), case)));
            for (at, entry) in description.deviations.iter().enumerate() {
                for case in &entry.cases {
                    deviations.entry(case).or_default().push(at);
                }
            }
        }
        Self { kernels, known, places, cases, deviations, input }
    }

    /// What a case came to in each column.
    pub(super) fn standings(&self, case: &str) -> Vec<Standing> {
        let cells = self.kernels.cases.get(case).map_or(&[][..], |known| &known.cells);
        let columns = self.kernels.columns.values();
        columns
            .zip(cells)
            .map(|(results, cell)| Standing::of(*cell, results.cut_off.is_some()))
            .collect()
    }

    pub(super) fn claim(&self, name: &str, rows: &[String]) -> Claim {
        let first = match rows.first() {
            Some(row) => format!("{name}[{row}]"),
            None => name.to_owned(),
        };
        let case = self.cases.get(first.as_str());
        Claim {
            name: name.to_owned(),
            rows: rows.to_vec(),
            place: case.map_or(String::new(), |case| format!("{}:{}", case.file, case.line)),
            catches: case.map_or(String::new(), |case| case.catches.clone()),
            needs: case.map_or(Vec::new(), |case| case.needs.clone()),
        }
    }

    /// Why a case is known to deviate in a column. What a record says is added to `reasons` where the suite
    /// does not say it.
    pub(super) fn reason(
        &self,
        case: &str,
        column: usize,
        reasons: &mut Vec<Reason>,
    ) -> Option<usize> {
        if let Some(why) = self.known[column].get(case) {
            let known = reasons.iter().position(|reason| reason.why == *why);
            return Some(known.unwrap_or_else(|| {
                let why = (*why).to_owned();
                reasons.push(Reason { why, range: String::new(), source: String::new() });
                reasons.len() - 1
            }));
        }
        let results = self.kernels.columns.values().nth(column)?;
        let entries = &self.input.description?.deviations;
        let covering = self.deviations.get(case)?;
        covering.iter().copied().find(|at| results.release.is_in(&entries[*at].range))
    }

    /// What is the same in which columns.
    pub(super) fn history(&self, cells: &[Summary]) -> Vec<Alike> {
        let mut alike: BTreeMap<Summary, BTreeSet<usize>> = BTreeMap::new();
        for (at, summary) in cells.iter().enumerate() {
            alike.entry(*summary).or_default().insert(at);
        }
        let of = |(summary, columns)| {
            let range = self.range(&columns);
            Alike { summary, range, columns: columns.into_iter().collect() }
        };
        let mut alike: Vec<Alike> = alike.into_iter().map(of).collect();
        alike.sort_by(|a, b| a.columns.cmp(&b.columns));
        alike
    }

    /// Columns in words.
    pub(super) fn range(&self, columns: &BTreeSet<usize>) -> String {
        let domain: BTreeSet<&Id> = self.kernels.columns.keys().collect();
        let ids = self.kernels.columns.keys().enumerate();
        ranges::write(
            &ids.filter(|(at, _)| columns.contains(at)).map(|(_, id)| id).collect(),
            &domain,
        )
    }

    /// What a reader must know before believing any of it.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = self.kernels.notes();
        if self.input.description.is_none() {
            notes.push(
                "no suite was at hand: promises are shown by their ids, and cases without their places"
                    .into(),
            );
            return notes;
        }
        let other: Vec<String> = self
            .kernels
            .cases
            .keys()
            .filter(|name| !self.cases.contains_key(*name))
            .map(|name| (*name).to_owned())
            .collect();
        if !other.is_empty() {
            notes.push(format!(
                "the suite at hand lacks {} of these results: {}",
                style::plural(other.len(), "cases"),
                names::listed(&other)
            ));
        }
        notes
    }
}
