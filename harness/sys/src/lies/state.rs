//! Which lie is told, in which process, and what was told so far.

use super::lie::{Door, Lie, Nth, Task, Tell};
use super::whose;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering::Relaxed};

/// More lies than there are.
pub(super) const MOST: usize = 4096;

const NONE: usize = 0;
pub(super) const TAKING_CENSUS: usize = 1;
pub(super) const FIRST: usize = 2;

pub(super) static ALL: OnceLock<Vec<Lie>> = OnceLock::new();
/// Where in the list the lies of each door begin and end.
pub(super) static DOORS: OnceLock<[(usize, usize); Door::COUNT]> = OnceLock::new();
pub(super) static ACTIVE: AtomicUsize = AtomicUsize::new(NONE);
pub(super) static ARMED: AtomicBool = AtomicBool::new(false);
pub(super) static TIMES: [AtomicU32; MOST] = [const { AtomicU32::new(0) }; MOST];
pub(super) static TOLD: OnceLock<&'static [AtomicU8]> = OnceLock::new();

impl Lie {
    /// Whether this occasion is the one, which is counted.
    fn is_due(&self, index: usize) -> bool {
        let in_task = match self.task {
            Task::Any => true,
            Task::Thread => whose::is_thread(),
            Task::Child => whose::is_child(),
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

/// Whether the calling process is lied to.
pub(crate) fn is_armed() -> bool {
    ARMED.load(Relaxed)
}

/// The lie to be told on this occasion, where the active one fits it. Makes no system call.
pub(super) fn chosen(door: Door, fits: impl Fn(&Tell) -> bool) -> Option<&'static Tell> {
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
