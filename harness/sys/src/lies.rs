//! A door that lies, one lie at a time: proof that the cases notice what a broken kernel does.
//!
//! Only a suite built with the feature `lies` has this, and no such suite is ever handed out. A lie is a
//! row of a table: where it is told ([`Tell`]), what for (the sentence that names the kernel bug it
//! stands for), in which task ([`Task`]) and how often ([`Nth`]). Only a case's own process is lied to,
//! and its children: never the runner, a worker, or a question to the kernel that a need asks.
//!
//! To add a lie, add a row to the fitting table below `table`: name the bug as one sentence about the
//! kernel, and make it as narrow as a real bug is (one ABI, one field, the second call only). A lie that
//! every case would notice says little: mark it with [`Lie::blunt`]. Where no table fits, [`Tell`] gets
//! another kind of row, and the door function another question to this module. `sigsys lies` then says
//! whether a case notices.
//!
//! `census` is no lie: it writes down which lies would have been told in a case, so that each lie is
//! tried on those cases alone.

mod answer;
mod change;
mod code;
mod execution;
mod file;
mod filter;
mod handling;
mod table;
mod task;

pub(crate) use answer::ask;
pub(crate) use code::{Made, enter, leave, leave_floating, placed};
pub use execution::after_execution;
pub(crate) use execution::environment;
pub(crate) use file::{mode_read, text_read, text_written};
pub(crate) use filter::rewritten;
pub(crate) use handling::{Frame, before_return, delivery, noted, snapshot};
pub(crate) use task::{Birth, born, started};

use crate::memory;
use answer::Answer;
use change::{Change, Field};
use code::{Enter, Leave};
use file::File;
use filter::Rewrite;
use handling::{DeliveryLie, Left, Noted};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering::Relaxed};
use task::Born;

/// The word that asks for the census instead of a lie.
pub const CENSUS: &str = "census";
/// The variable that tells a worker, and a program that a case executes, which lie is told.
pub const VARIABLE: &str = "SIGSYS_LIE";

/// More lies than there are.
const MOST: usize = 4096;

const NONE: usize = 0;
const TAKING_CENSUS: usize = 1;
const FIRST: usize = 2;

static ALL: OnceLock<Vec<Lie>> = OnceLock::new();
/// Where in the list the lies of each door begin and end.
static DOORS: OnceLock<[(usize, usize); Door::COUNT]> = OnceLock::new();
static ACTIVE: AtomicUsize = AtomicUsize::new(NONE);
static ARMED: AtomicBool = AtomicBool::new(false);
static TIMES: [AtomicU32; MOST] = [const { AtomicU32::new(0) }; MOST];
static TOLD: OnceLock<&'static [AtomicU8]> = OnceLock::new();

/// One way in which the door lies.
#[derive(Debug)]
pub struct Lie {
    id: String,
    bug: String,
    blunt: bool,
    nth: Nth,
    task: Task,
    tell: Tell,
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
    const COUNT: usize = Self::File as usize + 1;
}

impl Tell {
    const fn door(&self) -> Door {
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

    /// Whether this occasion is the one, which is counted.
    fn is_due(&self, index: usize) -> bool {
        let in_task = match self.task {
            Task::Any => true,
            Task::Thread => task::is_thread(),
            Task::Child => task::is_child(),
        };
        if !in_task {
            return false;
        }
        let before = TIMES[index].fetch_add(1, Relaxed);
        match self.nth {
            Nth::Every => true,
            Nth::First => before == 0,
            Nth::Second => before == 1,
            Nth::Later => before > 0,
        }
    }
}

/// Every lie, those of one door together.
pub fn all() -> &'static [Lie] {
    ALL.get_or_init(|| {
        let mut lies = table::build();
        lies.sort_by_key(|lie| lie.tell.door() as usize);
        lies
    })
}

/// From now on the armed processes are told the lie called `name`, or take the census.
///
/// # Errors
/// One line, where no lie is called so or there is no memory.
pub fn choose(name: &str) -> Result<(), String> {
    let lies = all();
    assert!(lies.len() < MOST, "there is room for every lie");
    let active = match lies.iter().position(|lie| lie.id == name) {
        Some(index) => FIRST + index,
        None if name == CENSUS => TAKING_CENSUS,
        None => return Err(format!("no lie is called `{name}`")),
    };
    let _ = DOORS.set(std::array::from_fn(|door| {
        let first = lies.partition_point(|lie| (lie.tell.door() as usize) < door);
        (first, lies.partition_point(|lie| lie.tell.door() as usize <= door))
    }));
    if TOLD.get().is_none() {
        let told = memory::shared_bytes(MOST).map_err(|errno| format!("no memory: {errno}"))?;
        let _ = TOLD.set(told);
    }
    ACTIVE.store(active, Relaxed);
    Ok(())
}

/// The calling process and its children are lied to from now on.
pub fn arm() {
    for times in &TIMES {
        times.store(0, Relaxed);
    }
    task::begin();
    ARMED.store(true, Relaxed);
}

/// Forgets which lies were told.
pub fn forget() {
    for told in TOLD.get().into_iter().copied().flatten() {
        told.store(0, Relaxed);
    }
}

/// The numbers of the lies that were told, or in a census would have been, since [`forget`].
pub fn told() -> Vec<usize> {
    let told = TOLD.get().copied().unwrap_or_default();
    (0..told.len()).filter(|index| told[*index].load(Relaxed) == 1).collect()
}

/// A byte that may become a selector lies here, and can be stored to.
pub fn add_selector(at: usize) {
    answer::add_selector(at);
}

/// Whether the calling process is lied to.
pub(crate) fn is_armed() -> bool {
    ARMED.load(Relaxed)
}

/// The lie to be told on this occasion, where the active one fits it. Makes no system call.
pub(crate) fn chosen(door: Door, fits: impl Fn(&Tell) -> bool) -> Option<&'static Tell> {
    if !is_armed() {
        return None;
    }
    let lies = ALL.get()?;
    let told = TOLD.get()?;
    let mark = |index: usize| told[index].store(1, Relaxed);
    match ACTIVE.load(Relaxed) {
        NONE => None,
        TAKING_CENSUS => {
            let (first, last) = DOORS.get()?[door as usize];
            for (index, lie) in lies.iter().enumerate().take(last).skip(first) {
                if told[index].load(Relaxed) == 0 && fits(&lie.tell) && lie.is_due(index) {
                    mark(index);
                }
            }
            None
        }
        active => {
            let index = active - FIRST;
            let lie = lies.get(index).filter(|lie| lie.tell.door() == door)?;
            (fits(&lie.tell) && lie.is_due(index)).then(|| {
                mark(index);
                &lie.tell
            })
        }
    }
}
