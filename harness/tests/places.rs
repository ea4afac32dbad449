//! Places that lack something, and kernels that find themselves at fault: made with namespaces, in which a
//! file may lie over another.

use harness::record::{CaseLine, Record, TaintChange, Verdict};
use rstest::rstest;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use sys::uapi::{TAINT_DIE, TAINT_OOT_MODULE, TAINT_SOFTLOCKUP, TAINT_WARN};

fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    let path = folder.join("examples").join(name);
    assert!(path.exists(), "{} is not built: run cargo test without --test", path.display());
    path
}

fn scratch(name: &str) -> PathBuf {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let path = format!("sigsys-{}-places-{number}-{name}", std::process::id());
    let path = std::env::temp_dir().join(path);
    let _ = std::fs::remove_file(&path);
    path
}

/// Runs an example where `change` was made to the files there are; nothing where that is not possible.
fn run(change: &str, name: &str, args: &[&str]) -> Option<Output> {
    let unshare = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["-Urm", "sh", "-c", script, "sh"]);
        command
    };
    if !unshare(change).output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: this user cannot make namespaces with unshare");
        return None;
    }
    let script = format!("{change} && exec \"$@\"");
    let output = unshare(&script).arg(example(name)).args(args).output();
    Some(output.expect("unshare runs"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const NO_NULL: &str = "mount -t tmpfs tmpfs /dev";
const NO_PROC: &str = "mount -t tmpfs tmpfs /proc";

#[test]
fn where_no_image_can_be_started_cases_are_forked() {
    for (change, more) in [(NO_NULL, ""), (NO_PROC, "/proc is not mounted")] {
        let Some(output) = run(change, "right", &["--test-threads=2"]) else { return };
        let said = said(&output);
        assert_eq!(output.status.code(), Some(0), "{change}: {output:?}");
        assert!(said.contains("cannot start its own image again"), "{change}: {said}");
        assert!(said.contains(more), "{change}: {said}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("10 passed"), "{output:?}");
    }
}

#[test]
fn where_no_file_can_be_made_cases_are_forked() {
    let mut command = Command::new(example("right"));
    let output = command.env("TMPDIR", "/nonexistent").output().expect("it can be run");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(said(&output).contains("cannot start its own image again"), "{output:?}");
}

/// Where everything is there, or less was asked for, nothing is said.
#[test]
fn nothing_is_said_of_what_is_not_missing() {
    for args in [&[][..], &["--isolate=plain"], &["--isolate=exec"]] {
        let output = Command::new(example("right")).args(args).output().expect("it can be run");
        assert_eq!((output.status.code(), &*said(&output)), (Some(0), ""), "{args:?}");
    }
}

/// What a case leaves behind is found without a list of children.
#[test]
fn without_proc_nothing_is_left_behind() {
    for (name, case) in
        [("wrong", "leaves_a_daemon_behind"), ("hanging", "forks_a_daemon_and_hangs")]
    {
        let pids = scratch("pids");
        let option = format!("--option=deeds.pids={}", pids.display());
        let Some(output) = run(NO_PROC, name, &["--limit=1", &option, "--exact", case]) else {
            return;
        };
        let noted = std::fs::read_to_string(&pids).unwrap_or_default();
        let _ = std::fs::remove_file(&pids);
        assert_eq!(noted.lines().count(), 2, "{output:?}");
        for pid in noted.lines() {
            let found = sys::process::kill(pid.parse().expect("a number"), 0);
            assert_eq!(found, Err(sys::Errno::ESRCH), "{case} left a process behind: {output:?}");
        }
    }
}

/// Nor of what a worker leaves behind that dies.
#[test]
fn without_proc_nothing_is_left_of_a_lost_worker() {
    let notes = scratch("left");
    let option = format!("--option=meeting.notes={}", notes.display());
    let args = ["--limit=600", &option, "--exact", "kills_its_worker"];
    let Some(output) = run(NO_PROC, "meeting", &args) else { return };
    let noted = std::fs::read_to_string(&notes).unwrap_or_default();
    let _ = std::fs::remove_file(&notes);
    let pids = noted.lines().filter_map(|line| line.strip_prefix("begin ")?.parse().ok());
    let left: Vec<i32> = pids.clone().filter(|pid| sys::process::kill(*pid, 9).is_ok()).collect();
    // It was tried twice.
    assert_eq!((pids.count(), left), (2, Vec::new()), "{output:?}");
}

/// What starts a run may have its programs laid out in one way; workers are laid out as programs usually
/// are, where they have an image of their own.
#[test]
fn workers_are_laid_out_at_random() {
    for (isolation, status) in [("fork", 0), ("exec", 0), ("plain", 101)] {
        let mut command = Command::new("setarch");
        command.arg("-R").arg(example("meeting"));
        command.args(["--isolate", isolation, "--exact", "is_laid_out_at_random"]);
        let output = command.output().expect("setarch runs");
        if said(&output).starts_with("setarch: ") {
            eprintln!("SKIPPED: personality(2) is forbidden here");
            return;
        }
        assert_eq!(output.status.code(), Some(status), "{isolation}: {output:?}");
    }
}

/// A question that came to no answer is asked once more, by another worker; one that was answered is not.
#[test]
fn what_gives_no_answer_is_asked_again() {
    for isolation in ["fork", "exec", "plain"] {
        let asked = scratch("asked");
        for times in [2, 3] {
            let mut command = Command::new(example("taints"));
            command.arg(format!("--option=taints.asked={}", asked.display()));
            // One at a time: the worker that is asked again is the one that was asked.
            command.args(["--test-threads=1", "--isolate", isolation]);
            command.args(["--exact", "needs_what_hesitates"]);
            let output = command.output().expect("it can be run");
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            let asked = std::fs::read_to_string(&asked).expect("it was asked");
            assert_eq!(asked.lines().count(), times, "{isolation}: {asked}");
        }
        let _ = std::fs::remove_file(asked);
    }
}

/// A limit is raised where it may be; where it may not, it is named, and no case is run.
#[rstest]
#[case::open_files("-n 8", "open files is 8, and cases need 256: raise it (`ulimit -n 256`)")]
#[case::stack("-s 512", "stack is 512, and cases need 1024: raise it (`ulimit -s 1024`)")]
#[case::file_size("-f 16", "file size is 16, and cases need 2048: raise it (`ulimit -f 2048`)")]
fn small_limits_are_raised_or_named(#[case] limit: &str, #[case] words: &str) {
    let under = |whose| run(&format!("ulimit {whose}{limit}"), "right", &["--test-threads=4"]);
    let Some(output) = under("-S ") else { return };
    assert_eq!((output.status.code(), &*said(&output)), (Some(0), ""));
    let Some(output) = under("") else { return };
    let line = format!("sigsys: the limit of this process for {words}\n");
    assert_eq!((output.status.code(), said(&output)), (Some(69), line));
}

/// A user whose files nobody can read has the same verdicts: a core that its owner cannot read is not dumped.
#[test]
fn the_mask_of_the_user_is_not_that_of_the_cases() {
    for isolation in ["fork", "exec", "plain"] {
        let how = format!("--isolate={isolation}");
        let Some(output) = run("umask 777", "right", &[&how]) else { return };
        assert_eq!((output.status.code(), &*said(&output)), (Some(0), ""), "{how}");
    }
}

/// Nor is any case run where some of its threads could not be made. The limit binds nobody who is root
/// outside, so nobody runs it.
#[test]
fn too_few_threads_are_named() {
    let program = scratch("threads");
    std::fs::copy(example("right"), &program).expect("it can be copied");
    let mut command = Command::new(if is_root() { "setpriv" } else { "env" });
    if is_root() {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    }
    // The workers' threads can be made, and those that use them not.
    command.args(["unshare", "-Ur", "prlimit", "--nproc=12"]).arg(&program);
    // Workers have threads only where it can make files.
    let output = command.env_remove("TMPDIR").arg("--test-threads=8").output();
    let _ = std::fs::remove_file(&program);
    let output = output.expect("it can be run");
    if !said(&output).starts_with("sigsys: ") && output.status.code() != Some(101) {
        eprintln!("SKIPPED: this user cannot make namespaces with unshare: {output:?}");
        return;
    }
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    assert!(said(&output).starts_with("sigsys: no threads for 8 workers: "), "{output:?}");
}

fn is_root() -> bool {
    sys::environment::effective_user() == 0
}

/// However a worker was made, that it is gone is noticed.
#[test]
fn a_lost_worker_is_noticed() {
    for isolation in ["fork", "exec", "plain"] {
        let mut command = Command::new(example("wrong"));
        command.args(["--limit=600", "--isolate", isolation, "--exact", "takes_its_worker_down"]);
        let output = command.output().expect("it can be run");
        assert_eq!(output.status.code(), Some(101), "{isolation}: {output:?}");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("took its worker down"), "{isolation}: {text}");
    }
}

/// A run of these cases on a kernel whose taint is `before` at first: status, record, and what was said.
fn tainted(before: &str, args: &[&str]) -> Option<(Option<i32>, Record, String)> {
    let file = scratch("taint");
    std::fs::write(&file, before).expect("it can be written");
    let change = format!("mount --bind {} /proc/sys/kernel/tainted", file.display());
    let option = format!("--option=taints.file={}", file.display());
    let common = ["--test-threads=1", "--limit=600", &option, "--format=json"];
    let output = run(&change, "taints", &[&common, args].concat());
    let _ = std::fs::remove_file(&file);
    let output = output?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let record = Record::parse(&text).unwrap_or_else(|why| panic!("{why}: {output:?}"));
    Some((output.status.code(), record, said(&output)))
}

fn case<'a>(record: &'a Record, name: &str) -> &'a CaseLine {
    record.cases.iter().find(|case| case.name == name).expect(name)
}

const OOPS: u64 = 1 << TAINT_DIE;
const WARNING: u64 = 1 << TAINT_WARN;
const MODULE: u64 = 1 << TAINT_OOT_MODULE;
const LOCKUP: u64 = 1 << TAINT_SOFTLOCKUP;

fn change(before: u64, after: u64) -> TaintChange {
    TaintChange { before, after }
}

#[test]
fn a_case_during_which_the_taint_changes_is_named() {
    let Some((status, record, _)) = tainted("0\n", &["--skip=needs"]) else { return };
    assert_eq!(status, Some(101));
    assert_eq!(record.header.kernel.taint, Some(0));
    for name in ["a_case_of_its_own", "ends_the_suite"] {
        let case = case(&record, name);
        assert_eq!((case.verdict, case.taint), (Verdict::Holds, None), "{name}");
    }
    let broken = case(&record, "breaks_and_dies");
    assert_eq!((broken.verdict, broken.taint), (Verdict::Violated, Some(change(0, OOPS))));
    assert!(broken.notes().join("").contains("the kernel died"), "{broken:?}");
    let module = case(&record, "comes_with_a_module");
    assert_eq!(
        (module.verdict, module.taint),
        (Verdict::Broken, Some(change(OOPS, OOPS | MODULE)))
    );
    let warned = case(&record, "draws_a_warning");
    let after = OOPS | MODULE | WARNING;
    assert_eq!(
        (warned.verdict, warned.taint),
        (Verdict::Tainted, Some(change(OOPS | MODULE, after)))
    );
    assert_eq!(record.footer.expect("it is whole").taint, Some(after));
}

#[test]
fn one_change_of_the_taint_decides_the_status() {
    for (case, status, words) in [
        ("a_case_of_its_own", 0, ""),
        ("comes_with_a_module", 69, ""),
        ("draws_a_warning", 101, ""),
        (
            "needs_what_locks_up",
            101,
            "while no case ran, the kernel's taint went from 0 to 16384: L",
        ),
    ] {
        let Some((code, record, said)) = tainted("0\n", &["--exact", case]) else { return };
        assert_eq!(code, Some(status), "{case}: {said}");
        assert!(said.contains(words) && said.is_empty() == words.is_empty(), "{case}: {said}");
        let taint = record.footer.expect("it is whole").taint;
        assert_eq!(taint.is_some(), status != 0, "{case}");
    }
}

#[test]
fn what_the_kernel_said_before_does_not_count() {
    let Some((status, record, said)) = tainted("16896\n", &["--exact", "draws_a_warning"]) else {
        return;
    };
    assert_eq!((status, &*said), (Some(0), ""));
    assert_eq!(record.header.kernel.taint, Some(WARNING | LOCKUP));
    assert_eq!(record.footer.expect("it is whole").taint, None);
}

#[test]
fn a_taint_that_cannot_be_read_is_unknown_and_said() {
    let Some((status, record, said)) = tainted("", &["--exact", "ends_the_suite"]) else { return };
    assert_eq!((status, record.header.kernel.taint), (Some(0), None));
    assert!(said.contains("/proc/sys/kernel/tainted cannot be read"), "{said}");
}

#[test]
fn ktap_names_a_taint_that_no_case_explains() {
    let file = scratch("ktap-taint");
    std::fs::write(&file, "0\n").expect("it can be written");
    let change = format!("mount --bind {} /proc/sys/kernel/tainted", file.display());
    let option = format!("--option=taints.file={}", file.display());
    let output =
        run(&change, "taints", &["--format=ktap", &option, "--exact", "needs_what_locks_up"]);
    let _ = std::fs::remove_file(&file);
    let Some(output) = output else { return };
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(101));
    assert!(text.contains("ok 1 needs_what_locks_up\n# the kernel's taint went from 0"), "{text}");
    let end = "\nnot ok 2 kernel::taint_is_explained\n\
               # Totals: pass:1 fail:1 xfail:0 xpass:0 skip:0 error:0\n";
    assert!(text.ends_with(end), "{text}");
}

/// What /proc of another namespace says is about other processes.
#[test]
fn a_foreign_proc_gives_no_verdict() {
    let in_namespace = |more: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["-Ur", "-p", "-f"]).args(more).arg(example("right"));
        command.output().expect("unshare runs")
    };
    let output = in_namespace(&["--mount-proc"]);
    if said(&output).starts_with("unshare: ") {
        eprintln!("SKIPPED: this user cannot make namespaces with unshare");
        return;
    }
    assert_eq!((output.status.code(), &*said(&output)), (Some(0), ""));
    let output = in_namespace(&[]);
    assert_eq!(output.status.code(), Some(69), "{output:?}");
    assert!(said(&output).starts_with("sigsys: /proc is another pid namespace's, "), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
}

/// Under a tracer everything is another thing: no verdict is given, and a list is.
#[test]
fn one_that_is_traced_gives_no_verdict() {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;
    use sys::process::{self, WaitStatus};
    use sys::tracing::{Resume, resume, trace_me};
    let path = CString::new(example("right").as_os_str().as_bytes()).expect("a path");
    for (argument, status) in [(c"--exact", 69), (c"--list", 0)] {
        let child = process::fork(|| {
            let _ = trace_me();
            sys::environment::execve(&path, &[&path, argument, c"prints_nothing"]);
            126
        });
        let child = child.expect("a child can be made");
        let end = loop {
            match process::wait(child, 0).expect("it is ours") {
                Some((_, WaitStatus::Stopped(signal))) => {
                    // The first is the trap at the new image; those that are sent are passed on.
                    let signal = if signal == 5 { 0 } else { signal };
                    resume(child, Resume::Continue, signal).expect("it is traced");
                }
                Some((_, end)) => break end,
                None => {}
            }
        };
        assert_eq!(end, WaitStatus::Exited(status), "{argument:?}");
    }
}
