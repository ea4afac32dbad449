//! Which task a lie is told in, and lies about what a new task is given.

use super::{Door, Tell, chosen, is_armed};
use crate::memory;
use crate::uapi;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// How a task came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Birth {
    /// With memory of its own.
    Fork,
    /// On its maker's memory, while that stands still.
    Vfork,
    /// On its maker's memory, as a process.
    Shared,
    /// As a thread.
    Thread,
}

impl Birth {
    /// What these arguments make.
    pub(crate) fn of(nr: i64, args: [usize; 6]) -> Self {
        let flags = match nr {
            uapi::SYS_vfork => return Self::Vfork,
            uapi::SYS_clone => args[0],
            uapi::SYS_clone3 => memory::words(args[0], 1)[0].load(Relaxed) as usize,
            _ => 0,
        };
        let has = |flag: u64| flags & flag as usize != 0;
        match (has(uapi::CLONE_THREAD), has(uapi::CLONE_VM), has(uapi::CLONE_VFORK)) {
            (true, _, _) => Self::Thread,
            (_, true, true) => Self::Vfork,
            (_, true, false) => Self::Shared,
            (_, false, _) => Self::Fork,
        }
    }
}

/// What a new task begins with.
#[derive(Debug)]
pub(crate) struct Born {
    pub(crate) birth: Birth,
    pub(crate) with: With,
}

/// What it has that it should not have, or lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum With {
    /// Dispatch as its maker had it.
    Dispatch,
    /// These signals blocked.
    Blocked(u64),
    /// The default for this signal.
    Default(i32),
}

const STACKS: usize = 64;
const ROOM: usize = 256 << 10;
/// Tops of the stacks that tasks were given.
static TOPS: [AtomicUsize; STACKS] = [const { AtomicUsize::new(0) }; STACKS];
static NEXT: AtomicUsize = AtomicUsize::new(0);
static CHILD: AtomicBool = AtomicBool::new(false);

/// A task is about to be made with these arguments.
pub(crate) fn started(nr: i64, args: [usize; 6]) {
    let top = match nr {
        uapi::SYS_clone => args[1],
        uapi::SYS_clone3 => {
            let words = memory::words(args[0], 7);
            (words[5].load(Relaxed) + words[6].load(Relaxed)) as usize
        }
        _ => 0,
    };
    if top != 0 {
        TOPS[NEXT.fetch_add(1, Relaxed) % STACKS].store(top, Relaxed);
    }
}

thread_local! {
    // A plain word in the thread's static block: reading it takes no system call.
    static FIRST: Cell<bool> = const { Cell::new(false) };
}

/// The calling thread is the first of the case.
pub(super) fn begin() {
    FIRST.set(true);
}

/// Whether an address lies on a stack that a task was given.
fn is_elsewhere(address: usize) -> bool {
    TOPS.iter().any(|top| {
        let top = top.load(Relaxed);
        top != 0 && (top - ROOM..top).contains(&address)
    })
}

pub(super) fn is_thread() -> bool {
    let here = 0u8;
    // A thread of the standard library has storage of its own, one of a case's has a known stack.
    !FIRST.get() || is_elsewhere(&raw const here as usize)
}

pub(super) fn is_child() -> bool {
    CHILD.load(Relaxed)
}

/// The first thing a new task does.
pub(crate) fn born(birth: Birth) {
    if !is_armed() {
        return;
    }
    if birth == Birth::Fork {
        CHILD.store(true, Relaxed);
    }
    let fits = |tell: &Tell| match tell {
        Tell::Born(born) if born.birth == birth => {
            born.with != With::Dispatch || super::answer::config()[0] != 0
        }
        _ => false,
    };
    let Some(Tell::Born(born)) = chosen(Door::Born, fits) else { return };
    match born.with {
        With::Dispatch => {
            let [mode, offset, length, selector] = super::answer::config();
            let args = [uapi::PR_SET_SYSCALL_USER_DISPATCH, mode, offset, length, selector, 0];
            crate::call::native(uapi::SYS_prctl, args);
        }
        With::Blocked(mask) => {
            let args = [uapi::SIG_BLOCK, &raw const mask as usize, 0, 8, 0, 0];
            crate::call::native(uapi::SYS_rt_sigprocmask, args);
        }
        With::Default(signal) => {
            let action = [0u64; 4];
            let args = [signal as usize, action.as_ptr() as usize, 0, 8, 0, 0];
            crate::call::native(uapi::SYS_rt_sigaction, args);
        }
    }
}
