//! What a search found, as data.

use super::behaviour::Behaviour;
use super::entries;
use super::words::{self, Kernel, Run, branches, ranges};
use super::{Answers, Change, Depth, Search};
use crate::results::history::Rows;
use crate::results::names;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Version of the form; it grows when a reader of the old one would misread the new one.
const SCHEMA: u32 = 1;

/// What a search found.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Report {
    /// Version of this form: 1.
    pub schema: u32,
    /// What was asked for.
    pub name: String,
    /// The line of kernels, the oldest release first.
    pub kernels: Vec<Kernel>,
    /// Whether every change was looked for.
    pub all: bool,
    /// What a reader must know before believing any of it: kernels without an answer above all.
    pub notes: Vec<String>,
    /// Cases that fare alike.
    pub entries: Vec<Entry>,
    /// What it took.
    pub effort: Effort,
}

/// What a search took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Effort {
    /// Machines that were booted.
    pub boots: usize,
    /// Kernels whose answer was known.
    pub cached: usize,
    /// Seconds from the first question to the last answer.
    pub seconds: f64,
}

/// Cases that fare alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Entry {
    /// The cases.
    pub cases: Vec<Rows>,
    /// Where the behaviour changes, the oldest kernel first; empty where the samples agree, and where none
    /// of them answered.
    pub changes: Vec<Step>,
    /// What the cases came to, that of the oldest kernel first.
    pub values: Vec<Value>,
    /// What `fixtures/deviations.toml` can say of it, without a reason.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub deviations: String,
}

/// Two kernels that behave differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Step {
    /// The last that behaves as before.
    pub before: String,
    /// The first that behaves otherwise.
    pub after: String,
    /// Kernels between them that have no answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<String>,
    /// Whether they are of one series, so that a point release made the change.
    pub point_release: bool,
}

/// What cases came to on some kernels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Value {
    /// Where: with `all` ranges of kernels, else the kernels that were asked around the change.
    pub range: String,
    /// The same, branch by branch; with `all` alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub branches: String,
    /// Holds, violated (whether that is known or not), not offered, crashed or tainted.
    pub verdict: String,
    /// What was observed, or what is lacking and what the kernel answered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// The answers of one case.
#[derive(Clone, Debug, Default)]
pub(crate) struct CaseAnswers {
    /// Its name.
    pub name: String,
    /// What kernels answered.
    pub answers: Answers<Behaviour>,
}

/// A search that is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finished<'a> {
    /// What was asked for.
    pub name: &'a str,
    /// The line.
    pub kernels: &'a [Kernel],
    /// How far it went.
    pub search: Search<'a>,
    /// The answers.
    pub cases: &'a [CaseAnswers],
    /// What there is to know besides.
    pub notes: &'a [String],
    /// What it took.
    pub effort: Effort,
}

/// What cases that are told apart by nothing else share.
type Fate = (Vec<Step>, Vec<Value>);

/// What was found.
pub(crate) fn report(found: &Finished) -> Report {
    let mut groups: Vec<(Fate, Entry)> = Vec::new();
    for case in found.cases {
        let (fate, deviations) = fate(found, case);
        let (area, claim, row) = names::split(&case.name);
        let claim = names::join(area, claim, "");
        let row = (!row.is_empty()).then(|| row.to_owned());
        let at = groups.iter().position(|(other, _)| *other == fate).unwrap_or(groups.len());
        if at == groups.len() {
            let (changes, values) = fate.clone();
            let entry = Entry { cases: Vec::new(), changes, values, deviations: String::new() };
            groups.push((fate, entry));
        }
        let entry = &mut groups[at].1;
        entry.deviations += &deviations;
        match entry.cases.iter_mut().find(|rows| rows.claim == claim) {
            Some(rows) => rows.rows.extend(row),
            None => entry.cases.push(Rows { claim, rows: row.into_iter().collect() }),
        }
    }
    Report {
        schema: SCHEMA,
        name: found.name.into(),
        kernels: found.kernels.to_vec(),
        all: found.search.depth == Depth::Every,
        notes: found.notes.to_vec(),
        entries: groups.into_iter().map(|(_, entry)| entry).collect(),
        effort: found.effort,
    }
}

fn fate(found: &Finished, case: &CaseAnswers) -> (Fate, String) {
    let kernels = found.kernels;
    let changes = found.search.changes(&case.answers);
    let values = values(&changes, found.search.depth, &case.answers);
    let mut different: Vec<&Behaviour> = Vec::new();
    let mut numbered = Vec::new();
    for (place, behaviour) in &values {
        let known = different.iter().position(|other| other == behaviour);
        numbered.push((*place, known.unwrap_or(different.len())));
        if known.is_none() {
            different.push(behaviour);
        }
    }
    let runs = words::runs(&numbered);
    let is_all = found.search.depth == Depth::Every;
    let value = |(number, behaviour): (usize, &&Behaviour)| Value {
        range: match (is_all, changes.is_empty()) {
            (true, true) => "every series".into(),
            (true, false) => ranges(number, &runs, kernels),
            (false, true) => answered(&case.answers, kernels),
            (false, false) => around(number, &runs, kernels),
        },
        branches: match is_all && runs.len() > 1 {
            true => branches(number, &numbered, kernels),
            false => String::new(),
        },
        verdict: behaviour.verdict.words().into(),
        text: behaviour.text(),
    };
    let said = different.iter().enumerate().map(value).collect();
    let deviations = entries::entries(&case.name, &runs, &different, kernels);
    let steps = changes.iter().map(|change| step(change, case, kernels)).collect();
    ((steps, said), deviations)
}

/// What each kernel does, as far as that is known: around the one change, or everywhere, where a kernel
/// that was not asked does as those around it.
fn values<'a>(
    changes: &[Change],
    depth: Depth,
    answers: &'a Answers<Behaviour>,
) -> Vec<(usize, &'a Behaviour)> {
    let known: BTreeMap<usize, &Behaviour> =
        answers.iter().filter_map(|(place, answer)| Some((*place, answer.as_ref()?))).collect();
    if let (Depth::One, [change]) = (depth, changes) {
        let around =
            known.into_iter().filter(|(place, _)| [change.before, change.after].contains(place));
        return around.collect();
    }
    let (Some((first, _)), Some((last, _))) = (known.first_key_value(), known.last_key_value())
    else {
        return Vec::new();
    };
    let places = *first..=*last;
    let asked = |place: &usize| !matches!(answers.get(place), Some(None));
    places
        .filter(asked)
        .filter_map(|place| Some((place, *known.range(..=place).next_back()?.1)))
        .collect()
}

/// Where one of two behaviours was seen that are told apart by one change.
fn around(number: usize, runs: &[Run], kernels: &[Kernel]) -> String {
    runs.iter()
        .find(|run| run.value == number)
        .map_or(String::new(), |run| kernels[run.from].label.clone())
}

/// The kernels that answered.
fn answered(answers: &Answers<Behaviour>, kernels: &[Kernel]) -> String {
    let known = answers.iter().filter(|(_, answer)| answer.is_some());
    known.map(|(place, _)| kernels[*place].label.as_str()).collect::<Vec<_>>().join(", ")
}

fn step(change: &Change, case: &CaseAnswers, kernels: &[Kernel]) -> Step {
    let mute = |place: &usize| matches!(case.answers.get(place), Some(None));
    let between = (change.before + 1..change.after).filter(mute);
    let (before, after) = (&kernels[change.before], &kernels[change.after]);
    Step {
        before: before.label.clone(),
        after: after.label.clone(),
        unanswered: between.map(|place| kernels[place].label.clone()).collect(),
        point_release: before.series == after.series,
    }
}

impl Report {
    /// Whether something changes.
    pub(crate) fn found(&self) -> bool {
        self.entries.iter().any(|entry| !entry.changes.is_empty())
    }

    /// Whether any kernel answered.
    pub(crate) fn answered(&self) -> bool {
        self.entries.iter().any(|entry| !entry.values.is_empty())
    }

    /// Everything that the list of deviations can say, each thing once.
    pub(crate) fn deviations(&self) -> String {
        let all: String = self.entries.iter().map(|entry| entry.deviations.as_str()).collect();
        let mut seen = BTreeSet::new();
        all.split_inclusive("\n\n").filter(|block| seen.insert(*block)).collect()
    }
}
