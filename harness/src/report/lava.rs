//! `--format lava`: a signal for each case, as `lava-test-case` writes it on a device that LAVA watches. The
//! tool writes the same from a record, and KCIDB takes the same paths.

use super::in_order::InOrder;
use super::tap::{TAINT_CHECK, TestResult};
use crate::event::{Consumer, Done, Event};
use crate::record::{Footer, Verdict};
use crate::stdio::{OutputError, print};
use std::collections::HashMap;

/// Prints a line for each case, in the order of the registry.
pub(crate) struct Lava {
    /// The name of the check of the registry and its faults, where it is checked.
    check: Option<(&'static str, Vec<String>)>,
    lines: InOrder<(String, Verdict)>,
    paths: Paths,
}

impl Lava {
    /// Of the cases at `places` of the registry, after the check of the registry itself.
    pub(crate) fn new(places: Vec<usize>, check: Option<(&'static str, Vec<String>)>) -> Self {
        Self { check, lines: InOrder::new(places), paths: Paths::default() }
    }

    fn case(&mut self, done: &Done<'_>) -> Result<(), OutputError> {
        self.lines.add(done.place, (done.line.name.clone(), done.line.verdict));
        while let Some((name, verdict)) = self.lines.next() {
            print(&signal(&self.paths.unique(path(&name)), result(verdict)))?;
        }
        Ok(())
    }
}

impl Consumer for Lava {
    fn take(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        let fault = |is_sound| if is_sound { "pass" } else { "fail" };
        match event {
            Event::Begun(_) => match &self.check {
                Some((name, faults)) => print(&signal(&path(name), fault(faults.is_empty()))),
                None => Ok(()),
            },
            Event::Case(done) => self.case(done),
            Event::Ended(ended) if ended.footer.as_ref().is_some_and(Footer::is_whole) => {
                print(&signal(&path(TAINT_CHECK), fault(ended.unexplained.is_none())))
            }
            Event::Ended(_) => Ok(()),
        }
    }
}

/// The line that says what a test came to.
pub fn signal(path: &str, result: &str) -> String {
    format!("<LAVA_SIGNAL_TESTCASE TEST_CASE_ID={path} RESULT={result}>\n")
}

/// The `RESULT` of a verdict.
pub const fn result(verdict: Verdict) -> &'static str {
    match TestResult::of(verdict) {
        TestResult::Pass | TestResult::Xfail => "pass",
        TestResult::Skip => "skip",
        TestResult::Error => "unknown",
        TestResult::Fail => "fail",
    }
}

/// The name of a case as a path of letters, digits, `_`, `-` and dots, which KCIDB and LAVA take:
/// `a::b::c[d, e]` is `a.b.c.d_e`.
pub fn path(name: &str) -> String {
    let (claim, row) = match name.split_once('[') {
        Some((claim, row)) => (claim, row.strip_suffix(']').unwrap_or(row)),
        None => (name, ""),
    };
    let parts = claim.split("::").chain(Some(row).filter(|row| !row.is_empty()));
    let parts: Vec<String> = parts.map(word).collect();
    parts.join(".")
}

/// A part of a path: whatever else it holds is `_`, and it is never empty.
pub fn word(text: &str) -> String {
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
pub struct Paths {
    seen: HashMap<String, usize>,
}

impl Paths {
    /// A path that nothing before had.
    pub fn unique(&mut self, path: String) -> String {
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
