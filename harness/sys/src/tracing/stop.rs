//! What the kernel tells of a stop's system call, and what of it a tracer sets.

use super::request::request;
use crate::Errno;
use crate::uapi::{PTRACE_GET_SYSCALL_INFO, PTRACE_SET_SYSCALL_INFO};

/// The kind of a stop, and its number or result.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
#[doc(alias = "ptrace_syscall_info")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyscallInfo {
    /// Nothing.
    None,
    /// Entry to the call with this number.
    Entry(i64),
    /// Exit with this result.
    Exit(i64),
    /// A filter's stop for the call with this number.
    Seccomp(i64),
    /// An operation that this crate does not know.
    Unknown(u8),
}

/// The kind of the stop, and its number or result.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
///
/// # Errors
/// EIO before 5.3; ESRCH where it is not a stopped tracee.
#[doc(alias = "PTRACE_GET_SYSCALL_INFO")]
pub fn syscall_info(pid: i32) -> Result<SyscallInfo, Errno> {
    let mut words = [0u64; 12];
    request(PTRACE_GET_SYSCALL_INFO, pid, size_of_val(&words), words.as_mut_ptr() as usize)?;
    let value = words[3] as i64;
    Ok(match words[0] as u8 {
        0 => SyscallInfo::None,
        1 => SyscallInfo::Entry(value),
        2 => SyscallInfo::Exit(value),
        3 => SyscallInfo::Seccomp(value),
        other => SyscallInfo::Unknown(other),
    })
}

/// What the kernel tells of a system call stop, word by word (`struct ptrace_syscall_info`).
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
#[doc(alias = "ptrace_syscall_info")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PtraceSyscallInfo {
    /// Bytes that the kernel has to tell.
    pub size: usize,
    words: [u64; DETAIL_WORDS],
}

const DETAIL_WORDS: usize = 12;
/// Bytes of `struct ptrace_syscall_info`.
pub const SYSCALL_INFO_SIZE: usize = 88;
/// The value of each byte of [`PtraceSyscallInfo`] that the kernel did not write.
pub const UNTOLD: u8 = 0xa5;

impl PtraceSyscallInfo {
    /// 0 none, 1 entry, 2 exit, 3 a filter's stop.
    pub fn op(&self) -> u8 {
        self.words[0] as u8
    }

    /// The three bytes after it: padding.
    pub fn padding(&self) -> u32 {
        (self.words[0] as u32) >> 8
    }

    /// The ABI (`linux/audit.h`).
    pub fn arch(&self) -> u32 {
        (self.words[0] >> 32) as u32
    }

    /// The instruction pointer.
    pub fn instruction_pointer(&self) -> u64 {
        self.words[1]
    }

    /// The stack pointer.
    pub fn stack_pointer(&self) -> u64 {
        self.words[2]
    }

    /// At an entry or a filter's stop: the number. At an exit: the result.
    pub fn value(&self) -> i64 {
        self.words[3] as i64
    }

    /// At an entry or a filter's stop: the arguments.
    pub fn args(&self) -> [u64; 6] {
        std::array::from_fn(|i| self.words[4 + i])
    }

    /// At an exit: whether the result is an error.
    pub fn is_error(&self) -> u8 {
        self.words[4] as u8
    }

    /// At a filter's stop: the filter's data.
    pub fn data(&self) -> u32 {
        self.words[10] as u32
    }

    /// Whether the kernel left the byte at this offset and all after it unwritten.
    pub fn ends_at(&self, offset: usize) -> bool {
        let bytes = self.words.iter().flat_map(|word| word.to_le_bytes());
        bytes.skip(offset).all(|byte| byte == UNTOLD)
    }

    /// The same with another number, for [`set_syscall_info`].
    #[must_use]
    pub fn with_value(mut self, value: u64) -> Self {
        self.words[3] = value;
        self
    }

    /// The same with another word of these: the ABI's half word and what stands before it, the instruction
    /// pointer, the stack pointer. For [`set_syscall_info`].
    #[must_use]
    pub fn with_word(mut self, index: usize, value: u64) -> Self {
        self.words[index] = value;
        self
    }

    /// The same with another argument (from 0), for [`set_syscall_info`].
    #[must_use]
    pub fn with_arg(mut self, index: usize, value: u64) -> Self {
        self.words[4 + index] = value;
        self
    }

    /// The same with another operation and nothing in the padding, for [`set_syscall_info`].
    #[must_use]
    pub fn with_op(self, op: u8) -> Self {
        self.with_head(u32::from(op))
    }

    /// The same with another first half word: operation, reserved byte, flags.
    #[must_use]
    pub fn with_head(mut self, head: u32) -> Self {
        self.words[0] = self.words[0] >> 32 << 32 | u64::from(head);
        self
    }
}

/// What the kernel tells of a stop into a buffer of `room` bytes.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
///
/// # Errors
/// EIO before 5.3; ESRCH where it is not a stopped tracee.
#[doc(alias = "PTRACE_GET_SYSCALL_INFO")]
pub fn ptrace_syscall_info(pid: i32, room: usize) -> Result<PtraceSyscallInfo, Errno> {
    let mut words = [u64::from_ne_bytes([UNTOLD; 8]); DETAIL_WORDS];
    let room = room.min(size_of_val(&words));
    let size = request(PTRACE_GET_SYSCALL_INFO, pid, room, words.as_mut_ptr() as usize)?;
    Ok(PtraceSyscallInfo { size, words })
}

/// Changes the call of a stop: number and arguments, or the result.
///
/// <https://man7.org/linux/man-pages/man2/ptrace.2.html>
///
/// # Errors
/// EIO before 6.16; EINVAL where it does not fit the stop; ERANGE for a number that is not an int.
#[doc(alias = "PTRACE_SET_SYSCALL_INFO")]
pub fn set_syscall_info(pid: i32, details: &PtraceSyscallInfo, size: usize) -> Result<(), Errno> {
    request(PTRACE_SET_SYSCALL_INFO, pid, size, details.words.as_ptr() as usize).map(drop)
}
