//! Which failures are one block, and how it reads.

use super::*;
use crate::record::{Failure, How, Unmet, Value};
use rstest::rstest;

fn violated(name: &str) -> CaseLine {
    let failure = Failure { place: "area.rs:7".into(), ..Failure::compared("0", "EINVAL") };
    let clauses = vec!["a/promise".to_owned()];
    CaseLine { failure: Some(failure), ..CaseLine::new(name, clauses, Verdict::Violated) }
}

fn names(groups: &[Vec<&CaseLine>]) -> Vec<Vec<String>> {
    groups.iter().map(|group| group.iter().map(|line| line.name.clone()).collect()).collect()
}

#[test]
fn rows_of_one_claim_that_fail_alike_are_together() {
    let lines = ["a::c[x]", "a::d[x]", "a::c[y]", "a::c", "b::c[x]", "a::c[z]"].map(violated);
    let groups = names(&groups(&lines));
    assert_eq!(
        groups,
        [vec!["a::c[x]", "a::c[y]", "a::c[z]"], vec!["a::d[x]"], vec!["a::c"], vec!["b::c[x]"]]
    );
}

/// What has lines keeps them, and a command that is to be pasted is in one.
#[test]
fn lines_of_a_message_stay_lines() {
    let mut line = violated("a::c");
    let again = format!("again: sigsys fuzz {}", "x".repeat(80));
    let failure = Failure::of(format!("one fact:\n  filter {{0x20}}\n{again}"));
    line.failure = Some(Failure { place: "area.rs:7".into(), ..failure });
    let said = text(&[line]);
    let expected = format!(
        "  failed    area.rs:7  one fact:\n              filter {{0x20}}\n            {again}\n"
    );
    assert!(said.contains(&expected), "{said}");
}

/// A message of lines leaves nothing out, and where nothing was said that is said.
#[test]
fn what_failed_is_said_whole() {
    let mut line = violated("a::c");
    line.failure.as_mut().expect("one").message = "two\nlines".into();
    assert_eq!(failed(&line), "area.rs:7  two lines: observed 0, promised EINVAL");
    let silent = CaseLine::new("a::c", Vec::new(), Verdict::Broken);
    assert_eq!(failed(&silent), "nothing more is known");
}

/// Whatever differs besides the row keeps two apart.
#[rstest]
#[case::verdict(|line: &mut CaseLine| line.verdict = Verdict::Crashed)]
#[case::place(|line: &mut CaseLine| line.failure.as_mut().expect("one").place = "area.rs:8".into())]
#[case::observed(|line: &mut CaseLine| line.failure.as_mut().expect("one").observed = "1".into())]
#[case::fact(|line: &mut CaseLine| line.facts.add("rax", Value::Number(1)))]
#[case::output(|line: &mut CaseLine| line.output = "text".into())]
fn what_fails_otherwise_is_apart(#[case] change: fn(&mut CaseLine)) {
    let mut lines = [violated("a::c[x]"), violated("a::c[y]")];
    assert_eq!(groups(&lines).len(), 1);
    change(&mut lines[1]);
    assert_eq!(groups(&lines).len(), 2);
}

#[test]
fn what_never_ran_for_one_reason_is_together() {
    let lacks = |name: &str, need: &str| {
        let (title, answer) = ("a thing".into(), "EIO".into());
        let unmet = Unmet {
            need: need.into(),
            title,
            answer,
            how: How::Refused,
            excuse: None,
            doubt: None,
        };
        CaseLine { unmet: Some(unmet), ..CaseLine::new(name, Vec::new(), Verdict::Violated) }
    };
    let lines = [lacks("a::c", "n"), violated("a::c"), lacks("b::d", "n"), lacks("b::e", "m")];
    assert_eq!(names(&groups(&lines)), [vec!["a::c", "b::d"], vec!["a::c"], vec!["b::e"]]);
}

fn text(lines: &[CaseLine]) -> String {
    let lines: Vec<_> = lines.iter().collect();
    let block =
        Block { lines: &lines, case: None, clauses: &[], kernel: "Linux", again: "sigsys run" };
    block.text(&|part, text| match part {
        Part::Name => text.trim_end().to_owned(),
        Part::Verdict(verdict) => format!("<{}: {text}>", verdict.word()),
        Part::Label => text.to_owned(),
    })
}

#[test]
fn a_block_names_its_rows_once() {
    let expected = "a::c[x, y]  <violated: VIOLATED>\n\
        \x20 promised  a/promise\n\
        \x20 failed    area.rs:7  observed 0, promised EINVAL\n\
        \x20 kernel    Linux\n\
        \x20 again     sigsys run 'a::c[x]'\n";
    assert_eq!(text(&["a::c[x]", "a::c[y]"].map(violated)), expected);
}

#[rstest]
#[case::no_row(&["a::c"], "a::c")]
#[case::one_row(&["a::c[x]"], "a::c[x]")]
#[case::rows_of_several_values(&["a::c[x, nr 1]", "a::c[y]"], "a::c[x, nr 1; y]")]
#[case::no_row_and_rows(&["a::c", "a::c[x]", "a::c[y]"], "a::c")]
fn a_block_is_called(#[case] cases: &[&str], #[case] name: &str) {
    let lines: Vec<_> = cases.iter().map(|name| violated(name)).collect();
    let text = text(&lines);
    assert_eq!(text.split("  <").next(), Some(name), "{text}");
}

/// The verdict stands beside the name where both fit in the width of a report, and else below it.
#[test]
fn a_long_name_has_a_line_of_its_own() {
    let longest = WIDTH - "  VIOLATED".len();
    let beside = |length: usize| {
        let name = "x".repeat(length);
        text(&[violated(&name)]).starts_with(&format!("{name}  <"))
    };
    assert_eq!((beside(longest), beside(longest + 1)), (true, false));
    let (start, end) = (format!("a::c[{}", "x".repeat(WIDTH - 9)), "yyyy]");
    let text = text(&[violated(&format!("{start} {end}"))]);
    assert!(text.starts_with(&format!("{start}\n  {end}\n  <")), "{text}");
}

#[test]
fn a_block_of_many_rows_counts_the_rest() {
    let lines: Vec<_> = (0..30).map(|row| violated(&format!("a::c[{row}]"))).collect();
    let name = "a::c[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, and 18 more: see the record]\n  <";
    assert!(text(&lines).starts_with(name), "{}", text(&lines));
    assert!(text(&lines[..12]).starts_with("a::c[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]  <"));
}

#[test]
fn others_are_named_up_to_three() {
    let lines: Vec<_> = ["a::c", "a::d", "a::e", "a::f"].map(violated).into();
    assert!(text(&lines).contains("\n  and       a::d\n            a::e\n            a::f\n"));
    let lines = ["a::c", "a::d", "a::e", "a::f", "a::g"].map(violated);
    assert!(
        text(&lines).contains("a::f\n            1 more, for the same reason: see the record\n")
    );
}

#[test]
fn a_kernel_in_one_line_has_what_changes_results() {
    let (system, release, machine) = ("Linux".into(), "6.1.9".into(), "x86_64".into());
    let plain = Kernel { system, release, machine, outer_seccomp: Some(0), ..Kernel::default() };
    let line = "Linux 6.1.9 x86_64, vsyscall=unknown";
    assert_eq!(kernel_line(&plain), line);
    let (clocksource, via) = (Some("hpet".into()), Some("gVisor 1".into()));
    let other = Kernel { clocksource, outer_seccomp: Some(2), user: 1000, via, ..plain };
    let more = ", clocksource=hpet, inside a seccomp filter, as user 1000, via gVisor 1";
    assert_eq!(kernel_line(&other), format!("{line}{more}"));
}

#[rstest]
#[case("target/suite-1.0", "target/suite-1.0")]
#[case("my suite", "'my suite'")]
#[case("it's", r#""it's""#)]
#[case("", "''")]
fn quotes_for_a_shell(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(quoted(text), expected);
}
