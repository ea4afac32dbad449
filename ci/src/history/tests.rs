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
#[case::row("dispatch::region::wraps_are_refused::case_01", true)]
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
