//! What can be told of the delivery of a signal.

use crate::lies::change::Change;
use crate::registers::image::Reg;

/// Which delivery.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Which {
    pub(crate) signal: i32,
    /// `si_code`, where it matters.
    pub(crate) code: Option<i32>,
    /// `si_arch`, where it matters.
    pub(crate) arch: Option<u32>,
}

/// A number that a handler is shown: the word of its notes, the bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shown {
    pub(crate) word: usize,
    pub(crate) shift: u32,
    pub(crate) bits: u32,
}

/// A handler is shown something else.
#[derive(Debug)]
pub(crate) struct Noted {
    pub(crate) which: Which,
    pub(crate) shown: Shown,
    pub(crate) change: Change,
}

/// What becomes of what it leaves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Leaves {
    /// A register that it stored is what it was.
    Ignored(Reg),
    /// A register that it left alone is another.
    Lost(Reg, Change),
    /// A register that it stored is altered.
    Altered(Reg, Change),
    /// Its change of the mask is undone.
    MaskIgnored,
    /// These signals are blocked afterwards, too.
    Blocked(u64),
}

/// A lie about the return from a handler.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) which: Which,
    pub(crate) what: Leaves,
}

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeliveryLie {
    pub(crate) which: Which,
    /// It reaches the handler twice, else never.
    pub(crate) twice: bool,
}
