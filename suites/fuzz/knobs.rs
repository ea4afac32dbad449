//! What a run of the fuzzers can be told, with `--option NAME=VALUE`.

use harness::{SetUp, option};
use model::Branch;
use std::path::PathBuf;
use std::time::Duration;

/// The default seed: the same inputs on every run.
const SEED: u64 = 1;

harness::options! {
    SEED_OPTION = {
        name: "fuzz.seed",
        what: "the seed that inputs are drawn from",
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
    FLIP = {
        name: "fuzz.flip",
        what: "the model takes this decision the wrong way",
        check: |text| branch(text).map(drop).ok_or_else(|| "expected a branch of the model".into()),
        recorded: true,
    }
    REPORT = {
        name: "fuzz.report",
        what: "a file that progress is appended to",
        check: |text| path(text),
        recorded: false,
    }
    CENSUS = {
        name: "fuzz.census",
        what: "yes: the report says which wrong decisions are noticed",
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

/// What this run was told.
#[derive(Clone, Debug)]
pub(crate) struct Knobs {
    /// `fuzz.seed`.
    pub seed: u64,
    /// `fuzz.cases`.
    pub cases: Option<u64>,
    /// `fuzz.first`: the number of the first input.
    pub first: u64,
    /// `fuzz.for`.
    pub duration: Option<Duration>,
    /// `fuzz.flip`: the decision that is taken the wrong way.
    pub flip: Option<Branch>,
    /// `fuzz.report`: a file that progress is appended to.
    pub report: Option<PathBuf>,
    /// `fuzz.census`: which wrong decisions are noticed goes into the report.
    pub census: bool,
    /// `fuzz.reproducers`: a folder for C programs.
    pub reproducers: Option<PathBuf>,
    /// `fuzz.write`: the inputs of the run are written there as C programs, and not tried.
    pub write: bool,
}

impl Knobs {
    /// Reads them; the command line took only what makes sense.
    pub(crate) fn read() -> Self {
        let number = |name| option(name).map(|value| value.parse::<u64>().set_up(name));
        Self {
            seed: number("fuzz.seed").unwrap_or(SEED),
            cases: number("fuzz.cases"),
            first: number("fuzz.first").unwrap_or(0),
            duration: number("fuzz.for").map(Duration::from_secs),
            flip: option("fuzz.flip").map(|name| branch(&name).set_up("fuzz.flip names a branch")),
            report: option("fuzz.report").map(PathBuf::from),
            census: option("fuzz.census").is_some(),
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
