//! What the bits of /proc/sys/kernel/tainted mean: what is wrong with a kernel, and who did it
//! (Documentation/admin-guide/tainted-kernels).

use serde::{Deserialize, Serialize};
use std::fmt;

/// Who sets a bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Blame {
    /// Somebody besides the suite, or the machine: a module was loaded, a table overridden.
    Outsider,
    /// The kernel found itself at fault.
    Kernel,
}

impl Blame {
    /// The exit status that it asks for.
    pub(crate) const fn status(self) -> u8 {
        match self {
            Self::Outsider => 69,
            Self::Kernel => 101,
        }
    }
}

/// Letter, blame and meaning of each bit, from the lowest.
const BITS: [(char, Blame, &str); 20] = [
    ('P', Blame::Outsider, "a proprietary module was loaded"),
    ('F', Blame::Outsider, "a module was loaded by force"),
    ('S', Blame::Outsider, "the processor is out of its specification"),
    ('R', Blame::Outsider, "a module was unloaded by force"),
    ('M', Blame::Kernel, "the processor reported a machine check"),
    ('B', Blame::Kernel, "a bad page was found"),
    ('U', Blame::Outsider, "somebody asked for this taint"),
    ('D', Blame::Kernel, "the kernel died: an oops or a BUG"),
    ('A', Blame::Outsider, "an ACPI table was overridden"),
    ('W', Blame::Kernel, "the kernel issued a warning"),
    ('C', Blame::Outsider, "a staging driver was loaded"),
    ('I', Blame::Outsider, "a bug of the firmware was worked around"),
    ('O', Blame::Outsider, "a module built out of tree was loaded"),
    ('E', Blame::Outsider, "an unsigned module was loaded"),
    ('L', Blame::Kernel, "a soft lockup occurred"),
    ('K', Blame::Outsider, "the kernel was patched live"),
    ('X', Blame::Outsider, "an auxiliary taint of the distribution's"),
    ('T', Blame::Outsider, "a module with other randomised structures was loaded"),
    ('N', Blame::Outsider, "an in-kernel test was run"),
    ('J', Blame::Outsider, "a device's firmware was changed through fwctl"),
];

/// A change of /proc/sys/kernel/tainted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct TaintChange {
    /// Before the case.
    pub before: u64,
    /// After it.
    pub after: u64,
}

impl TaintChange {
    /// The bits that were set.
    pub const fn added(self) -> u64 {
        self.after & !self.before
    }
}

impl fmt::Display for TaintChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = (self.before, self.after);
        write!(f, "the kernel's taint went from {before} to {after}")?;
        match self.added() {
            0 => Ok(()),
            added => write!(f, ": {}", words(added)),
        }
    }
}

/// The bits of `after` that `before` has not.
pub(crate) fn added(before: u64, after: u64) -> u64 {
    after & !before
}

/// The bits of `taint`: letters and meanings.
pub fn words(taint: u64) -> String {
    let bits = (0..u64::BITS).filter(|bit| taint >> bit & 1 == 1);
    let words = bits.map(|bit| match BITS.get(bit as usize) {
        Some((letter, _, meaning)) => format!("{letter}, {meaning}"),
        None => format!("bit {bit}, which this suite does not know"),
    });
    words.collect::<Vec<_>>().join("; ")
}

/// What the change from `before` to `after` means: who is to blame, and in words. Nothing where no bit was
/// added.
pub(crate) fn change(before: u64, after: u64) -> Option<(Blame, String)> {
    let added = added(before, after);
    let bits = (0..64).filter(|bit| added >> bit & 1 == 1);
    // Nobody is accused of what is not known here.
    let blame =
        bits.map(|bit| BITS.get(bit).map_or(Blame::Outsider, |(_, blame, _)| *blame)).max()?;
    Some((blame, TaintChange { before, after }.to_string()))
}

