//! Rarer ways to make a process.

use super::start;
use crate::{Errno, uapi};

/// Makes a process with clone(2) and CLONE_PIDFD, with nothing shared. Gives its id and its descriptor.
///
/// <https://man7.org/linux/man-pages/man2/clone.2.html>
///
/// # Errors
/// clone(2)'s; EINVAL before 5.2.
#[doc(alias = "CLONE_PIDFD")]
pub fn clone_pidfd(body: impl FnOnce() -> i32) -> Result<(i32, i32), Errno> {
    let (flags, mut descriptor) = (uapi::SIGCHLD as usize | uapi::CLONE_PIDFD as usize, -1i32);
    let at = &raw mut descriptor as usize;
    start(uapi::SYS_clone, [flags, 0, at, 0, 0, 0], body).map(|pid| (pid, descriptor))
}

/// Makes a process of this id with clone3(2), with nothing shared.
///
/// <https://man7.org/linux/man-pages/man2/clone3.2.html>
///
/// # Errors
/// clone3(2)'s: EEXIST, EPERM; E2BIG before 5.5.
#[doc(alias = "set_tid")]
pub fn clone3_with_id(id: i32, body: impl FnOnce() -> i32) -> Result<i32, Errno> {
    let list = &raw const id as u64;
    let args: [u64; 10] = [0, 0, 0, 0, uapi::SIGCHLD as u64, 0, 0, 0, list, 1];
    start(uapi::SYS_clone3, [args.as_ptr() as usize, size_of_val(&args), 0, 0, 0, 0], body)
}
