//! `sigsys fuzz`, on the real suite, and on a shell script that plays one.
#![forbid(unsafe_code)]

mod common;

use common::suite;
use rstest::rstest;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PLAYED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite.sh");

fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).expect("a folder can be made");
    path
}

fn fuzz(suite: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
    let record = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{}.jsonl", words.len()));
    command.arg("fuzz").args(words).arg("--suite").arg(suite);
    if !words.contains(&"--record") {
        command.arg("--record").arg(record);
    }
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
    command
}

fn text(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(both).expect("UTF-8")
}

#[rstest]
#[case::seed(&["--seed", "x"], "expected a number")]
#[case::no_time(&["--for", "0s"], "nothing can be tried in no time")]
#[case::no_duration(&["--for", "soon"], "expected a time")]
#[case::no_cases(&["--cases", "0"], "0 is not in 1..")]
#[case::both(&["--cases", "1", "--for", "1s"], "cannot be used with")]
#[case::unknown(&["nonsense"], "")]
fn refuses(#[case] words: &[&str], #[case] says: &str) {
    let output = fuzz(Path::new(PLAYED), words).env("PLAY", "whole").output().expect("it starts");
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains(says), "{}", text(&output));
}

#[test]
fn an_unknown_property_is_answered_with_those_there_are() {
    let output = fuzz(suite(), &["nonsense"]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
    let expected = "no property is called like `nonsense`; there are arguments, seccomp, sequences, \
                    siginfo, supervisor, tracer";
    assert!(text(&output).contains(expected), "{}", text(&output));
}

#[test]
fn says_how_much_was_tried() {
    let output = fuzz(suite(), &["arguments", "--cases", "64"]).output().expect("it starts");
    let said = text(&output);
    let offered = !said.contains("4 not offered");
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(said.contains("64 inputs"), offered, "{said}");
}

/// For every decision of the model: taking it the wrong way disagrees with this kernel on an input of
/// the default run.
#[test]
fn every_wrong_decision_is_noticed() {
    let report = scratch("mutation-report").join("report");
    let output = Command::new(suite())
        .args(["fuzz::", "--limit=600", "--option=fuzz.mutation_report=yes"])
        .arg(format!("--option=fuzz.report={}", report.display()))
        .output()
        .expect("the suite starts");
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    if said.contains("ignored (") {
        // What this kernel or this place lacks is not compared.
        return;
    }
    let mut branches = BTreeMap::new();
    let mut noticed = BTreeSet::new();
    for line in std::fs::read_to_string(report).expect("a report was written").lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        for (name, words) in line["branches"].as_object().into_iter().flatten() {
            branches.insert(name.clone(), words.clone());
        }
        let names = line["noticed"].as_array().into_iter().flatten();
        noticed.extend(names.filter_map(|name| name.as_str().map(str::to_owned)));
    }
    branches.retain(|name, _| !noticed.contains(name));
    assert!(branches.is_empty(), "nobody notices these: {branches:#?}");
}

/// Compiles every program of a folder and runs it; gives what they said, and their statuses.
fn run_programs(folder: &Path) -> Vec<(Option<i32>, String)> {
    let sources = std::fs::read_dir(folder).expect("the folder was made");
    let run = |source: PathBuf| {
        let program = source.with_extension("");
        let built = Command::new("gcc")
            .args(["-Wall", "-Werror", "-o"])
            .args([&program, &source])
            .output()
            .expect("gcc starts");
        assert!(built.status.success(), "{}", text(&built));
        let ran = Command::new(&program).output().expect("the program starts");
        (ran.status.code(), format!("{}: {}", source.display(), text(&ran)))
    };
    sources.map(|file| run(file.expect("an entry").path())).collect()
}

/// The model takes a decision the wrong way: what differs comes as a C program that shows it.
#[rstest]
#[case::exempt("Exempt", "arguments")]
#[case::selector("SelectorTooHigh", "arguments")]
#[case::error_numbers("ErrnoClamped", "seccomp")]
#[case::programs("JumpOutside", "seccomp")]
#[case::second_thread("KillsThread", "seccomp")]
#[case::children("ForkDisarms", "sequences")]
#[case::new_programs("ExecDisarms", "sequences")]
#[case::ignored("Ignored", "sequences")]
#[case::config_by_ptrace("PtraceOffered", "sequences")]
#[case::dispatched_signal("InfoErrno", "siginfo")]
#[case::trapped_signal("TrapErrno", "siginfo")]
#[case::saved_registers("Overwritten", "siginfo")]
#[case::restarted_call("NotifyRestarts", "supervisor")]
#[case::killable_wait("NotifyKillable", "supervisor")]
#[case::added_descriptor("NotifyAddFdSends", "supervisor")]
#[case::message("MessageIsData", "tracer")]
#[case::skipped("TracerSkips", "tracer")]
#[case::shown_again("ShownAgain", "tracer")]
fn a_difference_comes_with_a_program_that_shows_it(#[case] branch: &str, #[case] property: &str) {
    let folder = scratch(&format!("reproducers-{branch}"));
    let output = Command::new(suite())
        .args([&format!("fuzz::{property}"), "--limit=600"])
        .arg(format!("--option=fuzz.mutate={branch}"))
        .arg(format!("--option=fuzz.reproducers={}", folder.display()))
        .output()
        .expect("the suite starts");
    let said = text(&output);
    if said.contains("ignored (") {
        return;
    }
    assert_eq!(output.status.code(), Some(101), "{said}");
    assert!(said.contains("again: sigsys fuzz"), "{said}");
    let all = run_programs(&folder);
    assert!(!all.is_empty(), "{said}");
    for (status, said) in all {
        assert_eq!(status, Some(1), "{said}");
        assert!(said.contains("<-- differs"), "{said}");
    }
}

/// The program of an input without a difference says so: a reproducer that always shows one would prove nothing.
#[test]
fn a_program_shows_nothing_where_the_model_is_right() {
    let folder = scratch("reproducers-none");
    let output = Command::new(suite())
        .args(["fuzz::", "--option=fuzz.write=yes", "--option=fuzz.cases=4"])
        .arg(format!("--option=fuzz.reproducers={}", folder.display()))
        .output()
        .expect("the suite starts");
    let written = text(&output);
    // Nothing was tried, so nothing is known.
    let expected = if written.contains("broken") { 69 } else { 0 };
    assert_eq!(output.status.code(), Some(expected), "{written}");
    assert!(!written.contains(" ... ok"), "{written}");
    let all = run_programs(&folder);
    assert!(!all.is_empty() || written.contains("not offered"), "{written}");
    for (status, said) in all {
        assert_eq!(status, Some(0), "{said}");
        assert!(said.contains("no difference"), "{said}");
    }
}

/// The environment says nothing to the suite: neither the names that once did, nor those of the libraries.
#[test]
fn no_variable_changes_what_is_tried() {
    let record = |variables: &[(&str, &str)]| {
        let path = scratch(&format!("variables-{}", variables.len())).join("record");
        let output = Command::new(suite())
            .args(["fuzz::arguments", "--limit=600", "--record"])
            .arg(&path)
            .envs(variables.iter().copied())
            .output()
            .expect("the suite starts");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let record = std::fs::read_to_string(path).expect("a record was written");
        let lasting = record.lines().skip(1).filter(|line| !line.contains(r#""kind":"durations""#));
        lasting.map(str::to_owned).collect::<Vec<_>>()
    };
    let stray = [
        ("SIGSYS_FUZZ_CASES", "0"),
        ("SIGSYS_NOCAPTURE", "1"),
        ("PROPTEST_CASES", "0"),
        ("PROPTEST_MAX_DEFAULT_SIZE_RANGE", "0"),
        ("PROPTEST_RNG_ALGORITHM", "cc"),
        ("PROPTEST_RNG_SEED", "3"),
        ("RUST_BACKTRACE", "full"),
        ("RUST_MIN_STACK", "65536"),
        ("RUST_TEST_THREADS", "7"),
        ("RUSTY_FORK_OCCURS", ":0"),
        ("RUSTY_FORK_FLAG_X", "pass"),
        ("GLIBC_TUNABLES", "glibc.pthread.rseq=0"),
    ];
    assert_eq!(record(&stray), record(&[]));
}

#[test]
fn nothing_tried_is_nothing_known() {
    for (option, says) in [
        ("fuzz.cases=0", "expected a number, 1 or more"),
        ("fuzz.for=0", "expected a number, 1 or more"),
        ("fuzz.seed=x", "expected a number, 0 or more"),
        ("fuzz.mutate=Nothing", "expected a branch of the model"),
        ("fuzz.mutation_report=1", "expected `yes`"),
        ("fuzz.nothing=1", "there is no such option; there are fuzz."),
    ] {
        let output = Command::new(suite()).args(["--option", option]).output().expect("it starts");
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(text(&output).contains(says), "{}", text(&output));
    }
    // There is no input after the last.
    let last = format!("--option=fuzz.first={}", u64::MAX);
    let output = Command::new(suite()).args(["fuzz::arguments", &last]).output().expect("starts");
    assert_eq!(output.status.code(), Some(69), "{}", text(&output));
    assert!(text(&output).contains("an input was tried"), "{}", text(&output));
}

/// A soak that is interrupted ends at once, and says what was tried until then.
#[test]
fn an_interrupted_soak_says_what_it_tried() {
    use nix::sys::signal::{Signal, kill};
    let record = scratch("interrupted").join("record");
    let path = record.to_str().expect("UTF-8");
    let mut command = fuzz(suite(), &["any_program", "--for", "10m", "--record", path]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = command.spawn().expect("it starts");
    // Until the property has begun.
    let progress = record.with_extension("progress");
    while std::fs::metadata(&progress).map_or(0, |file| file.len()) == 0 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let pid = nix::unistd::Pid::from_raw(running.id().try_into().expect("a process id"));
    kill(pid, Signal::SIGINT).expect("it runs");
    let output = running.wait_with_output().expect("it ends");
    let said = text(&output);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("interrupted") && said.contains("branches of the model"), "{said}");
    assert!(said.contains("to go on: sigsys fuzz "), "{said}");
    let left = std::fs::read_to_string(progress).expect("it is kept");
    assert!(left.contains("any_program"), "{left}");
}
