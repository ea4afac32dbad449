//! The SYSCALL instruction itself, which no lie is told about.

use crate::Errno;
use std::arch::asm;

/// Makes system call `nr` with `args` and gives the result register as the kernel left it.
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

/// Reads a result register the way libc does.
pub fn split(result: i64) -> Result<usize, Errno> {
    match result {
        -4095..=-1 => Err(Errno::from_raw(-result as i32)),
        value => Ok(value as usize),
    }
}
