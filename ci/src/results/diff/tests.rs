use super::*;
use crate::error::USAGE;
use crate::results::cell::Cell;
use crate::results::report::sample::description;
use crate::results::sample;
use rstest::rstest;

fn written(from: &Results, to: &Results, described: bool) -> String {
    let description = described.then(description);
    let text = text::text(&compare(from, to, description.as_ref()));
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
    insta::assert_snapshot!(markdown::text(&compare(&from, &to, Some(&description))));
}

#[test]
fn what_is_the_same_is_one_line() {
    let (from, to) = (sample::older(), sample::older());
    let diff = compare(&from, &to, None);
    let kernel = "Linux 6.1.0-44-cloud-amd64 x86\\_64, vsyscall=xonly";
    let line = format!("No difference in 14 cases between {kernel} and {kernel}\n");
    assert_eq!((markdown::text(&diff), diff.status()), (line, 0));
    assert_eq!(written(&from, &to, false).lines().count(), 2);
}

#[test]
fn a_record_that_was_cut_off_says_so() {
    let from = sample::older();
    let mut to = sample::only(sample::older(), |case| case.name.as_str() < "dispatch::selector");
    to.cut_off = Some(14);
    to.suite = Some("sigsys 0.2.0".into());
    insta::assert_snapshot!(written(&from, &to, false));
    insta::assert_snapshot!("cut_off_markdown", markdown::text(&compare(&from, &to, None)));
    // What was not reached is no difference, and no proof that there is none.
    for (a, b) in [(&from, &to), (&to, &from)] {
        assert_eq!(compare(a, b, None).status(), USAGE);
    }
    let case = to.cases.iter_mut().find(|case| case.name.ends_with("refuses")).expect("there");
    case.cell = Cell::new(Verdict::Holds, "");
    for (a, b) in [(&from, &to), (&to, &from)] {
        assert_eq!(compare(a, b, None).status(), 1);
    }
}

#[test]
fn what_only_the_shorter_one_has_is_a_difference() {
    let from = sample::only(sample::older(), |case| !case.name.ends_with("refuses"));
    let mut to = sample::only(sample::older(), |case| case.name.as_str() < "dispatch::selector");
    to.cut_off = Some(14);
    assert_eq!(compare(&from, &to, None).status(), 1);
    assert_eq!(compare(&to, &from, None).status(), 1);
}

/// A promise is not "tested here alone" because the other record ends before its other cases.
#[test]
fn a_cut_says_nothing_of_what_is_tested() {
    let promises = |from: &Results, to: &Results| -> Vec<String> {
        let diff = compare(from, to, None);
        let ids = diff.offers.iter().flat_map(|offer| offer.promises.iter());
        ids.map(ToString::to_string).collect()
    };
    let lacking = |mut results: Results| {
        let case = &mut results.cases[0];
        case.cell = Cell::lacking("keys");
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

/// Nor is it because the other record ends before them, where its case lacks something on both sides.
#[test]
fn a_cut_on_either_side_says_nothing_of_what_is_tested() {
    let named = |case: &Outcome| case.name == "dispatch::selector::has_keys";
    let (from, mut to) = (sample::older(), sample::only(sample::newer(), named));
    let promises = |a: &Results, b: &Results| {
        let offers = compare(a, b, None).offers;
        offers.into_iter().flat_map(|offer| offer.promises).collect::<Vec<_>>()
    };
    for (a, b) in [(&from, &to), (&to, &from)] {
        assert_eq!(promises(a, b), ["sud/off/zero", "sud/selector/bad"]);
    }
    to.cut_off = Some(14);
    for (a, b) in [(&from, &to), (&to, &from)] {
        assert_eq!(promises(a, b), [""; 0]);
    }
}

#[rstest]
#[case::offered(Some("a"), None, "a")]
#[case::withdrawn(None, Some("b"), "b")]
#[case::otherwise(Some("a"), Some("b"), "a → b")]
fn an_offer_is_about_what_is_lacking(
    #[case] before: Option<&str>,
    #[case] after: Option<&str>,
    #[case] what: &str,
) {
    let with = |need: Option<&str>| {
        let mut results = sample::older();
        results.cases[0].cell = need.map_or(Cell::new(Verdict::Holds, ""), Cell::lacking);
        results
    };
    let offers = compare(&with(before), &with(after), None).offers;
    assert_eq!(offers.iter().map(Offer::what).collect::<Vec<_>>(), [what]);
}

/// The one that most cases of the promise have; of several, the first.
#[rstest]
#[case::last(&["a", "b", "b"], "b")]
#[case::first(&["a", "a", "b"], "a")]
#[case::as_many(&["b", "a"], "a")]
fn a_promise_that_is_not_tested_is_about_one_need(#[case] needs: &[&str], #[case] about: &str) {
    let (mut from, mut to) = (sample::older(), sample::older());
    from.cases.truncate(needs.len());
    to.cases.truncate(needs.len());
    for (at, need) in needs.iter().enumerate() {
        from.cases[at].clauses = vec!["x/y".into()];
        from.cases[at].cell = Cell::new(Verdict::Holds, "");
        to.cases[at].clauses = vec!["x/y".into()];
        to.cases[at].cell = Cell::lacking(need);
    }
    let diff = compare(&from, &to, None);
    let told = diff.offers.iter().filter(|offer| !offer.promises.is_empty());
    let told: Vec<_> =
        told.map(|offer| offer.after.as_ref().expect("a need").need.as_str()).collect();
    assert_eq!(told, [about]);
}

#[test]
fn a_record_of_another_suite_says_so() {
    let notes = compare(&sample::older(), &sample::newer(), Some(&description())).notes;
    let said = "is of another suite than the one at hand, which lacks ";
    for which in ["the first ", "the second "] {
        let line = notes.iter().find(|note| note.starts_with(which));
        assert!(line.is_some_and(|line| line.contains(said)), "{notes:?}");
    }
    let description = description();
    let known = |case: &Outcome| {
        let same = |text: &harness::describe::CaseMeta| {
            text.name == case.name && text.clauses == case.clauses
        };
        description.cases.iter().any(same)
    };
    let from = sample::only(sample::older(), known);
    assert!(!from.cases.is_empty());
    let unsaid = Results { suite: None, ..sample::older() };
    for of_this in [from, unsaid] {
        let notes = compare(&of_this, &sample::newer(), Some(&description)).notes;
        assert!(!notes.iter().any(|note| note.starts_with("the first")), "{notes:?}");
    }
}

/// A system is not held against itself where it does something else each time; against another it is.
#[rstest]
#[case::of_itself(true)]
#[case::of_another(false)]
fn what_is_unsteady_is_no_difference_to_itself(#[case] same: bool) {
    let (mut from, mut to) = (sample::older(), sample::older());
    from.variant = "via gvisor 1".into();
    to.variant = if same { from.variant.clone() } else { "via gvisor 2".into() };
    let names = ["dispatch::off::refuses", "dispatch::selector::sees_much"];
    for case in from.cases.iter_mut().filter(|case| names.contains(&case.name.as_str())) {
        case.cell = Cell::unsteady();
    }
    for (a, b) in [(&from, &to), (&to, &from)] {
        let diff = compare(a, b, None);
        assert_eq!((diff.status(), diff.compared), (u8::from(!same), if same { 12 } else { 14 }));
        let text = text::text(&diff);
        assert_eq!(
            text.contains("not compared, for it is unsteady there: 2 cases"),
            same,
            "{text}"
        );
    }
    let text = written(&from, &to, false);
    assert_eq!(text.contains("before  unsteady"), !same, "{text}");
}

#[test]
fn what_was_cut_off_is_not_called_the_same() {
    let mut from = sample::older();
    from.cut_off = Some(30);
    let to = sample::older();
    let diff = compare(&from, &to, None);
    assert_eq!(diff.status(), USAGE);
    let text = text::text(&diff);
    assert!(text.contains("the first was cut off after 14 of 30 cases"), "{text}");
}

#[rstest]
#[case::verdict(|case: &mut Outcome| case.cell.verdict = Verdict::Crashed, true)]
#[case::text(|case: &mut Outcome| case.cell.text = "other".into(), true)]
#[case::need(|case: &mut Outcome| case.cell = Cell::lacking("keys"), true)]
#[case::reason(|case: &mut Outcome| case.known = "in other words".into(), false)]
#[case::promises(|case: &mut Outcome| case.clauses.clear(), false)]
fn a_change_is_one_of_the_kernel(#[case] change: fn(&mut Outcome), #[case] counts: bool) {
    let (from, mut to) = (sample::older(), sample::older());
    let case = to.cases.iter_mut().find(|case| case.name.ends_with("refuses")).expect("there");
    change(case);
    let diff = compare(&from, &to, None);
    assert_eq!((diff.status(), diff.is_empty()), (u8::from(counts), !counts));
}

#[test]
fn a_need_that_appears_is_one_entry_however_many_cases_have_it() {
    let text = written(&sample::older(), &sample::newer(), false);
    assert!(text.contains("(requests)\n  3 cases: 1 deviates, 2 holds\n"), "{text}");
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
    results.release = crate::results::release::Release::read(release);
    let deviates = |case: &&mut Outcome| case.cell.verdict == Verdict::Deviates;
    let case = results.cases.iter_mut().find(deviates).expect("one");
    case.known = said.into();
    let case = case.clone();
    for entry in &mut description.deviations {
        entry.cases.push(case.name.clone());
    }
    assert_eq!(known(&results, &case, Some(&description)), expected);
    // What holds has none.
    let holds = Outcome { cell: Cell::new(Verdict::Holds, ""), ..case };
    let unsaid = Outcome { known: String::new(), ..holds };
    assert_eq!(known(&results, &unsaid, Some(&description)), "");
}

/// Rows that changed alike are one change, and what both say is not told.
#[test]
fn a_change_says_what_changed_and_nothing_else() {
    let diff = compare(&sample::older(), &sample::newer(), None);
    let of = |claim: &str| {
        let changes = diff.changes.iter().filter(|change| change.claim.ends_with(claim));
        changes.collect::<Vec<_>>()
    };
    assert_eq!(of("wraps_are_refused").len(), 1);
    assert_eq!(of("wraps_are_refused")[0].rows.len(), 3);
    let [change] = of("sees_much")[..] else { panic!("one") };
    assert_eq!(change.before.text, "`errno` = ENOSYS; si_code = 2");
    assert_eq!(change.after.text, "length = 0; si_code = 1");
}

/// What programs read is what the committed schema says.
#[test]
fn the_schema_is_the_one_that_is_committed() {
    let schema = schemars::schema_for!(Report).to_value();
    crate::results::schema_is(&schema, include_str!("../../schemas/diff.json"), "diff.json");
    let reports = [
        compare(&sample::older(), &sample::newer(), Some(&description())),
        compare(&sample::newer(), &sample::older(), None),
        compare(&sample::older(), &sample::older(), None),
    ];
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for report in reports {
        let value = serde_json::to_value(&report).expect("JSON");
        assert!(validator.is_valid(&value), "{value}");
    }
    assert!(!validator.is_valid(&serde_json::json!({ "schema": 1 })));
}

#[test]
fn every_line_fits_in_a_terminal() {
    for described in [true, false] {
        let text = written(&sample::older(), &sample::newer(), described);
        assert!(
            text.lines().all(|line| line.chars().count() <= crate::results::page::WIDTH),
            "{text}"
        );
    }
}
