//! The kernel's own word, and an end that has to agree with what was reported.

use crate::player::*;
use harness::frame::{INIT, SUITE, Writer};
use rstest::rstest;
use std::fs;
use std::path::Path;

/// Cuts what comes through the second port before the line that holds `mark`: the rest is `rest`.
fn cut(folder: &Path, text: &str, mark: &str) {
    let at = text.find(mark).and_then(|at| text[..at].rfind('\n')).expect("a frame") + 1;
    put(folder, "record.1", &text[..at]);
    put(folder, "rest", &text[at..]);
}

fn good() -> String {
    record(&whole(&[ONE, TWO]), Some("status 0"))
}

#[rstest]
#[case::no_end("no_end", &[RUN, ONE, TWO], "status 0", "without the end of its record")]
#[case::killed_at_the_end("killed_end", &[RUN, ONE, TWO, END], "signal 11", "ended with signal 11")]
#[case::counts("counts", &[RUN, ONE, TWO, r#"{"kind":"end","counts":{"holds":3}}"#], "status 0", "counts other cases")]
#[case::says_bad("says_bad", &[RUN, ONE, TWO, END], "status 101", "status 101, and its cases come to status 0")]
#[case::says_nothing("says_nothing", &[RUN, ONE, TWO, END], "status 69", "status 69, and its cases come to status 0")]
#[case::refuses("refuses", &[RUN, ONE, TWO, END], "status 2", "status 2, and its cases come to status 0")]
#[case::says_good("says_good", &[RUN, ONE, TWO_BREAKS, r#"{"kind":"end","counts":{"holds":1,"violated":1}}"#], "status 0", "come to status 101")]
#[case::twice("twice", &[RUN, ONE, ONE, TWO, END], "status 0", "a::b::one came twice")]
#[case::two_verdicts("two_verdicts", &[RUN, ONE, TWO, TWO_BREAKS, END], "status 0", "a::b::two came twice")]
#[case::nobody("nobody", &[RUN, ONE, NOBODY, TWO, END], "status 0", "a::b::nobody was not asked for")]
#[case::late("late", &[RUN, ONE, END, TWO], "status 0", "came after the end")]
#[case::two_ends("two_ends", &[RUN, ONE, TWO, END, END], "status 0", "ended its record twice")]
#[case::two_records("two_records", &[RUN, ONE, RUN, TWO, END], "status 0", "began its record twice")]
fn an_end_that_disagrees_is_no_answer(
    #[case] name: &str,
    #[case] said: &[&str],
    #[case] ended: &str,
    #[case] says: &str,
) {
    let folder = play(&format!("word-{name}"));
    put(&folder, "record.1", &record(&lines(said), Some(ended)));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(125), "{}{}", left.out, left.err);
    assert!(left.err.contains(says), "{}", left.err);
    assert_eq!(boots(&folder), 1, "{}", left.err);
}

#[test]
fn a_suite_that_announces_other_cases_is_not_believed() {
    let folder = play("word-announced");
    let three = RUN.replace("\"cases\":2", "\"cases\":3");
    put(&folder, "record.1", &record(&lines(&[&three, ONE, TWO, END]), Some("status 0")));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(125), "{}{}", left.out, left.err);
    assert!(left.err.contains("announces 3 cases of 2"), "{}", left.err);
}

/// Each line is said by the first process or the suite after what is whole, or repeats what was said.
#[rstest]
#[case::ended_twice(&["ended status 0"], "", "ended twice")]
#[case::started_twice(&["started 6.1-played"], "", "started twice")]
#[case::suite_after_the_end(&[], "hello", "spoke after its end")]
fn what_cannot_be_is_no_answer(#[case] init: &[&str], #[case] suite: &str, #[case] says: &str) {
    let folder = play(&format!("word-cannot-{}", says.len()));
    let mut first = vec!["taint-after 0", "ended status 0"];
    first.extend(init);
    let mut text = said(&whole(&[ONE, TWO]), &first);
    if !suite.is_empty() {
        let mut writer = Writer::new(SUITE);
        (0..4).for_each(|_| drop(writer.frame("")));
        text += &format!("{}\n", writer.frame(suite));
    }
    put(&folder, "record.1", &text);
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(125), "{}{}", left.out, left.err);
    assert!(left.err.contains(says), "{}", left.err);
}

#[test]
fn a_machine_that_begins_anew_is_no_answer() {
    let folder = play("word-anew");
    put(&folder, "record.1", &(good() + &good()));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(125), "{}{}", left.out, left.err);
    assert!(left.err.contains("came twice"), "{}", left.err);
}

#[rstest]
#[case::panic("panic", &format!("say '{PANIC}'"), "the kernel died: Kernel panic - not syncing")]
#[case::hang("hang", "exec sleep 60", "the machine was still there after 15 s")]
#[case::killed("killed", "kill -SEGV $$", "QEMU was killed by SIGSEGV")]
#[case::status("status", "exit 3", "QEMU left with status 3")]
fn a_machine_has_to_end_after_the_last_word(
    #[case] name: &str,
    #[case] end: &str,
    #[case] says: &str,
) {
    let folder = play(&format!("word-end-{name}"));
    put(&folder, "before.1", &format!("{START}\n"));
    put(&folder, "record.1", &good());
    put(&folder, "end.1", end);
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(125), "{}{}", left.out, left.err);
    assert!(left.err.contains(says), "{}", left.err);
    assert!(left.err.contains("after the suite had ended with status 0"), "{}", left.err);
    assert_eq!(boots(&folder), 1);
}

#[test]
fn a_panic_does_not_make_a_violation_undone() {
    let folder = play("word-violated");
    put(&folder, "record.1", &record(&whole(&[ONE, TWO_BREAKS]), Some("status 101")));
    put(&folder, "end.1", &format!("say '{PANIC}'"));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(1), "{}{}", left.out, left.err);
    assert!(left.err.contains("Kernel panic"), "{}", left.err);
}

/// The run goes on as if nothing had been.
#[rstest]
#[case::at_once("0.4", "after the suite had ended")]
#[case::later("1.6", "and went on")]
fn a_panic_in_the_middle_is_no_pass(#[case] pause: &str, #[case] says: &str) {
    let folder = play(&format!("word-middle-{pause}"));
    put(&folder, "before.1", &format!("{START}\n"));
    cut(&folder, &good(), "a::b::two");
    put(&folder, "end.1", &format!("say '{PANIC}'; sleep {pause}; wire rest"));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(125), "{}{}", left.out, left.err);
    assert!(left.err.contains(says), "{}", left.err);
}

#[rstest]
#[case::warning("warning", "WARNING: CPU: 0 PID: 7 at kernel/entry/common.c:1")]
#[case::bug("bug", "[    1.0] BUG: kernel NULL pointer dereference")]
#[case::slab("slab", "[    1.0] BUG kmalloc-64 (Not tainted): Poison overwritten")]
#[case::divide("divide", "[    1.0][   T12] divide error: 0000 [#1] PREEMPT SMP")]
#[case::lockdep("lockdep", "[    1.0] WARNING: possible circular locking dependency detected")]
#[case::list("list", "[    1.0] list_add corruption. next->prev should be prev")]
#[case::register(
    "register",
    "[    1.0] unchecked MSR access error: RDMSR from 0x1b0 at rIP: 0xffffffff"
)]
fn a_complaint_on_the_console_is_no_pass(#[case] name: &str, #[case] line: &str) {
    let folder = play(&format!("word-complaint-{name}"));
    put(&folder, "before.1", &format!("{START}\n"));
    cut(&folder, &good(), "a::b::two");
    put(&folder, "end.1", &format!("sleep 0.5; say '{line}'; wire rest; say '{OVER}'"));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(125), "{}{}", left.out, left.err);
    assert!(left.err.contains("the kernel complained about when a::b::two ran"), "{}", left.err);
}

/// The record may be read before the console is.
#[rstest]
#[case::in_time("before.1")]
#[case::late("console.1")]
fn what_is_said_before_the_suite_is_shown_and_does_not_count(#[case] place: &str) {
    let folder = play(&format!("word-early-{place}"));
    let line = "WARNING: CPU: 0 PID: 1 at mm/x.c:1 x+0x1/0x2";
    put(&folder, place, &format!("[    0.5] {line}\n{START}\n"));
    put(&folder, "record.1", &good());
    put(&folder, "end.1", &format!("say '{OVER}'; say '[ 9.1] reboot: Restarting system'"));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(0), "{}{}", left.out, left.err);
    assert!(left.err.contains(&format!("does not count: {line}")), "{}", left.err);
}

/// Where the kernel takes no marks, it is unknown which messages came before the suite.
#[test]
fn without_marks_every_complaint_counts() {
    let folder = play("word-unmarked");
    put(&folder, "record.1", &good());
    put(&folder, "before.1", "[ 0.5] BUG: bad\n");
    assert_eq!(finish(&folder, &[]).status, Some(125));
}

#[rstest]
#[case::warning("[ 9.1] something odd", 125)]
#[case::farewell("[ 9.1] reboot: machine restart", 0)]
fn the_console_shows_only_complaints_after_the_end(#[case] line: &str, #[case] status: i32) {
    let folder = play(&format!("word-after-{status}"));
    put(&folder, "before.1", &format!("{START}\n"));
    put(&folder, "record.1", &good());
    put(&folder, "end.1", &format!("say '{OVER}'; say '{line}'"));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(status), "{}{}", left.out, left.err);
    assert_eq!(left.err.contains("after the last case: something odd"), status == 125);
}

#[rstest]
#[case::error(
    "log 3 it hurts",
    "taint-after 0",
    125,
    "the kernel complained after the last case: it hurts"
)]
#[case::warning("log 4 it itches", "taint-after 0", 125, "it itches")]
#[case::of_a_program("log 4 show_signal_msg: 7 callbacks suppressed", "taint-after 0", 0, "")]
#[case::of_others("log 4 rcu_stall: 7 callbacks suppressed", "taint-after 0", 125, "rcu_stall")]
#[case::lost("log-lost 12", "taint-after 0", 125, "12 lines of the kernel's log were lost")]
#[case::unread(
    "log-lost all: /dev/kmsg: ENOENT",
    "taint-after 0",
    125,
    "could not be read (/dev/kmsg"
)]
#[case::taint(
    "log 4 init[1] misaligned vsyscall (x)",
    "taint-after 640",
    125,
    "taint 0 became 640: D, the kernel died: an oops or a BUG; W, the kernel issued a warning"
)]
#[case::unknown_taint(
    "log 4 init[1] misaligned vsyscall (x)",
    "taint-after unknown: ENOENT",
    125,
    "taint could not be read"
)]
fn the_kernels_own_word_counts(
    #[case] log: &str,
    #[case] taint: &str,
    #[case] status: i32,
    #[case] says: &str,
) {
    let folder = play(&format!("word-own-{}-{}", log.len(), taint.len()));
    put(&folder, "record.1", &said(&whole(&[ONE, TWO]), &[log, taint, "ended status 0"]));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(status), "{}{}", left.out, left.err);
    assert!(left.err.contains(says), "{}", left.err);
}

#[test]
fn a_first_process_that_says_nothing_of_taint_is_not_believed() {
    let folder = play("word-mute");
    put(&folder, "record.1", &said(&whole(&[ONE, TWO]), &["ended status 0"]));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(125), "{}{}", left.out, left.err);
    assert!(left.err.contains("taint was not told"), "{}", left.err);
}

#[test]
fn what_the_kernel_says_of_itself_may_not_get_lost() {
    let folder = play("word-lost");
    let text = said(&whole(&[ONE, TWO]), &["log 3 it hurts", "taint-after 0", "ended status 0"]);
    put(&folder, "record.1", &text.replace("it hurts", "it hu"));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(125), "{}{}", left.out, left.err);
    assert!(left.err.contains("1 line of what the kernel says of itself got lost"), "{}", left.err);
}

#[rstest]
#[case::twice(TWO_TAINTS, "status 101", "taint-after 512", 1, "TAINTED")]
#[case::once(TWO, "status 0", "taint-after 0", 125, "once and not again")]
fn a_case_that_taints_runs_once_more(
    #[case] again: &str,
    #[case] ended: &str,
    #[case] taint: &str,
    #[case] status: i32,
    #[case] says: &str,
) {
    let folder = play(&format!("word-taints-{status}"));
    let first = ["taint-after 512", "ended status 101"];
    put(&folder, "record.1", &said(&whole(&[ONE, TWO_TAINTS]), &first));
    put(&folder, "record.2", &said(&whole(&[again]), &[taint, &format!("ended {ended}")]));
    let left = finish(&folder, &[]);
    assert_eq!(left.status, Some(status), "{}{}", left.out, left.err);
    assert_eq!(boots(&folder), 2);
    assert!(left.out.contains(says) || left.err.contains(says), "{}{}", left.out, left.err);
    assert!(!left.err.contains("no case explains"), "{}", left.err);
    let text = fs::read_to_string(folder.join("record.jsonl")).expect("a record");
    assert!(
        text.contains("\"earlier_boot\":") && text.contains("W, the kernel issued a warning"),
        "{text}"
    );
}

#[test]
fn nothing_of_the_guest_moves_the_cursor() {
    let folder = play("word-escape");
    let evil = "\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{202e}";
    put(&folder, "before.1", &format!("[ 0.1] WARNING: {evil}\n{START}\n"));
    let suite = whole(&[&ONE.replace("holds\"", "violated\",\"text\":\"\\u001b[2Jx\""), TWO]);
    let release = format!("started 6.1{evil}");
    let mut first = Writer::new(INIT);
    let mut text = format!("\n{}\n", first.frame(&release));
    let mut writer = Writer::new(SUITE);
    for line in &suite {
        text += &format!("{}\n", writer.frame(&line.replace("6.1-played", "6.1\\u001b[31m")));
    }
    for line in [&format!("log 3 {evil}bad"), "taint-after 0", &format!("ended status 101{evil}")] {
        text += &format!("{}\n", first.frame(line));
    }
    put(&folder, "record.1", &text);
    put(&folder, "end.1", &format!("say 'sigsys: {}'", evil.replace('\u{1b}', "\\033")));
    let left = finish(&folder, &[]);
    assert!(left.err.contains("bad"), "{}", left.err);
    for shown in [&left.out, &left.err] {
        let odd = shown.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(odd, None, "{shown:?}");
    }
}

/// At a place that the tool chose, a link is not followed.
#[test]
fn a_planted_link_is_not_followed() {
    let folder = play("word-link");
    put(&folder, "record.1", &good());
    let victim = folder.join("victim");
    fs::write(&victim, "mine").expect("written");
    let work = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(&victim, work.path().join("sigsys-boot-6.1-played.jsonl"))
        .expect("linked");
    let mut command = command(&folder, &[DEFAULT]);
    let output = command.current_dir(work.path()).output().expect("sigsys starts");
    assert_eq!(output.status.code(), Some(128), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("is a link"), "{output:?}");
    assert_eq!(fs::read_to_string(&victim).expect("there"), "mine");
    fs::remove_file(work.path().join("sigsys-boot-6.1-played.jsonl")).expect("a link");
    fs::remove_file(folder.join("boots")).expect("it booted");
    let output = command.output().expect("sigsys starts");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let record = fs::read_to_string(work.path().join("sigsys-boot-6.1-played.jsonl"));
    assert!(record.expect("a record").contains("a::b::two"));
    let names: Vec<_> = fs::read_dir(work.path()).expect("a folder").collect();
    assert_eq!(names.len(), 1, "{names:?}");
}
