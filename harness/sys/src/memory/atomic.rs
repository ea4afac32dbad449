//! Memory at an address, as something that other threads, processes and the kernel read too.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64};

/// The byte at `address`, as something that other threads, processes and the kernel read too.
pub fn byte(address: usize) -> &'static AtomicU8 {
    // SAFETY: an AtomicU8 has no alignment to keep; mappings of this crate live until the case ends,
    // and a fault on one that was taken away is the end of a throw-away process.
    unsafe { AtomicU8::from_ptr(address as *mut u8) }
}

/// `count` words at the page-aligned `address`, shared like [`byte`].
pub fn words(address: usize, count: usize) -> &'static [AtomicU64] {
    assert!(address != 0 && address.is_multiple_of(8), "words need a mapping");
    // SAFETY: aligned by the line above, mapped by this crate, and never given back while in use.
    unsafe { std::slice::from_raw_parts(address as *const AtomicU64, count) }
}

/// `count` bytes at `address`, shared like [`byte`].
pub fn bytes(address: usize, count: usize) -> &'static [AtomicU8] {
    assert!(address != 0, "bytes need a mapping");
    // SAFETY: mapped by this crate, and never given back while in use.
    unsafe { std::slice::from_raw_parts(address as *const AtomicU8, count) }
}

/// A 32-bit word at a mapped address that is a multiple of 4, shared like [`byte`].
pub fn word32(address: usize) -> &'static AtomicU32 {
    assert!(address != 0 && address.is_multiple_of(4), "a word needs a mapping");
    // SAFETY: aligned by the line above; mappings of this crate live until the case ends.
    unsafe { AtomicU32::from_ptr(address as *mut u32) }
}
