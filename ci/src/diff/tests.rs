use super::*;
use crate::report::sample::description;
use crate::results::sample;
use rstest::rstest;

fn written(from: &Results, to: &Results, described: bool) -> String {
    let description = described.then(description);
    let text = text::text(&Diff::new(from, to, description.as_ref()));
    // A terminal shows no blanks at the end of a line; nor does a snapshot.
    let text = anstream::adapter::strip_str(&text).to_string();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_kind_of_change() {
    insta::assert_snapshot!(written(&sample::older(), &sample::newer(), true));
}

#[test]
fn every_kind_of_change_without_promises() {
    insta::assert_snapshot!(written(&sample::older(), &sample::newer(), false));
}

#[test]
fn every_kind_of_change_the_other_way() {
    insta::assert_snapshot!(written(&sample::newer(), &sample::older(), true));
}

#[test]
fn every_kind_of_change_in_markdown() {
    let (from, to, description) = (sample::older(), sample::newer(), description());
    insta::assert_snapshot!(markdown::text(&Diff::new(&from, &to, Some(&description))));
}

#[test]
fn what_is_the_same_is_one_line() {
    let (from, to) = (sample::older(), sample::older());
    let diff = Diff::new(&from, &to, None);
    let kernel = "Linux 6.1.0-44-cloud-amd64 x86\\_64, vsyscall=xonly";
    let line = format!("No difference in 14 cases between {kernel} and {kernel}\n");
    assert_eq!((markdown::text(&diff), diff.status()), (line, 0));
    assert_eq!(written(&from, &to, false).lines().count(), 1);
}

#[test]
fn a_record_that_was_cut_off_says_so() {
    let from = sample::older();
    let mut to = sample::only(sample::older(), |case| case.name.as_str() < "dispatch::selector");
    to.cut_off = Some(14);
    to.suite = Some("sigsys 0.2.0".into());
    insta::assert_snapshot!(written(&from, &to, false));
    insta::assert_snapshot!("cut_off_markdown", markdown::text(&Diff::new(&from, &to, None)));
    // What was not reached is no difference, and no proof that there is none.
    for (a, b) in [(&from, &to), (&to, &from)] {
        assert_eq!(Diff::new(a, b, None).status(), USAGE);
    }
    let case = to.cases.iter_mut().find(|case| case.name.ends_with("refuses")).expect("there");
    case.verdict = Verdict::Holds;
    for (a, b) in [(&from, &to), (&to, &from)] {
        assert_eq!(Diff::new(a, b, None).status(), 1);
    }
}

#[test]
fn what_only_the_shorter_one_has_is_a_difference() {
    let from = sample::only(sample::older(), |case| !case.name.ends_with("refuses"));
    let mut to = sample::only(sample::older(), |case| case.name.as_str() < "dispatch::selector");
    to.cut_off = Some(14);
    assert_eq!(Diff::new(&from, &to, None).status(), 1);
    assert_eq!(Diff::new(&to, &from, None).status(), 1);
}

/// A promise is not "tested here alone" because the other record ends before its other cases.
#[test]
fn a_cut_says_nothing_of_what_is_tested() {
    let promises = |from: &Results, to: &Results| -> Vec<String> {
        let diff = Diff::new(from, to, None);
        let ids = diff.offers.iter().flat_map(|offer| offer.promises.iter());
        ids.map(ToString::to_string).collect()
    };
    let lacking = |mut results: Results| {
        let case = &mut results.cases[0];
        (case.verdict, case.lacks) = (Verdict::NotOffered, "keys".into());
        results
    };
    let (from, to) = (sample::older(), lacking(sample::older()));
    assert_eq!(promises(&from, &to), [""; 0]);
    let first = |case: &Outcome| case.name == sample::older().cases[0].name;
    let mut cut = sample::only(lacking(sample::older()), first);
    assert_eq!(promises(&from, &cut), ["sud/off/zero"]);
    cut.cut_off = Some(14);
    assert_eq!(promises(&from, &cut), ["sud/off/zero"]);
    let mut cut = sample::only(sample::older(), |case| case.name.starts_with("vsyscall"));
    assert_eq!(promises(&sample::newer(), &cut), ["sud/page"]);
    cut.cut_off = Some(14);
    assert_eq!(promises(&sample::newer(), &cut), ["sud/page"]);
}

#[test]
fn a_record_of_another_suite_says_so() {
    let text = written(&sample::older(), &sample::newer(), true);
    let of = |which: &str| text.lines().find(|line| line.starts_with(which)).map(str::to_owned);
    let said = "is of another suite than the one at hand, which lacks ";
    assert!(of("the first is").is_some_and(|line| line.contains(said)), "{text}");
    assert!(of("the second is").is_some_and(|line| line.contains(said)), "{text}");
    let description = description();
    let known = |case: &Outcome| {
        let same = |text: &harness::describe::CaseText| {
            text.name == case.name && text.clauses == case.clauses
        };
        description.cases.iter().any(same)
    };
    let from = sample::only(sample::older(), known);
    assert!(!from.cases.is_empty());
    assert!(!written(&from, &sample::newer(), true).contains("the first is of another suite"));
    let unsaid = Results { suite: None, ..sample::older() };
    assert!(!written(&unsaid, &sample::newer(), true).contains("the first is of another suite"));
}

/// A system is not held against itself where it does something else each time; against another it is.
#[rstest]
#[case::of_itself(true)]
#[case::of_another(false)]
fn what_is_unsteady_is_no_difference_to_itself(#[case] same: bool) {
    let (mut from, mut to) = (sample::older(), sample::older());
    from.variant = "via gvisor 1".into();
    to.variant = if same { from.variant.clone() } else { "via gvisor 2".into() };
    let name = "dispatch::off::refuses".to_owned();
    let case = from.cases.iter_mut().find(|case| case.name == name).expect("there");
    *case = Outcome::unsteady(name, case.clauses.clone());
    for (a, b) in [(&from, &to), (&to, &from)] {
        let diff = Diff::new(a, b, None);
        assert_eq!((diff.status(), diff.unsteady), (u8::from(!same), usize::from(same)));
        let text = text::text(&diff);
        assert_eq!(text.contains("not compared, for it is unsteady there: 1 case"), same, "{text}");
    }
    let text = written(&from, &to, false);
    assert_eq!(text.contains("unsteady → violated"), !same, "{text}");
}

#[test]
fn what_was_cut_off_is_not_called_the_same() {
    let mut from = sample::older();
    from.cut_off = Some(30);
    let to = sample::older();
    let diff = Diff::new(&from, &to, None);
    assert_eq!(diff.status(), USAGE);
    let text = text::text(&diff);
    assert!(text.contains("the first was cut off after 14 of 30 cases"), "{text}");
}

#[rstest]
#[case::verdict(|case: &mut Outcome| case.verdict = Verdict::Crashed, true)]
#[case::observed(|case: &mut Outcome| case.observed = "other".into(), true)]
#[case::fact(|case: &mut Outcome| drop(case.facts.insert("a".into(), "b".into())), true)]
#[case::need(|case: &mut Outcome| case.lacks = "keys".into(), true)]
#[case::pattern(|case: &mut Outcome| case.deviation = "*".into(), false)]
#[case::promises(|case: &mut Outcome| case.clauses.clear(), false)]
fn a_change_is_one_of_the_kernel(#[case] change: fn(&mut Outcome), #[case] counts: bool) {
    let (from, mut to) = (sample::older(), sample::older());
    let case = to.cases.iter_mut().find(|case| case.name.ends_with("refuses")).expect("there");
    change(case);
    let diff = Diff::new(&from, &to, None);
    assert_eq!((diff.status(), diff.is_empty()), (u8::from(counts), !counts));
}

#[test]
fn a_need_that_appears_is_one_entry_however_many_cases_have_it() {
    let text = written(&sample::older(), &sample::newer(), false);
    assert!(text.contains("(requests) · 3 cases: 2 holds, 1 deviates"), "{text}");
    assert!(!text.contains("reads_back") && text.contains("ptrace::config::survives"), "{text}");
}

#[rstest]
#[case::of_a_record("said by the record", "6.1", "said by the record")]
#[case::of_the_list("", "6.1", "the sum is not checked for overflow")]
#[case::of_the_list_later("", "7.3", "for another reason")]
fn one_observation_may_have_two_reasons(
    #[case] said: &str,
    #[case] release: &str,
    #[case] expected: &str,
) {
    let mut description = description();
    let later = DeviationText {
        range: "since 7.0".into(),
        why: "for another reason".into(),
        ..description.deviations[0].clone()
    };
    description.deviations.insert(0, later);
    let mut results = sample::older();
    results.release = crate::release::Release::read(release);
    let case = results.cases.iter_mut().find(|case| !case.deviation.is_empty()).expect("one");
    case.known = said.into();
    let case = results.cases.iter().find(|case| !case.deviation.is_empty()).expect("one");
    let diff = Diff::new(&results, &results, Some(&description));
    assert_eq!(diff.known(&results, case), Some(expected));
}
