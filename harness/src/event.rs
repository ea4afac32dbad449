//! What a run tells as it goes on. The runner emits events and knows nobody who takes them; a report is made
//! of events and knows no runner.

use crate::Case;
use crate::record::taint::Blame;
use crate::record::{CaseLine, Durations, Footer, Header};
use crate::stdio::OutputError;

/// Something that happened in a run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event<'a> {
    /// The run begins: what is run, on which kernel.
    Begun(&'a Header),
    /// A case is done. Cases come as they are done, which is the order of the registry only where they run
    /// one at a time.
    Case(Done<'a>),
    /// Nothing follows.
    Ended(&'a Ended),
}

/// A case and what became of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done<'a> {
    /// The place of the case in the sorted registry.
    pub place: usize,
    pub case: &'static Case,
    pub line: &'a CaseLine,
}

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ended {
    /// How long cases took.
    pub durations: Durations,
    /// The end of the record, which counts nothing yet; none where cases are missing and nothing says why.
    pub footer: Option<Footer>,
    /// What the kernel said of itself that no case explains: who is to blame, and in words.
    pub unexplained: Option<(Blame, String)>,
}

/// Takes the events of a run.
pub(crate) trait Consumer: Send {
    /// # Errors
    /// Why nothing more can be taken. A run that cannot be told is stopped.
    fn take(&mut self, event: &Event<'_>) -> Result<(), OutputError>;
}
