//! The styles of the tool's text. [`crate::terminal`] removes them where there is no terminal.

use anstyle::{AnsiColor, Style};
use harness::record::Verdict;

/// Headings and names.
pub(crate) const STRONG: Style = Style::new().bold();
/// What is there for completeness.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// A promise that is not kept.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Something to know about.
pub(crate) const NOTABLE: Style = AnsiColor::Yellow.on_default();
/// All is as promised.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();

/// Every sequence that [`paint`] writes, the longest first.
pub(crate) fn sequences() -> Vec<String> {
    let styles = [STRONG, FAINT, BAD, NOTABLE, GOOD];
    let both = |style: Style| [format!("{style}"), format!("{style:#}")];
    let mut all: Vec<String> = styles.into_iter().flat_map(both).collect();
    all.sort_by_key(|sequence| std::cmp::Reverse(sequence.len()));
    all.dedup();
    all
}

/// `text` in `style`.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// The style of a verdict.
pub(crate) const fn of(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Holds => GOOD,
        Verdict::Deviates | Verdict::Broken => NOTABLE,
        Verdict::NotOffered => FAINT,
        Verdict::Healed
        | Verdict::Violated
        | Verdict::TimedOut
        | Verdict::Crashed
        | Verdict::Tainted => BAD,
    }
}

/// `count` things; `many` is their name, which loses its `s` where there is one.
pub(crate) fn plural(count: usize, many: &str) -> String {
    match count {
        1 => format!("1 {}", many.strip_suffix('s').unwrap_or(many)),
        _ => format!("{count} {many}"),
    }
}
