//! What is registered, in one order, and whether it is sound: an empty or ambiguous registry would make a
//! run that proves nothing.

use crate::feature::Features;
use crate::{CASES, CLAUSES, Case, Clause, NEEDS, Need};
use std::collections::{BTreeSet, HashMap};

/// The name of the check among the cases.
pub(crate) const CHECK: &str = "registry::is_sound";

/// The cases in the order every process of this program agrees on.
pub(crate) fn sorted_cases() -> Vec<&'static Case> {
    let mut cases: Vec<_> = CASES.iter().collect();
    cases.sort_by_key(|case| (case.name(), case.line));
    cases
}

/// The needs in the order every process of this program agrees on.
pub(crate) fn sorted_needs() -> Vec<&'static Need> {
    let mut needs: Vec<_> = NEEDS.iter().copied().collect();
    needs.sort_by_key(|need| need.name);
    needs
}

/// Every fault of the registry, one line each.
pub(crate) fn faults(features: &Features) -> Vec<String> {
    let mut faults = Vec::new();
    if CASES.is_empty() {
        faults.push("no case is registered: the linker dropped them, or the suite is empty".into());
    }
    faults.extend(twice(CASES.iter().map(Case::name), "case"));
    faults.extend(twice(CLAUSES.iter().map(|clause| clause.id), "clause"));
    faults.extend(twice(NEEDS.iter().map(|need| need.name), "need"));
    let cited: BTreeSet<&str> =
        CASES.iter().flat_map(|case| case.clauses).map(|clause| clause.id).collect();
    let known: BTreeSet<&str> = CLAUSES.iter().map(|clause| clause.id).collect();
    for case in CASES {
        if case.clauses.is_empty() {
            faults.push(format!("case {} cites no clause", case.name()));
        }
    }
    for id in cited.difference(&known) {
        faults.push(format!("clause {id} is cited and not registered"));
    }
    for clause in CLAUSES {
        faults.extend(fault_of(clause, cited.contains(clause.id)));
    }
    for need in NEEDS {
        if !features.knows(need.name) {
            faults.push(format!("need {} is not in the feature table", need.name));
        }
    }
    let needs: BTreeSet<&str> = NEEDS.iter().map(|need| need.name).collect();
    for name in features.needs() {
        if !needs.contains(name) {
            faults.push(format!("the feature table has `{name}`, which is no need"));
        }
    }
    faults.sort();
    faults
}

fn fault_of(clause: &Clause, is_cited: bool) -> Option<String> {
    let id = clause.id;
    let has_source = !clause.sources.is_empty()
        && clause.sources.iter().all(|source| !source.document.title.is_empty());
    if id.is_empty() || clause.promise.is_empty() || !has_source {
        return Some(format!("clause {id}: id, promise and sources must be filled in"));
    }
    match (is_cited, clause.unobservable) {
        (false, None) => Some(format!("clause {id} has no case, and no reason why not")),
        (true, Some(_)) => Some(format!("clause {id} is called unobservable and has cases")),
        _ => None,
    }
}

fn twice<'a>(names: impl Iterator<Item = &'a str>, what: &str) -> Vec<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|(name, count)| format!("{count} {what}s are called {name}"))
        .collect()
}

#[cfg(test)]
mod tests;
