use super::*;
use crate::results::report::sample;
use harness::describe::Description;
use harness::record::{Line, TaintChange, Verdict};
use rstest::rstest;

/// A record to change: header, cases, footer.
struct Made {
    description: Description,
    header: Option<Header>,
    cases: Vec<CaseLine>,
    footer: Option<Footer>,
}

impl Made {
    /// A record that is whole.
    fn whole() -> Self {
        let description = sample::description();
        let mut cases = sample::cases();
        // In the sample one verdict is of a case that has none of another.
        cases.retain(|case| description.cases.iter().any(|text| text.name == case.name));
        let header = Header { cases: cases.len(), faults: vec![], ..sample::header() };
        let footer = Footer::count(cases.iter().map(|case| case.verdict));
        Self { description, header: Some(header), cases, footer: Some(footer) }
    }

    fn count(&mut self) {
        self.footer = Some(Footer::count(self.cases.iter().map(|case| case.verdict)));
    }

    fn announce(&mut self, cases: usize) {
        self.header.as_mut().expect("there is one").cases = cases;
    }

    fn flaws(&self) -> Vec<Flaw> {
        let expected: Vec<&CaseMeta> = self.description.cases.iter().collect();
        against(&expected, self.header.as_ref(), &self.cases, self.footer.as_ref())
    }

    fn within(&self) -> Vec<Flaw> {
        within(self.header.as_ref(), &self.cases, self.footer.as_ref())
    }
}

const FIRST: &str = "dispatch::off::is_forgotten";

#[test]
fn a_whole_record_has_no_flaws() {
    let made = Made::whole();
    assert_eq!((made.flaws(), made.within()), (vec![], vec![]));
    assert_eq!(say(&[]), None);
}

#[rstest]
#[case::no_beginning(|made: &mut Made| made.header = None, "has no beginning")]
#[case::no_end(|made: &mut Made| made.footer = None, "has no end")]
#[case::interrupted(
    |made: &mut Made| made.footer.as_mut().expect("one").interrupted = Some("SIGINT".into()),
    "has no end"
)]
#[case::cut(
    |made: &mut Made| made.footer.as_mut().expect("one").cut = Some("it died".into()),
    "has no end"
)]
#[case::repeated(
    |made: &mut Made| { made.cases.push(made.cases[0].clone()); made.count(); },
    "holds 1 case (dispatch::off::is_forgotten) more than once"
)]
#[case::contradicting(
    |made: &mut Made| {
        made.cases.push(CaseLine { verdict: Verdict::Holds, ..made.cases[0].clone() });
        made.count();
    },
    "holds 1 case (dispatch::off::is_forgotten) with two verdicts"
)]
#[case::counts(
    |made: &mut Made| made.footer.as_mut().expect("one").counts = [(Verdict::Holds, 41)].into(),
    "counts other cases at its end than it holds"
)]
#[case::announced(|made: &mut Made| made.announce(40), "begins as one of 40 and should be of 41")]
fn a_record_is_held_to_itself(#[case] change: fn(&mut Made), #[case] says: &str) {
    let mut made = Made::whole();
    change(&mut made);
    for flaws in [made.within(), made.flaws()] {
        let said = say(&flaws).expect("it has one");
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn taint_after_the_last_case_is_no_miscount() {
    let mut made = Made::whole();
    made.footer.as_mut().expect("one").taint = Some(512);
    assert_eq!(made.flaws(), []);
}

#[rstest]
#[case::missing(
    |made: &mut Made| { made.cases.remove(0); made.count(); },
    &["lacks 1 of 41: dispatch::off::is_forgotten"]
)]
#[case::many_missing(
    |made: &mut Made| { made.cases.truncate(37); made.count(); },
    &["lacks 4 of 41: ", " and 1 more"]
)]
#[case::foreign(
    |made: &mut Made| { made.cases.push(CaseLine { name: "a::b".into(), ..made.cases[0].clone() }); made.count(); },
    &["holds 1 case (a::b) that nobody asked for"]
)]
#[case::renamed(
    |made: &mut Made| made.cases[0].name = "a::b".into(),
    &["(a::b) that nobody asked for; lacks 1 of 41: dispatch::off::is_forgotten"]
)]
#[case::other_promises(
    |made: &mut Made| made.cases[0].clauses.push("sud/other".into()),
    &["cites other promises than the suite describes in 1 case (dispatch::off::is_forgotten)"]
)]
#[case::smaller_all_over(
    |made: &mut Made| { made.cases.remove(0); made.count(); made.announce(40); },
    &["lacks 1 of 41", "begins as one of 40 and should be of 41"]
)]
fn a_record_is_held_to_the_suites_description(
    #[case] change: fn(&mut Made),
    #[case] says: &[&str],
) {
    let mut made = Made::whole();
    assert_eq!(made.cases[0].name, FIRST);
    change(&mut made);
    let said = say(&made.flaws()).expect("it has one");
    assert!(says.iter().all(|says| said.contains(says)) && !said.contains('\n'), "{said}");
}

#[test]
fn what_is_cut_may_be_too_long_as_well() {
    let mut made = Made::whole();
    made.footer = None;
    assert_eq!(made.within(), [Flaw::NoEnd]);
    made.announce(made.cases.len() - 1);
    assert_eq!(made.within(), [Flaw::NoEnd, Flaw::Announced(40, 41)]);
}

#[rstest]
#[case(3, "a, b, c")]
#[case(4, "a, b, c and 1 more")]
fn the_first_names_are_said(#[case] many: usize, #[case] expected: &str) {
    let names: Vec<String> =
        ["a", "b", "c", "d"].iter().take(many).map(|n| n.to_string()).collect();
    assert_eq!(listed(&names), expected);
}

#[rstest]
#[case::good(0, Verdict::Holds, false, false, true)]
#[case::good_in_spite_of_itself(101, Verdict::Holds, false, false, false)]
#[case::fault(101, Verdict::Holds, true, false, true)]
#[case::hidden_fault(0, Verdict::Holds, true, false, false)]
#[case::bad(101, Verdict::Violated, false, false, true)]
#[case::hidden(0, Verdict::Violated, false, false, false)]
#[case::broken(69, Verdict::Broken, false, false, true)]
#[case::hidden_broken(0, Verdict::Broken, false, false, false)]
#[case::unexplained(69, Verdict::Holds, false, false, false)]
#[case::explained(69, Verdict::Holds, false, true, true)]
#[case::explained_bad(69, Verdict::Violated, false, true, true)]
#[case::a_complaint_is_no_excuse(0, Verdict::Violated, false, true, false)]
#[case::a_complaint_is_no_accusation(101, Verdict::Holds, false, true, false)]
fn the_status_is_held_to_the_verdicts(
    #[case] code: u8,
    #[case] verdict: Verdict,
    #[case] fault: bool,
    #[case] complained: bool,
    #[case] agrees: bool,
) {
    let lines = [CaseLine { verdict, ..sample::cases()[0].clone() }];
    let header = Header { faults: vec!["x".into(); usize::from(fault)], ..sample::header() };
    let said = disagreement(code, Some(&header), &lines, None, complained);
    assert_eq!(said.is_none(), agrees, "{said:?}");
}

/// What a case explains is said by its verdict, and what somebody else did is not the kernel's fault.
#[rstest]
#[case::kernels_own(0, &[], 512, 101)]
#[case::somebody_elses(0, &[], 1 << 12, 69)]
#[case::both(0, &[], 1 << 12 | 512, 101)]
#[case::of_before(512, &[], 512 | 1 << 12, 69)]
#[case::explained(0, &[(0, 512)], 512, 0)]
#[case::explained_by_each(0, &[(0, 512), (0, 512)], 512, 0)]
#[case::explained_in_part(0, &[(0, 1 << 12)], 1 << 12 | 512, 101)]
#[case::a_case_sets_what_it_adds(0, &[(512, 4096 | 512)], 4096 | 512, 101)]
#[case::taken_back(512, &[], 0, 0)]
fn taint_that_no_case_explains_asks_for_its_own_status(
    #[case] before: u64,
    #[case] of_cases: &[(u64, u64)],
    #[case] after: u64,
    #[case] asked: u8,
) {
    let mut header = sample::header();
    (header.faults, header.kernel.taint) = (vec![], Some(before));
    let case = sample::cases().into_iter().find(|case| case.verdict == Verdict::Holds);
    let case = case.expect("one holds");
    let with = |taint| CaseLine { taint, ..case.clone() };
    let changes = of_cases.iter().map(|&(before, after)| TaintChange { before, after });
    let mut lines: Vec<_> = changes.map(|change| with(Some(change))).collect();
    lines.push(with(None));
    let footer = Footer { taint: Some(after), ..Footer::default() };
    for code in [0, 69, 101] {
        let said = disagreement(code, Some(&header), &lines, Some(&footer), false);
        assert_eq!(said.is_none(), code == asked, "{said:?}");
    }
}

/// A record as text.
fn text() -> String {
    let made = Made::whole();
    let lines = made.header.map(Line::Run).into_iter();
    let lines = lines.chain(made.cases.into_iter().map(Line::Case));
    let lines = lines.chain(made.footer.map(Line::End));
    lines.map(|line| serde_json::to_string(&line).expect("a line") + "\n").collect()
}

/// Wherever a record is cut, what was there before is read; nothing is made up.
#[test]
fn a_record_is_read_as_far_as_it_goes() {
    let text = text();
    let whole = read(&text).expect("whole");
    let first = text.find('\n').expect("lines");
    // Every line's end, and some places within: all of them take half a minute.
    let ends = |at: usize| text.as_bytes()[at] == b'\n';
    let telling = |at: &usize| at.is_multiple_of(13) || ends(*at) || ends(*at - 1);
    for end in (first..text.len()).filter(telling) {
        let lines = text[..end].matches('\n').count();
        let cut = read(&text[..end]).unwrap_or_else(|why| panic!("{end}: {why}"));
        // A line whose end alone is missing is a line.
        let unended = usize::from(ends(end));
        let cases = (lines + unended).saturating_sub(1).min(whole.cases.len());
        assert_eq!(cut.cases, whole.cases[..cases], "{end}");
        assert_eq!(cut.footer.is_some(), end + 1 == text.len(), "{end}");
    }
    assert!(read(&text[..first - 1]).is_err());
}

#[rstest]
#[case::two_ends(|text: &str| format!("{text}{}\n", text.lines().last().expect("lines")))]
#[case::a_case_after_the_end(|text: &str| format!("{text}{}\n", text.lines().nth(1).expect("lines")))]
fn an_end_is_the_end(#[case] change: fn(&str) -> String) {
    let why = read(&change(&text())).expect_err("wrong");
    assert_eq!(why, "it goes on after its end");
}

#[test]
fn garbage_in_the_middle_is_no_cut() {
    let text = text().replacen("\n{\"kind\":\"case\"", "\n{\"kind\":\"ca\n{\"kind\":\"case\"", 1);
    assert!(read(&text).expect_err("wrong").starts_with("line 2: "));
}
