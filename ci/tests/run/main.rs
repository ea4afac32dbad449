//! The tool as a program, on a shell script that plays a suite.
#![forbid(unsafe_code)]

mod interrupts;

use rstest::rstest;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite.sh");

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// `sigsys WORDS --suite ..`, with the suite playing `play`.
fn sigsys(play: &str, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
    command.args(words).args(["--suite", SUITE]).env("PLAY", play);
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

/// `sigsys run`, its record out of the way.
fn run(play: &str, more: &[&str]) -> Command {
    let mut command = sigsys(play, &["run"]);
    command.args(more);
    if !more.contains(&"--record") {
        command.arg("--record").arg(scratch(&format!("{play}.jsonl")));
    }
    command
}

struct Left {
    status: Option<i32>,
    out: String,
    err: String,
}

fn left(output: Output) -> Left {
    Left {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn finish(mut command: Command) -> Left {
    left(command.stdin(Stdio::null()).output().expect("sigsys starts"))
}

#[rstest]
#[case::whole("whole", 0, "2 cases: 2 holds", "")]
#[case::missing("missing", 69, "1 of 2 cases", "its record lacks 1 of 2: a::b::two")]
#[case::fewer("fewer", 69, "1 of 2 cases", "lacks 1 of 2: a::b::two; begins as one of 1 and")]
#[case::foreign_case(
    "foreign_case",
    69,
    "3 of 2 cases",
    "holds 1 case (a::b::three) that nobody asked for"
)]
#[case::renamed(
    "renamed",
    69,
    "2 of 2 cases",
    "(a::b::three) that nobody asked for; lacks 1 of 2: a::b::two"
)]
#[case::repeated("repeated", 69, "3 of 2 cases", "holds 1 case (a::b::one) more than once")]
#[case::contradicting("contradicting", 101, "3 of 2 cases", "(a::b::two) with two verdicts")]
#[case::miscounting(
    "miscounting",
    101,
    "2 of 2 cases",
    "counts other cases at its end than it holds"
)]
#[case::other_promises(
    "other_promises",
    69,
    "2 of 2 cases",
    "cites other promises than the suite describes in 2 cases"
)]
#[case::goes_on("goes_on", 69, "3 of 2 cases", "printed what is no record")]
#[case::hides(
    "hides",
    101,
    "2 of 2 cases",
    "the suite left with status 0, and its record asks for 101"
)]
#[case::hides_a_broken_one(
    "hides_a_broken_one",
    69,
    "2 of 2 cases",
    "left with status 0, and its record asks for 69"
)]
#[case::accuses("accuses", 69, "2 of 2 cases", "left with status 101, and its record asks for 0")]
#[case::says_nothing(
    "says_nothing",
    69,
    "2 of 2 cases",
    "left with status 69, and its record asks for 0"
)]
#[case::no_beginning("no_beginning", 69, "", "without the beginning of its record")]
#[case::no_beginning_and_bad(
    "no_beginning_and_bad",
    101,
    "",
    "without the beginning of its record"
)]
#[case::full("full", 69, "2 cases: 2 holds", "cannot write: No space left on device")]
#[case::violated("violated", 101, "2 cases: 1 holds, 1 violated; 1 registry fault", "")]
#[case::cut_off("cut_off", 69, "1 of 2 cases", "without the end of its record")]
#[case::half_a_line("half_a_line", 69, "1 of 2 cases", "printed what is no record")]
#[case::garbage("garbage", 69, "1 of 2 cases", "printed what is no record")]
#[case::killed("killed", 69, "1 of 2 cases", "killed by SIGSEGV after 1 of 2 cases")]
#[case::killed_after_a_fault("killed_after_a_fault", 101, "1 violated", "killed by SIGKILL")]
#[case::unavailable("unavailable", 69, "", "sigsys: this process is being traced")]
#[case::usage("usage", 2, "", "sigsys: --record /x: cannot write")]
#[case::foreign("foreign", 2, "", "is not a sigsys suite")]
#[case::mute("mute", 2, "", "is not a sigsys suite")]
#[case::other_description("other_description", 2, "", "is not a sigsys suite")]
#[case::endless("endless", 2, "", "is not a sigsys suite")]
fn says_what_became_of_the_suite(
    #[case] play: &str,
    #[case] status: i32,
    #[case] out: &str,
    #[case] err: &str,
) {
    let left = finish(run(play, &[]));
    assert_eq!(left.status, Some(status), "{}{}", left.out, left.err);
    assert!(left.out.contains(out), "{}", left.out);
    assert_eq!(left.out.is_empty(), out.is_empty(), "{}", left.out);
    assert!(left.err.contains(err), "{}", left.err);
    assert_eq!(left.err.lines().count(), usize::from(!err.is_empty()), "{}", left.err);
}

#[test]
fn a_failure_is_a_bug_report_and_faults_come_after_it() {
    let left = finish(run("violated", &[]));
    let parts =
        ["VIOLATED", "it is kept", "f.rs:3  observed 1, promised 2", "registry: 1 fault", "x/z"];
    let places: Vec<_> = parts.iter().map(|part| left.out.find(part).expect(part)).collect();
    assert!(places.is_sorted(), "{}", left.out);
    assert!(left.out.contains(&format!("again     sigsys run --suite {SUITE} --exact a::b::two")));
}

#[rstest]
#[case::auto("auto", false)]
#[case::always("always", true)]
#[case::never("never", false)]
fn colours_are_for_terminals(#[case] when: &str, #[case] coloured: bool) {
    let left = finish(run("violated", &["--color", when]));
    assert_eq!(left.out.contains('\u{1b}'), coloured, "{}", left.out);
}

#[test]
fn options_reach_the_suite() {
    let left = finish(run(
        "arguments",
        &[
            "--record",
            "r",
            "--isolate",
            "exec",
            "--jobs",
            "3",
            "--limit",
            "7",
            "--config",
            "c",
            "one",
        ],
    ));
    let words: Vec<&str> = left.err.lines().collect();
    let expected = [
        "--format",
        "json",
        "--record",
        "r",
        "--config",
        "c",
        "--isolate",
        "exec",
        "--test-threads=3",
        "--limit=7",
        "--",
        "one",
    ];
    assert_eq!((left.status, &words[..]), (Some(2), &expected[..]));
}

#[rstest]
#[case::bad("own_words", 101, "")]
#[case::cut(
    "own_words_cut",
    69,
    "the suite left with status 0 after 1 of 2 cases, without the end"
)]
#[case::no_record(
    "own_words_without_a_record",
    69,
    "the suite left with status 0 after 0 of 2 cases, without the end"
)]
#[case::hides("own_words_hide", 101, "left with status 0, and its record asks for 101")]
#[case::killed("own_words_killed", 69, "the suite was killed by SIGSEGV after 1 of 2 cases")]
fn other_formats_are_the_suites_own_words(
    #[case] play: &str,
    #[case] status: i32,
    #[case] says: &str,
    #[values("ktap", "pretty", "json")] format: &str,
    #[values(true, false)] named: bool,
) {
    let mut command = sigsys(play, &["run", "--format", format]);
    let record = scratch(&format!("{play}-{format}-{named}.jsonl"));
    let _ = std::fs::remove_file(&record);
    if named {
        command.arg("--record").arg(&record);
    }
    let left = finish(command);
    assert_eq!(
        (left.status, left.out.as_str()),
        (Some(status), "KTAP version 1\n"),
        "{}",
        left.err
    );
    assert!(left.err.contains(says), "{}", left.err);
    assert_eq!(left.err.lines().count(), usize::from(!says.is_empty()), "{}", left.err);
    assert_eq!(record.exists(), named && !play.ends_with("without_a_record"));
}

#[test]
fn a_suite_that_refuses_needs_no_record() {
    let left = finish(sigsys("own_words_refused", &["run", "--format", "ktap"]));
    assert_eq!(left.status, Some(69), "{}", left.err);
    assert_eq!(left.err, "sigsys: this process is being traced\n");
}

#[rstest]
#[case::no_file("/nowhere/suite", "there is no such file")]
#[case::a_folder("/", "this is no file")]
#[case::no_program(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "this is not executable")]
#[case::another_program("/bin/true", "is not a sigsys suite")]
fn a_bad_suite_is_refused_in_one_line(#[case] path: &str, #[case] says: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
    command.args(["run", "--suite", path]);
    let left = finish(command);
    assert_eq!((left.status, left.err.lines().count()), (Some(2), 1), "{}", left.err);
    assert!(left.err.contains(says) && left.err.contains(path), "{}", left.err);
}

#[rstest]
#[case::run(&["run", "zero"], "no case is called like `zero`")]
#[case::cases(&["cases", "zero"], "no case is called like `zero`")]
#[case::explain(&["explain", "zero"], "no promise and no case matches `zero`")]
fn what_matches_nothing_is_said_in_one_line(#[case] words: &[&str], #[case] says: &str) {
    let left = finish(sigsys("whole", words));
    assert_eq!((left.status, left.err.lines().count()), (Some(2), 1), "{}", left.err);
    assert!(left.err.contains(says), "{}", left.err);
}

#[test]
fn cargo_is_asked_for_where_it_is_missing() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
    command.env("CARGO", "/nowhere/cargo");
    let left = finish(command);
    assert_eq!((left.status, left.err.lines().count()), (Some(69), 1), "{}", left.err);
    assert!(left.err.contains("--suite PATH"), "{}", left.err);
}

/// Where no record is named, a link in the usual place is not followed.
#[test]
fn the_usual_place_of_a_record_is_no_way_to_another_file() {
    let folder = scratch("usual-place");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let victim = folder.join("victim");
    std::fs::write(&victim, "mine").expect("written");
    let release = nix::sys::utsname::uname().expect("it is known");
    let release = release.release().to_string_lossy().into_owned();
    // It is none of a workspace.
    let outside = tempfile::tempdir().expect("a folder");
    let there = outside.path().join(format!("sigsys-record-{release}.jsonl"));
    std::os::unix::fs::symlink(&victim, &there).expect("linked");
    let mut command = sigsys("records", &["run"]);
    command.current_dir(outside.path());
    let left = finish(command);
    assert_eq!((left.status, left.err.lines().count()), (Some(2), 1), "{}", left.err);
    assert!(left.err.contains("--record FILE"), "{}", left.err);
    assert_eq!(std::fs::read(&victim).expect("there"), b"mine");
}

/// A record of an earlier run says nothing of this one.
#[test]
fn an_old_record_is_not_taken_for_this_run() {
    let record = scratch("stale.jsonl");
    let run = |play: &str| {
        let mut command = sigsys(play, &["run", "--format", "ktap"]);
        command.arg("--record").arg(&record);
        finish(command).status
    };
    assert_eq!(run("records"), Some(0));
    assert_eq!(run("own_words_without_a_record"), Some(69));
}

#[test]
fn foreign_text_does_nothing_to_a_terminal() {
    let left = finish(run("escapes", &["--color", "never"]));
    assert_eq!(left.status, Some(101), "{}{}", left.out, left.err);
    for said in [&left.out, &left.err] {
        assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
    }
    assert!(left.err.contains("cleared") && left.out.contains("a::b::two"), "{}", left.out);
}

/// `command` with its standard output going to `out`.
fn finish_into(mut command: Command, out: impl Into<Stdio>) -> Left {
    command.stdin(Stdio::null()).stdout(out).stderr(Stdio::piped());
    left(command.spawn().and_then(Child::wait_with_output).expect("sigsys runs"))
}

#[test]
fn a_reader_who_leaves_is_no_reason_to_panic() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let left = finish_into(run("violated", &[]), writer);
    assert_eq!((left.status, left.err.as_str()), (Some(101), ""));
    for words in [&["clauses"][..], &["cases"], &["explain", "kept"], &["run", "--help"], &["-V"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let left = finish_into(sigsys("whole", words), writer);
        assert_eq!((left.status, left.err.as_str()), (Some(0), ""), "{words:?}");
    }
}

#[test]
fn a_full_disk_is_said() {
    let whole = run("whole", &[]);
    let others = [&["clauses"][..], &["cases"], &["explain", "kept"], &["run", "--help"], &["-V"]];
    let others = others.map(|words| sigsys("whole", words));
    for command in std::iter::once(whole).chain(others) {
        let said = format!("{command:?}");
        let full = File::options().write(true).open("/dev/full").expect("/dev/full");
        let left = finish_into(command, full);
        assert_eq!((left.status, left.err.lines().count()), (Some(69), 1), "{said}: {}", left.err);
        assert!(left.err.starts_with("sigsys: cannot write to standard output"), "{}", left.err);
    }
}

/// Nothing but the record, once: no report among its lines.
#[rstest]
#[case::dash("-")]
#[case::device("/dev/stdout")]
fn a_record_on_standard_output_is_alone_there(#[case] name: &str) {
    let mut command = run("records", &["--record", name]);
    let folder = tempfile::tempdir().expect("a folder");
    command.current_dir(folder.path());
    let left = finish(command);
    assert_eq!((left.status, left.err.as_str()), (Some(0), ""), "{}", left.out);
    let record = harness::record::Record::parse(&left.out).expect(&left.out);
    assert_eq!((record.cases.len(), record.whole().is_some()), (2, true));
    assert!(
        std::fs::read_dir(folder.path()).expect("a folder").next().is_none(),
        "a file was left"
    );
    let left = finish(run("records", &["--record", name, "--format", "ktap"]));
    assert_eq!(left.status, Some(2), "{}", left.out);
    assert!(left.err.contains("the report is on standard output"), "{}", left.err);
}

#[test]
fn a_folder_that_takes_no_record_is_said_without_an_option_that_nobody_gave() {
    let mut command = sigsys("whole", &["run"]);
    command.current_dir("/proc");
    let left = finish(command);
    assert_eq!(left.status, Some(2), "{}", left.out);
    assert!(left.err.starts_with("sigsys: the record sigsys-record-"), "{}", left.err);
    assert!(left.err.ends_with("name another place with --record FILE\n"), "{}", left.err);
    assert_eq!(left.err.lines().count(), 1, "{}", left.err);
}

#[test]
fn the_suite_is_told_which_cases_and_how_often() {
    let words = ["a::", "two", "--skip=x", "--shard", "1/1", "--repeat", "3"];
    let left = finish(run("arguments", &words));
    let said: Vec<&str> = left.err.lines().collect();
    let end = ["--skip=x", "--shard=1/1", "--repeat=3", "--", "a::", "two"];
    assert!(said.ends_with(&end), "{said:?}");
    let nothing = finish(run("whole", &["nosuch", "nor", "--skip=z"]));
    assert_eq!(nothing.status, Some(2), "{}", nothing.out);
    let line = "sigsys: no case is called like `nosuch` or `nor` and not taken away by --skip; \
                `sigsys cases` shows their names\n";
    assert_eq!(nothing.err, line);
}
