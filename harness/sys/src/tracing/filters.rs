//! What a tracer is told of the filters that bind a tracee.

use super::request::request;
use crate::Errno;
use crate::seccomp::Instruction;
use crate::uapi::{PTRACE_SECCOMP_GET_FILTER, PTRACE_SECCOMP_GET_METADATA};

/// Bytes of `struct seccomp_metadata`.
pub const METADATA_SIZE: usize = 16;
/// The most instructions that a program has (`BPF_MAXINSNS`).
const MOST: usize = 4096;

/// The program of a tracee's filter; `index` counts from the oldest.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
///
/// # Errors
/// EACCES without CAP_SYS_ADMIN or for a caller with seccomp; EINVAL where no filter is in force; ENOENT
/// past the last one; ESRCH where it is not a stopped tracee.
#[doc(alias = "PTRACE_SECCOMP_GET_FILTER")]
pub fn filter(pid: i32, index: usize) -> Result<Vec<Instruction>, Errno> {
    // No instruction has this code.
    let untold = Instruction { code: u16::MAX, jt: u8::MAX, jf: u8::MAX, k: u32::MAX };
    let mut program = vec![untold; MOST];
    let at = program.as_mut_ptr() as usize;
    let count = request(PTRACE_SECCOMP_GET_FILTER, pid, index, at)?;
    // What lies behind what was told is kept, so that nothing is told behind the end unseen.
    let told = program.iter().rposition(|one| *one != untold).map_or(0, |last| last + 1);
    program.truncate(told.max(count.min(MOST)));
    Ok(program)
}

/// The flags of a tracee's filter and the answer; `index` counts from the oldest.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
///
/// # Errors
/// As of [`filter`].
#[doc(alias = "PTRACE_SECCOMP_GET_METADATA")]
#[doc(alias = "seccomp_metadata")]
pub fn filter_metadata(pid: i32, index: u64) -> Result<(usize, [u64; 2]), Errno> {
    let mut words = [index, u64::MAX];
    let at = words.as_mut_ptr() as usize;
    let size = request(PTRACE_SECCOMP_GET_METADATA, pid, METADATA_SIZE, at)?;
    Ok((size, words))
}
