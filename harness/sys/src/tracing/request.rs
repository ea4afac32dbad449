//! The system call, with any arguments.

use crate::{Errno, call, uapi};

/// Makes any request with any arguments, invalid ones too.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
///
/// # Errors
/// ptrace(2)'s.
#[doc(alias = "SYS_ptrace")]
pub fn request(request: usize, pid: i32, address: usize, data: usize) -> Result<usize, Errno> {
    call::checked(uapi::SYS_ptrace, [request, pid as usize, address, data, 0, 0])
}
