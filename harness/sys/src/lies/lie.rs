//! A lie: a row of the table.

use super::kinds::answer::Answer;
use super::kinds::code::{Enter, Leave};
use super::kinds::file::File;
use super::kinds::filter::Rewrite;
use super::kinds::handling::{DeliveryLie, Left, Noted};
use super::kinds::task::Born;

/// One way in which the door lies.
#[derive(Debug)]
pub struct Lie {
    id: String,
    bug: String,
    blunt: bool,
    pub(super) nth: Nth,
    pub(super) task: Task,
    pub(super) tell: Tell,
}

/// Which of the occasions for a lie is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nth {
    /// Each.
    Every,
    /// The first in its process.
    First,
    /// The second in its process.
    Second,
    /// All but the first.
    Later,
}

/// In which task a lie is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// In each.
    Any,
    /// In all but the first of a process: threads, and processes that share memory.
    Thread,
    /// In processes made by the case.
    Child,
}

/// Where a lie is told, and what it says.
#[derive(Debug)]
pub(crate) enum Tell {
    /// A system call answers something else, or is made with something else.
    Answer(Answer),
    /// Something happens as code enters the kernel.
    Enter(Enter),
    /// Registers come back otherwise.
    Leave(Leave),
    /// A handler is shown something else.
    Noted(Noted),
    /// What a handler leaves behind is taken otherwise.
    Left(Left),
    /// A delivery of a signal does not reach its handler, or does twice.
    Delivery(DeliveryLie),
    /// A filter does something else.
    Filter(Rewrite),
    /// A task begins otherwise.
    Born(Born),
    /// A new program begins with dispatch on.
    Executed,
    /// A file of the kernel's is another.
    File(File),
}

/// The kinds of [`Tell`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Answer,
    Enter,
    Leave,
    Noted,
    Left,
    Delivery,
    Filter,
    Born,
    Executed,
    File,
}

impl Door {
    pub(super) const COUNT: usize = Self::File as usize + 1;
}

impl Tell {
    pub(super) const fn door(&self) -> Door {
        match self {
            Self::Answer(_) => Door::Answer,
            Self::Enter(_) => Door::Enter,
            Self::Leave(_) => Door::Leave,
            Self::Noted(_) => Door::Noted,
            Self::Left(_) => Door::Left,
            Self::Delivery(_) => Door::Delivery,
            Self::Filter(_) => Door::Filter,
            Self::Born(_) => Door::Born,
            Self::Executed => Door::Executed,
            Self::File(_) => Door::File,
        }
    }
}

impl Lie {
    pub(crate) fn new(id: impl Into<String>, bug: impl Into<String>, tell: Tell) -> Self {
        let (id, bug) = (id.into(), bug.into());
        Self { id, bug, blunt: false, nth: Nth::Every, task: Task::Any, tell }
    }

    /// The same for one of its occasions.
    #[must_use]
    pub(crate) fn nth(mut self, nth: Nth) -> Self {
        let (word, words) = match nth {
            Nth::Every => return self,
            Nth::First => ("first", "the first time"),
            Nth::Second => ("second", "the second time"),
            Nth::Later => ("later", "from the second time on"),
        };
        self.id = format!("{}/{word}", self.id);
        self.bug = format!("{}, {words}", self.bug);
        self.nth = nth;
        self
    }

    /// The same for some tasks.
    #[must_use]
    pub(crate) fn task(mut self, task: Task) -> Self {
        let (word, words) = match task {
            Task::Any => return self,
            Task::Thread => ("thread", "in a task that is not the first of its process"),
            Task::Child => ("child", "in a child"),
        };
        self.id = format!("{}/{word}", self.id);
        self.bug = format!("{}, {words}", self.bug);
        self.task = task;
        self
    }

    /// A lie that so many cases notice that it says little of each.
    #[must_use]
    pub(crate) fn blunt(mut self) -> Self {
        self.blunt = true;
        self
    }

    /// Its name: where it is told, what is changed, when.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The kernel bug it stands for, as one sentence.
    pub fn bug(&self) -> &str {
        &self.bug
    }

    /// Whether nearly every case notices it.
    pub fn is_blunt(&self) -> bool {
        self.blunt
    }
}
