//! What can be told of a new task.

use crate::memory::atomic::words;
use crate::uapi;
use std::sync::atomic::Ordering::Relaxed;

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
            uapi::SYS_clone3 => words(args[0], 1)[0].load(Relaxed) as usize,
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
