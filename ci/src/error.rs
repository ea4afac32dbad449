//! Why the tool exits without doing what it was asked, and every exit status it knows.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// `diff --exit-code`: the two differ.
pub(crate) const DIFFERENT: u8 = 1;
/// `boot`: the kernel breaks a promise. `git bisect run` takes it for a bad commit.
pub(crate) const BAD_COMMIT: u8 = 1;
/// The command line, or a file named on it, is wrong.
pub(crate) const USAGE: u8 = 2;
/// No answer: the tool's surroundings do not allow one.
pub(crate) const NO_ANSWER: u8 = 69;
/// A kernel breaks a promise, or what a command holds to the facts disagrees with them.
pub(crate) const VIOLATED: u8 = 101;
/// `boot`: the kernel could not be tested. `git bisect run` skips the commit.
pub(crate) const UNTESTED: u8 = 125;
/// `boot`: the command line, or a file it names, is wrong. `git bisect run` stops, instead of building
/// and skipping every commit.
pub(crate) const STOPS_BISECTION: u8 = 128;

/// The end of the tool, with nothing more to print than this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Exit status.
    pub status: u8,
    /// What is wrong and what to do; empty where it has been printed already.
    pub line: String,
}

impl Refusal {
    /// What was asked cannot be done.
    pub(crate) fn usage(line: impl Into<String>) -> Self {
        Self { status: USAGE, line: line.into() }
    }

    /// It could be done elsewhere.
    pub(crate) fn no_answer(line: impl Into<String>) -> Self {
        Self { status: NO_ANSWER, line: line.into() }
    }

    /// `signal` came. Nothing is printed: its sender knows why the tool exits.
    pub(crate) fn interrupted(signal: i32) -> Self {
        Self { status: interrupted_status(signal), line: String::new() }
    }
}

/// The status a shell expects of a program that exits because of `signal`.
pub(crate) fn interrupted_status(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(130)
}

/// How a program ended, as the end of "the suite ..".
pub(crate) fn how_it_ended(status: Option<ExitStatus>) -> String {
    match status.map(|status| (status.code(), status.signal())) {
        Some((Some(code), _)) => format!("left with status {code}"),
        Some((_, Some(signal))) => format!("was killed by {}", harness::signals::name(signal)),
        _ => "was lost".into(),
    }
}
