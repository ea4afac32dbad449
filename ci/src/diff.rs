//! `sigsys diff`: what changed between two kernels.

mod markdown;
#[cfg(test)]
mod tests;
mod text;

use crate::command_line::{DiffArgs, DiffFormat};
use crate::out;
use crate::program::Program;
use crate::refusal::{Refusal, USAGE};
use crate::results::{self, Outcome, Results, UNSTEADY, claim};
use crate::{style, wholeness};
use harness::describe::{ClauseText, Description, DeviationText};
use harness::record::Verdict;
use std::collections::{BTreeMap, BTreeSet};

const DIFFERENT: u8 = 1;

/// Prints what changed; gives the exit status.
///
/// # Errors
/// When a file cannot be read as what it is to be.
pub(crate) fn diff(args: &DiffArgs) -> Result<u8, Refusal> {
    let (from, to) = (results::load(&args.from)?, results::load(&args.to)?);
    let description = Program::at_hand(args.promises.suite.as_deref())?;
    let diff = Diff::new(&from, &to, description.as_ref());
    out::say(&match args.format {
        DiffFormat::Text => text::text(&diff),
        DiffFormat::Markdown => markdown::text(&diff),
    })?;
    Ok(if args.exit_code { diff.status() } else { 0 })
}

/// What changed between two kernels, for a terminal.
pub(crate) fn between(from: &Results, to: &Results, description: &Description) -> String {
    text::text(&Diff::new(from, to, Some(description)))
}

/// What changed between two kernels.
#[derive(Debug)]
struct Diff<'a> {
    from: &'a Results,
    to: &'a Results,
    /// How many cases both have that can be compared.
    shared: usize,
    /// How many both have of one system that is not steady in them.
    unsteady: usize,
    /// What is offered by one of them, or lacking for different reasons.
    offers: Vec<Offer<'a>>,
    /// What changed, by the promise that is cited first.
    promises: Vec<Changed<'a>>,
    /// Cases only one of them has, by claim with the number of rows.
    only_from: Vec<(&'a str, usize)>,
    only_to: Vec<(&'a str, usize)>,
    description: Option<&'a Description>,
}

/// Cases for which one need decides.
#[derive(Debug)]
struct Offer<'a> {
    /// What the first lacked, and in what words; nothing where it was offered.
    from: Option<(&'a str, &'a str)>,
    /// What the second lacks.
    to: Option<(&'a str, &'a str)>,
    /// How many cases.
    cases: usize,
    /// What they come to where they run.
    verdicts: Tally,
    /// The promises that are tested on one side alone.
    promises: BTreeSet<&'a str>,
}

/// How many cases came to what, those that are unsteady last.
type Tally = BTreeMap<(bool, Verdict), usize>;

/// A promise with the cases that changed.
#[derive(Debug)]
struct Changed<'a> {
    clause: &'a str,
    changes: Vec<Change<'a>>,
}

/// Cases of one table that changed in one way.
#[derive(Debug)]
struct Change<'a> {
    from: &'a Outcome,
    to: &'a Outcome,
    rows: usize,
}

/// What became of one fact.
#[derive(Debug, PartialEq, Eq)]
enum Fact<'a> {
    Added(&'a str),
    Removed(&'a str),
    Changed(&'a str, &'a str),
}

impl<'a> Diff<'a> {
    fn new(from: &'a Results, to: &'a Results, description: Option<&'a Description>) -> Self {
        let names: BTreeMap<&str, &Outcome> =
            to.cases.iter().map(|case| (case.name.as_str(), case)).collect();
        let mut pairs: Vec<(&Outcome, &Outcome)> = from
            .cases
            .iter()
            .filter_map(|case| Some((case, *names.get(case.name.as_str())?)))
            .collect();
        let both = pairs.len();
        // What a system does otherwise each time is no difference to itself.
        if from.variant == to.variant {
            pairs.retain(|(a, b)| !a.unsteady && !b.unsteady);
        }
        Self {
            from,
            to,
            shared: pairs.len(),
            unsteady: both - pairs.len(),
            offers: offers(from, to, &pairs),
            promises: promises(&pairs),
            only_from: only(from, to),
            only_to: only(to, from),
            description,
        }
    }

    /// How many cases changed otherwise than in what is offered to them.
    fn changed(&self) -> usize {
        self.promises.iter().flat_map(|promise| &promise.changes).map(|change| change.rows).sum()
    }

    /// Whether nothing differs. What one lacks because it was cut off is no difference.
    fn is_empty(&self) -> bool {
        self.offers.is_empty()
            && self.promises.is_empty()
            && (self.only_from.is_empty() || self.to.cut_off.is_some())
            && (self.only_to.is_empty() || self.from.cut_off.is_some())
    }

    fn status(&self) -> u8 {
        let whole = self.from.cut_off.is_none() && self.to.cut_off.is_none();
        match (self.is_empty(), whole) {
            (false, _) => DIFFERENT,
            (true, true) => 0,
            (true, false) => USAGE,
        }
    }

    fn clause(&self, id: &str) -> Option<&'a ClauseText> {
        self.description?.clauses.iter().find(|clause| clause.id == id)
    }

    /// Why a deviation is known. One observation may have two reasons on two kernels.
    fn known(&self, results: &Results, case: &'a Outcome) -> Option<&'a str> {
        if case.deviation.is_empty() || !case.known.is_empty() {
            return Some(case.known.as_str()).filter(|known| !known.is_empty());
        }
        let entry = |entry: &&DeviationText| {
            entry.pattern == case.deviation
                && entry.observed == case.observed
                && results.release.is_in(&entry.range)
        };
        Some(self.description?.deviations.iter().find(entry)?.why.as_str())
    }

    /// What a reader must know before believing any of it.
    fn warnings(&self) -> Vec<String> {
        let cut_off = [("first", self.from), ("second", self.to)].into_iter().filter_map(
            |(which, results)| {
                let expected = style::count(results.cut_off?, "cases");
                Some(format!("the {which} was cut off after {} of {expected}", results.cases.len()))
            },
        );
        let suites = match (&self.from.suite, &self.to.suite) {
            (Some(a), Some(b)) if a != b => Some(format!("they are of different suites: {a}, {b}")),
            _ => None,
        };
        let others = [("first", self.from), ("second", self.to)]
            .into_iter()
            .filter_map(|(which, results)| self.other_suite(which, results));
        let unsteady = (self.unsteady > 0).then(|| {
            format!(
                "not compared, for it is unsteady there: {}",
                style::count(self.unsteady, "cases")
            )
        });
        cut_off.chain(suites).chain(others).chain(unsteady).collect()
    }

    /// That a record is of another suite than the one at hand.
    fn other_suite(&self, which: &str, results: &Results) -> Option<String> {
        let (description, _) = (self.description?, results.suite.as_ref()?);
        let described: BTreeMap<&str, &Vec<String>> =
            description.cases.iter().map(|case| (case.name.as_str(), &case.clauses)).collect();
        let is_other = |case: &&Outcome| described.get(case.name.as_str()) != Some(&&case.clauses);
        let names: Vec<String> =
            results.cases.iter().filter(is_other).map(|case| case.name.clone()).collect();
        (!names.is_empty()).then(|| {
            format!(
                "the {which} is of another suite than the one at hand, which lacks {} of its cases or tests \
                 other promises with them: {}",
                names.len(),
                wholeness::listed(&names)
            )
        })
    }

    /// The line that says that there is nothing to say.
    fn same(&self) -> String {
        let (from, to) = (&self.from.title, &self.to.title);
        format!("no difference in {} between {from} and {to}", style::count(self.shared, "cases"))
    }
}

impl Offer<'_> {
    /// What this is about, in the words of the suite.
    fn what(&self) -> String {
        let thing = |(need, reason): (&str, &str)| match reason.split_once(": ") {
            Some((what, _)) => format!("{what} ({need})"),
            None => need.to_owned(),
        };
        match (self.from, self.to) {
            (Some(from), Some(to)) if from.0 != to.0 => format!("{} → {}", thing(from), thing(to)),
            (Some(lacking), _) | (None, Some(lacking)) => thing(lacking),
            (None, None) => String::new(),
        }
    }

    /// What the kernel answered that lacks it.
    fn said<'b>(lacking: Option<(&'b str, &'b str)>) -> &'b str {
        lacking.map_or("", |(_, reason)| reason.split_once(": ").map_or(reason, |(_, said)| said))
    }

    /// `4 cases: 3 holds, 1 deviates`
    fn counts(&self) -> String {
        let cases = style::count(self.cases, "cases");
        if self.verdicts.is_empty() { cases } else { format!("{cases}: {}", tally(&self.verdicts)) }
    }
}

impl Change<'_> {
    /// The name of the case, or of the table with the number of its rows.
    fn name(&self) -> String {
        match self.rows {
            1 => self.to.name.clone(),
            rows => format!("{} ({rows} rows)", self.to.claim()),
        }
    }

    fn facts(&self) -> BTreeMap<&str, Fact<'_>> {
        let (from, to) = (&self.from.facts, &self.to.facts);
        let mut facts = BTreeMap::new();
        for name in from.keys().chain(to.keys()) {
            let fact = match (from.get(name), to.get(name)) {
                (Some(a), Some(b)) if a != b => Fact::Changed(a, b),
                (Some(a), None) => Fact::Removed(a),
                (None, Some(b)) => Fact::Added(b),
                _ => continue,
            };
            facts.insert(name.as_str(), fact);
        }
        facts
    }
}

/// `3 holds, 1 deviates`
pub(crate) fn tally(verdicts: &BTreeMap<(bool, Verdict), usize>) -> String {
    let words = |(unsteady, verdict): &(bool, Verdict)| {
        if *unsteady { UNSTEADY } else { verdict.words() }
    };
    let parts: Vec<String> =
        verdicts.iter().map(|(key, count)| format!("{count} {}", words(key))).collect();
    parts.join(", ")
}

/// The verdict of a case, with the need it lacks.
fn verdict(case: &Outcome) -> String {
    match case.lacks.as_str() {
        "" => case.words().into(),
        need => format!("{} ({need})", case.words()),
    }
}

/// Cases that ran on one side alone, or on neither for different reasons, by need.
fn offers<'a>(
    from: &'a Results,
    to: &'a Results,
    pairs: &[(&'a Outcome, &'a Outcome)],
) -> Vec<Offer<'a>> {
    fn lacking<'a>(results: &'a Results, case: &'a Outcome) -> Option<(&'a str, &'a str)> {
        let need = case.lacks.as_str();
        let reason = results.lacks.get(need).map_or("", String::as_str);
        (!need.is_empty()).then_some((need, reason))
    }
    let mut groups: BTreeMap<_, Vec<(&Outcome, &Outcome)>> = BTreeMap::new();
    for (a, b) in pairs {
        let key = (lacking(from, a), lacking(to, b));
        if key.0 != key.1 {
            groups.entry(key).or_default().push((a, b));
        }
    }
    fn tested<'a>(cases: impl Iterator<Item = &'a Outcome>) -> BTreeSet<&'a str> {
        let ran = cases.filter(|case| case.lacks.is_empty());
        ran.flat_map(|case| case.clauses.iter().map(String::as_str)).collect()
    }
    let (tested_from, tested_to) = if from.cut_off.is_some() || to.cut_off.is_some() {
        // What one did not get to says nothing of what it tests.
        (tested(pairs.iter().map(|(a, _)| *a)), tested(pairs.iter().map(|(_, b)| *b)))
    } else {
        (tested(from.cases.iter()), tested(to.cases.iter()))
    };
    let mut most = BTreeMap::new();
    let mut highest: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, cases) in &groups {
        for (id, count) in cited(cases) {
            if highest.get(id).is_none_or(|other| count > *other) {
                highest.insert(id, count);
                most.insert(id, *key);
            }
        }
    }
    let mut offers: Vec<Offer<'a>> = groups
        .into_iter()
        .map(|((lacks_from, lacks_to), cases)| {
            let mut verdicts = BTreeMap::new();
            let ran = |(a, b): &(&'a Outcome, &'a Outcome)| match (lacks_from, lacks_to) {
                (Some(_), None) => Some((b.unsteady, b.verdict)),
                (None, Some(_)) => Some((a.unsteady, a.verdict)),
                _ => None,
            };
            for verdict in cases.iter().filter_map(ran) {
                *verdicts.entry(verdict).or_default() += 1;
            }
            let promises = cited(&cases)
                .into_keys()
                .filter(|id| tested_from.contains(id) != tested_to.contains(id))
                // The need that most of its cases have is the one it is about.
                .filter(|id| most.get(id) == Some(&(lacks_from, lacks_to)))
                .collect();
            Offer { from: lacks_from, to: lacks_to, cases: cases.len(), verdicts, promises }
        })
        .collect();
    // What is offered now, what is no longer, what is still not; the largest first.
    offers.sort_by_key(|offer| {
        let order = match (offer.from, offer.to) {
            (Some(_), None) => 0,
            (None, _) => 1,
            (Some(_), Some(_)) => 2,
        };
        (order, std::cmp::Reverse(offer.cases))
    });
    offers
}

/// The promises that cases cite, with the number of those that do.
fn cited<'a>(pairs: &[(&'a Outcome, &'a Outcome)]) -> BTreeMap<&'a str, usize> {
    let mut cited = BTreeMap::new();
    for (_, case) in pairs {
        for id in &case.clauses {
            *cited.entry(id.as_str()).or_default() += 1;
        }
    }
    cited
}

/// What changed in cases, save what an [`Offer`] says already.
fn promises<'a>(pairs: &[(&'a Outcome, &'a Outcome)]) -> Vec<Changed<'a>> {
    let mut promises: BTreeMap<&str, Vec<Change<'a>>> = BTreeMap::new();
    for (from, to) in pairs.iter().copied() {
        let appeared = from.lacks != to.lacks;
        // Only what holds, or is lacking, where it could be asked says no more than its number.
        let ran = if to.lacks.is_empty() { to } else { from };
        let both_lack = !from.lacks.is_empty() && !to.lacks.is_empty();
        if from.is_like(to) || appeared && (both_lack || ran.verdict == Verdict::Holds) {
            continue;
        }
        let clause = to.clauses.first().map_or("", String::as_str);
        let changes = promises.entry(clause).or_default();
        let same = |change: &&mut Change| {
            change.to.claim() == to.claim() && change.from.is_like(from) && change.to.is_like(to)
        };
        match changes.iter_mut().find(same) {
            Some(change) => change.rows += 1,
            None => changes.push(Change { from, to, rows: 1 }),
        }
    }
    promises.into_iter().map(|(clause, changes)| Changed { clause, changes }).collect()
}

/// The claims of the cases that `here` has and `there` lacks, with the number of their rows.
fn only<'a>(here: &'a Results, there: &Results) -> Vec<(&'a str, usize)> {
    let known: BTreeSet<&str> = there.cases.iter().map(|case| case.name.as_str()).collect();
    let mut claims: BTreeMap<&str, usize> = BTreeMap::new();
    for case in here.cases.iter().filter(|case| !known.contains(case.name.as_str())) {
        *claims.entry(claim(&case.name)).or_default() += 1;
    }
    claims.into_iter().collect()
}
