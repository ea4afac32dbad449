//! The alternate stack of a thread's handlers.

use crate::{Errno, call, uapi};

/// Handlers run on `[start, start + size)` where they ask for it.
///
/// <https://man7.org/linux/man-pages/man2/sigaltstack.2.html>
///
/// # Errors
/// sigaltstack(2)'s: ENOMEM where it is smaller than the kernel needs.
#[doc(alias = "SYS_sigaltstack")]
pub fn alternate_stack(start: usize, size: usize) -> Result<(), Errno> {
    alternate_stack_with(start, size, 0)
}

/// As [`alternate_stack`], with flags ([`uapi::SS_AUTODISARM`]).
///
/// <https://man7.org/linux/man-pages/man2/sigaltstack.2.html>
///
/// # Errors
/// sigaltstack(2)'s.
#[doc(alias = "SS_AUTODISARM")]
pub fn alternate_stack_with(start: usize, size: usize, flags: i32) -> Result<(), Errno> {
    let stack = libc::stack_t {
        ss_sp: std::ptr::with_exposed_provenance_mut(start),
        ss_flags: flags,
        ss_size: size,
    };
    call::checked(uapi::SYS_sigaltstack, [&raw const stack as usize, 0, 0, 0, 0, 0]).map(drop)
}

/// The calling thread's alternate stack: its lowest address, its bytes and its flags (`SS_*`).
///
/// <https://man7.org/linux/man-pages/man2/sigaltstack.2.html>
///
/// # Errors
/// sigaltstack(2)'s.
#[doc(alias = "SYS_sigaltstack")]
pub fn current_alternate_stack() -> Result<(usize, usize, i32), Errno> {
    let mut stack = libc::stack_t { ss_sp: std::ptr::null_mut(), ss_flags: 0, ss_size: 0 };
    call::checked(uapi::SYS_sigaltstack, [0, &raw mut stack as usize, 0, 0, 0, 0])?;
    Ok((stack.ss_sp.addr(), stack.ss_size, stack.ss_flags))
}
