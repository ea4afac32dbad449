//! `sigsys matrix` on systems that scripts play, and on kernels that were "fetched" before.
#![forbid(unsafe_code)]

mod own;
mod recorded;
mod scene;
mod variants;
mod whole;

use harness::frame::{INIT, SUITE, Writer};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rstest::rstest;
use scene::*;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

#[test]
fn the_suite_and_its_arguments_reach_the_command() {
    let scene = Scene::new("arguments");
    let left = scene.run(&["--via", "echo"]);
    assert!(left.out.contains(&format!("record: {SUITE_SCRIPT} --format framed")), "{}", left.out);
    let left = scene.run(&["--via", "x=echo {arguments} for {suite}"]);
    assert!(
        left.out.contains(&format!("record: --format framed for {SUITE_SCRIPT}")),
        "{}",
        left.out
    );
}

/// Another implementation is shown and not held to Linux's promises.
#[test]
fn what_another_system_breaks_fails_nothing() {
    let scene = Scene::new("system");
    scene.system(
        &scene.says("lines", &[RUN, ONE, TWO_BREAKS, END_BREAKS], 101),
        "echo player 1.2.3",
    );
    let left = scene.run(&[]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(left.out.contains(" 1 run"), "{}", left.out);
    let left = scene.run(&[]);
    assert!(left.out.contains("nothing to do"), "{}", left.out);
    assert!(scene.run(&["--again"]).out.contains(" 1 run"));
    // It is another one now.
    scene.system(&scene.says("lines", &[RUN, ONE, TWO, END], 0), "echo player 1.2.4");
    assert!(scene.run(&[]).out.contains(" 1 run"));
}

#[test]
fn what_is_not_there_is_said_and_fails_only_what_requires_it() {
    let scene = Scene::new("missing");
    scene.system("true", "false");
    let via = format!("board={}", scene.says("lines", &[RUN, ONE, TWO, END], 0));
    let both = ["--via", &via, "--only", "played"];
    let left = scene.run(&both);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(
        left.out
            .contains("played: not available: played is not installed: apt-get install a-player"),
        "{}",
        left.out
    );
    let left = scene.run(&[&both[..], &["--require", "played"]].concat());
    assert_eq!(left.status, Some(69), "{}{}", left.out, left.err);
    assert!(left.err.contains("played is required and not available"), "{}", left.err);
}

#[rstest]
#[case::only(&["--only", "z"], "--only z: nothing in the matrix is called so; there are played")]
#[case::require(&["--require", "z"], "--require z: ")]
#[case::via(&["--via", "x= "], "--via x= : there is no command in it")]
#[case::via_twice(&["--via", "played=true"], "the matrix has a `played` already")]
#[case::list(&["--kernels", "/nowhere"], "--kernels")]
fn a_wrong_command_line_is_refused(#[case] more: &[&str], #[case] says: &str) {
    let scene = Scene::new(&format!("wrong{}", more.concat().replace(['/', ' '], "")));
    scene.system("true", "");
    let left = scene.run(more);
    assert_eq!(left.status, Some(2), "{}{}", left.out, left.err);
    assert!(left.err.contains(says) && left.err.lines().count() <= 5, "{}", left.err);
}

#[test]
fn results_are_held_against_snapshots() {
    let scene = Scene::new("check");
    scene.system(&scene.says("lines", &[RUN, ONE, TWO, END], 0), "echo player 1.2.3");
    let (snapshot, new) =
        (scene.0.join("snapshots/a/b.snap"), scene.0.join("snapshots/a/b.snap.new"));
    fs::create_dir(scene.0.join("snapshots")).expect("a folder");
    let left = scene.run(&["--check"]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(
        left.out.contains("there is no snapshot of played yet") && new.exists(),
        "{}",
        left.out
    );
    let left = scene.run(&["--check", "--require-snapshots"]);
    assert_eq!(left.status, Some(69), "{}{}", left.out, left.err);
    assert!(left.err.contains("there is no snapshot of played"), "{}", left.err);
    let left = scene.run(&["--accept"]);
    assert!(left.status == Some(0) && left.out.contains("2 texts written"), "{}", left.out);
    assert!(snapshot.exists() && !new.exists());
    assert_eq!(scene.run(&["--check", "--require-snapshots"]).status, Some(0));
    // A point release that does something else.
    scene.system(
        &scene.says("lines", &[RUN, ONE, TWO_BREAKS, END_BREAKS], 101),
        "echo player 1.2.4",
    );
    let left = scene.run(&["--check"]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(left.out.contains("DIFFERS") && new.exists(), "{}", left.out);
    let lines = "  two\n  -   *                 holds\n  +   *                 violated: no\n";
    assert!(left.out.contains(lines), "{}", left.out);
    // The text that is stored, and not the last run, is what a run is held against.
    scene.system(&scene.says("lines", &[RUN, ONE, TWO, END], 0), "echo player 1.2.3");
    assert_eq!(scene.run(&["--check"]).status, Some(0));
    assert!(!new.exists());
    fs::write(snapshot, "what?").expect("written");
    assert_eq!(scene.run(&["--check"]).status, Some(69));
}

/// Areas without a case in the suite, and columns that are to go.
#[test]
fn what_is_of_no_case_is_told_and_removed_when_accepted() {
    let scene = Scene::new("stray");
    scene.system(&scene.says("lines", &[RUN, ONE, TWO, END], 0), "echo player 1.2.3");
    assert_eq!(scene.run(&["--accept"]).status, Some(0));
    let area = fs::read_to_string(scene.0.join("snapshots/a/b.snap")).expect("there");
    let stray = scene.put("snapshots/a/c.snap", area.replace("a::b", "a::c"));
    let left = scene.run(&["--check"]);
    let said = "2 cases of the snapshots are not in the suite any more: a::c::one, a::c::two";
    assert!(left.out.contains(said) && left.out.contains("to be removed"), "{}", left.out);
    assert!(stray.exists());
    assert_eq!(scene.run(&["--accept"]).status, Some(0));
    assert!(!stray.exists());
    let left = scene.run(&["--forget", "gvisor"]);
    assert_eq!(left.status, Some(2), "{}{}", left.out, left.err);
    assert!(left.err.contains("no column of the snapshots is called so"), "{}", left.err);
    let left = scene.run(&["--forget", "played"]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(!scene.0.join("snapshots/a/b.snap").exists(), "{}", left.out);
}

#[test]
fn a_kernel_is_booted_in_each_variant() {
    let scene = Scene::new("kernel");
    scene.kernel();
    for number in [1, 2] {
        scene.boot(number, &[RUN, ONE, TWO, END], "status 0");
    }
    let left = scene.run(&["--jobs", "1"]);
    assert_eq!((left.status, scene.boots()), (Some(0), 2), "{}{}", left.out, left.err);
    let lines = fs::read_to_string(scene.0.join("arguments.1")).expect("read");
    assert!(lines.contains("vsyscall=xonly"), "{lines}");
    let lines = fs::read_to_string(scene.0.join("arguments.2")).expect("read");
    assert!(lines.contains("vsyscall=none"), "{lines}");
    assert!(scene.run(&[]).out.contains("nothing to do"));
    // A record that was cut off is no result.
    fs::write(scene.0.join("results/k-n.jsonl"), RUN).expect("written");
    scene.boot(3, &[RUN, ONE, TWO, END], "status 0");
    let left = scene.run(&[]);
    assert!(left.out.contains("1 run, 1 kept"), "{}", left.out);
}

/// Both hold, and what one of them saw is no longer the same.
#[test]
fn a_kernel_that_does_something_else_than_its_snapshot_fails_the_check() {
    let scene = Scene::new("kernel-check");
    scene.kernel();
    scene.boot(1, &[RUN, ONE, TWO, END], "status 0");
    assert_eq!(scene.run(&["--only", "k-x", "--accept"]).status, Some(0));
    let columns = fs::read_to_string(scene.0.join("snapshots/columns.snap")).expect("there");
    assert!(columns.contains("  6.1               x\n"), "{columns}");
    assert_eq!(scene.run(&["--only", "k-x", "--check"]).status, Some(0));
    let seen = TWO.replace("\"holds\"}", "\"holds\",\"facts\":{\"rax\":[{\"value\":\"nr\"}]}}");
    scene.boot(2, &[RUN, ONE, &seen, END], "status 0");
    let left = scene.run(&["--only", "k-x", "--check", "--again"]);
    assert_eq!(left.status, Some(101), "{}{}", left.out, left.err);
    assert!(left.out.contains("DIFFERS") && left.out.contains("holds: rax = nr"), "{}", left.out);
    // A suite with other promises than the snapshots.
    let path = scene.0.join("snapshots/a/b.snap");
    scene.boot(3, &[RUN, ONE, TWO, END], "status 0");
    assert_eq!(scene.run(&["--only", "k-x", "--check", "--again"]).status, Some(0));
    let text = fs::read_to_string(&path).expect("there");
    fs::write(&path, text.replace("x/y", "x/z")).expect("written");
    let left = scene.run(&["--only", "k-x", "--check"]);
    assert_eq!(left.status, Some(101), "{}{}", left.out, left.err);
    assert!(left.out.contains("-   promises  x/z"), "{}", left.out);
}

#[test]
fn a_boot_that_says_nothing_of_the_kernel_is_tried_again() {
    let scene = Scene::new("again");
    scene.kernel();
    // The kernel dies with the case; the case holds in a new boot: an accident of the emulator's?
    scene.put("record.1", {
        let (mut init, mut suite) = (Writer::new(INIT), Writer::new(SUITE));
        format!("\n{}\n{}\n{}\n", init.frame("started 6.1"), suite.frame(RUN), suite.frame(ONE))
    });
    scene.put("console.1", PANIC);
    scene.boot(2, &[RUN, TWO, END], "status 0");
    scene.boot(3, &[RUN, ONE, TWO, END], "status 0");
    let left = scene.run(&["--only", "k-x"]);
    assert_eq!((left.status, scene.boots()), (Some(0), 3), "{}{}", left.out, left.err);
    assert!(left.out.contains("k-x: attempt 1: "), "{}", left.out);
}

#[test]
fn a_kernel_that_never_answers_is_no_answer() {
    let scene = Scene::new("dead");
    scene.kernel();
    for number in 1..=9 {
        scene.put(&format!("console.{number}"), PANIC);
    }
    let left = scene.run(&["--only", "k-x"]);
    assert_eq!(left.status, Some(69), "{}{}", left.out, left.err);
    assert!(
        left.out.contains("k-x: no answer: ") && left.out.contains("Kernel panic"),
        "{}",
        left.out
    );
    assert!(!scene.0.join("results/k-x.draft").exists());
}

#[test]
fn without_an_emulator_no_kernel_is_available() {
    let scene = Scene::new("no-qemu");
    scene.kernel();
    let left = scene.run(&["--qemu", "/nowhere/qemu"]);
    assert_eq!(left.status, Some(69), "{}{}", left.out, left.err);
    assert!(left.out.contains("apt-get install qemu-system-x86"), "{}", left.out);
    assert!(left.err.contains("nothing could be run"), "{}", left.err);
}

fn wait_for(what: impl Fn() -> bool) {
    let begun = Instant::now();
    while !what() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it did not come to that");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is_alive(pid: i32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !status.is_empty() && !status.contains(") Z ")
}

/// However it ends, the machines end with it, and the next run goes on from what was finished.
#[rstest]
#[case::killed("killed", Signal::SIGKILL, None)]
#[case::interrupted("interrupted", Signal::SIGINT, Some(130))]
fn what_was_finished_is_kept(
    #[case] name: &str,
    #[case] signal: Signal,
    #[case] status: Option<i32>,
) {
    let scene = Scene::new(name);
    scene.kernel();
    scene.boot(1, &[RUN, ONE, TWO, END], "status 0");
    scene.put("console.2", "[ 1.0] working\n");
    let pid_file = scene.0.join("pid");
    scene.put("end.2", format!("echo $$ >{}; exec sleep 600", pid_file.display()));
    let mut running = scene
        .command(&["--jobs", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sigsys starts");
    wait_for(|| fs::read_to_string(&pid_file).is_ok_and(|text| text.ends_with('\n')));
    let machine: i32 = fs::read_to_string(&pid_file).expect("read").trim().parse().expect("a pid");
    // One matrix at a time.
    let left = scene.run(&[]);
    assert_eq!(left.status, Some(69), "{}", left.err);
    assert!(left.err.contains("runs the matrix in this checkout"), "{}", left.err);
    kill(Pid::from_raw(i32::try_from(running.id()).expect("a pid")), signal).expect("sent");
    assert_eq!(running.wait().expect("waited").code(), status);
    wait_for(|| !is_alive(machine));
    scene.boot(3, &[RUN, ONE, TWO, END], "status 0");
    let left = scene.run(&[]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(left.out.contains("1 run, 1 kept"), "{}", left.out);
}
