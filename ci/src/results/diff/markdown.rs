//! What changed, for a release note or a comment.

use super::report::{Change, Offer, Offering, Only, Report, Value};
use super::text::same;
use crate::results::names;
use crate::style;

pub(crate) fn text(report: &Report) -> String {
    let notes: String =
        report.notes.iter().map(|line| format!("\n> **Note:** {}\n", escaped(line))).collect();
    if report.is_empty() {
        return format!("{}\n{notes}", escaped(&capital(&same(report))));
    }
    let (from, to) = (escaped(&report.from.title), escaped(&report.to.title));
    let mut sections = vec![format!("### {from} → {to}\n{notes}")];
    sections.extend(report.offers.iter().map(offered));
    if !report.changes.is_empty() {
        sections.push(changed(report));
    }
    sections.extend(only("first", &report.only_from, report.to.cut_off));
    sections.extend(only("second", &report.only_to, report.from.cut_off));
    sections.push(format!("{} compared.\n", style::plural(report.compared, "cases")));
    sections.join("\n")
}

fn offered(offer: &Offer) -> String {
    let which = match offer.change {
        Offering::Offered => "Offered now",
        Offering::Withdrawn => "No longer offered",
        Offering::Otherwise => "Not offered, for another reason",
    };
    let mut text =
        format!("**{which}: {}** ({})", escaped(&offer.what()), escaped(&offer.counts()));
    let said: Vec<String> = [("before", &offer.before), ("after", &offer.after)]
        .into_iter()
        .filter_map(|(when, lacking)| Some((when, &lacking.as_ref()?.answer)))
        .filter(|(_, answer)| !answer.is_empty())
        .map(|(when, answer)| format!("{when}: {}", escaped(answer)))
        .collect();
    if !said.is_empty() {
        text += &format!("<br>{}", said.join(", "));
    }
    if !offer.promises.is_empty() {
        text += &format!("<br>tests {}", codes(&offer.promises));
    }
    text + "\n"
}

fn codes(ids: &[String]) -> String {
    ids.iter().map(|id| code(id)).collect::<Vec<_>>().join(", ")
}

fn changed(report: &Report) -> String {
    let mut text = format!("**Changed: {}**\n\n", style::plural(report.changed(), "cases"));
    text += "| case | before | after | tests |\n|---|---|---|---|\n";
    for change in &report.changes {
        let mut after = side(&change.after);
        if !change.known.is_empty() {
            after += &format!("<br>known: {}", escaped(&change.known));
        }
        text += &format!(
            "| {} | {} | {after} | {} |\n",
            named(change),
            side(&change.before),
            codes(&change.promises)
        );
    }
    text
}

fn named(change: &Change) -> String {
    let rows: Vec<&str> = change.rows.iter().map(String::as_str).collect();
    match rows.as_slice() {
        [] => code(&change.claim),
        rows => format!("{}<br>{}", code(&change.claim), code(&names::rows(rows))),
    }
}

/// What one kernel did, in a cell of a table.
fn side(value: &Value) -> String {
    match value.text.as_str() {
        "" => escaped(&value.verdict),
        text => format!("{}<br>{}", escaped(&value.verdict), code(text)),
    }
}

/// Cases that one of the two has.
fn only(which: &str, claims: &[Only], other_was_cut_off: bool) -> Option<String> {
    if claims.is_empty() {
        return None;
    }
    let all = style::plural(claims.iter().map(|only| only.cases).sum(), "cases");
    if other_was_cut_off {
        return Some(format!("**Only in the {which}: {all}**, for the other was cut off\n"));
    }
    let mut text = format!("**Only in the {which}: {all}**\n\n");
    for Only { claim, cases } in claims {
        text += &match cases {
            1 => format!("- {}\n", code(claim)),
            rows => format!("- {} ({rows} rows)\n", code(claim)),
        };
    }
    Some(text)
}

/// `text` as code, in a table too.
pub(crate) fn code(text: &str) -> String {
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
pub(crate) fn escaped(text: &str) -> String {
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
