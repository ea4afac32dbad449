//! Foreign text (a guest's console, a record, what a command prints) made fit for a terminal and a page.

use crate::style;
use std::borrow::Cow;

/// Begins every escape sequence.
const ESCAPE: char = '\u{1b}';
/// Its form in one character.
const CONTROL_SEQUENCE: char = '\u{9b}';

/// Characters that are letters or marks by name and leave no trace on paper.
const BLANK: [char; 8] = [
    '\u{115f}', '\u{1160}', '\u{17b4}', '\u{17b5}', '\u{180b}', '\u{180c}', '\u{180d}', '\u{3164}',
];

/// `text` as one line without any effect on a terminal: control sequences (colours, movements)
/// are left out, a tab is spaces, and whatever else is a control, an escape, a line end, a direction or
/// invisible is spelled `\u{..}`. Ordinary text of any script stays as it is.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = after_sequence(rest).unwrap_or(&rest[first.len_utf8()..]);
        match first {
            ESCAPE | CONTROL_SEQUENCE if after_sequence(rest).is_some() => {}
            '\t' => clean.push_str("    "),
            plain if is_plain(plain) => clean.push(plain),
            other => clean.extend(other.escape_unicode()),
        }
        rest = after;
    }
    Cow::Owned(clean)
}

/// Lines, each [`printable`].
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| c == '\n' || is_plain(c)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split('\n').map(printable).collect::<Vec<_>>().join("\n"))
}

/// Lines, each [`printable`] but for the colours that [`style::paint`] knows.
pub(crate) fn painted(text: &str) -> Cow<'_, str> {
    if !text.contains(ESCAPE) {
        return lines(text);
    }
    let colours = style::sequences();
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    let mut from = 0;
    while let Some(at) = rest[from..].find(ESCAPE).map(|at| from + at) {
        let here = &rest[at..];
        match colours.iter().find(|colour| here.starts_with(colour.as_str())) {
            Some(colour) => {
                clean.push_str(&lines(&rest[..at]));
                clean.push_str(colour);
                (rest, from) = (&here[colour.len()..], 0);
            }
            // It is dealt with among the text around it.
            None => from = at + ESCAPE.len_utf8(),
        }
    }
    clean.push_str(&lines(rest));
    Cow::Owned(clean)
}

/// JSON with what is not printable in its strings spelled as JSON spells it; the value stays the same.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    let stays = |c: char| c == '\n' || is_plain(c);
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if stays(c) {
            clean.push(c);
        } else {
            let units = c.encode_utf16(&mut [0; 2]).to_vec();
            clean.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    Cow::Owned(clean)
}

/// What follows the control sequence that `text` begins with: parameters and one last letter. Nothing
/// that is shown can hide in one; in the others (titles, device strings) it could.
fn after_sequence(text: &str) -> Option<&str> {
    let body = text.strip_prefix("\u{1b}[").or_else(|| text.strip_prefix(CONTROL_SEQUENCE))?;
    let end = body.find(|c: char| !(' '..='?').contains(&c))?;
    let last = body[end..].chars().next().filter(|c| ('@'..='~').contains(c))?;
    Some(&body[end + last.len_utf8()..])
}

/// Whether a character is shown as itself and changes nothing around it.
fn is_plain(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\0'..='\u{9f}' => false,
        _ if BLANK.contains(&c) => false,
        '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}' => false,
        // The library knows what cannot be shown by Unicode's own table. It spells marks, too, where they
        // have no letter to stand on: here they have one.
        _ => format!("a{c}").escape_debug().count() == 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain("a b ~", "a b ~")]
    #[case::quotes(r#"'a' "b" \n"#, r#"'a' "b" \n"#)]
    #[case::scripts("zażółć 漢字 עברית हिन्दी · ▲", "zażółć 漢字 עברית हिन्दी · ▲")]
    #[case::decomposed("e\u{301}", "e\u{301}")]
    #[case::emoji("\u{1f600}\u{fe0f}", "\u{1f600}\u{fe0f}")]
    #[case::tab("a\tb", "a    b")]
    #[case::nul("a\0b", "a\\u{0}b")]
    #[case::bell("\u{7}", "\\u{7}")]
    #[case::delete("\u{7f}", "\\u{7f}")]
    #[case::line_ends("a\r\nb\u{2028}\u{2029}\u{85}", "a\\u{d}\\u{a}b\\u{2028}\\u{2029}\\u{85}")]
    #[case::colour("\u{1b}[31mred\u{1b}[0m", "red")]
    #[case::clear("\u{1b}[2J\u{1b}[1;1Hx", "x")]
    #[case::one_character("\u{9b}31mred", "red")]
    #[case::title("\u{1b}]0;t\u{7}x", "\\u{1b}]0;t\\u{7}x")]
    #[case::unfinished("x\u{1b}[31", "x\\u{1b}[31")]
    #[case::broken_off("\u{1b}[3\u{1b}[2Jx", "\\u{1b}[3x")]
    #[case::not_hidden("\u{1b}[é", "\\u{1b}[é")]
    #[case::last_of_a_sequence("\u{1b}[1~x\u{1b}[1@y", "xy")]
    #[case::alone("\u{1b}", "\\u{1b}")]
    #[case::reset("\u{1b}c", "\\u{1b}c")]
    #[case::bidi("a\u{202e}b\u{2066}", "a\\u{202e}b\\u{2066}")]
    #[case::zero_width("a\u{200b}\u{200d}\u{feff}\u{ad}", "a\\u{200b}\\u{200d}\\u{feff}\\u{ad}")]
    #[case::tags("\u{e0041}\u{e0100}", "\\u{e0041}\\u{e0100}")]
    #[case::fillers("\u{3164}\u{ffa0}\u{115f}", "\\u{3164}\\u{ffa0}\\u{115f}")]
    #[case::private("\u{e000}", "\\u{e000}")]
    fn a_line_says_what_it_holds(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(printable(text), expected);
    }

    #[test]
    fn own_colours_pass_and_no_others() {
        let own = style::paint(style::BAD, "bad");
        assert_eq!(painted(&own), own);
        assert_eq!(painted(&format!("{own}\n\u{1b}[8mx\u{1b}[2J{own}")), format!("{own}\nx{own}"));
        assert_eq!(painted(&format!("\u{1b}[3{own}")), format!("\\u{{1b}}[3{own}"));
        assert_eq!(painted("a\u{7}\nb"), "a\\u{7}\nb");
    }

    #[test]
    fn lines_stay_lines() {
        assert_eq!(lines("a\nb\n"), "a\nb\n");
        assert!(matches!(lines("a\nb\n"), Cow::Borrowed(_)));
        assert_eq!(lines("a\n\u{1b}[2Kb\r\n"), "a\nb\\u{d}\n");
    }

    proptest! {
        #[test]
        fn nothing_moves_or_hides(text in "(\u{1b}\\[|\u{9b}|[0-9;]|m|\\PC|\\p{C}|\\p{Zl}|\n){0,40}") {
            let clean = printable(&text);
            prop_assert!(clean.chars().all(is_plain), "{clean:?}");
            prop_assert_eq!(printable(&clean), clean.as_ref());
            prop_assert!(lines(&text).chars().all(|c| c == '\n' || is_plain(c)));
            let stripped = anstream::adapter::strip_str(&painted(&text)).to_string();
            prop_assert!(stripped.chars().all(|c| c == '\n' || is_plain(c)), "{stripped:?}");
        }

        #[test]
        fn plain_text_stays(text in "[ -~äß漢°]{0,40}") {
            prop_assert_eq!(printable(&text), text.as_str());
        }

        #[test]
        fn json_keeps_its_value(text in "(\\PC|\\p{C}|\\p{Cf}){0,20}") {
            let written = serde_json::to_string(&text).expect("a string");
            let clean = json(&written);
            prop_assert!(clean.chars().all(is_plain), "{clean:?}");
            prop_assert_eq!(serde_json::from_str::<String>(&clean).expect("a string"), text);
        }
    }
}
