//! Processes of a worker that died before it could end them. This process is their reaper
//! (PR_SET_CHILD_SUBREAPER): all its children are workers, or orphans of workers.

use crate::runner::reap;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use sys::process;
use sys::uapi::SIGKILL;

/// The workers that are alive. The lock is held while a worker is started, so that it is not taken for an
/// orphan.
static WORKERS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// How long orphans may resist SIGKILL.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// Held while a worker is started, so that it is not taken for an orphan.
pub(crate) struct WorkerStart(MutexGuard<'static, BTreeSet<i32>>);

impl WorkerStart {
    /// From now on no orphan is looked for.
    pub(crate) fn begin() -> Self {
        Self(WORKERS.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The worker `pid` was made.
    pub(crate) fn finish(mut self, pid: i32) {
        self.0.insert(pid);
    }
}

/// Ends the processes that the dead worker `pid` left. `lost`: it did not exit by itself.
pub(crate) fn end(pid: i32, lost: bool) {
    let mut workers = WORKERS.lock().unwrap_or_else(PoisonError::into_inner);
    workers.remove(&pid);
    let deadline = Instant::now() + KILL_TIMEOUT;
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
