//! `sigsys convert` as a program, and its output as those programs read it that it is for.
#![forbid(unsafe_code)]

use rstest::rstest;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const FORMATS: [&str; 6] = ["ktap", "junit", "kcidb", "lava", "markdown", "badge"];

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(name)
}

fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("formats-{name}"))
}

fn convert(args: &[&str], records: &[&Path]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
    command.arg("convert").args(args).args(records).stdin(Stdio::null());
    command.output().expect("the tool can be started")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What other programs make of it; those that are not here are named.
#[test]
fn the_programs_that_formats_are_for_read_them() {
    let samples = ["boot.jsonl", "gvisor.jsonl", "qemu-user.jsonl"].map(sample);
    let all = samples.iter().map(PathBuf::as_path).collect::<Vec<_>>();
    for records in [&all[..1], &all[2..], &all] {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/consumers.sh");
        let mut command = Command::new(script);
        command.arg(env!("CARGO_BIN_EXE_sigsys")).args(records);
        let output = command.stdin(Stdio::null()).output().expect("a shell");
        let text = String::from_utf8_lossy(&output.stdout);
        // Whoever runs this sees what was not tried.
        eprintln!("{text}{}", said(&output));
        assert!(output.status.success(), "{text}{}", said(&output));
    }
}

/// A record without its end is converted, marked, and no success.
#[test]
fn what_was_cut_off_is_marked() {
    let text = fs::read_to_string(sample("boot.jsonl")).expect("a sample");
    let cut = scratch("cut.jsonl");
    fs::write(&cut, &text[..text.len() * 2 / 3]).expect("written");
    for format in FORMATS {
        let output = convert(&["--to", format], &[&cut]);
        assert_eq!(output.status.code(), Some(69), "{format}: {}", said(&output));
        assert!(said(&output).contains("the record has no end after "), "{}", said(&output));
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let mark = match format {
            "lava" => "record.is_whole RESULT=unknown",
            "badge" => "not whole",
            "kcidb" => "sigsys.record.is_whole",
            _ => "record::is_whole",
        };
        assert!(text.contains(mark), "{format}: {text}");
    }
}

#[test]
fn several_suites_are_said() {
    let text = fs::read_to_string(sample("boot.jsonl")).expect("a sample");
    let other = scratch("other.jsonl");
    fs::write(&other, text.replacen("\"version\":\"0.1.0\"", "\"version\":\"0.2.0\"", 1))
        .expect("written");
    let output = convert(&["--to", "junit"], &[&sample("boot.jsonl"), &other]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("records of several suites: "), "{}", said(&output));
}

#[rstest]
#[case::older("{\"kind\":\"run\",\"schema\":1}", "older suite (schema 1)")]
#[case::newer("{\"kind\":\"run\",\"schema\":3}", "newer suite (schema 3)")]
#[case::none("hello", "neither a record nor a snapshot")]
#[case::empty("", "it is empty")]
fn what_is_no_record_is_refused(#[case] text: &str, #[case] why: &str) {
    let path = scratch(&format!("refused-{}.jsonl", text.len()));
    fs::write(&path, text).expect("written");
    let kept = scratch(&format!("kept-{}", text.len()));
    fs::write(&kept, "as it was").expect("written");
    let output = kept.to_str().expect("UTF-8");
    let output = convert(&["--to", "junit", "--output", output], &[&path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains(why) && said(&output).lines().count() == 1, "{}", said(&output));
    assert_eq!(fs::read_to_string(&kept).expect("there"), "as it was");
}

#[test]
fn a_folder_without_records_and_snapshots_are_refused() {
    let empty = scratch("empty");
    fs::create_dir_all(&empty).expect("made");
    let output = convert(&["--to", "ktap"], &[&empty]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("there is no record (.jsonl) in it"), "{}", said(&output));
    let output = convert(&["--to", "ktap"], &[Path::new("no-such-record")]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(said(&output).lines().count(), 1, "{}", said(&output));
}

#[test]
fn output_is_the_same_wherever_it_goes() {
    for format in FORMATS {
        let path = scratch(&format!("output-{format}"));
        let to = path.to_str().expect("UTF-8");
        let output = convert(&["--to", format, "--output", to], &[&sample("boot.jsonl")]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{}", said(&output));
        let printed = convert(&["--to", format], &[&sample("boot.jsonl")]);
        assert_eq!(fs::read(&path).expect("there"), printed.stdout, "{format}");
    }
}

#[test]
fn output_that_cannot_be_written_is_said() {
    for to in ["/dev/full", "/no/such/folder/x"] {
        let output = convert(&["--to", "kcidb", "--output", to], &[&sample("boot.jsonl")]);
        assert_eq!(output.status.code(), Some(69), "{}", said(&output));
        assert!(said(&output).contains(&format!("cannot write {to}: ")), "{}", said(&output));
    }
}

/// A reader who has seen enough is told nothing.
#[test]
fn a_closed_pipe_is_quiet() {
    for format in FORMATS {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
        command.args(["convert", "--to", format]).arg(sample("boot.jsonl"));
        let mut child = command
            .stdout(Stdio::from(writer))
            .stderr(Stdio::piped())
            .spawn()
            .expect("the tool can be started");
        let mut words = String::new();
        let said = child.stderr.take().map(|mut said| said.read_to_string(&mut words));
        assert!(said.is_some_and(|said| said.is_ok()));
        let status = child.wait().expect("it ends");
        assert_eq!((status.code(), words.as_str()), (Some(0), ""), "{format}");
    }
}
