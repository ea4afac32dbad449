//! Waiting for children.

use crate::{Errno, call, uapi};

/// What wait(2) reports of a child.
///
/// <https://man7.org/linux/man-pages/man2/wait.2.html>
#[doc(alias("wstatus", "WIFEXITED", "WIFSIGNALED", "WIFSTOPPED"))]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum WaitStatus {
    /// It exited with this status.
    Exited(i32),
    /// This signal killed it.
    KilledBy(i32),
    /// It is stopped: the signal, and the ptrace event in the bits above.
    Stopped(i32),
}

impl WaitStatus {
    /// Reads the status word of wait4(2).
    pub fn from_status(status: i32) -> Self {
        match status & 0x7f {
            0 => Self::Exited((status >> 8) & 0xff),
            0x7f => Self::Stopped((status >> 8) & 0xff_ffff),
            signal => Self::KilledBy(signal),
        }
    }
}

/// In the words of wait(2).
impl std::fmt::Debug for WaitStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exited {status}"),
            Self::KilledBy(signal) => match nix::sys::signal::Signal::try_from(*signal) {
                Ok(known) => write!(f, "killed by {known}"),
                Err(_) => write!(f, "killed by signal {signal}"),
            },
            Self::Stopped(stop) => write!(f, "stopped {stop:#x}"),
        }
    }
}
/// Waits for `pid` (-1 for any child, thread or not) to end or stop.
///
/// <https://man7.org/linux/man-pages/man2/wait4.2.html>
///
/// # Errors
/// wait4(2)'s: ECHILD, EINTR.
#[doc(alias = "SYS_wait4")]
#[doc(alias = "waitpid")]
pub fn wait(pid: i32, options: i32) -> Result<Option<(i32, WaitStatus)>, Errno> {
    let mut status = 0i32;
    let options = options | uapi::__WALL;
    let args = [pid as usize, &raw mut status as usize, options as usize, 0, 0, 0];
    match call::checked(uapi::SYS_wait4, args)? as i32 {
        0 => Ok(None),
        found => Ok(Some((found, WaitStatus::from_status(status)))),
    }
}

/// Waits until the child `pid` has ended, and does not reap it.
///
/// <https://man7.org/linux/man-pages/man2/waitid.2.html>
///
/// # Errors
/// waitid(2)'s: ECHILD, EINTR.
#[doc(alias = "SYS_waitid")]
#[doc(alias = "WNOWAIT")]
pub fn await_end(pid: i32) -> Result<(), Errno> {
    let options = uapi::WEXITED | uapi::WNOWAIT | uapi::__WALL;
    let args = [uapi::P_PID, pid as usize, 0, options as usize, 0, 0];
    call::checked(uapi::SYS_waitid, args).map(drop)
}

/// Whether `pid` is a child of this process that can be waited for.
pub fn is_child(pid: i32) -> bool {
    let options = uapi::WEXITED | uapi::WNOHANG | uapi::WNOWAIT | uapi::__WALL;
    let args = [uapi::P_PID, pid as usize, 0, options as usize, 0, 0];
    call::checked(uapi::SYS_waitid, args).is_ok()
}

/// Whether this process has any child.
pub fn has_children() -> bool {
    let options = uapi::WEXITED | uapi::WNOHANG | uapi::WNOWAIT | uapi::__WALL;
    let args = [uapi::P_ALL, 0, 0, options as usize, 0, 0];
    call::checked(uapi::SYS_waitid, args).is_ok()
}
