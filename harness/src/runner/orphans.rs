//! What a worker left behind that did not live to clear it up. This process adopts it: all its children
//! are workers, or orphans of workers.

use crate::runner::reap;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use sys::process;
use sys::uapi::SIGKILL;

/// The workers that live. Held while one is made, so that it is not taken for an orphan.
static WORKERS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// How long orphans may resist SIGKILL.
const PATIENCE: Duration = Duration::from_secs(10);

/// Keeps others from being taken for orphans while a worker is made.
pub(crate) struct Nursery(MutexGuard<'static, BTreeSet<i32>>);

impl Nursery {
    /// From now on no orphan is looked for.
    pub(crate) fn enter() -> Self {
        Self(WORKERS.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The worker `pid` was made.
    pub(crate) fn born(mut self, pid: i32) {
        self.0.insert(pid);
    }
}

/// The worker `pid` is gone; ends what it left behind. `lost`: it did not end by itself.
pub(crate) fn bury(pid: i32, lost: bool) {
    let mut workers = WORKERS.lock().unwrap_or_else(PoisonError::into_inner);
    workers.remove(&pid);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let children = match reap::listed_children() {
            Some(children) => children,
            // Without a list every number has to be tried: not for each worker that ended well.
            None if lost => reap::children(pid),
            None => return,
        };
        let orphans: Vec<_> = children.into_iter().filter(|pid| !workers.contains(pid)).collect();
        if orphans.is_empty() || Instant::now() >= deadline {
            return;
        }
        for orphan in orphans {
            let _ = process::kill(orphan, SIGKILL);
            let _ = process::wait(orphan, sys::uapi::WNOHANG);
        }
        process::give_way();
    }
}
