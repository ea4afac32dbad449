//! Whatever is killed of a run, at whatever moment, nothing of it is left, and no verdict is wrong.
//!
//! Every process of a run holds the write end of a pipe that it inherits: when the read end says that
//! there is no writer any more, all are gone, whatever they made of themselves.

use harness::record::{Record, Verdict};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use sys::uapi::SIGKILL;

/// More than the second that is promised: other tests run on this machine too.
const PATIENCE: Duration = Duration::from_secs(20);

/// One run at a time: a program that another test starts meanwhile would inherit the pipe as well.
static ONE: Mutex<()> = Mutex::new(());

struct Run {
    child: Child,
    marker: File,
    record: PathBuf,
    _one: MutexGuard<'static, ()>,
}

impl Run {
    fn start(isolation: &str) -> Self {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let test = std::env::current_exe().expect("a test knows its own file");
        let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
        let record = std::env::temp_dir().join(format!("sigsys-{}-death", std::process::id()));
        let _ = std::fs::remove_file(&record);
        let (read, write) = pipe();
        let child = Command::new(folder.join("examples/lively"))
            .args(["--test-threads=2", "--format=json", "--limit=60", "--isolate", isolation])
            .arg("--record")
            .arg(&record)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the example can be run");
        drop(write);
        Self { child, marker: File::from(read), record, _one: one }
    }

    fn pid(&self) -> i32 {
        self.child.id().try_into().expect("a process id")
    }

    /// How long after now the last process was gone.
    fn all_gone(&mut self) -> Duration {
        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        use std::os::fd::AsFd;
        let begun = Instant::now();
        let mut fds = [PollFd::new(self.marker.as_fd(), PollFlags::POLLIN)];
        let patience = PollTimeout::try_from(PATIENCE).expect("short");
        assert_eq!(poll(&mut fds, patience), Ok(1), "something lives on");
        assert_eq!(self.marker.read(&mut [0]).expect("readable"), 0, "nobody writes to it");
        begun.elapsed()
    }

    /// What was recorded: lines are whole, and nothing in it is a lie.
    fn record(&self) -> Option<Record> {
        let text = std::fs::read_to_string(&self.record).unwrap_or_default();
        assert!(text.is_empty() || text.ends_with('\n'), "half a line: {text}");
        if text.is_empty() {
            return None;
        }
        let record = Record::parse(&text).expect("what there is can be read");
        for case in &record.cases {
            assert_eq!(case.verdict, Verdict::Holds, "{case:?}");
        }
        Some(record)
    }
}

/// A pipe that programs inherit.
fn pipe() -> (OwnedFd, OwnedFd) {
    let (read, write) = nix::unistd::pipe().expect("a pipe can be made");
    let close = nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC);
    nix::fcntl::fcntl(&read, close).expect("a flag can be set");
    assert!(write.as_raw_fd() > 2);
    (read, write)
}

/// The children of a process.
fn children(pid: i32) -> Vec<i32> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    threads
        .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("children")).ok())
        .flat_map(|list| {
            list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>()
        })
        .collect()
}

/// Those so many generations below `pid`.
fn generation(pid: i32, below: usize) -> Vec<i32> {
    (0..below).fold(vec![pid], |parents, _| parents.into_iter().flat_map(children).collect())
}

/// Numbers without a pattern, the same on every run of the test.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn wait_for(milliseconds: u64) {
    let _ = nix::poll::poll(&mut [], u16::try_from(milliseconds).expect("short"));
}

/// Kills somebody of generation `below`, at some moment of each of so many runs.
fn kill_some(isolation: &str, below: usize, times: u64) {
    let mut draw = Draw(1 + below as u64);
    let mut killed = 0;
    for _ in 0..times {
        let mut run = Run::start(isolation);
        wait_for(draw.below(250));
        // Some are there for moments only: from the one that was drawn on, the next that comes is killed.
        let mut victims = generation(run.pid(), below);
        while victims.is_empty() && matches!(run.child.try_wait(), Ok(None)) {
            victims = generation(run.pid(), below);
        }
        if !victims.is_empty() {
            let victim = victims[draw.below(victims.len() as u64) as usize];
            killed += u32::from(sys::process::kill(victim, SIGKILL).is_ok());
        }
        let status = run.child.wait().expect("it ends");
        let took = run.all_gone();
        let record = run.record();
        if below == 0 {
            assert!(record.is_none_or(|record| record.cases.len() <= 12));
            continue;
        }
        // The run went on: a canary that was hit is tried again, as a case is.
        let record = record.expect("a whole record");
        assert_eq!((status.code(), record.cases.len()), (Some(0), 12), "after {took:?}");
        assert!(record.footer.is_some());
    }
    assert!(killed > 0, "nobody was killed");
}

#[test]
fn a_run_that_nobody_disturbs_leaves_nothing() {
    for isolation in ["fork", "exec", "plain"] {
        let mut run = Run::start(isolation);
        assert!(run.child.wait().expect("it ends").success());
        run.all_gone();
        let record = run.record().expect("a record");
        assert_eq!(record.cases.len(), 12);
        assert!(record.cases.iter().all(|case| case.retried.is_none()), "nothing was tried again");
    }
}

#[test]
fn the_runner_may_be_killed() {
    kill_some("fork", 0, 12);
    kill_some("plain", 0, 6);
    kill_some("exec", 0, 4);
}

#[test]
fn a_worker_may_be_killed() {
    kill_some("fork", 1, 12);
    kill_some("plain", 1, 6);
    kill_some("exec", 1, 4);
}

#[test]
fn a_case_may_be_killed() {
    kill_some("fork", 2, 12);
    kill_some("plain", 2, 6);
    kill_some("exec", 2, 4);
}

#[test]
fn what_a_case_made_may_be_killed() {
    kill_some("fork", 3, 12);
}

/// What is no descendant of a worker is nobody's to end, though it is a child of the run's first process.
#[test]
fn a_stranger_is_left_alone() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    let script = "sleep 600 >/dev/null 2>&1 & echo $! >&2; exec \"$0\" --format=json --limit=60";
    let mut child = Command::new("sh")
        .args(["-c", script])
        .arg(folder.join("examples/lively"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sh can be run");
    let mut stderr = std::io::BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut stderr, &mut line).expect("a number");
    let stranger: i32 = line.trim().parse().expect("a number");
    let first = child.id().try_into().expect("a process id");
    // The runner is a child, its workers that one's.
    let deadline = Instant::now() + PATIENCE;
    let worker = loop {
        if let Some(worker) = generation(first, 2).first() {
            break *worker;
        }
        assert!(Instant::now() < deadline, "no worker is there");
        wait_for(1);
    };
    sys::process::kill(worker, SIGKILL).expect("it can be killed");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    sys::process::kill(stranger, SIGKILL).expect("the stranger lived on");
}

/// A run whose first process has children before its image is started: those that `strangers` makes.
fn beside(strangers: &str, program: &str, args: &[&str]) -> Child {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    Command::new("sh")
        .args(["-c", &format!("{strangers}\nexec \"$@\""), "sh"])
        .arg(folder.join("examples").join(program))
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("sh can be run")
}

/// How strangers end is not how the run ends.
#[test]
fn a_stranger_that_ends_does_not_end_the_run() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    for stranger in ["(exit 7) &", "sh -c 'kill -9 $$' &", "true &"] {
        let args = ["--limit=600", "--exact", "claims_that_one_is_two"];
        let output = beside(stranger, "wrong", &args).wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(101), "{stranger} {output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("the run was ended"), "{stranger} {output:?}");
    }
}

/// Beside strangers the run is a child: that it was ended is said, and gives its status.
#[test]
fn a_run_that_is_ended_beside_strangers_is_no_good_run() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    for (signal, status) in [(SIGKILL, 137), (15, 143)] {
        let run = beside("(exit 7) &", "hanging", &["--limit=600", "--exact", "hangs"]);
        let first = run.id().try_into().expect("a process id");
        let deadline = Instant::now() + PATIENCE;
        // It has come so far that it has a worker.
        while generation(first, 2).is_empty() {
            assert!(Instant::now() < deadline, "no worker is there");
            wait_for(1);
        }
        let words = match signal {
            SIGKILL => "the run was ended by SIGKILL: nothing is known of what is missing",
            _ => "interrupted by SIGTERM after 0 of 1 cases",
        };
        // SIGKILL comes to the runner, the other to the one that stands before it.
        let runners = children(first);
        let to = if signal == SIGKILL { *runners.last().expect("a runner") } else { first };
        sys::process::kill(to, signal).expect("it runs");
        let output = run.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(words), "{output:?}");
    }
}
