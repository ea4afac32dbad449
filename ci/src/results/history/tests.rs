use super::*;
use crate::results::run_results::Outcome;
use crate::results::sample;
use rstest::rstest;

fn written(name: &str, all: &[Results], described: bool) -> Option<String> {
    let description = described.then(crate::results::report::sample::description);
    let text = text::text(&report(name, all, description.as_ref())?);
    Some(anstream::adapter::strip_str(&text).to_string())
}

fn kernels() -> Vec<Results> {
    let mut all = vec![sample::newer(), sample::older()];
    let mut between = sample::older();
    between.release = crate::results::release::Release::read("6.10-rc2");
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

/// The ranges and verdicts of the only entry.
fn values(name: &str, all: &[Results]) -> Vec<(String, String)> {
    let report = report(name, all, None).expect("known");
    let [entry] = report.entries.as_slice() else { panic!("{report:?}") };
    let value = |value: &Value| (value.range.clone(), value.verdict.clone());
    entry.values.iter().map(value).collect()
}

fn pairs(values: &[(String, String)]) -> Vec<(&str, &str)> {
    values.iter().map(|(range, verdict)| (range.as_str(), verdict.as_str())).collect()
}

fn of(release: &str, mut results: Results) -> Results {
    results.release = crate::results::release::Release::read(release);
    results
}

#[test]
fn kernels_that_do_the_same_are_one_range() {
    let name = "vsyscall::page::is_there";
    let all: Vec<Results> = ["5.10", "6.1", "6.12"]
        .into_iter()
        .map(|release| of(release, sample::older()))
        .chain(["7.2", "7.3"].map(|release| of(release, sample::newer())))
        .collect();
    assert_eq!(pairs(&values(name, &all)), [("..6.12", "holds"), ("7.2..", "not offered")]);
    assert_eq!(pairs(&values(name, &all[..3])), [("*", "holds")]);
}

#[test]
fn a_case_that_is_not_there_yet_is_no_verdict() {
    let all = [of("6.1", sample::older()), of("7.3", sample::newer())];
    let expected = [("..6.1", "no such case"), ("7.3..", "holds")];
    assert_eq!(pairs(&values("dispatch::off::is_new", &all)), expected);
}

#[test]
fn another_reason_for_lacking_is_another_value() {
    let all = [of("6.1", sample::older()), of("7.3", sample::newer())];
    let text = written("dispatch::selector::has_keys", &all, false).expect("known");
    assert!(text.contains("  ..6.1             not offered: keys: ENOSPC\n"), "{text}");
    assert!(text.ends_with("  7.3..             not offered: keys: ENOSYS\n"), "{text}");
}

/// Where a record ends too early, nothing is known, of that kernel as of those beside it.
#[test]
fn a_cut_is_no_change_of_the_kernel() {
    let name = "dispatch::selector::sees_much";
    let short = |case: &Outcome| case.name.as_str() < "dispatch::selector";
    let mut cut = of("6.10", sample::only(sample::older(), short));
    cut.cut_off = Some(14);
    let all = [of("6.1", sample::older()), cut, of("7.0", sample::older())];
    let expected = [("..6.1, 7.0..", "holds"), ("6.10", "not reached")];
    assert_eq!(pairs(&values(name, &all)), expected);
    let text = written(name, &all, false).expect("known");
    assert!(
        text.contains("note  6.10-xonly: the record was cut off after 8 of 14 cases"),
        "{text}"
    );
}

#[test]
fn what_is_noted_of_kernels_is_noted_of_a_case_on_them() {
    let all = kernels();
    let notes = Kernels::new(&all).notes();
    assert_eq!(notes, ["6.10-rc2-xonly: the record was cut off after 14 of 30 cases"]);
    assert_eq!(report("sud/off/zero", &all, None).expect("known").notes, notes);
}

#[test]
fn a_word_looks_like_its_verdict() {
    for verdict in Verdict::ALL {
        assert_eq!(style_of(verdict.words()), style::of(verdict));
    }
    assert_eq!(style_of("no such case"), style::FAINT);
    assert_ne!(style_of("violated"), style_of("holds"));
}

/// What was seen on every kernel is told where that is all there is to tell.
#[test]
fn what_all_saw_is_no_difference() {
    let name = "dispatch::selector::sees_much";
    let all = [of("6.1", sample::older()), of("7.3", sample::newer())];
    let text = written(name, &all, false).expect("known");
    assert!(text.contains("holds: `errno` = ENOSYS; si_code = 2\n"), "{text}");
    assert!(text.ends_with("holds: length = 0; si_code = 1\n"), "{text}");
    assert!(written(name, &all[..1], false).expect("known").contains("byte | word = b'1'"));
    let full = report(name, &all, None).expect("known");
    assert!(full.entries[0].values[0].text.contains("byte | word = b'1'"));
}

/// The same kernel twice is two columns, and neither hides the other.
#[test]
fn one_kernel_may_be_there_twice() {
    let mut other = sample::older();
    let name = "dispatch::selector::sees_much";
    let case = other.cases.iter_mut().find(|case| case.name == name).expect("there");
    case.cell = Cell::new(Verdict::Violated, "");
    let report = report(name, &[sample::older(), other], None).expect("known");
    assert_eq!(report.columns.len(), 2);
    assert_eq!(report.entries[0].values.len(), 2);
}

#[test]
fn systems_come_after_kernels_by_their_names() {
    let system = Results { variant: format!("{VIA}gvisor 1.0"), ..sample::newer() };
    let all = [system, of("6.1", sample::older())];
    let expected = [("linux", "holds"), ("gvisor", "not offered")];
    assert_eq!(pairs(&values("vsyscall::page::is_there", &all)), expected);
}

#[test]
fn a_history_in_markdown() {
    let description = crate::results::report::sample::description();
    let report = report("sud/off/zero", &kernels(), Some(&description)).expect("known");
    insta::assert_snapshot!(text::markdown(&report));
}

/// What programs read is what the committed schema says.
#[test]
fn the_schema_is_the_one_that_is_committed() {
    let schema = schemars::schema_for!(Report).to_value();
    crate::results::schema_is(&schema, include_str!("../../schemas/history.json"), "history.json");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for name in ["sud/off/zero", "dispatch::off", "dispatch::selector::has_keys"] {
        let report = report(name, &kernels(), None).expect("known");
        let value = serde_json::to_value(&report).expect("JSON");
        assert!(validator.is_valid(&value), "{value}");
    }
    assert!(!validator.is_valid(&serde_json::json!({ "schema": 1 })));
}

#[test]
fn every_line_fits_in_a_terminal() {
    for name in ["sud/off/zero", "dispatch::off", "dispatch::region", "sud2/get"] {
        let text = written(name, &kernels(), true).expect("known");
        assert!(
            text.lines().all(|line| line.chars().count() <= crate::results::page::WIDTH),
            "{text}"
        );
    }
}

#[test]
fn records_of_several_suites_say_so() {
    let of = |suite: &str| Results { suite: Some(suite.into()), ..sample::older() };
    let said = |all: &[Results]| report("sud/off/zero", all, None).expect("known").notes;
    assert_eq!(said(&[of("s 1"), of("s 2")]), ["the records are of different suites: s 1, s 2"]);
    assert_eq!(said(&[of("s 1"), of("s 1")]), [""; 0]);
}

/// A table and a row of it cite few promises, an area too many to name.
#[rstest]
#[case::area("dispatch::off", false)]
#[case::table("dispatch::off::is_old", true)]
#[case::row("dispatch::off::is_old[first]", true)]
fn a_case_names_its_promises_and_an_area_does_not(#[case] name: &str, #[case] names: bool) {
    let promises = report(name, &kernels(), None).expect("known").promises;
    assert_eq!(promises.contains_key("sud/off/zero"), names, "{promises:?}");
}
