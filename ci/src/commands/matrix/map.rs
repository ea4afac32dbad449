//! The map of the report: a sign for each area in each kernel. Variants are one sign where they agree, and rows of
//! their own in the areas where they do not.

use super::column::Outcome;
use super::table::Row;
use crate::results::release::Release;
use crate::style::{BAD, FAINT, GOOD, NOTABLE, paint};
use harness::record::{CaseLine, Record, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// How the name of a variant begins below an area.
const INDENT: &str = "  ";

/// What an area came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    Fault { held: bool },
    NoAnswer,
    NotOffered,
    Deviates,
    Holds,
}

/// A column of the map: a kernel in its variants, or another system.
#[derive(Debug)]
struct Group<'a> {
    /// What stands above it.
    head: String,
    /// The kernel, or the system.
    name: &'a str,
    /// The signs of its areas, by variant; a system's is nameless.
    variants: Vec<(&'a str, BTreeMap<&'a str, Sign>)>,
}

/// One sign per area and kernel, or per variant.
pub(super) fn map(rows: &[Row]) -> String {
    let groups = groups(rows);
    if groups.is_empty() {
        return String::new();
    }
    let mut variants: Vec<&str> = Vec::new();
    let all = || groups.iter().flat_map(|group| &group.variants);
    for (variant, _) in all() {
        if !variant.is_empty() && !variants.contains(variant) {
            variants.push(variant);
        }
    }
    let areas: BTreeSet<&str> = all().flat_map(|(_, signs)| signs.keys().copied()).collect();
    let mut lines: Vec<(String, Vec<Option<Sign>>)> = Vec::new();
    for area in areas {
        lines.extend(lines_of(area, &variants, &groups));
    }
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = format!("{:width$}", "");
    groups.iter().for_each(|group| text += &format!(" {}", group.head));
    text += "\n";
    for (name, signs) in lines {
        let mut line = format!("{name:<width$}");
        for (group, sign) in groups.iter().zip(signs) {
            let before = " ".repeat(group.head.chars().count());
            line += &before;
            line += &sign.map_or(" ".into(), show);
        }
        text += line.trim_end();
        text += "\n";
    }
    text + &paint(FAINT, &legend(&groups, &variants))
}

/// The kernels and systems whose records are whole: others say nothing about an area.
fn groups(rows: &[Row]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group> = Vec::new();
    let mut letters = BTreeSet::new();
    for row in rows.iter().filter(|row| matches!(row.outcome, Outcome::Done(..))) {
        let Some(record) = &row.record else { continue };
        let (name, variant) = match &row.variant {
            Some(variant) => (row.kernel(), variant.as_str()),
            None => (row.name.as_str(), ""),
        };
        let signs = signs(record, row.held);
        match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.variants.push((variant, signs)),
            None => {
                let head = match (&row.variant, row.own) {
                    (Some(_), false) => Release::of(&record.header.kernel).series(),
                    (Some(_), true) => name.to_owned(),
                    (None, _) => {
                        let free = |letter: &char| letters.insert(*letter);
                        name.chars().chain('A'..='Z').find(free).unwrap_or('*').to_string()
                    }
                };
                groups.push(Group { head, name, variants: vec![(variant, signs)] });
            }
        }
    }
    groups
}

fn signs(record: &Record, held: bool) -> BTreeMap<&str, Sign> {
    let mut areas: BTreeMap<&str, Vec<&CaseLine>> = BTreeMap::new();
    for case in &record.cases {
        let end = case.name.match_indices("::").nth(1).map_or(case.name.len(), |(end, _)| end);
        areas.entry(&case.name[..end]).or_default().push(case);
    }
    areas.into_iter().map(|(area, cases)| (area, sign(&cases, held))).collect()
}

/// The sign of an area; it has cases.
fn sign(cases: &[&CaseLine], held: bool) -> Sign {
    let any = |verdict| cases.iter().any(|case| case.verdict == verdict);
    let offered = cases.iter().any(|case| case.verdict != Verdict::NotOffered);
    match () {
        () if Verdict::FAULTS.into_iter().any(any) => Sign::Fault { held },
        () if any(Verdict::Broken) => Sign::NoAnswer,
        () if !offered => Sign::NotOffered,
        () if any(Verdict::Deviates) => Sign::Deviates,
        () => Sign::Holds,
    }
}

fn show(sign: Sign) -> String {
    match sign {
        Sign::Fault { held } => paint(if held { BAD } else { NOTABLE }, "!"),
        Sign::NoAnswer => paint(NOTABLE, "?"),
        Sign::NotOffered => paint(FAINT, "o"),
        Sign::Deviates => paint(NOTABLE, "~"),
        Sign::Holds => paint(GOOD, "."),
    }
}

/// The lines of an area: one where the variants of every kernel agree; else below its name one for each set of
/// variants that are alike in every kernel.
fn lines_of<'a>(
    area: &str,
    variants: &[&'a str],
    groups: &[Group<'a>],
) -> Vec<(String, Vec<Option<Sign>>)> {
    let of = |group: &Group, variant: &str| {
        let own = group.variants.iter().find(|(own, _)| *own == variant);
        own.and_then(|(_, signs)| signs.get(area).copied())
    };
    // A variant that was not run in a kernel agrees with the others there.
    let only = |group: &Group| {
        let mut signs: Vec<Sign> =
            group.variants.iter().filter_map(|(_, signs)| signs.get(area).copied()).collect();
        signs.sort_unstable();
        signs.dedup();
        signs
    };
    let agreed: Vec<Vec<Sign>> = groups.iter().map(only).collect();
    if agreed.iter().all(|signs| signs.len() <= 1) {
        let signs = agreed.iter().map(|signs| signs.first().copied()).collect();
        return vec![(area.to_owned(), signs)];
    }
    let of_systems = groups.iter().map(|group| of(group, "")).collect();
    let mut alike: Vec<(Vec<Option<Sign>>, Vec<&str>)> = Vec::new();
    for variant in variants {
        let signs: Vec<Option<Sign>> = groups.iter().map(|group| of(group, variant)).collect();
        match alike.iter_mut().find(|(known, _)| *known == signs) {
            Some((_, names)) => names.push(variant),
            None => alike.push((signs, vec![variant])),
        }
    }
    let below =
        alike.into_iter().map(|(signs, names)| (format!("{INDENT}{}", names.join("+")), signs));
    std::iter::once((area.to_owned(), of_systems)).chain(below).collect()
}

fn legend(groups: &[Group], variants: &[&str]) -> String {
    let is_system = |group: &&Group| group.variants.iter().any(|(variant, _)| variant.is_empty());
    let mut named: Vec<String> = Vec::new();
    if variants.len() > 1 {
        named.push(format!("{}: one sign where they agree", variants.join(", ")));
    }
    let systems = groups.iter().filter(is_system);
    named.extend(systems.map(|group| format!("{} {}", group.head, group.name)));
    let named = if named.is_empty() { String::new() } else { named.join("   ") + "\n" };
    named
        + ". all hold   ~ some deviate as known   o nothing is offered   ! broken promise\n\
           ? no answer\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::matrix::sample::row;

    /// Eleven series in four variants, two other systems: a page is wide enough.
    #[test]
    fn variants_that_agree_are_one_sign() {
        let series =
            ["5.10", "6.1", "6.12", "6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3"];
        let mut rows = Vec::new();
        for series in series {
            for variant in ["xonly", "none", "emulate", "slowclock"] {
                let page = if variant == "none" { "not_offered" } else { "holds" };
                let off = if series == "5.10" { "not_offered" } else { "deviates" };
                let cases = [
                    ("dispatch::selector_threads::a", off),
                    ("vsyscall::page::a", page),
                    ("vsyscall::page::b", page),
                ];
                rows.push(row(series, Some(variant), series, &cases));
            }
        }
        let cases =
            [("dispatch::selector_threads::a", "violated"), ("vsyscall::page::a", "broken")];
        rows.push(row("gvisor", None, "4.4", &cases));
        rows.push(row("go", None, "4.4", &cases[..1]));
        let text = anstream::adapter::strip_str(&map(&rows)).to_string();
        insta::assert_snapshot!(text);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }

    /// A kernel that ran in one variant, an own one beside its series, and one that says nothing.
    #[test]
    fn an_own_kernel_stands_under_its_name() {
        let cases = [("a::b::c", "holds")];
        let mut rows = vec![
            row("bookworm", Some("xonly"), "6.1", &cases),
            row("mine", Some("none"), "6.1.0-own", &[("a::b::c", "violated")]),
            row("other", Some("none"), "6.1.0-own", &cases),
        ];
        rows[2].outcome = Outcome::Interrupted;
        let text = anstream::adapter::strip_str(&map(&rows)).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["     6.1 mine", "a::b   .    !"], "{text}");
        assert_eq!(map(&rows[2..]), "");
    }
}
