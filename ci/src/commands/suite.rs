//! Which suite a command asks: arguments that several commands have.

use crate::error::Refusal;
use crate::machine::suite::Program;
use clap::{Args, ValueEnum};
use harness::describe::Description;
use harness::version::Version;
use std::path::PathBuf;

/// What the exit status of most commands means.
pub(crate) const STATUSES: &str = "\
Exit status:
  0    every verdict is holds, deviates (as known) or not offered
  101  the kernel breaks a promise (violated, healed, timed out, crashed),
       the registry of the suite is at fault, or `clauses --bare` found some
  69   no answer: a set-up failed (broken), the suite cannot be built or ended
       too early, its record is not whole (a case missing, repeated, foreign;
       counts or a status that disagree), a full disk
  2    the command line or a file named on it is wrong, or nothing matches
  130  interrupted (128 + the signal); what was gathered is reported and in
       the record";

/// The exit statuses of the commands that run no case.
pub(crate) const ANSWERS: &str = "\
Exit status:
  0    it is done
  101  `clauses --bare` found a promise with neither a case nor a reason
  69   the suite cannot be built or does not say what it holds, or output
       cannot be written
  2    the command line or a file named on it is wrong, or nothing matches
  130  interrupted (128 + the signal)";

/// Which suite.
#[derive(Clone, Debug, Args)]
pub(crate) struct Source {
    /// Use this suite, built before [default: that of the bundle beside this program, else the one that is
    /// built from the workspace]
    #[arg(long, value_name = "PATH")]
    pub suite: Option<PathBuf>,
    /// Use this list of known deviations instead of the suite's own
    #[arg(long, value_name = "FILE")]
    pub deviations: Option<PathBuf>,
    /// Take the kernel for this version (7.3, 6.12.107), where its release does not say which of two
    /// behaviours was promised
    #[arg(long = "as", value_name = "VERSION", value_parser = version)]
    pub taken_as: Option<String>,
}

impl Source {
    /// The suite that is named, else the one that is built from the workspace.
    ///
    /// # Errors
    /// When there is no suite: says what to do.
    pub(crate) fn program(&self) -> Result<Program, Refusal> {
        Program::get(self.suite.as_deref(), self.deviations.as_deref())
    }
}

/// A kernel's version, for `--as`.
fn version(text: &str) -> Result<String, String> {
    match Version::parse_whole(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("expected a kernel version such as 7.3 or 6.12.107".into()),
    }
}

/// Which suite says what a promise is.
#[derive(Clone, Debug, Args)]
pub(crate) struct Promises {
    /// Take the promises from this suite [default: that of the bundle beside this program, else the one built
    /// in the workspace, if there is one]
    #[arg(long, value_name = "PATH")]
    pub suite: Option<PathBuf>,
}

impl Promises {
    /// What the suite holds that is there already; nothing is built.
    ///
    /// # Errors
    /// When a suite is named and is none.
    pub(crate) fn description(&self) -> Result<Option<Description>, Refusal> {
        Program::at_hand(self.suite.as_deref())
    }
}

/// `--format` of `sigsys diff` and `sigsys history`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For a terminal
    Text,
    /// For a release note or a comment
    Markdown,
    /// For programs; ci/src/schemas says what is in it
    Json,
}
