//! What a suite needs to travel: lists of cases, framed lines, and being pid 1 without being an init.

use harness::frame::{Reader, SUITE};
use harness::record::Record;
use std::process::Command;

fn example() -> std::path::PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    folder.join("examples/wrong")
}

#[test]
fn a_list_of_cases_is_run_and_comes_back_in_frames() {
    let list = std::env::temp_dir().join(format!("sigsys-{}-cases", std::process::id()));
    std::fs::write(&list, "is_right\ndeviates_as_known\n").expect("written");
    let run = |format: &str| {
        let output = Command::new(example())
            .args(["--test-threads=1", "--format", format, "--cases"])
            .arg(&list)
            .output()
            .expect("it can be run");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let mut reader = Reader::default();
    let frames: Vec<_> = run("framed").lines().map(|line| reader.take(line).expect(line)).collect();
    assert!(frames.iter().all(|frame| frame.stream == SUITE && frame.lost == 0));
    let lines: Vec<_> = frames.iter().map(|frame| frame.text.as_str()).collect();
    let record = Record::parse(&lines.join("\n")).expect("a record");
    let names: Vec<_> = record.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["deviates_as_known", "is_right"]);
    assert!(record.footer.is_some() && record.header.cases == 2);
    assert!(run("pretty").contains("2 passed"));
    std::fs::write(&list, "is_right\nnobody\n").expect("written");
    let output = Command::new(example()).arg("--cases").arg(&list).output().expect("it can be run");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(2) && said.contains("no case is called `nobody`"),
        "{said}"
    );
    let _ = std::fs::remove_file(&list);
}

/// The first process of a container runs the suite like any other: it leaves, and nothing is mounted.
#[test]
fn the_first_process_is_no_init_unless_told() {
    let probe = Command::new("unshare").args(["-Urpf", "--kill-child", "true"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: this user cannot make a process id namespace with unshare");
        return;
    }
    let mounts = || std::fs::read_to_string("/proc/mounts").expect("/proc is mounted");
    let before = mounts();
    // It could mount: the namespace of mounts is its user's.
    const SCRIPT: &str = r#"
        before=$(cat /proc/mounts)
        unshare -pf --kill-child sh -c 'mount -t proc proc /proc && exec "$@"' sh "$@" || exit 8
        umount /proc
        [ "$before" = "$(cat /proc/mounts)" ] || exit 9"#;
    let output = Command::new("unshare")
        .args(["-Urm", "sh", "-c", SCRIPT, "sh"])
        .arg(example())
        .args(["--test-threads=1", "--exact", "is_right"])
        .output()
        .expect("unshare runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{output:?}");
    // The word alone does not make an init of another process.
    let output = Command::new(example()).arg("--init").output().expect("it can be run");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(mounts(), before);
}
