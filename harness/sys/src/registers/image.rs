//! An image of the general registers.

use std::fmt;

/// A register by its place in the kernel's `gregs` array (`sys/ucontext.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
#[expect(missing_docs, reason = "the names are the processor's")]
pub enum Reg {
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    Rdi,
    Rsi,
    Rbp,
    Rbx,
    Rdx,
    Rax,
    Rcx,
    Rsp,
    Rip,
    Flags,
}

impl Reg {
    /// The fifteen registers that hold plain values (all but RSP, RIP and the flags).
    pub const VALUES: [Self; 15] = [
        Self::R8,
        Self::R9,
        Self::R10,
        Self::R11,
        Self::R12,
        Self::R13,
        Self::R14,
        Self::R15,
        Self::Rdi,
        Self::Rsi,
        Self::Rbp,
        Self::Rbx,
        Self::Rdx,
        Self::Rax,
        Self::Rcx,
    ];
}

/// How many registers [`Registers`] holds.
pub const COUNT: usize = 18;

/// A register image, in the order of the kernel's `gregs`.
///
/// RSP and RIP are results only: on return RSP holds the stack pointer that the called code saw at
/// its first instruction, RIP the address it returned to.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Registers(pub [u64; COUNT]);

/// Flags a caller may set freely: carry, parity, adjust, zero, sign, overflow.
pub const STATUS_FLAGS: u64 = 0x8d5;

/// Flags that a program can change or that change how it runs. The others are fixed, and an
/// emulated processor was seen to show stray bits in them.
pub const PROGRAM_FLAGS: u64 = 0x24_7fd7;

impl Registers {
    /// Every value register holds a pattern of its own that no kernel would put there.
    pub fn pattern() -> Self {
        let mut image = Self([0; COUNT]);
        for (i, reg) in Reg::VALUES.into_iter().enumerate() {
            image[reg] = 0xa5c3_0000_0000_5a00 + ((i as u64 + 1) * 0x0101_0101_0100);
        }
        image[Reg::Flags] = 0x202;
        image
    }

    /// This image with one register changed.
    #[must_use]
    pub fn with(mut self, reg: Reg, value: u64) -> Self {
        self[reg] = value;
        self
    }
}

impl std::ops::Index<Reg> for Registers {
    type Output = u64;
    fn index(&self, reg: Reg) -> &u64 {
        &self.0[reg as usize]
    }
}

impl std::ops::IndexMut<Reg> for Registers {
    fn index_mut(&mut self, reg: Reg) -> &mut u64 {
        &mut self.0[reg as usize]
    }
}

impl fmt::Debug for Registers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().enumerate()).finish()
    }
}
