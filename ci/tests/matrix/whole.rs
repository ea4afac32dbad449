//! Columns whose records are not whole, and what snapshots are held against.

use crate::scene::*;
use rstest::rstest;
use std::fs;
use std::process::Command;

#[rstest]
#[case::good("good", &[RUN, ONE, TWO, END], 0, 0, "board  ", "")]
#[case::violated("violated", &[RUN, ONE, TWO_BREAKS, END_BREAKS], 101, 101, "a::b::two violated  no", "")]
#[case::broken("broken", &[RUN, ONE, TWO_BROKEN, END_BROKEN], 69, 69, "a::b::two broken  no", "")]
#[case::cut_off("cut_off", &[RUN, ONE], 0, 69, "board: no answer: the suite left with status 0 after 1 of 2 cases, without the end", "")]
#[case::cut_off_and_bad("cut_off_and_bad", &[RUN, TWO_BREAKS], 0, 101, "a::b::two violated  no", "")]
#[case::no_beginning("no_beginning", &[ONE, TWO, END], 0, 69, "without the beginning of its record", "")]
#[case::no_beginning_and_bad("no_beginning_and_bad", &[ONE, TWO_BREAKS, END_BREAKS], 101, 101, "without the beginning of its record", "")]
#[case::hides("hides", &[RUN, ONE, TWO_BREAKS, END_BREAKS], 0, 101, "its record asks for 101", "")]
#[case::accuses("accuses", &[RUN, ONE, TWO, END], 101, 69, "left with status 101, and its record asks for 0", "")]
#[case::missing("missing_case", &[RUN, ONE, END_ONE], 0, 69, "its record lacks 1 of 2: a::b::two", "")]
#[case::repeated("repeated", &[RUN, ONE, ONE, TWO, END_THREE], 0, 69, "holds 1 case (a::b::one) more than once", "")]
#[case::contradicting("contradicting", &[RUN, ONE, TWO, TWO_BREAKS, END_TWICE], 101, 101, "holds 1 case (a::b::two) with two verdicts", "")]
#[case::foreign("foreign", &[RUN, ONE, TWO, THREE, END_THREE], 0, 69, "holds 1 case (a::b::three) that nobody asked for", "")]
#[case::nothing("nothing", &[], 3, 69, "board: no answer: the suite left with status 3", "nothing could be run")]
#[case::no_command("no_command", &[], 127, 69, "board: not available: the command cannot be started", "nothing could be run")]
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
    let whole = matches!(name, "good" | "violated" | "broken");
    assert_eq!(scene.0.join("results/board.jsonl").exists(), whole);
    // What there is of another is kept too.
    assert_eq!(scene.0.join("results/board.cut.jsonl").exists(), !whole && !lines.is_empty());
}

/// Only what cannot be started is not available, and fails nothing beside another column.
#[rstest]
#[case::not_found("/nowhere/ssh board", 0, "not available: the command cannot be started")]
#[case::not_executable("/etc/passwd", 0, "not available: the command cannot be started")]
#[case::dies("kill -SEGV $$ #", 69, "no answer: the suite was killed by SIGSEGV")]
#[case::refused("exit 255 #", 69, "no answer: the suite left with status 255")]
#[case::explains(
    "echo 'sigsys: this process is being traced' >&2; exit 69 #",
    69,
    "no answer: the suite left with status 69: this process is being traced"
)]
fn a_suite_that_dies_at_its_start_is_no_answer(
    #[case] command: &str,
    #[case] status: i32,
    #[case] says: &str,
) {
    let scene = Scene::new(&format!("start-{status}-{}", says.len()));
    let good = format!("good={}", scene.says("lines", &[RUN, ONE, TWO, END], 0));
    let left = scene.run(&["--via", &good, "--via", &format!("other={command}")]);
    assert_eq!(left.status, Some(status), "{}{}", left.out, left.err);
    assert!(left.out.contains(&format!("other: {says}")), "{}", left.out);
}

/// A record that is not the whole one of this suite is not used again, whatever is written beside it.
#[test]
fn a_kept_record_is_held_to_the_suite_too() {
    let scene = Scene::new("kept");
    scene.system(&scene.says("lines", &[RUN, ONE, TWO, END], 0), "echo player 1.2.3");
    assert!(scene.run(&[]).out.contains(" 1 run"));
    assert!(scene.run(&[]).out.contains("nothing to do"));
    let record = scene.0.join("results/played.jsonl");
    let about = scene.0.join("results/played.json");
    let text = fs::read_to_string(&record).expect("there");
    let shorter: String = text.lines().take(2).map(|line| format!("{line}\n")).collect();
    let digest = |text: &str| {
        let output =
            Command::new("sha256sum").arg(scene.put("digest", text)).output().expect("run");
        String::from_utf8(output.stdout).expect("UTF-8")[..64].to_owned()
    };
    let note = fs::read_to_string(&about).expect("there");
    assert!(note.contains(&digest(&text)), "{note}");
    fs::write(&about, note.replace(&digest(&text), &digest(&shorter))).expect("written");
    fs::write(&record, shorter).expect("written");
    assert!(scene.run(&[]).out.contains(" 1 run"));
}

#[test]
fn a_folder_of_snapshots_that_is_not_there_is_refused_and_not_made() {
    let scene = Scene::new("no-snapshots");
    scene.system(&scene.says("lines", &[RUN, ONE, TWO, END], 0), "echo player 1.2.3");
    let left = scene.run(&["--check"]);
    assert_eq!((left.status, left.err.lines().count()), (Some(2), 1), "{}", left.err);
    assert!(left.err.contains("snapshots: there is no such folder"), "{}", left.err);
    assert!(!scene.0.join("snapshots").exists() && !scene.0.join("results").exists());
}

/// What a command reaches has a snapshot of its own, by its name.
#[test]
fn a_command_is_held_against_its_own_snapshot() {
    let scene = Scene::new("via-check");
    let good = format!("board={}", scene.says("good", &[RUN, ONE, TWO, END], 0));
    let bad = format!("board={}", scene.says("bad", &[RUN, ONE, TWO_BREAKS, END_BREAKS], 101));
    fs::create_dir(scene.0.join("snapshots")).expect("a folder");
    let snapshot = scene.0.join("snapshots/a/b.snap");
    let left = scene.run(&["--via", &good, "--check"]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    let new = format!("{}.new", snapshot.display());
    assert!(left.out.contains("there is no snapshot of board yet"), "{}", left.out);
    assert!(left.out.contains(&new), "{}", left.out);
    let left = scene.run(&["--via", &good, "--accept"]);
    assert!(left.out.contains("board: accepted") && snapshot.exists(), "{}", left.out);
    assert_eq!(scene.run(&["--via", &good, "--check"]).status, Some(0));
    // The same faults as recorded, and no others.
    let seen = TWO.replace("\"holds\"}", "\"holds\",\"facts\":{\"rax\":[{\"value\":\"nr\"}]}}");
    let other = format!("board={}", scene.says("other", &[RUN, ONE, &seen, END], 0));
    let left = scene.run(&["--via", &other, "--check"]);
    assert_eq!(left.status, Some(101), "{}{}", left.out, left.err);
    assert!(left.out.contains("DIFFERS") && left.out.contains("rax"), "{}", left.out);
    assert_eq!(scene.run(&["--via", &bad, "--check"]).status, Some(101));
    // A name that means something else in a snapshot is none for a system.
    let left = scene.run(&["--via", &good.replacen("board", "6.1", 1), "--accept"]);
    assert_eq!(left.status, Some(2), "{}{}", left.out, left.err);
    assert!(left.err.contains("give it another name"), "{}", left.err);
}

/// A time-out of another system is not held against what it does another time.
#[test]
fn what_another_system_does_otherwise_each_time_is_no_difference() {
    let scene = Scene::new("unsteady");
    let late = TWO.replace("\"holds\"}", "\"timed_out\",\"text\":\"did not end\"}");
    let end = r#"{"kind":"end","counts":{"holds":1,"timed_out":1}}"#;
    let play = |lines: &[&str], status| {
        scene.system(&scene.says("lines", lines, status), "echo player 1.2.3");
    };
    play(&[RUN, ONE, &late, end], 101);
    assert_eq!(scene.run(&["--accept"]).status, Some(0));
    let snapshot = fs::read_to_string(scene.0.join("snapshots/a/b.snap")).expect("there");
    let entry = |claim: &str, value: &str| {
        format!("\n{claim}\n  promises  x/y\n  *                 {value}\n")
    };
    assert!(
        snapshot.contains(&entry("two", "unsteady")) && snapshot.contains(&entry("one", "holds")),
        "{snapshot}"
    );
    play(&[RUN, ONE, TWO_BREAKS, END_BREAKS], 101);
    let left = scene.run(&["--check", "--again"]);
    assert!(left.status == Some(0) && !left.out.contains("DIFFERS"), "{}", left.out);
    play(
        &[
            RUN,
            &ONE.replace("holds", "healed"),
            TWO,
            r#"{"kind":"end","counts":{"healed":1,"holds":1}}"#,
        ],
        101,
    );
    let left = scene.run(&["--check", "--again"]);
    assert!(left.out.contains("DIFFERS") && left.out.contains("a::b::one"), "{}", left.out);
    assert!(!left.out.contains("two"), "{}", left.out);
}

/// A boot is held to what it reports, as the suite is.
#[rstest]
#[case::missing("missing", &[RUN, ONE, END_ONE])]
#[case::cut("cut", &[RUN, ONE])]
fn a_boot_whose_record_is_not_whole_is_no_answer(#[case] name: &str, #[case] lines: &[&str]) {
    let scene = Scene::new(&format!("boot-{name}"));
    scene.kernel();
    for number in 1..=9 {
        scene.boot(number, lines, "status 0");
    }
    let left = scene.run(&["--only", "k-x"]);
    assert_eq!(left.status, Some(69), "{}{}", left.out, left.err);
    assert!(!scene.0.join("results/k-x.jsonl").exists(), "{}", left.out);
    assert!(left.out.contains("k-x: no answer: "), "{}", left.out);
}

#[test]
fn what_a_command_says_does_nothing_to_a_terminal() {
    let scene = Scene::new("escapes");
    let left =
        scene.run(&["--via", r"x=printf 'sigsys: \033[2J\033]0;t\007\302\233x\n' >&2; exit 3 #"]);
    assert_eq!(left.status, Some(69), "{}", left.out);
    for said in [&left.out, &left.err] {
        assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
    }
}
