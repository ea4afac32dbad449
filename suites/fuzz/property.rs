//! A property: how its inputs are generated, predicted and executed.

use super::reproducer::Reproducer;
use fixtures::WaitStatus;
use fixtures::fuzz::{Last, SharedReport};
use model::Model;
use proptest::strategy::BoxedStrategy;
use std::fmt::{Debug, Display};

/// What the model predicts of an input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prediction<F> {
    /// What is observed, in order.
    pub facts: Vec<F>,
    /// How the process ends.
    pub last: Last,
}

impl<F> Prediction<F> {
    /// These facts, and the process survives.
    pub(crate) fn of(facts: Vec<F>) -> Self {
        Self { facts, last: Last::Finished }
    }

    /// The process is killed by `signal`.
    pub(crate) fn dies(&mut self, signal: i32) {
        self.last = Last::Ended(WaitStatus::KilledBy(signal));
    }
}

/// Something that holds for every input.
pub(crate) trait Property {
    /// What is generated.
    type Input: Clone + Debug;
    /// What is observed of an input; its text is in the kernel's words, and takes no memory.
    type Fact: Clone + Display + PartialEq;
    /// The strategy that generates inputs.
    fn inputs(&self) -> BoxedStrategy<Self::Input>;

    /// Removes steps that are impossible, would block forever, or would damage the test process.
    fn normalize(&self, model: &Model, input: Self::Input) -> Self::Input {
        let _ = model;
        input
    }

    /// What the model predicts.
    fn predict(&self, model: &Model, input: &Self::Input) -> Prediction<Self::Fact>;

    /// Whether the process can execute another input after this one.
    fn survives(&self, model: &Model, input: &Self::Input) -> bool {
        let _ = (model, input);
        true
    }

    /// Executes the input on the kernel, in a process that may have executed others before.
    fn execute(&self, input: &Self::Input, report: &Report<'_, Self::Fact>);

    /// The input in words, a line each for its parts.
    fn words(&self, input: &Self::Input) -> String {
        format!("{input:?}")
    }

    /// The input as a C program, where there is one.
    fn reproducer(
        &self,
        input: &Self::Input,
        prediction: &Prediction<Self::Fact>,
    ) -> Option<Reproducer> {
        let _ = (input, prediction);
        None
    }

    /// How many calls or programs the input tries.
    fn size(&self, input: &Self::Input) -> u64 {
        let _ = input;
        1
    }
}

/// Compares the facts of an input with its prediction as they are observed.
#[derive(Debug)]
pub(crate) struct Report<'a, F> {
    pub(super) shared: SharedReport,
    pub(super) expected: &'a [F],
}

impl<F: Display + PartialEq> Report<'_, F> {
    /// Compares the next fact; one that was not predicted ends the process.
    pub(crate) fn fact(&self, fact: F) {
        let index = self.shared.next();
        if self.expected.get(index) != Some(&fact) {
            match self.expected.get(index) {
                Some(expected) => self
                    .shared
                    .differs(format_args!("fact {}: kernel: {fact}; model: {expected}", index + 1)),
                None => self.shared.differs(format_args!(
                    "fact {}: kernel: {fact}; model: no further fact",
                    index + 1
                )),
            }
        }
    }

    /// The memory it is written to.
    pub(crate) fn shared(&self) -> SharedReport {
        self.shared
    }
}
