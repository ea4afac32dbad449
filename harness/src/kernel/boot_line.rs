//! The kernel's command line, read as the kernel reads it: of a word given twice the last one counts,
//! `-` and `_` are the same in a name, and what follows `--` is for the init.

/// The words of `line` that are the kernel's: name, and value where there is one.
fn words(line: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    line.split_whitespace().take_while(|word| *word != "--").map(|word| {
        match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        }
    })
}

fn is_named(name: &str, wanted: &str) -> bool {
    name.replace('-', "_") == wanted.replace('-', "_")
}

/// Whether `name` stands on the line, alone.
pub(crate) fn has(line: &str, name: &str) -> bool {
    words(line).any(|(word, value)| value.is_none() && is_named(word, name))
}

/// The values `name` is given, in their order.
pub(crate) fn values<'a>(line: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    words(line).filter(move |(word, _)| is_named(word, name)).filter_map(|(_, value)| value)
}

/// A truth value, as the kernel's kstrtobool() reads it.
pub(crate) fn truth(value: &str) -> Option<bool> {
    let mut letters = value.chars().map(|letter| letter.to_ascii_lowercase());
    match letters.next()? {
        'y' | 't' | '1' => Some(true),
        'n' | 'f' | '0' => Some(false),
        'o' => match letters.next()? {
            'n' => Some(true),
            'f' => Some(false),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::none("quiet", "nopku", false)]
    #[case::there("quiet nopku", "nopku", true)]
    #[case::the_inits("quiet -- nopku", "nopku", false)]
    #[case::with_a_value("nopku=1", "nopku", false)]
    #[case::longer("nopku2", "nopku", false)]
    #[case::other_stroke("no-pku", "no_pku", true)]
    fn a_word_stands_on_the_line(#[case] line: &str, #[case] name: &str, #[case] is: bool) {
        assert_eq!(has(line, name), is);
    }

    #[rstest]
    #[case("vsyscall=none a=b vsyscall=xonly", &["none", "xonly"])]
    #[case("vsyscall=none -- vsyscall=xonly", &["none"])]
    #[case("xvsyscall=none vsyscall", &[])]
    fn values_come_in_their_order(#[case] line: &str, #[case] expected: &[&str]) {
        assert_eq!(values(line, "vsyscall").collect::<Vec<_>>(), expected);
    }

    #[rstest]
    #[case("1", Some(true))]
    #[case("yes", Some(true))]
    #[case("True", Some(true))]
    #[case("on", Some(true))]
    #[case("0", Some(false))]
    #[case("No", Some(false))]
    #[case("false", Some(false))]
    #[case("OFF", Some(false))]
    #[case("o", None)]
    #[case("2", None)]
    #[case("", None)]
    fn truth_is_the_kernels(#[case] text: &str, #[case] expected: Option<bool>) {
        assert_eq!(truth(text), expected);
    }
}
