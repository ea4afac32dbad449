//! Why a kernel cannot be had.

use crate::error::Refusal;
use std::fmt;

/// What kind of reason it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LackKind {
    /// The name, or the file, is no kernel's: the command line has to change.
    Wrong,
    /// It could be had elsewhere or later: no network, no disk, no apt.
    Unavailable,
    /// The mirror lists it and does not have it any more: a neighbour can be had.
    Gone,
    /// A signal came.
    Interrupted,
}

/// Why a kernel cannot be had, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lack {
    pub kind: LackKind,
    pub why: String,
}

impl Lack {
    pub(crate) fn wrong(why: impl Into<String>) -> Self {
        Self { kind: LackKind::Wrong, why: why.into() }
    }

    pub(crate) fn unavailable(why: impl Into<String>) -> Self {
        let why = why.into();
        let kind = if why == "interrupted" { LackKind::Interrupted } else { LackKind::Unavailable };
        Self { kind, why }
    }

    pub(crate) fn gone(why: impl Into<String>) -> Self {
        Self { kind: LackKind::Gone, why: why.into() }
    }

    /// The refusal of a command that needed it; `what` is how it was asked for (`--kernel 6.16`).
    pub(crate) fn refusal(self, what: &str) -> Refusal {
        match self.kind {
            LackKind::Wrong => Refusal::usage(format!("{what}: {}", self.why)),
            _ => Refusal::no_answer(format!("{what}: not available: {}", self.why)),
        }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}
