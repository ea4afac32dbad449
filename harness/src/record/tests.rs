//! What each verdict means for a run, and which text is a record.

use super::*;
use rstest::rstest;

/// Its word, its words, whether a run with it is good, and the status it asks for.
#[rstest]
#[case(Verdict::Holds, "holds", "holds", true, 0)]
#[case(Verdict::Deviates, "deviates", "deviates", true, 0)]
#[case(Verdict::NotOffered, "not_offered", "not offered", true, 0)]
#[case(Verdict::Broken, "broken", "broken", false, 69)]
#[case(Verdict::Healed, "healed", "healed", false, 101)]
#[case(Verdict::Violated, "violated", "violated", false, 101)]
#[case(Verdict::TimedOut, "timed_out", "timed out", false, 101)]
#[case(Verdict::Crashed, "crashed", "crashed", false, 101)]
#[case(Verdict::Tainted, "tainted", "tainted", false, 101)]
fn a_verdict_asks_for_its_status(
    #[case] verdict: Verdict,
    #[case] word: &str,
    #[case] words: &str,
    #[case] good: bool,
    #[case] asks: u8,
) {
    assert_eq!((verdict.words(), verdict.is_good(), verdict.status()), (words, good, asks));
    // One spelling wherever a machine reads: as a value, as a key of the counts, and by name.
    assert_eq!((verdict.word(), Verdict::of_word(word)), (word, Some(verdict)));
    assert_eq!(serde_json::to_value(verdict).expect("JSON"), word);
    let end = serde_json::to_value(Footer::count([verdict])).expect("JSON");
    assert_eq!(end["counts"][word], 1);
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
    let counts: Vec<_> = footer.counts.into_iter().collect();
    assert_eq!(counts, [(Verdict::Holds, 2), (Verdict::TimedOut, 1)]);
    assert_eq!(Footer::count([]).counts.len(), 0);
}

/// A case whose verdict is another's for this reason, of a failure, a change of the taint and a deviation.
fn overruled(verdict: Verdict, because: Option<Because>) -> CaseLine {
    let known = KnownDeviation {
        pattern: "*".into(),
        range: "before 6.0".into(),
        observed: "another".into(),
        why: String::new(),
    };
    CaseLine {
        failure: Some(Failure::of("a failure\nof two lines")),
        overruled: because.map(|because| Overruled { verdict: Verdict::Violated, because }),
        taint: Some(TaintChange { before: 0, after: 1 << sys::uapi::TAINT_WARN }),
        deviation: Some(known),
        ..sample_line("a", verdict)
    }
}

#[rstest]
#[case::violated(Verdict::Violated, None, "a failure of two lines")]
#[case::healed(
    Verdict::Healed,
    None,
    "keeps the promise; a known deviation (before 6.0) says: another"
)]
#[case::filtered(
    Verdict::Broken,
    Some(Because::ForeignFilter),
    "a failure of two lines (violated)"
)]
#[case::by_somebody(
    Verdict::Broken,
    Some(Because::ForeignTaint),
    "somebody else changed the kernel meanwhile, run again: "
)]
fn what_is_said_of_a_case_is_what_counts(
    #[case] verdict: Verdict,
    #[case] because: Option<Because>,
    #[case] says: &str,
) {
    let line = overruled(verdict, because);
    let taint = line.taint.expect("it changed").to_string();
    let more = if because == Some(Because::ForeignTaint) { &*taint } else { "" };
    assert_eq!(line.said(), format!("{says}{more}"));
    assert_eq!(overruled(Verdict::Tainted, Some(Because::Taint)).said(), taint);
}

/// The kernel's own word is noted where it is not the reason.
#[test]
fn what_is_noted_is_said_nowhere_else() {
    let line = overruled(Verdict::Violated, None);
    let taint = line.taint.expect("it changed").to_string();
    assert_eq!(line.notes(), std::slice::from_ref(&taint));
    let filtered = overruled(Verdict::Broken, Some(Because::ForeignFilter));
    assert_eq!(filtered.notes(), [Doubt::ForeignFilter.to_string(), taint]);
    let without = "without that it would be `violated`: a failure of two lines";
    assert_eq!(overruled(Verdict::Tainted, Some(Because::Taint)).notes(), [without]);
}

#[rstest]
#[case::once(false, "it hung, once and not again")]
#[case::again(true, "before that: it hung")]
fn an_earlier_boot_is_noted(#[case] again: bool, #[case] says: &str) {
    let earlier_boot = Some(EarlierBoot { how: "it hung".into(), again });
    let line = CaseLine { earlier_boot, ..sample_line("a", Verdict::Holds) };
    assert_eq!(line.notes(), [says]);
}

#[test]
fn what_a_case_lacks_is_a_need() {
    let unmet = Unmet {
        need: "thing".into(),
        title: "a thing".into(),
        answer: "no".into(),
        how: How::Told,
        excuse: None,
        doubt: None,
    };
    let line = sample_line("a", Verdict::NotOffered);
    assert_eq!(line.lacks(), "");
    assert_eq!(CaseLine { unmet: Some(unmet), ..line }.lacks(), "thing");
}

const RUN: &str = r#"{"kind":"run","schema":2,"suite":{"name":"s","version":"0"},"time":1,"cases":2,"kernel":{"system":"Linux","release":"6.1","build":"b","machine":"x86_64","user":0}}"#;
const CASE: &str = r#"{"kind":"case","name":"a::b","clauses":["c"],"verdict":"holds"}"#;
const END: &str = r#"{"kind":"end","counts":{"holds":1}}"#;

#[test]
fn a_record_is_read_back_line_by_line() {
    let record = Record::parse(&[RUN, CASE, CASE, END].join("\n")).expect("a record");
    assert_eq!((record.header.suite.to_string().as_str(), record.cases.len()), ("s 0", 2));
    assert_eq!(record.footer.expect("an end").counts[&Verdict::Holds], 1);
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

/// In one line, whatever else is in it: one of the first schema has other fields.
#[rstest]
#[case::older(
    r#"{"kind":"run","schema":1,"suite":"s 0","time":1,"cases":2,"kernel":{"system":"Linux"}}"#,
    "it was written by an older suite (schema 1); this one reads schema 2: record it again"
)]
#[case::newer(
    r#"{"kind":"run","schema":7}"#,
    "it was written by a newer suite (schema 7); this one reads schema 2: read it with the sigsys it was made with"
)]
fn another_schema_is_refused_by_its_number(#[case] run: &str, #[case] says: &str) {
    assert_eq!(Record::parse(run).expect_err("another"), says);
}

#[rstest]
#[case::case(CASE)]
#[case::durations(r#"{"kind":"durations","microseconds":{}}"#)]
#[case::end(END)]
fn nothing_follows_the_end(#[case] line: &str) {
    let error = Record::parse(&[RUN, CASE, END, line].join("\n")).expect_err("no record");
    assert_eq!(error, "it goes on after its end");
}

/// Lines of durations are one, wherever they stand.
#[test]
fn durations_come_in_parts() {
    let part = |name: &str| format!(r#"{{"kind":"durations","microseconds":{{"{name}":7}}}}"#);
    let lines = [RUN, &part("a"), CASE, &part("b"), END].join("\n");
    let record = Record::parse(&lines).expect("a record");
    assert_eq!(record.durations.microseconds.len(), 2);
    assert_eq!((record.cases.len(), record.durations.microseconds["b"]), (1, 7));
}

#[rstest]
#[case::interrupted(r#""interrupted":"SIGINT""#)]
#[case::cut(r#""cut":"the suite was killed""#)]
fn an_end_may_say_that_there_is_more(#[case] field: &str) {
    let end = format!(r#"{{"kind":"end","counts":{{}},{field}}}"#);
    let record = Record::parse(&[RUN, &end].join("\n")).expect("a record");
    assert!(record.whole().is_none() && record.footer.is_some());
    let record = Record::parse(&[RUN, END].join("\n")).expect("a record");
    assert!(record.whole().is_some());
}

#[rstest]
#[case::nobody_said(None, None, false, "s 1")]
#[case::empty(Some(""), None, false, "s 1")]
#[case::clean(Some("0123456789abcdef"), Some("0123456789abcdef"), false, "s 1 (0123456789ab)")]
#[case::changed(Some("0123abc-dirty"), Some("0123abc"), true, "s 1 (0123abc, changed)")]
fn a_suite_says_what_it_was_built_from(
    #[case] built_from: Option<&str>,
    #[case] commit: Option<&str>,
    #[case] dirty: bool,
    #[case] words: &str,
) {
    let suite = SuiteVersion::new("s", "1", built_from);
    assert_eq!((suite.commit.as_deref(), suite.dirty), (commit, dirty));
    assert_eq!(suite.to_string(), words);
}

#[test]
fn facts_are_written_where_there_are_some() {
    let mut line = sample_line("a", Verdict::Holds);
    let keys = |line: &CaseLine| serde_json::to_value(line).expect("JSON");
    assert!(keys(&line).get("facts").is_none());
    line.facts.add("n", Value::Number(1));
    assert_eq!(keys(&line)["facts"]["n"][0]["value"], 1);
}

#[test]
fn fields_are_nothing_but_values_by_name() {
    let error = serde_json::from_str::<Fields>("3").expect_err("a number is no map");
    assert!(error.to_string().contains("expected values by name"), "{error}");
}

#[rstest]
#[case::clean("abc", None)]
#[case::changed("abc-dirty", Some(true))]
fn a_build_that_no_commit_holds_is_marked(#[case] commit: &str, #[case] dirty: Option<bool>) {
    let suite = SuiteVersion::new("s", "0", Some(commit));
    let written = serde_json::to_value(&suite).expect("JSON");
    assert_eq!((written["commit"].as_str(), written["dirty"].as_bool()), (Some("abc"), dirty));
}

#[test]
fn a_mode_nothing_tells_is_unknown() {
    let mut kernel = Kernel::default();
    assert_eq!(kernel.vsyscall_word(), "unknown");
    kernel.vsyscall = Some(VsyscallMode::Xonly);
    assert_eq!(kernel.vsyscall_word(), "xonly");
}

const WARNING: u64 = 1 << sys::uapi::TAINT_WARN;
const MODULE: u64 = 1 << sys::uapi::TAINT_OOT_MODULE;

#[rstest]
#[case::unknown(Some(0), 0, None, 0)]
#[case::as_before(Some(WARNING), 0, Some(WARNING), 0)]
#[case::warned(Some(0), 0, Some(WARNING), 101)]
#[case::somebody_else(Some(0), 0, Some(MODULE), 69)]
#[case::explained(Some(0), WARNING, Some(WARNING), 0)]
#[case::explained_besides(Some(MODULE), WARNING, Some(WARNING | MODULE), 0)]
#[case::explained_again(Some(WARNING), WARNING, Some(WARNING), 0)]
#[case::from_nothing(None, 0, Some(WARNING), 101)]
fn a_taint_that_no_case_explains_asks_for_a_status(
    #[case] before: Option<u64>,
    #[case] explained: u64,
    #[case] after: Option<u64>,
    #[case] status: u8,
) {
    assert_eq!(taint_status(before, explained, after), status);
}
