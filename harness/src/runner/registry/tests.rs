//! Each fault alone is named, and a sound clause has none.

use super::*;
use crate::Document;
use rstest::rstest;

const PAGE: Document = Document { title: "page(2)", edition: "", url: "" };
const UNTITLED: Document = Document { title: "", ..PAGE };
const SOUND: Clause =
    Clause { id: "a/b", promise: "p", sources: &[PAGE.at("s")], ..Clause::DEFAULT };
const HALF_TITLED: Clause = Clause { sources: &[PAGE.at("s"), UNTITLED.at("s")], ..SOUND };

#[rstest]
#[case::cited(SOUND, true, None)]
#[case::bare(SOUND, false, Some("no case, and no reason"))]
#[case::excused(Clause { unobservable: Some("why"), ..SOUND }, false, None)]
#[case::excused_for_nothing(
    Clause { unobservable: Some("why"), ..SOUND }, true, Some("called unobservable and has cases")
)]
#[case::nameless(Clause { id: "", ..SOUND }, true, Some("must be filled in"))]
#[case::without_promise(Clause { promise: "", ..SOUND }, true, Some("must be filled in"))]
#[case::without_source(Clause { sources: &[], ..SOUND }, true, Some("must be filled in"))]
#[case::without_title(HALF_TITLED, true, Some("must be filled in"))]
fn a_clause_is_sound_or_says_why_not(
    #[case] clause: Clause,
    #[case] cited: bool,
    #[case] says: Option<&str>,
) {
    let fault = fault_of(&clause, cited);
    match says {
        None => assert_eq!(fault, None),
        Some(words) => assert!(fault.as_ref().is_some_and(|fault| fault.contains(words))),
    }
}

#[test]
fn names_that_are_used_more_than_once_are_counted() {
    let mut said = twice(["a", "b", "a", "c", "b", "a"].into_iter(), "case");
    said.sort();
    assert_eq!(said, ["2 cases are called b", "3 cases are called a"]);
    assert_eq!(twice(["a", "b"].into_iter(), "case"), [""; 0]);
}
