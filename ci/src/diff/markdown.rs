//! What changed, for a release note or a comment.

use super::{Change, Diff, Fact, Offer, verdict};
use crate::results::Outcome;
use crate::style;

pub(super) fn text(diff: &Diff) -> String {
    let warnings: String =
        diff.warnings().iter().map(|line| format!("\n> **Note:** {}\n", escaped(line))).collect();
    if diff.is_empty() {
        return format!("{}\n{warnings}", escaped(&capital(&diff.same())));
    }
    let (from, to) = (escaped(&diff.from.title), escaped(&diff.to.title));
    let mut sections = vec![format!("### {from} → {to}\n{warnings}")];
    sections.extend(diff.offers.iter().map(|offer| offered(diff, offer)));
    if !diff.promises.is_empty() {
        sections.push(changed(diff));
    }
    sections.extend(only("first", &diff.only_from, diff.to.cut_off));
    sections.extend(only("second", &diff.only_to, diff.from.cut_off));
    sections.push(format!("{} compared.\n", style::count(diff.shared, "cases")));
    sections.join("\n")
}

fn offered(diff: &Diff, offer: &Offer) -> String {
    let which = match (offer.from, offer.to) {
        (Some(_), None) => "Offered now",
        (None, _) => "No longer offered",
        (Some(_), Some(_)) => "Not offered, for another reason",
    };
    let mut text =
        format!("**{which}: {}** ({})", escaped(&offer.what()), escaped(&offer.counts()));
    let said: Vec<String> = [("before", offer.from), ("after", offer.to)]
        .into_iter()
        .filter(|(_, lacking)| !Offer::said(*lacking).is_empty())
        .map(|(when, lacking)| format!("{when}: {}", escaped(Offer::said(lacking))))
        .collect();
    if !said.is_empty() {
        text += &format!("<br>{}", said.join(", "));
    }
    text.push('\n');
    if !offer.promises.is_empty() {
        text.push('\n');
    }
    for id in &offer.promises {
        text += &format!("- {}\n", promise(diff, id, " "));
    }
    text
}

/// A promise: id, since when, and what it is.
fn promise(diff: &Diff, id: &str, between: &str) -> String {
    if id.is_empty() {
        return "(no promise)".into();
    }
    match diff.clause(id) {
        None => code(id),
        Some(clause) => {
            let since = match clause.since.as_str() {
                "" => String::new(),
                since => format!(" (since {})", escaped(since)),
            };
            format!("{}{since}{between}{}", code(id), escaped(&clause.promise))
        }
    }
}

fn changed(diff: &Diff) -> String {
    let mut text = format!("**Changed: {}**\n\n", style::count(diff.changed(), "cases"));
    text += "| promise | case | before | after |\n|---|---|---|---|\n";
    for changed in &diff.promises {
        let mut first = promise(diff, changed.clause, "<br>");
        for change in &changed.changes {
            text += &format!(
                "| {} | {} | {} | {} |\n",
                std::mem::take(&mut first),
                named(change),
                side(diff, change, change.from),
                side(diff, change, change.to),
            );
        }
    }
    text
}

fn named(change: &Change) -> String {
    match change.rows {
        1 => code(&change.to.name),
        rows => format!("{} ({rows} rows)", code(change.to.claim())),
    }
}

/// What one kernel did, in a cell of a table.
fn side<'a>(diff: &Diff<'a>, change: &Change<'a>, case: &'a Outcome) -> String {
    let mut parts = vec![escaped(&verdict(case))];
    if !case.observed.is_empty() {
        parts.push(code(&case.observed));
    }
    let is_first = std::ptr::eq(case, change.from);
    for (name, fact) in change.facts() {
        let value = match (fact, is_first) {
            (Fact::Changed(a, _) | Fact::Removed(a), true) => a,
            (Fact::Changed(_, b) | Fact::Added(b), false) => b,
            _ => continue,
        };
        parts.push(format!("{}: {}", escaped(name), code(value)));
    }
    let results = if is_first { diff.from } else { diff.to };
    parts.extend(diff.known(results, case).map(|why| format!("known: {}", escaped(why))));
    parts.join("<br>")
}

/// Cases that one of the two has.
fn only(which: &str, claims: &[(&str, usize)], other_was_cut_off: Option<usize>) -> Option<String> {
    let all = style::count(claims.iter().map(|(_, rows)| rows).sum(), "cases");
    if claims.is_empty() {
        return None;
    }
    if other_was_cut_off.is_some() {
        return Some(format!("**Only in the {which}: {all}**, for the other was cut off\n"));
    }
    let mut text = format!("**Only in the {which}: {all}**\n\n");
    for (claim, rows) in claims {
        text += &match rows {
            1 => format!("- {}\n", code(claim)),
            rows => format!("- {} ({rows} rows)\n", code(claim)),
        };
    }
    Some(text)
}

/// `text` as code, in a table too.
fn code(text: &str) -> String {
    let text = one_line(text).replace('|', "\\|");
    // It ends at as many marks as it began with, so there are more than anywhere in it.
    let marks = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    match marks {
        0 => format!("`{text}`"),
        marks => {
            let fence = "`".repeat(marks + 1);
            format!("{fence} {text} {fence}")
        }
    }
}

/// `text` without any meaning of its own.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in one_line(text).chars() {
        match c {
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '&' => safe += "&amp;",
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '@' => safe.extend(['\\', c]),
            _ => safe.push(c),
        }
    }
    safe
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("a b", "`a b`")]
    #[case::mark("a`b", "`` a`b ``")]
    #[case::two("a``b`c", "``` a``b`c ```")]
    #[case::breaks_out("`` <b> ``", "``` `` <b> `` ```")]
    #[case::cell("a|b\n| c", "`a\\|b \\| c`")]
    fn code_is_nothing_but_text(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(code(text), expected);
    }

    #[rstest]
    #[case::html("<img src=x>&amp;", "&lt;img src=x&gt;&amp;amp;")]
    #[case::cell("a | b\n\nc", "a \\| b c")]
    #[case::link(
        "[a](b) #1 @me *x* _y_ ~z~ `q`",
        "\\[a\\](b) \\#1 \\@me \\*x\\* \\_y\\_ \\~z\\~ \\`q\\`"
    )]
    fn text_has_no_meaning_of_its_own(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(escaped(text), expected);
    }
}
