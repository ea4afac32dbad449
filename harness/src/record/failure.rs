//! What a case observed instead of what was promised.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A failed assertion, or an end that was not the declared one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Failure {
    /// What went wrong, where the values alone do not say it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// What was observed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub observed: String,
    /// What was promised instead.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub promised: String,
    /// Source place of the assertion.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
}

impl Failure {
    /// One of which there is but a message.
    pub fn of(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// One that compares.
    pub(crate) fn compared(observed: impl Into<String>, promised: impl Into<String>) -> Self {
        Self { observed: observed.into(), promised: promised.into(), ..Self::default() }
    }

    /// Reads what a failed assertion says.
    pub(crate) fn read(text: &str, place: String) -> Self {
        let same = text.strip_prefix("assertion `left == right` failed");
        let Some(rest) = same.or_else(|| text.strip_prefix("assertion `left != right` failed"))
        else {
            return Self { message: in_words(text), place, ..Self::default() };
        };
        let Some((message, (left, right))) = rest
            .split_once("\n  left: ")
            .and_then(|(message, sides)| Some((message, sides.split_once("\n right: ")?)))
        else {
            // It was cut off.
            return Self { message: in_words(text), place, ..Self::default() };
        };
        let right = in_words(right);
        Self {
            message: in_words(message.strip_prefix(": ").unwrap_or(message)),
            observed: in_words(left),
            promised: if same.is_some() { right } else { format!("anything but {right}") },
            place,
        }
    }

    /// Whether this says the same of another place.
    pub fn is_like(&self, other: &Self) -> bool {
        let said = |failure: &Self| {
            [&failure.message, &failure.observed, &failure.promised].map(|text| one_line(text))
        };
        said(self) == said(other)
    }
}

/// In one line, without its place: `WHAT: observed 42, promised ENOSYS`.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = one_line(&self.message);
        let (observed, promised) = (one_line(&self.observed), one_line(&self.promised));
        f.write_str(&message)?;
        if self.observed.is_empty() && self.promised.is_empty() {
            return Ok(());
        }
        let colon = if message.is_empty() { "" } else { ": " };
        write!(f, "{colon}observed {observed}, promised {promised}")
    }
}

/// `text` in one line with single blanks.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` without the words that Rust wraps around a value when it prints it: the value of a `Result` or of
/// an `Option` stands for itself, a success without a value is 0, and fields are names with values.
pub(crate) fn in_words(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut within_word = false;
    while let Some(c) = rest.chars().next() {
        if !within_word && let Some((value, after)) = wrapped(rest) {
            out += &in_words(value);
            rest = after;
            within_word = true;
            continue;
        }
        if !within_word && let Some((fields, after)) = fields(rest) {
            let alone = out.is_empty() && after.is_empty();
            out += &if alone { fields } else { format!("({fields})") };
            rest = after;
            continue;
        }
        if !within_word
            && let Some(after) = rest.strip_prefix("None")
            && !after.starts_with(is_of_word)
        {
            out += "none";
            rest = after;
            continue;
        }
        out.push(c);
        within_word = is_of_word(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The value that `text` begins with a wrapping of, and what follows it.
fn wrapped(text: &str) -> Option<(&str, &str)> {
    let body = ["Ok(", "Err(", "Some("].iter().find_map(|front| text.strip_prefix(front))?;
    let mut depth = 0_usize;
    for (at, c) in body.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => {
                let value = &body[..at];
                return Some((if value == "()" { "0" } else { value }, &body[at + 1..]));
            }
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The fields of the structure that `text` begins with, and what follows it.
fn fields(text: &str) -> Option<(String, &str)> {
    let name = text.find(|c| !is_of_word(c))?;
    let body = text[name..].strip_prefix(" { ").filter(|_| text.starts_with(char::is_uppercase))?;
    let (mut depth, mut from, mut fields) = (0_usize, 0, Vec::new());
    for (at, c) in body.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            '}' if depth == 0 => {
                fields.push(body[from..at].trim());
                let words = fields.iter().map(|field| match field.split_once(": ") {
                    Some((name, value)) => format!("{name} {}", in_words(value)),
                    None => (*field).to_owned(),
                });
                return Some((words.collect::<Vec<_>>().join(" "), &body[at + 1..]));
            }
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                fields.push(body[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Ok(())", "0")]
    #[case("Err(EINVAL)", "EINVAL")]
    #[case("Some(Ok(3))", "3")]
    #[case("None", "none")]
    #[case("(Ok(()), None, [Err(EIO), Ok((1, 2))])", "(0, none, [EIO, (1, 2)])")]
    #[case("NoneSuch Nones aNone anOk(1)", "NoneSuch Nones aNone anOk(1)")]
    #[case("Seen { code: 1, at: Some(insn+2) }", "code 1 at insn+2")]
    #[case("[A { b: C { d: [1, 2], e: () } }, x]", "[(b d [1, 2] e ()), x]")]
    #[case("(A { b: 1 }, C { d: Err(EIO) })", "((b 1), (d EIO))")]
    #[case("x A { b: 1 }", "x (b 1)")]
    #[case("A { b: 1 } x", "(b 1) x")]
    #[case("A { b: 1", "A { b: 1")]
    #[case("a { b: 1 } {0x20,0}", "a { b: 1 } {0x20,0}")]
    #[case("Ok(half", "Ok(half")]
    #[case("", "")]
    fn a_value_stands_for_itself(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(in_words(text), expected);
    }

    #[rstest]
    #[case::values(
        "assertion `left == right` failed\n  left: Err(EINVAL)\n right: Ok(())",
        Failure::compared("EINVAL", "0"),
        "observed EINVAL, promised 0"
    )]
    #[case::message(
        "assertion `left == right` failed: the mode\n  left: 1\n right: 2",
        Failure { message: "the mode".into(), ..Failure::compared("1", "2") },
        "the mode: observed 1, promised 2"
    )]
    #[case::two_lines(
        "assertion `left == right` failed: one\ntwo\n  left: 1\n right: 2\n3",
        Failure { message: "one\ntwo".into(), ..Failure::compared("1", "2\n3") },
        "one two: observed 1, promised 2 3"
    )]
    #[case::another(
        "assertion `left != right` failed\n  left: 1\n right: 1",
        Failure::compared("1", "anything but 1"),
        "observed 1, promised anything but 1"
    )]
    #[case::words("it is  not so", Failure::of("it is  not so"), "it is not so")]
    #[case::cut_off(
        "assertion `left == right` failed\n  left: Err(",
        Failure::of("assertion `left == right` failed\n  left: Err("),
        "assertion `left == right` failed left: Err("
    )]
    fn an_assertion_is_read(#[case] text: &str, #[case] expected: Failure, #[case] line: &str) {
        let failure = Failure::read(text, "here".into());
        assert_eq!(failure, Failure { place: "here".into(), ..expected });
        assert_eq!(failure.to_string(), line);
    }

    #[test]
    fn blanks_and_place_make_no_other_failure() {
        let one = Failure { place: "a:1".into(), ..Failure::of("a  b") };
        assert!(one.is_like(&Failure::of("a b")) && !one.is_like(&Failure::of("ab")));
        assert!(!Failure::compared("1", "2").is_like(&Failure::compared("1", "3")));
        assert!(!Failure::compared("1", "2").is_like(&Failure::compared("3", "2")));
    }

    #[test]
    fn half_a_comparison_is_one() {
        assert_eq!(Failure::compared("1", "").to_string(), "observed 1, promised ");
        assert_eq!(Failure::compared("", "1").to_string(), "observed , promised 1");
    }
}
