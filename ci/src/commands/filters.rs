//! Which cases a command runs, and how often: arguments that several commands have.

use crate::error::Refusal;
use clap::Args;
use harness::describe::{CaseMeta, Description};
use harness::{Filters, Shard};

/// The cases besides the filters, which commands call by different names.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct FilterArgs {
    /// Leave out the cases whose names contain this text, or with --exact are this text; repeatable
    #[arg(long, value_name = "FILTER")]
    pub skip: Vec<String>,
    /// Run part M of N: every Nth of the selected cases, in the order of their names. The parts have no
    /// case in common and together all; the record says which part it is of
    #[arg(long, value_name = "M/N")]
    pub shard: Option<Shard>,
    /// Run each case N times, and report how many runs came to what. The record holds the worst of
    /// them; a case whose runs disagree is violated or broken
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub repeat: Option<u32>,
}

impl FilterArgs {
    /// With the filters `any`.
    pub(crate) fn with(&self, any: &[String], exact: bool) -> Filters {
        Filters { any: any.to_vec(), skip: self.skip.clone(), exact, shard: self.shard }
    }
}

/// The cases of `description` that `filters` select.
///
/// # Errors
/// When that is none. That one of several filters selects none is said by the suite.
pub(crate) fn selected<'a>(
    description: &'a Description,
    filters: &Filters,
) -> Result<Vec<&'a CaseMeta>, Refusal> {
    let cases = filters.select(&description.cases, |case| &case.name);
    if cases.is_empty() && !description.cases.is_empty() {
        let line = format!("{}; `sigsys cases` shows their names", filters.nothing());
        return Err(Refusal::usage(line));
    }
    Ok(cases)
}

/// The suite's arguments for them.
pub(crate) fn arguments(filters: &Filters, repeat: Option<u32>) -> Vec<String> {
    let mut words: Vec<String> = filters.skip.iter().map(|skip| format!("--skip={skip}")).collect();
    words.extend(filters.shard.map(|shard| format!("--shard={shard}")));
    words.extend(repeat.filter(|times| *times > 1).map(|times| format!("--repeat={times}")));
    words.extend(filters.exact.then(|| "--exact".to_owned()));
    if !filters.any.is_empty() {
        words.push("--".into());
        words.extend(filters.any.iter().cloned());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suite_is_told_as_libtest_is() {
        let args = FilterArgs {
            skip: vec!["x y".into(), "-z".into()],
            shard: "2/3".parse().ok(),
            repeat: Some(5),
        };
        let filters = args.with(&["a".into(), "--b".into()], true);
        let words =
            ["--skip=x y", "--skip=-z", "--shard=2/3", "--repeat=5", "--exact", "--", "a", "--b"];
        assert_eq!(arguments(&filters, args.repeat), words);
        assert_eq!(arguments(&Filters::default(), Some(1)), Vec::<String>::new());
    }
}
