//! Deliberately wrong suites are caught, and say so.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// An example of this package, built beside this test.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    let path = folder.join("examples").join(name);
    assert!(path.exists(), "{} is not built: run cargo test without --test", path.display());
    let mut command = Command::new(path);
    // One at a time, so that the order of the report is the order of the names; and no limit that a busy
    // machine could reach, but for the cases that wait for it.
    command.args(["--again", "sigsys run --exact"]);
    command.args(["--test-threads=1", if name == "hanging" { "--limit=1" } else { "--limit=600" }]);
    command
}

/// Status and everything that was printed.
fn report(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    format!("status {:?}\n{text}\n--- stderr\n{errors}", output.status.code())
}

/// Compares with a snapshot, leaving out what differs from run to run and from kernel to kernel.
macro_rules! assert_reported {
    ($report:expr) => {
        insta::with_settings!({ filters => [
            (r"(\w+\.rs):\d+", "$1:LINE"),
            (r"; finished in .*", ""),
            (r"(?m)^  kernel .*$", "  kernel    THIS ONE"),
            (r"sigsys-\d+-deviations", "FILE"),
            (r"this is \d[^)]*\)", "this is ANOTHER)"),
        ]}, { insta::assert_snapshot!($report) });
    };
}

fn scratch(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("sigsys-{}-{name}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

#[test]
fn every_wrong_case_is_caught() {
    let pids = scratch("pids");
    let output = example("wrong")
        .arg(format!("--option=deeds.pids={}", pids.display()))
        .output()
        .expect("the example can be run");
    assert_reported!(report(&output));
    assert_eq!(noted_and_gone(&pids), 3, "a daemon with a child, and a traced child");
}

#[test]
fn a_case_that_hangs_is_ended_with_all_it_made() {
    let pids = scratch("hanging-pids");
    let output = example("hanging")
        .arg(format!("--option=deeds.pids={}", pids.display()))
        .output()
        .expect("the example can be run");
    assert_reported!(report(&output));
    noted_and_gone(&pids);
}

/// How many processes were noted; none of them may be left.
fn noted_and_gone(pids: &std::path::Path) -> usize {
    let noted = std::fs::read_to_string(pids).unwrap_or_default();
    let _ = std::fs::remove_file(pids);
    for pid in noted.lines() {
        let found = sys::process::kill(pid.parse().expect("a number"), 0);
        assert_eq!(found, Err(sys::Errno::ESRCH), "a process was left behind");
    }
    noted.lines().count()
}

/// A fresh image for each case gives the same record, but for the case that kills its worker's
/// image: there is no later case to name.
#[test]
fn both_kinds_of_isolation_give_one_record() {
    let record = |kind: &str| {
        let path = scratch(kind);
        let status = example("wrong")
            .arg(format!("--isolate={kind}"))
            .arg(format!("--record={}", path.display()))
            .output()
            .expect("the example can be run")
            .status;
        let text = std::fs::read_to_string(&path).expect("a record was written");
        let _ = std::fs::remove_file(path);
        let durations = |line: &&str| line.starts_with(r#"{"kind":"durations""#);
        let lines = text.lines().skip(1).filter(|line| !durations(line));
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        (status.code(), lines)
    };
    assert_eq!(record("fork"), record("exec"));
}

#[test]
fn one_wrong_case_is_enough() {
    for (case, status) in [
        ("is_right", 0),
        ("deviates_as_known", 0),
        ("needs_what_others_have", 0),
        ("claims_that_one_is_two", 101),
        ("has_healed", 101),
        ("fails_in_its_set_up", 69),
        ("needs_the_impossible", 101),
        ("needs_what_cannot_be_asked", 69),
        ("takes_its_worker_down", 101),
    ] {
        let output = example("wrong").args(["--exact", case]).output().expect("it can be run");
        assert_eq!(output.status.code(), Some(status), "{case}");
    }
}

#[test]
fn every_fault_of_a_registry_is_named() {
    let output = example("wrong_registry").output().expect("the example can be run");
    assert_reported!(report(&output));
}

#[test]
fn an_empty_registry_is_a_failure() {
    let output = example("empty_registry").output().expect("the example can be run");
    assert_reported!(report(&output));
}

/// SIGINT or SIGTERM at any moment: what was gathered stays, what was running is gone.
#[test]
fn an_interrupted_run_keeps_what_it_gathered_and_leaves_nothing_behind() {
    for (signal, status) in [(2, 130), (15, 143)] {
        let (record, pids) =
            (scratch(&format!("interrupted-{signal}")), scratch("interrupted-pids"));
        let mut running = example("hanging")
            .args(["--limit=600", "--format=json", "--record"])
            .arg(&record)
            .arg(format!("--option=deeds.pids={}", pids.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example can be run");
        let lines = BufReader::new(running.stdout.take().expect("piped")).lines();
        let before = lines.map_while(Result::ok).find(|line| line.contains("comes_before"));
        assert!(before.is_some(), "the case before the hanging one is reported");
        // The one that hangs is to have begun: it notes what it makes.
        for _ in 0..400 {
            if std::fs::read(&pids).is_ok_and(|noted| !noted.is_empty()) {
                break;
            }
            let _ = nix::poll::poll(&mut [], 5_u16);
        }
        sys::process::kill(running.id() as i32, signal).expect("it runs");
        let output = running.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(status));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.starts_with("sigsys: interrupted by SIG"), "{said}");
        let text = std::fs::read_to_string(&record).expect("a record was written");
        let kept = harness::record::Record::parse(&text).expect("what there is can be read");
        assert!(kept.cases.iter().any(|case| case.name == "comes_before_the_others"));
        let end = kept.footer.expect("it says what ended it");
        assert_eq!(end.interrupted.map(|name| said.contains(&name)), Some(true));
        assert_eq!(end.counts.values().sum::<usize>(), kept.cases.len());
        noted_and_gone(&pids);
        let _ = std::fs::remove_file(record);
    }
}

/// What a run says that is interrupted while a case hangs.
fn said_until_interrupted(name: &str, args: &[&str]) -> String {
    let pids = scratch(name);
    let running = example("hanging")
        .arg("--limit=600")
        .arg(format!("--option=deeds.pids={}", pids.display()))
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example can be run");
    for _ in 0..4000 {
        if std::fs::read(&pids).is_ok_and(|noted| !noted.is_empty()) {
            break;
        }
        let _ = nix::poll::poll(&mut [], 5_u16);
    }
    sys::process::kill(running.id() as i32, 2).expect("it runs");
    let output = running.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    noted_and_gone(&pids);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// libtest's printer cannot be told to stop: what it would say of the others looks like verdicts.
#[test]
fn an_interrupted_run_says_nothing_of_what_did_not_run() {
    let said = said_until_interrupted("interrupted-quietly", &[]);
    let ok = |line: &str| line.contains("comes_before_the_others") && line.ends_with("... ok");
    assert!(said.lines().any(ok), "{said}");
    assert!(!said.contains("ignored") && !said.contains("test result"), "{said}");
}

/// What is said at the end of a run would look as if it had come there.
#[test]
fn an_interrupted_run_has_no_totals_and_no_check_of_the_taint() {
    for format in ["ktap", "lava"] {
        let args = [&*format!("--format={format}")];
        let said = said_until_interrupted(&format!("interrupted-{format}"), &args);
        assert!(said.contains("comes_before_the_others"), "{said}");
        assert!(!said.contains("taint_is_explained") && !said.contains("# Totals"), "{said}");
    }
}

#[test]
fn bad_input_gets_one_line_and_a_status() {
    let malformed = scratch("deviations");
    std::fs::write(&malformed, "[[deviation]]\ncase = \"nobody\"\n")
        .expect("a file can be written");
    let malformed = malformed.to_str().expect("a plain name").to_owned();
    let mut said = String::new();
    for args in [
        &["--no-such-flag"][..],
        &["no_such_case"],
        &["--exact", "hang"],
        &["--record", "/nonexistent/record"],
        &["--record"],
        &["--format", "xml"],
        &["--record", "-"],
        &["--option", "nothing=1"],
        &["--option", "deeds.pids"],
        &["--limit", "soon"],
        &["--isolate", "vm"],
        &["--deviations", "/nonexistent/list"],
        &["--deviations", &malformed],
        &["--config", "/nonexistent/config"],
    ] {
        let output = example("wrong").args(args).output().expect("the example can be run");
        let errors = String::from_utf8_lossy(&output.stderr);
        said += &format!("{} -> {:?}\n{errors}\n", args.join(" "), output.status.code());
    }
    assert_reported!(said.replace(&malformed, "FILE"));
    let _ = std::fs::remove_file(malformed);
}

/// nextest shows a case that is skipped while it runs as passed, so the list says it beforehand.
#[test]
fn the_list_says_what_is_not_offered() {
    let list = |more: &[&str]| {
        let output = example("wrong").args(["--list", "--format", "terse"]).args(more).output();
        String::from_utf8(output.expect("it can be run").stdout).expect("names are text")
    };
    assert_eq!(list(&["--ignored"]), "needs_what_others_have: test\n");
    assert!(list(&[]).contains("needs_what_others_have: test\n"));
}
