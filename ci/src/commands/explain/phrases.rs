//! Sentences of the documents, as a reader has them at hand, find their clauses.

use super::rank::Index;
use harness::describe::Description;
use std::collections::BTreeMap;
use std::process::Command;

/// How far down a clause may stand.
const TOP: usize = 3;

/// Tables of phrases that are no document's.
const OF_NO_DOCUMENT: [&str; 2] = ["identifiers", "what newcomers type"];

struct Phrase {
    /// As it stands in the document, or what people type.
    text: String,
    /// The document's title, or one of `OF_NO_DOCUMENT`.
    source: String,
    /// The id of the clause it is about.
    clause: String,
}

fn phrases() -> Vec<Phrase> {
    type Documents = BTreeMap<String, BTreeMap<String, Vec<String>>>;
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/phrases.toml");
    let text = std::fs::read_to_string(file).expect("the phrases can be read");
    let documents: Documents = toml::from_str(&text).expect("documents and clauses");
    let mut phrases = Vec::new();
    for (source, clauses) in documents {
        for (clause, texts) in clauses {
            phrases.extend(texts.into_iter().map(|text| Phrase {
                text,
                source: source.clone(),
                clause: clause.clone(),
            }));
        }
    }
    phrases
}

/// What the suite of this workspace holds.
pub(super) fn description() -> Description {
    let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
    let output = Command::new(cargo)
        .args(["build", "-q", "-p", "suites", "--test", "conformance", "--message-format=json"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let suite = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == "conformance")
        .find_map(|message| message["executable"].as_str().map(str::to_owned))
        .expect("the suite was built");
    let described =
        Command::new(suite).arg("--describe").output().expect("the suite can be started");
    serde_json::from_slice(&described.stdout).expect("a description")
}

#[test]
fn sentences_of_the_documents_find_their_clauses() {
    let (description, phrases) = (description(), phrases());
    assert!(phrases.len() >= 40, "{}", phrases.len());
    let index = Index::new(&description);
    let mut places = BTreeMap::<usize, usize>::new();
    let mut lost = String::new();
    for Phrase { text, source, clause } in &phrases {
        let ranked = index.rank(text);
        let place = ranked.iter().position(|ranked| ranked.clause.id == *clause);
        *places.entry(place.unwrap_or(usize::MAX)).or_default() += 1;
        if place.is_none_or(|place| place >= TOP) {
            let found = ranked.iter().take(TOP).map(|ranked| ranked.clause.id.as_str());
            let found = found.collect::<Vec<_>>().join(", ");
            lost += &format!("{source}: `{text}`\n  finds {found}\n  not {clause} ({place:?})\n");
        }
    }
    println!("how many stand in which place: {places:?} of {}", phrases.len());
    assert!(lost.is_empty(), "{lost}");
}

/// A table's title is that of a document, and each of its clauses names that document as a source.
#[test]
fn the_document_of_a_sentence_is_a_source_of_its_clause() {
    let clauses = description().clauses;
    for Phrase { text, source, clause } in phrases() {
        let found = clauses.iter().find(|known| known.id == clause);
        let found = found.unwrap_or_else(|| panic!("{clause} is no clause: `{text}`"));
        let titles: Vec<&str> = found.sources.iter().map(|source| source.title.as_str()).collect();
        assert!(
            OF_NO_DOCUMENT.contains(&source.as_str()) || titles.contains(&source.as_str()),
            "{clause} has the sources {titles:?}, not {source}: `{text}`"
        );
    }
}

/// Terms are what the clause does not say, in the order of the alphabet. A sentence that is copied into them
/// would find its clause whatever the ranking does.
#[test]
fn terms_are_single_words_and_no_sentences() {
    let plain = |text: &str| {
        let words = text.to_lowercase();
        let words = words.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let phrases: Vec<(String, Vec<String>)> =
        phrases().iter().map(|phrase| (phrase.clause.clone(), plain(&phrase.text))).collect();
    for clause in &description().clauses {
        let places = clause.sources.iter().map(|source| source.place.as_str());
        let places = places.collect::<Vec<_>>().join(" ");
        let said = plain(&format!("{} {places}", clause.promise));
        let terms: Vec<String> = clause.terms.split_whitespace().map(str::to_lowercase).collect();
        assert!(terms.is_sorted(), "{}: its terms in order: {terms:?}", clause.id);
        for (at, term) in terms.iter().enumerate() {
            assert!(!said.contains(term), "{}: it says `{term}` itself", clause.id);
            assert!(!terms[..at].contains(term), "{}: `{term}` twice", clause.id);
        }
        for (_, words) in phrases.iter().filter(|(id, words)| *id == clause.id && words.len() > 2) {
            let mut words = words.iter().filter(|word| word.len() > 3);
            assert!(!words.all(|word| terms.contains(word)), "{}: copied: {words:?}", clause.id);
        }
    }
}
