//! What can be told of a filter.

use crate::lies::change::Change;

/// Which instructions are taken otherwise, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rewrite {
    /// `ret #k` with these bits of k being `action`.
    Return { mask: u32, action: u32, change: Change },
    /// `ld [k]`.
    Load(u32, Change),
    /// An operation: another one.
    Operation(u16, u16),
    /// The operand of an operation.
    Operand(u16, Change),
    /// The jumps of an operation are exchanged.
    Exchanged(u16),
}
