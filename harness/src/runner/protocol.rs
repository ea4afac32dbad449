//! What the runner and its workers tell each other: a line of JSON each way.

use crate::options::Values;
use crate::record::{Facts, Failure, TaintChange};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What the runner asks of a worker.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Run the case with this place in the sorted registry.
    Case { index: usize, limit: Duration },
    /// Ask the need with this place in the sorted registry.
    Need { index: usize, limit: Duration },
    /// Run the canary with this place.
    Canary { index: usize, limit: Duration },
}

/// What a worker is told before its first request.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Greeting {
    /// The runner's process.
    pub runner: i32,
    /// What the cases are told.
    pub options: Values,
    /// What is printed is kept, and goes with the answer.
    pub capture: bool,
}

/// What a process came to, before needs and deviations are considered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RawVerdict {
    Held,
    Violated,
    /// A need's: the kernel said that it lacks it.
    Refused,
    Broken,
    TimedOut,
    Crashed,
}

/// A worker's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub verdict: RawVerdict,
    /// What was observed instead; symbolic, so the same on every run.
    pub failure: Option<Failure>,
    pub facts: Facts,
    /// What the case printed.
    pub output: String,
    /// Somebody else may have ended it: a case that nobody was to kill, or the worker itself.
    pub from_outside: bool,
    /// The kernel's taint before and after, where it changed.
    pub taint: Option<TaintChange>,
}

impl Answer {
    /// One of which there is nothing else to say.
    pub(crate) fn of(verdict: RawVerdict, failure: Option<Failure>) -> Self {
        Self {
            verdict,
            failure,
            facts: Facts::default(),
            output: String::new(),
            from_outside: false,
            taint: None,
        }
    }

    /// There is no answer, for this reason.
    pub(crate) fn broken(text: impl Into<String>) -> Self {
        Self::of(RawVerdict::Broken, Some(Failure::of(text)))
    }

    /// What it says besides its result, in one line.
    pub(crate) fn said(&self) -> String {
        self.failure.as_ref().map(Failure::to_string).unwrap_or_default()
    }

    /// Of a worker that did not live to give one.
    pub(crate) fn lost() -> Self {
        let text = "took its worker down before it could answer";
        Self { verdict: RawVerdict::Crashed, from_outside: true, ..Self::broken(text) }
    }
}
