mod second_chances;
mod taint;

use super::*;
use crate::machine::boot::{Boot, Lost};
use rstest::rstest;

fn case_text(name: &str) -> CaseMeta {
    let text = format!(
        r#"{{"name":"{name}","area":"a","file":"f.rs","line":1,"clauses":["x/y"],"needs":[],"ends":"","serial":false,"external_wait":false}}"#
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

/// A boot without complaints of the kernel.
fn ended(end: End) -> Boot {
    let suite_end = match &end {
        End::SuiteEnded(how) => Some(how.clone()),
        _ => None,
    };
    let started = Some("6.1".into());
    let taint = [Some(0), Some(0)];
    Boot { started, suite_end, taint, end, ..Boot::new() }
}

fn suite_ended(how: &str) -> Boot {
    ended(End::SuiteEnded(how.into()))
}

fn panic() -> Boot {
    ended(End::Panic("Kernel panic".into()))
}

/// A boot in which the suite says `lines`.
fn hear(session: &mut BootSession, lines: &[String], boot: &Boot) -> Next {
    session.begin();
    for line in lines {
        session.take(line);
    }
    session.after(boot)
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

fn verdicts(session: &BootSession) -> Vec<(String, Verdict)> {
    session.cases.iter().map(|case| (case.name.clone(), case.verdict)).collect()
}

fn tainted(name: &str) -> String {
    case(name, "tainted").replace("\"verdict\"", "\"taint\":[0,512],\"verdict\"")
}

fn after(taint: u64, how: &str) -> Boot {
    Boot { taint: [Some(0), Some(taint)], ..suite_ended(how) }
}

#[rstest]
#[case::good(good(), suite_ended("status 0"), GOOD, "")]
#[case::deviates(all(["holds", "deviates", "not_offered"], r#""deviates":1,"holds":1,"not_offered":1"#), suite_ended("status 0"), GOOD, "")]
#[case::bad(all(["holds", "violated", "holds"], r#""holds":2,"violated":1"#), suite_ended("status 101"), BAD_COMMIT, "")]
#[case::broken(all(["holds", "broken", "holds"], r#""holds":2,"broken":1"#), suite_ended("status 69"), UNTESTED, "")]
#[case::status(good(), suite_ended("status 101"), UNTESTED, "come to status 0")]
#[case::no_answer(good(), suite_ended("status 69"), UNTESTED, "come to status 0")]
#[case::killed(good(), suite_ended("signal 9"), UNTESTED, "ended with signal 9")]
#[case::silent_fault(all(["holds", "violated", "holds"], r#""holds":2,"violated":1"#), suite_ended("status 0"), UNTESTED, "come to status 101")]
#[case::counts(all(["holds"; 3], r#""holds":2"#), suite_ended("status 0"), UNTESTED, "counts other")]
#[case::no_end(good()[..4].to_vec(), suite_ended("status 0"), UNTESTED, "without the end")]
#[case::end_lost(good()[..4].to_vec(), Boot { lost: Lost { suite: 1, init: 0 }, ..suite_ended("status 0") }, UNTESTED, "1 line got lost on the way")]
#[case::other_schema([vec![run(3).replace("\"schema\":2", "\"schema\":1")], good()[1..].to_vec()].concat(), suite_ended("status 0"), UNTESTED, "is no record")]
#[case::short(good()[..3].to_vec(), suite_ended("status 0"), UNTESTED, "did not run every case")]
#[case::short_and_bad(vec![run(3), case("one", "violated")], suite_ended("signal 9"), BAD_COMMIT, "did not run every case")]
#[case::short_and_contradicting(vec![run(3), case("one", "violated")], suite_ended("status 0"), UNTESTED, "come to status 101")]
#[case::headless(good()[1..].to_vec(), suite_ended("status 0"), UNTESTED, "beginning of the record")]
#[case::stays(good(), Boot { suite_end: Some("status 0".into()), ..ended(End::Stays) }, UNTESTED, "still there after 15 s, after the suite had ended with status 0")]
#[case::dies_at_the_end(good(), Boot { suite_end: Some("status 0".into()), ..panic() }, UNTESTED, "after the suite had ended")]
#[case::qemu_dies_at_the_end(good(), Boot { suite_end: Some("status 0".into()), ..ended(End::Qemu("QEMU died".into())) }, UNTESTED, "QEMU died, after the suite had ended")]
#[case::dies_before_its_word(good(), panic(), UNTESTED, "after the last case")]
#[case::overtime(good(), ended(End::Overtime), UNTESTED, "--timeout")]
#[case::interrupted(good(), ended(End::Interrupted(2)), 130, "interrupted by SIGINT after 3 of 3")]
#[case::contradicts(good(), Boot { contradiction: Some("odd".into()), ..suite_ended("status 0") }, UNTESTED, "contradicts itself: odd")]
#[case::init_lost(good(), Boot { lost: Lost { suite: 0, init: 2 }, ..suite_ended("status 0") }, UNTESTED, "2 lines of what the kernel says")]
#[case::alive_lost(good(), Boot { lost: Lost { suite: 2, init: 0 }, ..suite_ended("status 0") }, GOOD, "")]
fn a_boot_comes_to_a_status(
    #[case] lines: Vec<String>,
    #[case] boot: Boot,
    #[case] status: u8,
    #[case] why: &str,
) {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().collect());
    assert_eq!(hear(&mut session, &lines, &boot), Next::Over);
    let ending = session.ending(3);
    let cut_off = ending.cut_off.clone().unwrap_or_default();
    assert_eq!(ending.status, status, "{ending:?} {:?}", session.complaints);
    assert!(cut_off.contains(why) && cut_off.is_empty() == why.is_empty(), "{cut_off}");
    let whole = session.remaining.is_empty() && session.contradiction.is_none();
    let run_record = session.run_record(3);
    assert_eq!(run_record.whole().is_some(), whole && session.header.is_some());
    // What is stored says why it is not whole.
    let end = run_record.footer.unwrap_or_default();
    assert_eq!(end.is_whole(), whole || session.header.is_none());
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
    let mut session = BootSession::new(cases.iter().collect());
    let mut lines = good();
    lines[4] = lines[4].replace("}}", &format!("}},\"taint\":{taint}}}"));
    lines[0] = lines[0].replace("\"user\"", "\"taint\":0,\"user\"");
    hear(&mut session, &lines, &Boot { taint: [Some(0), Some(taint)], ..suite_ended(how) });
    let ending = session.ending(3);
    assert_eq!(ending.status, UNTESTED);
    match contradicts {
        Some(words) => assert!(ending.cut_off.is_some_and(|why| why.contains(words))),
        None => {
            assert_eq!(ending.cut_off, None);
            assert!(session.complaints[0].text.contains("no case explains its taint"));
        }
    }
}

#[test]
fn a_registry_at_fault_is_no_pass() {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().collect());
    let mut lines = good();
    lines[0] = lines[0].replace("\"kernel\"", "\"faults\":[\"f\"],\"kernel\"");
    hear(&mut session, &lines, &suite_ended("status 101"));
    assert_eq!(session.ending(3), Ending { status: UNTESTED, cut_off: None });
}

#[test]
fn a_complaint_is_near_the_case_that_is_next_and_counts_once_a_boot() {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().collect());
    session.begin();
    session.take(&run(3));
    session.take(&case("one", "holds"));
    session.complain("it hurts");
    session.complain("it hurts");
    session.begin();
    session.complain("it hurts");
    let near: Vec<_> = session.complaints.iter().map(|complaint| complaint.near.as_str()).collect();
    assert_eq!(near, ["two", "two"]);
}

#[test]
fn lines_that_are_lost_are_asked_for_once() {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().collect());
    let lossy = Boot { lost: Lost { suite: 1, init: 0 }, ..suite_ended("status 0") };
    let part = [run(3), case("one", "holds"), case("three", "holds"), end(r#""holds":3"#)];
    // What came is not what its end counts, and that is known.
    let next = hear(&mut session, &part, &lossy);
    assert!(says(&next, "1 line got lost"), "{next:?}");
    assert_eq!(hear(&mut session, &[run(1), end(r#""holds":1"#)], &lossy), Next::Over);
    let ending = session.ending(3);
    assert!(ending.status == UNTESTED && ending.cut_off.is_some_and(|why| why.contains("lost")));
}

#[rstest]
#[case::release("\"release\":\"6.1\"", "\"release\":\"6.2\"")]
#[case::suite("\"version\":\"1\"", "\"version\":\"2\"")]
fn another_kernel_in_the_second_boot_is_not_believed(#[case] from: &str, #[case] to: &str) {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().collect());
    hear(&mut session, &[run(3)], &panic());
    let mut lines = good();
    lines[0] = lines[0].replace(from, to);
    hear(&mut session, &lines, &suite_ended("status 0"));
    assert!(session.ending(3).cut_off.is_some_and(|why| why.contains("another kernel")));
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
    let mut session = BootSession::new(cases.iter().collect());
    let mut boot = Boot { started: None, ..panic() };
    line.into_iter().for_each(|line| drop(boot.console.take(line)));
    hear(&mut session, &[], &boot);
    if line.is_none() {
        hear(&mut session, &[], &boot);
    }
    let why = session.ending(3).cut_off.expect("cut off");
    assert!(why.contains("before it reached the suite") && why.contains(says), "{why}");
    assert_eq!(why.contains("; "), !says.is_empty(), "{why}");
}

#[test]
fn qemu_gets_a_second_chance_where_the_guest_had_one() {
    let cases = cases();
    let qemu = || End::Qemu("QEMU fell".into());
    let mut session = BootSession::new(cases.iter().collect());
    let early = Boot { started: None, ..ended(qemu()) };
    assert_eq!(hear(&mut session, &[], &early), Next::Over);
    let mut session = BootSession::new(cases.iter().collect());
    assert!(says(&hear(&mut session, &[run(3)], &ended(qemu())), "going on in a new boot"));
    assert_eq!(hear(&mut session, &[run(3)], &ended(qemu())), Next::Over);
    assert_eq!(session.ending(3), Ending { status: UNTESTED, cut_off: Some("QEMU fell".into()) });
}

/// The first boot's account of itself may get lost.
#[test]
fn what_is_gathered_tells_how_many_cases_there_are_in_all_boots() {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().collect());
    let lossy = Boot { lost: Lost { suite: 2, init: 0 }, ..suite_ended("status 0") };
    let next = hear(&mut session, &[case("one", "holds")], &lossy);
    assert!(says(&next, "2 lines got lost"), "{next:?}");
    hear(&mut session, &[vec![run(2)], good()[2..4].to_vec()].concat(), &suite_ended("status 0"));
    assert_eq!(session.cases.len(), 3);
    assert_eq!(session.run_record(3).header.map(|header| header.cases), Some(3));
}

#[test]
fn what_is_gathered_tells_how_many_there_should_be_and_the_taint_at_the_end() {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().collect());
    let mut lines = good();
    hear(&mut session, &[run(3), case("one", "holds")], &panic());
    lines[0] = run(2);
    lines.remove(1);
    lines[3] = end(r#""holds":2"#).replace("}}", r#"},"taint":512}"#);
    hear(&mut session, &lines, &after(512, "status 101"));
    // The kernel's word that no case explains is no contradiction, and no pass.
    assert_eq!(session.ending(3), Ending { status: UNTESTED, cut_off: None });
    let run_record = session.run_record(3);
    assert_eq!(run_record.header.map(|header| header.cases), Some(3));
    assert_eq!(run_record.footer.map(|footer| footer.taint), Some(Some(512)));
}
