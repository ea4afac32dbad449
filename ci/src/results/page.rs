//! Text in the width of a page.

use super::names;
use crate::style::{FAINT, paint};
use textwrap::{Options, WordSeparator, WordSplitter};

/// The width of a page, in columns.
pub(crate) const WIDTH: usize = 80;

/// `text` after `first`, its later lines after as many blanks. Names that are longer than a line stay whole.
pub(crate) fn wrapped(first: &str, text: &str) -> String {
    let blanks = " ".repeat(first.chars().count());
    hanging(first, &blanks, text)
}

/// `text` after `first`, its later lines after `next`.
pub(crate) fn hanging(first: &str, next: &str, text: &str) -> String {
    let options = Options::new(WIDTH)
        .initial_indent(first)
        .subsequent_indent(next)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    textwrap::wrap(text, options).join("\n") + "\n"
}

/// A line with the name of a claim; two where it is longer than a page is wide.
pub(crate) fn claim(name: &str) -> String {
    let (area, claim, _) = names::split(name);
    let area = names::join(area, "", "");
    let between = if name.chars().count() > WIDTH { "\n  " } else { "" };
    format!("{}{between}{claim}\n", paint(FAINT, &area))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_wider_than_a_page() {
        let text = wrapped("  label  ", &"word ".repeat(40));
        assert!(text.lines().count() == 3 && text.ends_with("word\n"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("         word")), "{text}");
        assert_eq!(wrapped("  label  ", "short"), "  label  short\n");
    }

    #[test]
    fn a_long_name_is_broken_behind_its_area() {
        let plain = |name: &str| anstream::adapter::strip_str(&claim(name)).to_string();
        let long = "x".repeat(74);
        assert_eq!(plain(&format!("a::b::{long}")), format!("a::b::{long}\n"));
        assert_eq!(plain(&format!("a::b::{long}x")), format!("a::b::\n  {long}x\n"));
    }
}
