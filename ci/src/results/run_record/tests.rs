use super::*;
use rstest::rstest;
use sys::uapi::{SIGINT, SIGSEGV};

const RUN: &str = r#"{"kind":"run","schema":2,"suite":{"name":"s","version":"1"},"time":0,"cases":2,"kernel":{"system":"Linux","release":"6.1","build":"b","machine":"x86_64","user":0}}"#;
const HOLDS: &str = r#"{"kind":"case","name":"a::b","clauses":[],"verdict":"holds"}"#;
const BREAKS: &str = r#"{"kind":"case","name":"a::c","clauses":[],"verdict":"violated"}"#;
const HOLDS_TOO: &str = r#"{"kind":"case","name":"a::c","clauses":[],"verdict":"holds"}"#;
const BROKEN: &str = r#"{"kind":"case","name":"a::c","clauses":[],"verdict":"broken"}"#;
const STRANGER: &str = r#"{"kind":"case","name":"x","clauses":[],"verdict":"holds"}"#;
const END: &str = r#"{"kind":"end","counts":{"holds":2}}"#;
const BAD_END: &str = r#"{"kind":"end","counts":{"holds":1,"violated":1}}"#;
const BROKEN_END: &str = r#"{"kind":"end","counts":{"broken":1,"holds":1}}"#;

const TIMES: &str = r#"{"kind":"durations","microseconds":{"a::b":7}}"#;

fn exit(code: i32) -> i32 {
    code << 8
}

/// A suite that holds `a::b` and `a::c`.
fn described() -> Vec<CaseMeta> {
    let case = |name: &str| CaseMeta {
        name: name.into(),
        area: "a".into(),
        file: "f".into(),
        line: 1,
        clauses: vec![],
        needs: vec![],
        ends: String::new(),
        serial: false,
        catches: String::new(),
        external_wait: false,
        timeout_factor: 1,
    };
    ["a::b", "a::c"].map(case).into()
}

fn run_record(lines: &[&str]) -> RunRecord {
    let mut run_record = RunRecord::default();
    for line in lines {
        run_record.take(line);
    }
    run_record
}

/// What `lines` amount to after an end with the wait status `status`.
fn end(run_record: &RunRecord, status: i32, interrupt: Option<i32>) -> Ending {
    let described = described();
    let expected: Vec<&CaseMeta> = described.iter().collect();
    run_record.end(Some(ExitStatus::from_raw(status)), &expected, interrupt)
}

#[rstest]
#[case::whole(&[RUN, HOLDS, HOLDS_TOO, END], exit(0), 0, "")]
#[case::other_order(&[RUN, HOLDS_TOO, HOLDS, END], exit(0), 0, "")]
#[case::bad(&[RUN, HOLDS, BREAKS, BAD_END], exit(101), 101, "")]
#[case::broken(&[RUN, HOLDS, BROKEN, BROKEN_END], exit(69), 69, "")]
#[case::accuses(&[RUN, HOLDS, HOLDS_TOO, END], exit(101), 69, "left with status 101, and its record asks for 0")]
#[case::says_nothing(&[RUN, HOLDS, HOLDS_TOO, END], exit(69), 69, "left with status 69, and its record asks for 0")]
#[case::hides(&[RUN, HOLDS, BREAKS, BAD_END], exit(0), 101, "left with status 0, and its record asks for 101")]
#[case::hides_a_little(&[RUN, HOLDS, BROKEN, BROKEN_END], exit(0), 69, "left with status 0, and its record asks for 69")]
#[case::no_end(&[RUN, HOLDS], exit(0), 69, "left with status 0 after 1 of 2 cases, without the end of its record")]
#[case::no_beginning(&[HOLDS, HOLDS_TOO, END], exit(0), 69, "after 2 of 2 cases, without the beginning of its record")]
#[case::no_beginning_and_bad(&[HOLDS, BREAKS, BAD_END], exit(101), 101, "without the beginning of its record")]
#[case::nothing(&[], exit(0), 69, "after 0 of 2 cases")]
#[case::silent_refusal(&[], exit(2), 69, "left with status 2")]
#[case::killed(&[RUN, HOLDS], SIGSEGV, 69, "killed by SIGSEGV after 1 of 2")]
#[case::killed_late(&[RUN, BREAKS], SIGSEGV, 101, "killed by SIGSEGV after 1 of 2")]
#[case::killed_at_the_end(&[RUN, HOLDS, HOLDS_TOO, END], SIGSEGV, 69, "killed by SIGSEGV after 2 of 2 cases")]
#[case::garbage(&[RUN, "what", HOLDS, HOLDS_TOO, END], exit(0), 69, "no record: \"what\"")]
#[case::half_a_line(&[RUN, HOLDS, &BREAKS[..40]], exit(0), 69, "no record: ")]
#[case::miscount(&[RUN, HOLDS, HOLDS_TOO, BAD_END], exit(0), 69, "its record counts other cases at its end than it holds")]
#[case::missing(&[RUN, HOLDS, r#"{"kind":"end","counts":{"holds":1}}"#], exit(0), 69, "lacks 1 of 2: a::c")]
#[case::foreign(&[RUN, HOLDS, HOLDS_TOO, STRANGER, r#"{"kind":"end","counts":{"holds":3}}"#], exit(0), 69, "holds 1 case (x) that nobody asked for")]
#[case::repeated(&[RUN, HOLDS, HOLDS, HOLDS_TOO, r#"{"kind":"end","counts":{"holds":3}}"#], exit(0), 69, "holds 1 case (a::b) more than once")]
#[case::two_verdicts(&[RUN, HOLDS, HOLDS_TOO, BREAKS, r#"{"kind":"end","counts":{"holds":2,"violated":1}}"#], exit(101), 101, "holds 1 case (a::c) with two verdicts")]
#[case::two_ends(&[RUN, HOLDS, HOLDS_TOO, END, END], exit(0), 69, "no record: ")]
#[case::two_runs(&[RUN, HOLDS, RUN, HOLDS_TOO, END], exit(0), 69, "no record: ")]
#[case::late_beginning(&[HOLDS, RUN, HOLDS_TOO, END], exit(0), 69, "no record: ")]
#[case::after_the_end(&[RUN, HOLDS, END, BREAKS], exit(0), 101, "no record: ")]
#[case::unknown_status(&[RUN, HOLDS, HOLDS_TOO, END], exit(7), 69, "left with status 7")]
#[case::interrupted(&[RUN, BREAKS], exit(130), 130, "interrupted by SIGINT after 1 of 2")]
#[case::terminated(&[RUN, HOLDS], exit(143), 143, "interrupted by SIGTERM")]
#[case::interrupted_strangely(&[RUN, HOLDS, HOLDS], exit(130), 130, "after 1 of 2 cases; its record holds 1 case (a::b) more than once")]
#[case::cut_strangely(&[RUN, STRANGER], exit(0), 69, "without the end of its record; its record holds 1 case (x) that nobody")]
fn says_whether_a_run_is_whole(
    #[case] lines: &[&str],
    #[case] status: i32,
    #[case] expected: u8,
    #[case] says: &str,
) {
    let ending = end(&run_record(lines), status, None);
    assert_eq!(ending.status, expected, "{ending:?}");
    match ending.cut_off {
        Some(why) => {
            assert!(!says.is_empty() && why.contains(says) && !why.contains('\n'), "{why}");
        }
        None => assert_eq!(says, ""),
    }
}

#[test]
fn what_the_kernel_found_at_the_end_makes_it_bad() {
    let tainted = END.replace("}}", "},\"taint\":512}");
    let run_record = run_record(&[RUN, HOLDS, HOLDS_TOO, &tainted]);
    assert_eq!(end(&run_record, exit(101), None), Ending { status: 101, cut_off: None });
    assert!(end(&run_record, exit(0), None).cut_off.is_some());
}

#[test]
fn a_refusal_the_suite_explained_needs_no_more_words() {
    for (code, explained) in [(2, true), (69, true), (101, false), (0, false)] {
        let mut run_record = RunRecord::default();
        let line = "sigsys: no case matches";
        assert_eq!(run_record.take_complaint(line), Some(line));
        let ending = end(&run_record, exit(code), None);
        assert_eq!(ending.cut_off.is_none(), explained, "{ending:?}");
        assert_eq!(ending.status, if code == 2 { 2 } else { 69 });
    }
}

#[test]
fn a_record_that_was_not_written_is_whole_here() {
    let mut run_record = run_record(&[RUN, HOLDS, HOLDS_TOO, END]);
    run_record.take_complaint("sigsys: --record r: cannot write: No space left on device");
    assert_eq!(end(&run_record, exit(69), None), Ending { status: 69, cut_off: None });
}

#[test]
fn an_interrupt_is_said_once() {
    let mut run_record = run_record(&[RUN, HOLDS]);
    assert_eq!(run_record.take_complaint("sigsys: interrupted by SIGINT after 1 of 2 cases"), None);
}

#[rstest]
#[case::in_the_middle(&[RUN, HOLDS], 130)]
#[case::at_the_end(&[RUN, HOLDS, HOLDS_TOO, END], 0)]
fn an_interrupt_counts_while_there_is_something_to_do(
    #[case] lines: &[&str],
    #[case] expected: u8,
) {
    assert_eq!(end(&run_record(lines), 0, Some(2)).status, expected);
}

#[rstest]
#[case::known(0, Ok(0))]
#[case::usage(2, Ok(2))]
#[case::no_answer(69, Ok(69))]
#[case::bad(101, Ok(101))]
#[case::interrupted(130, Ok(130))]
#[case::hung_up(129, Ok(129))]
#[case::unknown(7, Err("the suite left with status 7"))]
fn a_suite_that_speaks_for_itself_is_believed(
    #[case] code: i32,
    #[case] expected: Result<u8, &str>,
) {
    let ending = own_status(Some(ExitStatus::from_raw(exit(code))), None);
    match expected {
        Ok(status) => assert_eq!(ending, Ending { status, cut_off: None }),
        Err(why) => assert_eq!(ending, Ending { status: 69, cut_off: Some(why.into()) }),
    }
}

#[rstest]
#[case::interrupted(SIGINT, None)]
#[case::crashed(SIGSEGV, Some("the suite was killed by SIGSEGV"))]
fn a_suite_that_a_signal_ended_speaks_for_itself_where_that_was_an_interrupt(
    #[case] signal: i32,
    #[case] cut_off: Option<&str>,
) {
    let ending = own_status(Some(ExitStatus::from_raw(signal)), None);
    assert_eq!(ending.cut_off.as_deref(), cut_off);
    assert_eq!(ending.status, if cut_off.is_none() { interrupted_status(signal) } else { 69 });
}

#[test]
fn faults_are_those_of_the_registry() {
    let header = RUN.replace("\"kernel\"", "\"faults\":[\"a is there twice\"],\"kernel\"");
    assert_eq!(run_record(&[&header]).faults(), ["a is there twice"]);
    assert_eq!(run_record(&[]).faults(), [""; 0]);
}

#[test]
fn times_are_a_part_of_the_record_until_its_end() {
    let taken = run_record(&[RUN, HOLDS, TIMES, HOLDS_TOO, END]);
    assert_eq!(taken.durations.microseconds.get("a::b"), Some(&7));
    assert_eq!(end(&taken, exit(0), None), Ending { status: 0, cut_off: None });
    let late = run_record(&[RUN, HOLDS, HOLDS_TOO, END, TIMES]);
    let ending = end(&late, exit(0), None);
    assert!(ending.cut_off.is_some_and(|why| why.contains("no record: ")));
    assert!(late.durations.microseconds.is_empty());
}

/// What was taken, with and without times, is what is stored and read again.
#[rstest]
#[case::with_times(&[RUN, HOLDS, HOLDS_TOO, TIMES, END], 1)]
#[case::without(&[RUN, HOLDS, HOLDS_TOO, END], 0)]
fn what_is_written_is_what_was_taken(#[case] lines: &[&str], #[case] times: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("r");
    let taken = run_record(lines);
    write(&taken, &path).expect("written");
    let text = std::fs::read_to_string(&path).expect("there");
    assert_eq!(text.lines().count(), lines.len());
    let read = Record::parse(&text).expect("a record");
    assert_eq!(taken.record(), Some(read.clone()));
    assert_eq!(RunRecord::from(read).durations.microseconds.len(), times);
}

#[test]
fn a_record_without_its_beginning_is_none() {
    assert_eq!(run_record(&[HOLDS, HOLDS_TOO, END]).record(), None);
}

/// The footer of a record that ends with `ending` after `lines`.
fn sealed(lines: &[&str], status: u8) -> Option<Footer> {
    let mut run_record = run_record(lines);
    run_record.seal(&Ending { status, cut_off: Some("the suite left".into()) });
    run_record.footer
}

#[rstest]
#[case::cut(69, None, Some("the suite left"))]
#[case::bad(101, None, Some("the suite left"))]
#[case::no_signal(128, None, Some("the suite left"))]
#[case::interrupted(130, Some("SIGINT"), None)]
fn a_record_that_is_not_whole_says_why(
    #[case] status: u8,
    #[case] interrupted: Option<&str>,
    #[case] cut: Option<&str>,
) {
    let footer = sealed(&[RUN, HOLDS, BREAKS], status).expect("a last line");
    assert_eq!((footer.interrupted.as_deref(), footer.cut.as_deref()), (interrupted, cut));
    let counts = [(Verdict::Holds, 1), (Verdict::Violated, 1)];
    assert_eq!((footer.counts, footer.taint), (counts.into(), None));
}

#[test]
fn what_the_end_said_of_the_kernel_stays_in_it() {
    let cut = BAD_END.replace("}}", "},\"taint\":512,\"interrupted\":\"SIGTERM\"}");
    let footer = sealed(&[RUN, HOLDS, BREAKS, &cut], 69).expect("a last line");
    assert_eq!((footer.taint, footer.cut.as_deref()), (Some(512), Some("the suite left")));
}

#[test]
fn a_record_that_is_whole_or_has_not_begun_says_nothing_else() {
    let whole = run_record(&[RUN, HOLDS, HOLDS_TOO, END]).footer;
    assert_eq!(sealed(&[RUN, HOLDS, HOLDS_TOO, END], 69), whole);
    assert_eq!(sealed(&[HOLDS], 69), None);
}

/// A suite whose words went straight to a terminal may have explained itself there.
#[test]
fn what_was_not_heard_may_have_been_said() {
    let taken = run_record(&[RUN, HOLDS, HOLDS_TOO, END]).may_have_complained();
    assert_eq!(end(&taken, exit(69), None), Ending { status: 69, cut_off: None });
    assert_eq!(taken.cases.len(), 2);
}

#[test]
fn cases_are_put_in_order_and_counted() {
    let mut run_record = run_record(&[RUN, BREAKS, HOLDS]);
    run_record.sort();
    assert_eq!(run_record.cases[0].name, "a::b");
    assert_eq!([run_record.count(Verdict::Holds), run_record.count(Verdict::Crashed)], [1, 0]);
}

#[test]
fn a_record_of_another_schema_is_none() {
    let mut run_record = RunRecord::default();
    run_record.take(&RUN.replace("\"schema\":2", "\"schema\":1"));
    assert!(run_record.header.is_none() && run_record.foreign.is_some());
}

#[test]
fn a_record_that_was_read_is_what_a_run_gathers() {
    let text = [RUN, HOLDS, HOLDS_TOO, END].join("\n");
    let read = RunRecord::from(Record::parse(&text).expect("a record"));
    assert_eq!(end(&read, exit(0), None), Ending { status: 0, cut_off: None });
    assert_eq!(read.cases.len(), 2);
}
