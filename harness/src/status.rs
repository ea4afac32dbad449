//! The exit statuses of a run, and why it ends before its first case.

use crate::stdio::OutputError;

/// The command line or a file named on it is wrong.
pub(crate) const USAGE: u8 = 2;
/// The surroundings do not allow an answer (EX_UNAVAILABLE).
pub(crate) const NO_ANSWER: u8 = 69;
/// The kernel is to blame.
pub(crate) const KERNEL: u8 = 101;
/// The reader of standard output has gone away: 128 + SIGPIPE, as of a program that such a signal ends.
pub(crate) const CLOSED: u8 = 141;

/// Why a run gives no verdict: the exit status and one line, empty where there is nothing to say.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal(pub u8, pub String);

impl Refusal {
    /// The command line or a file named on it is wrong.
    pub(crate) fn usage(line: impl Into<String>) -> Self {
        Self(USAGE, line.into())
    }

    /// The surroundings do not allow an answer.
    pub(crate) fn no_answer(line: impl Into<String>) -> Self {
        Self(NO_ANSWER, line.into())
    }
}

impl From<OutputError> for Refusal {
    /// A reader who has seen enough of a list is answered.
    fn from(unsaid: OutputError) -> Self {
        match unsaid {
            OutputError::Closed => Self(0, String::new()),
            OutputError::Failed(line) => Self::no_answer(line),
        }
    }
}
