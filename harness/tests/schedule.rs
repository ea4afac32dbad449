//! Who runs beside whom, and for how long a case may run.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Two programs may have one number, and wait for each other: where one case waits for another, none that
/// must be alone may come between.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn scratch(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("sigsys-{}-{name}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

fn start(notes: &Path, args: &[&str]) -> Child {
    start_example("schedule", notes, args)
}

fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    let example = folder.join("examples").join(name);
    assert!(example.exists(), "{} is not built: run cargo test without --test", example.display());
    example
}

fn start_example(name: &str, notes: &Path, args: &[&str]) -> Child {
    Command::new(example(name))
        .arg(format!("--option={name}.notes={}", notes.display()))
        .args(args)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the example can be run")
}

/// Two runs of one suite, with two workers each: whoever is to be alone is alone among all of them.
#[test]
fn nothing_runs_beside_a_case_that_is_to_be_alone() {
    let _turn = one_at_a_time();
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

/// The words of `text` that begin so, but for those that say how long a case took.
fn named(text: &str, front: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.contains(r#""kind":"durations""#));
    let words = lines.flat_map(|line| line.split(|c: char| !(c.is_alphanumeric() || c == '_')));
    words.filter(|word| word.starts_with(front)).map(str::to_owned).collect()
}

/// Where it may have a thread for it, a run that waits for its cases says that it is alive.
#[test]
fn a_long_run_in_frames_is_alive() {
    let runs = ["fork", "plain"].map(|isolation| {
        let notes = scratch(&format!("alive-{isolation}"));
        // Both together take more than a beat.
        let args = ["--format=framed", "--test-threads=1", "--limit=600", "--isolate", isolation];
        (isolation, start(&notes, &[&args[..], &["takes_more"]].concat()), notes)
    });
    for (isolation, run, notes) in runs {
        let output = run.wait_with_output().expect("it ends");
        let _ = std::fs::remove_file(notes);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let mut reader = harness::frame::Reader::default();
        let frames = text.lines().filter_map(|line| reader.take(line));
        let beats = frames.filter(|frame| frame.text == harness::frame::HEARTBEAT).count();
        assert_eq!(beats > 0, isolation == "fork", "{isolation}: {text}");
    }
}

/// Names of cases in the order in which they are printed.
fn printed(format: &str, filter: &str) -> Vec<String> {
    let _turn = one_at_a_time();
    let notes = scratch(&format!("{format}-{filter}"));
    let args = ["--limit=600", "--test-threads=2", "--format", format, filter];
    let run = start_example("meeting", &notes, &args);
    let output = run.wait_with_output().expect("it ends");
    let _ = std::fs::remove_file(&notes);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    named(&text, filter)
}

#[test]
fn cases_run_beside_each_other_in_every_format() {
    for format in ["pretty", "ktap", "json"] {
        assert_eq!(printed(format, "meets").len(), 2, "{format}");
    }
}

/// The two cases of which the first ends when it is told: `tell` looks at what is printed and at the notes
/// until it is time. Their names as they are printed.
fn overtaken(
    format: &str,
    tell: impl FnOnce(&mut dyn Iterator<Item = String>, &Path),
) -> Vec<String> {
    use std::io::{BufRead, BufReader, Write};
    let _turn = one_at_a_time();
    let notes = scratch(&format!("overtaken-{format}"));
    let arguments = ["--limit=600", "--test-threads=2", "--format", format, "overtaken"];
    let mut run = start_example("meeting", &notes, &arguments);
    let mut seen = Vec::new();
    let lines = BufReader::new(run.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let mut lines = lines.inspect(|line| {
        seen.extend(named(line, "overtaken"));
    });
    tell(&mut lines, &notes);
    let file = std::fs::OpenOptions::new().create(true).append(true).open(&notes);
    file.and_then(|mut file| file.write_all(b"go\n")).expect("it can be told");
    lines.by_ref().for_each(drop);
    drop(lines);
    assert!(run.wait().expect("it ends").success());
    let _ = std::fs::remove_file(&notes);
    seen
}

/// What has ended is printed at once, whatever still runs.
#[test]
fn json_comes_in_the_order_of_the_ends() {
    let order = overtaken("json", |lines, _| {
        let mut lines = lines;
        assert!(Iterator::any(&mut lines, |line| line.contains("overtaken_2")));
    });
    assert_eq!(order, ["overtaken_2", "overtaken_1"]);
}

/// The second has ended, or soon will have, when the first may.
#[test]
fn ktap_comes_in_the_order_of_its_plan() {
    let order = overtaken("ktap", |_, notes| {
        let begun =
            || std::fs::read_to_string(notes).is_ok_and(|text| text.contains("overtaken_2"));
        while !begun() {
            let _ = nix::poll::poll(&mut [], 5_u16);
        }
        let _ = nix::poll::poll(&mut [], 200_u16);
    });
    assert_eq!(order, ["overtaken_1", "overtaken_2"]);
}

#[test]
fn no_stray_variable_reaches_a_case() {
    for isolation in ["fork", "exec", "plain"] {
        let output = Command::new(example("meeting"))
            .env("SIGSYS_STRAY", "1")
            .args(["--isolate", isolation, "--exact", "sees_no_stray_variable"])
            .output()
            .expect("the example can be run");
        assert_eq!(output.status.code(), Some(0), "{isolation}: {output:?}");
    }
}

/// One worker runs many cases, unless each is to have a fresh image.
#[test]
fn a_worker_is_kept_or_is_fresh() {
    let _turn = one_at_a_time();
    for (isolation, workers) in [("fork", 1), ("plain", 1), ("exec", 2)] {
        let notes = scratch(&format!("workers-{isolation}"));
        let args = ["--test-threads=1", "--isolate", isolation, "workers"];
        let output = start_example("meeting", &notes, &args).wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let text = std::fs::read_to_string(&notes).expect("the cases noted their workers");
        let _ = std::fs::remove_file(&notes);
        let different: std::collections::BTreeSet<&str> = text.lines().collect();
        assert_eq!((text.lines().count(), different.len()), (2, workers), "{isolation}: {text}");
    }
}
