//! What KTAP makes of each verdict.

use super::*;
use crate::record::{Failure, KnownDeviation, sample_line};
use rstest::rstest;

#[rstest]
#[case(Verdict::Holds, "ok 7 name\n")]
#[case(Verdict::Deviates, "ok 7 name # XFAIL known for long\n")]
#[case(Verdict::NotOffered, "ok 7 name # SKIP not here\n")]
#[case(Verdict::Violated, "# one\n# two\nnot ok 7 name\n")]
#[case(Verdict::Healed, "# one\n# two\nnot ok 7 name\n")]
#[case(Verdict::Broken, "# one\n# two\nnot ok 7 name # ERROR nothing is known: not here\n")]
#[case(Verdict::TimedOut, "# one\n# two\nnot ok 7 name # TIMEOUT not here\n")]
#[case(Verdict::Crashed, "# one\n# two\nnot ok 7 name\n")]
#[case(Verdict::Tainted, "# one\n# two\nnot ok 7 name\n")]
fn ktap_says(#[case] verdict: Verdict, #[case] text: &str) {
    let mut line = sample_line("name", verdict);
    line.failure = Some(Failure::of("not\n  here"));
    line.deviation = Some(KnownDeviation {
        pattern: "name".into(),
        range: "before 6.2".into(),
        observed: "not here".into(),
        why: "known for\nlong".into(),
    });
    assert_eq!(case(7, &line, || "one\ntwo".into()), text);
    assert_eq!(verdict.is_good(), text.starts_with("ok "));
}

fn totals(verdicts: &[Verdict]) -> Totals {
    let mut totals = Totals::default();
    verdicts.iter().for_each(|verdict| totals.add(TestResult::of(*verdict)));
    totals
}

#[rstest]
#[case::good(&[Verdict::Holds, Verdict::Deviates, Verdict::NotOffered], "ok 2 a::b\n")]
#[case::deviates(&[Verdict::Deviates], "ok 2 a::b\n")]
#[case::offered_in_part(&[Verdict::Holds, Verdict::NotOffered], "ok 2 a::b\n")]
#[case::nothing(&[Verdict::NotOffered], "ok 2 a::b # SKIP nothing in it is offered\n")]
#[case::bad(&[Verdict::Broken, Verdict::Violated, Verdict::Holds], "not ok 2 a::b\n")]
#[case::unknown(
    &[Verdict::Broken, Verdict::NotOffered, Verdict::Holds],
    "not ok 2 a::b # ERROR nothing is known of 1 in it\n"
)]
fn a_subtest_is_as_good_as_the_worst_in_it(#[case] verdicts: &[Verdict], #[case] line: &str) {
    assert_eq!(end(2, "a::b", totals(verdicts)), line);
}

#[test]
fn totals_count_every_verdict_once() {
    let line = totals(&Verdict::ALL).line();
    assert_eq!(line, "# Totals: pass:1 fail:5 xfail:1 xpass:0 skip:1 error:1\n");
    let mut twice = totals(&Verdict::ALL);
    twice.add_all(totals(&[Verdict::Holds]));
    assert!(twice.line().starts_with("# Totals: pass:2 fail:5 "));
}

#[test]
fn no_name_or_report_passes_for_a_line_of_its_own() {
    let line = sample_line("a\nok 2 b # SKIP x", Verdict::Violated);
    let text = case(1, &line, || "1..7\nok 1 x\nSubtest: x\nKTAP version 1".into());
    let wanted =
        "# 1..7\n# ok 1 x\n#  Subtest: x\n# KTAP version 1\nnot ok 1 a ok 2 b %23 SKIP x\n";
    assert_eq!(text, wanted);
    let broken = CaseLine { failure: Some(Failure::of("a # SKIP b")), ..line };
    let broken = CaseLine { verdict: Verdict::NotOffered, name: "a".into(), ..broken };
    assert_eq!(case(1, &broken, String::new), "ok 1 a # SKIP a %23 SKIP b\n");
    assert_eq!(begin("a#b", 3), "  KTAP version 1\n  # Subtest: a%23b\n  1..3\n");
}
