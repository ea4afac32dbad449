//! Foreign text, made harmless before a format's own escapes.

use crate::printable::{self, printable};
use harness::record::one_line;

/// In one line.
pub(super) fn line(text: &str) -> String {
    printable(&one_line(text)).into_owned()
}

/// In as many lines as it has.
pub(super) fn lines(text: &str) -> String {
    printable::lines(text).into_owned()
}

/// The name of a case as a path of letters, digits, `_`, `-` and dots, which KCIDB and LAVA take:
/// `a::b::c[d, e]` is `a.b.c.d_e`.
pub(super) fn path(name: &str) -> String {
    let (claim, row) = match name.split_once('[') {
        Some((claim, row)) => (claim, row.strip_suffix(']').unwrap_or(row)),
        None => (name, ""),
    };
    let parts = claim.split("::").chain(Some(row).filter(|row| !row.is_empty()));
    let parts: Vec<String> = parts.map(word).collect();
    parts.join(".")
}

/// A part of a path: whatever else it holds is `_`, and it is never empty.
pub(super) fn word(text: &str) -> String {
    let mut word = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || c == '-' {
            word.push(c);
        } else if c == '_' || !word.ends_with('_') {
            word.push('_');
        }
    }
    let word = if text.ends_with('_') { word.as_str() } else { word.trim_end_matches('_') };
    if word.is_empty() { "_".into() } else { word.to_owned() }
}

/// Names that are called alike as paths: the later ones get a number.
#[derive(Debug, Default)]
pub(super) struct Paths {
    seen: std::collections::HashMap<String, usize>,
}

impl Paths {
    /// A path that nothing before had.
    pub(super) fn unique(&mut self, path: String) -> String {
        let count = self.seen.entry(path.clone()).or_insert(0);
        *count += 1;
        if *count == 1 {
            return path;
        }
        let numbered = format!("{path}-{count}");
        self.unique(numbered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("dispatch::off::off_ends", "dispatch.off.off_ends")]
    #[case("a::b::c[d, e]", "a.b.c.d_e")]
    #[case("a::b::c[-512]", "a.b.c.-512")]
    #[case("a", "a")]
    #[case("a::::b[]", "a._.b")]
    #[case("a::b.c", "a.b_c")]
    #[case("é\n../x", "_x")]
    fn a_name_is_a_path(#[case] name: &str, #[case] expected: &str) {
        assert_eq!(path(name), expected);
    }

    #[test]
    fn no_two_paths_are_alike() {
        let mut paths = Paths::default();
        let all = ["a", "a", "a-2", "a"].map(|path| paths.unique(path.into()));
        assert_eq!(all, ["a", "a-2", "a-2-2", "a-3"]);
    }

    proptest! {
        #[test]
        fn whatever_a_name_holds(name in "(\\PC|\\p{C}|::|\\[|\\]){0,20}") {
            let path = path(&name);
            let good = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            prop_assert!(path.split('.').all(|part| !part.is_empty() && part.chars().all(good)), "{path}");
        }
    }
}
