//! How a value is altered, and where in memory it lies.

use crate::memory::atomic;
use std::sync::atomic::Ordering::Relaxed;

/// What becomes of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// So much more, or less where that wraps.
    Add(u64),
    /// This.
    Set(u64),
    /// These bits the other way.
    Flip(u64),
    /// These bits alone.
    Keep(u64),
    /// These bits as well.
    With(u64),
    /// The second where it was the first.
    Turn(u64, u64),
    /// Its low half, and the sign of that above.
    Sign,
}

impl Change {
    pub(crate) const fn of(self, value: u64) -> u64 {
        match self {
            Self::Add(more) => value.wrapping_add(more),
            Self::Set(other) => other,
            Self::Flip(bits) => value ^ bits,
            Self::Keep(bits) => value & bits,
            Self::With(bits) => value | bits,
            Self::Turn(from, to) => {
                if value == from {
                    to
                } else {
                    value
                }
            }
            Self::Sign => value as u32 as i32 as i64 as u64,
        }
    }
}

/// A number in memory: where it begins, and how many bytes it has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) offset: usize,
    pub(crate) size: usize,
}

impl Field {
    pub(crate) const fn new(offset: usize, size: usize) -> Self {
        Self { offset, size }
    }

    /// Its value in the structure at an address that can be read.
    pub(crate) fn read(self, at: usize) -> u64 {
        let bytes = atomic::bytes(at + self.offset, self.size);
        bytes.iter().rev().fold(0, |all, byte| all << 8 | u64::from(byte.load(Relaxed)))
    }

    /// Stores its value.
    pub(crate) fn write(self, at: usize, value: u64) {
        for (byte, to) in
            value.to_le_bytes().into_iter().zip(atomic::bytes(at + self.offset, self.size))
        {
            to.store(byte, Relaxed);
        }
    }

    /// What it would be, where that is something else.
    pub(crate) fn changed(self, value: u64, change: Change) -> Option<u64> {
        let mask = if self.size == 8 { u64::MAX } else { (1 << (8 * self.size)) - 1 };
        let new = change.of(value) & mask;
        (new != value).then_some(new)
    }
}
