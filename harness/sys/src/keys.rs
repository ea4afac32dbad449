//! Memory protection keys: access rights of pages that a thread changes with one instruction.

use crate::memory::{Access, PAGE};
use crate::{Errno, call, uapi};
use std::arch::asm;

/// What the calling thread may do with a key's pages.
///
/// <https://man7.org/linux/man-pages/man7/pkeys.7.html>
#[doc(alias = "PKEY_DISABLE_ACCESS")]
#[doc(alias = "PKEY_DISABLE_WRITE")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Rights {
    /// Read and write.
    All = 0,
    /// Read.
    Read = 2,
    /// Nothing.
    None = 3,
}

/// Takes a key with all rights.
///
/// <https://man7.org/linux/man-pages/man2/pkey_alloc.2.html>
///
/// # Errors
/// pkey_alloc(2)'s: ENOSPC where the processor or the kernel has no keys.
#[doc(alias = "SYS_pkey_alloc")]
pub fn allocate() -> Result<u32, Errno> {
    call::checked(uapi::SYS_pkey_alloc, [0; 6]).map(|key| key as u32)
}

/// Puts `pages` pages at `address` under `key`.
///
/// <https://man7.org/linux/man-pages/man2/pkey_mprotect.2.html>
///
/// # Errors
/// pkey_mprotect(2)'s.
#[doc(alias = "SYS_pkey_mprotect")]
pub fn assign(address: usize, pages: usize, access: Access, key: u32) -> Result<(), Errno> {
    let args = [address, pages * PAGE, access as usize, key as usize, 0, 0];
    call::checked(uapi::SYS_pkey_mprotect, args).map(drop)
}

/// Changes what the calling thread may do with the pages of `key`, which [`allocate`] gave.
///
/// <https://man7.org/linux/man-pages/man7/pkeys.7.html>
#[doc(alias = "wrpkru")]
#[doc(alias = "pkey_set")]
pub fn set_rights(key: u32, rights: Rights) {
    let old: u32;
    // SAFETY: a key was allocated, so the processor has the register and the kernel turned it on.
    unsafe { asm!("rdpkru", in("ecx") 0, out("eax") old, out("edx") _) };
    let shift = 2 * key;
    let new = old & !(3 << shift) | (rights as u32) << shift;
    // SAFETY: as above; only the pages of this key change, and the caller asked for that.
    unsafe { asm!("wrpkru", in("ecx") 0, in("edx") 0, in("eax") new) };
}
