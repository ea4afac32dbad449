//! Loading a seccomp filter.

use crate::{Errno, call};

/// One classic BPF instruction (`linux/filter.h`).
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Instruction {
    /// Operation.
    pub code: u16,
    /// Instructions to skip when true.
    pub jt: u8,
    /// Instructions to skip when false.
    pub jf: u8,
    /// Operand.
    pub k: u32,
}

#[repr(C)]
struct Program {
    len: u16,
    instructions: *const Instruction,
}

/// Sets the no-new-privileges bit of the calling thread.
///
/// # Errors
/// prctl(2)'s.
pub fn no_new_privileges() -> Result<(), Errno> {
    let args = [libc::PR_SET_NO_NEW_PRIVS as usize, 1, 0, 0, 0, 0];
    call::checked(libc::SYS_prctl, args).map(drop)
}

/// Puts the calling thread into strict mode: read, write, exit and rt_sigreturn, and nothing else.
///
/// # Errors
/// prctl(2)'s: EINVAL where a filter is in force.
pub fn strict() -> Result<(), Errno> {
    let args = [libc::PR_SET_SECCOMP as usize, libc::SECCOMP_MODE_STRICT as usize, 0, 0, 0, 0];
    call::checked(libc::SYS_prctl, args).map(drop)
}

/// Adds a filter to the calling thread with seccomp(2).
///
/// # Errors
/// seccomp(2)'s: EACCES, EINVAL, EFAULT, ENOMEM.
pub fn load(filter: &[Instruction]) -> Result<(), Errno> {
    let len = u16::try_from(filter.len()).map_err(|_| Errno::EINVAL)?;
    let program = Program { len, instructions: filter.as_ptr() };
    let args = [libc::SECCOMP_SET_MODE_FILTER as usize, 0, &raw const program as usize, 0, 0, 0];
    call::checked(libc::SYS_seccomp, args).map(drop)
}
