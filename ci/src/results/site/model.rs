//! What a site says, before it is text.

mod facts;

use super::columns::{self, Column, Kernel};
use super::standing::{Standing, Summary};
use super::{Input, PROMISES};
use crate::results::history::Entry;
use crate::results::names;
use facts::Facts;
use harness::describe::{ClauseText, SourceText};
use std::collections::{BTreeMap, BTreeSet};

/// Where promises stand of which no document is known.
const NO_DOCUMENT: &str = "no document";
/// What an address keeps of the name of a promise, in bytes.
const MAX_ADDRESS: usize = 120;

/// All of a site.
#[derive(Debug)]
pub(super) struct Model {
    pub columns: Vec<Column>,
    pub kernels: Vec<Kernel>,
    /// In the order of the table.
    pub promises: Vec<Promise>,
    /// Cases of one claim that fare alike and test the same promises.
    pub groups: Vec<Group>,
    pub reasons: Vec<Reason>,
    pub notes: Vec<String>,
    /// How many cases there are.
    pub cases: usize,
}

/// A promise.
#[derive(Debug)]
pub(super) struct Promise {
    pub id: String,
    /// Its page, from the root of the site.
    pub address: String,
    /// What is promised; empty where no suite says it.
    pub text: String,
    pub terms: String,
    /// `must, since 6.17`
    pub validity: String,
    /// Why no case can observe it.
    pub unobservable: String,
    pub sources: Vec<SourceText>,
    pub mechanism: String,
    pub document: String,
    /// What it comes to in each column, and for each kernel over all its variants.
    pub cells: Vec<Summary>,
    pub folded: Vec<Summary>,
    /// Its cases by their verdicts, for its own page.
    pub entries: Vec<Fared>,
    /// The same by claim: places in [`Model::groups`].
    pub groups: Vec<usize>,
    /// The same by what it comes to.
    pub history: Vec<Alike>,
}

/// Columns in which a promise comes to the same.
#[derive(Debug)]
pub(super) struct Alike {
    pub summary: Summary,
    /// The columns in words, and by place.
    pub range: String,
    pub columns: Vec<usize>,
}

/// Cases whose verdicts are alike, whatever was observed.
#[derive(Debug)]
pub(super) struct Fared {
    pub claims: Vec<Claim>,
    pub outcomes: Vec<Outcome>,
}

/// What they came to in some columns.
#[derive(Debug)]
pub(super) struct Outcome {
    pub standing: Standing,
    pub range: String,
    columns: BTreeSet<usize>,
    /// Whether kernels are among the columns, and not other systems alone.
    pub is_of_kernels: bool,
    /// What was observed there, each once.
    pub texts: Vec<String>,
    /// Why it is known to deviate: places in [`Model::reasons`].
    pub reasons: BTreeSet<usize>,
}

/// Cases of one claim.
#[derive(Debug)]
pub(super) struct Claim {
    /// Suite, area and claim.
    pub name: String,
    pub rows: Vec<String>,
    /// File and line; empty where no suite says it.
    pub place: String,
    pub catches: String,
    pub needs: Vec<String>,
}

/// The cases of one claim in every column.
#[derive(Debug)]
pub(super) struct Group {
    pub claim: Claim,
    pub values: Vec<Value>,
}

/// What cases came to in some columns.
#[derive(Debug)]
pub(super) struct Value {
    pub standing: Standing,
    pub text: String,
    /// Where, in words and by place.
    pub range: String,
    pub columns: Vec<usize>,
    /// Why it is known to deviate: places in [`Model::reasons`], each with the columns it is said of.
    pub reasons: BTreeMap<usize, BTreeSet<usize>>,
}

/// Why a kernel is known to deviate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    pub why: String,
    /// The releases it is about, and where that was found; empty where a record alone says why.
    pub range: String,
    pub source: String,
}

impl Model {
    /// The model of these results; nothing where they hold no case.
    pub(super) fn of(input: Input) -> Option<Self> {
        let facts = Facts::of(input);
        if facts.kernels.cases.is_empty() {
            return None;
        }
        let (columns, kernels) = columns::of(&facts.kernels, input);
        let described = input.description.map_or(&[][..], |description| &description.deviations);
        let mut model = Self {
            columns,
            kernels,
            promises: Vec::new(),
            groups: Vec::new(),
            reasons: described.iter().map(Reason::from).collect(),
            notes: facts.notes(),
            cases: facts.kernels.cases.len(),
        };
        let mut by_clause: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, known) in &facts.kernels.cases {
            for clause in known.clauses {
                by_clause.entry(clause).or_default().push(name);
            }
        }
        let clauses: BTreeMap<&str, &ClauseText> = input
            .description
            .iter()
            .flat_map(|description| &description.clauses)
            .map(|clause| (clause.id.as_str(), clause))
            .collect();
        let ids: BTreeSet<&str> = clauses.keys().chain(by_clause.keys()).copied().collect();
        for id in ids {
            let cases = by_clause.get(id).map_or(&[][..], Vec::as_slice);
            let promise = model.promise(id, clauses.get(id).copied(), cases, &facts);
            model.promises.push(promise);
        }
        let key = |promise: &Promise| {
            let (mechanism, document) = (promise.mechanism.clone(), promise.document.clone());
            (mechanism, document == NO_DOCUMENT, document, promise.id.clone())
        };
        model.promises.sort_by_cached_key(key);
        model.name_pages();
        model.group(&facts);
        Some(model)
    }

    fn promise(
        &mut self,
        id: &str,
        clause: Option<&ClauseText>,
        cases: &[&str],
        facts: &Facts,
    ) -> Promise {
        let standings: Vec<Vec<Standing>> =
            cases.iter().map(|case| facts.standings(case)).collect();
        let cells: Vec<Summary> = (0..self.columns.len())
            .map(|column| Summary::of(standings.iter().map(|row| row[column])))
            .collect();
        // A case counts once for a kernel: as the worst of its variants.
        let worst = |row: &Vec<Standing>, kernel: &Kernel| {
            kernel.columns.iter().map(|at| row[*at]).max().unwrap_or(Standing::Absent)
        };
        let folded = self
            .kernels
            .iter()
            .map(|kernel| Summary::of(standings.iter().map(|row| worst(row, kernel))));
        let folded = folded.collect();
        let entries = self.fared(cases, facts);
        Promise {
            id: id.to_owned(),
            address: String::new(),
            text: clause.map_or(String::new(), |clause| clause.promise.clone()),
            terms: clause.map_or(String::new(), |clause| clause.terms.clone()),
            validity: clause.map_or(String::new(), validity),
            unobservable: clause.and_then(|clause| clause.unobservable.clone()).unwrap_or_default(),
            sources: clause.map_or(Vec::new(), |clause| clause.sources.clone()),
            mechanism: id.split('/').next().unwrap_or(id).to_owned(),
            document: clause
                .and_then(|clause| clause.sources.first())
                .map_or(NO_DOCUMENT.into(), |source| source.title.clone()),
            history: facts.history(&cells),
            cells,
            folded,
            entries,
            groups: Vec::new(),
        }
    }

    /// These cases by their verdicts.
    fn fared(&mut self, cases: &[&str], facts: &Facts) -> Vec<Fared> {
        let mut all: Vec<Fared> = Vec::new();
        for entry in facts.kernels.entries(cases) {
            let claims: Vec<Claim> =
                entry.cases.iter().map(|rows| facts.claim(&rows.claim, &rows.rows)).collect();
            let mut outcomes: Vec<Outcome> = Vec::new();
            for value in self.values(&entry, facts) {
                match outcomes.iter_mut().find(|other| other.standing == value.standing) {
                    Some(outcome) => outcome.take(value),
                    None => outcomes.push(value.into()),
                }
            }
            let alike = |other: &Fared| {
                let pairs = || other.outcomes.iter().zip(&outcomes);
                other.outcomes.len() == outcomes.len()
                    && pairs().all(|(a, b)| (a.standing, &a.columns) == (b.standing, &b.columns))
            };
            match all.iter_mut().find(|other| alike(other)) {
                Some(fared) => fared.join(claims, outcomes),
                None => all.push(Fared { claims, outcomes }),
            }
        }
        for outcome in all.iter_mut().flat_map(|fared| &mut fared.outcomes) {
            outcome.range = facts.range(&outcome.columns);
            let linux = self.kernels.iter().filter(|kernel| !kernel.is_system);
            let mut linux = linux.flat_map(|kernel| &kernel.columns);
            outcome.is_of_kernels = linux.any(|at| outcome.columns.contains(at));
        }
        all
    }

    /// The values of an entry, with the reasons of those that deviate.
    fn values(&mut self, entry: &Entry, facts: &Facts) -> Vec<Value> {
        let cases: Vec<String> = entry
            .cases
            .iter()
            .flat_map(|rows| match rows.rows.as_slice() {
                [] => vec![rows.claim.clone()],
                all => all.iter().map(|row| format!("{}[{row}]", rows.claim)).collect(),
            })
            .collect();
        let mut values = Vec::new();
        for value in &entry.values {
            let columns: Vec<usize> =
                value.columns.iter().filter_map(|name| facts.places.get(name).copied()).collect();
            let standing = Standing::of_words(&value.verdict);
            let mut reasons: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
            if standing == Standing::Deviates {
                for case in &cases {
                    for column in &columns {
                        if let Some(reason) = facts.reason(case, *column, &mut self.reasons) {
                            reasons.entry(reason).or_default().insert(*column);
                        }
                    }
                }
            }
            values.push(Value {
                standing,
                text: value.text.clone(),
                range: value.range.clone(),
                columns,
                reasons,
            });
        }
        values
    }

    /// Gives each promise the address of its page: its id, in characters that every system has in a name.
    fn name_pages(&mut self) {
        let mut taken = BTreeSet::new();
        let mut promises: Vec<&mut Promise> = self.promises.iter_mut().collect();
        promises.sort_by(|a, b| a.id.cmp(&b.id));
        for promise in promises {
            let safe = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
            let name: String = promise.id.to_ascii_lowercase().chars().map(safe).collect();
            let name = match &name[..name.len().min(MAX_ADDRESS)] {
                "" => "-".to_owned(),
                name => name.to_owned(),
            };
            let free = std::iter::once(name.clone()).chain((2..).map(|at| format!("{name}--{at}")));
            let name = free.into_iter().find(|name| taken.insert(name.clone())).unwrap_or(name);
            promise.address = format!("{PROMISES}/{name}.html");
        }
    }

    /// Makes the groups of cases, and tells promises of theirs.
    fn group(&mut self, facts: &Facts) {
        let cases: Vec<(&str, &[String])> =
            facts.kernels.cases.iter().map(|(name, known)| (*name, known.clauses)).collect();
        let mut of_promise: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for alike in cases.chunk_by(|a, b| names::claim(a.0) == names::claim(b.0) && a.1 == b.1) {
            let names: Vec<&str> = alike.iter().map(|(name, _)| *name).collect();
            for entry in facts.kernels.entries(&names) {
                let Some(rows) = entry.cases.first() else { continue };
                let claim = facts.claim(&rows.claim, &rows.rows);
                let values = self.values(&entry, facts);
                for clause in alike[0].1 {
                    of_promise.entry(clause).or_default().push(self.groups.len());
                }
                self.groups.push(Group { claim, values });
            }
        }
        for promise in &mut self.promises {
            promise.groups = of_promise.remove(promise.id.as_str()).unwrap_or_default();
        }
    }
}

impl Fared {
    /// Takes more cases of the same verdicts.
    fn join(&mut self, claims: Vec<Claim>, outcomes: Vec<Outcome>) {
        for claim in claims {
            match self.claims.iter_mut().find(|own| own.name == claim.name) {
                Some(own) => own.rows.extend(claim.rows),
                None => self.claims.push(claim),
            }
        }
        for (own, more) in self.outcomes.iter_mut().zip(outcomes) {
            own.reasons.extend(more.reasons);
            more.texts.into_iter().for_each(|text| own.say(text));
        }
    }
}

impl Outcome {
    fn say(&mut self, text: String) {
        if !text.is_empty() && !self.texts.contains(&text) {
            self.texts.push(text);
        }
    }

    /// Takes what has the same verdict in other columns.
    fn take(&mut self, value: Value) {
        self.columns.extend(value.columns);
        self.reasons.extend(value.reasons.into_keys());
        self.say(value.text);
    }
}

impl From<Value> for Outcome {
    fn from(value: Value) -> Self {
        let (columns, reasons) = (BTreeSet::new(), BTreeSet::new());
        let standing = value.standing;
        let mut own = Self {
            standing,
            range: String::new(),
            columns,
            is_of_kernels: false,
            texts: Vec::new(),
            reasons,
        };
        own.take(value);
        own
    }
}

impl From<&harness::describe::DeviationText> for Reason {
    fn from(entry: &harness::describe::DeviationText) -> Self {
        let (why, range) = (entry.why.clone(), entry.range.clone());
        Self { why, range, source: entry.source.clone() }
    }
}

/// `must, since 6.17`
fn validity(clause: &ClauseText) -> String {
    let mut validity = clause.strength.clone();
    for (word, version) in [("since", &clause.since), ("until", &clause.until)] {
        if !version.is_empty() {
            validity += &format!(", {word} {version}");
        }
    }
    validity
}
