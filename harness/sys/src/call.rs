//! System calls made from this crate's own text.

use crate::Errno;
use crate::uapi;
use std::arch::asm;

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

/// As [`raw`], without a lie about its result.
#[inline(always)]
pub(crate) fn native(nr: i64, args: [usize; 6]) -> i64 {
    let result: i64;
    // SAFETY: the clobbers are those of the SYSCALL instruction, and what the call does to memory is
    // intended by the caller, in a process that ends with its case.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") nr => result,
            in("rdi") args[0], in("rsi") args[1], in("rdx") args[2],
            in("r10") args[3], in("r8") args[4], in("r9") args[5],
            lateout("rcx") _, lateout("r11") _,
        );
    }
    result
}

/// Makes system call `nr` and splits the result: `-4095..=-1` is an error, all else a value.
pub fn checked(nr: i64, args: [usize; 6]) -> Result<usize, Errno> {
    split(raw(nr, args))
}

/// Reads a result register the way libc does.
pub fn split(result: i64) -> Result<usize, Errno> {
    match result {
        -4095..=-1 => Err(Errno::from_raw(-result as i32)),
        value => Ok(value as usize),
    }
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
