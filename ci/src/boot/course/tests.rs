use super::*;
use crate::boot::life::{Life, Lost};
use rstest::rstest;

fn case_text(name: &str) -> CaseMeta {
    let text = format!(
        r#"{{"name":"{name}","area":"a","file":"f.rs","line":1,"clauses":["x/y"],"needs":[],"ends":"","alone":false,"waits":false}}"#
    );
    serde_json::from_str(&text).expect("a case")
}

fn cases() -> Vec<CaseMeta> {
    ["one", "two", "three"].map(case_text).to_vec()
}

fn run(cases: usize) -> String {
    format!(
        r#"{{"kind":"run","schema":2,"suite":{{"name":"s","version":"1"}},"time":0,"cases":{cases},"kernel":{{"system":"Linux","release":"6.1","build":"b","machine":"x86_64","user":0}}}}"#
    )
}

fn case(name: &str, verdict: &str) -> String {
    format!(r#"{{"kind":"case","name":"{name}","clauses":[],"verdict":"{verdict}"}}"#)
}

fn end(counts: &str) -> String {
    format!(r#"{{"kind":"end","counts":{{{counts}}}}}"#)
}

/// A boot of a kernel that has nothing to say of itself.
fn life(end: End) -> Life {
    let told = match &end {
        End::Told(how) => Some(how.clone()),
        _ => None,
    };
    let started = Some("6.1".into());
    let taint = [Some(0), Some(0)];
    Life { started, told, taint, end, ..Life::new() }
}

fn told(how: &str) -> Life {
    life(End::Told(how.into()))
}

fn panic() -> Life {
    life(End::Panic("Kernel panic".into()))
}

/// A boot in which the suite says `lines`.
fn boot(course: &mut Course, lines: &[String], life: &Life) -> Next {
    course.begin();
    for line in lines {
        course.take(line);
    }
    course.after(life)
}

fn all(verdicts: [&str; 3], counts: &str) -> Vec<String> {
    let [one, two, three] = verdicts;
    vec![run(3), case("one", one), case("two", two), case("three", three), end(counts)]
}

fn good() -> Vec<String> {
    all(["holds"; 3], r#""holds":3"#)
}

fn says(next: &Next, words: &str) -> bool {
    matches!(next, Next::Boot(why) if why.contains(words))
}

fn verdicts(course: &Course) -> Vec<(String, Verdict)> {
    course.cases.iter().map(|case| (case.name.clone(), case.verdict)).collect()
}

#[rstest]
#[case::good(good(), told("status 0"), GOOD, "")]
#[case::deviates(all(["holds", "deviates", "not_offered"], r#""deviates":1,"holds":1,"not_offered":1"#), told("status 0"), GOOD, "")]
#[case::bad(all(["holds", "violated", "holds"], r#""holds":2,"violated":1"#), told("status 101"), BAD, "")]
#[case::broken(all(["holds", "broken", "holds"], r#""holds":2,"broken":1"#), told("status 69"), UNTESTED, "")]
#[case::status(good(), told("status 101"), UNTESTED, "come to status 0")]
#[case::no_answer(good(), told("status 69"), UNTESTED, "come to status 0")]
#[case::killed(good(), told("signal 9"), UNTESTED, "ended with signal 9")]
#[case::silent_fault(all(["holds", "violated", "holds"], r#""holds":2,"violated":1"#), told("status 0"), UNTESTED, "come to status 101")]
#[case::counts(all(["holds"; 3], r#""holds":2"#), told("status 0"), UNTESTED, "counts other")]
#[case::no_end(good()[..4].to_vec(), told("status 0"), UNTESTED, "without the end")]
#[case::short(good()[..3].to_vec(), told("status 0"), UNTESTED, "did not run every case")]
#[case::short_and_bad(vec![run(3), case("one", "violated")], told("signal 9"), BAD, "did not run every case")]
#[case::short_and_contradicting(vec![run(3), case("one", "violated")], told("status 0"), UNTESTED, "come to status 101")]
#[case::headless(good()[1..].to_vec(), told("status 0"), UNTESTED, "beginning of the record")]
#[case::stays(good(), Life { told: Some("status 0".into()), ..life(End::Stays) }, UNTESTED, "still there after 15 s, after the suite had ended with status 0")]
#[case::dies_at_the_end(good(), Life { told: Some("status 0".into()), ..panic() }, UNTESTED, "after the suite had ended")]
#[case::qemu_dies_at_the_end(good(), Life { told: Some("status 0".into()), ..life(End::Qemu("QEMU died".into())) }, UNTESTED, "QEMU died, after the suite had ended")]
#[case::dies_before_its_word(good(), panic(), UNTESTED, "after the last case")]
#[case::overtime(good(), life(End::Overtime), UNTESTED, "--timeout")]
#[case::interrupted(good(), life(End::Interrupted(2)), 130, "interrupted by SIGINT after 3 of 3")]
#[case::contradicts(good(), Life { contradiction: Some("odd".into()), ..told("status 0") }, UNTESTED, "contradicts itself: odd")]
#[case::init_lost(good(), Life { lost: Lost { suite: 0, init: 2 }, ..told("status 0") }, UNTESTED, "2 lines of what the kernel says")]
#[case::alive_lost(good(), Life { lost: Lost { suite: 2, init: 0 }, ..told("status 0") }, GOOD, "")]
fn a_boot_comes_to_a_status(
    #[case] lines: Vec<String>,
    #[case] life: Life,
    #[case] status: u8,
    #[case] why: &str,
) {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    assert_eq!(boot(&mut course, &lines, &life), Next::Over);
    let ending = course.ending(3);
    let cut_off = ending.cut_off.clone().unwrap_or_default();
    assert_eq!(ending.status, status, "{ending:?} {:?}", course.complaints);
    assert!(cut_off.contains(why) && cut_off.is_empty() == why.is_empty(), "{cut_off}");
    let whole = course.remaining.is_empty() && course.contradiction.is_none();
    let gathered = course.gathered(3);
    assert_eq!(gathered.whole().is_some(), whole && course.header.is_some());
    // What is stored says why it is not whole.
    let end = gathered.footer.unwrap_or_default();
    assert_eq!(end.is_whole(), whole || course.header.is_none());
    assert_eq!(end.cut.unwrap_or(cut_off.clone()), cut_off);
}

/// A soft lockup while no case runs: the suite's status is no contradiction, and what is said is the taint.
#[rstest]
#[case::of_the_kernel(16384, "status 101", None)]
#[case::of_somebody_else(4096, "status 69", None)]
#[case::unsaid(16384, "status 0", Some("come to status 101"))]
fn a_taint_between_cases_is_the_runs(
    #[case] taint: u64,
    #[case] how: &str,
    #[case] contradicts: Option<&str>,
) {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    let mut lines = good();
    lines[4] = lines[4].replace("}}", &format!("}},\"taint\":{taint}}}"));
    lines[0] = lines[0].replace("\"user\"", "\"taint\":0,\"user\"");
    boot(&mut course, &lines, &Life { taint: [Some(0), Some(taint)], ..told(how) });
    let ending = course.ending(3);
    assert_eq!(ending.status, UNTESTED);
    match contradicts {
        Some(words) => assert!(ending.cut_off.is_some_and(|why| why.contains(words))),
        None => {
            assert_eq!(ending.cut_off, None);
            assert!(course.complaints[0].text.contains("no case explains its taint"));
        }
    }
}

#[test]
fn a_registry_at_fault_is_no_pass() {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    let mut lines = good();
    lines[0] = lines[0].replace("\"kernel\"", "\"faults\":[\"f\"],\"kernel\"");
    boot(&mut course, &lines, &told("status 101"));
    assert_eq!(course.ending(3), Ending { status: UNTESTED, cut_off: None });
}

#[test]
fn the_case_that_runs_when_the_kernel_dies_twice_is_named_and_the_next_follow() {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    let next = boot(&mut course, &[run(3), case("one", "holds")], &panic());
    assert!(says(&next, "while two ran; trying that case once more"), "{next:?}");
    let next = boot(&mut course, &[run(2)], &panic());
    assert!(says(&next, "while two ran again"), "{next:?}");
    let crashed = ("two".into(), Verdict::Crashed);
    assert_eq!(verdicts(&course), [("one".into(), Verdict::Holds), crashed]);
    let lines = [run(1), case("three", "holds"), end(r#""holds":1"#)];
    assert_eq!(boot(&mut course, &lines, &told("status 0")), Next::Over);
    assert_eq!(course.ending(3), Ending { status: BAD, cut_off: None });
    let gathered = course.gathered(3);
    let names: Vec<_> = gathered.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["one", "three", "two"]);
    assert_eq!(gathered.footer.map(|footer| footer.counts.len()), Some(2));
    assert!(course.complaints.is_empty());
}

#[test]
fn a_hang_is_no_crash() {
    let cases = cases();
    let mut course = Course::new(cases.iter().take(1).collect());
    let hang = life(End::Silence(std::time::Duration::from_secs(41)));
    assert!(says(&boot(&mut course, &[run(1)], &hang), "nothing came for 41 s"));
    assert_eq!(boot(&mut course, &[run(1)], &hang), Next::Over);
    assert_eq!(verdicts(&course), [("one".into(), Verdict::TimedOut)]);
    assert_eq!(course.ending(1).status, BAD);
}

#[test]
fn a_death_that_does_not_come_again_is_said() {
    let cases = cases();
    let mut course = Course::new(cases.iter().take(2).collect());
    boot(&mut course, &[run(2)], &panic());
    let lines = [run(2), case("one", "holds"), case("two", "holds"), end(r#""holds":2"#)];
    assert_eq!(boot(&mut course, &lines, &told("status 0")), Next::Over);
    assert_eq!(course.ending(2).status, UNTESTED);
    let earlier = course.cases[0].earlier_boot.as_ref().expect("it is said");
    assert!(!earlier.again && course.cases[1].earlier_boot.is_none(), "{earlier}");
    assert_eq!((course.complaints.len(), course.complaints[0].near.as_str()), (1, "one"));
}

#[test]
fn nothing_more_is_asked_of_a_kernel_that_dies_of_everything() {
    let texts: Vec<_> = (0..DEATHS + 5).map(|number| case_text(&format!("c{number:02}"))).collect();
    let mut course = Course::new(texts.iter().collect());
    let mut boots = 1;
    loop {
        let due = course.remaining.len();
        match boot(&mut course, &[run(due)], &panic()) {
            Next::Boot(_) => boots += 1,
            Next::Over => break,
        }
    }
    assert_eq!((boots, course.cases.len()), (2 * DEATHS, DEATHS));
    let ending = course.ending(texts.len());
    assert!(ending.status == BAD && ending.cut_off.is_some_and(|why| why.contains("20th time")));
}

fn tainted(name: &str) -> String {
    case(name, "tainted").replace("\"verdict\"", "\"taint\":[0,512],\"verdict\"")
}

fn after(taint: u64, how: &str) -> Life {
    Life { taint: [Some(0), Some(taint)], ..told(how) }
}

#[test]
fn cases_that_taint_run_once_more() {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    let counts = end(r#""holds":1,"tainted":2"#);
    let lines = [run(3), tainted("one"), case("two", "holds"), tainted("three"), counts];
    let next = boot(&mut course, &lines, &after(512, "status 101"));
    assert!(
        says(&next, "once more in a new boot: one (the kernel found itself at fault"),
        "{next:?}"
    );
    assert!(says(&next, ", three (the kernel"), "{next:?}");
    assert_eq!(verdicts(&course), [("two".into(), Verdict::Holds)]);
    let lines = [run(2), case("one", "holds"), tainted("three"), end(r#""holds":1,"tainted":1"#)];
    assert_eq!(boot(&mut course, &lines, &after(512, "status 101")), Next::Over);
    assert_eq!(
        verdicts(&course)[1..],
        [("one".into(), Verdict::Holds), ("three".into(), Verdict::Tainted)]
    );
    assert_eq!(course.ending(3), Ending { status: BAD, cut_off: None });
    let once = &course.complaints[0];
    assert_eq!((course.complaints.len(), once.near.as_str()), (1, "one"));
    let how =
        "the kernel found itself at fault (taint 0 became 512: W, the kernel issued a warning)";
    assert_eq!(once.text, format!("{how}, once and not again"));
    assert_eq!(course.cases[1].notes().last(), Some(&once.text));
    assert_eq!(course.cases[2].notes().last(), Some(&format!("before that: {how}")));
}

/// On a slow machine a case may time out; one that does so twice is the kernel's.
#[rstest]
#[case::slow("timed_out", "holds", UNTESTED)]
#[case::hangs("timed_out", "timed_out", BAD)]
#[case::crashes("crashed", "crashed", BAD)]
#[case::breaks("timed_out", "violated", BAD)]
fn cases_that_do_not_end_run_once_more(
    #[case] first: &str,
    #[case] second: &str,
    #[case] status: u8,
) {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    let words = first.replace('_', " ");
    let lines = all(["holds", first, "holds"], &format!(r#""holds":2,"{first}":1"#));
    let next = boot(&mut course, &lines, &told("status 101"));
    assert!(says(&next, &format!("once more in a new boot: two (it {words})")), "{next:?}");
    let how = if second == "holds" { "status 0" } else { "status 101" };
    let counts = format!(r#""{second}":1"#);
    let lines = [run(1), case("two", second), end(&counts)];
    assert_eq!(boot(&mut course, &lines, &told(how)), Next::Over);
    assert_eq!(course.ending(3), Ending { status, cut_off: None });
    let earlier = course.cases[2].earlier_boot.as_ref().expect("it is said");
    assert_eq!(
        (&earlier.how, earlier.again),
        (&format!("it {words}"), first == second || second != "holds" && second != "violated")
    );
    assert_eq!(course.complaints.is_empty(), first == second, "{:?}", course.complaints);
}

/// Where nearly everything hangs, nobody waits for all of it twice.
#[test]
fn only_so_many_cases_run_once_more() {
    let texts: Vec<_> = (0..SLIPS + 5).map(|number| case_text(&format!("c{number:02}"))).collect();
    let mut course = Course::new(texts.iter().collect());
    course.begin();
    course.take(&run(texts.len()));
    for text in &texts {
        course.take(&case(&text.name, "timed_out"));
    }
    assert_eq!((course.cases.len(), course.remaining.len()), (5, SLIPS));
}

/// A case that came waits for its second chance: another one runs when the kernel dies.
#[test]
fn a_death_after_a_taint_is_another_cases() {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    let next = boot(&mut course, &[run(3), tainted("one")], &panic());
    assert!(says(&next, "while two ran"), "{next:?}");
    // The one that tainted now kills: that is twice.
    let next = boot(&mut course, &[run(3)], &panic());
    assert!(says(&next, "while one ran again"), "{next:?}");
}

#[rstest]
#[case::changed([Some(0), Some(640)], 0, "taint 0 became 640: D, the kernel died: an oops or a BUG; W, the kernel issued")]
#[case::same([Some(512), Some(512)], 0, "")]
#[case::part([Some(0), Some(640)], 512, "taint 512 became 640: D, the kernel died: an oops or a BUG)")]
#[case::explained([Some(0), Some(512)], 512, "")]
#[case::not_told([Some(0), None], 0, "not told")]
#[case::never_told([None, Some(0)], 0, "not told")]
fn taint_is_explained_by_a_case_or_by_nobody(
    #[case] taint: [Option<u64>; 2],
    #[case] of_cases: u64,
    #[case] says: &str,
) {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    course.begin();
    let mut lines = good();
    lines[2] = lines[2].replace("\"verdict\"", &format!("\"taint\":[0,{of_cases}],\"verdict\""));
    lines.iter().for_each(|line| drop(course.take(line).cloned()));
    course.after(&Life { taint, ..told("status 0") });
    let said: Vec<_> = course.complaints.iter().map(|complaint| &complaint.text).collect();
    assert_eq!(said.is_empty(), says.is_empty(), "{said:?}");
    assert!(said.iter().all(|text| text.contains(says)), "{said:?}");
    assert_eq!(course.ending(3).status, if says.is_empty() { GOOD } else { UNTESTED });
}

#[test]
fn a_kernel_that_died_need_not_tell_its_taint() {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    boot(&mut course, &[run(3)], &Life { taint: [Some(0), None], ..panic() });
    assert!(course.complaints.is_empty());
}

#[test]
fn what_was_not_heard_is_no_pass() {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    let deaf = Life { unheard: vec!["3 lines".into()], ..told("status 0") };
    boot(&mut course, &good(), &deaf);
    assert_eq!((course.ending(3).status, course.complaints.len()), (UNTESTED, 1));
}

#[test]
fn a_complaint_is_near_the_case_that_is_next_and_counts_once_a_boot() {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    course.begin();
    course.take(&run(3));
    course.take(&case("one", "holds"));
    course.complain("it hurts");
    course.complain("it hurts");
    course.begin();
    course.complain("it hurts");
    let near: Vec<_> = course.complaints.iter().map(|complaint| complaint.near.as_str()).collect();
    assert_eq!(near, ["two", "two"]);
}

#[test]
fn lines_that_are_lost_are_asked_for_once() {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    let lossy = Life { lost: Lost { suite: 1, init: 0 }, ..told("status 0") };
    let part = [run(3), case("one", "holds"), case("three", "holds"), end(r#""holds":3"#)];
    // What came is not what its end counts, and that is known.
    let next = boot(&mut course, &part, &lossy);
    assert!(says(&next, "1 line got lost"), "{next:?}");
    assert_eq!(boot(&mut course, &[run(1), end(r#""holds":1"#)], &lossy), Next::Over);
    let ending = course.ending(3);
    assert!(ending.status == UNTESTED && ending.cut_off.is_some_and(|why| why.contains("lost")));
}

#[rstest]
#[case::release("\"release\":\"6.1\"", "\"release\":\"6.2\"")]
#[case::suite("\"version\":\"1\"", "\"version\":\"2\"")]
fn another_kernel_in_the_second_boot_is_not_believed(#[case] from: &str, #[case] to: &str) {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    boot(&mut course, &[run(3)], &panic());
    let mut lines = good();
    lines[0] = lines[0].replace(from, to);
    boot(&mut course, &lines, &told("status 0"));
    assert!(course.ending(3).cut_off.is_some_and(|why| why.contains("another kernel")));
}

#[rstest]
#[case::hint_initrd(
    Some("Kernel panic - not syncing: VFS: Unable to mount root fs"),
    "CONFIG_BLK_DEV_INITRD"
)]
#[case::hint_init(
    Some("Kernel panic - not syncing: No working init found."),
    "CONFIG_BLK_DEV_INITRD"
)]
#[case::none(Some("Kernel panic - not syncing: x"), "")]
#[case::mute(None, "CONFIG_SERIAL_8250_CONSOLE")]
fn a_kernel_that_does_not_reach_the_suite_gets_a_hint(
    #[case] line: Option<&str>,
    #[case] says: &str,
) {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    let mut life = Life { started: None, ..panic() };
    line.into_iter().for_each(|line| drop(life.console.take(line)));
    boot(&mut course, &[], &life);
    if line.is_none() {
        boot(&mut course, &[], &life);
    }
    let why = course.ending(3).cut_off.expect("cut off");
    assert!(why.contains("before it reached the suite") && why.contains(says), "{why}");
    assert_eq!(why.contains("; "), !says.is_empty(), "{why}");
}

#[test]
fn qemu_gets_a_second_chance_where_the_guest_had_one() {
    let cases = cases();
    let qemu = || End::Qemu("QEMU fell".into());
    let mut course = Course::new(cases.iter().collect());
    let early = Life { started: None, ..life(qemu()) };
    assert_eq!(boot(&mut course, &[], &early), Next::Over);
    let mut course = Course::new(cases.iter().collect());
    assert!(says(&boot(&mut course, &[run(3)], &life(qemu())), "going on in a new boot"));
    assert_eq!(boot(&mut course, &[run(3)], &life(qemu())), Next::Over);
    assert_eq!(course.ending(3), Ending { status: UNTESTED, cut_off: Some("QEMU fell".into()) });
}

#[test]
fn what_is_gathered_tells_how_many_there_should_be_and_the_taint_at_the_end() {
    let cases = cases();
    let mut course = Course::new(cases.iter().collect());
    let mut lines = good();
    boot(&mut course, &[run(3), case("one", "holds")], &panic());
    lines[0] = run(2);
    lines.remove(1);
    lines[3] = end(r#""holds":2"#).replace("}}", r#"},"taint":512}"#);
    boot(&mut course, &lines, &after(512, "status 101"));
    // The kernel's word that no case explains is no contradiction, and no pass.
    assert_eq!(course.ending(3), Ending { status: UNTESTED, cut_off: None });
    let gathered = course.gathered(3);
    assert_eq!(gathered.header.map(|header| header.cases), Some(3));
    assert_eq!(gathered.footer.map(|footer| footer.taint), Some(Some(512)));
}
