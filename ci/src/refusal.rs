//! Why the tool leaves without doing what it was asked: a status and one line.

/// The command line, or a file named on it, is wrong.
pub(crate) const USAGE: u8 = 2;
/// No answer: the tool's surroundings do not allow one.
pub(crate) const NO_ANSWER: u8 = 69;

/// The end of the tool, with nothing more to say than this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Exit status.
    pub status: u8,
    /// What is wrong and what to do; empty where somebody else has said it.
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

    /// `signal` came; whoever sent it knows why the tool leaves.
    pub(crate) fn interrupted(signal: i32) -> Self {
        Self { status: interrupted_status(signal), line: String::new() }
    }
}

/// The status a shell expects of a program that left because of `signal`.
pub(crate) fn interrupted_status(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(130)
}
