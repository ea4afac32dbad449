//! `sigsys history`: a promise or a case on kernel after kernel.

#[cfg(test)]
mod tests;

use crate::command_line::HistoryArgs;
use crate::diff::tally;
use crate::out;
use crate::program::Program;
use crate::refusal::Refusal;
use crate::results::{self, Outcome, Results, VIA};
use crate::style::{self, FAINT, NOTABLE, STRONG, paint};
use harness::describe::Description;
use harness::record::Verdict;
use std::collections::{BTreeMap, BTreeSet};

/// How many different observations are shown for a kernel.
const SHOWN: usize = 3;

/// Prints a line per kernel.
///
/// # Errors
/// When a file cannot be read, or none holds what is asked for.
pub(crate) fn history(args: &HistoryArgs) -> Result<u8, Refusal> {
    let all = match args.records.as_slice() {
        [] => results::load_all(&[results::all_of_workspace()?])?,
        named => results::load_all(named)?,
    };
    let description = Program::at_hand(args.promises.suite.as_deref())?;
    let text = text(&args.name, &all, description.as_ref()).ok_or_else(|| {
        let many = style::count(all.len(), "records");
        Refusal::usage(format!("no promise and no case in {many} is called `{}`", args.name))
    })?;
    out::say(&text)?;
    Ok(0)
}

/// The cases that `name` stands for: of a promise, of a table or an area, or one.
fn select<'a>(results: &'a Results, name: &str) -> Vec<&'a Outcome> {
    let within = |case: &str| {
        case.strip_prefix(name).is_some_and(|rest| rest.starts_with("::") || rest.starts_with('['))
    };
    let is_meant = |case: &&Outcome| {
        case.name == name || within(&case.name) || case.clauses.iter().any(|clause| clause == name)
    };
    results.cases.iter().filter(is_meant).collect()
}

fn text(name: &str, all: &[Results], description: Option<&Description>) -> Option<String> {
    let mut all: Vec<&Results> = all.iter().collect();
    // What is not Linux comes after its releases.
    let key = |one: &Results| one.variant.starts_with(VIA);
    all.sort_by(|a, b| (key(a), &a.release, &a.variant).cmp(&(key(b), &b.release, &b.variant)));
    let selected: Vec<Vec<&Outcome>> = all.iter().map(|results| select(results, name)).collect();
    let example = selected.iter().flatten().next()?;
    let mut text = heading(name, example, description);
    let width = |of: fn(&Results) -> &str| all.iter().map(|one| of(one).len()).max().unwrap_or(0);
    let release = width(|results| &results.release.text);
    let variant = width(|results| &results.variant);
    // A change of the variant is no change of the kernel: each has its own history.
    let mut before: BTreeMap<&str, Known> = BTreeMap::new();
    for (results, cases) in all.iter().zip(&selected) {
        let changed = match before.get_mut(results.variant.as_str()) {
            Some(known) => known.go_on(results, cases),
            None => {
                before.insert(&results.variant, Known::new(results, cases));
                0
            }
        };
        let mark = if changed > 0 { paint(NOTABLE, "*") } else { " ".into() };
        let mut line = format!(
            "{mark} {:<release$}  {:<variant$}  {}",
            results.release.text,
            results.variant,
            match cases.as_slice() {
                [] if results.cut_off.is_some() => paint(FAINT, "not reached"),
                cases => verdicts(cases),
            }
        );
        if changed > 0 && selected.iter().any(|cases| cases.len() > 1) {
            line += &format!(" {}", paint(FAINT, &format!("({changed} changed)")));
        }
        let said = observations(results, cases);
        if !said.is_empty() {
            line += &format!("  {} {said}", paint(FAINT, "·"));
        }
        if let Some(expected) = results.cut_off {
            let so_far = format!(
                "(the record was cut off after {} of {})",
                results.cases.len(),
                style::count(expected, "cases")
            );
            line += &format!("  {}", paint(NOTABLE, &so_far));
        }
        text += &(line + "\n");
    }
    let suites: BTreeSet<&str> = all.iter().filter_map(|one| one.suite.as_deref()).collect();
    if suites.len() > 1 {
        let suites = suites.into_iter().collect::<Vec<_>>().join(", ");
        text += &paint(NOTABLE, &format!("the records are of different suites: {suites}"));
        text.push('\n');
    }
    Some(text)
}

/// What this is the history of.
fn heading(name: &str, example: &Outcome, description: Option<&Description>) -> String {
    let mut text = paint(STRONG, name) + "\n";
    let is_clause = example.clauses.iter().any(|clause| clause == name);
    let own = [name.to_owned()];
    let cited: &[String] = match is_clause {
        true => &own,
        // An area has too many to name.
        false if name.matches("::").count() < 2 => &[],
        false => &example.clauses,
    };
    for id in cited {
        let clause = description.and_then(|all| all.clauses.iter().find(|clause| clause.id == *id));
        let promise = clause.map_or(String::new(), |clause| match clause.since.as_str() {
            "" => clause.promise.clone(),
            since => format!("{} (since {since})", clause.promise),
        });
        text += &match (is_clause, promise.as_str()) {
            (true, "") => String::new(),
            (true, promise) => format!("  {promise}\n"),
            (false, "") => format!("  {id}\n"),
            (false, promise) => format!("  {promise} {}\n", paint(FAINT, &format!("· {id}"))),
        };
    }
    text
}

/// What is known of a variant so far.
struct Known<'a> {
    /// Each case with why it was not offered, where it was not.
    cases: BTreeMap<&'a str, (&'a Outcome, Option<&'a String>)>,
    /// Whether a case that is not among them was not there.
    whole: bool,
}

impl<'a> Known<'a> {
    fn new(results: &'a Results, cases: &[&'a Outcome]) -> Self {
        let case =
            |case: &&'a Outcome| (case.name.as_str(), (*case, results.lacks.get(&case.lacks)));
        Self { cases: cases.iter().map(case).collect(), whole: results.cut_off.is_none() }
    }

    /// Takes the next results; gives how many cases do something else than before, are new or gone. Of a
    /// record that was cut off only what it holds says something; the next one is held against what was
    /// known before that.
    fn go_on(&mut self, results: &'a Results, cases: &[&'a Outcome]) -> usize {
        let next = Self::new(results, cases);
        let is_changed = |(name, (case, why)): &(&&str, &(&Outcome, Option<&String>))| match self
            .cases
            .get(*name)
        {
            Some((old, _)) if old.unsteady || case.unsteady => false,
            Some((old, old_why)) => !old.is_like(case) || old_why != why,
            None => self.whole,
        };
        let changed = next.cases.iter().filter(is_changed).count();
        let gone = |name: &&&str| next.whole && !next.cases.contains_key(*name);
        let gone = self.cases.keys().filter(gone).count();
        if next.whole {
            *self = next;
        } else {
            self.cases.extend(next.cases);
        }
        changed + gone
    }
}

/// The verdict of one case, or how many came to which.
fn verdicts(cases: &[&Outcome]) -> String {
    let mut counts: BTreeMap<(bool, Verdict), usize> = BTreeMap::new();
    for case in cases {
        *counts.entry((case.unsteady, case.verdict)).or_default() += 1;
    }
    match cases {
        [] => paint(FAINT, "no such case"),
        [one] => paint(style::of(one.verdict), one.words()),
        _ => tally(&counts),
    }
}

/// What was seen, or is lacking; each thing once.
fn observations(results: &Results, cases: &[&Outcome]) -> String {
    let mut said: Vec<String> = Vec::new();
    for case in cases {
        if !case.lacks.is_empty() {
            let reason = results.lacks.get(&case.lacks);
            said.push(format!("lacks {}", reason.unwrap_or(&case.lacks)));
        }
        if !case.observed.is_empty() {
            said.push(case.observed.clone());
        }
        said.extend(case.facts.iter().map(|(name, value)| format!("{name} = {value}")));
    }
    let mut seen = std::collections::HashSet::new();
    said.retain(|one| seen.insert(one.clone()));
    let more = said.len().saturating_sub(SHOWN);
    said.truncate(SHOWN);
    if more > 0 {
        said.push(format!("{more} more"));
    }
    said.join("; ")
}
