//! The two calls by which everything of seccomp is asked for.

use crate::{Errno, call, uapi};
use std::os::fd::{AsRawFd, OwnedFd};

/// Makes seccomp(2) with these arguments.
///
/// <https://man7.org/linux/man-pages/man2/seccomp.2.html>
///
/// # Errors
/// seccomp(2)'s.
#[doc(alias = "SYS_seccomp")]
pub fn seccomp(operation: usize, flags: usize, address: usize) -> Result<usize, Errno> {
    call::checked(uapi::SYS_seccomp, [operation, flags, address, 0, 0, 0])
}

pub(super) fn ioctl(fd: &OwnedFd, request: usize, address: usize) -> Result<(), Errno> {
    let fd = fd.as_raw_fd() as usize;
    match call::checked(uapi::SYS_ioctl, [fd, request, address, 0, 0, 0])? {
        0 => Ok(()),
        other => panic!("a listener's request gave {other}, which is neither 0 nor an error"),
    }
}
