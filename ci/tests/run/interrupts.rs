//! Interrupts, and what a suite leaves behind.

use super::{finish, left, run, scratch};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rstest::rstest;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Starts a run that waits, and waits until it does.
fn waiting(play: &str, name: &str) -> (Child, Pid) {
    let pid_file = scratch(&format!("{name}.pid"));
    let _ = std::fs::remove_file(&pid_file);
    let mut command = run(play, &["--record", "/dev/null"]);
    command.env("PID_FILE", &pid_file).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("sigsys starts");
    let read = || std::fs::read_to_string(&pid_file).ok()?.trim().parse().ok();
    let suite = until(read).expect("the suite starts");
    (child, Pid::from_raw(suite))
}

fn until<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

fn interrupt(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).expect("a pid");
    kill(Pid::from_raw(pid), signal).expect("sigsys runs");
}

#[rstest]
#[case::interrupted(Signal::SIGINT, 130)]
#[case::terminated(Signal::SIGTERM, 143)]
fn an_interrupt_reaches_the_suite_and_leaves_a_report(#[case] signal: Signal, #[case] status: i32) {
    let (child, suite) = waiting("waits", &format!("waits-{signal}"));
    interrupt(&child, signal);
    let left = left(child.wait_with_output().expect("sigsys ends"));
    assert_eq!(left.status, Some(status), "{}{}", left.out, left.err);
    assert!(left.out.contains("1 of 2 cases: 1 holds"), "{}", left.out);
    assert!(left.err.contains(&format!("interrupted by {signal} after 1 of 2")), "{}", left.err);
    assert!(is_gone(suite), "the suite is still there");
}

#[test]
fn a_second_interrupt_kills_a_suite_that_stays() {
    let (child, suite) = waiting("stubborn", "stubborn");
    interrupt(&child, Signal::SIGINT);
    // A signal that follows at once counts as the same.
    interrupt(&child, Signal::SIGINT);
    std::thread::sleep(Duration::from_millis(1200));
    assert!(!is_gone(suite), "the suite was killed at once");
    interrupt(&child, Signal::SIGINT);
    let left = left(child.wait_with_output().expect("sigsys ends"));
    assert_eq!(left.status, Some(130), "{}{}", left.out, left.err);
    assert!(is_gone(suite), "the suite is still there");
}

#[test]
fn what_a_suite_leaves_behind_is_ended() {
    let pid_file = scratch("left-behind.pid");
    let mut command = run("leaves_a_child", &[]);
    command.env("PID_FILE", &pid_file);
    let left = finish(command);
    assert_eq!(left.status, Some(69), "{}{}", left.out, left.err);
    let child = std::fs::read_to_string(&pid_file).expect("it was started");
    let child = Pid::from_raw(child.trim().parse().expect("a pid"));
    // Its new parent may take a moment to reap it.
    let gone = || is_gone(child).then_some(());
    assert!(until(gone).is_some(), "{child} is still there");
}

/// Whether a process has ended; it may remain a zombie.
fn is_gone(pid: Pid) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.contains(") Z "),
        Err(_) => true,
    }
}
