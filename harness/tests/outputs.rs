//! A full disk is said, once, and is no verdict; a reader who has gone away ends the run quietly.

use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

const UNREAD: i32 = 141;

fn example() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    folder.join("examples/wrong")
}

fn run(args: &[&str], stdout: impl Into<Stdio>) -> (Option<i32>, String) {
    let output: Output = Command::new(example())
        .args(args)
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .expect("the example can be run");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

const OUTPUTS: [&[&str]; 9] = [
    &[],
    &["--exact", "is_right"],
    &["--test-threads=1"],
    &["--format=terse"],
    &["--format=ktap"],
    &["--format=json"],
    &["--format=framed"],
    &["--list"],
    &["--describe"],
];

#[test]
fn a_full_disk_is_said_once() {
    for args in OUTPUTS.into_iter().chain([&["--help"][..]]) {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("it is there");
        let (status, said) = run(args, full);
        assert_eq!(status, Some(69), "{args:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{args:?}: {said}");
        assert!(said.starts_with("sigsys: standard output: cannot write: No space"), "{said}");
    }
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    for args in OUTPUTS {
        let (reader, writer) = std::io::pipe().expect("a pipe can be made");
        drop(reader);
        let (status, said) = run(args, writer);
        let expected = if matches!(args, ["--list" | "--describe"]) { 0 } else { UNREAD };
        assert_eq!((status, said.as_str()), (Some(expected), ""), "{args:?}");
    }
}

/// What can be said is said elsewhere, or not at all; it changes nothing.
#[test]
fn complaints_nobody_takes_change_nothing() {
    let full = || OpenOptions::new().write(true).open("/dev/full").expect("it is there");
    for args in [&["no_such_case"][..], &["--record", "-"]] {
        let status = Command::new(example()).args(args).stderr(full()).stdout(full()).status();
        assert_eq!(status.expect("it can be run").code(), Some(2), "{args:?}");
    }
}

/// The run goes on, for its verdicts are said; the record holds whole lines and no end.
#[test]
fn a_record_that_does_not_fit_is_said_once_and_cut_between_lines() {
    let unshare = ["-Urm", "--propagation", "private"];
    let mount = ["mount", "-t", "tmpfs", "none", "/tmp"];
    let tried = Command::new("unshare").args(unshare).args(mount).output();
    if !tried.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: this user cannot mount a small disk with unshare");
        return;
    }
    let path = std::env::temp_dir().join(format!("sigsys-{}-full", std::process::id()));
    std::fs::create_dir_all(&path).expect("a folder can be made");
    let copy = path.with_extension("copy");
    let script = "mount -t tmpfs -o size=4k none \"$1\" || exit 99
        \"$0\" --test-threads=1 --record \"$1/record\"; status=$?
        cp \"$1/record\" \"$2\"; exit $status";
    let output = Command::new("unshare")
        .args(unshare)
        .args(["sh", "-c", script])
        .args([&example(), &path, &copy])
        .output()
        .expect("unshare runs");
    let (out, said) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("--record") && said.contains("cannot write: No space left"), "{said}");
    assert!(out.contains("25 of 25 cases ran"), "{out}");
    let text = std::fs::read_to_string(&copy).expect("there is a record");
    let _ = (std::fs::remove_file(&copy), std::fs::remove_dir(&path));
    assert!(text.ends_with('\n'), "half a line");
    let record = harness::record::Record::parse(&text).expect("what there is can be read");
    assert!(!record.cases.is_empty() && record.footer.is_none());
}

#[test]
fn a_record_on_a_full_disk_is_no_usage_error() {
    let (status, said) = run(&["--record", "/dev/full"], Stdio::null());
    assert_eq!(status, Some(69), "{said}");
    assert!(said.starts_with("sigsys: --record /dev/full: cannot write: No space"), "{said}");
}
