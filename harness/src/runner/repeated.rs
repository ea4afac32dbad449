//! What follows from the runs of a case that runs more than once (`--repeat`).

use crate::record::{CaseLine, Failure, Repeats, Verdict};
use std::collections::BTreeMap;

/// The line of a case that ran more than once, made a run at a time.
#[derive(Debug)]
pub(crate) struct Repeated {
    /// The first run that came to the worst verdict.
    worst: CaseLine,
    verdicts: BTreeMap<Verdict, usize>,
    /// Whether two good runs observed different things.
    differ: bool,
}

impl Repeated {
    /// After its first run.
    pub(crate) fn new(line: CaseLine) -> Self {
        Self { verdicts: BTreeMap::from([(line.verdict, 1)]), worst: line, differ: false }
    }

    /// Takes another run.
    pub(crate) fn add(&mut self, line: CaseLine) {
        *self.verdicts.entry(line.verdict).or_insert(0) += 1;
        let worst = &self.worst;
        self.differ |= line.verdict.is_good()
            && line.verdict == worst.verdict
            && (&line.facts, &line.failure) != (&worst.facts, &worst.failure);
        if line.verdict.status() > worst.verdict.status() {
            self.worst = line;
        }
    }

    /// The line: that of the worst run. Runs that disagree are never a success: a kernel that keeps a promise
    /// now and then does not keep it, and of what is offered now and then nothing is known.
    pub(crate) fn line(self) -> CaseLine {
        let Self { worst, verdicts, differ } = self;
        let repeats = Repeats(verdicts);
        let line = CaseLine { repeats: repeats.clone(), ..worst };
        if !line.verdict.is_good() || repeats.all(line.verdict) && !differ {
            return line;
        }
        let offered = repeats.count(Verdict::NotOffered) == 0;
        let (verdict, why) = match repeats.all(line.verdict) {
            true => (Verdict::Broken, format!("{repeats}, and do not observe the same")),
            false if offered => (Verdict::Violated, format!("its runs disagree: {repeats}")),
            false => (Verdict::Broken, format!("its runs disagree: {repeats}")),
        };
        CaseLine { verdict, failure: Some(Failure::of(&why)), unmet: None, ..line }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{How, Unmet, Value, sample_line};
    use Verdict::{Broken, Deviates, Holds, NotOffered, TimedOut, Violated};
    use rstest::rstest;

    fn repeated(lines: impl IntoIterator<Item = CaseLine>) -> CaseLine {
        let mut lines = lines.into_iter();
        let mut repeated = Repeated::new(lines.next().expect("one"));
        lines.for_each(|line| repeated.add(line));
        repeated.line()
    }

    #[rstest]
    #[case::agree(&[Holds, Holds], Holds, "2 of 2 hold", false)]
    #[case::agree_in_what_is_bad(&[Violated; 3], Violated, "3 of 3 violated", false)]
    #[case::a_break(&[Holds, Violated, Holds, Holds], Violated, "3 of 4 hold, 1 violated", true)]
    #[case::no_answer_now_and_then(&[Holds, Broken], Broken, "1 of 2 holds, 1 broken", true)]
    #[case::worst(&[Broken, TimedOut, Holds], TimedOut, "1 of 3 holds, 1 broken, 1 timed out", true)]
    #[case::two_good_ones(&[Holds, Deviates, Deviates], Violated, "2 of 3 deviate, 1 holds", true)]
    #[case::offered_or_not(&[NotOffered, Holds], Broken, "1 of 2 holds, 1 not offered", true)]
    fn the_worst_run_decides(
        #[case] verdicts: &[Verdict],
        #[case] verdict: Verdict,
        #[case] says: &str,
        #[case] unsteady: bool,
    ) {
        let line = repeated(verdicts.iter().map(|verdict| sample_line("a", *verdict)));
        assert_eq!((line.verdict, line.repeats.to_string().as_str()), (verdict, says));
        assert_eq!(line.is_unsteady(), unsteady);
        assert_eq!(line.notes().iter().any(|note| note.starts_with("unsteady: ")), unsteady);
    }

    #[test]
    fn runs_that_hold_and_observe_different_things_are_no_success() {
        let line = |value: &str| CaseLine {
            facts: [("call", Value::Word(value.into()))].into_iter().collect(),
            ..sample_line("a", Holds)
        };
        let same = repeated([line("1"), line("1")]);
        assert_eq!((same.verdict, same.is_unsteady()), (Holds, false));
        let other = repeated([line("1"), line("2"), line("1")]);
        assert_eq!((other.verdict, other.is_unsteady()), (Broken, true));
        assert_eq!(other.said(), "3 of 3 hold, and do not observe the same");
    }

    #[test]
    fn the_first_of_the_worst_runs_is_told() {
        let line = |said: &str| CaseLine {
            failure: Some(Failure::of(said)),
            ..sample_line("a", Violated)
        };
        assert_eq!(repeated([sample_line("a", Holds), line("one"), line("two")]).said(), "one");
    }

    /// A need that is met now and then is not why nothing is known.
    #[test]
    fn runs_that_disagree_lack_nothing() {
        let unmet = Unmet {
            need: "n".into(),
            title: "a thing".into(),
            answer: "EIO".into(),
            how: How::Refused,
            excuse: None,
            doubt: None,
        };
        let lacks = CaseLine { unmet: Some(unmet), ..sample_line("a", NotOffered) };
        let line = repeated([lacks, sample_line("a", Holds)]);
        assert_eq!(line.said(), "its runs disagree: 1 of 2 holds, 1 not offered");
    }
}
