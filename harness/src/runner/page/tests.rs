//! What a case writes down is what its worker reads, and the first complaint stands.

use super::*;
use crate::record::Value;

/// A page of this test's own: the others of this program run beside it.
fn page() -> Page {
    let bytes = |count| sys::memory::shared_bytes(count).expect("shared memory");
    Page {
        words: sys::memory::shared_words(WORDS).expect("shared memory"),
        text: bytes(TEXT),
        place: bytes(PLACE),
        facts: bytes(FACTS),
    }
}

#[test]
fn a_fresh_page_says_nothing() {
    let page = page();
    assert!(!page.reached_end() && !page.expects_death());
    assert_eq!((page.complaint(), page.facts()), (None, Facts::default()));
}

#[test]
fn the_end_and_the_doom_are_told_apart() {
    let page = page();
    page.expect_death();
    assert_eq!((page.expects_death(), page.reached_end()), (true, false));
    page.clear();
    page.reach_end();
    assert_eq!((page.expects_death(), page.reached_end()), (false, true));
}

#[test]
fn the_first_complaint_stands_whatever_its_kind() {
    for (first, second) in
        [(FailureKind::Claim, FailureKind::SetUp), (FailureKind::SetUp, FailureKind::Claim)]
    {
        let page = page();
        page.complain(first, format_args!("a.rs:1"), format_args!("one"));
        page.complain(second, format_args!("b.rs:22"), format_args!("another"));
        assert_eq!(page.complaint(), Some((first, "a.rs:1".into(), "one".into())));
    }
}

/// The writer takes the place first and says what it says last: in between it may be killed.
#[test]
fn an_unfinished_complaint_is_one() {
    let page = page();
    page.words[TEXT_TAKEN].store(1, SeqCst);
    let (kind, place, text) = page.complaint().expect("somebody complained");
    assert_eq!((kind, place.as_str()), (FailureKind::Unfinished, ""));
    assert!(text.contains("before it could say why"), "{text}");
}

#[test]
fn a_cleared_page_takes_a_new_complaint_and_new_facts() {
    let page = page();
    page.complain(FailureKind::Claim, format_args!("a.rs:100"), format_args!("a long complaint"));
    page.observe("old", &"value");
    page.expect_death();
    page.reach_end();
    page.clear();
    assert!(!page.reached_end() && !page.expects_death());
    assert_eq!((page.complaint(), page.facts()), (None, Facts::default()));
    page.complain(FailureKind::SetUp, format_args!("b"), format_args!("c"));
    assert_eq!(page.complaint(), Some((FailureKind::SetUp, "b".into(), "c".into())));
}

#[test]
fn facts_come_in_the_order_in_which_they_were_seen() {
    let page = page();
    page.observe("name", &format_args!("{}\u{1e}{}", "value", 1));
    page.observe("empty", &"");
    page.observe("name", &2_u8);
    let word = |word: &str| Value::Word(word.into());
    let seen = [("name", word("value\u{1e}1")), ("empty", word("")), ("name", Value::Number(2))];
    assert_eq!(page.facts(), Facts::from_iter(seen));
}

#[test]
fn what_has_no_room_is_cut_and_spoils_nothing() {
    let page = page();
    let long = "x".repeat(FACTS);
    page.complain(FailureKind::Claim, format_args!("{long}"), format_args!("{long}"));
    let (_, place, text) = page.complaint().expect("a complaint");
    assert_eq!((place.len(), text.len()), (PLACE, TEXT));
    page.observe("first", &1_u8);
    page.observe("second", &long);
    page.observe("third", &3_u8);
    let seen = [("first", Value::Number(1)), ("third", Value::Number(3))];
    assert_eq!(page.facts(), Facts::from_iter(seen), "the second has no room");
}
