//! Commands as a shell reads them.

/// `text` as a shell takes it for one word.
pub(crate) fn quoted(text: &str) -> String {
    // Only a word with a NUL in it cannot be quoted, and that cannot be an argument either.
    shlex::try_quote(text).map_or_else(|_| text.replace('\0', ""), |word| word.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("target/suite-1.0", "target/suite-1.0")]
    #[case("my suite", "'my suite'")]
    #[case("a::b[row, x]", "'a::b[row, x]'")]
    #[case("it's", r#""it's""#)]
    #[case("", "''")]
    fn quotes_for_a_shell(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(quoted(text), expected);
    }
}
