//! `sigsys bisect` and `sigsys history --every` on images that a script plays.
#![forbid(unsafe_code)]

mod scene;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rstest::rstest;
use scene::{BREAKS, BROKEN, CASE, HOLDS, OTHERWISE, Scene};
use std::fs;
use std::time::{Duration, Instant};

#[test]
fn the_release_that_changed_it_is_found_and_written_down() {
    let scene = Scene::new("found");
    scene.kernels(&["6.1.1", "6.1.2"], BREAKS);
    scene.kernels(&["6.1.3", "6.1.10", "6.12.1"], HOLDS);
    let list = scene.0.join("list.toml");
    let left = scene.bisect(&[CASE, "--write", list.to_str().expect("UTF-8")]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(left.out.starts_with("first in 6.1.3, not in 6.1.2; it came with a"), "{}", left.out);
    let said = "  6.1.2             violated: no\n  6.1.3             holds\n";
    assert!(left.out.contains(said), "{}", left.out);
    assert!(left.out.contains("4 boots of 5 kernels"), "{}", left.out);
    assert_eq!(scene.boots(), 4);
    let written = fs::read_to_string(list).expect("it is written");
    assert!(
        written.starts_with("[[deviation]]\ncase = \"a::b::two\"\nuntil = \"6.1.3\"\n"),
        "{written}"
    );
    assert!(written.contains("source = \"observed on 6.1.2, and not on 6.1.3\""), "{written}");
    assert!(left.out.contains(&written), "{}", left.out);
    assert!(left.err.lines().all(|line| line.chars().count() <= 80), "{}", left.err);
}

#[test]
fn what_is_known_is_not_booted_again() {
    let scene = Scene::new("kept");
    scene.kernels(&["6.1.1"], BREAKS);
    scene.kernels(&["6.1.2", "6.1.3"], HOLDS);
    assert_eq!(scene.bisect(&[CASE]).status, Some(0));
    let boots = scene.boots();
    let left = scene.bisect(&[CASE]);
    assert!(left.out.contains("0 boots of 3 kernels, 3 answers from the cache"), "{}", left.out);
    assert_eq!(scene.boots(), boots);
    // Another boot line is another question, and so is the same one when that is asked for.
    assert_eq!(scene.bisect(&[CASE, "--append", "vsyscall=none"]).status, Some(0));
    assert_eq!(scene.bisect(&[CASE, "--again"]).status, Some(0));
    assert_eq!(scene.boots(), 3 * boots);
}

#[test]
fn ends_that_agree_are_no_success() {
    let scene = Scene::new("agree");
    scene.kernels(&["6.1.1", "6.1.2", "6.12.1"], HOLDS);
    let left = scene.bisect(&[CASE]);
    assert_eq!(left.status, Some(1), "{}{}", left.out, left.err);
    assert!(
        left.out.contains("both ends do the same; --all looks at every series"),
        "{}",
        left.out
    );
    assert!(left.out.contains("6.1.1, 6.12.1     holds"), "{}", left.out);
    let left = scene.bisect(&[CASE, "--all"]);
    assert_eq!(left.status, Some(1), "{}{}", left.out, left.err);
    assert!(left.out.contains("every series      holds"), "{}", left.out);
}

/// A mend that two branches have from a point release on, and one only for a while.
#[test]
fn every_change_is_followed_branch_by_branch() {
    let scene = Scene::new("all");
    scene.kernels(&["5.10.1", "5.10.2", "6.1.1", "6.1.2", "6.12.1"], BREAKS);
    scene.kernels(&["6.1.3", "6.1.4", "6.12.2", "6.18.1"], HOLDS);
    scene.kernels(&["6.18.2"], OTHERWISE);
    let left = scene.bisect(&[CASE, "--all"]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    for line in [
        "  ..6.1.2, 6.12.1   violated: no\n",
        "  6.1.3..6.1.4, 6.12.2..6.18.1  holds\n",
        "since 6.1.3 in 6.1, since 6.12.2 in 6.12, before 6.18.2 in\n",
        "  6.18.2..          holds: f = 1\n",
        "until = \"6.1.3\"\n",
        "since = \"6.12\"\nuntil = \"6.12.2\"\n",
    ] {
        assert!(left.out.contains(line), "{line} in {}", left.out);
    }
}

#[test]
fn a_kernel_without_an_answer_is_said_and_its_neighbour_used() {
    let scene = Scene::new("neighbour");
    scene.kernels(&["6.1.2", "6.1.3"], BREAKS);
    scene.kernels(&["6.1.5", "6.1.6"], HOLDS);
    // One does not boot, and one has no answer to give.
    scene.kernels(&["6.1.1"], "");
    scene.kernels(&["6.1.4"], BROKEN);
    let left = scene.bisect(&[CASE, "--jobs", "2"]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(
        left.out.contains("6.1.1 gives no answer, its neighbour is used: booted 3"),
        "{}",
        left.out
    );
    assert!(left.out.contains("first in 6.1.5, not in 6.1.3"), "{}", left.out);
    assert!(left.out.contains("between 6.1.3 and 6.1.5 there is no answer: 6.1.4"), "{}", left.out);
    assert!(left.err.contains("6.1.4") && left.err.contains("broken: no"), "{}", left.err);
}

#[test]
fn without_any_answer_there_is_none() {
    let scene = Scene::new("silent");
    scene.kernels(&["6.1.1", "6.1.2"], "");
    let left = scene.bisect(&[CASE]);
    assert_eq!(left.status, Some(69), "{}{}", left.out, left.err);
    assert!(
        left.err.contains("none of 2 kernels gives an answer; the last: booted 3"),
        "{}",
        left.err
    );
}

#[rstest]
#[case::case(&["a::c"], "no case is called like `a::c`")]
#[case::exact(&["a::b", "--exact"], "no case is called exactly `a::b`")]
#[case::end(&[CASE, "--good", "6.2"], "--good 6.2: no kernel is called `6.2`; near it there are 6.1.2 and 6.12.1")]
#[case::one_end(&[CASE, "--good", "6.1.2", "--bad", "6.1"], "both ends are 6.1.2")]
#[case::folder(&[CASE, "--images", "/nowhere"], "--images /nowhere: No such file")]
#[case::no_image(&[CASE, "--images", "tests"], "--images tests: there is no kernel image in it")]
#[case::suite(&[CASE, "--suite", "/nowhere"], "--suite /nowhere: there is no such file")]
fn what_is_wrong_is_said_in_a_line(#[case] more: &[&str], #[case] says: &str) {
    let scene = Scene::new(&format!("wrong{}", more.concat().replace(['/', ' ', ':'], "")));
    scene.kernels(&["6.1.1", "6.1.2", "6.12.1"], HOLDS);
    let left = scene.bisect(more);
    assert_eq!(left.status, Some(2), "{}{}", left.out, left.err);
    assert!(left.err.contains(says) && left.err.lines().count() == 1, "{}", left.err);
    assert_eq!(scene.boots(), 0);
}

#[test]
fn without_an_emulator_there_is_no_answer() {
    let scene = Scene::new("no-qemu");
    scene.kernels(&["6.1.1", "6.1.2"], HOLDS);
    let left = scene.bisect(&[CASE, "--qemu", "/nowhere"]);
    assert_eq!(left.status, Some(69), "{}{}", left.out, left.err);
    assert!(left.err.contains("apt-get install qemu-system-x86"), "{}", left.err);
}

/// What was answered before a signal is there afterwards.
#[test]
fn an_interrupted_search_goes_on_from_there() {
    let scene = Scene::new("interrupted");
    scene.kernels(&["6.1.1"], BREAKS);
    scene.kernels(&["6.1.2"], "");
    scene.put("end.6.1.2", "exec sleep 600");
    let mut child = scene.command("bisect", &[CASE, "--jobs", "1"]).spawn().expect("sigsys starts");
    let begun = Instant::now();
    while scene.boots() < 2 && begun.elapsed() < Duration::from_secs(120) {
        std::thread::yield_now();
    }
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a PID"));
    kill(pid, Signal::SIGINT).expect("it runs");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    fs::remove_file(scene.0.join("end.6.1.2")).expect("removed");
    scene.kernels(&["6.1.2"], HOLDS);
    let boots = scene.boots();
    let left = scene.bisect(&[CASE]);
    assert_eq!((left.status, scene.boots()), (Some(0), boots + 1), "{}{}", left.out, left.err);
}

#[test]
fn a_program_can_read_it() {
    let scene = Scene::new("json");
    scene.kernels(&["6.1.1"], BREAKS);
    scene.kernels(&["6.1.2"], HOLDS);
    let left = scene.bisect(&[CASE, "--format", "json"]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    let schema = include_str!("../../src/schemas/bisect.json");
    let schema = serde_json::from_str(schema).expect("JSON");
    let report = serde_json::from_str(&left.out).expect("JSON");
    let errors: Vec<String> = jsonschema::validator_for(&schema)
        .expect("a schema")
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(report["entries"][0]["changes"][0]["after"], "6.1.2", "{}", left.out);
}

#[test]
fn a_history_of_every_kernel_is_told_in_ranges() {
    let scene = Scene::new("history");
    scene.kernels(&["6.1.1", "6.1.2", "6.12.1"], BREAKS);
    scene.kernels(&["6.1.3", "6.12.2"], HOLDS);
    scene.kernels(&["6.1.4"], "");
    let left = scene.run("history", &["--every", CASE]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    for line in [
        "  ..6.1.2, 6.12.1   violated: no\n",
        "  6.1.3, 6.12.2..   holds\n",
        "note  6.1.4 gives no answer: booted 3 times",
    ] {
        assert!(left.out.contains(line), "{line} in {}", left.out);
    }
    let left = scene.run("history", &["--every", "a::c"]);
    assert_eq!(left.status, Some(2), "{}{}", left.out, left.err);
    let left = scene.run("history", &[CASE]);
    assert_eq!(left.status, Some(2), "{}{}", left.out, left.err);
    assert!(left.err.contains("--images is for --every"), "{}", left.err);
}
