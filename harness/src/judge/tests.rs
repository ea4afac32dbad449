//! Every way from an answer to a verdict.

use super::*;
use crate::kernel::sample;
use crate::{Ask, Ends, Unmet};
use rstest::rstest;

const NEED: Need = Need {
    name: "thing",
    what: "a thing",
    ask: Ask::Kernel(|| Err(Unmet::Refused(String::new()))),
};

const CASE: Case = Case {
    path: "suite::area::claim",
    file: "here.rs",
    line: 1,
    clauses: &[],
    needs: &[],
    ends: Ends::Returns,
    alone: false,
    waits: false,
    limits: 1,
    run: || (),
};

fn answer(result: Raw, text: &str) -> Answer {
    Answer { result, place: "here.rs:1".into(), ..Answer::broken(text) }
}

fn judge(kernel: Kernel, entry: &str, deviations: &str) -> Judge {
    let table = format!("[[feature]]\nneed = \"thing\"\nsource = \"here\"\n{entry}\n");
    let features = Features::parse(&table).expect("the table is valid");
    let deviations = crate::deviation::parse(deviations, &["area::claim"]).expect("they are valid");
    Judge { kernel, features, deviations }
}

const ABSENT: &str = "until = \"6.0\"";

#[rstest]
#[case::held(Raw::Held, "", Offer::Offered)]
#[case::refused(Raw::Refused, "since = \"6.0\"", Offer::Unexcused(
    "lacks a thing: EINVAL; the feature table says that this kernel must have it".into()
))]
#[case::excused(Raw::Refused, ABSENT, Offer::Excused(
    "lacks a thing: EINVAL (kernels have it before 6.0; this is 6.1)".into()
))]
fn an_answer_is_held_against_the_table(
    #[case] raw: Raw,
    #[case] entry: &str,
    #[case] expected: Offer,
) {
    assert_eq!(judge(sample("6.1"), entry, "").offer(&NEED, &answer(raw, "EINVAL")), expected);
}

/// A question that died, hung or could not be asked says nothing about the kernel, whatever the table
/// says.
#[rstest]
fn what_is_no_answer_is_neither_excused_nor_held_against_the_kernel(
    #[values(Raw::Violated, Raw::Broken, Raw::TimedOut, Raw::Crashed)] raw: Raw,
    #[values("", ABSENT)] entry: &str,
) {
    let offer = judge(sample("6.1"), entry, "").offer(&NEED, &answer(raw, "killed by SIGKILL"));
    assert_eq!(offer, Offer::Unanswered("thing: killed by SIGKILL".into()));
}

fn filtered(booted: bool) -> Kernel {
    let mut kernel = sample("6.1");
    kernel.identity.outer_seccomp = Some(2);
    kernel.booted = booted;
    kernel
}

/// In a machine that was booted for the run there is no filter to blame.
#[rstest]
#[case::blamed(false, "", "unanswered")]
#[case::in_a_machine(true, "", "unexcused")]
#[case::excused(false, "surroundings = { filter = true }", "excused")]
#[case::not_excused_in_a_machine(true, "surroundings = { filter = true }", "unexcused")]
#[case::by_something_else(false, ABSENT, "excused")]
fn a_filter_may_have_refused(#[case] booted: bool, #[case] entry: &str, #[case] expected: &str) {
    let offer = judge(filtered(booted), entry, "").offer(&NEED, &answer(Raw::Refused, "EPERM"));
    let kind = match &offer {
        Offer::Offered => "offered",
        Offer::Excused(_) => "excused",
        Offer::Unexcused(_) => "unexcused",
        Offer::Unanswered(text) => {
            assert!(text.contains("EPERM") && text.contains("filter"), "{text}");
            "unanswered"
        }
    };
    assert_eq!(kind, expected);
}

#[rstest]
#[case::met("{ vsyscall = \"xonly\" }", "offered")]
#[case::unmet("{ vsyscall = \"none\" }", "excused")]
fn a_need_that_is_not_asked_is_settled(#[case] told: &str, #[case] expected: &str) {
    let mut kernel = sample("6.1");
    kernel.identity.vsyscall = Some("xonly".into());
    let kind = match judge(kernel, &format!("told = {told}"), "").told(&NEED) {
        Offer::Offered => "offered",
        Offer::Excused(_) => "excused",
        other => panic!("{other:?}"),
    };
    assert_eq!(kind, expected);
}

#[test]
fn a_need_that_nothing_settles_is_unanswered() {
    assert!(matches!(judge(sample("6.1"), "", "").told(&NEED), Offer::Unanswered(_)));
}

const TEXT: &str = "assertion `left == right` failed\n  left: 1\n right: 2";

fn known(more: &str) -> String {
    format!(
        "[[deviation]]\ncase = \"area::claim\"\nobserved = \"left: 1 right: 2\"\nwhy = \"w\"\n\
         source = \"s\"\n{more}\n"
    )
}

/// An end that nobody declared, or a set-up that failed, is no observation, whatever it says.
#[rstest]
#[case::holds(Raw::Held, Verdict::Holds, Verdict::Healed)]
#[case::violated(Raw::Violated, Verdict::Violated, Verdict::Deviates)]
#[case::broken(Raw::Broken, Verdict::Broken, Verdict::Broken)]
#[case::timed_out(Raw::TimedOut, Verdict::TimedOut, Verdict::TimedOut)]
#[case::crashed(Raw::Crashed, Verdict::Crashed, Verdict::Crashed)]
#[case::refused(Raw::Refused, Verdict::Broken, Verdict::Broken)]
fn a_deviation_covers_what_was_observed_and_nothing_else(
    #[case] raw: Raw,
    #[case] without: Verdict,
    #[case] with: Verdict,
) {
    let text = if raw == Raw::Held { "" } else { TEXT };
    let plain = judge(sample("6.1"), "", "").judge(&CASE, answer(raw, text));
    assert_eq!((plain.verdict, plain.text.as_str(), plain.note.as_str()), (without, text, ""));
    let line = judge(sample("6.1"), "", &known("")).judge(&CASE, answer(raw, text));
    assert_eq!((line.verdict, line.note.as_str()), (with, ""));
    if with == Verdict::Broken {
        assert_eq!(line.text, text, "no deviation is spoken of where nothing was observed");
    }
    let said = if with == Verdict::Deviates { ("area::claim", "w") } else { ("", "") };
    assert_eq!((line.deviation.as_str(), line.known.as_str()), said);
}

#[test]
fn a_third_behaviour_is_violated() {
    let line = judge(sample("6.1"), "", &known("")).judge(&CASE, answer(Raw::Violated, "left: 3"));
    assert_eq!(line.verdict, Verdict::Violated);
    assert!(line.text.ends_with("is another: left: 1 right: 2)"), "{}", line.text);
}

#[rstest]
#[case::mended("mended = true", "6.1", Raw::Held, Verdict::Holds)]
#[case::not_yet_mended("mended = true", "6.1", Raw::Violated, Verdict::Deviates)]
#[case::first_of_the_range("since = \"6.1\"", "6.1", Raw::Violated, Verdict::Deviates)]
#[case::before_the_range("since = \"6.1\"", "6.0.9", Raw::Violated, Verdict::Violated)]
#[case::last_of_the_range("until = \"6.1\"", "6.0.9", Raw::Violated, Verdict::Deviates)]
#[case::behind_the_range("until = \"6.1\"", "6.1", Raw::Violated, Verdict::Violated)]
#[case::behind_the_range_and_right("until = \"6.1\"", "6.1", Raw::Held, Verdict::Holds)]
#[case::no_version("", "mainline", Raw::Violated, Verdict::Violated)]
#[case::no_version_and_right("", "mainline", Raw::Held, Verdict::Holds)]
fn a_deviation_has_its_range(
    #[case] more: &str,
    #[case] release: &str,
    #[case] raw: Raw,
    #[case] expected: Verdict,
) {
    let text = if raw == Raw::Held { "" } else { TEXT };
    let line = judge(sample(release), "", &known(more)).judge(&CASE, answer(raw, text));
    assert_eq!((line.verdict, line.note.as_str()), (expected, ""));
}

const BETWEEN: &str = "7.2.0-05123-g1234567";

/// Either behaviour is taken, and the line says so. A third one is not.
#[rstest]
#[case::as_before(Raw::Violated, TEXT, Verdict::Deviates)]
#[case::as_after(Raw::Held, "", Verdict::Holds)]
#[case::third(Raw::Violated, "left: 3", Verdict::Violated)]
#[case::timed_out(Raw::TimedOut, TEXT, Verdict::TimedOut)]
fn between_two_releases_either_behaviour_is_taken(
    #[values("until = \"7.3\"", "since = \"7.3\"")] more: &str,
    #[case] raw: Raw,
    #[case] text: &str,
    #[case] expected: Verdict,
) {
    let line = judge(sample(BETWEEN), "", &known(more)).judge(&CASE, answer(raw, text));
    assert_eq!(line.verdict, expected);
    let why = format!("{BETWEEN} lies between 7.2 and 7.3: --as 7.2 or --as 7.3 decides");
    assert!(line.note.ends_with(&why), "{}", line.note);
}

#[rstest]
#[case::both_deviate("", Raw::Held, Verdict::Healed)]
#[case::both_deviate_as_known("since = \"7.2\"", Raw::Violated, Verdict::Deviates)]
#[case::neither_does("until = \"7.2\"", Raw::Violated, Verdict::Violated)]
#[case::neither_does_yet("since = \"7.4\"", Raw::Held, Verdict::Holds)]
fn where_both_releases_agree_nothing_is_undecided(
    #[case] more: &str,
    #[case] raw: Raw,
    #[case] expected: Verdict,
) {
    let text = if raw == Raw::Held { "" } else { TEXT };
    let line = judge(sample(BETWEEN), "", &known(more)).judge(&CASE, answer(raw, text));
    assert_eq!((line.verdict, line.note.as_str()), (expected, ""));
}

#[test]
fn a_vendors_kernel_may_have_what_is_later() {
    let kernel = || sample("5.14.0-427.el9.x86_64");
    let holds = judge(kernel(), "", &known("since = \"6.4\"")).judge(&CASE, answer(Raw::Held, ""));
    let deviates =
        judge(kernel(), "", &known("since = \"6.4\"")).judge(&CASE, answer(Raw::Violated, TEXT));
    assert_eq!((holds.verdict, deviates.verdict), (Verdict::Holds, Verdict::Deviates));
    assert!(holds.note.contains("--as VERSION decides"), "{}", holds.note);
    // What every kernel since its base does, it does.
    let healed =
        judge(kernel(), "", &known("since = \"5.11\"")).judge(&CASE, answer(Raw::Held, ""));
    assert_eq!((healed.verdict, healed.note.as_str()), (Verdict::Healed, ""));
}

/// A filter of somebody else may be what was observed.
#[rstest]
#[case::violated(Raw::Violated, Verdict::Broken)]
#[case::timed_out(Raw::TimedOut, Verdict::Broken)]
#[case::crashed(Raw::Crashed, Verdict::Broken)]
#[case::broken(Raw::Broken, Verdict::Broken)]
#[case::holds(Raw::Held, Verdict::Holds)]
fn under_a_filter_nothing_is_held_against_the_kernel(#[case] raw: Raw, #[case] expected: Verdict) {
    let text = if raw == Raw::Held { "" } else { TEXT };
    let judged = |booted| {
        let judge = judge(filtered(booted), "", "");
        let mut line = judge.judge(&CASE, answer(raw, text));
        judge.allow_for_a_filter(&mut line);
        line
    };
    let line = judged(false);
    assert_eq!(line.verdict, expected);
    assert!(line.text.starts_with(text), "{}", line.text);
    let blamed = expected == Verdict::Broken && raw != Raw::Broken;
    assert_eq!(line.note.contains("filter"), blamed, "{}", line.note);
    let machine = judged(true);
    assert_eq!(machine.verdict.is_good(), raw == Raw::Held);
    assert_eq!(
        (machine.verdict == Verdict::Broken, machine.note.as_str()),
        (raw == Raw::Broken, "")
    );
}

/// What the kernel finds of itself no filter explains.
#[test]
fn under_a_filter_a_taint_stands() {
    let judge = judge(filtered(false), "", "");
    let mut line = judge.line(&CASE, Verdict::Tainted, "W".into());
    judge.allow_for_a_filter(&mut line);
    assert_eq!((line.verdict, line.note.as_str()), (Verdict::Tainted, ""));
}

#[test]
fn a_line_has_a_place_where_it_has_a_text() {
    let judge = judge(sample("6.1"), "", "");
    assert_eq!(judge.judge(&CASE, answer(Raw::Violated, "left: 3")).place, "here.rs:1");
    assert_eq!(judge.judge(&CASE, answer(Raw::Held, "")).place, "");
}

#[test]
fn facts_of_one_name_become_a_list() {
    let facts = ["a", "a", "b", "a"].map(|value| ("n".to_owned(), value.to_owned()));
    assert_eq!(together(facts.to_vec())["n"], "a \u{d7}2, b, a");
}

#[test]
fn a_long_list_is_cut() {
    let facts = (0..200).map(|value| ("n".to_owned(), format!("{value:03}"))).collect();
    let text = &together(facts)["n"];
    assert!(text.len() < 500 && text.ends_with(" more"), "{text}");
}

/// What fits is told to the last character.
#[test]
fn a_list_may_be_as_long_as_there_is_room() {
    let seen =
        |first: usize| vec![("n".to_owned(), "x".repeat(first)), ("n".to_owned(), "y".into())];
    assert_eq!(together(seen(397))["n"].len(), 397 + ", y".len());
    assert_eq!(together(seen(399))["n"].len(), 399 + ", y".len());
    assert_eq!(together(seen(400))["n"], format!("{}, and 1 more", "x".repeat(400)));
}

/// Without /proc nothing tells whether the surroundings took away what they may take; what they may not is
/// the kernel's to have.
#[rstest]
#[case::may_be_taken(false, false, "surroundings = { chroot = true }", true)]
#[case::may_not(false, false, "", false)]
#[case::in_a_machine(false, true, "surroundings = { chroot = true }", false)]
#[case::with_proc(true, false, "surroundings = { chroot = true }", false)]
fn without_proc_nobody_is_blamed_for_a_place(
    #[case] proc: bool,
    #[case] booted: bool,
    #[case] entry: &str,
    #[case] unanswered: bool,
) {
    let mut kernel = sample("6.1");
    (kernel.proc, kernel.booted) = (proc, booted);
    match judge(kernel, entry, "").offer(&NEED, &answer(Raw::Refused, "EPERM")) {
        Offer::Unanswered(why) => assert!(unanswered && why.contains("without /proc"), "{why}"),
        Offer::Unexcused(why) => assert!(!unanswered, "{why}"),
        other => panic!("{other:?}"),
    }
}
