//! The arguments of `sigsys bisect`.

use crate::commands::answers::AskArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Examples, and what its exit status means.
pub(crate) const STATUSES: &str = "\
Examples:
  sigsys bisect --all 'dispatch::inclusive::'
  sigsys bisect seccomp::tsync --good 6.12.43 --bad 6.12.118
  sigsys bisect --images ~/kernels --format json 'CLAIM[ROW]'

Exit status:
  0    a change was found
  1    none was: the kernels that were asked do the same
  69   no answer: no kernel can be had or answers, no QEMU, the suite cannot
       be built, a full disk
  2    the command line or a file named on it is wrong, no case is called so,
       both ends are one kernel
  130  interrupted (128 + the signal); the answers so far are kept, the next
       search goes on from there";

/// `sigsys bisect`.
#[derive(Clone, Debug, Args)]
pub(crate) struct BisectArgs {
    /// The case, or any part of a name, or the id of a promise: cases that change at different places are
    /// followed in the same boots
    #[arg(value_name = "CASE")]
    pub case: String,
    /// The name is that of one case
    #[arg(long)]
    pub exact: bool,
    /// One end: a point release (6.12.95), a series (its newest), a package or an image [default: the oldest]
    #[arg(long, value_name = "KERNEL")]
    pub good: Option<String>,
    /// The other end [default: the newest]
    #[arg(long, value_name = "KERNEL")]
    pub bad: Option<String>,
    /// Follow every change, in each series: stable branches are not one line, and a mend may have reached
    /// some of them with a point release. Without it one change between the ends is found
    #[arg(long)]
    pub all: bool,
    /// Write what fixtures/deviations.toml can say of it here
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// How to report
    #[arg(long, default_value = "text", value_name = "FORMAT")]
    pub format: BisectFormat,
    /// Use this suite, built before, instead of building it from the workspace
    #[arg(long, value_name = "PATH")]
    pub suite: Option<PathBuf>,
    #[command(flatten)]
    pub asking: AskArgs,
}

/// `--format` of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BisectFormat {
    /// For a terminal
    Text,
    /// For programs; ci/src/schemas says what is in it
    Json,
}
