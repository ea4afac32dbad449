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
use std::collections::BTreeMap;

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
    let within = format!("{name}::");
    let is_meant = |case: &&Outcome| {
        case.name == name
            || case.name.starts_with(&within)
            || case.clauses.iter().any(|clause| clause == name)
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
    let mut before: BTreeMap<&str, (&Results, &[&Outcome])> = BTreeMap::new();
    for (results, cases) in all.iter().zip(&selected) {
        let changed = before
            .insert(results.variant.as_str(), (results, cases))
            .map_or(0, |before| changes(before, (results, cases)));
        let mark = if changed > 0 { paint(NOTABLE, "*") } else { " ".into() };
        let mut line = format!(
            "{mark} {:<release$}  {:<variant$}  {}",
            results.release.text,
            results.variant,
            verdicts(cases)
        );
        if changed > 0 && selected.iter().any(|cases| cases.len() > 1) {
            line += &format!(" {}", paint(FAINT, &format!("({changed} changed)")));
        }
        let said = observations(results, cases);
        if !said.is_empty() {
            line += &format!("  {} {said}", paint(FAINT, "·"));
        }
        if results.cut_off.is_some() {
            line += &format!("  {}", paint(NOTABLE, "(the record was cut off)"));
        }
        text += &(line + "\n");
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

/// How many cases do something else than before, are new or gone.
fn changes(before: (&Results, &[&Outcome]), now: (&Results, &[&Outcome])) -> usize {
    let find = |all: &[&Outcome], name: &str| {
        all.binary_search_by(|case| case.name.as_str().cmp(name)).ok()
    };
    let same = |old: &Outcome, new: &Outcome| {
        old.is_like(new) && before.0.lacks.get(&old.lacks) == now.0.lacks.get(&new.lacks)
    };
    let is_new =
        |case: &&&Outcome| find(before.1, &case.name).is_none_or(|at| !same(before.1[at], case));
    let is_gone = |case: &&&Outcome| find(now.1, &case.name).is_none();
    now.1.iter().filter(is_new).count() + before.1.iter().filter(is_gone).count()
}

/// The verdict of one case, or how many came to which.
fn verdicts(cases: &[&Outcome]) -> String {
    let mut counts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for case in cases {
        *counts.entry(case.verdict).or_default() += 1;
    }
    match cases {
        [] => paint(FAINT, "no such case"),
        [one] => paint(style::of(one.verdict), one.verdict.words()),
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
