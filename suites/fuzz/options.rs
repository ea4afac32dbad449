//! Options of the fuzzers, given as `--option NAME=VALUE`.

use harness::{SetUp, option};
use model::Branch;
use std::path::PathBuf;
use std::time::Duration;

/// The default seed: the same inputs on every run.
const SEED: u64 = 1;

harness::options! {
    SEED_OPTION = {
        name: "fuzz.seed",
        what: "the seed that inputs are generated from",
        check: |text| number(text, 0),
        recorded: true,
    }
    CASES = {
        name: "fuzz.cases",
        what: "how many inputs each property tries",
        check: |text| number(text, 1),
        recorded: true,
    }
    FIRST = {
        name: "fuzz.first",
        what: "the number of the first input",
        check: |text| number(text, 0),
        recorded: true,
    }
    FOR = {
        name: "fuzz.for",
        what: "how long each property tries inputs, in seconds",
        check: |text| number(text, 1),
        recorded: true,
    }
    MUTATE = {
        name: "fuzz.mutate",
        what: "the model takes this decision wrongly",
        check: |text| branch(text).map(drop).ok_or_else(|| "expected a branch of the model".into()),
        recorded: true,
    }
    REPORT = {
        name: "fuzz.report",
        what: "a file that progress is appended to",
        check: |text| path(text),
        recorded: false,
    }
    MUTATION_REPORT = {
        name: "fuzz.mutation_report",
        what: "yes: the report says which mutations of the model are detected",
        check: |text| yes(text),
        recorded: true,
    }
    REPRODUCERS = {
        name: "fuzz.reproducers",
        what: "a folder for C programs that show what differs",
        check: |text| path(text),
        recorded: false,
    }
    WRITE = {
        name: "fuzz.write",
        what: "yes: inputs are written there as C programs, and not tried",
        check: |text| yes(text),
        recorded: true,
    }
}

/// The options of this run.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// `fuzz.seed`.
    pub seed: u64,
    /// `fuzz.cases`.
    pub cases: Option<u64>,
    /// `fuzz.first`: the number of the first input.
    pub first: u64,
    /// `fuzz.for`.
    pub duration: Option<Duration>,
    /// `fuzz.mutate`: the decision that the model takes wrongly.
    pub mutate: Option<Branch>,
    /// `fuzz.report`: a file that progress is appended to.
    pub report: Option<PathBuf>,
    /// `fuzz.mutation_report`: which mutations are detected goes into the report.
    pub mutation_report: bool,
    /// `fuzz.reproducers`: a folder for C programs.
    pub reproducers: Option<PathBuf>,
    /// `fuzz.write`: the inputs of the run are written there as C programs, and not tried.
    pub write: bool,
}

impl Options {
    /// Reads them; the command line refused values that make no sense.
    pub(crate) fn read() -> Self {
        let number = |name| option(name).map(|value| value.parse::<u64>().set_up(name));
        Self {
            seed: number("fuzz.seed").unwrap_or(SEED),
            cases: number("fuzz.cases"),
            first: number("fuzz.first").unwrap_or(0),
            duration: number("fuzz.for").map(Duration::from_secs),
            mutate: option("fuzz.mutate")
                .map(|name| branch(&name).set_up("fuzz.mutate names a branch")),
            report: option("fuzz.report").map(PathBuf::from),
            mutation_report: option("fuzz.mutation_report").is_some(),
            reproducers: option("fuzz.reproducers").map(PathBuf::from),
            write: option("fuzz.write").is_some(),
        }
    }
}

fn branch(name: &str) -> Option<Branch> {
    Branch::ALL.iter().copied().find(|branch| branch.name() == name)
}

fn number(text: &str, least: u64) -> Result<(), String> {
    match text.parse::<u64>() {
        Ok(number) if number >= least => Ok(()),
        _ => Err(format!("expected a number, {least} or more")),
    }
}

fn path(text: &str) -> Result<(), String> {
    if text.is_empty() { Err("expected a path".into()) } else { Ok(()) }
}

fn yes(text: &str) -> Result<(), String> {
    if text == "yes" { Ok(()) } else { Err("expected `yes`".into()) }
}
