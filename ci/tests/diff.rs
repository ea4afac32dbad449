//! `sigsys diff` and `sigsys history` as a program, on two small records.
#![forbid(unsafe_code)]

use rstest::rstest;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const RECORDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/records");
const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite.sh");

fn record(name: &str) -> String {
    format!("{RECORDS}/{name}.jsonl")
}

/// A file with this content.
fn file(name: &str, content: &[u8]) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("it can be written");
    path.display().to_string()
}

/// The record of the older kernel, changed.
fn changed(name: &str, change: impl FnOnce(String) -> String) -> String {
    let text = std::fs::read_to_string(record("older")).expect("the record");
    file(name, change(text).as_bytes())
}

/// `text` with line `at` once more, with this verdict.
fn repeated(text: &str, at: usize, verdict: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.insert(at, lines[at].replace("\"holds\"", &format!("\"{verdict}\"")));
    lines.join("\n") + "\n"
}

/// Exit status, standard output, standard error.
fn sigsys(words: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sigsys"))
        .args(words)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null())
        .output()
        .expect("sigsys starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// `sigsys diff A B --suite SUITE ..`
fn diff(from: &str, to: &str, more: &[&str]) -> (Option<i32>, String, String) {
    sigsys(&[&["diff", from, to, "--suite", SUITE], more].concat())
}

#[test]
fn says_what_changed() {
    let (status, out, err) = diff(&record("older"), &record("newer"), &[]);
    assert_eq!((status, err.as_str()), (Some(0), ""));
    let parts = [
        "from  Linux 6.1.0-44-amd64",
        "to    Linux 7.3-rc7-amd64",
        "offered now: a thing (thing)",
        "2 cases: 2 holds",
        "x/z",
        "changed: 1 case",
        "before  holds: answer = 41",
        "after   holds: answer = 42",
        "x/y",
        "3 cases compared",
    ];
    let places: Vec<_> = parts.iter().map(|part| out.find(part).expect(part)).collect();
    assert!(places.is_sorted(), "{out}");
}

#[test]
fn markdown_is_a_table() {
    let (status, out, _) = diff(&record("older"), &record("newer"), &["--format", "markdown"]);
    let row = "| `a::b::one` | holds<br>`answer = 41` | holds<br>`answer = 42` | `x/y` |";
    assert!(status == Some(0) && out.contains(row), "{out}");
}

#[test]
fn json_is_what_changed_as_data() {
    let (status, out, _) = diff(&record("older"), &record("newer"), &["--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((status, &report["schema"], &report["compared"]), (Some(0), &1.into(), &3.into()));
    assert_eq!(report["offers"][0]["before"]["answer"], "EINVAL");
    let change = &report["changes"][0];
    assert_eq!(
        (&change["claim"], &change["after"]["text"]),
        (&"a::b::one".into(), &"answer = 42".into())
    );
}

#[rstest]
#[case::different("newer", &["--exit-code"], 1)]
#[case::different_unasked("newer", &[], 0)]
#[case::same("older", &["--exit-code"], 0)]
fn the_status_says_whether_they_differ(
    #[case] other: &str,
    #[case] more: &[&str],
    #[case] expected: i32,
) {
    let (status, out, err) = diff(&record("older"), &record(other), more);
    assert_eq!((status, err.as_str()), (Some(expected), ""));
    assert_eq!(out.starts_with("no difference in 3 cases"), other == "older", "{out}");
}

#[test]
fn a_record_without_its_end_is_compared_and_is_no_proof() {
    let without_end = |text: String| text.lines().take(4).collect::<Vec<_>>().join("\n") + "\n";
    let cut_off = changed("cut-off.jsonl", without_end);
    let (status, out, _) = diff(&record("older"), &cut_off, &["--exit-code"]);
    assert_eq!(status, Some(2), "{out}");
    assert!(out.contains("the second was cut off after 3 of 3 cases"), "{out}");
}

/// The record of a run whose tool was killed, or whose disk was full: held against the whole one.
#[rstest]
#[case::between_lines("cut-line.jsonl", "\n{\"kind\":\"case\",\"name\":\"a::b::two[first]\"", 0, 1)]
#[case::in_a_line("cut-half.jsonl", "\"name\":\"a::b::two[second]\"", 20, 2)]
#[case::in_the_last_line("cut-end.jsonl", "{\"kind\":\"end\"", 9, 3)]
fn a_record_and_its_own_prefix_do_not_differ(
    #[case] name: &str,
    #[case] before: &str,
    #[case] more: usize,
    #[case] cases: usize,
) {
    let cut = changed(name, |text| {
        let at = text.find(before).expect(before) + more;
        text[..at].to_owned()
    });
    let said = format!("was cut off after {cases} of 3 cases");
    for (from, to, which) in
        [(record("older"), cut.clone(), "second"), (cut.clone(), record("older"), "first")]
    {
        for format in ["text", "markdown", "json"] {
            let (status, out, err) = diff(&from, &to, &["--exit-code", "--format", format]);
            assert_eq!((status, err.as_str()), (Some(2), ""), "{out}");
            // The note may be wrapped.
            let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains(&format!("the {which} {said}")), "{out}");
        }
    }
    let (status, out, _) = diff(&record("newer"), &cut, &["--exit-code"]);
    assert_eq!(status, Some(1), "{out}");
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("before holds: answer = 42 after holds: answer = 41"), "{out}");
    assert!(words.contains(&said), "{out}");
}

#[test]
fn history_does_not_take_a_cut_for_a_change() {
    let cut = changed("history-cut.jsonl", |text| {
        let text = text.replace("6.1.0-44", "6.12.0-1");
        text[..text.find("a::b::two").expect("there")].to_owned()
    });
    let later = changed("history-later.jsonl", |text| text.replace("6.1.0-44", "6.18.0-1"));
    let (status, out, err) = sigsys(&["history", "x/z", &record("older"), &cut, &later]);
    assert_eq!((status, err.as_str()), (Some(0), ""));
    let ranges = "  ..6.1.0-44-amd64, 6.18.0-1-amd64..  not offered";
    assert!(out.contains(ranges) && out.contains("  6.12.0-1-amd64    not reached"), "{out}");
    assert!(out.contains("6.12.0-1-amd64-xonly: the record was cut off after 1 of 3"), "{out}");
}

#[rstest]
#[case::missing("no-such-file".into(), "there is no such file")]
#[case::endless("/dev/zero".into(), "it has no end")]
#[case::folder(RECORDS.into(), "this is a folder")]
#[case::foreign(SUITE.into(), "it is neither a record nor a snapshot")]
#[case::empty(file("empty.jsonl", b""), "it is empty")]
#[case::binary(file("binary.jsonl", b"\xff\xfe\0"), "it is neither a record nor a snapshot")]
#[case::no_header(changed("half.jsonl", |mut text| { text.truncate(40); text }), "it is neither a record nor a snapshot")]
#[case::repeated(changed("repeated.jsonl", |text| repeated(&text, 1, "holds")), "it holds 1 case (a::b::one) more than once")]
#[case::contradicting(changed("two.jsonl", |text| repeated(&text, 1, "violated")), "it holds 1 case (a::b::one) with two verdicts")]
#[case::miscounted(changed("miscounted.jsonl", |text| text.replace("\"holds\":1", "\"holds\":2")), "it counts other cases at its end than it holds")]
#[case::announced(changed("announced.jsonl", |text| text.replace("\"cases\":3", "\"cases\":4")), "it begins as one of 4 and should be of 3")]
#[case::goes_on(changed("goes-on.jsonl", |text| text.clone() + &text), "it holds two runs")]
#[case::other_schema(
    changed("schema.jsonl", |text| text.replace("\"schema\":2", "\"schema\":1")),
    "it was written by an older suite (schema 1); this one reads schema 2: record it again"
)]
fn a_bad_file_is_named_in_one_line(#[case] bad: String, #[case] says: &str) {
    for (from, to) in [(bad.clone(), record("older")), (record("older"), bad.clone())] {
        let (status, out, err) = diff(&from, &to, &["--exit-code"]);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{err}");
        let begins = format!("sigsys: {bad}: ");
        assert!(err.starts_with(&begins) && err.contains(says), "{err}");
        assert_eq!(err.lines().count(), 1, "{err}");
    }
}

#[test]
fn history_says_which_kernels_did_what() {
    let older = record("older");
    for records in [vec![record("newer"), older], vec![RECORDS.to_owned()]] {
        let records: Vec<&str> = records.iter().map(String::as_str).collect();
        let (status, out, err) =
            sigsys(&[&["history", "x/y", "--suite", SUITE], &records[..]].concat());
        assert_eq!((status, err.as_str()), (Some(0), ""));
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines[..2], ["x/y", "  it is kept"], "{out}");
        let values =
            ["  ..6.1.0-44-amd64  holds: answer = 41", "  7.3-rc7-amd64..   holds: answer = 42"];
        assert_eq!(lines[2..], [&["", "a::b::one"], &values[..]].concat(), "{out}");
    }
    for (format, begins) in [("markdown", "### `x/y`\n"), ("json", "{\n  \"schema\": 1,")] {
        let words = ["history", "x/y", RECORDS, "--format", format];
        let (status, out, _) = sigsys(&words);
        assert!(status == Some(0) && out.starts_with(begins), "{out}");
    }
}

#[test]
fn history_of_nothing_is_refused() {
    let empty: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-records");
    std::fs::create_dir_all(&empty).expect("a folder");
    let older = record("older");
    for (words, says) in [
        (["history", "x/nothing", older.as_str()], "no promise and no case in 1 record is called"),
        (["history", "x/y", "no-such-file"], "there is no such file"),
        (["history", "x/y", &empty.display().to_string()], "neither a record (.jsonl) nor"),
    ] {
        let (status, out, err) = sigsys(&words);
        assert_eq!((status, out.as_str()), (Some(2), ""), "{err}");
        assert!(err.contains(says) && err.lines().count() == 1, "{err}");
    }
}
