use super::*;
use rstest::rstest;
use std::fs;

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
    let why = Results::parse(text).expect_err("wrong");
    assert!(why.contains(says) && !why.contains('\n'), "{why}");
}

#[rstest]
#[case::whole(&format!("{RUN}\n{CASE}\n{END}\n"), None)]
#[case::no_last_newline(&format!("{RUN}\n{CASE}\n{END}"), None)]
#[case::cut_off(&format!("{RUN}\n{CASE}\n"), Some(1))]
#[case::half_a_line(&format!("{RUN}\n{CASE}\n{}", &END[..20]), Some(1))]
#[case::half_a_case(&format!("{RUN}\n{}", &CASE[..30]), Some(1))]
fn a_record_without_its_end_was_cut_off(#[case] text: &str, #[case] expected: Option<usize>) {
    assert_eq!(Results::parse(text).expect("a record").cut_off, expected);
}

#[rstest]
#[case("a::b::c", "a::b::c")]
#[case("a::b::c[x, 0x7f]", "a::b::c")]
#[case("a::b::c[path, blocks]", "a::b::c")]
#[case("a", "a")]
fn rows_share_a_claim(#[case] name: &str, #[case] expected: &str) {
    assert_eq!(claim(name), expected);
}

#[rstest]
#[case::whole("aä".as_bytes(), Some("aä"))]
#[case::cut(&"aä".as_bytes()[..2], Some("a"))]
#[case::wrong(b"a\xffa", None)]
#[case::empty(b"", Some(""))]
fn half_a_character_is_left_out(#[case] bytes: &[u8], #[case] expected: Option<&str>) {
    assert_eq!(text(bytes.into()).as_deref(), expected);
}

#[test]
fn another_systems_accidents_are_unsteady_and_its_answers_are_not() {
    // A crash is an answer: a signal where there should be none comes each time.
    let accidents = [Verdict::TimedOut, Verdict::Broken];
    for verdict in Verdict::ALL {
        let mut results = sample::older();
        results.cases.truncate(2);
        results.cases[0].verdict = verdict;
        results.cases[0].observed = "something".into();
        let steady = results.clone().without_the_unsteady(None);
        assert_eq!(steady.cases[0].unsteady, accidents.contains(&verdict), "{verdict:?}");
        assert_eq!(steady.cases[0].observed.is_empty(), accidents.contains(&verdict));
        assert_eq!(steady.cases[0].name, results.cases[0].name);
        assert_eq!(steady.cases[0].clauses, results.cases[0].clauses);
        assert_eq!(steady.cases[1], results.cases[1]);
        // What was unsteady stays so, whatever it comes to today.
        if steady.cases[0].unsteady {
            let now = sample::older().without_the_unsteady(Some(&steady));
            assert!(now.cases[0].unsteady && !now.cases[1].unsteady);
            assert_eq!(now.cases[0].words(), UNSTEADY);
        }
    }
}

#[test]
fn a_need_of_unsteady_cases_alone_is_forgotten() {
    let mut before = sample::older();
    let name = "dispatch::selector::has_keys";
    let case = before.cases.iter_mut().find(|case| case.name == name).expect("there");
    *case = Outcome::unsteady(name.into(), vec![]);
    let now = sample::older().without_the_unsteady(Some(&before));
    assert!(sample::older().lacks.contains_key("keys") && !now.lacks.contains_key("keys"));
    assert!(now.lacks.contains_key("requests"));
}

/// A kernel that calls itself something else than a name makes no lines of its own.
#[test]
fn a_kernels_words_are_words() {
    let strange = r#""release":"6.1\n\u001b[2Jend\u202e""#;
    let record = format!("{}\n{CASE}\n{END}\n", RUN.replace(r#""release":"6.1""#, strange));
    let results = Results::parse(&record).expect("a record");
    assert_eq!(results.release.text, "6.1 end\\u{202e}");
    assert!(results.title.starts_with("Linux 6.1 end\\u{202e} x86_64"), "{}", results.title);
}

#[test]
fn a_file_is_read_as_what_is_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("r"), format!("{RUN}\n{CASE}\n{END}\n")).expect("written");
    assert_eq!(load(&at("r")).expect("a record").cases.len(), 1);
    for (path, says) in [
        (at("none"), "there is no such file, nor a snapshot"),
        (folder.path().to_owned(), "this is a folder; name a record"),
        (at("r").join("x"), "Not a directory"),
        ("/dev/zero".into(), "it has no end"),
    ] {
        let refusal = load(&path).expect_err("wrong");
        let line = refusal.line;
        assert!(line.starts_with(&path.display().to_string()) && line.contains(says), "{line}");
    }
}

#[test]
fn a_folder_stands_for_the_records_and_snapshots_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let all = |names: &[PathBuf]| load_all(names).map(|all| all.len());
    fs::write(at("notes.txt"), "hello").expect("written");
    let refusal = all(&[folder.path().to_owned()]).expect_err("nothing of use");
    assert!(refusal.line.contains("neither a record (.jsonl) nor a snapshot"), "{}", refusal.line);
    fs::write(at("b.jsonl"), sample::older_record()).expect("written");
    fs::write(at("a.snap"), snapshot::text(&sample::newer()).expect("whole")).expect("written");
    let found = load_all(&[folder.path().to_owned(), at("b.jsonl")]).expect("all are");
    let releases: Vec<_> = found.iter().map(|one| one.release.series()).collect();
    assert_eq!(releases, ["7.3", "6.1", "6.1"]);
    assert!(all(&[at("notes.txt")]).is_err());
}

/// The tests run within the workspace.
#[test]
fn a_series_names_its_snapshot() {
    let snapshots = all_of_workspace().expect("they are here");
    assert!(snapshots.ends_with(snapshot::FOLDER), "{}", snapshots.display());
    let meant = |name: &str| of_workspace(Path::new(name));
    assert_eq!(meant("6.1"), snapshots.join("6.1-xonly.snap"));
    assert_eq!(meant("6.1-none"), snapshots.join("6.1-none.snap"));
    assert_eq!(meant("./6.1"), PathBuf::from("./6.1"));
    assert_eq!(meant("6.1-other"), PathBuf::from("6.1-other"));
}
