//! Something that holds for every input, and what is said of one.

use super::reproducer::Reproducer;
use fixtures::WaitStatus;
use fixtures::fuzz::{Last, SharedReport};
use model::Model;
use proptest::strategy::BoxedStrategy;
use std::fmt::Debug;

/// What the model says of an input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Foretold<F> {
    /// What is seen, in order.
    pub facts: Vec<F>,
    /// How the process ends.
    pub last: Last,
}

impl<F> Foretold<F> {
    /// These facts, and no death.
    pub(crate) fn of(facts: Vec<F>) -> Self {
        Self { facts, last: Last::Finished }
    }

    /// The process dies of `signal`.
    pub(crate) fn dies(&mut self, signal: i32) {
        self.last = Last::Ended(WaitStatus::KilledBy(signal));
    }
}

/// Something that holds for every input.
pub(crate) trait Property {
    /// What is drawn.
    type Input: Clone + Debug;
    /// What is seen of it.
    type Fact: Clone + Debug + PartialEq;
    /// All inputs there are.
    fn inputs(&self) -> BoxedStrategy<Self::Input>;

    /// The input without what cannot be done or waited for, or would do harm where it runs.
    fn settle(&self, model: &Model, input: Self::Input) -> Self::Input {
        let _ = model;
        input
    }

    /// What is to be seen.
    fn foretell(&self, model: &Model, input: &Self::Input) -> Foretold<Self::Fact>;

    /// Whether the process is good for another input after this one.
    fn survives(&self, model: &Model, input: &Self::Input) -> bool {
        let _ = (model, input);
        true
    }

    /// Does it to the kernel, in a process where another input may have been before.
    fn act(&self, input: &Self::Input, report: &Report<'_, Self::Fact>);

    /// The input in words, a line each for its parts.
    fn words(&self, input: &Self::Input) -> String {
        format!("{input:?}")
    }

    /// The input as a C program, where there is one.
    fn reproducer(
        &self,
        input: &Self::Input,
        foretold: &Foretold<Self::Fact>,
    ) -> Option<Reproducer> {
        let _ = (input, foretold);
        None
    }

    /// How many things the input tries.
    fn size(&self, input: &Self::Input) -> u64 {
        let _ = input;
        1
    }
}

/// Takes the facts of an input as they come.
#[derive(Debug)]
pub(crate) struct Report<'a, F> {
    pub(super) sheet: SharedReport,
    pub(super) expected: &'a [F],
}

impl<F: Debug + PartialEq> Report<'_, F> {
    /// The next fact; one that was not foretold ends the process.
    pub(crate) fn fact(&self, fact: F) {
        let index = self.sheet.next();
        if self.expected.get(index) != Some(&fact) {
            match self.expected.get(index) {
                Some(expected) => self.sheet.differs(format_args!(
                    "fact {}: the model says {expected:?}, the kernel did {fact:?}",
                    index + 1
                )),
                None => self.sheet.differs(format_args!(
                    "fact {}: the model says nothing more, the kernel did {fact:?}",
                    index + 1
                )),
            }
        }
    }

    /// The memory behind it.
    pub(crate) fn sheet(&self) -> SharedReport {
        self.sheet
    }
}
