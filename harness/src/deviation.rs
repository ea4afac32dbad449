//! Known deviations: where the text and a kernel disagree, and what is observed instead; and the commits
//! that mended some of them.

mod fix;
mod pattern;

pub(crate) use fix::Explanation;
pub use pattern::matches;

use crate::record::{Facts, Failure, KnownDeviation, one_line};
use crate::version::{Boundary, Range};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Commits that mended what some kernels do.
    #[serde(default)]
    fix: Vec<Spanned<fix::Entry>>,
    /// What has one reason with others.
    #[serde(default)]
    reason: Vec<Reason>,
    /// What has a reason of its own.
    #[serde(default)]
    deviation: Vec<Spanned<Entry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reason {
    why: Spanned<String>,
    source: Spanned<String>,
    #[serde(default)]
    fix: Option<Spanned<String>>,
    deviation: Vec<Spanned<Entry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    case: Spanned<String>,
    #[serde(default)]
    since: Option<Boundary>,
    #[serde(default)]
    until: Option<Boundary>,
    #[serde(default)]
    message: String,
    #[serde(default)]
    observed: String,
    #[serde(default)]
    promised: String,
    #[serde(default)]
    facts: BTreeMap<String, String>,
    #[serde(default)]
    why: Option<Spanned<String>>,
    #[serde(default)]
    source: Option<Spanned<String>>,
    #[serde(default)]
    fix: Option<Spanned<String>>,
}

impl File {
    /// Every entry with what it says itself, or else its reason does.
    fn entries(&mut self) -> Vec<Spanned<Entry>> {
        let mut entries = std::mem::take(&mut self.deviation);
        for Reason { why, source, fix, deviation } in self.reason.drain(..) {
            entries.extend(deviation.into_iter().map(|mut entry| {
                let own = entry.get_mut();
                own.why.get_or_insert_with(|| why.clone());
                own.source.get_or_insert_with(|| source.clone());
                own.fix = own.fix.take().or_else(|| fix.clone());
                entry
            }));
        }
        entries
    }
}

/// One known disagreement.
#[derive(Clone, Debug)]
pub(crate) struct Deviation {
    /// Case name; `*` stands for any run of characters.
    pub pattern: String,
    pub range: Range,
    /// The failure, but for its place, with single spaces.
    pub failure: Failure,
    /// Facts that must have been recorded with these values, in the words of [`Facts::line`].
    pub facts: BTreeMap<String, String>,
    pub why: String,
    pub source: String,
}

/// What a file of deviations holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// In the order of the file.
    pub deviations: Vec<Deviation>,
    /// What the fixes of the file explain, where a kernel still does it.
    pub explanations: Vec<Explanation>,
}

/// What is wrong with a deviations file, and where.
#[derive(Debug)]
pub(crate) struct Malformed {
    pub line: usize,
    pub column: usize,
    pub message: String,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

/// Reads and checks a file of deviations against the names of the registered cases.
pub(crate) fn parse(text: &str, cases: &[&str]) -> Result<Known, Malformed> {
    let malformed = |at: usize, message: String| {
        let before = &text[..at.min(text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1) + 1;
        Malformed { line, column, message }
    };
    let mut file: File = toml::from_str(text).map_err(|error| {
        malformed(error.span().map_or(0, |span| span.start), error.message().to_owned())
    })?;
    let entries = file.entries();
    let refused = |(at, message)| malformed(at, message);
    let mut fixes = fix::Fixes::read(file.fix, cases).map_err(refused)?;
    let mut known: Vec<Deviation> = Vec::new();
    for entry in entries {
        let start = entry.span().start;
        let entry = entry.into_inner();
        let range = Range { since: entry.since, until: entry.until };
        if range.is_empty() {
            let message = format!("no kernel is in the range `{range}`");
            return Err(malformed(start, message));
        }
        let says = |text: &String| !text.trim().is_empty();
        if says(&entry.observed) != says(&entry.promised) {
            let message = "`observed` and `promised` go together".to_owned();
            return Err(malformed(start, message));
        }
        if !says(&entry.observed) && !says(&entry.message) {
            let message = "neither `observed` nor `message` says what is seen".to_owned();
            return Err(malformed(start, message));
        }
        let given = |name: &str, field: Option<Spanned<String>>| match field {
            None => Err(malformed(start, format!("missing field `{name}`"))),
            Some(field) if field.as_ref().trim().is_empty() => {
                Err(malformed(field.span().start, format!("`{name}` is empty")))
            }
            Some(field) => Ok(field.into_inner()),
        };
        let (why, source) = (given("why", entry.why)?, given("source", entry.source)?);
        let deviation = Deviation {
            failure: Failure {
                message: one_line(&entry.message),
                observed: one_line(&entry.observed),
                promised: one_line(&entry.promised),
                place: String::new(),
            },
            pattern: entry.case.as_ref().clone(),
            range: range.clone(),
            facts: entry.facts,
            why,
            source,
        };
        let at = entry.case.span().start;
        let mut covered = cases.iter().filter(|case| deviation.covers(case)).peekable();
        if covered.peek().is_none() {
            return Err(malformed(at, format!("no case is called `{}`", deviation.pattern)));
        }
        for case in covered {
            // How a kernel is built may decide which of two is seen; both say that the promise is broken.
            let twice = |other: &&Deviation| {
                other.covers(case)
                    && other.range.overlaps(&range)
                    && other.failure.is_like(&deviation.failure)
            };
            if let Some(other) = known.iter().find(twice) {
                let message = format!(
                    "`{case}` has a deviation {} already, which overlaps `{range}`",
                    other.range
                );
                return Err(malformed(at, message));
            }
        }
        if let Some(commit) = entry.fix {
            let Deviation { pattern, range, failure, facts, .. } = &deviation;
            fixes.explain(&commit, range, (pattern, failure, facts)).map_err(refused)?;
        }
        known.push(deviation);
    }
    let explanations = fixes.finish().map_err(refused)?;
    Ok(Known { deviations: known, explanations })
}

impl Deviation {
    pub(crate) fn covers(&self, case: &str) -> bool {
        matches(&self.pattern, case)
    }

    /// Whether this is exactly what was observed.
    pub(crate) fn describes(&self, failure: Option<&Failure>, facts: &Facts) -> bool {
        failure.is_some_and(|failure| failure.is_like(&self.failure))
            && self.facts.iter().all(|(name, value)| facts.line(name).as_ref() == Some(value))
    }

    /// As a record quotes it.
    pub(crate) fn recorded(&self) -> KnownDeviation {
        KnownDeviation {
            pattern: self.pattern.clone(),
            range: self.range.to_string(),
            observed: self.failure.to_string(),
            why: self.why.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Value;
    use rstest::rstest;

    const CASES: &[&str] = &["a::one", "a::two[one]"];

    fn entry(more: &str) -> String {
        format!("[[deviation]]\n{more}\n")
    }

    const REST: &str = "observed = \"1\"\npromised = \"2\"\nwhy = \"w\"\nsource = \"s\"";

    #[rstest]
    #[case::unknown_case("case = \"a::three\"", (2, 8), "no case is called `a::three`")]
    #[case::impossible("case = \"a::one\"\nsince = \"6.2\"\nuntil = \"6.1\"", (1, 1), "no kernel")]
    #[case::equal_ends("case = \"a::one\"\nsince = \"6.1\"\nuntil = \"6.1\"", (1, 1), "no kernel")]
    #[case::bad_version("case = \"a::one\"\nsince = \"new\"", (3, 9), "`new` is not a kernel")]
    #[case::unknown_key("case = \"a::one\"\nreason = \"r\"", (3, 1), "unknown field `reason`")]
    fn says_where_an_entry_is_malformed(
        #[case] text: &str,
        #[case] place: (usize, usize),
        #[case] says: &str,
    ) {
        let error = parse(&entry(&format!("{text}\n{REST}")), CASES).expect_err("malformed");
        assert_eq!((error.line, error.column), place, "{error}");
        assert!(error.message.contains(says), "{error}");
    }

    #[rstest]
    #[case::missing("message = \"o\"\nsource = \"s\"", "missing field `why`")]
    #[case::empty("message = \"o\"\nsource = \"s\"\nwhy = \" \"", "`why` is empty")]
    #[case::not_compared("observed = \"o\"\nsource = \"s\"\nwhy = \"w\"", "go together")]
    #[case::not_seen("promised = \"o\"\nsource = \"s\"\nwhy = \"w\"", "go together")]
    #[case::nothing_seen("source = \"s\"\nwhy = \"w\"", "neither `observed` nor `message`")]
    fn wants_a_reason(#[case] rest: &str, #[case] says: &str) {
        let error = parse(&entry(&format!("case = \"a::one\"\n{rest}")), CASES).expect_err("bad");
        assert!(error.message.contains(says), "{error}");
    }

    #[rstest]
    #[case::open("", "", true)]
    #[case::apart("until = \"6.4\"", "since = \"6.4\"", false)]
    #[case::shared("until = \"6.5\"", "since = \"6.4\"", true)]
    fn one_case_has_one_deviation_per_kernel(
        #[case] first: &str,
        #[case] second: &str,
        #[case] refused: bool,
    ) {
        let text = entry(&format!("case = \"a::*\"\n{first}\n{REST}"))
            + &entry(&format!("case = \"a::two[one]\"\n{second}\n{REST}"));
        assert_eq!(parse(&text, CASES).is_err(), refused);
    }

    /// What is seen may depend on how a kernel is built.
    #[test]
    fn two_may_be_seen_of_one_case() {
        let other = REST.replace("observed = \"1\"", "observed = \"3\"");
        let text = [REST, &other].map(|rest| entry(&format!("case = \"a::one\"\n{rest}"))).concat();
        let known = parse(&text, CASES).expect("well formed").deviations;
        for (seen, expected) in [("1", [true, false]), ("3", [false, true]), ("4", [false; 2])] {
            let failure =
                Failure { observed: seen.into(), promised: "2".into(), ..Failure::default() };
            let describes = |known: &Deviation| known.describes(Some(&failure), &Facts::default());
            assert_eq!([0, 1].map(|index| describes(&known[index])), expected, "{seen}");
        }
    }

    #[rstest]
    #[case("assertion `left == right` failed\n  left: 1\n right: 2", true)]
    #[case("assertion `left == right` failed\n  left: 3\n right: 2", false)]
    #[case("assertion `left == right` failed: why\n  left: 1\n right: 2", false)]
    #[case::longer("assertion `left == right` failed\n  left: 1\n right: 23", false)]
    #[case::shorter("assertion `left == right` failed\n  left: 1\n right:", false)]
    #[case::front("observed 1", false)]
    #[case::words("observed 1, promised 2", false)]
    #[case::nothing("", false)]
    fn covers_what_it_says_and_nothing_else(#[case] text: &str, #[case] expected: bool) {
        let known =
            parse(&entry(&format!("case = \"a::one\"\n{REST}")), CASES).expect("valid").deviations;
        let failure = Failure::read(text, "here".into());
        assert_eq!(known[0].describes(Some(&failure), &Facts::default()), expected);
        assert!(!known[0].describes(None, &Facts::default()));
    }

    /// Each fact it names must have been seen so; what it does not name may be as it likes.
    #[rstest]
    #[case(&[("a", "1"), ("b", "2")], true)]
    #[case(&[("a", "1"), ("b", "2"), ("c", "3")], true)]
    #[case(&[("a", "1"), ("b", "3")], false)]
    #[case(&[("a", "1")], false)]
    #[case(&[], false)]
    fn wants_the_facts_it_names(#[case] facts: &[(&str, &str)], #[case] expected: bool) {
        let text = format!("case = \"a::one\"\nfacts = {{ a = \"1\", b = \"2\" }}\n{REST}");
        let known = parse(&entry(&text), CASES).expect("valid").deviations;
        let word = |word: &str| Value::Word(word.into());
        let facts = facts.iter().map(|(name, value)| (*name, word(value))).collect();
        let failure = |promised| Some(Failure::compared("1", promised));
        assert_eq!(known[0].describes(failure("2").as_ref(), &facts), expected);
        assert!(!known[0].describes(failure("3").as_ref(), &facts));
    }

    #[rstest]
    #[case("a::one", "a::one", true)]
    #[case("a::one", "a::one[one]", false)]
    #[case("a::one", "b::a::one", false)]
    #[case("*", "", true)]
    #[case("a::*", "a::one[one]", true)]
    #[case("a::*", "b::a::one", false)]
    #[case("*[one]", "a::two[one]", true)]
    #[case("*[one]", "a::two[one, more]", false)]
    #[case("a::*[*]", "a::two[one]", true)]
    #[case("a::*[*]", "a::two::one", false)]
    #[case("*é*", "aéb", true)]
    fn a_star_stands_for_any_characters(
        #[case] pattern: &str,
        #[case] name: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(matches(pattern, name), expected);
    }

    #[test]
    fn what_is_malformed_is_named_with_its_place() {
        let text = entry(&format!("case = \"a::one\"\n{REST}"))
            + &entry(&format!("case = \"a::three\"\n{REST}"));
        let error = parse(&text, CASES).expect_err("malformed");
        assert_eq!(error.to_string(), "line 8, column 8: no case is called `a::three`");
        let error = parse("deviation = 1", CASES).expect_err("malformed");
        assert!(error.to_string().starts_with("line 1, column 13: "), "{error}");
    }

    #[test]
    fn two_cases_may_have_a_deviation_each() {
        let text = entry(&format!("case = \"a::one\"\n{REST}"))
            + &entry(&format!("case = \"a::two[*]\"\nuntil = [\"6.1.9\", \"6.5\"]\n{REST}"));
        let known = parse(&text, CASES).expect("valid").deviations;
        let ranges: Vec<_> = known.iter().map(|known| known.range.to_string()).collect();
        assert_eq!(ranges, ["every kernel", "before 6.1.9 or 6.5"]);
        assert!(known[1].covers("a::two[one]") && !known[1].covers("a::one"));
    }

    /// An entry under a reason says where it is known from itself, where that differs.
    #[test]
    fn several_cases_may_have_one_reason() {
        let text = "[[reason]]\nwhy = \"w\"\nsource = \"s\"\n\
            [[reason.deviation]]\ncase = \"a::one\"\nmessage = \"m\"\n\
            [[reason.deviation]]\ncase = \"a::two[*]\"\nmessage = \"m\"\nsource = \"t\"\n";
        let known = parse(text, CASES).expect("valid").deviations;
        let said: Vec<_> = known
            .iter()
            .map(|known| (known.pattern.as_str(), known.why.as_str(), known.source.as_str()))
            .collect();
        assert_eq!(said, [("a::one", "w", "s"), ("a::two[*]", "w", "t")]);
        let error = parse(&text.replace("why = \"w\"", "why = \" \""), CASES).expect_err("bad");
        assert_eq!(error.to_string(), "line 2, column 7: `why` is empty");
        let error = parse(&text.replace("why = \"w\"\n", ""), CASES).expect_err("bad");
        assert!(error.message.contains("missing field `why`"), "{error}");
    }
}
