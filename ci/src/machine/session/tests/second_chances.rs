//! A case in which the kernel died, hung or tainted itself runs again in another boot.

use super::*;

#[test]
fn the_case_that_runs_when_the_kernel_dies_twice_is_named_and_the_next_follow() {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().collect());
    let next = hear(&mut session, &[run(3), case("one", "holds")], &panic());
    assert!(says(&next, "while two ran; trying that case once more"), "{next:?}");
    let next = hear(&mut session, &[run(2)], &panic());
    assert!(says(&next, "while two ran again"), "{next:?}");
    let crashed = ("two".into(), Verdict::Crashed);
    assert_eq!(verdicts(&session), [("one".into(), Verdict::Holds), crashed]);
    assert!(session.cases[1].said().contains("the kernel died: Kernel panic"));
    let lines = [run(1), case("three", "holds"), end(r#""holds":1"#)];
    assert_eq!(hear(&mut session, &lines, &suite_ended("status 0")), Next::Over);
    assert_eq!(session.ending(3), Ending { status: BAD_COMMIT, cut_off: None });
    let run_record = session.run_record(3);
    let names: Vec<_> = run_record.cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names, ["one", "three", "two"]);
    assert_eq!(run_record.footer.map(|footer| footer.counts.len()), Some(2));
    assert!(session.complaints.is_empty());
}

#[test]
fn a_hang_is_no_crash() {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().take(1).collect());
    let hang = ended(End::Silence(std::time::Duration::from_secs(41)));
    assert!(says(&hear(&mut session, &[run(1)], &hang), "nothing came for 41 s"));
    assert_eq!(hear(&mut session, &[run(1)], &hang), Next::Over);
    assert_eq!(verdicts(&session), [("one".into(), Verdict::TimedOut)]);
    assert_eq!(session.ending(1).status, BAD_COMMIT);
}

#[test]
fn a_death_that_does_not_come_again_is_said() {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().take(2).collect());
    hear(&mut session, &[run(2)], &panic());
    let lines = [run(2), case("one", "holds"), case("two", "holds"), end(r#""holds":2"#)];
    assert_eq!(hear(&mut session, &lines, &suite_ended("status 0")), Next::Over);
    assert_eq!(session.ending(2).status, UNTESTED);
    let earlier = session.cases[0].earlier_boot.as_ref().expect("it is said");
    assert!(!earlier.again && session.cases[1].earlier_boot.is_none(), "{earlier}");
    assert_eq!((session.complaints.len(), session.complaints[0].near.as_str()), (1, "one"));
}

#[test]
fn nothing_more_is_asked_of_a_kernel_that_dies_of_everything() {
    let texts: Vec<_> =
        (0..MAX_DEATHS + 5).map(|number| case_text(&format!("c{number:02}"))).collect();
    let mut session = BootSession::new(texts.iter().collect());
    let mut boots = 1;
    loop {
        let due = session.remaining.len();
        match hear(&mut session, &[run(due)], &panic()) {
            Next::Boot(_) => boots += 1,
            Next::Over => break,
        }
    }
    assert_eq!((boots, session.cases.len()), (2 * MAX_DEATHS, MAX_DEATHS));
    let ending = session.ending(texts.len());
    assert!(
        ending.status == BAD_COMMIT && ending.cut_off.is_some_and(|why| why.contains("20th time"))
    );
}

#[test]
fn cases_that_taint_run_once_more() {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().collect());
    let counts = end(r#""holds":1,"tainted":2"#);
    let lines = [run(3), tainted("one"), case("two", "holds"), tainted("three"), counts];
    let next = hear(&mut session, &lines, &after(512, "status 101"));
    assert!(
        says(&next, "once more in a new boot: one (the kernel found itself at fault"),
        "{next:?}"
    );
    assert!(says(&next, ", three (the kernel"), "{next:?}");
    assert_eq!(verdicts(&session), [("two".into(), Verdict::Holds)]);
    let lines = [run(2), case("one", "holds"), tainted("three"), end(r#""holds":1,"tainted":1"#)];
    assert_eq!(hear(&mut session, &lines, &after(512, "status 101")), Next::Over);
    assert_eq!(
        verdicts(&session)[1..],
        [("one".into(), Verdict::Holds), ("three".into(), Verdict::Tainted)]
    );
    assert_eq!(session.ending(3), Ending { status: BAD_COMMIT, cut_off: None });
    let once = &session.complaints[0];
    assert_eq!((session.complaints.len(), once.near.as_str()), (1, "one"));
    let how =
        "the kernel found itself at fault (taint 0 became 512: W, the kernel issued a warning)";
    assert_eq!(once.text, format!("{how}, once and not again"));
    assert_eq!(session.cases[1].notes().last(), Some(&once.text));
    assert_eq!(session.cases[2].notes().last(), Some(&format!("before that: {how}")));
}

/// On a slow machine a case may time out; the kernel is blamed for the second time-out.
#[rstest]
#[case::slow("timed_out", "holds", UNTESTED)]
#[case::hangs("timed_out", "timed_out", BAD_COMMIT)]
#[case::crashes("crashed", "crashed", BAD_COMMIT)]
#[case::breaks("timed_out", "violated", BAD_COMMIT)]
fn cases_that_do_not_end_run_once_more(
    #[case] first: &str,
    #[case] second: &str,
    #[case] status: u8,
) {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().collect());
    let words = first.replace('_', " ");
    let lines = all(["holds", first, "holds"], &format!(r#""holds":2,"{first}":1"#));
    let next = hear(&mut session, &lines, &suite_ended("status 101"));
    assert!(says(&next, &format!("once more in a new boot: two (it {words})")), "{next:?}");
    let how = if second == "holds" { "status 0" } else { "status 101" };
    let counts = format!(r#""{second}":1"#);
    let lines = [run(1), case("two", second), end(&counts)];
    assert_eq!(hear(&mut session, &lines, &suite_ended(how)), Next::Over);
    assert_eq!(session.ending(3), Ending { status, cut_off: None });
    let earlier = session.cases[2].earlier_boot.as_ref().expect("it is said");
    assert_eq!(
        (&earlier.how, earlier.again),
        (&format!("it {words}"), first == second || second != "holds" && second != "violated")
    );
    assert_eq!(session.complaints.is_empty(), first == second, "{:?}", session.complaints);
}

/// Where nearly every case hangs, not all of them run twice.
#[test]
fn only_so_many_cases_run_once_more() {
    let texts: Vec<_> =
        (0..MAX_SLIPS + 5).map(|number| case_text(&format!("c{number:02}"))).collect();
    let mut session = BootSession::new(texts.iter().collect());
    session.begin();
    session.take(&run(texts.len()));
    for text in &texts {
        session.take(&case(&text.name, "timed_out"));
    }
    assert_eq!((session.cases.len(), session.remaining.len()), (5, MAX_SLIPS));
}

/// A case that came waits for its second chance: another one runs when the kernel dies.
#[test]
fn a_death_after_a_taint_is_another_cases() {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().collect());
    let next = hear(&mut session, &[run(3), tainted("one")], &panic());
    assert!(says(&next, "while two ran"), "{next:?}");
    // The one that tainted now kills: that is twice.
    let next = hear(&mut session, &[run(3)], &panic());
    assert!(says(&next, "while one ran again"), "{next:?}");
}
