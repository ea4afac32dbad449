//! How the outcome is shown.

use super::reasons::Scope;
use super::{Outcome, Told};
use crate::error::Refusal;
use crate::style::{BAD, FAINT, GOOD, STRONG, paint};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The whole as one JSON object.
pub(super) fn json(outcome: &Outcome) -> Result<String, Refusal> {
    serde_json::to_string(outcome).map_err(|error| Refusal::no_answer(error.to_string()))
}

/// A table of families of lies, the two lists, and the counts.
pub(super) fn text(outcome: &Outcome, scope: Scope) -> String {
    let mut text = String::new();
    let mut families: BTreeMap<&str, Vec<&Told>> = BTreeMap::new();
    for told in &outcome.lies {
        families.entry(family(&told.lie)).or_default().push(told);
    }
    let width = families.keys().map(|name| name.len()).max().unwrap_or(0).max(6);
    let head =
        format!("{:<width$}  {:>5}  {:>8}  {:>12}", "family", "lies", "noticed", "cases each*");
    let _ = writeln!(text, "{}", paint(STRONG, &head));
    for (name, family) in &families {
        let counts: Vec<usize> = family.iter().map(|told| told.noticed.len()).collect();
        let noticed = counts.iter().filter(|count| **count > 0).count();
        let (least, most) = (counts.iter().min(), counts.iter().max());
        let each = match (least, most) {
            (Some(least), Some(most)) if least != most => format!("{least} to {most}"),
            (Some(least), _) => least.to_string(),
            _ => String::new(),
        };
        let _ = writeln!(text, "{name:<width$}  {:>5}  {noticed:>8}  {each:>12}", family.len());
    }
    if outcome.lies.iter().any(|told| told.tried < told.occasions) {
        text += "* at least: a lie is not told to all once enough have noticed it (--thorough: to all)\n";
    }
    let noticed = outcome.lies.iter().filter(|told| !told.noticed.is_empty()).count();
    list(&mut text, outcome, "lies that no case notices", &outcome.unnoticed, |name| {
        let told = outcome.lies.iter().find(|told| told.lie == name);
        told.map(|told| format!("{} (occasions: {})", told.bug, told.occasions)).unwrap_or_default()
    });
    if scope.all_lies {
        let title = "cases that no lie makes fail";
        list(&mut text, outcome, title, &outcome.unmoved, |_| String::new());
        if !outcome.bluntly.is_empty() {
            let _ = writeln!(
                text,
                "\ncases that blunt lies alone make fail: {}",
                outcome.bluntly.len()
            );
            for name in &outcome.bluntly {
                let _ = writeln!(text, "  {name}");
            }
        }
    }
    for line in &outcome.out_of_date {
        let _ = writeln!(text, "{} {line}", paint(BAD, "reasons out of date:"));
    }
    let cut = outcome.lies.iter().filter(|told| told.cut).count();
    let cut = if cut == 0 { String::new() } else { format!(" ({cut} cut short)") };
    let _ = writeln!(
        text,
        "\n{} lies{cut}, {noticed} noticed; {} cases, {} not offered here; {} s",
        outcome.lies.len(),
        outcome.cases,
        outcome.not_offered,
        outcome.seconds
    );
    text
}

/// What the lies of one door and one thing have in common: the first two parts of their names.
fn family(name: &str) -> &str {
    name.match_indices('/').nth(1).map_or(name, |(at, _)| &name[..at])
}

fn list(
    text: &mut String,
    outcome: &Outcome,
    title: &str,
    names: &[String],
    words: impl Fn(&str) -> String,
) {
    let (explained, bare): (Vec<_>, Vec<_>) =
        names.iter().partition(|name| outcome.explained.contains_key(*name));
    let style = if bare.is_empty() { GOOD } else { BAD };
    let (of, with) = (bare.len(), explained.len());
    let _ =
        writeln!(text, "\n{}", paint(style, &format!("{title}: {of}, and {with} with a reason")));
    for name in bare {
        let _ = writeln!(text, "  {name}  {}", paint(FAINT, &words(name)));
    }
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in explained {
        reasons.entry(&outcome.explained[name]).or_default().push(name);
    }
    for (why, names) in reasons {
        let _ = writeln!(text, "  {}: {}", names.join(", "), paint(FAINT, why));
    }
}
