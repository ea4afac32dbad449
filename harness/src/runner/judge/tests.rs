//! Every way from an answer to a verdict.

use super::*;
use crate::kernel::sample;
use crate::record::Failure;
use crate::{Ends, Probe, Unmet};
use rstest::rstest;

const NEED: Need = Need {
    name: "thing",
    what: "a thing",
    probe: Probe::Kernel(|| Err(Unmet::Refused(String::new()))),
};

const CASE: Case = Case {
    path: "suite::area::claim",
    file: "here.rs",
    line: 1,
    clauses: &[],
    needs: &[],
    ends: Ends::Returns,
    serial: false,
    catches: "",
    external_wait: false,
    timeout_factor: 1,
    run: || (),
};

fn answer(verdict: RawVerdict, text: &str) -> Answer {
    let failure = (!text.is_empty()).then(|| Failure::read(text, "here.rs:1".into()));
    Answer { verdict, failure, ..Answer::broken("") }
}

fn judge(kernel: Kernel, entry: &str, deviations: &str) -> Judge {
    let table = format!("[[feature]]\nneed = \"thing\"\nsource = \"here\"\n{entry}\n");
    let features = Features::parse(&table).expect("the table is valid");
    let known = crate::deviation::parse(deviations, &["area::claim"]).expect("they are valid");
    Judge { kernel, features, known }
}

const ABSENT: &str = "until = \"6.0\"";

/// The kind of an offer, and what a reader is told of it.
fn said(offer: Availability) -> (&'static str, String) {
    match offer {
        Availability::Offered => ("offered", String::new()),
        Availability::Excused(unmet) => ("excused", unmet.to_string()),
        Availability::Unexcused(unmet) => ("unexcused", unmet.to_string()),
        Availability::Unanswered(unmet) => ("unanswered", unmet.to_string()),
    }
}

#[rstest]
#[case::held(RawVerdict::Held, "", "offered", "")]
#[case::refused(
    RawVerdict::Refused,
    "since = \"6.0\"",
    "unexcused",
    "lacks a thing: EINVAL; the feature table says that this kernel must have it"
)]
#[case::excused(
    RawVerdict::Refused,
    ABSENT,
    "excused",
    "lacks a thing: EINVAL (kernels have it before 6.0; this is 6.1)"
)]
fn an_answer_is_held_against_the_table(
    #[case] raw: RawVerdict,
    #[case] entry: &str,
    #[case] kind: &str,
    #[case] words: &str,
) {
    let offer = judge(sample("6.1"), entry, "").availability(&NEED, &answer(raw, "EINVAL"));
    assert_eq!(said(offer), (kind, words.to_owned()));
}

/// A question that died, hung or could not be asked says nothing about the kernel, whatever the table
/// says.
#[rstest]
fn what_is_no_answer_is_neither_excused_nor_held_against_the_kernel(
    #[values(RawVerdict::Violated, RawVerdict::Broken, RawVerdict::TimedOut, RawVerdict::Crashed)]
    raw: RawVerdict,
    #[values("", ABSENT)] entry: &str,
) {
    let offer =
        judge(sample("6.1"), entry, "").availability(&NEED, &answer(raw, "killed by SIGKILL"));
    assert_eq!(said(offer), ("unanswered", "thing: killed by SIGKILL".to_owned()));
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
    let offer = judge(filtered(booted), entry, "")
        .availability(&NEED, &answer(RawVerdict::Refused, "EPERM"));
    let (kind, text) = said(offer);
    assert_eq!(kind, expected);
    let blamed = text.contains("EPERM") && text.contains("a seccomp filter that is not");
    assert_eq!(blamed, kind == "unanswered", "{text}");
}

#[rstest]
#[case::met("told = { vsyscall = \"xonly\" }", "offered", "")]
#[case::unmet(
    "told = { vsyscall = \"none\" }",
    "excused",
    "lacks a thing: the mode is xonly (the boot line says vsyscall=xonly)"
)]
#[case::by_nothing("", "unanswered", "thing: the feature table does not say what settles it")]
fn a_need_that_is_not_asked_is_settled(
    #[case] entry: &str,
    #[case] kind: &str,
    #[case] words: &str,
) {
    let mut kernel = sample("6.1");
    kernel.identity.boot_line = Some("vsyscall=xonly".into());
    assert_eq!(said(judge(kernel, entry, "").told(&NEED)), (kind, words.to_owned()));
}

const TEXT: &str = "assertion `left == right` failed\n  left: 1\n right: 2";

fn known(more: &str) -> String {
    format!(
        "[[deviation]]\ncase = \"area::claim\"\nobserved = \"1\"\npromised = \"2\"\n\
         why = \"w\"\nsource = \"s\"\n{more}\n"
    )
}

/// An end that nobody declared, or a set-up that failed, is no observation, whatever it says.
#[rstest]
#[case::holds(RawVerdict::Held, Verdict::Holds, Verdict::Healed)]
#[case::violated(RawVerdict::Violated, Verdict::Violated, Verdict::Deviates)]
#[case::broken(RawVerdict::Broken, Verdict::Broken, Verdict::Broken)]
#[case::timed_out(RawVerdict::TimedOut, Verdict::TimedOut, Verdict::TimedOut)]
#[case::crashed(RawVerdict::Crashed, Verdict::Crashed, Verdict::Crashed)]
#[case::refused(RawVerdict::Refused, Verdict::Broken, Verdict::Broken)]
fn a_deviation_covers_what_was_observed_and_nothing_else(
    #[case] raw: RawVerdict,
    #[case] without: Verdict,
    #[case] with: Verdict,
) {
    let text = if raw == RawVerdict::Held { "" } else { TEXT };
    let plain = judge(sample("6.1"), "", "").judge(&CASE, answer(raw, text));
    let failure = answer(raw, text).failure;
    assert_eq!((plain.verdict, &plain.failure, plain.notes()), (without, &failure, Vec::new()));
    let line = judge(sample("6.1"), "", &known("")).judge(&CASE, answer(raw, text));
    assert_eq!((line.verdict, &line.failure), (with, &failure));
    // No deviation is spoken of where nothing was observed.
    let another = matches!(with, Verdict::TimedOut | Verdict::Crashed);
    assert_eq!(line.other_deviations.len(), usize::from(another));
    assert_eq!(line.notes().is_empty(), !another);
    let known = line.deviation.map(|known| (known.pattern, known.why));
    let said = matches!(with, Verdict::Deviates | Verdict::Healed);
    assert_eq!(known, said.then(|| ("area::claim".to_owned(), "w".to_owned())));
}

#[test]
fn a_third_behaviour_is_violated() {
    let line =
        judge(sample("6.1"), "", &known("")).judge(&CASE, answer(RawVerdict::Violated, "left: 3"));
    assert_eq!(line.verdict, Verdict::Violated);
    assert_eq!(line.said(), "left: 3");
    let another = "the known deviation, every kernel, is another: observed 1, promised 2";
    assert_eq!((line.notes(), line.deviation), (vec![another.to_owned()], None));
}

#[rstest]
#[case::fixed_in_stable(STABLE, "6.1.9", RawVerdict::Held, Verdict::Holds)]
#[case::fixed_in_stable_and_wrong(STABLE, "6.1.9", RawVerdict::Violated, Verdict::Violated)]
#[case::not_yet_fixed_in_stable(STABLE, "6.1.8", RawVerdict::Violated, Verdict::Deviates)]
#[case::fixed_too_early_in_stable(STABLE, "6.1.8", RawVerdict::Held, Verdict::Healed)]
#[case::series_without_the_fix(STABLE, "6.4.9", RawVerdict::Violated, Verdict::Deviates)]
#[case::first_of_the_range("since = \"6.1\"", "6.1", RawVerdict::Violated, Verdict::Deviates)]
#[case::before_the_range("since = \"6.1\"", "6.0.9", RawVerdict::Violated, Verdict::Violated)]
#[case::last_of_the_range("until = \"6.1\"", "6.0.9", RawVerdict::Violated, Verdict::Deviates)]
#[case::behind_the_range("until = \"6.1\"", "6.1", RawVerdict::Violated, Verdict::Violated)]
#[case::behind_the_range_and_right("until = \"6.1\"", "6.1", RawVerdict::Held, Verdict::Holds)]
#[case::no_version("", "mainline", RawVerdict::Violated, Verdict::Violated)]
#[case::no_version_and_right("", "mainline", RawVerdict::Held, Verdict::Holds)]
fn a_deviation_has_its_range(
    #[case] more: &str,
    #[case] release: &str,
    #[case] raw: RawVerdict,
    #[case] expected: Verdict,
) {
    let text = if raw == RawVerdict::Held { "" } else { TEXT };
    let line = judge(sample(release), "", &known(more)).judge(&CASE, answer(raw, text));
    assert_eq!((line.verdict, line.undecided), (expected, None));
}

/// A fix that one stable series got as well.
const STABLE: &str = "until = [\"6.1.9\", \"6.5\"]";

const BETWEEN: &str = "7.2.0-05123-g1234567";

/// Either behaviour is taken, and the line says so. A third one is not.
#[rstest]
#[case::as_before(RawVerdict::Violated, TEXT, Verdict::Deviates)]
#[case::as_after(RawVerdict::Held, "", Verdict::Holds)]
#[case::third(RawVerdict::Violated, "left: 3", Verdict::Violated)]
#[case::timed_out(RawVerdict::TimedOut, TEXT, Verdict::TimedOut)]
fn between_two_releases_either_behaviour_is_taken(
    #[values("until = \"7.3\"", "since = \"7.3\"")] more: &str,
    #[case] raw: RawVerdict,
    #[case] text: &str,
    #[case] expected: Verdict,
) {
    let line = judge(sample(BETWEEN), "", &known(more)).judge(&CASE, answer(raw, text));
    assert_eq!(line.verdict, expected);
    let why = format!("{BETWEEN} lies between 7.2 and 7.3: --as 7.2 or --as 7.3 decides");
    let said = line.undecided.expect("it is said").to_string();
    assert!(said.ends_with(&why), "{said}");
}

/// The same goes for a point release between two that were run and behave differently.
#[rstest]
#[case::before("6.1.6", RawVerdict::Held, Verdict::Healed, false)]
#[case::between_as_before("6.1.7", RawVerdict::Violated, Verdict::Deviates, true)]
#[case::between_as_after("6.1.8", RawVerdict::Held, Verdict::Holds, true)]
#[case::after("6.1.9", RawVerdict::Violated, Verdict::Violated, false)]
fn between_two_point_releases_that_were_run_either_behaviour_is_taken(
    #[case] release: &str,
    #[case] raw: RawVerdict,
    #[case] expected: Verdict,
    #[case] is_said: bool,
) {
    let text = if raw == RawVerdict::Held { "" } else { TEXT };
    let known = known("until = [\"6.1.7..6.1.9\", \"6.5\"]");
    let line = judge(sample(release), "", &known).judge(&CASE, answer(raw, text));
    assert_eq!(line.verdict, expected);
    let said = line.undecided.map(|undecided| undecided.to_string());
    let whole =
        format!("{release} lies between two releases that differ, and none between them was run");
    assert_eq!(said.is_some(), is_said);
    assert!(said.is_none_or(|said| said.ends_with(&whole)));
}

#[rstest]
#[case::both_deviate("", RawVerdict::Held, Verdict::Healed)]
#[case::both_deviate_as_known("since = \"7.2\"", RawVerdict::Violated, Verdict::Deviates)]
#[case::neither_does("until = \"7.2\"", RawVerdict::Violated, Verdict::Violated)]
#[case::neither_does_yet("since = \"7.4\"", RawVerdict::Held, Verdict::Holds)]
fn where_both_releases_agree_nothing_is_undecided(
    #[case] more: &str,
    #[case] raw: RawVerdict,
    #[case] expected: Verdict,
) {
    let text = if raw == RawVerdict::Held { "" } else { TEXT };
    let line = judge(sample(BETWEEN), "", &known(more)).judge(&CASE, answer(raw, text));
    assert_eq!((line.verdict, line.undecided), (expected, None));
}

#[test]
fn a_vendors_kernel_may_have_what_is_later() {
    let kernel = || sample("5.14.0-427.el9.x86_64");
    let holds =
        judge(kernel(), "", &known("since = \"6.4\"")).judge(&CASE, answer(RawVerdict::Held, ""));
    let deviates = judge(kernel(), "", &known("since = \"6.4\""))
        .judge(&CASE, answer(RawVerdict::Violated, TEXT));
    assert_eq!((holds.verdict, deviates.verdict), (Verdict::Holds, Verdict::Deviates));
    let said = holds.undecided.expect("it is said").to_string();
    assert!(said.contains("--as VERSION decides"), "{said}");
    // What every kernel since its base does, it does.
    let healed =
        judge(kernel(), "", &known("since = \"5.11\"")).judge(&CASE, answer(RawVerdict::Held, ""));
    assert_eq!((healed.verdict, healed.undecided), (Verdict::Healed, None));
}

const FIX: &str = "[[fix]]\ncommit = \"0123456789ab\"\nreleases = [\"6.1.9\", \"6.5\"]\n\
    what = \"ones are twos\"\nsource = \"s\"\n";
const HINT: &str = "this kernel may lack 0123456789ab (6.1.9, 6.5): ones are twos";

/// Where the deviation is in force it says enough; elsewhere exactly what it observed has the hint.
#[rstest]
#[case::deviates_as_known("6.1.8", RawVerdict::Violated, TEXT, Verdict::Deviates, false)]
#[case::release_with_it("6.1.9", RawVerdict::Violated, TEXT, Verdict::Violated, true)]
#[case::no_release("mainline", RawVerdict::Violated, TEXT, Verdict::Violated, true)]
#[case::another_value("6.1.9", RawVerdict::Violated, "left: 3", Verdict::Violated, false)]
#[case::mended("6.1.9", RawVerdict::Held, "", Verdict::Holds, false)]
#[case::healed("6.1.8", RawVerdict::Held, "", Verdict::Healed, false)]
#[case::no_observation("6.1.9", RawVerdict::TimedOut, TEXT, Verdict::TimedOut, false)]
#[case::broken("6.1.9", RawVerdict::Broken, TEXT, Verdict::Broken, false)]
fn a_fix_is_hinted_at_where_it_explains_what_was_observed(
    #[case] release: &str,
    #[case] raw: RawVerdict,
    #[case] text: &str,
    #[case] expected: Verdict,
    #[case] hinted: bool,
) {
    let table = FIX.to_owned() + &known(&format!("{STABLE}\nfix = \"0123456789ab\""));
    let judge = judge(sample(release), "", &table);
    let line = judge.judge(&CASE, answer(raw, text));
    assert_eq!(line.verdict, expected);
    assert_eq!(line.fix.as_ref().map(ToString::to_string), hinted.then(|| HINT.to_owned()));
    assert_eq!(line.notes().contains(&HINT.to_owned()), hinted);
    let other = Case { path: "suite::area::other", ..CASE };
    assert_eq!(judge.judge(&other, answer(raw, text)).fix, None);
}

/// A violation that nothing excuses may be explained without any deviation.
#[test]
fn a_fix_explains_without_a_deviation() {
    let explains = "[[fix.explains]]\ncase = \"area::*\"\nobserved = \"*1*\"\npromised = \"2\"\n";
    let table = FIX.to_owned() + explains;
    let text = "assertion `left == right` failed\n  left: [0, 1]\n right: 2";
    let judged = |text: String| {
        judge(sample("6.1.8"), "", &table).judge(&CASE, answer(RawVerdict::Violated, &text))
    };
    assert_eq!(judged(text.to_owned()).notes(), [HINT]);
    assert_eq!(judged(text.replace('1', "3")).notes(), [""; 0]);
    assert_eq!(judged(text.replace("right: 2", "right: 4")).notes(), [""; 0]);
}

/// What a filter of somebody else may have done says nothing of the kernel's commits.
#[test]
fn under_a_filter_no_fix_is_hinted_at() {
    let explains = "[[fix.explains]]\ncase = \"*\"\nobserved = \"1\"\npromised = \"2\"\n";
    let judge = judge(filtered(false), "", &(FIX.to_owned() + explains));
    let mut line = judge.judge(&CASE, answer(RawVerdict::Violated, TEXT));
    assert_eq!(line.notes(), [HINT]);
    judge.allow_for_a_filter(&mut line);
    assert_eq!((line.verdict, line.fix), (Verdict::Broken, None));
}

/// A filter of somebody else may be what was observed.
#[rstest]
#[case::violated(RawVerdict::Violated, Verdict::Broken)]
#[case::timed_out(RawVerdict::TimedOut, Verdict::Broken)]
#[case::crashed(RawVerdict::Crashed, Verdict::Broken)]
#[case::broken(RawVerdict::Broken, Verdict::Broken)]
#[case::holds(RawVerdict::Held, Verdict::Holds)]
fn under_a_filter_nothing_is_held_against_the_kernel(
    #[case] raw: RawVerdict,
    #[case] expected: Verdict,
) {
    let text = if raw == RawVerdict::Held { "" } else { TEXT };
    let judged = |booted| {
        let judge = judge(filtered(booted), "", "");
        let mut line = judge.judge(&CASE, answer(raw, text));
        judge.allow_for_a_filter(&mut line);
        line
    };
    let line = judged(false);
    assert_eq!(line.verdict, expected);
    let machine = judged(true);
    assert_eq!(line.failure, machine.failure, "what was observed stays");
    let blamed = expected == Verdict::Broken && raw != RawVerdict::Broken;
    let because = Because::ForeignFilter;
    let overruled = blamed.then_some(Overruled { verdict: machine.verdict, because });
    assert_eq!((line.overruled, line.notes().join("").contains("filter")), (overruled, blamed));
    assert_eq!(line.said().ends_with(')'), blamed, "{}", line.said());
    assert_eq!(machine.verdict.is_good(), raw == RawVerdict::Held);
    let broken = machine.verdict == Verdict::Broken;
    assert_eq!((broken, machine.overruled), (raw == RawVerdict::Broken, None));
}

/// What the kernel finds of itself no filter explains.
#[test]
fn under_a_filter_a_taint_stands() {
    let judge = judge(filtered(false), "", "");
    let mut line = Judge::line(&CASE, Verdict::Tainted);
    judge.allow_for_a_filter(&mut line);
    assert_eq!((line.verdict, line.overruled), (Verdict::Tainted, None));
}

#[test]
fn a_line_has_a_place_where_it_has_a_text() {
    let judge = judge(sample("6.1"), "", "");
    assert_eq!(judge.judge(&CASE, answer(RawVerdict::Violated, "left: 3")).place(), "here.rs:1");
    assert_eq!(judge.judge(&CASE, answer(RawVerdict::Held, "")).place(), "");
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
    match judge(kernel, entry, "").availability(&NEED, &answer(RawVerdict::Refused, "EPERM")) {
        Availability::Unanswered(unmet) => {
            assert!(unanswered && unmet.to_string().contains("without /proc"), "{unmet}");
        }
        Availability::Unexcused(unmet) => assert!(!unanswered, "{unmet}"),
        other => panic!("{other:?}"),
    }
}
