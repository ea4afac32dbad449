//! What changed, for a terminal.

use super::{Change, Diff, Fact, Offer, verdict};
use crate::style::{self, FAINT, NOTABLE, STRONG, paint};

pub(super) fn text(diff: &Diff) -> String {
    let warnings = diff.warnings();
    let warnings: String =
        warnings.iter().map(|line| format!("{}\n", paint(NOTABLE, line))).collect();
    if diff.is_empty() {
        return format!("{}\n{warnings}", diff.same());
    }
    let mut sections = vec![format!(
        "{}  {}\n{}  {}\n{warnings}",
        paint(FAINT, "from"),
        diff.from.title,
        paint(FAINT, "to  "),
        diff.to.title
    )];
    sections.extend(diff.offers.iter().map(|offer| offered(diff, offer)));
    if !diff.promises.is_empty() {
        sections.push(changed(diff));
    }
    sections.extend(only("first", &diff.only_from, diff.to.cut_off));
    sections.extend(only("second", &diff.only_to, diff.from.cut_off));
    sections.push(format!(
        "{} {}\n",
        paint(FAINT, "result"),
        style::count(diff.shared, "cases compared")
    ));
    sections.join("\n")
}

fn offered(diff: &Diff, offer: &Offer) -> String {
    let which = match (offer.from, offer.to) {
        (Some(_), None) => "offered now",
        (None, _) => "no longer offered",
        (Some(_), Some(_)) => "not offered, for another reason",
    };
    let mut text = format!(
        "{} {} {} {}\n",
        paint(STRONG, &format!("{which}:")),
        offer.what(),
        paint(FAINT, "·"),
        offer.counts()
    );
    for (label, lacking) in [("before", offer.from), ("after", offer.to)] {
        let said = Offer::said(lacking);
        if !said.is_empty() {
            text += &format!("  {} {said}\n", paint(FAINT, &format!("{label:<8}")));
        }
    }
    let clauses: Vec<_> = offer.promises.iter().map(|id| (*id, diff.clause(id))).collect();
    let width = clauses.iter().map(|(id, _)| id.len()).max().unwrap_or(0);
    for (id, clause) in clauses {
        let line = clause.map_or(id.to_owned(), |clause| {
            let since = paint(FAINT, &format!("{:<10}", since(&clause.since)));
            format!("{id:<width$}  {since}  {}", clause.promise)
        });
        text += &format!("  {line}\n");
    }
    text
}

fn since(version: &str) -> String {
    if version.is_empty() { String::new() } else { format!("since {version}") }
}

fn changed(diff: &Diff) -> String {
    let mut text = paint(STRONG, &format!("changed: {}", style::count(diff.changed(), "cases")));
    text.push('\n');
    for promise in &diff.promises {
        let id = if promise.clause.is_empty() { "(no promise)" } else { promise.clause };
        text += &paint(STRONG, id);
        let clause = diff.clause(promise.clause);
        if let Some(clause) = clause.filter(|clause| !clause.since.is_empty()) {
            text += &format!("  {}", paint(FAINT, &since(&clause.since)));
        }
        text.push('\n');
        text += &clause.map_or(String::new(), |clause| row("promise", &clause.promise));
        for change in &promise.changes {
            text += &one(diff, change);
        }
    }
    text
}

fn one(diff: &Diff, change: &Change) -> String {
    let (from, to) = (change.from, change.to);
    let mut text = row("case", &change.name());
    let also = to.clauses.get(1..).unwrap_or_default().join(", ");
    if !also.is_empty() {
        text += &row("also", &also);
    }
    if from.verdict != to.verdict || from.lacks != to.lacks {
        let [from, to] = [from, to].map(|case| paint(style::of(case.verdict), &verdict(case)));
        text += &row("verdict", &format!("{from} → {to}"));
    }
    if from.observed != to.observed {
        text += &row("failed", &sides(&from.observed, &to.observed));
    }
    for (name, fact) in change.facts() {
        let fact = match fact {
            Fact::Changed(a, b) => format!("{name}: {a} → {b}"),
            Fact::Added(b) => format!("{name}: {b} (added)"),
            Fact::Removed(a) => format!("{name}: {a} (removed)"),
        };
        text += &row("fact", &fact);
    }
    if let Some(why) = diff.known(diff.to, to).or_else(|| diff.known(diff.from, from)) {
        text += &row("known", why);
    }
    text
}

/// What was observed instead of what is promised; only a broken promise has that.
fn sides(from: &str, to: &str) -> String {
    match (from, to) {
        ("", to) => to.to_owned(),
        (from, "") => format!("{from} (no longer)"),
        (from, to) => format!("{from} → {to}"),
    }
}

fn row(label: &str, text: &str) -> String {
    format!("  {} {text}\n", paint(FAINT, &format!("{label:<8}")))
}

/// Cases that one of the two has.
fn only(which: &str, claims: &[(&str, usize)], other_was_cut_off: Option<usize>) -> Option<String> {
    let all = claims.iter().map(|(_, rows)| rows).sum();
    let mut text = format!("only in the {which}: {}", style::count(all, "cases"));
    if claims.is_empty() {
        return None;
    }
    if other_was_cut_off.is_some() {
        return Some(paint(STRONG, &text) + ", for the other was cut off\n");
    }
    text = paint(STRONG, &text) + "\n";
    for (claim, rows) in claims {
        text += &match rows {
            1 => format!("  {claim}\n"),
            rows => format!("  {claim} ({rows} rows)\n"),
        };
    }
    Some(text)
}
