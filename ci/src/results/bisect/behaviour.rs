//! What a kernel did in a case, as far as two kernels are compared by it.

use harness::record::{CaseLine, Facts, Failure, How, Verdict, facts_line};

/// Cases whose facts describe the input of the model, not what the kernel did.
const TOLD: &str = "fuzz::";

/// What a kernel did. The list of known deviations and the table of features play no part: they say what was
/// expected of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Behaviour {
    /// Holds, violated (known or not), not offered (excused or not), crashed or tainted.
    pub verdict: Verdict,
    /// What was observed instead of what was promised, without the place in the source.
    pub failure: Option<Failure>,
    /// The need that is lacking, and what the kernel answered.
    pub lacks: Option<(String, String)>,
    /// What was seen.
    pub facts: Facts,
}

impl Behaviour {
    /// What a case of a record came to.
    ///
    /// # Errors
    /// Why it says nothing about the kernel.
    pub(crate) fn of(case: &CaseLine) -> Result<Self, String> {
        let facts = if case.name.starts_with(TOLD) { Facts::default() } else { case.facts.clone() };
        let mut failure = case.failure.clone();
        if let Some(failure) = &mut failure {
            failure.place.clear();
        }
        let lacks = case.unmet.as_ref().filter(|unmet| unmet.how != How::Unanswered);
        let lacks = lacks.map(|unmet| (unmet.need.clone(), unmet.reason()));
        let (verdict, failure) = match (case.verdict, &lacks) {
            (Verdict::NotOffered | Verdict::Violated, Some(_)) => (Verdict::NotOffered, None),
            (Verdict::Holds | Verdict::Healed, _) => (Verdict::Holds, None),
            (Verdict::Violated | Verdict::Deviates, _) => (Verdict::Violated, failure),
            (Verdict::Tainted, _) => (Verdict::Tainted, Some(Failure::of(case.said()))),
            (Verdict::Crashed, _) => (Verdict::Crashed, failure),
            (verdict, _) => {
                return Err(match case.said().as_str() {
                    "" => verdict.words().to_owned(),
                    said => format!("{}: {said}", verdict.words()),
                });
            }
        };
        Ok(Self { verdict, failure, lacks, facts })
    }

    /// What there is to say besides the verdict, in one line.
    pub(crate) fn text(&self) -> String {
        let lacks = self.lacks.as_ref().map(|(_, reason)| reason.clone());
        let failure = self.failure.as_ref().map(Failure::to_string);
        let facts = Some(facts_line(&self.facts));
        let parts = [lacks, failure, facts].into_iter().flatten();
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
    }

    /// All of it in one line.
    pub(crate) fn line(&self) -> String {
        match self.text().as_str() {
            "" => self.verdict.words().to_owned(),
            text => format!("{}: {text}", self.verdict.words()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness::record::{Unmet, Value};
    use rstest::rstest;

    fn case(verdict: Verdict) -> CaseLine {
        let facts = [("f", Value::Word("v".into()))].into_iter().collect();
        let failure = Failure { place: "f.rs:1".into(), ..Failure::of("no") };
        let failure = Some(failure).filter(|_| verdict != Verdict::Holds);
        CaseLine { failure, facts, ..CaseLine::new("a::b::one", Vec::new(), verdict) }
    }

    fn unmet(verdict: Verdict, how: How) -> CaseLine {
        let (need, title) = ("n".to_owned(), "t".to_owned());
        let (answer, excuse, doubt) = ("EINVAL".to_owned(), None, None);
        let unmet = Unmet { need, title, answer, how, excuse, doubt };
        CaseLine { unmet: Some(unmet), ..CaseLine::new("a::b::one", Vec::new(), verdict) }
    }

    /// What a list expects of a release is no behaviour.
    #[rstest]
    #[case::kept(case(Verdict::Holds), case(Verdict::Healed), "holds: f = v")]
    #[case::known(case(Verdict::Violated), case(Verdict::Deviates), "violated: no; f = v")]
    #[case::owed(
        unmet(Verdict::NotOffered, How::Refused),
        unmet(Verdict::Violated, How::Refused),
        "not offered: t: EINVAL"
    )]
    fn expected_or_not_is_the_same(
        #[case] one: CaseLine,
        #[case] other: CaseLine,
        #[case] line: &str,
    ) {
        let behaviour = Behaviour::of(&one).expect("an answer");
        assert_eq!(behaviour.line(), line);
        assert_eq!(Behaviour::of(&other), Ok(behaviour));
    }

    #[rstest]
    #[case::broken(case(Verdict::Broken), "broken: no")]
    #[case::timed_out(case(Verdict::TimedOut), "timed out: no")]
    #[case::unasked(unmet(Verdict::Broken, How::Unanswered), "broken: n: EINVAL")]
    fn no_answer_is_no_behaviour(#[case] case: CaseLine, #[case] says: &str) {
        assert_eq!(Behaviour::of(&case), Err(says.to_owned()));
    }

    #[test]
    fn facts_and_reasons_are_part_of_it() {
        let one = Behaviour::of(&case(Verdict::Holds)).expect("an answer");
        let other = CaseLine { facts: Facts::default(), ..case(Verdict::Holds) };
        assert_ne!(Behaviour::of(&other), Ok(one));
        let lacking = unmet(Verdict::NotOffered, How::Refused);
        let mut other = lacking.clone();
        other.unmet.as_mut().expect("it is set").answer = "EPERM".into();
        assert_ne!(Behaviour::of(&lacking), Behaviour::of(&other));
        let told = CaseLine { name: "fuzz::x::y".into(), ..case(Verdict::Holds) };
        assert_eq!(Behaviour::of(&told).map(|it| it.line()), Ok("holds".into()));
    }
}
