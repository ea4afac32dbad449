use super::*;
use crate::report::sample;
use rstest::rstest;

fn explained(words: &[&str]) -> Option<String> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    text(&sample::description(), &words).map(|text| anstream::adapter::strip_str(&text).to_string())
}

#[rstest]
#[case::id("off/zero", &["sud/off/zero"])]
#[case::promise("non-zero argument", &["sud/off/zero"])]
#[case::any_case("EINVAL off", &["sud/off/zero"])]
#[case::case_name("bad_value_kills", &["sud/selector/bad"])]
#[case::promise_and_case_name("selector is_there", &["sud/selector/bad"])]
#[case::punctuated("(region, wraps).", &["sud/region/wrap"])]
#[case::several("region", &["sud/off/zero", "sud/region/wrap"])]
#[case::words_of_two_cases("bad_value_kills is_there", &[])]
#[case::one_word_too_many("region unheard", &[])]
#[case::blank(" ", &[])]
fn all_words_must_match(#[case] words: &str, #[case] expected: &[&str]) {
    let description = sample::description();
    let found: Vec<&str> =
        search(&description, words).into_iter().map(|clause| clause.id.as_str()).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_clause_shows_cases_and_deviations() {
    insta::assert_snapshot!(explained(&["sud/region/wrap"]).expect("known"));
}

#[test]
fn a_clause_without_cases_says_why() {
    insta::assert_snapshot!(explained(&["sud/unseen"]).expect("known"));
}

#[test]
fn an_exact_case_shows_its_clauses() {
    let name = "dispatch::selector::bad_value_kills";
    insta::assert_snapshot!(explained(&[name]).expect("known"));
}

#[test]
fn an_exact_id_wins_over_words_in_others() {
    let mut description = sample::description();
    description.clauses[0].promise = "Named after sud/region/wrap".into();
    assert_eq!(search(&description, "sud/region/wrap").len(), 2);
    let text = text(&description, &["sud/region/wrap".into()]).expect("known");
    assert!(!text.contains("Named after"), "{text}");
}

#[test]
fn nothing_is_found_by_words_nobody_uses() {
    assert_eq!(explained(&["nobody", "says"]), None);
}
