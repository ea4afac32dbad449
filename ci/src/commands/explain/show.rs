//! What was found, on a terminal of 80 columns.

use super::cases_of;
use super::words::Words;
use crate::results;
use crate::style::{self, FAINT, STRONG, paint};
use harness::describe::{CaseMeta, ClauseText, Description, DeviationText, FixText};
use harness::record::Fix;
use std::cmp::Reverse;

/// Columns of a line.
const WIDTH: usize = 80;
/// Where a row's text begins.
const INDENT: &str = "            ";
/// Tables and cases of a clause that are shown among other clauses.
const MOST_CLAIMS: usize = 6;

/// The rows of one table, or a case that has none.
pub(super) struct Claim<'a> {
    /// Its name: without the row, unless there is one row only.
    pub name: &'a str,
    /// Its cases, in their order.
    pub rows: Vec<&'a CaseMeta>,
}

impl<'a> Claim<'a> {
    /// The cases by claim.
    pub(super) fn of(cases: &[&'a CaseMeta]) -> Vec<Self> {
        cases
            .chunk_by(|a, b| results::claim(&a.name) == results::claim(&b.name))
            .map(|rows| Self {
                name: if rows.len() == 1 { &rows[0].name } else { results::claim(&rows[0].name) },
                rows: rows.to_vec(),
            })
            .collect()
    }

    /// Where it stands in the sources.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.rows[0].file, self.rows[0].line)
    }

    fn title(&self) -> String {
        match self.rows.len() {
            1 => self.name.to_owned(),
            rows => format!("{} [{rows} rows]", self.name),
        }
    }
}

/// All of a clause, or what is best of it for a query.
pub(super) fn clause(
    description: &Description,
    clause: &ClauseText,
    query: Option<&str>,
) -> String {
    let mut text = promise(clause);
    let cases: Vec<&CaseMeta> = cases_of(description, &clause.id).collect();
    match (&clause.unobservable, cases.is_empty()) {
        (Some(why), _) => text += &row("no case", why),
        (None, true) => text += &row("cases", "none, and no reason why not"),
        (None, false) => {}
    }
    let mut claims = Claim::of(&cases);
    let all = claims.len();
    if let Some(query) = query {
        put_first(&mut claims, query);
        claims.truncate(MOST_CLAIMS);
    }
    for (number, claim) in claims.iter().enumerate() {
        let label = if number == 0 { "cases" } else { "" };
        text += &placed(label, &claim.title(), &claim.place());
    }
    if all > claims.len() {
        let rest = style::plural(all - claims.len(), "claims");
        text += &row("", &paint(FAINT, &format!("and {rest} more: sigsys explain {}", clause.id)));
    }
    text + &known(description, &cases)
}

/// The claims whose names say more of the query's words come first.
fn put_first(claims: &mut [Claim], query: &str) {
    let words = Words::new();
    let asked = words.of(query);
    claims.sort_by_cached_key(|claim| {
        let said = words.of(&claim.name.replace(['_', ':'], " "));
        Reverse(asked.iter().filter(|word| said.contains(word)).count())
    });
}

/// A case or a table, with the clauses it cites.
pub(super) fn case(description: &Description, claim: &Claim) -> String {
    let first = claim.rows[0];
    let mut text = format!("{}\n", paint(STRONG, &claim.title()));
    text += &row("case", &claim.place());
    if !first.catches.is_empty() {
        text += &row("catches", &first.catches);
    }
    if !first.needs.is_empty() {
        text += &row("needs", &first.needs.join(", "));
    }
    text += &row("ends", &first.ends);
    text += &known(description, &claim.rows);
    for id in &first.clauses {
        text += "\n";
        text += &match description.clauses.iter().find(|clause| clause.id == *id) {
            Some(clause) => promise(clause),
            None => format!("{id}  is not described\n"),
        };
    }
    text
}

fn promise(clause: &ClauseText) -> String {
    let mut validity = clause.strength.clone();
    for (word, version) in [("since", &clause.since), ("until", &clause.until)] {
        if !version.is_empty() {
            validity += &format!(", {word} {version}");
        }
    }
    let mut text = format!("{}  {}\n", paint(STRONG, &clause.id), paint(FAINT, &validity))
        + &row("promise", &clause.promise);
    for (number, source) in clause.sources.iter().enumerate() {
        text += &row(if number == 0 { "source" } else { "" }, &source.to_string());
        // The address of a document stands after the last of its places.
        let next = clause.sources.get(number + 1);
        if !source.url.is_empty() && next.is_none_or(|next| next.url != source.url) {
            text += &format!("{INDENT}  {}\n", paint(FAINT, &source.url));
        }
    }
    text
}

/// The deviations that are known of these cases, and the fixes.
fn known(description: &Description, cases: &[&CaseMeta]) -> String {
    let covered = |names: &[String]| cases.iter().filter(|case| names.contains(&case.name)).count();
    let deviations = description.deviations.iter();
    let deviations = deviations.map(|entry| (covered(&entry.cases), entry));
    let deviations = deviations.filter(|(cases, _)| *cases > 0);
    let fixes = description.fixes.iter().map(|entry| (covered(&entry.cases), entry));
    let fixes = fixes.filter(|(cases, _)| *cases > 0);
    deviations
        .map(|(cases, entry)| deviation(entry, cases))
        .chain(fixes.map(|(cases, entry)| fix(entry, cases)))
        .collect()
}

fn fix(entry: &FixText, cases: usize) -> String {
    let Fix { commit, releases, what } = &entry.fix;
    let known = format!("{commit} ({releases}), {}: {what}", style::plural(cases, "cases"));
    row("mended by", &known) + &row("", &format!("without it: {}", entry.observed))
}

fn deviation(entry: &DeviationText, cases: usize) -> String {
    let known = format!("{}, {}: {}", entry.range, style::plural(cases, "cases"), entry.why);
    row("deviates", &known)
        + &row("", &entry.observed)
        + &row("", &format!("source: {}", entry.source))
}

/// A name and its place; the place is on a line of its own where both are too long for one.
fn placed(label: &str, name: &str, place: &str) -> String {
    let place_painted = paint(FAINT, place);
    if INDENT.len() + name.len() + 2 + place.len() <= WIDTH {
        format!("{}{name}  {place_painted}\n", labelled(label))
    } else {
        format!("{}{name}\n{INDENT}  {place_painted}\n", labelled(label))
    }
}

fn row(label: &str, text: &str) -> String {
    let options = textwrap::Options::new(WIDTH - INDENT.len()).break_words(false);
    let lines = textwrap::wrap(text, options);
    format!("{}{}\n", labelled(label), lines.join(&format!("\n{INDENT}")))
}

fn labelled(label: &str) -> String {
    format!("  {} ", paint(FAINT, &format!("{label:<9}")))
}
