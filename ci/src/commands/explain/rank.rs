//! Clauses ranked by the words of a query: BM25F. A library that does it (`bm25`) hashes words into numbers that
//! may collide, has no fields, and gives equal scores in an order that changes from run to run.

use super::words::Words;
use crate::commands::explain::cases_of;
use crate::results;
use harness::describe::{ClauseText, Description, SourceText};
use std::collections::{BTreeMap, BTreeSet};

/// What of a clause is searched.
#[derive(Clone, Copy)]
struct Field {
    /// How much a word in it counts.
    weight: f64,
    /// How much less it counts in a text that is longer than others: 0 for not at all, 1 for as much.
    length: f64,
}

const FIELDS: [Field; 6] = [
    Field { weight: 1.0, length: 0.3 },
    Field { weight: 2.0, length: 0.5 },
    Field { weight: 1.5, length: 0.0 },
    Field { weight: 1.5, length: 0.5 },
    Field { weight: 0.3, length: 0.5 },
    Field { weight: 0.3, length: 0.8 },
];

/// How soon a word counts no more though it is said again.
const SATURATION: f64 = 1.2;

/// A clause and how well it fits.
pub(super) struct Ranked<'a> {
    pub clause: &'a ClauseText,
    /// Greater is better; comparable within one query.
    pub score: f64,
}

/// Every clause, ready to be searched.
pub(super) struct Index<'a> {
    words: Words,
    documents: Vec<Document<'a>>,
    /// How many words each field has on average.
    lengths: [f64; FIELDS.len()],
}

impl<'a> Index<'a> {
    pub(super) fn new(description: &'a Description) -> Self {
        let words = Words::new();
        let clauses = description.clauses.iter();
        let documents: Vec<Document> =
            clauses.map(|clause| Document::new(&words, description, clause)).collect();
        let lengths = average_lengths(&documents);
        Self { words, documents, lengths }
    }

    /// The clauses that say at least one of the words, the best first; equals by id.
    pub(super) fn rank(&self, query: &str) -> Vec<Ranked<'a>> {
        let known = |word: &str| self.saying(word) > 0;
        let weigh = |(word, share): (String, f64)| {
            let weight = share * self.rarity(&word);
            (word, weight)
        };
        let asked: Vec<(String, f64)> =
            self.words.asked(query, known).into_iter().map(weigh).collect();
        let score = |document: &Document| {
            let scores = asked.iter().map(|(word, weight)| {
                let said = document.said(word, &self.lengths);
                weight * said / (SATURATION + said)
            });
            scores.sum()
        };
        let documents = self.documents.iter();
        let mut ranked: Vec<Ranked> = documents
            .map(|document| Ranked { clause: document.clause, score: score(document) })
            .filter(|ranked| ranked.score > 0.0)
            .collect();
        ranked.sort_by(|a, b| {
            b.score.total_cmp(&a.score).then_with(|| a.clause.id.cmp(&b.clause.id))
        });
        ranked
    }

    /// The fewer clauses say a word, the more it says.
    fn rarity(&self, word: &str) -> f64 {
        let (all, saying) = (self.documents.len() as f64, self.saying(word) as f64);
        (1.0 + (all - saying + 0.5) / (saying + 0.5)).ln()
    }

    /// How many clauses say a word.
    fn saying(&self, word: &str) -> usize {
        let says = |document: &&Document| document.counts.contains_key(word);
        self.documents.iter().filter(says).count()
    }
}

/// A clause's words.
struct Document<'a> {
    clause: &'a ClauseText,
    /// How often each is in each field.
    counts: BTreeMap<String, [u32; FIELDS.len()]>,
    /// How many words each field has.
    lengths: [usize; FIELDS.len()],
}

impl<'a> Document<'a> {
    fn new(words: &Words, description: &Description, clause: &'a ClauseText) -> Self {
        let claims: BTreeSet<&str> =
            cases_of(description, &clause.id).map(|case| results::claim(&case.name)).collect();
        let claims = claims.into_iter().collect::<Vec<_>>().join(" ").replace(['_', ':'], " ");
        let places = each(clause, |source| &source.place);
        let titles = each(clause, |source| &source.title);
        let texts: [&str; FIELDS.len()] =
            [&clause.id, &clause.promise, &clause.terms, &places, &titles, &claims];
        let mut counts: BTreeMap<String, [u32; FIELDS.len()]> = BTreeMap::new();
        let mut lengths = [0; FIELDS.len()];
        for (field, text) in texts.into_iter().enumerate() {
            lengths[field] = text.split_whitespace().count();
            for word in words.of(text) {
                counts.entry(word).or_default()[field] += 1;
            }
        }
        Self { clause, counts, lengths }
    }

    /// How much of a word there is.
    fn said(&self, word: &str, average: &[f64; FIELDS.len()]) -> f64 {
        let Some(counts) = self.counts.get(word) else { return 0.0 };
        let fields = FIELDS.iter().zip(counts).zip(self.lengths.iter().zip(average));
        fields
            .filter(|((_, count), _)| **count > 0)
            .map(|((field, count), (length, average))| {
                let longer = *length as f64 / average;
                field.weight * f64::from(*count) / (1.0 - field.length + field.length * longer)
            })
            .sum()
    }
}

/// What each of a clause's sources says, each thing once: two documents that both have a word in their
/// headings say no more about the promise than one.
fn each(clause: &ClauseText, part: impl Fn(&SourceText) -> &str) -> String {
    let parts: BTreeSet<&str> = clause.sources.iter().map(part).collect();
    parts.into_iter().collect::<Vec<_>>().join(" ")
}

fn average_lengths(documents: &[Document]) -> [f64; FIELDS.len()] {
    std::array::from_fn(|field| {
        let sum: usize = documents.iter().map(|document| document.lengths[field]).sum();
        sum as f64 / documents.len() as f64
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::report::sample;
    use rstest::rstest;

    fn ids(description: &Description, query: &str) -> Vec<String> {
        Index::new(description)
            .rank(query)
            .into_iter()
            .map(|ranked| ranked.clause.id.clone())
            .collect()
    }

    #[rstest]
    #[case::promise("an argument that is not zero is EINVAL", "sud/off/zero")]
    #[case::id("unseen", "sud/unseen")]
    #[case::case_name("bad values kill", "sud/selector/bad")]
    #[case::stem("it was kept for themselves by kernels", "sud/unseen")]
    #[case::any_case("REGION WRAPPING", "sud/region/wrap")]
    #[case::some_words_are_nobodys("region unheard of", "sud/region/wrap")]
    fn the_best_comes_first(#[case] query: &str, #[case] expected: &str) {
        assert_eq!(ids(&sample::description(), query).first().map(String::as_str), Some(expected));
    }

    #[rstest]
    #[case::unheard("unheard")]
    #[case::little("of the")]
    #[case::blank(" ")]
    fn nothing_fits(#[case] query: &str) {
        assert!(ids(&sample::description(), query).is_empty());
    }

    /// A heading of just this word, a term and a source, in this order; whole and in parts.
    #[rstest]
    #[case::whole("SECCOMP_RET_DATA")]
    #[case::part("data")]
    fn places_terms_and_sources_are_searched(#[case] query: &str) {
        let mut description = sample::description();
        description.clauses[0].sources[0].place = "SECCOMP_RET_DATA".into();
        description.clauses[1].sources[0].title = "SECCOMP_RET_DATA".into();
        description.clauses[3].terms = "SECCOMP_RET_DATA".into();
        let expected = [0, 3, 1].map(|at: usize| description.clauses[at].id.clone());
        assert_eq!(ids(&description, query), expected);
    }

    #[test]
    fn a_rare_word_says_more_than_a_common_one() {
        let mut description = sample::description();
        for clause in &mut description.clauses {
            clause.promise = "common".into();
        }
        description.clauses[3].promise = "rare".into();
        assert_eq!(ids(&description, "common rare")[0], description.clauses[3].id);
    }

    #[test]
    fn equals_are_in_the_order_of_their_ids() {
        let mut description = sample::description();
        description
            .clauses
            .retain(|clause| clause.id.ends_with("bare") || clause.id.ends_with("unseen"));
        for clause in &mut description.clauses {
            clause.promise = "the same".into();
        }
        description.clauses.reverse();
        assert_eq!(ids(&description, "same"), ["sud/bare", "sud/unseen"]);
    }
}
