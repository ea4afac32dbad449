//! A list of fixes is refused where it would explain nothing, or what it cannot.

use crate::deviation::parse;
use crate::record::{Facts, Failure, Value};
use rstest::rstest;

const FIX: &str = "[[fix]]\ncommit = \"0123456789ab\"\nreleases = [\"6.1.9\", \"6.5\"]\nwhat = \"w\"\nsource = \"s\"\n";
const EXPLAINS: &str = "[[fix.explains]]\ncase = \"a::*\"\nobserved = \"1\"\npromised = \"2\"\n";
const DEVIATION: &str = "[[deviation]]\ncase = \"a::one\"\nobserved = \"1\"\npromised = \"2\"\n\
    why = \"w\"\nsource = \"s\"\nfix = \"0123456789ab\"\n";

fn parsed(text: &str) -> Result<usize, String> {
    let known = parse(text, &["a::one", "a::two"]);
    known.map(|known| known.explanations.len()).map_err(|error| error.to_string())
}

#[rstest]
#[case::by_itself(format!("{FIX}{EXPLAINS}"), 1)]
#[case::by_a_deviation(format!("{FIX}{DEVIATION}until = [\"6.1.9\", \"6.5\"]\n"), 1)]
#[case::by_both(format!("{FIX}{EXPLAINS}{DEVIATION}until = \"6.0\"\n"), 2)]
#[case::no_fix(String::new(), 0)]
fn a_fix_explains_what_is_said(#[case] text: String, #[case] expected: usize) {
    assert_eq!(parsed(&text), Ok(expected));
}

/// A reason says it for all of its deviations.
#[test]
fn a_reason_may_have_a_fix() {
    let text = FIX.to_owned()
        + "[[reason]]\nwhy = \"w\"\nsource = \"s\"\nfix = \"0123456789ab\"\n\
        [[reason.deviation]]\ncase = \"a::one\"\nuntil = \"6.1.9\"\nmessage = \"m\"\n\
        [[reason.deviation]]\ncase = \"a::two\"\nuntil = \"6.1.9\"\nmessage = \"m\"\n";
    assert_eq!(parsed(&text), Ok(2));
}

/// Another value of a fact is another thing that a kernel does.
#[test]
fn a_fix_explains_only_what_has_the_facts_of_its_deviation() {
    let text = format!("{FIX}{DEVIATION}until = \"6.0\"\nfacts = {{ errno = \"EPERM\" }}\n");
    let known = parse(&text, &["a::one"]).expect("the table is valid");
    let failure = Failure::compared("1", "2");
    let explained = |errno: &str| {
        let facts = Facts::from_iter([("errno", Value::Word(errno.into()))]);
        known.explanations[0].explains("a::one", &failure, &facts)
    };
    assert!(explained("EPERM"));
    assert!(!explained("ENOSYS"));
}

#[rstest]
#[case::nothing_explained(FIX.to_owned(), "line 1, column 1: 0123456789ab explains nothing")]
#[case::short_id(FIX.replace("89ab", ""), "line 2, column 10: `01234567` is not 12 digits")]
#[case::no_hexadecimal(FIX.replace("89ab", "89AB"), "is not 12 digits of a commit's id")]
#[case::twice(format!("{FIX}{EXPLAINS}{FIX}"), "0123456789ab stands here twice")]
#[case::no_what(FIX.replace("\"w\"", "\" \""), "line 4, column 8: `what` is empty")]
#[case::no_source(FIX.replace("\"s\"", "\"\""), "line 5, column 10: `source` is empty")]
#[case::no_case(format!("{FIX}{EXPLAINS}").replace("a::*", "b::*"), "no case is called `b::*`")]
#[case::nothing_seen(
    format!("{FIX}{EXPLAINS}").replace("observed = \"1\"\n", ""),
    "neither `observed` nor `message`"
)]
#[case::unknown_commit(DEVIATION.to_owned(), "no [[fix]] has the commit `0123456789ab`")]
#[case::deviates_with_it(
    format!("{FIX}{DEVIATION}until = \"6.6\"\n"),
    "0123456789ab is in releases 6.1.9, 6.5 that deviate: before 6.6"
)]
#[case::no_release(FIX.replace("6.1.9", "new"), "`new` is not a kernel version")]
fn what_cannot_be_is_refused(#[case] text: String, #[case] says: &str) {
    let error = parsed(&text).expect_err("it is malformed");
    assert!(error.contains(says), "{error}");
}
