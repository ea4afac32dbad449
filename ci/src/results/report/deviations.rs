//! Known deviations that were met: one line per entry of their list, however many cases it covers.

use super::heading;
use crate::results::page::hanging;
use crate::style::{self, FAINT, NOTABLE, paint};
use harness::record::{CaseLine, Verdict};

/// What was met, in the order of the list.
pub(super) fn section(cases: &[CaseLine]) -> Option<String> {
    let mut groups: Vec<Vec<&CaseLine>> = Vec::new();
    let deviating: Vec<&CaseLine> =
        cases.iter().filter(|case| case.verdict == Verdict::Deviates).collect();
    for case in &deviating {
        match groups.iter_mut().find(|members| why(members[0]) == why(case)) {
            Some(members) => members.push(case),
            None => groups.push(vec![case]),
        }
    }
    if groups.is_empty() {
        return None;
    }
    let mut text = heading(&format!(
        "deviates: {} as known ({})",
        style::plural(deviating.len(), "cases"),
        style::plural(groups.len(), "reasons")
    ));
    for members in groups {
        let names: Vec<&str> = members.iter().map(|case| case.name.as_str()).collect();
        let observed: std::collections::BTreeSet<String> =
            members.iter().map(|case| case.said()).collect();
        let observed = match observed.len() {
            1 => observed.into_iter().collect(),
            count => format!("{count} different observations"),
        };
        let many = match members.len() {
            1 => String::new(),
            count => format!(" ({count} cases)"),
        };
        let reason = paint(FAINT, &format!("· {}", why(members[0])));
        let says = format!(
            "{}{many} {} {observed} {reason}",
            paint(NOTABLE, &pattern(&names)),
            paint(FAINT, "·")
        );
        text += &hanging("  ", "      ", &says);
    }
    Some(text)
}

/// Why its deviation is known.
fn why(case: &CaseLine) -> &str {
    case.deviation.as_ref().map_or("", |known| &known.why)
}

/// The front and back all names share, with a `*` for the rest.
fn pattern(names: &[&str]) -> String {
    let Some((first, rest)) = names.split_first() else { return String::new() };
    let mut front = *first;
    let mut back = *first;
    for name in rest {
        let same = front.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
        front = &front[..same];
        let same = back.bytes().rev().zip(name.bytes().rev()).take_while(|(a, b)| a == b).count();
        back = &back[back.len() - same..];
    }
    if rest.is_empty() {
        return front.to_owned();
    }
    // Half a word at either end says nothing.
    let front = &front[..front.rfind([':', '_', '[', ' ']).map_or(0, |at| at + 1)];
    let back = &back[back.find([':', '_', ']', ',']).unwrap_or(back.len())..];
    let shortest = names.iter().map(|name| name.len()).min().unwrap_or(0);
    let back = if front.len() + back.len() > shortest { "" } else { back };
    format!("{front}*{back}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::one(&["a::b"], "a::b")]
    #[case::rows(&["a::b[x]", "a::b[y]"], "a::b[*]")]
    #[case::modules(&["a::one::keeps_it", "a::two::keeps_it"], "a::*::keeps_it")]
    #[case::nothing_shared(&["a::b", "c::d"], "*")]
    #[case::one_in_the_other(&["a::b", "a::b::b"], "a::*")]
    fn names_become_a_pattern(#[case] names: &[&str], #[case] expected: &str) {
        assert_eq!(pattern(names), expected);
    }
}
