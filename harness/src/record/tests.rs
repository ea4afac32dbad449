//! What each verdict means for a run, and which text is a record.

use super::*;
use rstest::rstest;

/// Words, whether a run with it is good, and the status it asks for.
#[rstest]
#[case(Verdict::Holds, "holds", true, 0)]
#[case(Verdict::Deviates, "deviates", true, 0)]
#[case(Verdict::NotOffered, "not offered", true, 0)]
#[case(Verdict::Broken, "broken", false, 69)]
#[case(Verdict::Healed, "healed", false, 101)]
#[case(Verdict::Violated, "violated", false, 101)]
#[case(Verdict::TimedOut, "timed out", false, 101)]
#[case(Verdict::Crashed, "crashed", false, 101)]
#[case(Verdict::Tainted, "tainted", false, 101)]
fn a_verdict_asks_for_its_status(
    #[case] verdict: Verdict,
    #[case] words: &str,
    #[case] good: bool,
    #[case] asks: u8,
) {
    assert_eq!((verdict.words(), verdict.is_good(), verdict.status()), (words, good, asks));
    assert!(Verdict::ALL.contains(&verdict));
    assert_eq!(Verdict::FAULTS.contains(&verdict), asks == 101);
}

#[test]
fn the_kernel_outweighs_the_set_up_which_outweighs_success() {
    use Verdict::{Broken, Deviates, Holds, Violated};
    assert_eq!(status([]), 0);
    assert_eq!(status([Holds, Deviates]), 0);
    assert_eq!(status([Holds, Broken, Deviates]), 69);
    assert_eq!(status([Violated, Broken, Holds]), 101);
}

#[test]
fn a_footer_counts_by_verdict() {
    let footer = Footer::count([Verdict::Holds, Verdict::TimedOut, Verdict::Holds]);
    let counts: Vec<_> = footer.counts.iter().map(|(words, n)| (words.as_str(), *n)).collect();
    assert_eq!(counts, [("holds", 2), ("timed out", 1)]);
    assert_eq!(Footer::count([]).counts.len(), 0);
}

const RUN: &str = r#"{"kind":"run","schema":1,"suite":"s 0","time":1,"cases":2,"kernel":{"system":"Linux","release":"6.1","build":"b","machine":"x86_64","user":0}}"#;
const CASE: &str = r#"{"kind":"case","name":"a::b","clauses":["c"],"verdict":"holds"}"#;
const END: &str = r#"{"kind":"end","counts":{"holds":1}}"#;

#[test]
fn a_record_is_read_back_line_by_line() {
    let record = Record::parse(&[RUN, CASE, CASE, END].join("\n")).expect("a record");
    assert_eq!((record.header.suite.as_str(), record.cases.len()), ("s 0", 2));
    assert_eq!(record.footer.expect("an end").counts["holds"], 1);
    let written = serde_json::to_string(&Line::Case(record.cases[0].clone())).expect("JSON");
    assert_eq!(written, CASE, "what is empty is left out");
}

#[test]
fn a_record_without_its_end_was_cut_off() {
    let record = Record::parse(&[RUN, CASE].join("\n")).expect("a record");
    assert_eq!((record.cases.len(), record.footer), (1, None));
}

#[rstest]
#[case::nothing(&[], "it is empty")]
#[case::no_run(&[CASE, END], "line 1: a record begins with its run")]
#[case::two_runs(&[RUN, CASE, RUN], "it holds two runs")]
#[case::no_json(&[RUN, CASE, "half a li"], "line 3: ")]
#[case::no_json_at_all(&["half a li"], "line 1: ")]
fn says_which_line_is_wrong(#[case] lines: &[&str], #[case] says: &str) {
    let error = Record::parse(&lines.join("\n")).expect_err("no record");
    assert!(error.starts_with(says), "{error}");
}

#[test]
fn another_schema_is_refused_by_its_number() {
    let error = Record::parse(&RUN.replace("\"schema\":1", "\"schema\":7")).expect_err("another");
    assert_eq!(error, "schema 7 is not 1");
}
