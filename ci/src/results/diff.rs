//! What changed between two kernels.

pub(crate) mod markdown;
pub(crate) mod report;
#[cfg(test)]
mod tests;
pub(crate) mod text;

use super::names;
use super::run_results::{Outcome, Results};
use crate::style;
use harness::describe::{Description, DeviationText};
use harness::record::Verdict;
use report::{Change, Lacking, Offer, Offering, Only, Report, Side};
use std::collections::{BTreeMap, BTreeSet};

/// What changed between two kernels.
pub(crate) fn compare(from: &Results, to: &Results, description: Option<&Description>) -> Report {
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
        pairs.retain(|(a, b)| !a.cell.unsteady && !b.cell.unsteady);
    }
    let mut notes = notes(from, to, description);
    if both > pairs.len() {
        let cases = style::plural(both - pairs.len(), "cases");
        notes.push(format!("not compared, for it is unsteady there: {cases}"));
    }
    Report {
        schema: report::SCHEMA,
        from: side(from),
        to: side(to),
        compared: pairs.len(),
        notes,
        offers: offers(from, to, &pairs),
        changes: changes(from, to, &pairs, description),
        only_from: only(from, to),
        only_to: only(to, from),
    }
}

fn side(results: &Results) -> Side {
    Side { title: results.title.clone(), cut_off: results.cut_off.is_some() }
}

/// What a reader must know before believing any of it.
fn notes(from: &Results, to: &Results, description: Option<&Description>) -> Vec<String> {
    let sides = [("first", from), ("second", to)];
    let cut_off = sides.into_iter().filter_map(|(which, results)| {
        let expected = style::plural(results.cut_off?, "cases");
        Some(format!("the {which} was cut off after {} of {expected}", results.cases.len()))
    });
    let suites = match (&from.suite, &to.suite) {
        (Some(a), Some(b)) if a != b => Some(format!("they are of different suites: {a}, {b}")),
        _ => None,
    };
    let others =
        sides.into_iter().filter_map(|(which, results)| other_suite(which, results, description?));
    cut_off.chain(suites).chain(others).collect()
}

/// That a record is of another suite than the one at hand.
fn other_suite(which: &str, results: &Results, description: &Description) -> Option<String> {
    results.suite.as_ref()?;
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
            names::listed(&names)
        )
    })
}

/// Why a case is known to deviate. A record says so itself.
fn known(results: &Results, case: &Outcome, description: Option<&Description>) -> String {
    if case.cell.verdict != Verdict::Deviates || !case.known.is_empty() {
        return case.known.clone();
    }
    let entry = |entry: &&DeviationText| {
        entry.cases.contains(&case.name) && results.release.is_in(&entry.range)
    };
    let entry = description.and_then(|all| all.deviations.iter().find(entry));
    entry.map(|entry| entry.why.clone()).unwrap_or_default()
}

/// Cases that ran on one side alone, or on neither for different reasons, by need.
fn offers(from: &Results, to: &Results, pairs: &[(&Outcome, &Outcome)]) -> Vec<Offer> {
    fn lacking<'a>(results: &'a Results, case: &'a Outcome) -> Option<(&'a str, &'a str)> {
        let need = case.cell.lacks()?;
        Some((need, results.lacks.get(need).map_or("", String::as_str)))
    }
    let mut groups: BTreeMap<_, Vec<(&Outcome, &Outcome)>> = BTreeMap::new();
    for (a, b) in pairs {
        let key = (lacking(from, a), lacking(to, b));
        if key.0 != key.1 {
            groups.entry(key).or_default().push((a, b));
        }
    }
    fn tested<'a>(cases: impl Iterator<Item = &'a Outcome>) -> BTreeSet<&'a str> {
        let ran = cases.filter(|case| case.cell.lacks().is_none());
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
    let mut offers: Vec<Offer> = groups
        .into_iter()
        .map(|((lacks_from, lacks_to), cases)| {
            let mut verdicts = BTreeMap::new();
            let ran = |(a, b): &(&Outcome, &Outcome)| match (lacks_from, lacks_to) {
                (Some(_), None) => Some(b.cell.words()),
                (None, Some(_)) => Some(a.cell.words()),
                _ => None,
            };
            for words in cases.iter().filter_map(ran) {
                *verdicts.entry(words.to_owned()).or_default() += 1;
            }
            let promises = cited(&cases)
                .into_keys()
                .filter(|id| tested_from.contains(id) != tested_to.contains(id))
                // The need that most of its cases have is the one it is about.
                .filter(|id| most.get(id) == Some(&(lacks_from, lacks_to)))
                .map(str::to_owned)
                .collect();
            Offer {
                change: match (lacks_from, lacks_to) {
                    (Some(_), None) => Offering::Offered,
                    (None, _) => Offering::Withdrawn,
                    (Some(_), Some(_)) => Offering::Otherwise,
                },
                before: lacks_from.map(Lacking::new),
                after: lacks_to.map(Lacking::new),
                cases: cases.len(),
                verdicts,
                promises,
            }
        })
        .collect();
    // What is offered now, what is no longer, what is still not; the largest first.
    offers.sort_by_key(|offer| (offer.change, std::cmp::Reverse(offer.cases)));
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

/// What changed in cases, save what an [`Offer`] says already; rows that changed alike are one change.
fn changes(
    from: &Results,
    to: &Results,
    pairs: &[(&Outcome, &Outcome)],
    description: Option<&Description>,
) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for (a, b) in pairs.iter().copied() {
        // Only what holds, or is lacking, where it could be asked says no more than its number.
        let says_less = match (a.cell.lacks(), b.cell.lacks()) {
            (Some(_), Some(_)) => true,
            (Some(_), None) => b.cell.verdict == Verdict::Holds,
            (None, Some(_)) => a.cell.verdict == Verdict::Holds,
            (None, None) => false,
        };
        if a.cell == b.cell || says_less {
            continue;
        }
        let known = match known(to, b, description) {
            none if none.is_empty() => known(from, a, description),
            known => known,
        };
        let change = Change::new(a, b, known);
        match changes.iter_mut().rfind(|other| other.is_alike(&change)) {
            Some(other) => other.rows.extend(change.rows),
            None => changes.push(change),
        }
    }
    changes
}

/// The claims of the cases that `here` has and `there` lacks, with the number of those.
fn only(here: &Results, there: &Results) -> Vec<Only> {
    let known: BTreeSet<&str> = there.cases.iter().map(|case| case.name.as_str()).collect();
    let mut claims: BTreeMap<&str, usize> = BTreeMap::new();
    for case in here.cases.iter().filter(|case| !known.contains(case.name.as_str())) {
        *claims.entry(case.claim()).or_default() += 1;
    }
    claims.into_iter().map(|(claim, cases)| Only { claim: claim.to_owned(), cases }).collect()
}
