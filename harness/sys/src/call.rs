//! System calls made from this crate's own text.

use crate::Errno;
use crate::syscall::native;
use crate::uapi;

pub use crate::syscall::split;

/// Makes system call `nr` with `args` and gives the result register.
///
/// The instruction lies in this crate's text, so it is subject to dispatch like any other.
///
/// <https://man7.org/linux/man-pages/man2/syscall.2.html>
#[doc(alias = "syscall")]
pub fn raw(nr: i64, args: [usize; 6]) -> i64 {
    #[cfg(feature = "lies")]
    if crate::lies::is_armed() {
        return crate::lies::ask(nr, args);
    }
    native(nr, args)
}

/// Makes system call `nr` and splits the result: `-4095..=-1` is an error, all else a value.
pub fn checked(nr: i64, args: [usize; 6]) -> Result<usize, Errno> {
    split(raw(nr, args))
}

/// The calling thread's id, by a system call each time.
///
/// <https://man7.org/linux/man-pages/man2/gettid.2.html>
#[doc(alias = "SYS_gettid")]
pub fn gettid() -> i32 {
    raw(uapi::SYS_gettid, [0; 6]) as i32
}

/// The calling process's id, by a system call each time.
///
/// <https://man7.org/linux/man-pages/man2/getpid.2.html>
#[doc(alias = "SYS_getpid")]
pub fn getpid() -> i32 {
    raw(uapi::SYS_getpid, [0; 6]) as i32
}
