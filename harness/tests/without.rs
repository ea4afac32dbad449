//! Systems that lack what the harness would like to use: verdicts are the same there, or it is said
//! that there are none.

use harness::record::CaseLine;
use std::path::PathBuf;
use std::process::{Command, Output};
use sys::uapi::{ENOSYS, SYS_flock, SYS_kill, SYS_memfd_create, SYS_pidfd_open};

fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    folder.join("examples").join(name)
}

/// Runs cases of an example where the system call `call` fails with `errno`.
fn run_without(call: i32, errno: i32, program: &str, args: &[&str]) -> Output {
    assert!(example("without").exists(), "not built: run cargo test without --test");
    Command::new(example("without"))
        .arg(format!("{call}={errno}"))
        .arg("--")
        .arg(example(program))
        // No limit that a busy machine could reach, but for the cases that wait for it.
        .arg(if program == "hanging" { "--limit=1" } else { "--limit=600" })
        .args(["--test-threads=1", "--format=json", "--exact"])
        .args(args)
        .output()
        .expect("the example can be run")
}

/// The verdict on the only case, and what is said of it.
fn verdict(output: &Output) -> (String, String) {
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().nth(1).unwrap_or_else(|| panic!("{output:?}"));
    let line: CaseLine = serde_json::from_str(line).expect("JSON");
    (line.verdict.word().to_owned(), line.said())
}

/// A timer interrupts the wait instead, also where the process has stopped. With a filter in force that is
/// not the suite's nobody is blamed; what the verdict would be is said.
#[test]
fn without_pidfds_every_case_still_comes_to_its_end() {
    for (program, case, said) in [
        ("wrong", "is_right", ("holds", "")),
        ("hanging", "hangs", ("broken", "did not end within its time limit (timed out)")),
        ("hanging", "stops_itself", ("broken", "did not end within its time limit (timed out)")),
        (
            "wrong",
            "dies_of_an_undeclared_signal",
            ("broken", "killed by SIGSEGV before its last line (crashed)"),
        ),
        (
            "wrong",
            "leaves_early_with_status_0",
            ("broken", "exited 0 before its last line (violated)"),
        ),
    ] {
        let output = run_without(SYS_pidfd_open as i32, ENOSYS as i32, program, &[case]);
        assert_eq!(verdict(&output), (said.0.into(), said.1.into()), "{case}");
    }
}

/// Nor does a case that takes its time come to its end too early.
#[test]
fn without_pidfds_no_case_ends_before_its_limit() {
    let notes = format!("sigsys-{}-without", std::process::id());
    let notes = std::env::temp_dir().join(notes);
    let option = format!("--option=schedule.notes={}", notes.display());
    let case = "takes_more_than_one_limit";
    let output = run_without(SYS_pidfd_open as i32, ENOSYS as i32, "schedule", &[&option, case]);
    let _ = std::fs::remove_file(notes);
    assert_eq!(verdict(&output), ("holds".into(), String::new()));
}

/// Nothing can be kept of what a case prints; what it claims is judged all the same.
#[test]
fn without_memory_files_cases_are_judged() {
    for (case, said) in
        [("is_right", ("holds", "")), ("prints_before_it_fails", ("broken", "a reason (violated)"))]
    {
        let output = run_without(SYS_memfd_create as i32, ENOSYS as i32, "wrong", &[case]);
        assert_eq!(verdict(&output), (said.0.into(), said.1.into()), "{case}: {output:?}");
    }
}

#[test]
fn without_locks_cases_are_judged() {
    assert_eq!(
        verdict(&run_without(SYS_flock as i32, ENOSYS as i32, "wrong", &["is_right"])).0,
        "holds"
    );
}

/// Where signals are said to be sent and are not, a crash is no crash: what is known beforehand comes out
/// otherwise, and no verdict is given.
#[test]
fn a_place_that_lies_is_given_no_verdict() {
    for isolation in ["fork", "exec", "plain"] {
        let output =
            run_without(SYS_kill as i32, 0, "wrong", &["is_right", "--isolate", isolation]);
        assert_eq!(output.status.code(), Some(69), "{output:?}");
        let lines = String::from_utf8_lossy(&output.stdout);
        assert!(!lines.contains("holds"), "{lines}");
        let said = String::from_utf8_lossy(&output.stderr);
        let line = "no verdict of this place can be believed: what is known beforehand comes out otherwise: \
                    a crash is `holds`, and must be `crashed` (and 3 more)";
        assert!(said.contains(line), "{said}");
    }
}
