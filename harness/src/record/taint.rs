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
fn added(before: u64, after: u64) -> u64 {
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

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// One that is gone again is not new.
    #[test]
    fn what_was_there_before_is_not_added() {
        assert_eq!(added(0b0110, 0b1010), 0b1000);
    }

    #[rstest]
    #[case::nothing(0, 0, None)]
    #[case::nothing_new(512, 512, None)]
    #[case::warning(0, 1 << 9, Some((Blame::Kernel, "W, the kernel issued a warning")))]
    #[case::oops(4096, 4096 | 1 << 7, Some((Blame::Kernel, "D, the kernel died")))]
    #[case::lockup(0, 1 << 14, Some((Blame::Kernel, "L, ")))]
    #[case::bad_page(0, 1 << 5, Some((Blame::Kernel, "B, ")))]
    #[case::machine_check(0, 1 << 4, Some((Blame::Kernel, "M, ")))]
    #[case::module(0, 1 << 12, Some((Blame::Outsider, "O, a module built out of tree")))]
    #[case::forced_out(0, 1 << 3, Some((Blame::Outsider, "R, ")))]
    #[case::by_hand(0, 1 << 6, Some((Blame::Outsider, "U, ")))]
    #[case::both(0, 1 << 12 | 1 << 9, Some((Blame::Kernel, "O, a module built out of tree was loaded")))]
    #[case::unknown(0, 1 << 40, Some((Blame::Outsider, "bit 40, which")))]
    fn a_change_says_who_is_to_blame(
        #[case] before: u64,
        #[case] after: u64,
        #[case] expected: Option<(Blame, &str)>,
    ) {
        match (change(before, after), expected) {
            (None, None) => {}
            (Some((blame, text)), Some((expected, words))) => {
                assert_eq!(blame, expected);
                assert!(text.contains(words), "{text}");
            }
            (change, _) => panic!("{change:?}"),
        }
    }

    #[rstest]
    #[case(0, "")]
    #[case(1, "P, a proprietary module was loaded")]
    #[case(1 << 7 | 1 << 9, "D, the kernel died: an oops or a BUG; W, the kernel issued a warning")]
    #[case(1 << 19, "J, a device's firmware was changed through fwctl")]
    #[case(1 << 20, "bit 20, which this suite does not know")]
    #[case(1 << 63, "bit 63, which this suite does not know")]
    fn a_taint_in_words(#[case] taint: u64, #[case] expected: &str) {
        assert_eq!(words(taint), expected);
    }

    /// The letters stand in the order of the bits, as the kernel prints them.
    #[test]
    fn letters() {
        let letters: String = BITS.iter().map(|(letter, ..)| letter).collect();
        assert_eq!(letters, "PFSRMBUDAWCIOELKXTNJ");
    }
}
