//! The outcome of a case as snapshots keep it: a verdict, and a line of what was observed.

use crate::printable::printable;
use harness::record::{CaseLine, Verdict, facts_line};

/// The word for a case whose outcome differs from run to run.
pub(crate) const UNSTEADY: &str = "unsteady";

/// Cases whose facts describe the input of the model, not what the kernel did.
const TOLD: &str = "fuzz::";

/// The outcome of a case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    /// What became of it.
    pub verdict: Verdict,
    /// Whether the outcome differs from run to run, so that it is not compared. The verdict is `Broken`
    /// then: nothing is known.
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

    /// The cell of a case of a record. What a point release, a candidate, another machine or a new line
    /// in a source file changes is not in it.
    pub(crate) fn of(case: &CaseLine) -> Self {
        let mut said = Vec::new();
        match (&case.unmet, case.verdict) {
            (Some(unmet), Verdict::NotOffered) => return Self::lacking(&unmet.need),
            (Some(unmet), Verdict::Violated) => return Self::owing(&unmet.need),
            (Some(unmet), _) => said.push(format!("lacks {}", unmet.reason())),
            (None, _) => said.push(case.said()),
        }
        if !case.name.starts_with(TOLD) {
            said.push(facts_line(&case.facts));
        }
        said.retain(|part| !part.is_empty());
        Self::new(case.verdict, &said.join("; "))
    }

    /// The cell of a case that is not offered because `need` is lacking.
    pub(crate) fn lacking(need: &str) -> Self {
        Self::new(Verdict::NotOffered, need)
    }

    /// The cell of a case whose `need` is lacking although the kernel must offer it.
    pub(crate) fn owing(need: &str) -> Self {
        Self::new(Verdict::Violated, &format!("lacks {need}"))
    }

    /// The cell of a case whose outcome differs from run to run.
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

#[cfg(test)]
mod tests {
    use super::*;
    use harness::record::Value;
    use proptest::prelude::*;
    use rstest::rstest;

    proptest! {
        #[test]
        fn a_line_is_read_back(verdict in 0..Verdict::ALL.len(), text in ".*") {
            let cell = Cell::new(Verdict::ALL[verdict], &text);
            prop_assert_eq!(Cell::read(&cell.line()), Some(cell));
        }
    }

    /// What a model of the kernel was asked is an input; what a case saw is what the kernel did.
    #[rstest]
    #[case::seen("a::b", "length = 3")]
    #[case::asked("fuzz::a::b", "")]
    fn facts_are_what_was_seen(#[case] name: &str, #[case] text: &str) {
        let facts = [("length", Value::Number(3))].into_iter().collect();
        let case = CaseLine { facts, ..CaseLine::new(name, vec![], Verdict::Holds) };
        assert_eq!(Cell::of(&case), Cell::new(Verdict::Holds, text));
    }

    #[test]
    fn a_need_is_lacking_where_a_case_is_not_offered() {
        assert_eq!(Cell::lacking("keys").lacks(), Some("keys"));
        assert_eq!(Cell::owing("keys").lacks(), None);
        assert_eq!(Cell::new(Verdict::Holds, "keys").lacks(), None);
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
}
