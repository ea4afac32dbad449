//! The words of a text, as a search compares them.

use rust_stemmers::{Algorithm, Stemmer};

/// Words that say nothing about what a sentence is about.
const LITTLE: [&str; 60] = [
    "a", "an", "and", "any", "are", "as", "at", "be", "been", "being", "but", "by", "can", "could",
    "did", "do", "does", "for", "from", "had", "has", "have", "having", "how", "i", "if", "in",
    "into", "is", "it", "its", "may", "must", "of", "on", "or", "shall", "should", "so", "such",
    "that", "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "was",
    "were", "what", "when", "where", "which", "will", "with", "would",
];

/// Words of documents, and what promises say instead.
const MEANT: [(&str, &str); 9] = [
    ("syscall", "call"),
    ("syscalls", "call"),
    ("userspace", "user"),
    ("userland", "user"),
    ("addr", "address"),
    ("insn", "instruction"),
    ("nr", "number"),
    ("range", "region"),
    ("task", "thread"),
];

/// How much a part of a known identifier counts: enough to choose among those that say the whole.
const PART: f64 = 0.1;

/// Cuts texts into words.
pub(super) struct Words {
    stemmer: Stemmer,
}

impl Words {
    pub(super) fn new() -> Self {
        Self { stemmer: Stemmer::create(Algorithm::English) }
    }

    /// The words of `text` in its order, as stems in lower case. An identifier counts whole and in its
    /// parts: `SECCOMP_RET_DATA` is found by itself and by "data".
    pub(super) fn of(&self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        self.each(text, |word, _| words.push(word));
        words
    }

    /// The words of a query, each once, and how much each counts. The parts of an identifier that is
    /// `known` count little: they are in too many others.
    pub(super) fn asked(&self, query: &str, known: impl Fn(&str) -> bool) -> Vec<(String, f64)> {
        let mut asked: Vec<(String, f64)> = Vec::new();
        self.each(query, |word, whole| {
            let share = if whole.is_some_and(&known) { PART } else { 1.0 };
            match asked.iter_mut().find(|(other, _)| *other == word) {
                Some((_, most)) => *most = most.max(share),
                None => asked.push((word, share)),
            }
        });
        asked
    }

    /// Calls `take` with each word and, if it is part of an identifier, with that.
    fn each(&self, text: &str, mut take: impl FnMut(String, Option<&str>)) {
        let text = text.to_lowercase();
        let between = |c: char| !(c.is_alphanumeric() || c == '_' || c == '-');
        for piece in text.split(between) {
            if is_negative(piece) {
                take(piece.to_owned(), None);
                continue;
            }
            for word in piece.split('-') {
                if word.trim_matches('_').contains('_') {
                    take(word.to_owned(), None);
                    for part in word.split('_').filter_map(|part| self.word(part)) {
                        take(part, Some(word));
                    }
                } else if let Some(word) = self.word(word) {
                    take(word, None);
                }
            }
        }
    }

    fn word(&self, word: &str) -> Option<String> {
        let word = word.trim_matches('_');
        let letter = word.len() == 1 && word.chars().all(char::is_alphabetic);
        if word.is_empty() || letter || LITTLE.contains(&word) {
            return None;
        }
        let word = MEANT.iter().find(|(said, _)| *said == word).map_or(word, |(_, meant)| meant);
        Some(self.stemmer.stem(word).into_owned())
    }
}

/// Whether this is a number below 0: `-1` is no 1.
fn is_negative(piece: &str) -> bool {
    piece
        .strip_prefix('-')
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::sentence("The tracer can skip the system calls.", "tracer skip system call")]
    #[case::stems("executing executed executes", "execut execut execut")]
    #[case::identifier("SECCOMP_RET_DATA", "seccomp_ret_data seccomp ret data")]
    #[case::member("siginfo->si_call_addr", "siginfo si_call_addr si call address")]
    #[case::manual_page("clone(2), or execve(2)", "clone 2 execv 2")]
    #[case::id("dispatch/prctl/off-args-zero", "dispatch prctl off arg zero")]
    #[case::below_zero("number -1, not x-1", "number -1 not 1")]
    #[case::hexadecimal("addr & ~0x0C00", "address 0x0c00")]
    #[case::documents_words("a syscall of userspace", "call user")]
    #[case::marks("__x32 _ - --", "x32")]
    #[case::nothing("of the", "")]
    #[case::other_scripts("zażółć 漢字", "zażółć 漢字")]
    fn a_text_is_its_words(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(Words::new().of(text).join(" "), expected);
    }

    #[test]
    fn the_parts_of_a_known_identifier_count_little() {
        let asked = Words::new().asked("A_KNOWN, an_unknown unknown KNOWN_ALSO", |word| {
            word.starts_with("known") || word == "a_known"
        });
        let asked: Vec<(&str, f64)> =
            asked.iter().map(|(word, share)| (word.as_str(), *share)).collect();
        let expected = [
            ("a_known", 1.0),
            ("known", PART),
            ("an_unknown", 1.0),
            ("unknown", 1.0),
            ("known_also", 1.0),
            ("also", PART),
        ];
        assert_eq!(asked, expected);
        assert_eq!(Words::new().asked("a_part part", |_| true)[1], ("part".into(), 1.0));
    }

    #[test]
    fn little_words_are_in_order() {
        assert!(LITTLE.is_sorted());
    }
}
