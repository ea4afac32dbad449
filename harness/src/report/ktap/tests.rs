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
#[case(Verdict::Broken, "# one\n# two\nnot ok 7 name\n")]
#[case(Verdict::TimedOut, "# one\n# two\nnot ok 7 name\n")]
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
    assert_eq!(result(7, &line, || "one\ntwo".into()), text);
}
