//! Who runs beside whom, and for how long a case may run.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn scratch(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("sigsys-{}-{name}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

fn start(notes: &Path, args: &[&str]) -> Child {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    let example = folder.join("examples/schedule");
    assert!(example.exists(), "{} is not built: run cargo test without --test", example.display());
    Command::new(example)
        .arg(format!("--option=schedule.notes={}", notes.display()))
        .args(args)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the example can be run")
}

/// Two runs of one suite, with two workers each: whoever is to be alone is alone among all of them.
#[test]
fn nothing_runs_beside_a_case_that_is_to_be_alone() {
    let notes = scratch("notes");
    let args = ["--test-threads=2", "--skip=takes_more"];
    let runs = [start(&notes, &args), start(&notes, &args)];
    for run in runs {
        let output = run.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let text = std::fs::read_to_string(&notes).expect("the cases noted when they ran");
    let _ = std::fs::remove_file(&notes);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2 * 2 * 5, "{text}");
    for (at, line) in lines.iter().enumerate() {
        if let Some(name) = line.strip_prefix("begin alone") {
            let end = format!("end alone{name}");
            assert_eq!(lines.get(at + 1), Some(&end.as_str()), "{text}");
        }
    }
}

fn status_of(case: &str) -> Option<i32> {
    let notes = scratch(case);
    let run = start(&notes, &["--limit=1", "--exact", case]);
    let output = run.wait_with_output().expect("it ends");
    let _ = std::fs::remove_file(&notes);
    output.status.code()
}

#[test]
fn a_case_is_given_as_many_time_limits_as_it_says() {
    assert_eq!(status_of("takes_more_than_one_limit"), Some(0));
}

#[test]
fn a_case_that_says_nothing_is_given_one() {
    assert_eq!(status_of("takes_more_than_its_limit"), Some(101));
}
