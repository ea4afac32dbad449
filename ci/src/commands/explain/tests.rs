use super::*;
use crate::results::report::sample;
use rstest::rstest;

fn explained(words: &str, most: usize) -> String {
    let description = sample::description();
    let text = find(&description, words).text(&description, most);
    anstream::adapter::strip_str(&text).to_string()
}

fn names(description: &Description, words: &str) -> Vec<String> {
    let name = |thing: &Thing| match thing {
        Thing::Clause { clause, .. } => clause.id.clone(),
        Thing::Case(claim) => claim.name.to_owned(),
    };
    find(description, words).things.iter().map(name).collect()
}

#[rstest]
#[case::id("sud/off/zero", &["sud/off/zero"])]
#[case::ids("sud/*/zero", &["sud/off/zero"])]
#[case::case("dispatch::selector::loops", &["dispatch::selector::loops"])]
#[case::row("dispatch::off::refuses_a_field[length]", &["dispatch::off::refuses_a_field[length]"])]
#[case::table("dispatch::off::refuses_a_field", &["dispatch::off::refuses_a_field"])]
#[case::cases("*::off::*", &["dispatch::off::is_forgotten", "dispatch::off::refuses_a_field"])]
#[case::both("*off*zero*", &["sud/off/zero"])]
#[case::clauses_come_first("*re*", &[
    "sud/bare", "sud/region/wrap", "dispatch::off::refuses_a_field", "dispatch::region::end_is_open",
    "dispatch::region::wraps_are_refused", "ptrace::config::reads_back", "vsyscall::page::is_there",
])]
fn names_and_patterns_are_no_queries(#[case] words: &str, #[case] expected: &[&str]) {
    assert_eq!(names(&sample::description(), words), expected);
    assert!(find(&sample::description(), words).query.is_none());
}

#[test]
fn a_clause_shows_cases_and_deviations() {
    insta::assert_snapshot!(explained("sud/region/wrap", BEST));
}

#[test]
fn a_clause_without_cases_says_why() {
    insta::assert_snapshot!(explained("sud/unseen", BEST));
}

#[test]
fn an_exact_case_shows_its_clauses() {
    insta::assert_snapshot!(explained("dispatch::selector::bad_value_kills", BEST));
}

#[test]
fn a_table_is_one_case() {
    insta::assert_snapshot!(explained("dispatch::region::wraps_are_refused", BEST));
}

#[test]
fn the_best_are_shown_and_the_rest_counted() {
    insta::assert_snapshot!(explained("any region the kernel knows", 2));
    assert!(!explained("any region the kernel knows", usize::MAX).contains("--all"));
}

#[test]
fn an_exact_id_wins_over_words_in_others() {
    let mut description = sample::description();
    description.clauses[0].promise = "Named after sud/region/wrap".into();
    assert_eq!(names(&description, "sud/region/wrap"), ["sud/region/wrap"]);
}

#[test]
fn nothing_is_found_by_words_nobody_uses() {
    assert_eq!(names(&sample::description(), "unheard uttered"), Vec::<String>::new());
}

/// Among others, a clause shows few of its claims: those the query speaks of, before others.
#[test]
fn the_claims_that_say_the_words_come_first() {
    let mut description = sample::description();
    let one = description.cases[0].clone();
    let id = description.clauses[0].id.clone();
    description.cases = ["b", "c", "d", "e", "f", "g", "h", "stored"]
        .map(|claim| CaseMeta {
            name: format!("a::a::{claim}"),
            clauses: vec![id.clone()],
            ..one.clone()
        })
        .into();
    let text = find(&description, "nobody storing a case kernel").text(&description, BEST);
    let text = anstream::adapter::strip_str(&text).to_string();
    let listed: Vec<&str> = text.lines().filter_map(|line| line.split("a::a::").nth(1)).collect();
    assert_eq!(listed.len(), 6, "{text}");
    assert!(listed[0].starts_with("stored") && listed[1].starts_with('b'), "{text}");
    assert!(text.contains(&format!("and 2 claims more: sigsys explain {id}")), "{text}");
    let all = find(&description, &id).text(&description, BEST);
    assert_eq!(all.matches("a::a::").count(), 8, "{all}");
}

#[test]
fn a_line_holds_eighty_columns() {
    let mut description = sample::description();
    for clause in &mut description.clauses {
        clause.promise = "words ".repeat(40);
        clause.sources[0].place = "a section of it ".repeat(9);
    }
    for case in &mut description.cases {
        case.file = format!("suites/{}.rs", "f".repeat(40));
    }
    let text = find(&description, "words").text(&description, BEST);
    let text = anstream::adapter::strip_str(&text).to_string();
    let longest = text.lines().map(str::len).max();
    assert!(longest.is_some_and(|longest| (70..=80).contains(&longest)), "{longest:?}\n{text}");
}

#[test]
fn programs_get_a_line_each() {
    let description = sample::description();
    let lines = |words| find(&description, words).lines(&description, 2);
    let read = |line: &String| serde_json::from_str::<serde_json::Value>(line).expect("JSON");
    let ranked: Vec<_> = lines("region wraps around").iter().map(read).collect();
    assert_eq!(
        (ranked[0]["kind"].as_str(), ranked[0]["id"].as_str()),
        (Some("clause"), Some("sud/region/wrap"))
    );
    assert!(ranked[0]["score"].as_f64() > ranked.get(1).and_then(|line| line["score"].as_f64()));
    let rows = &ranked[0]["cases"][1];
    assert_eq!(
        (rows["name"].as_str(), rows["rows"].as_u64()),
        (Some("dispatch::region::wraps_are_refused"), Some(30))
    );
    let named = read(&lines("dispatch::selector::loops")[0]);
    assert_eq!(
        (named["kind"].as_str(), named["place"].as_str()),
        (Some("case"), Some("suites/dispatch/selector.rs:30"))
    );
    assert_eq!(named["clauses"][0].as_str(), Some("sud/selector/bad"));
}

#[test]
fn a_sentence_may_have_a_negative_number() {
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        explain: ExplainArgs,
    }

    let line = Line::try_parse_from(["explain", "anything", "but", "-1", "--all"]).expect("words");
    assert_eq!(
        (line.explain.words.join(" ").as_str(), line.explain.all),
        ("anything but -1", true)
    );
}
