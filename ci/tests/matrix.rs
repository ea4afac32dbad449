//! `sigsys matrix` on systems that scripts play, and on kernels that were "fetched" before.
#![forbid(unsafe_code)]

use harness::frame::{INIT, SUITE, Writer};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rstest::rstest;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SUITE_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite.sh");
const QEMU_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/qemu.sh");

const RUN: &str = r#"{"kind":"run","schema":1,"suite":"played 1","time":0,"cases":2,"kernel":{"system":"Linux","release":"6.1-played","build":"b","machine":"x86_64","vsyscall":"none","user":0}}"#;
const ONE: &str = r#"{"kind":"case","name":"a::b::one","clauses":["x/y"],"verdict":"holds"}"#;
const TWO: &str = r#"{"kind":"case","name":"a::b::two","clauses":["x/y"],"verdict":"holds"}"#;
const TWO_BREAKS: &str =
    r#"{"kind":"case","name":"a::b::two","clauses":["x/y"],"verdict":"violated","text":"no"}"#;
const TWO_BROKEN: &str =
    r#"{"kind":"case","name":"a::b::two","clauses":["x/y"],"verdict":"broken","text":"no"}"#;
const END: &str = r#"{"kind":"end","counts":{"holds":2}}"#;
const END_BREAKS: &str = r#"{"kind":"end","counts":{"holds":1,"violated":1}}"#;
const END_BROKEN: &str = r#"{"kind":"end","counts":{"broken":1,"holds":1}}"#;
const PANIC: &str = "[    2.5] Kernel panic - not syncing: Fatal exception in interrupt";

/// A folder with all that a run reads and writes.
struct Scene(PathBuf);

struct Left {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Scene {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("matrix-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder");
        fs::write(&path, bytes).expect("written");
        path
    }

    /// A shell command that says `lines` as the suite does, and leaves with `status`.
    fn says(&self, name: &str, lines: &[&str], status: u8) -> String {
        let mut writer = Writer::new(SUITE);
        let text: String = lines.iter().map(|line| writer.frame(line) + "\n").collect();
        let path = self.put(name, text);
        // The suite's path and arguments come after the `#`.
        format!("cat {}; exit {status} #", path.display())
    }

    /// A list with one other system.
    fn system(&self, command: &str, version: &str) {
        self.put("kernels.toml", format!(
            "[[system]]\nname = \"played\"\ncommand = '''{command}'''\nversion = \"{version}\"\npackage = \"a-player\"\n"
        ));
    }

    /// A list with one kernel in two variants, which lies in the cache.
    fn kernel(&self) {
        self.put("kernels.toml", "[[kernel]]\nname = \"k\"\nsuites = [\"s\"]\npackage = \"p\"\n\
            [[variant]]\nname = \"x\"\nappend = \"vsyscall=xonly\"\n[[variant]]\nname = \"n\"\nappend = \"vsyscall=none\"\n");
        let mut image = vec![0u8; 5 * 512];
        image[0x1f1] = 4;
        image[0x202..0x208].copy_from_slice(b"HdrS\x0f\x02");
        image[0x22c..0x230].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
        image[0x236] = 1;
        self.put("cache/sigsys/kernels/k/6.1_1/vmlinuz", image);
        self.put("cache/sigsys/kernels/k/current", "6.1_1");
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
        command.args(["matrix", "--accel", "tcg", "--suite", SUITE_SCRIPT]);
        if !more.contains(&"--qemu") {
            command.args(["--qemu", QEMU_SCRIPT]);
        }
        if self.0.join("kernels.toml").exists() && !more.contains(&"--kernels") {
            command.arg("--kernels").arg(self.0.join("kernels.toml"));
        }
        command.arg("--results").arg(self.0.join("results"));
        command.arg("--snapshots").arg(self.0.join("snapshots"));
        command.args(more).env("PLAY", &self.0).env("XDG_CACHE_HOME", self.0.join("cache"));
        command.stdin(Stdio::null()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command
    }

    fn run(&self, more: &[&str]) -> Left {
        let output = self.command(more).output().expect("sigsys starts");
        Left {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// What boot `number` says through the second port.
    fn boot(&self, number: usize, lines: &[&str], ended: &str) {
        let (mut init, mut suite) = (Writer::new(INIT), Writer::new(SUITE));
        let mut text = format!("\n{}\n", init.frame("started 6.1-played"));
        for line in lines {
            text += &format!("{}\r\n", suite.frame(line));
        }
        text += &format!("\n{}\n", init.frame(&format!("ended {ended}")));
        self.put(&format!("record.{number}"), text);
    }

    fn boots(&self) -> usize {
        fs::read_to_string(self.0.join("boots"))
            .map_or(0, |count| count.trim().parse().unwrap_or(0))
    }
}

#[rstest]
#[case::good("good", &[RUN, ONE, TWO, END], 0, 0, "board  ", "")]
#[case::violated("violated", &[RUN, ONE, TWO_BREAKS, END_BREAKS], 101, 101, "a::b::two violated  no", "")]
#[case::broken("broken", &[RUN, ONE, TWO_BROKEN, END_BROKEN], 69, 69, "a::b::two broken  no", "")]
#[case::cut_off("cut_off", &[RUN, ONE], 0, 69, "board: no answer: ", "nothing could be run")]
#[case::nothing("nothing", &[], 3, 69, "the suite does not start there: left with status 3", "nothing could be run")]
fn a_command_leads_to_another_machine(
    #[case] name: &str,
    #[case] lines: &[&str],
    #[case] ends: u8,
    #[case] status: i32,
    #[case] out: &str,
    #[case] err: &str,
) {
    let scene = Scene::new(&format!("via-{name}"));
    let via = format!("board={}", scene.says("lines", lines, ends));
    let left = scene.run(&["--via", &via]);
    assert_eq!(left.status, Some(status), "{}{}", left.out, left.err);
    assert!(left.out.contains(out) && left.err.contains(err), "{}{}", left.out, left.err);
    assert_eq!(scene.0.join("results/board.jsonl").exists(), lines.len() > 2);
}

#[test]
fn the_suite_and_its_arguments_reach_the_command() {
    let scene = Scene::new("arguments");
    let left = scene.run(&["--via", "echo"]);
    assert!(
        left.out.contains(&format!("start there: {SUITE_SCRIPT} --format framed")),
        "{}",
        left.out
    );
    let left = scene.run(&["--via", "x=echo {arguments} for {suite}"]);
    assert!(
        left.out.contains(&format!("start there: --format framed for {SUITE_SCRIPT}")),
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
        (scene.0.join("snapshots/played-1.2.snap"), scene.0.join("snapshots/played-1.2.snap.new"));
    let left = scene.run(&["--check"]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(
        left.out.contains("there is no snapshot played-1.2 yet") && new.exists(),
        "{}",
        left.out
    );
    assert_eq!(scene.run(&["--accept"]).status, Some(0));
    assert!(snapshot.exists() && !new.exists());
    assert_eq!(scene.run(&["--check"]).status, Some(0));
    // A point release that does something else.
    scene.system(
        &scene.says("lines", &[RUN, ONE, TWO_BREAKS, END_BREAKS], 101),
        "echo player 1.2.4",
    );
    let left = scene.run(&["--check"]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(
        left.out.contains("DIFFERS") && left.out.contains("a::b::two") && new.exists(),
        "{}",
        left.out
    );
    // A new series has none, and is held against the one before.
    scene.system(&scene.says("lines", &[RUN, ONE, TWO_BREAKS, END_BREAKS], 101), "echo player 1.3");
    let left = scene.run(&["--check"]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(
        left.out.contains("there is no snapshot played-1.3 yet; against played-1.2"),
        "{}",
        left.out
    );
    fs::write(snapshot, "what?").expect("written");
    scene.system(&scene.says("lines", &[RUN, ONE, TWO, END], 0), "echo player 1.2.3");
    assert_eq!(scene.run(&["--check"]).status, Some(69));
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
    assert!(scene.0.join("snapshots/6.1-x.snap").exists());
    assert_eq!(scene.run(&["--only", "k-x", "--check"]).status, Some(0));
    let seen = TWO.replace("\"holds\"}", "\"holds\",\"facts\":{\"rax\":\"nr\"}}");
    scene.boot(2, &[RUN, ONE, &seen, END], "status 0");
    let left = scene.run(&["--only", "k-x", "--check", "--again"]);
    assert_eq!(left.status, Some(101), "{}{}", left.out, left.err);
    assert!(left.out.contains("DIFFERS") && left.out.contains("rax"), "{}", left.out);
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
