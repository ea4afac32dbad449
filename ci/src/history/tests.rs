use super::*;
use crate::results::sample;
use rstest::rstest;

fn written(name: &str, all: &[Results], described: bool) -> Option<String> {
    let description = described.then(crate::report::sample::description);
    let text = text(name, all, description.as_ref())?;
    Some(anstream::adapter::strip_str(&text).to_string())
}

fn kernels() -> Vec<Results> {
    let mut all = vec![sample::newer(), sample::older()];
    let mut between = sample::older();
    between.release = crate::release::Release::read("6.10-rc2");
    between.cut_off = Some(30);
    all.push(between);
    let mut without_page = sample::older();
    without_page.variant = "none".into();
    all.push(without_page);
    all
}

#[test]
fn a_promise_shows_counts() {
    insta::assert_snapshot!(written("sud/off/zero", &kernels(), true).expect("known"));
}

#[test]
fn a_case_shows_its_verdict() {
    let name = "dispatch::selector::sees_much";
    insta::assert_snapshot!(written(name, &kernels(), true).expect("known"));
}

#[rstest]
#[case::area("dispatch::region", true)]
#[case::table("dispatch::region::wraps_are_refused", true)]
#[case::row("dispatch::region::wraps_are_refused[from_01]", true)]
#[case::of_one_kernel("dispatch::off::is_new", true)]
#[case::half_a_word("dispatch::region::wraps", false)]
#[case::half_an_id("sud/off", false)]
#[case::nothing("", false)]
fn a_name_is_taken_whole(#[case] name: &str, #[case] known: bool) {
    assert_eq!(written(name, &kernels(), false).is_some(), known);
}

#[test]
fn each_vsyscall_mode_is_held_against_itself() {
    let text = written("vsyscall::page::is_there", &kernels(), false).expect("known");
    let marked: Vec<&str> = text.lines().filter(|line| line.starts_with('*')).collect();
    assert_eq!(marked.len(), 1, "{text}");
    assert!(marked[0].contains("7.3-rc7") && marked[0].contains("not offered"), "{text}");
}

#[test]
fn a_case_that_is_not_there_yet_is_no_verdict() {
    let text = written("dispatch::off::is_new", &kernels(), false).expect("known");
    assert!(text.lines().nth(2).is_some_and(|line| line.ends_with("no such case")), "{text}");
}

#[test]
fn another_reason_for_lacking_is_a_change() {
    let text = written("dispatch::selector::has_keys", &kernels(), false).expect("known");
    let last = text.lines().last().expect("some");
    assert!(last.starts_with("* 7.3-rc7") && last.ends_with("lacks keys: ENOSYS"), "{text}");
}

/// The marks at the beginning of the lines about kernels, in their order.
fn marks(name: &str, all: &[Results]) -> Vec<bool> {
    let text = written(name, all, false).expect("known");
    text.lines().filter(|line| line.contains(" xonly ")).map(|line| line.starts_with('*')).collect()
}

/// `results` as of another release, cut off before the cases that `keep` refuses.
fn cut(results: Results, release: &str, keep: impl Fn(&Outcome) -> bool) -> Results {
    let mut results = sample::only(results, keep);
    results.release = crate::release::Release::read(release);
    results.cut_off = Some(14);
    results
}

#[test]
fn a_cut_is_no_change_of_the_kernel() {
    let short = |case: &Outcome| case.name.as_str() < "dispatch::selector";
    let mut last = sample::older();
    last.release = crate::release::Release::read("7.0");
    let all = [sample::older(), cut(sample::older(), "6.10", short), last.clone()];
    let name = "dispatch::selector::sees_much";
    assert_eq!(marks("sud/off/zero", &all), [false; 3]);
    assert_eq!(marks(name, &all), [false; 3]);
    let text = written(name, &all, false).expect("known");
    assert!(text.contains("xonly  not reached  (the record was cut off after "), "{text}");
    // A change on the way is still one.
    let case = last.cases.iter_mut().find(|case| case.name == name).expect("there");
    case.verdict = Verdict::Violated;
    let all = [sample::older(), cut(sample::older(), "6.10", short), last.clone()];
    assert_eq!(marks(name, &all), [false, false, true]);
    // What a cut record holds counts, and is what the next is held against.
    let all = [sample::older(), cut(last.clone(), "6.10", |_| true), last.clone()];
    assert_eq!(marks(name, &all), [false, true, false]);
    // Nothing is known before the first.
    let all = [cut(sample::older(), "6.0", short), sample::older(), last];
    assert_eq!(marks(name, &all), [false, false, true]);
}

#[test]
fn a_case_that_is_new_or_gone_is_a_change() {
    let name = "dispatch::selector::sees_much";
    let without = |release: &str| {
        let mut results = sample::only(sample::older(), |case| case.name != name);
        results.release = crate::release::Release::read(release);
        results
    };
    assert_eq!(
        marks(name, &[without("6.0"), sample::older(), without("7.0")]),
        [false, true, true]
    );
}

#[test]
fn what_is_unsteady_is_never_a_change() {
    let name = "dispatch::selector::sees_much";
    let mut between = sample::older();
    between.release = crate::release::Release::read("6.10");
    let case = between.cases.iter_mut().find(|case| case.name == name).expect("there");
    *case = Outcome::unsteady(name.into(), vec![]);
    let all = [sample::older(), between, sample::newer()];
    assert_eq!(marks(name, &all), [false; 3]);
    assert!(written(name, &all, false).is_some_and(|text| text.contains("xonly  unsteady")));
}

#[test]
fn records_of_several_suites_say_so() {
    let of = |suite: &str| Results { suite: Some(suite.into()), ..sample::older() };
    let said = |all: &[Results]| written("sud/off/zero", all, false).expect("known");
    assert!(said(&[of("s 1"), of("s 2")]).ends_with("of different suites: s 1, s 2\n"));
    assert!(!said(&[of("s 1"), of("s 1")]).contains("different suites"));
}

/// A table and a row of it cite few promises, an area too many to name.
#[rstest]
#[case::area("dispatch::off", false)]
#[case::table("dispatch::off::is_old", true)]
#[case::row("dispatch::off::is_old[first]", true)]
fn a_case_names_its_promises_and_an_area_does_not(#[case] name: &str, #[case] names: bool) {
    let text = written(name, &kernels(), false).expect("known");
    assert_eq!(text.lines().nth(1) == Some("  sud/off/zero"), names, "{text}");
}
