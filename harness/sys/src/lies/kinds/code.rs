//! What can be told of code that enters the kernel with every register given.

use super::answer::On;
use crate::lies::change::{Change, Field};
use crate::registers::image::Reg;

/// What the code does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// A `syscall` instruction.
    Syscall,
    /// An `int 0x80` instruction.
    Int80,
    /// It jumps to the address in R13.
    Jump,
    /// It loads or stores at the address in RDX.
    Access,
    /// The vsyscall page's entry of this offset, or near it.
    Page(usize),
    /// The vDSO, or any other address.
    Elsewhere,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// No SIGSYS came.
    Quiet,
    /// One came with this `si_code`.
    Signal(i32),
}

/// A lie told as code enters the kernel.
#[derive(Debug)]
pub(crate) struct Enter {
    pub(crate) made: Made,
    pub(crate) what: Entering,
}

/// What happens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entering {
    /// A selector of the first kind counts as if it held the second.
    Selector(Holds, u8),
    /// The selector counts as what it held at the call before.
    StaleSelector,
    /// The kernel takes another value for a register.
    Register(Reg, Change),
    /// A call that is to be dispatched is made all the same.
    MadeAsWell,
}

/// What a selector holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// This.
    Byte(u8),
    /// Neither allow nor block.
    Other,
}

/// A lie told as it comes back.
#[derive(Debug)]
pub(crate) struct Leave {
    pub(crate) made: Made,
    pub(crate) fate: Option<Fate>,
    pub(crate) on: On,
    pub(crate) what: Leaving,
}

/// What is altered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Leaving {
    /// A register.
    Register(Reg, Change),
    /// A number in memory that a register pointed to at the entry.
    Memory(Reg, Field, Change),
    /// A number of the floating-point state, by its place in [`crate::floating::Floating`].
    Floating(Field, Change),
}
