//! Making processes and threads by the 32-bit ABI: int 0x80 from 64-bit code.

use super::start::start_by;
use crate::uapi::{self, unistd_32};
use crate::{Errno, memory};
use std::arch::global_asm;

/// As [`super::fork`], by int 0x80.
///
/// # Errors
/// fork(2)'s: EAGAIN, ENOMEM.
pub fn fork_32(body: impl FnOnce() -> i32) -> Result<i32, Errno> {
    start_by(sigsys_start_32, (unistd_32::SYS_fork, [0; 6]), (uapi::SYS_fork, [0; 6]), body)
}

/// As [`super::vfork`], by int 0x80.
///
/// # Errors
/// vfork(2)'s: EAGAIN, ENOMEM.
pub fn vfork_32(body: impl FnOnce() -> i32) -> Result<i32, Errno> {
    start_by(sigsys_start_32, (unistd_32::SYS_vfork, [0; 6]), (uapi::SYS_vfork, [0; 6]), body)
}

/// As [`super::clone`], by int 0x80. A stack has to lie below 4 GiB. The kernel keeps the task's id at the address
/// `tid`, below 4 GiB too, and clears it when the task is gone; 0 for none.
///
/// # Errors
/// clone(2)'s.
pub fn clone_32(
    flags: u64,
    stack: usize,
    tid: usize,
    body: impl FnOnce() -> i32,
) -> Result<i32, Errno> {
    let kept = uapi::CLONE_CHILD_CLEARTID | uapi::CLONE_PARENT_SETTID;
    let flags = if tid == 0 { flags } else { flags | kept } as usize;
    // The 32-bit table has the thread-local storage before the second address.
    let asked = [flags, stack, tid, 0, tid, 0];
    let means = [flags, stack, tid, tid, 0, 0];
    start_by(sigsys_start_32, (unistd_32::SYS_clone, asked), (uapi::SYS_clone, means), body)
}

/// Replaces the calling process by a program, by int 0x80: path, arguments and an empty environment are copied below
/// 4 GiB to `at`, where there has to be room. Gives the raw result, which is an error.
///
/// <https://man7.org/linux/man-pages/man2/execve.2.html>
#[doc(alias = "SYS_execve")]
pub fn execve_32(
    call: impl FnOnce(i64, [usize; 6]) -> i64,
    at: usize,
    path: &std::ffi::CStr,
    args: &[&std::ffi::CStr],
) -> i64 {
    let mut next = at;
    let mut place = |bytes: &[u8]| {
        let start = next;
        for (to, byte) in memory::bytes(start, bytes.len()).iter().zip(bytes) {
            to.store(*byte, std::sync::atomic::Ordering::Relaxed);
        }
        next += bytes.len().next_multiple_of(4);
        start
    };
    let path = place(path.to_bytes_with_nul());
    let mut list: Vec<u8> = Vec::new();
    for arg in args {
        list.extend((place(arg.to_bytes_with_nul()) as u32).to_ne_bytes());
    }
    list.extend([0; 4]);
    let list = place(&list);
    let environment = place(&[0; 4]);
    call(unistd_32::SYS_execve, [path, list, environment, 0, 0, 0])
}

unsafe extern "C" {
    fn sigsys_start_32(nr: i64, args: *const usize, entry: usize, arg: usize) -> i64;
}

// As `sigsys_start`, with the registers of the other ABI.
global_asm!(
    ".text",
    ".globl sigsys_start_32",
    ".type sigsys_start_32, @function",
    "sigsys_start_32:",
    "push rbx",
    "push rbp",
    "push r12",
    "push r13",
    "mov r12, rdx",
    "mov r13, rcx",
    "mov rax, rdi",
    "mov r8, rsi",
    "mov rbx, [r8]",
    "mov rcx, [r8 + 8]",
    "mov rdx, [r8 + 16]",
    "mov rsi, [r8 + 24]",
    "mov rdi, [r8 + 32]",
    "xor ebp, ebp",
    "int 0x80",
    "test rax, rax",
    "jz 2f",
    "pop r13",
    "pop r12",
    "pop rbp",
    "pop rbx",
    "ret",
    "2:",
    "xor ebp, ebp",
    "and rsp, -16",
    "mov rdi, r13",
    "call r12",
    "mov edi, eax",
    "3:",
    "mov eax, 60",
    "syscall",
    "jmp 3b",
    ".size sigsys_start_32, . - sigsys_start_32",
);
