//! Waits for a case with a time limit, then kills and reaps every process of it.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};
use sys::process::{self, WaitStatus};
use sys::uapi::{SIGKILL, WNOHANG};
use sys::{Errno, signal};

/// How a case's process ended, or that it had to be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    By(WaitStatus),
    TimedOut,
    /// The worker itself was told to stop.
    Interrupted,
    /// The process could not be waited for.
    Lost(Errno),
}

/// How long an interrupt may go unnoticed that comes just before the wait begins.
const TICK: Duration = Duration::from_millis(200);

/// How long processes of a case may survive SIGKILL.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// Waits for the child `pid`, then kills its group and every descendant.
pub(crate) fn finish(pid: i32, limit: Duration) -> Ended {
    let ended = match process::pidfd(pid) {
        Ok(fd) => wait_with_pidfd(pid, &fd, limit),
        // Kernels and emulators without pidfds: a timer interrupts the wait instead.
        Err(_) => wait_with_timer(pid, limit),
    };
    let _ = process::kill(-pid, SIGKILL);
    if clear_descendants(pid) { ended } else { Ended::Lost(Errno::EBUSY) }
}

fn wait_with_pidfd(pid: i32, fd: &OwnedFd, limit: Duration) -> Ended {
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let deadline = Instant::now() + limit;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left.min(TICK)).unwrap_or(PollTimeout::MAX);
        let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, timeout) {
            Ok(0) if left.is_zero() => return end_it(pid, fd, Ended::TimedOut),
            Ok(0) | Err(Errno::EINTR) => {}
            Ok(_) => return reap(pid),
            Err(errno) => return end_it(pid, fd, Ended::Lost(errno)),
        }
        if signal::interrupted().is_some() {
            return end_it(pid, fd, Ended::Interrupted);
        }
    }
}

fn end_it(pid: i32, fd: &OwnedFd, ended: Ended) -> Ended {
    let _ = process::kill_pidfd(fd);
    let _ = reap(pid);
    ended
}

fn reap(pid: i32) -> Ended {
    loop {
        match process::wait(pid, 0) {
            Ok(Some((_, WaitStatus::Stopped(_)))) | Err(Errno::EINTR) => {}
            Ok(Some((_, end))) => return Ended::By(end),
            Ok(None) => {}
            Err(errno) => return Ended::Lost(errno),
        }
    }
}

fn wait_with_timer(pid: i32, limit: Duration) -> Ended {
    let deadline = Instant::now() + limit;
    process::interrupt_every(50);
    let ended = loop {
        match process::wait(pid, 0) {
            Ok(Some((_, WaitStatus::Stopped(_)))) | Ok(None) => {}
            Ok(Some((_, end))) => break Ended::By(end),
            Err(Errno::EINTR) => {}
            Err(errno) => break Ended::Lost(errno),
        }
        let out_of_time = Instant::now() >= deadline;
        if out_of_time || signal::interrupted().is_some() {
            let _ = process::kill(pid, SIGKILL);
            let _ = reap(pid);
            break if out_of_time { Ended::TimedOut } else { Ended::Interrupted };
        }
    };
    process::interrupt_every(0);
    ended
}

/// Kills and reaps every remaining child: orphans came to this process, which adopts them.
/// Says whether it got rid of all.
fn clear_descendants(near: i32) -> bool {
    let deadline = Instant::now() + KILL_TIMEOUT;
    loop {
        match process::wait(-1, WNOHANG) {
            Err(Errno::ECHILD) => return true,
            Ok(Some(_)) | Err(Errno::EINTR) => continue,
            Ok(None) | Err(_) => {}
        }
        let listed = listed_children().filter(|listed| !listed.is_empty());
        for child in listed.unwrap_or_else(|| children(near)) {
            let _ = process::kill(child, SIGKILL);
        }
        if Instant::now() >= deadline {
            return false;
        }
        process::give_way();
    }
}

/// The children of all threads of this process, as /proc lists them. One that comes or goes meanwhile may
/// be left out. Nothing where there is no such list, or it is that of another process id namespace, whose
/// numbers are other processes here.
pub(crate) fn listed_children() -> Option<Vec<i32>> {
    let own = std::fs::read_link("/proc/self").ok()?;
    if own.to_str()?.parse() != Ok(sys::call::getpid()) {
        return None;
    }
    let mut found = Vec::new();
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        let list = std::fs::read_to_string(thread.ok()?.path().join("children"));
        let list = match list {
            Ok(list) => list,
            // The thread is gone, and its children are another's.
            Err(error) if error.raw_os_error() == Some(Errno::ESRCH as i32) => continue,
            Err(_) => return None,
        };
        found.extend(list.split_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
    }
    Some(found)
}

/// The children of this process, found without /proc: waiting tells a child from a stranger. Looks
/// near `near` first, where a case's descendants have their numbers.
pub(crate) fn children(near: i32) -> Vec<i32> {
    const LAST_PID: i32 = 4 << 20;
    let close = near.saturating_sub(64).max(2)..near.saturating_add(512).min(LAST_PID);
    let found: Vec<i32> = close.filter(|pid| process::is_child(*pid)).collect();
    if !found.is_empty() {
        return found;
    }
    (2..LAST_PID).find(|pid| process::is_child(*pid)).into_iter().collect()
}
