//! What a run of the fuzzers can be told: by variables, for `sigsys boot` hands those of the boot line
//! to the suite.

use harness::SetUp;
use model::Branch;
use std::path::PathBuf;
use std::time::Duration;

/// The default seed: the same inputs on every run.
const SEED: u64 = 1;

/// What this run was told.
#[derive(Clone, Debug)]
pub(crate) struct Knobs {
    /// `SIGSYS_FUZZ_SEED`.
    pub seed: u64,
    /// `SIGSYS_FUZZ_CASES`.
    pub cases: Option<u64>,
    /// `SIGSYS_FUZZ_FIRST`: the number of the first input.
    pub first: u64,
    /// `SIGSYS_FUZZ_FOR`, in seconds.
    pub duration: Option<Duration>,
    /// `SIGSYS_FUZZ_FLIP`: the decision that is taken the wrong way.
    pub flip: Option<Branch>,
    /// `SIGSYS_FUZZ_REPORT`: a file that progress is appended to.
    pub report: Option<PathBuf>,
    /// `SIGSYS_FUZZ_CENSUS`: which wrong decisions are noticed goes into the report.
    pub census: bool,
    /// `SIGSYS_FUZZ_REPRODUCERS`: a folder for C programs.
    pub reproducers: Option<PathBuf>,
    /// `SIGSYS_FUZZ_WRITE`: the inputs of the run are written there as C programs, and not tried.
    pub write: bool,
}

impl Knobs {
    /// Reads them; a value that makes no sense breaks the case.
    pub(crate) fn read() -> Self {
        let number = |name| text(name).map(|value| value.parse::<u64>().set_up(name));
        let flip = text("SIGSYS_FUZZ_FLIP").map(|name| {
            let named = |branch: &Branch| branch.name() == name;
            Branch::ALL.iter().copied().find(named).set_up("SIGSYS_FUZZ_FLIP names a branch")
        });
        Self {
            seed: number("SIGSYS_FUZZ_SEED").unwrap_or(SEED),
            cases: number("SIGSYS_FUZZ_CASES"),
            first: number("SIGSYS_FUZZ_FIRST").unwrap_or(0),
            duration: number("SIGSYS_FUZZ_FOR").map(Duration::from_secs),
            flip,
            report: text("SIGSYS_FUZZ_REPORT").map(PathBuf::from),
            census: text("SIGSYS_FUZZ_CENSUS").is_some(),
            reproducers: text("SIGSYS_FUZZ_REPRODUCERS").map(PathBuf::from),
            write: text("SIGSYS_FUZZ_WRITE").is_some(),
        }
    }
}

fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
