//! `sigsys explain`: a promise, where it stands, and the cases that test it.

mod args;
mod rank;
mod show;
mod words;

use crate::error::Refusal;
use crate::results;
use crate::style;
use crate::terminal;
pub(crate) use args::ExplainArgs;
use args::ExplainFormat;
use harness::describe::{CaseMeta, ClauseText, Description};
use serde::Serialize;
use show::Claim;

/// How many clauses and claims are shown unless all are asked for.
const BEST: usize = 5;

/// Prints what the words name, or else what fits them best.
///
/// # Errors
/// When nothing does.
pub(crate) fn explain(args: &ExplainArgs) -> Result<u8, Refusal> {
    let program = args.source.program()?;
    let words = args.words.join(" ");
    let found = find(&program.description, words.trim());
    if found.things.is_empty() {
        return Err(Refusal::usage(format!(
            "no promise and no case matches `{words}`; `sigsys clauses` and `sigsys cases` list them"
        )));
    }
    let most = if args.all { usize::MAX } else { BEST };
    match args.format {
        ExplainFormat::Text => terminal::say(&found.text(&program.description, most))?,
        ExplainFormat::Json => {
            for line in found.lines(&program.description, most) {
                terminal::say_json(&line)?;
            }
        }
    }
    Ok(0)
}

/// What words find, the best first.
struct Found<'a> {
    things: Vec<Thing<'a>>,
    /// The words, where nothing is named by them and clauses were ranked.
    query: Option<&'a str>,
}

enum Thing<'a> {
    Clause { clause: &'a ClauseText, score: Option<f64> },
    Case(Claim<'a>),
}

/// A thing for programs.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line<'a> {
    Clause {
        #[serde(flatten)]
        clause: &'a ClauseText,
        /// How well it fits, where clauses were ranked: comparable within one query.
        #[serde(skip_serializing_if = "Option::is_none")]
        score: Option<f64>,
        cases: Vec<Cases>,
    },
    Case {
        #[serde(flatten)]
        cases: Cases,
        clauses: &'a [String],
        #[serde(skip_serializing_if = "str::is_empty")]
        catches: &'a str,
        needs: &'a [String],
        ends: &'a str,
    },
}

/// A case, or the rows of a table.
#[derive(Serialize)]
struct Cases {
    name: String,
    rows: usize,
    place: String,
}

impl From<&Claim<'_>> for Cases {
    fn from(claim: &Claim) -> Self {
        Self { name: claim.name.to_owned(), rows: claim.rows.len(), place: claim.place() }
    }
}

impl Found<'_> {
    /// The first `most`, for people.
    fn text(&self, description: &Description, most: usize) -> String {
        let alone = self.things.len() == 1;
        let mut texts: Vec<String> = self
            .things
            .iter()
            .take(most)
            .map(|thing| match thing {
                Thing::Clause { clause, .. } => {
                    show::clause(description, clause, self.query.filter(|_| !alone))
                }
                Thing::Case(claim) => show::case(description, claim),
            })
            .collect();
        let all = self.things.len();
        if all > most {
            let what = match self.query {
                Some(_) => format!("{} that say a word of this", style::plural(all, "promises")),
                None => format!("{all} that match"),
            };
            texts.push(format!("the first {most} of {what}; --all shows every one\n"));
        }
        texts.join("\n")
    }

    /// The first `most`, for programs: a line of JSON each.
    fn lines(&self, description: &Description, most: usize) -> Vec<String> {
        let line = |thing: &Thing| {
            let line = match thing {
                Thing::Clause { clause, score } => {
                    let cases: Vec<&CaseMeta> = cases_of(description, &clause.id).collect();
                    let cases = Claim::of(&cases).iter().map(Cases::from).collect();
                    Line::Clause { clause, score: *score, cases }
                }
                Thing::Case(claim) => {
                    let CaseMeta { clauses, catches, needs, ends, .. } = claim.rows[0];
                    Line::Case { cases: claim.into(), clauses, catches, needs, ends }
                }
            };
            serde_json::to_string(&line).expect("strings and numbers are JSON")
        };
        self.things.iter().take(most).map(line).collect()
    }
}

/// The clauses and cases of this name or pattern; if there are none, the clauses that fit its words.
fn find<'a>(description: &'a Description, words: &'a str) -> Found<'a> {
    let is_named = |name: &str| harness::matches(words, name);
    let clauses = description.clauses.iter().filter(|clause| is_named(&clause.id));
    let mut things: Vec<Thing> =
        clauses.map(|clause| Thing::Clause { clause, score: None }).collect();
    let named = |case: &&CaseMeta| is_named(&case.name) || is_named(results::claim(&case.name));
    let cases: Vec<&CaseMeta> = description.cases.iter().filter(named).collect();
    things.extend(Claim::of(&cases).into_iter().map(Thing::Case));
    if !things.is_empty() {
        return Found { things, query: None };
    }
    let ranked = rank::Index::new(description).rank(words).into_iter();
    let things =
        ranked.map(|best| Thing::Clause { clause: best.clause, score: Some(best.score) }).collect();
    Found { things, query: Some(words) }
}

/// The cases that cite a clause.
pub(crate) fn cases_of<'a>(
    description: &'a Description,
    id: &str,
) -> impl Iterator<Item = &'a CaseMeta> {
    description.cases.iter().filter(move |case| case.clauses.iter().any(|cited| cited == id))
}

#[cfg(test)]
mod phrases;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod tests;
