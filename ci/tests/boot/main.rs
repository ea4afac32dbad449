//! `sigsys boot` on a script that plays QEMU, and on the real one where it is installed.
#![forbid(unsafe_code)]

mod player;
mod word;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use player::*;
use rstest::rstest;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[rstest]
#[case::good("good", &whole(&[ONE, TWO]), "status 0", 0, "2 holds", "")]
#[case::violated("violated", &whole(&[ONE, TWO_BREAKS]), "status 101", 1, "1 violated", "")]
#[case::broken("broken", &whole(&[ONE, TWO_BROKEN]), "status 69", 125, "1 broken", "")]
#[case::no_suite("no_suite", &[], "without: /proc: cannot mount: EIO", 125, "", "without: /proc")]
#[case::short("short", &lines(&[RUN, ONE]), "signal 9", 125, "1 of 2 cases", "signal 9 and did not run every case")]
#[case::foreign("foreign", &lines(&[RUN, "hello", ONE, TWO, END]), "status 0", 125, "2 holds", "is no record")]
fn the_status_is_for_a_bisection(
    #[case] name: &str,
    #[case] lines: &[String],
    #[case] ended: &str,
    #[case] status: i32,
    #[case] out: &str,
    #[case] err: &str,
) {
    let folder = play(name);
    put(&folder, "record.1", &record(lines, Some(ended)));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(status), "{}{}", left.out, left.err);
    assert!(left.out.contains(out) && left.err.contains(err), "{}{}", left.out, left.err);
    assert_eq!(boots(&folder), 1);
}

#[rstest]
#[case::panic("panic", Some(PANIC), "exit 0", "the kernel died: Kernel panic - not syncing")]
#[case::reset("reset", None, "exit 0", "a triple fault?")]
#[case::hang("hang", None, "exec sleep 60", "it said nothing")]
#[case::stuck("stuck", Some("[ 1.0] Waiting for root device"), "exec sleep 60", "the kernel hung")]
#[case::qemu("qemu", None, "echo 'qemu: no such CPU' >&2; exit 1", "status 1: qemu: no such CPU")]
#[case::killed("killed", None, "kill -SEGV $$", "QEMU was killed by SIGSEGV")]
fn a_kernel_that_does_not_reach_the_suite_is_untested(
    #[case] name: &str,
    #[case] console: Option<&str>,
    #[case] end: &str,
    #[case] says: &str,
) {
    let folder = play(name);
    for number in ["1", "2"] {
        put(&folder, &format!("console.{number}"), console.unwrap_or_default());
        put(&folder, &format!("end.{number}"), end);
    }
    let left = finish(&folder, &["--boot-timeout", "1"]);
    assert_eq!(left.status, Some(125), "{}", left.err);
    let last = left.err.lines().last().unwrap_or_default();
    assert!(last.starts_with("sigsys: ") && last.contains(says), "{}", left.err);
    let shown = console.is_none_or(|line| left.err.contains(&format!("  | {line}")));
    assert!(shown && left.out.is_empty(), "{}{}", left.out, left.err);
}

#[rstest]
#[case::panics("panics", PANIC, "exit 0", "CRASHED", "the kernel died: Kernel panic")]
#[case::resets("resets", "", "exit 0", "CRASHED", "a triple fault?")]
#[case::hangs("hangs", "", "exec sleep 60", "TIMED OUT", "nothing came for 41 s")]
fn a_case_that_kills_the_kernel_twice_is_named(
    #[case] name: &str,
    #[case] console: &str,
    #[case] end: &str,
    #[case] verdict: &str,
    #[case] says: &str,
) {
    if name == "hangs" && std::env::var_os("SIGSYS_SLOW").is_none() {
        eprintln!("SKIPPED: it takes two minutes; set SIGSYS_SLOW");
        return;
    }
    let folder = play(name);
    for number in ["1", "2"] {
        put(&folder, &format!("record.{number}"), &record(&[RUN], None));
        put(&folder, &format!("console.{number}"), console);
        put(&folder, &format!("end.{number}"), end);
    }
    put(&folder, "record.3", &record(&whole(&[TWO]), Some("status 0")));
    let left = finish(&folder, &["--limit", "1"]);
    assert_eq!(left.status, Some(1), "{}{}", left.out, left.err);
    assert_eq!(boots(&folder), 3);
    // The words of a failure may be on two lines.
    let said = left.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [verdict, says, "1 holds"] {
        assert!(said.contains(part), "{part}: {}", left.out);
    }
    let written = fs::read_to_string(folder.join("record.jsonl")).expect("a record");
    let record = harness::record::Record::parse(&written).expect("a whole record");
    assert_eq!((record.cases.len(), record.footer.is_some()), (2, true));
}

#[test]
fn a_kernel_that_dies_once_is_not_good_and_not_bad() {
    let folder = play("once");
    put(&folder, "record.1", &record(&[RUN, ONE], None));
    put(&folder, "console.1", PANIC);
    put(&folder, "record.2", &record(&whole(&[TWO]), Some("status 0")));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(125), "{}{}", left.out, left.err);
    assert!(
        left.err.contains("a::b::two") && left.err.contains("once and not again"),
        "{}",
        left.err
    );
}

#[test]
fn a_line_that_is_lost_is_asked_for_again() {
    let folder = play("lost");
    let sent = record(&whole(&[ONE, TWO]), Some("status 0"));
    put(&folder, "record.1", &sent.replace("b::one", "b::[ 1.0] a kernel message\none"));
    put(&folder, "record.2", &record(&whole(&[ONE]), Some("status 0")));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(left.err.contains("1 line got lost"), "{}", left.err);
}

#[test]
fn the_words_of_the_user_reach_the_kernel() {
    let folder = play("append");
    put(&folder, "record.1", &record(&whole(&[ONE, TWO]), Some("status 0")));
    let left =
        finish(&folder, &["--append", "vsyscall=none quiet", "--cpu", "max", "--memory", "99"]);
    assert_eq!(left.status, Some(0), "{}", left.err);
    let arguments = fs::read_to_string(folder.join("arguments.1")).expect("played");
    assert!(arguments.lines().any(|line| line.ends_with(" vsyscall=none quiet -- --init")));
    assert!(["max", "99"].iter().all(|word| arguments.lines().any(|line| line == *word)));
}

/// The suite's arguments are in the initramfs, which the player can still read.
#[test]
fn the_suite_is_told_where_it_is() {
    let folder = play("told");
    put(&folder, "record.1", &record(&whole(&[ONE, TWO]), Some("status 0")));
    let copy = "while [ \"$1\" != -initrd ]; do shift; done; cat \"$2\" >\"$PLAY/initrd\"";
    put(&folder, "end.1", copy);
    // No name of the played suite begins as a property's does.
    let soak = ["--for", "10s", "--seed", "3", "--case", "a::b"];
    let left = finish(&folder, &[&["--as", "7.3", "--limit", "7"], &soak[..]].concat());
    assert_eq!(left.status, Some(0), "{}", left.err);
    let initrd = fs::read(folder.join("initrd")).expect("copied");
    let text = String::from_utf8_lossy(&initrd);
    let arguments = "--format\nframed\n--test-threads=1\n--booted\n--as\n7.3\n--limit=7\n";
    assert!(text.contains(arguments), "{text}");
    for option in ["--option=fuzz.for=10\n", "--option=fuzz.seed=3\n", "--booted\n"] {
        assert_eq!(text.matches(option).count(), 1, "{option}: {text}");
    }
}

/// A typo must not have `git bisect run` build and skip every commit.
#[rstest]
#[case::option(&["boot", "--kernal", "x"])]
#[case::value(&["boot", "--kernel", "x", "--memory", "much"])]
#[case::nothing(&["boot"])]
fn a_wrong_command_line_stops_a_bisection(#[case] words: &[&str]) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_sigsys")).args(words).output().expect("it starts");
    assert_eq!(output.status.code(), Some(128), "{output:?}");
    assert!(output.stdout.is_empty() && output.stderr.starts_with(b"error: "), "{output:?}");
}

#[test]
fn a_boot_says_what_it_does_before_it_does_it() {
    let folder = play("announces");
    put(&folder, "record.1", &record(&whole(&[ONE, TWO]), Some("status 0")));
    let left = finish(&folder, &["--case", "a::b::one", "--case", "two"]);
    assert_eq!(left.status, Some(0), "{}", left.err);
    let path = folder.join("bzImage").display().to_string();
    let line = format!("sigsys: booting {path}, emulated (tcg)");
    assert_eq!(left.err.lines().next(), Some(line.as_str()), "{}", left.err);
}

#[test]
fn a_boot_is_of_the_cases_that_are_chosen() {
    let folder = play("chosen");
    let copy = "while [ \"$1\" != -initrd ]; do shift; done; cat \"$2\" >\"$PLAY/initrd\"";
    put(&folder, "end.1", copy);
    let run = RUN.replace("\"cases\":2", "\"cases\":1,\"shard\":\"2/2\",\"repeat\":4");
    let two = TWO.replace("\"verdict\"", "\"repeats\":{\"holds\":4},\"verdict\"");
    let end = END.replace(":2", ":1");
    put(&folder, "record.1", &record(&lines(&[&run, &two, &end]), Some("status 0")));
    let left = finish(&folder, &["--case", "one", "--case", "two", "--shard=2/2", "--repeat=4"]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    let out = left.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [", shard 2/2 alone, each case 4 times", "steady a::b::two · 4 of 4 hold"] {
        assert!(out.contains(part), "{}", left.out);
    }
    let initrd = fs::read(folder.join("initrd")).expect("copied");
    let arguments = "--booted\n--shard=2/2\n--repeat=4\n--\none\ntwo\n";
    assert!(String::from_utf8_lossy(&initrd).contains(arguments));
}

#[test]
fn a_machine_that_fails_is_kept_and_boots_again_by_hand() {
    let folder = play("keeps");
    put(&folder, "console.1", PANIC);
    let kept = folder.join("kept");
    let keep = kept.display().to_string();
    let left = finish(&folder, &["--keep", &keep]);
    assert_eq!(left.status, Some(125), "{}", left.err);
    let script = kept.join("boot-1/boot.sh");
    assert!(left.err.ends_with(&format!("\n  sh {}\n", script.display())), "{}", left.err);
    let console = fs::read_to_string(kept.join("boot-1/console.log")).expect("kept");
    assert!(console.contains("Kernel panic"), "{console}");
    // The line that is printed, pasted: the emulator is started with what was kept.
    let before = boots(&folder);
    let pasted = Command::new("sh").arg(&script).arg("-more").env("PLAY", &folder).output();
    assert!(pasted.expect("it starts").status.success());
    assert_eq!(boots(&folder), before + 1);
    let words =
        fs::read_to_string(folder.join(format!("arguments.{}", before + 1))).expect("played");
    let words: Vec<&str> = words.lines().collect();
    for (option, name) in [("-kernel", "kernel"), ("-initrd", "initramfs")] {
        let path = kept.join("boot-1").join(name);
        assert!(
            words.windows(2).any(|two| two[0] == option && Path::new(two[1]) == path),
            "{words:?}"
        );
        assert!(path.metadata().is_ok_and(|file| file.len() > 0), "{name} is empty");
    }
    assert_eq!(words.last(), Some(&"-more"));
    let again = finish(&folder, &["--keep", &keep]);
    assert_eq!(again.status, Some(128), "{}", again.err);
    assert!(again.err.contains("the folder is not empty"), "{}", again.err);
}

#[test]
fn a_machine_that_is_good_leaves_nothing() {
    let folder = play("keeps-nothing");
    put(&folder, "record.1", &record(&whole(&[ONE, TWO]), Some("status 0")));
    let kept = folder.join("kept");
    let left = finish(&folder, &["--keep", &kept.display().to_string()]);
    assert_eq!((left.status, kept.exists()), (Some(0), false), "{}", left.err);
}

#[test]
fn a_debugger_is_told_where_the_machine_waits() {
    let folder = play("debugged");
    put(&folder, "record.1", &record(&whole(&[ONE, TWO]), Some("status 0")));
    let left = finish(&folder, &["--gdb=4321"]);
    assert_eq!(left.status, Some(0), "{}", left.err);
    assert!(
        left.err.contains("\n  gdb -ex 'target remote 127.0.0.1:4321' -ex continue\n"),
        "{}",
        left.err
    );
    let words = fs::read_to_string(folder.join("arguments.1")).expect("played");
    assert!(words.contains("\n-gdb\ntcp:127.0.0.1:4321\n-S\n"), "{words}");
    assert!(words.contains(" nokaslr -- --init"), "{words}");
}

#[test]
fn a_console_is_shown_as_it_comes_and_made_printable() {
    let folder = play("console");
    put(&folder, "before.1", &format!("[ 0.1] hello\u{1b}[2J\n{START}\n"));
    put(&folder, "record.1", &record(&whole(&[ONE, TWO]), Some("status 0")));
    let left = finish(&folder, &["--console"]);
    assert_eq!(left.status, Some(0), "{}", left.err);
    assert!(
        left.err.contains("\n  | [ 0.1] hello") && !left.err.contains('\u{1b}'),
        "{}",
        left.err
    );
    let words = fs::read_to_string(folder.join("arguments.1")).expect("played");
    assert!(words.contains(" ignore_loglevel -- --init"), "{words}");
}

#[rstest]
#[case::dash("-")]
#[case::device("/dev/stdout")]
fn a_record_on_standard_output_is_alone_there(#[case] name: &str) {
    let folder = play(&format!("stdout{}", name.replace('/', "-")));
    put(&folder, "record.1", &record(&whole(&[ONE, TWO]), Some("status 0")));
    let mut command = command(&folder, &[DEFAULT, "--record", name]);
    let output = command.current_dir(&folder).output().expect("it starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let read = harness::record::Record::parse(&text).expect(&text);
    assert_eq!((output.status.code(), read.cases.len()), (Some(0), 2));
    assert!(!folder.join("-").exists());
}

/// Waits until the player has begun, and gives its process.
fn player(folder: &Path) -> Pid {
    let begun = Instant::now();
    loop {
        if let Ok(text) = fs::read_to_string(folder.join("pid"))
            && let Ok(pid) = text.trim().parse()
        {
            return Pid::from_raw(pid);
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "it was not started");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is_gone(pid: Pid) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        if kill(pid, None).is_err() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[rstest]
#[case::interrupt("int", Signal::SIGINT, Some(130))]
#[case::terminate("term", Signal::SIGTERM, Some(143))]
#[case::kill("kill", Signal::SIGKILL, None)]
fn no_emulator_outlives_the_tool(
    #[case] name: &str,
    #[case] signal: Signal,
    #[case] status: Option<i32>,
) {
    let folder = play(&format!("signal-{name}"));
    put(&folder, "record.1", &record(&[RUN, ONE], None));
    put(&folder, "end.1", "echo $$ >\"$PLAY/pid\"; exec sleep 60");
    let mut tool = command(&folder, &[]);
    let tool = tool.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let qemu = player(&folder);
    // It may say that it waits before the tool has read what it said.
    let begun = Instant::now();
    let recorded = || fs::read_to_string(folder.join("record.jsonl")).unwrap_or_default();
    while !recorded().contains("a::b::one") && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    kill(Pid::from_raw(i32::try_from(tool.id()).expect("a pid")), signal).expect("it runs");
    let output = tool.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), status);
    assert!(is_gone(qemu), "{qemu} is left");
    // What was finished stays, and is not said to be all.
    let text = fs::read_to_string(folder.join("record.jsonl")).expect("a record");
    assert!(text.ends_with('\n'), "{text}");
    let record = harness::record::Record::parse(&text).expect("whole lines");
    let names: Vec<_> = record.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["a::b::one"]);
    // One that could still say so says what ended it.
    let interrupted = record.footer.map(|end| end.interrupted);
    assert_eq!(interrupted, status.map(|_| Some(signal.as_str().to_owned())));
}

/// What another commit may mend is skipped by a bisection (125); anything else stops it (128).
#[rstest]
#[case::full_disk(&["--record", "/dev/full"], 125, "--record /dev/full: cannot write")]
#[case::no_folder(&["--record", "/nonexistent/r"], 128, "--record /nonexistent/r: cannot write")]
#[case::no_qemu(&["--qemu", "/nonexistent/qemu"], 128, "apt-get install qemu-system-x86")]
#[case::no_emulator(&["--qemu", "/bin/true"], 128, "is no QEMU")]
#[case::no_kernel(&["--kernel", "/nonexistent/k"], 128, "--kernel /nonexistent/k: No such file")]
#[case::no_file(&["--kernel", "/dev/zero"], 128, "this is no file")]
#[case::no_image(&["--kernel", QEMU_SCRIPT], 125, "it is no kernel image")]
#[case::no_case(&["--case", "nonsense"], 128, "no case is called like `nonsense`")]
#[case::no_cases(&["--case", "nonsense", "--case", "nor"], 128, "like `nonsense` or `nor`")]
#[case::empty_shard(&["--shard", "3/3"], 128, "in shard 3/3")]
#[case::two_lines(&["--append", "a\nb"], 128, "a boot line is one line")]
#[case::no_config(&["--config", "/nonexistent/c"], 128, "--config /nonexistent/c: No such file")]
#[case::bad_config(&["--config", QEMU_SCRIPT], 128, "qemu.sh: ")]
#[case::no_list(&["--cases", "/nonexistent/l"], 128, "--cases /nonexistent/l: No such file")]
#[case::no_suite(&["--suite", "/nonexistent/s"], 128, "/nonexistent/s")]
fn what_cannot_be_done_is_said_in_one_line(
    #[case] more: &[&str],
    #[case] status: i32,
    #[case] says: &str,
) {
    let folder = play(&format!("bad-{}", says.len()));
    put(&folder, "record.1", &record(&whole(&[ONE, TWO]), Some("status 0")));
    let kernel = folder.join("bzImage").display().to_string();
    let usual = [("--qemu", QEMU_SCRIPT), ("--kernel", kernel.as_str()), ("--suite", SUITE_SCRIPT)];
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
    command.args(["boot", "--accel", "tcg"]).args(more);
    for (option, value) in usual.into_iter().filter(|(option, _)| !more.contains(option)) {
        command.args([option, value]);
    }
    let output = command.env("PLAY", &folder).stdin(Stdio::null()).output().expect("it starts");
    let err = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(status), "{err}");
    assert_eq!(boots(&folder), usize::from(says.contains("/dev/full")), "{err}");
    let progress = |line: &&str| line.contains("initramfs") || line.starts_with("sigsys: booting ");
    let lines: Vec<_> = err.lines().filter(|line| !progress(line)).collect();
    assert!(lines.len() == 1 && lines[0].contains(says), "{err}");
}

/// The header is a kernel's, the code is none: whatever becomes of it, QEMU has taken the machine.
#[test]
fn the_real_emulator_knows_this_machine() {
    if Command::new("qemu-system-x86_64").arg("--version").output().is_err() {
        eprintln!("SKIPPED: qemu-system-x86_64 is not installed (apt-get install qemu-system-x86)");
        return;
    }
    let folder = play("real");
    let left = finish(&folder, &["--boot-timeout", "3", "--qemu", "qemu-system-x86_64"]);
    assert_eq!(left.status, Some(125), "{}", left.err);
    assert!(!left.err.contains("QEMU left"), "{}", left.err);
    assert!(left.err.contains("before it reached the suite"), "{}", left.err);
}
