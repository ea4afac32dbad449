//! Whose a kernel's taint is.

use super::*;

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
    let mut session = BootSession::new(cases.iter().collect());
    session.begin();
    let mut lines = good();
    lines[2] = lines[2].replace("\"verdict\"", &format!("\"taint\":[0,{of_cases}],\"verdict\""));
    lines.iter().for_each(|line| drop(session.take(line).cloned()));
    session.after(&Boot { taint, ..suite_ended("status 0") });
    let said: Vec<_> = session.complaints.iter().map(|complaint| &complaint.text).collect();
    assert_eq!(said.is_empty(), says.is_empty(), "{said:?}");
    assert!(said.iter().all(|text| text.contains(says)), "{said:?}");
    assert_eq!(session.ending(3).status, if says.is_empty() { GOOD } else { UNTESTED });
}

#[test]
fn a_kernel_that_died_need_not_tell_its_taint() {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().collect());
    hear(&mut session, &[run(3)], &Boot { taint: [Some(0), None], ..panic() });
    assert!(session.complaints.is_empty());
}

#[test]
fn what_was_not_heard_is_no_pass() {
    let cases = cases();
    let mut session = BootSession::new(cases.iter().collect());
    let deaf = Boot { unheard: vec!["3 lines".into()], ..suite_ended("status 0") };
    hear(&mut session, &good(), &deaf);
    assert_eq!((session.ending(3).status, session.complaints.len()), (UNTESTED, 1));
}
