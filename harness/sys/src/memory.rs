//! Mappings: pages a case can protect, unmap and share.

pub(crate) mod atomic;

use crate::{Errno, call, uapi};
use std::sync::atomic::{AtomicU8, AtomicU64};

pub use atomic::{byte, bytes, word32, words};

/// Bytes in a page.
pub const PAGE: usize = 4096;

/// What may be done with a mapping.
///
/// <https://man7.org/linux/man-pages/man2/mprotect.2.html>
#[doc(alias("PROT_NONE", "PROT_READ", "PROT_WRITE", "PROT_EXEC"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Access {
    /// Nothing: each touch is a fault.
    None = 0,
    /// Reads.
    Read = uapi::PROT_READ,
    /// Reads and writes.
    ReadWrite = uapi::PROT_READ | uapi::PROT_WRITE,
    /// Reads and instruction fetches.
    ReadExecute = uapi::PROT_READ | uapi::PROT_EXEC,
}

/// Maps `pages` zeroed pages shared with the children forked later, and gives their address.
///
/// <https://man7.org/linux/man-pages/man2/mmap.2.html>
///
/// # Errors
/// mmap(2)'s: ENOMEM, EAGAIN.
#[doc(alias = "MAP_SHARED")]
#[doc(alias = "SYS_mmap")]
pub fn map_shared(pages: usize) -> Result<usize, Errno> {
    map(0, pages, Access::ReadWrite, uapi::MAP_SHARED | uapi::MAP_ANONYMOUS, -1)
}

/// Maps `pages` zeroed private pages anywhere.
///
/// <https://man7.org/linux/man-pages/man2/mmap.2.html>
///
/// # Errors
/// mmap(2)'s: ENOMEM, EAGAIN.
#[doc(alias = "MAP_PRIVATE")]
pub fn map_private(pages: usize) -> Result<usize, Errno> {
    map(0, pages, Access::ReadWrite, uapi::MAP_PRIVATE | uapi::MAP_ANONYMOUS, -1)
}

/// Maps `pages` zeroed private pages at `address` exactly.
///
/// <https://man7.org/linux/man-pages/man2/mmap.2.html>
///
/// # Errors
/// EEXIST where something is mapped there already; else mmap(2)'s.
#[doc(alias = "MAP_FIXED_NOREPLACE")]
pub fn map_at(address: usize, pages: usize) -> Result<usize, Errno> {
    let flags = uapi::MAP_PRIVATE | uapi::MAP_ANONYMOUS | uapi::MAP_FIXED_NOREPLACE;
    let at = map(address, pages, Access::ReadWrite, flags, -1)?;
    // A kernel without MAP_FIXED_NOREPLACE takes the address as a hint.
    if at == address { Ok(at) } else { Err(Errno::EEXIST) }
}

/// Maps `pages` pages of the open file `fd`, shared.
///
/// <https://man7.org/linux/man-pages/man2/mmap.2.html>
///
/// # Errors
/// mmap(2)'s.
#[doc(alias = "MAP_SHARED")]
pub fn map_file(fd: i32, pages: usize) -> Result<usize, Errno> {
    map(0, pages, Access::ReadWrite, uapi::MAP_SHARED, fd)
}

/// As [`map_file`], at `address` exactly, whatever is mapped there.
///
/// <https://man7.org/linux/man-pages/man2/mmap.2.html>
///
/// # Errors
/// mmap(2)'s.
#[doc(alias = "MAP_FIXED")]
pub fn map_file_at(fd: i32, address: usize, pages: usize) -> Result<usize, Errno> {
    map(address, pages, Access::ReadWrite, uapi::MAP_SHARED | uapi::MAP_FIXED, fd)
}

fn map(at: usize, pages: usize, access: Access, flags: usize, fd: i32) -> Result<usize, Errno> {
    let args = [at, pages * PAGE, access as usize, flags, fd as usize, 0];
    call::checked(uapi::SYS_mmap, args)
}

/// Changes what may be done with `pages` pages at `address`.
///
/// <https://man7.org/linux/man-pages/man2/mprotect.2.html>
///
/// # Errors
/// mprotect(2)'s.
#[doc(alias = "SYS_mprotect")]
pub fn protect(address: usize, pages: usize, access: Access) -> Result<(), Errno> {
    let args = [address, pages * PAGE, access as usize, 0, 0, 0];
    call::checked(uapi::SYS_mprotect, args).map(drop)
}

/// Removes `pages` pages at `address`.
///
/// <https://man7.org/linux/man-pages/man2/munmap.2.html>
///
/// # Errors
/// munmap(2)'s.
#[doc(alias = "SYS_munmap")]
pub fn unmap(address: usize, pages: usize) -> Result<(), Errno> {
    call::checked(uapi::SYS_munmap, [address, pages * PAGE, 0, 0, 0, 0]).map(drop)
}

/// Zeroed words shared with every child forked later; never given back.
///
/// # Errors
/// mmap(2)'s: ENOMEM, EAGAIN.
pub fn shared_words(count: usize) -> Result<&'static [AtomicU64], Errno> {
    Ok(words(map_shared((count * 8).div_ceil(PAGE))?, count))
}

/// Zeroed bytes shared with every child forked later; never given back.
///
/// # Errors
/// mmap(2)'s: ENOMEM, EAGAIN.
pub fn shared_bytes(count: usize) -> Result<&'static [AtomicU8], Errno> {
    Ok(bytes(map_shared(count.div_ceil(PAGE))?, count))
}

/// Makes the allocator keep one arena with room at its end, so that a small allocation made while
/// system calls are being intercepted needs none.
pub fn settle_allocator() {
    // SAFETY: mallopt only sets a number.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    // SAFETY: as above.
    unsafe { libc::mallopt(libc::M_TRIM_THRESHOLD, 8 << 20) };
    // SAFETY: as above.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, 4 << 20) };
    drop(std::hint::black_box(vec![0u8; 1 << 20]));
}
