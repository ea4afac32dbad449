//! `sigsys clauses` and `sigsys cases`: everything, a line each.

use super::suite::Source;
use crate::commands::explain::cases_of;
use crate::error::{Refusal, VIOLATED};
use crate::results::page::entry;
use crate::style::{self, BAD, FAINT, STRONG, paint};
use crate::terminal;
use clap::{Args, ValueEnum};
use harness::describe::{CaseMeta, ClauseText, Description};
use serde::Serialize;

/// `sigsys clauses`.
#[derive(Debug, Args)]
pub(crate) struct ClausesArgs {
    /// List only those with neither a case nor a reason, and leave with 101 if there are any
    #[arg(long)]
    pub bare: bool,
    /// How to list
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    pub format: ListFormat,
    #[command(flatten)]
    pub source: Source,
}

/// `sigsys cases`.
#[derive(Debug, Args)]
pub(crate) struct CasesArgs {
    /// List the cases whose names contain this text
    pub filter: Option<String>,
    /// How to list
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    pub format: ListFormat,
    #[command(flatten)]
    pub source: Source,
}

/// `--format` of the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For a terminal
    Text,
    /// For programs; `sigsys schema clauses` and `cases` say what is in it
    Json,
}

/// Every promise, for programs.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Promises<'a> {
    /// Version of this form: 1.
    schema: u32,
    /// Ordered by id.
    clauses: Vec<Promise<'a>>,
}

/// A promise.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Promise<'a> {
    #[serde(flatten)]
    clause: &'a ClauseText,
    /// How many cases test it.
    cases: usize,
}

/// Cases, for programs.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Cases<'a> {
    /// Version of this form: 1.
    schema: u32,
    /// Ordered by name.
    cases: Vec<&'a CaseMeta>,
}

/// Prints the promises; gives the exit status.
///
/// # Errors
/// When there is no suite to ask.
pub(crate) fn clauses(args: &ClausesArgs) -> Result<u8, Refusal> {
    let program = args.source.program()?;
    let (text, bare) = clauses_text(&program.description, args.bare);
    match args.format {
        ListFormat::Text => terminal::say(&text)?,
        ListFormat::Json => say_json(&promises(&program.description, args.bare))?,
    }
    Ok(if args.bare && bare > 0 { VIOLATED } else { 0 })
}

/// The list, and how many promises have neither a case nor a reason.
fn clauses_text(description: &Description, only_bare: bool) -> (String, usize) {
    let width = description.clauses.iter().map(|clause| clause.id.len()).max().unwrap_or(0);
    let (mut text, mut bare, mut unobservable) = (String::new(), 0, 0);
    for clause in &description.clauses {
        let cases = cases_of(description, &clause.id).count();
        let says = match &clause.unobservable {
            Some(why) => {
                unobservable += 1;
                paint(FAINT, &format!("no case: {why}"))
            }
            None if cases == 0 => {
                bare += 1;
                paint(BAD, "no case, and no reason why not")
            }
            None => style::plural(cases, "cases"),
        };
        if !only_bare {
            text += &entry("", &format!("{:<width$}", clause.id), &says);
        } else if cases == 0 && clause.unobservable.is_none() {
            text += &entry("", &format!("{:<width$}", clause.id), &clause.promise);
        }
    }
    let all = description.clauses.len();
    text += &format!(
        "{}: {} with cases, {unobservable} unobservable, {bare} with neither\n",
        style::plural(all, "promises"),
        all - unobservable - bare,
    );
    (text, bare)
}

/// Prints the cases; gives the exit status.
///
/// # Errors
/// When no name matches, or there is no suite to ask.
pub(crate) fn cases(args: &CasesArgs) -> Result<u8, Refusal> {
    let program = args.source.program()?;
    let filter = args.filter.as_deref().unwrap_or_default();
    let text = cases_text(&program.description, filter).ok_or_else(|| {
        Refusal::usage(format!("no case is called like `{filter}`; `sigsys cases` lists them all"))
    })?;
    match args.format {
        ListFormat::Text => terminal::say(&text)?,
        ListFormat::Json => {
            say_json(&Cases { schema: 1, cases: named(&program.description, filter) })?;
        }
    }
    Ok(0)
}

fn say_json(list: &impl Serialize) -> Result<(), Refusal> {
    terminal::say_json(&serde_json::to_string(list).unwrap_or_default())
}

fn promises(description: &Description, only_bare: bool) -> Promises<'_> {
    let promise = |clause| Promise { clause, cases: cases_of(description, &clause.id).count() };
    let all = description.clauses.iter().map(promise);
    let is_bare = |promise: &Promise| promise.cases == 0 && promise.clause.unobservable.is_none();
    let clauses = all.filter(|promise| !only_bare || is_bare(promise)).collect();
    Promises { schema: 1, clauses }
}

fn named<'a>(description: &'a Description, filter: &str) -> Vec<&'a CaseMeta> {
    description.cases.iter().filter(|case| case.name.contains(filter)).collect()
}

fn cases_text(description: &Description, filter: &str) -> Option<String> {
    let cases = named(description, filter);
    if cases.is_empty() {
        return None;
    }
    let mut text = String::new();
    for area in cases.chunk_by(|a, b| a.area == b.area) {
        text += &format!(
            "{}  {}\n",
            paint(STRONG, &area[0].area),
            paint(FAINT, &style::plural(area.len(), "cases"))
        );
        for case in area {
            text += &entry("  ", &case.name, &paint(FAINT, &traits(case)));
        }
        text.push('\n');
    }
    Some(text + &format!("{}\n", style::plural(cases.len(), "cases")))
}

/// What is special about a case.
fn traits(case: &CaseMeta) -> String {
    let mut traits = Vec::new();
    if !case.needs.is_empty() {
        traits.push(format!("needs {}", case.needs.join(", ")));
    }
    traits.push(case.ends.clone());
    if case.serial {
        traits.push("serial".into());
    }
    if case.external_wait {
        traits.push("external wait".into());
    }
    traits.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::report::sample;

    #[test]
    fn clauses_with_neither_case_nor_reason_are_bare() {
        let (all, bare) = clauses_text(&sample::description(), false);
        insta::assert_snapshot!("clauses", anstream::adapter::strip_str(&all).to_string());
        assert_eq!(bare, 1);
        let (only, _) = clauses_text(&sample::description(), true);
        insta::assert_snapshot!("clauses_bare", anstream::adapter::strip_str(&only).to_string());
    }

    #[test]
    fn cases_are_listed_by_area() {
        let text = cases_text(&sample::description(), "").expect("some");
        insta::assert_snapshot!("cases", anstream::adapter::strip_str(&text).to_string());
        assert_eq!(cases_text(&sample::description(), "no such case"), None);
    }
    /// What programs read is what the committed schemas say.
    #[test]
    fn the_schemas_are_those_that_are_committed() {
        let description = sample::description();
        let clauses = serde_json::to_value(promises(&description, false)).expect("JSON");
        let cases = Cases { schema: 1, cases: named(&description, "") };
        let cases = serde_json::to_value(cases).expect("JSON");
        for (value, schema, committed, name) in [
            (
                clauses,
                schemars::schema_for!(Promises<'static>),
                include_str!("../schemas/clauses.json"),
                "clauses.json",
            ),
            (
                cases,
                schemars::schema_for!(Cases<'static>),
                include_str!("../schemas/cases.json"),
                "cases.json",
            ),
        ] {
            let schema = schema.to_value();
            crate::results::schema_is(&schema, committed, name);
            let validator = jsonschema::validator_for(&schema).expect("a schema");
            assert!(validator.is_valid(&value), "{value}");
            assert!(!validator.is_valid(&serde_json::json!({ "schema": 1 })));
        }
        assert_eq!(promises(&description, true).clauses.len(), 1);
    }
}
