//! Commands as a shell reads them.

pub(crate) use harness::report::failure::quoted;

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
