//! What a kernel's taint says, in words (Documentation/admin-guide/tainted-kernels).

/// Letter and meaning of each bit, from the lowest.
const BITS: [(char, &str); 20] = [
    ('P', "a proprietary module"),
    ('F', "a module loaded by force"),
    ('S', "a processor out of specification"),
    ('R', "a module unloaded by force"),
    ('M', "a machine check"),
    ('B', "a bad page"),
    ('U', "set by a program"),
    ('D', "an oops or BUG"),
    ('A', "an ACPI table overridden"),
    ('W', "a warning"),
    ('C', "a staging driver"),
    ('I', "a firmware bug"),
    ('O', "a module from out of tree"),
    ('E', "an unsigned module"),
    ('L', "a soft lockup"),
    ('K', "a live patch"),
    ('X', "a distribution's own"),
    ('T', "randomised structures"),
    ('N', "an in-kernel test"),
    ('J', "a changed firmware"),
];

/// The bits of `taint`: letters and meanings.
pub(super) fn words(taint: u64) -> String {
    let bits = (0..u64::BITS).filter(|bit| taint >> bit & 1 == 1);
    let words = bits.map(|bit| match BITS.get(bit as usize) {
        Some((letter, meaning)) => format!("{letter}: {meaning}"),
        None => format!("bit {bit}: unknown"),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::words;
    use rstest::rstest;

    #[rstest]
    #[case(0, "")]
    #[case(1, "P: a proprietary module")]
    #[case(512, "W: a warning")]
    #[case(1 << 7 | 1 << 9, "D: an oops or BUG, W: a warning")]
    #[case(1 << 14, "L: a soft lockup")]
    #[case(1 << 19, "J: a changed firmware")]
    #[case(1 << 20, "bit 20: unknown")]
    #[case(1 << 63, "bit 63: unknown")]
    fn a_taint_in_words(#[case] taint: u64, #[case] expected: &str) {
        assert_eq!(words(taint), expected);
    }
}
