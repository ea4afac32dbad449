use super::*;
use crate::results::{claim, sample};
use rstest::rstest;

const RUN: &str = r#"{"kind":"run","schema":2,"suite":{"name":"s","version":"1"},"time":0,"cases":1,"kernel":{"system":"Linux","release":"6.1","build":"b","machine":"x86_64","user":0}}"#;
const CASE: &str = r#"{"kind":"case","name":"a::b::c","clauses":[],"verdict":"holds"}"#;
const END: &str = r#"{"kind":"end","counts":{"holds":1}}"#;

#[rstest]
#[case::nothing("", "it is empty")]
#[case::words("hello\n", "neither a record nor a snapshot")]
#[case::number("3\n", "first line is not that of a run")]
#[case::no_beginning(CASE, "first line is not that of a run")]
#[case::schema(&RUN.replace("schema\":2", "schema\":1"), "it was written by an older suite (schema 1); this one reads schema 2: record it again")]
#[case::no_schema(&RUN.replace("schema\":2", "scheme\":2"), "its first line names no schema")]
#[case::half_the_first_line(&RUN[..30], "neither a record nor a snapshot")]
#[case::broken_in_the_middle(&format!("{RUN}\nx\n{END}\n"), "line 2: ")]
#[case::two_runs(&format!("{RUN}\n{RUN}\n"), "it holds two runs")]
#[case::lost_case(&format!("{RUN}\n{END}\n"), "counts other cases at its end than it holds")]
#[case::twice(&format!("{RUN}\n{CASE}\n{CASE}\n"), "it holds 1 case (a::b::c) more than once")]
#[case::two_verdicts(
    &format!("{RUN}\n{CASE}\n{}\n", CASE.replace("holds", "violated")),
    "it holds 1 case (a::b::c) with two verdicts"
)]
#[case::too_few(&format!("{}\n{CASE}\n{END}\n", RUN.replace("\"cases\":1", "\"cases\":2")), "it begins as one of 2 and should be of 1")]
#[case::too_many(&format!("{}\n{CASE}\n", RUN.replace("\"cases\":1", "\"cases\":0")), "it begins as one of 0 and should be of 1")]
#[case::goes_on(&format!("{RUN}\n{CASE}\n{END}\n{CASE}\n"), "it goes on after its end")]
fn a_wrong_file_is_named_as_what_it_is(#[case] text: &str, #[case] says: &str) {
    let why = parse(text).expect_err("wrong");
    assert!(why.contains(says) && !why.contains('\n'), "{why}");
}

#[rstest]
#[case::whole(&format!("{RUN}\n{CASE}\n{END}\n"), None)]
#[case::no_last_newline(&format!("{RUN}\n{CASE}\n{END}"), None)]
#[case::cut_off(&format!("{RUN}\n{CASE}\n"), Some(1))]
#[case::half_a_line(&format!("{RUN}\n{CASE}\n{}", &END[..20]), Some(1))]
#[case::half_a_case(&format!("{RUN}\n{}", &CASE[..30]), Some(1))]
fn a_record_without_its_end_was_cut_off(#[case] text: &str, #[case] expected: Option<usize>) {
    assert_eq!(parse(text).expect("a record").cut_off, expected);
}

/// Of one that healed nothing deviates, whatever is known of other kernels.
#[rstest]
#[case::deviates("deviates", "somebody forgot")]
#[case::healed("healed", "")]
fn what_deviates_is_known_for_a_reason(#[case] verdict: &str, #[case] why: &str) {
    let deviation =
        r#""deviation":{"pattern":"*","range":"r","observed":"o","why":"somebody forgot"}"#;
    let line = CASE.replace("\"holds\"", &format!("\"{verdict}\",{deviation}"));
    assert_eq!(outcome(serde_json::from_str(&line).expect("a case")).known, why);
}

/// What is not Linux at all says so instead of how it was started.
#[rstest]
#[case::usual("", "unknown")]
#[case::mode(r#","vsyscall":"none""#, "none")]
#[case::clocksource(r#","vsyscall":"none","clocksource":"hpet""#, "none, hpet")]
#[case::system(r#","vsyscall":"none","via":"gvisor 1""#, "via gvisor 1")]
fn a_variant_is_how_a_kernel_was_started(#[case] more: &str, #[case] expected: &str) {
    let run = RUN.replace("\"user\":0", &format!("\"user\":0{more}"));
    let results = parse(&format!("{run}\n{CASE}\n{END}\n")).expect("a record");
    assert_eq!(results.variant, expected);
}

#[rstest]
#[case("a::b::c", "a::b::c")]
#[case("a::b::c[x::y]", "a::b::c")]
#[case("a", "a")]
fn rows_share_a_claim(#[case] name: &str, #[case] expected: &str) {
    assert_eq!(claim(name), expected);
}

#[test]
fn another_systems_accidents_are_unsteady_and_its_answers_are_not() {
    // A crash is an answer: a signal where there should be none comes each time.
    let accidents = [Verdict::TimedOut, Verdict::Broken];
    for verdict in Verdict::ALL {
        let mut results = sample::older();
        results.cases.truncate(2);
        results.cases[0].cell = Cell::new(verdict, "something");
        let steady = results.clone().without_the_unsteady(None);
        assert_eq!(steady.cases[0].cell.unsteady, accidents.contains(&verdict), "{verdict:?}");
        assert_eq!(steady.cases[0].cell.text.is_empty(), accidents.contains(&verdict));
        assert_eq!(steady.cases[0].name, results.cases[0].name);
        assert_eq!(steady.cases[0].clauses, results.cases[0].clauses);
        assert_eq!(steady.cases[1], results.cases[1]);
        // What was unsteady stays so, whatever it comes to today.
        if steady.cases[0].cell.unsteady {
            let now = sample::older().without_the_unsteady(Some(&steady));
            assert!(now.cases[0].cell.unsteady && !now.cases[1].cell.unsteady);
        }
    }
}

#[test]
fn a_need_of_unsteady_cases_alone_is_forgotten() {
    let mut before = sample::older();
    let name = "dispatch::selector::has_keys";
    let case = before.cases.iter_mut().find(|case| case.name == name).expect("there");
    case.cell = Cell::unsteady();
    let now = sample::older().without_the_unsteady(Some(&before));
    assert!(sample::older().lacks.contains_key("keys") && !now.lacks.contains_key("keys"));
    assert!(now.lacks.contains_key("requests"));
}

/// A kernel that calls itself something else than a name makes no lines of its own.
#[test]
fn a_kernels_words_are_words() {
    let strange = r#""release":"6.1\n\u001b[2Jend\u202e""#;
    let record = format!("{}\n{CASE}\n{END}\n", RUN.replace(r#""release":"6.1""#, strange));
    let results = parse(&record).expect("a record");
    assert_eq!(results.release.text, "6.1 end\\u{202e}");
    assert!(results.title.starts_with("Linux 6.1 end\\u{202e} x86_64"), "{}", results.title);
}

/// What a point release, a candidate, another machine or a new line in a source file changes.
#[test]
fn what_a_point_release_changes_is_not_compared() {
    use harness::record::{Excuse, Line};
    let same = |line: &str| match serde_json::from_str(line).expect("a line") {
        Line::Run(mut header) => {
            header.kernel.release = "6.1.199-rc3+other".into();
            header.kernel.build = "#2 SMP".into();
            header.kernel.boot_line = Some("quiet".into());
            header.kernel.cpu = Some("other".into());
            header.kernel.config = Some("0badcafe".into());
            header.time = 7;
            header.suite.version = "0.2.0".into();
            Line::Run(header)
        }
        Line::Case(mut case) => {
            let excuse = case.unmet.as_mut().and_then(|unmet| unmet.excuse.as_mut());
            if let Some(Excuse::Release { release, .. }) = excuse {
                *release = "6.1.199".into();
            }
            if let Some(failure) = &mut case.failure {
                failure.place = "suites/y.rs:99".into();
            }
            case.output = "printed".into();
            Line::Case(case)
        }
        end => end,
    };
    let record: Vec<String> = sample::older_record()
        .lines()
        .map(|line| serde_json::to_string(&same(line)).expect("a line"))
        .collect();
    let other = parse(&record.join("\n")).expect("a record");
    let older = sample::older();
    assert_eq!((other.cases, other.lacks), (older.cases, older.lacks));
    assert_eq!(other.release.series(), older.release.series());
}

/// What the model was told of a kernel is nothing that the kernel did.
#[test]
fn facts_of_a_fuzzer_are_not_compared() {
    let told = |name: &str| {
        let case = CASE
            .replace("a::b::c", name)
            .replace("\"holds\"", "\"holds\",\"facts\":{\"kernel\":[{\"value\":\"x\"}]}");
        let results = parse(&format!("{RUN}\n{case}\n{END}\n")).expect("a record");
        results.cases[0].cell.line()
    };
    assert_eq!(told("fuzz::b::c"), "holds");
    assert_eq!(told("a::b::c"), "holds: kernel = x");
}

/// What a kernel must have and lacks is said once, too, and is no other case's fault.
#[test]
fn a_need_that_must_be_met_is_owed() {
    let case = CASE.replace(
        "\"holds\"",
        "\"violated\",\"unmet\":{\"need\":\"page\",\"title\":\"a page\",\"answer\":\"none\",\"how\":\"refused\"}",
    );
    let end = END.replace("holds", "violated");
    let results = parse(&format!("{RUN}\n{case}\n{end}\n")).expect("a record");
    assert_eq!(results.cases[0].cell, Cell::owing("page"));
    assert_eq!(results.lacks["page"], format!("{OWED}a page: none"));
    let steady = results.clone().without_the_unsteady(None);
    assert_eq!(steady, results);
}
