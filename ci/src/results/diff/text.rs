//! What changed, for a terminal of 80 columns.

use super::report::{Change, Lacking, Offer, Offering, Only, Report};
use crate::results::names;
use crate::results::page::{claim, wrapped};
use crate::style::{self, FAINT, NOTABLE, STRONG, paint};

pub(crate) fn text(report: &Report) -> String {
    let notes: String =
        report.notes.iter().map(|note| paint(NOTABLE, &wrapped("note  ", note))).collect();
    if report.is_empty() {
        return wrapped("", &same(report)) + &notes;
    }
    let mut sections =
        vec![format!("from  {}\nto    {}\n{notes}", report.from.title, report.to.title)];
    sections.extend(report.offers.iter().map(offered));
    if !report.changes.is_empty() {
        sections.push(changed(report));
    }
    sections.extend(only("first", &report.only_from, report.to.cut_off));
    sections.extend(only("second", &report.only_to, report.from.cut_off));
    sections.push(format!(
        "{}\n",
        paint(FAINT, &format!("{} compared", style::plural(report.compared, "cases")))
    ));
    sections.join("\n")
}

/// The line that says that there is nothing to say.
pub(super) fn same(report: &Report) -> String {
    let (from, to) = (&report.from.title, &report.to.title);
    format!("no difference in {} between {from} and {to}", style::plural(report.compared, "cases"))
}

fn offered(offer: &Offer) -> String {
    let which = match offer.change {
        Offering::Offered => "offered now",
        Offering::Withdrawn => "no longer offered",
        Offering::Otherwise => "not offered, for another reason",
    };
    let mut text = paint(STRONG, &wrapped("", &format!("{which}: {}", offer.what())));
    text += &format!("  {}\n", offer.counts());
    for (label, lacking) in [("before", &offer.before), ("after", &offer.after)] {
        if let Some(Lacking { answer, .. }) = lacking.as_ref().filter(|one| !one.answer.is_empty())
        {
            text += &row(label, answer);
        }
    }
    if !offer.promises.is_empty() {
        text += &row("tests", &offer.promises.join(", "));
    }
    text
}

fn changed(report: &Report) -> String {
    let cases = style::plural(report.changed(), "cases");
    let mut text = paint(STRONG, &format!("changed: {cases}")) + "\n";
    let mut last = "";
    for change in &report.changes {
        if change.claim != last {
            text += &claim(&change.claim);
            last = &change.claim;
        }
        text += &one(change);
    }
    text
}

fn one(change: &Change) -> String {
    let rows: Vec<&str> = change.rows.iter().map(String::as_str).collect();
    let mut text = String::new();
    if !rows.is_empty() {
        text += &wrapped("  ", &names::rows(&rows));
    }
    text += &row("before", &change.before.line());
    text += &row("after", &change.after.line());
    if !change.known.is_empty() {
        text += &row("known", &change.known);
    }
    if !change.promises.is_empty() {
        text += &row("tests", &change.promises.join(", "));
    }
    text
}

fn row(label: &str, text: &str) -> String {
    wrapped(&format!("  {label:<6}  "), text)
}

/// Cases that one of the two has.
fn only(which: &str, claims: &[Only], other_was_cut_off: bool) -> Option<String> {
    if claims.is_empty() {
        return None;
    }
    let all = claims.iter().map(|only| only.cases).sum();
    let mut text = paint(STRONG, &format!("only in the {which}: {}", style::plural(all, "cases")));
    if other_was_cut_off {
        return Some(text + ", for the other was cut off\n");
    }
    text.push('\n');
    for Only { claim, cases } in claims {
        text += &match cases {
            1 => format!("  {claim}\n"),
            rows => format!("  {claim} ({rows} rows)\n"),
        };
    }
    Some(text)
}
