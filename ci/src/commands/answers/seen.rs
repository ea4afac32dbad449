//! What is said while kernels are asked: a line for each, no wider than a page.

use crate::printable::printable;
use crate::results::page::WIDTH;
use crate::terminal;

/// Where the lines go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress;

impl Progress {
    /// What a kernel answered, or why it did not.
    pub(crate) fn answered(self, label: &str, how: &str, says: &str) {
        let text = format!("{label:<12} {how:<8} {says}");
        terminal::note(&cut(&printable(&text)));
    }
}

/// `text` in the width of a page.
fn cut(text: &str) -> String {
    match text.chars().count() <= WIDTH {
        true => text.to_owned(),
        false => text.chars().take(WIDTH - 2).chain("..".chars()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_no_wider_than_a_page() {
        assert_eq!(cut("short"), "short");
        let long = cut(&"é".repeat(200));
        assert!(long.chars().count() == WIDTH && long.ends_with("é.."), "{long}");
    }
}
