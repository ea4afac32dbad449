//! `sigsys clauses` and `sigsys cases`: everything, a line each.

use super::suite::Source;
use crate::commands::explain::cases_of;
use crate::error::{Refusal, VIOLATED};
use crate::results::page::entry;
use crate::style::{self, BAD, FAINT, STRONG, paint};
use crate::terminal;
use clap::Args;
use harness::describe::{CaseMeta, Description};

/// `sigsys clauses`.
#[derive(Debug, Args)]
pub(crate) struct ClausesArgs {
    /// List only those with neither a case nor a reason, and leave with 101 if there are any
    #[arg(long)]
    pub bare: bool,
    #[command(flatten)]
    pub source: Source,
}

/// `sigsys cases`.
#[derive(Debug, Args)]
pub(crate) struct CasesArgs {
    /// List the cases whose names contain this text
    pub filter: Option<String>,
    #[command(flatten)]
    pub source: Source,
}

/// Prints the promises; gives the exit status.
///
/// # Errors
/// When there is no suite to ask.
pub(crate) fn clauses(args: &ClausesArgs) -> Result<u8, Refusal> {
    let program = args.source.program()?;
    let (text, bare) = clauses_text(&program.description, args.bare);
    terminal::say(&text)?;
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
    terminal::say(&text)?;
    Ok(0)
}

fn cases_text(description: &Description, filter: &str) -> Option<String> {
    let cases: Vec<&CaseMeta> =
        description.cases.iter().filter(|case| case.name.contains(filter)).collect();
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
}
