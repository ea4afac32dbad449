//! Records of every kind are as the committed JSON Schema says, which is as the types say.
#![forbid(unsafe_code)]

mod common;

use common::suite;
use harness::record::{Line, Record};
use jsonschema::Validator;
use rstest::rstest;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use sys::process::kill;

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../harness/record.schema.json");
/// What is run: cases that hold, deviate or are not offered, whatever the kernel.
const FILTER: &str = "::siginfo::";

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("schema-{name}"))
}

fn committed() -> Value {
    serde_json::from_str(&fs::read_to_string(SCHEMA).expect("it is committed")).expect("JSON")
}

fn validator() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| jsonschema::validator_for(&committed()).expect("it is a schema"))
}

/// Holds each line of a record to the schema; gives the lines.
fn hold(text: &str) -> Vec<Value> {
    let lines = text.lines().map(|line| serde_json::from_str(line).expect(line));
    let lines: Vec<Value> = lines.collect();
    for line in &lines {
        let errors: Vec<_> = validator().iter_errors(line).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {line}");
    }
    lines
}

/// A whole record says how long each case that ran took.
fn hold_whole(text: &str) -> Record {
    let lines = hold(text);
    let kinds: Vec<_> = lines.iter().filter_map(|line| line["kind"].as_str()).collect();
    assert_eq!((kinds.first(), kinds.last()), (Some(&"run"), Some(&"end")), "{text}");
    let record = Record::parse(text).expect("a record");
    assert!(record.whole().is_some() && !record.cases.is_empty(), "{text}");
    let ran = record.cases.iter().filter(|case| case.unmet.is_none());
    let mut ran: Vec<&str> = ran.map(|case| case.name.as_str()).collect();
    ran.sort_unstable();
    let timed: Vec<_> = record.durations.microseconds.keys().map(String::as_str).collect();
    assert_eq!(timed, ran);
    record
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// `SIGSYS_UPDATE=1 cargo test -p sigsys --test schema` writes the file anew.
#[test]
fn the_committed_schema_is_that_of_the_types() {
    let schema = schemars::schema_for!(Line);
    let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
    if std::env::var_os("SIGSYS_UPDATE").is_some() {
        fs::write(SCHEMA, &text).expect("written");
    }
    let committed = fs::read_to_string(SCHEMA).unwrap_or_default();
    assert!(committed == text, "record.schema.json is not what the types say: SIGSYS_UPDATE=1");
}

/// The schema refuses what is no line: it would be of no use else.
#[rstest]
#[case::another_kind(r#"{"kind":"other"}"#)]
#[case::no_kind(r#"{"counts":{}}"#)]
#[case::another_verdict(r#"{"kind":"case","name":"a","clauses":[],"verdict":"not offered"}"#)]
#[case::another_count(r#"{"kind":"end","counts":{"timed out":1}}"#)]
#[case::an_unknown_field(r#"{"kind":"case","name":"a","clauses":[],"verdict":"holds","text":""}"#)]
#[case::a_fact_as_text(
    r#"{"kind":"case","name":"a","clauses":[],"verdict":"holds","facts":{"f":"v"}}"#
)]
#[case::an_unknown_excuse(r#"{"kind":"case","name":"a","clauses":[],"verdict":"not_offered","unmet":{"need":"n","title":"t","answer":"a","how":"told","excuse":{"evidence":"rumour"}}}"#)]
#[case::a_failure_as_text(
    r#"{"kind":"case","name":"a","clauses":[],"verdict":"violated","failure":"f"}"#
)]
#[case::the_first_schema(r#"{"kind":"run","schema":1,"suite":"s 0","time":1,"cases":2,"kernel":{"system":"Linux","release":"6.1","build":"b","machine":"x86_64","user":0}}"#)]
fn what_is_no_line_is_refused(#[case] line: &str) {
    let line: Value = serde_json::from_str(line).expect("JSON");
    assert!(!validator().is_valid(&line), "{line}");
}

#[rstest]
#[case::json("json")]
#[case::json_of_one_thread("json-1")]
#[case::recorded("pretty")]
#[case::recorded_beside_ktap("ktap")]
fn a_native_record(#[case] way: &str) {
    let path = scratch(way);
    let mut command = Command::new(suite());
    match way {
        "json" => command.args(["--format", "json"]),
        "json-1" => command.args(["--format", "json", "--test-threads=1"]),
        other => command.args(["--format", other, "--record"]).arg(&path),
    };
    let output = command.arg(FILTER).stdin(Stdio::null()).output().expect("the suite runs");
    let said = text(&output);
    let json = way.starts_with("json");
    let record = if json { said } else { fs::read_to_string(path).expect("a record") };
    let record = hold_whole(&record);
    assert_eq!(record.cases.len(), record.header.cases);
    assert!(record.cases.iter().any(|case| !case.facts.is_empty()), "some see something");
}

/// What goes over a wire, in frames.
#[test]
fn a_framed_record() {
    let mut command = Command::new(suite());
    command.args(["--format", "framed", "--isolate", "plain", FILTER]);
    let output = command.stdin(Stdio::null()).output().expect("the suite runs");
    let mut reader = harness::frame::Reader::default();
    let said = text(&output);
    let frames = said.lines().filter_map(|line| reader.take(line));
    let lines = frames.filter(|frame| frame.text != harness::frame::HEARTBEAT);
    let lines: String = lines.map(|frame| frame.text + "\n").collect();
    hold_whole(&lines);
}

/// Another implementation, where it is installed.
#[rstest]
#[case::qemu_user("qemu-x86_64-static", &["-r", "6.1.0"], &["--isolate", "plain"])]
#[case::gvisor("runsc", &["--platform=ptrace", "--network=none", "do"], &["--limit", "10"])]
fn a_record_of_another_system(
    #[case] program: &str,
    #[case] before: &[&str],
    #[case] after: &[&str],
) {
    let mut command = Command::new("timeout");
    command.args(["120", program]).args(before).arg(suite()).args(after);
    command.args(["--format", "json", FILTER]);
    let output = command.stdin(Stdio::null()).output().expect("timeout is there");
    match output.status.code() {
        // Not found, or not to be started here: the committed samples are held instead.
        Some(125..=127) => return,
        _ => drop(hold_whole(&text(&output))),
    }
}

/// Parts of records that were made by the real thing: that of a boot (5.10), and of what the matrix kept of
/// other systems.
#[rstest]
#[case::boot("boot")]
#[case::gvisor("gvisor")]
#[case::qemu_user("qemu-user")]
fn a_committed_sample(#[case] name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let text = fs::read_to_string(folder.join(format!("{name}.jsonl"))).expect("committed");
    let record = hold_whole(&text);
    assert!(record.cases.iter().any(|case| case.unmet.is_some()), "some need is not met");
}

/// An interrupt that comes while cases run, and a SIGKILL, which cannot be noted.
#[rstest]
#[case::interrupted(2, true)]
#[case::ended(15, true)]
#[case::killed(9, false)]
fn a_record_that_is_not_whole(#[case] signal: i32, #[case] says_so: bool) {
    let path = scratch(&format!("signal-{signal}"));
    let _ = fs::remove_file(&path);
    let mut command = Command::new(suite());
    command.arg("--record").arg(&path).args(["--test-threads=1", "dispatch::"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut suite = command.spawn().expect("the suite starts");
    let lines = || fs::read_to_string(&path).map_or(0, |text| text.lines().count());
    while lines() < 4 {
        assert!(matches!(suite.try_wait(), Ok(None)), "it ended by itself");
        let _ = nix::poll::poll(&mut [], 5_u16);
    }
    kill(suite.id() as i32, signal).expect("it runs");
    suite.wait().expect("it ends");
    let text = fs::read_to_string(&path).expect("a record");
    let lines = hold(&text);
    let record = Record::parse(&text).expect("a record");
    assert!(record.whole().is_none() && record.cases.len() < record.header.cases);
    let interrupted = record.footer.and_then(|footer| footer.interrupted);
    let name = harness::signals::name(signal);
    assert_eq!(interrupted, says_so.then_some(name), "{:?}", lines.last());
}

/// What the tool stores of a run that was cut says so, and why.
#[test]
fn a_cut_record_that_the_tool_stored() {
    let folder = scratch("cut");
    let _ = fs::remove_dir_all(&folder);
    // The way over which the suite tells its results ends early.
    let via = "cut={suite} {arguments} | head -n 5; true";
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
    command.args(["matrix", "--via", via, "--suite"]).arg(suite());
    command.arg("--results").arg(&folder).stdin(Stdio::null());
    let output = command.output().expect("sigsys starts");
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    let text = fs::read_to_string(folder.join("cut.cut.jsonl")).expect("it is kept");
    hold(&text);
    let record = Record::parse(&text).expect("a record");
    let end = record.footer.expect("it says why it is cut");
    assert!(end.cut.is_some_and(|why| why.contains("without the end of its record")), "{text}");
    assert_eq!(end.counts.values().sum::<usize>(), record.cases.len());
}
