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
    assert_eq!(written(&from, &to, true).lines().count(), 1);
}

#[test]
fn a_record_that_was_cut_off_says_so() {
    let from = sample::older();
    let mut to = sample::only(sample::older(), |case| case.name.as_str() < "dispatch::selector");
    to.cut_off = Some(14);
    to.suite = Some("sigsys 0.2.0".into());
    insta::assert_snapshot!(written(&from, &to, false));
    assert_eq!(Diff::new(&from, &to, None).status(), 1);
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
