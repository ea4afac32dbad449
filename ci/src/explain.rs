//! `sigsys explain`: a promise, where it stands, and the cases that test it.

use crate::command_line::ExplainArgs;
use crate::out;
use crate::program::Program;
use crate::refusal::Refusal;
use crate::style::{self, FAINT, STRONG, paint};
use harness::describe::{CaseText, ClauseText, Description, DeviationText};

/// Prints what the words name.
///
/// # Errors
/// When they name nothing.
pub(crate) fn explain(args: &ExplainArgs) -> Result<u8, Refusal> {
    let program = Program::get(&args.source)?;
    let text = text(&program.description, &args.words).ok_or_else(|| {
        let words = args.words.join(" ");
        Refusal::usage(format!(
            "no promise and no case matches `{words}`; `sigsys clauses` and `sigsys cases` list them"
        ))
    })?;
    out::say(&text)?;
    Ok(0)
}

/// A clause or a case of exactly this name, else every clause all the words occur in.
fn text(description: &Description, words: &[String]) -> Option<String> {
    let name = words.join(" ");
    let name = name.trim();
    if let Some(clause) = description.clauses.iter().find(|clause| clause.id == name) {
        return Some(clause_text(description, clause));
    }
    if let Some(case) = description.cases.iter().find(|case| case.name == name) {
        return Some(case_text(description, case));
    }
    let found = search(description, name);
    if found.is_empty() {
        return None;
    }
    let many =
        (found.len() > 1).then(|| format!("{} match\n", style::count(found.len(), "promises")));
    let texts = found.into_iter().map(|clause| clause_text(description, clause));
    Some(texts.chain(many).collect::<Vec<_>>().join("\n"))
}

/// The clauses in whose id, promise and one case name all words occur, whatever their case.
fn search<'a>(description: &'a Description, words: &str) -> Vec<&'a ClauseText> {
    let words: Vec<String> = words
        .split_whitespace()
        .map(|word| word.trim_matches(['.', ',', ';', '"', '(', ')']).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() {
        return Vec::new();
    }
    let all_in = |text: &str| words.iter().all(|word| text.contains(word));
    description
        .clauses
        .iter()
        .filter(|clause| {
            let own = format!("{}\n{}", clause.id, clause.promise).to_lowercase();
            all_in(&own)
                || cases_of(description, &clause.id)
                    .any(|case| all_in(&format!("{own}\n{}", case.name.to_lowercase())))
        })
        .collect()
}

/// The cases that cite a clause.
pub(crate) fn cases_of<'a>(
    description: &'a Description,
    id: &str,
) -> impl Iterator<Item = &'a CaseText> {
    description.cases.iter().filter(move |case| case.clauses.iter().any(|cited| cited == id))
}

fn clause_text(description: &Description, clause: &ClauseText) -> String {
    let mut text = promise_text(clause);
    let cases: Vec<&CaseText> = cases_of(description, &clause.id).collect();
    match (&clause.unobservable, cases.is_empty()) {
        (Some(why), _) => text += &row("no case", why),
        (None, true) => text += &row("cases", "none, and no reason why not"),
        (None, false) => {}
    }
    for (number, (name, place)) in folded(&cases).iter().enumerate() {
        let label = if number == 0 { "cases" } else { "" };
        text += &row(label, &format!("{name}  {}", paint(FAINT, place)));
    }
    let cited = |entry: &&DeviationText| {
        entry.cases.iter().any(|name| cases.iter().any(|case| case.name == *name))
    };
    for entry in description.deviations.iter().filter(cited) {
        let covers = |case: &&&CaseText| entry.cases.contains(&case.name);
        text += &deviation_text(entry, cases.iter().filter(covers).count());
    }
    text
}

fn promise_text(clause: &ClauseText) -> String {
    let mut validity = clause.strength.clone();
    for (word, version) in [("since", &clause.since), ("until", &clause.until)] {
        if !version.is_empty() {
            validity += &format!(", {word} {version}");
        }
    }
    let mut source = clause.source.clone();
    if !clause.place.is_empty() {
        source += &format!(", {}", clause.place);
    }
    format!("{}  {}\n", paint(STRONG, &clause.id), paint(FAINT, &validity))
        + &row("promise", &clause.promise)
        + &row("source", &source)
}

fn case_text(description: &Description, case: &CaseText) -> String {
    let mut text = format!("{}\n", paint(STRONG, &case.name));
    text += &row("case", &format!("{}:{}", case.file, case.line));
    if !case.needs.is_empty() {
        text += &row("needs", &case.needs.join(", "));
    }
    text += &row("ends", &case.ends);
    for entry in description.deviations.iter().filter(|entry| entry.cases.contains(&case.name)) {
        text += &deviation_text(entry, 1);
    }
    for id in &case.clauses {
        text += "\n";
        text += &match description.clauses.iter().find(|clause| clause.id == *id) {
            Some(clause) => promise_text(clause),
            None => format!("{id}  is not described\n"),
        };
    }
    text
}

fn deviation_text(entry: &DeviationText, cases: usize) -> String {
    let known = format!("{}, {}: {}", entry.range, style::count(cases, "cases"), entry.why);
    row("deviates", &known)
        + &row("", &entry.observed)
        + &row("", &format!("source: {}", entry.source))
}

/// Names and places; the rows of one table of cases are one.
fn folded(cases: &[&CaseText]) -> Vec<(String, String)> {
    let claim = |case: &CaseText| match case.name.rsplit_once("::case_") {
        Some((claim, _)) => claim.to_owned(),
        None => case.name.clone(),
    };
    let place = |case: &CaseText| format!("{}:{}", case.file, case.line);
    cases
        .chunk_by(|a, b| claim(a) == claim(b) && place(a) == place(b))
        .map(|rows| match rows {
            [one] => (one.name.clone(), place(one)),
            _ => (format!("{} ({} rows)", claim(rows[0]), rows.len()), place(rows[0])),
        })
        .collect()
}

fn row(label: &str, text: &str) -> String {
    format!("  {} {text}\n", paint(FAINT, &format!("{label:<9}")))
}

#[cfg(test)]
mod tests;
