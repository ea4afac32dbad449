//! What a case came to, as snapshots keep it: a verdict, and one line of what there is to say besides.

use crate::printable::printable;
use harness::record::{CaseLine, Verdict};

/// What is said of a case that comes to something else each time.
pub(crate) const UNSTEADY: &str = "unsteady";

/// Cases whose facts say what the model was told of the kernel, not what the kernel did.
const TOLD: &str = "fuzz::";

/// What a case came to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    /// What became of it.
    pub verdict: Verdict,
    /// Whether it comes to something else each time, so that nothing is held against it. The verdict is
    /// that of a case nothing is known of, then.
    pub unsteady: bool,
    /// What was observed, promised and seen, in one line; of a case that is not offered, the name of the
    /// need that is lacking.
    pub text: String,
}

impl Cell {
    /// A cell that says `text`, made one line.
    pub(crate) fn new(verdict: Verdict, text: &str) -> Self {
        Self { verdict, unsteady: false, text: plain(text) }
    }

    /// That of a case a record tells of. What a point release, a candidate, another machine or a new line
    /// in a source file changes is not in it.
    pub(crate) fn of(case: &CaseLine) -> Self {
        match case.verdict {
            _ if case.lacks.is_empty() => {}
            Verdict::NotOffered => return Self::lacking(&case.lacks),
            Verdict::Violated => return Self::owing(&case.lacks),
            _ => {}
        }
        let mut said = Vec::new();
        if !case.lacks.is_empty() {
            said.push(format!("lacks {}", reason(&one_line(&case.text))));
        } else if !case.text.is_empty() {
            said.push(one_line(&case.text));
        }
        if !case.name.starts_with(TOLD) {
            said.extend(case.facts.iter().map(|(name, value)| format!("{name} = {value}")));
        }
        Self::new(case.verdict, &said.join("; "))
    }

    /// That of a case which is not offered for want of `need`.
    pub(crate) fn lacking(need: &str) -> Self {
        Self::new(Verdict::NotOffered, need)
    }

    /// That of a case whose `need` is lacking where it must be met.
    pub(crate) fn owing(need: &str) -> Self {
        Self::new(Verdict::Violated, &format!("lacks {need}"))
    }

    /// That of a case of which nothing is known but that it is there.
    pub(crate) const fn unsteady() -> Self {
        Self { verdict: Verdict::Broken, unsteady: true, text: String::new() }
    }

    /// Its verdict in words.
    pub(crate) const fn words(&self) -> &'static str {
        if self.unsteady { UNSTEADY } else { self.verdict.words() }
    }

    /// The need that kept the case from running.
    pub(crate) fn lacks(&self) -> Option<&str> {
        (self.verdict == Verdict::NotOffered).then_some(self.text.as_str())
    }

    /// `VERDICT` or `VERDICT: TEXT`
    pub(crate) fn line(&self) -> String {
        match self.text.as_str() {
            "" => self.words().to_owned(),
            text => format!("{}: {text}", self.words()),
        }
    }

    /// Reads what [`Self::line`] writes.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let (words, text) = match line.split_once(": ") {
            Some((_, "")) => return None,
            Some((words, text)) => (words, text),
            None => (line, ""),
        };
        if words == UNSTEADY {
            return text.is_empty().then(Self::unsteady);
        }
        let verdict = Verdict::ALL.into_iter().find(|verdict| verdict.words() == words)?;
        let cell = Self::new(verdict, text);
        (cell.text == text).then_some(cell)
    }
}

/// `text` as one line with single spaces, which does nothing on a terminal.
pub(crate) fn plain(text: &str) -> String {
    printable(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

/// What was observed, in one line, without the words every failed comparison begins with.
pub(crate) fn one_line(text: &str) -> String {
    let text = text.strip_prefix("assertion `left == right` failed").unwrap_or(text);
    text.trim_start_matches(": ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `lacks WHAT: SAID (WHY IT MAY)` or `lacks WHAT: SAID; ..`, without what depends on the exact release.
pub(crate) fn reason(text: &str) -> &str {
    let text = text.strip_prefix("lacks ").unwrap_or(text);
    let text = text.split_once("; the feature table").map_or(text, |(front, _)| front);
    if !text.ends_with(')') {
        return text;
    }
    let mut depth = 0_usize;
    for (at, c) in text.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return text[..at].trim_end();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    proptest! {
        #[test]
        fn a_line_is_read_back(verdict in 0..Verdict::ALL.len(), text in ".*") {
            let cell = Cell::new(Verdict::ALL[verdict], &text);
            prop_assert_eq!(Cell::read(&cell.line()), Some(cell));
        }
    }

    #[rstest]
    #[case::unsteady("unsteady", Some(Cell::unsteady()))]
    #[case::verdict("timed out", Some(Cell::new(Verdict::TimedOut, "")))]
    #[case::text("holds: a: b", Some(Cell::new(Verdict::Holds, "a: b")))]
    #[case::unknown("keeps", None)]
    #[case::nothing_said("holds: ", None)]
    #[case::unsteady_in_detail("unsteady: x", None)]
    #[case::not_as_written("holds: a  b", None)]
    fn a_line_is_a_verdict_and_what_there_is_to_say(
        #[case] line: &str,
        #[case] expected: Option<Cell>,
    ) {
        assert_eq!(Cell::read(line), expected);
    }

    #[rstest]
    #[case::excused(
        "lacks a thing: EINVAL (kernels have it since 6.17; this is 6.1)",
        "a thing: EINVAL"
    )]
    #[case::two_brackets("lacks x: no file (os error 2) (since 7.3)", "x: no file (os error 2)")]
    #[case::nested("lacks x: EIO (it (still) depends)", "x: EIO")]
    #[case::no_excuse(
        "lacks x: EIO; the feature table says that this kernel must have it",
        "x: EIO"
    )]
    #[case::other("EIO", "EIO")]
    #[case::unbalanced("EIO)", "EIO)")]
    fn a_reason_outlives_the_release(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(reason(text), expected);
    }
}
