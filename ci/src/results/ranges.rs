//! Columns by name, and sets of them in words: `*`, `..5.10, 7.3..`, `6.1..7.2[none+xonly], gvisor`.
//!
//! A range has an open end where it reaches the oldest or the newest series there is, so that a series
//! older or newer than all others that does the same changes no word. A range means the series between
//! its ends that are there: a series that is inserted between them later belongs to it.

use super::release::Release;
use std::collections::{BTreeMap, BTreeSet};

/// All columns that a value can be of.
const ALL: &str = "*";
/// All of them that are kernels.
const LINUX: &str = "linux";
/// Words that no system may be called: each has a meaning of its own at the beginning of a line.
const TAKEN: [&str; 3] = [LINUX, "promises", "needs"];

/// A column of the snapshots: a kernel series started in one way, or another system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Id {
    /// A series and the name of a variant.
    Kernel(Series, String),
    /// The name of a system.
    System(String),
}

/// A kernel series such as `6.12`, in the order in which kernels came out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Series(Release);

impl Series {
    pub(crate) fn new(text: &str) -> Self {
        Self(Release::read(text))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0.text
    }
}

impl Id {
    /// A kernel's. What it calls itself becomes a word.
    pub(crate) fn kernel(series: &str, variant: &str) -> Self {
        let safe = |c: char| if c.is_ascii_alphanumeric() || "._~-".contains(c) { c } else { '-' };
        let mut series: String = series.chars().map(safe).collect();
        while series.contains("..") {
            series = series.replace("..", ".");
        }
        Self::Kernel(Series::new(series.trim_matches('.')), variant.to_owned())
    }

    /// What it is called on a command line: `6.1-xonly`, `gvisor`.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Kernel(series, variant) => format!("{}-{variant}", series.text()),
            Self::System(name) => name.clone(),
        }
    }

    /// What is wrong with its name.
    pub(crate) fn fault(&self) -> Option<String> {
        let is_word = |text: &str, more: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        match self {
            Self::Kernel(series, variant) => {
                let sound = is_word(series.text(), "._~-") && is_word(variant, "._-");
                (!sound).then(|| format!("`{}` is no name for a column", self.name()))
            }
            Self::System(name) => {
                let sound = is_word(name, "._+-") && !name.contains("..");
                let taken = TAKEN.contains(&name.as_str())
                    || name.starts_with(|c: char| c.is_ascii_digit());
                (!sound || taken)
                    .then(|| format!("`{name}` is no name for a system: give it another name"))
            }
        }
    }
}

/// The columns of `set` in words; it is a part of `domain`.
pub(crate) fn write(set: &BTreeSet<&Id>, domain: &BTreeSet<&Id>) -> String {
    if set == domain {
        return ALL.into();
    }
    let (all, chosen) = (by_variant(domain), by_variant(set));
    // The variants that have the same ranges, by what those are.
    let mut alike: Vec<(Vec<String>, Vec<&str>)> = Vec::new();
    for (variant, own) in &chosen {
        let ranges = ranges(own, &all[variant]);
        match alike.iter_mut().find(|(known, _)| *known == ranges) {
            Some((_, variants)) => variants.push(variant),
            None => alike.push((ranges, vec![variant])),
        }
    }
    let mut terms = Vec::new();
    for (ranges, variants) in alike {
        let suffix = match variants.len() == all.len() {
            true => String::new(),
            false => format!("[{}]", variants.join("+")),
        };
        terms.extend(ranges.into_iter().map(|range| range + &suffix));
    }
    terms.extend(set.iter().filter_map(|id| match id {
        Id::System(name) => Some(name.clone()),
        Id::Kernel(..) => None,
    }));
    terms.join(", ")
}

/// The series of each variant.
fn by_variant<'a>(ids: &BTreeSet<&'a Id>) -> BTreeMap<&'a str, Vec<&'a Series>> {
    let mut variants: BTreeMap<&str, Vec<&Series>> = BTreeMap::new();
    for id in ids {
        if let Id::Kernel(series, variant) = id {
            variants.entry(variant).or_default().push(series);
        }
    }
    variants
}

/// The runs of `own` in `all`, both in order.
fn ranges(own: &[&Series], all: &[&Series]) -> Vec<String> {
    if own.len() == all.len() {
        return vec![LINUX.into()];
    }
    let is_in: Vec<bool> = all.iter().map(|series| own.contains(series)).collect();
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < all.len() {
        if !is_in[at] {
            at += 1;
            continue;
        }
        let first = at;
        while at + 1 < all.len() && is_in[at + 1] {
            at += 1;
        }
        let (from, to) = (all[first].text(), all[at].text());
        ranges.push(match (first == 0, at + 1 == all.len()) {
            (true, _) => format!("..{to}"),
            (_, true) => format!("{from}.."),
            _ if first == at => from.to_owned(),
            _ => format!("{from}..{to}"),
        });
        at += 1;
    }
    ranges
}

/// The columns of `domain` that `text` names.
///
/// # Errors
/// Says which word names none.
pub(crate) fn read<'a>(
    text: &str,
    domain: &BTreeSet<&'a Id>,
    known: &BTreeSet<&Id>,
) -> Result<BTreeSet<&'a Id>, String> {
    let mut set = BTreeSet::new();
    for term in text.split(", ") {
        let found = one(term, domain, known)?;
        if found.iter().any(|id| set.contains(id)) {
            return Err(format!("`{term}` names a column twice"));
        }
        set.extend(found);
    }
    Ok(set)
}

fn one<'a>(
    term: &str,
    domain: &BTreeSet<&'a Id>,
    known: &BTreeSet<&Id>,
) -> Result<BTreeSet<&'a Id>, String> {
    if term == ALL {
        return Ok(domain.clone());
    }
    let (range, variants) = match term.strip_suffix(']').and_then(|term| term.split_once('[')) {
        Some((range, variants)) => (range, Some(variants.split('+').collect::<Vec<_>>())),
        None => (term, None),
    };
    let system = Id::System(range.to_owned());
    if known.contains(&system) && variants.is_none() {
        return Ok(domain.iter().copied().filter(|id| **id == system).collect());
    }
    let is_series = |text: &str| {
        known.iter().any(|id| matches!(id, Id::Kernel(series, _) if series.text() == text))
    };
    let is_variant = |text: &&str| {
        known.iter().any(|id| matches!(id, Id::Kernel(_, variant) if variant == text))
    };
    let (from, to) = match range.split_once("..") {
        _ if range == LINUX => ("", ""),
        Some((from, to)) => (from, to),
        None => (range, range),
    };
    let open = range == LINUX || range.contains("..") && range != "..";
    let sound = |end: &str| is_series(end) || end.is_empty() && open;
    let variants_known = variants.iter().flatten().all(is_variant);
    if !sound(from) || !sound(to) || !variants_known {
        return Err(format!("`{term}` names no column: see columns.snap"));
    }
    let (from, to) = (Series::new(from), Series::new(to));
    let is_meant = |id: &&Id| match id {
        Id::Kernel(series, variant) => {
            (from.text().is_empty() || *series >= from)
                && (to.text().is_empty() || *series <= to)
                && variants.as_ref().is_none_or(|all| all.contains(&variant.as_str()))
        }
        Id::System(_) => false,
    };
    Ok(domain.iter().copied().filter(is_meant).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn ids(series: &[&str], variants: &[&str], systems: &[&str]) -> Vec<Id> {
        let kernels = series
            .iter()
            .flat_map(|series| variants.iter().map(|variant| Id::kernel(series, variant)));
        kernels.chain(systems.iter().map(|name| Id::System((*name).into()))).collect()
    }

    fn all() -> Vec<Id> {
        ids(&["5.10", "6.1", "6.12", "7.2"], &["none", "xonly"], &["gvisor", "qemu-user"])
    }

    #[rstest]
    #[case::all("*", &["5.10-none", "5.10-xonly", "6.1-none", "6.1-xonly", "6.12-none", "6.12-xonly", "7.2-none", "7.2-xonly", "gvisor", "qemu-user"])]
    #[case::kernels("linux", &["5.10-none", "5.10-xonly", "6.1-none", "6.1-xonly", "6.12-none", "6.12-xonly", "7.2-none", "7.2-xonly"])]
    #[case::old("..5.10", &["5.10-none", "5.10-xonly"])]
    #[case::new("6.12..", &["6.12-none", "6.12-xonly", "7.2-none", "7.2-xonly"])]
    #[case::between("6.1..6.12, gvisor", &["6.1-none", "6.1-xonly", "6.12-none", "6.12-xonly", "gvisor"])]
    #[case::single("6.1", &["6.1-none", "6.1-xonly"])]
    #[case::both_ends("..5.10, 7.2..", &["5.10-none", "5.10-xonly", "7.2-none", "7.2-xonly"])]
    #[case::variant("linux[none]", &["5.10-none", "6.1-none", "6.12-none", "7.2-none"])]
    #[case::mixed("..6.1[none], linux[xonly]", &["5.10-none", "6.1-none", "5.10-xonly", "6.1-xonly", "6.12-xonly", "7.2-xonly"])]
    #[case::systems("gvisor, qemu-user", &["gvisor", "qemu-user"])]
    fn a_set_is_said_and_understood(#[case] text: &str, #[case] names: &[&str]) {
        let all = all();
        let domain: BTreeSet<&Id> = all.iter().collect();
        let set: BTreeSet<&Id> =
            all.iter().filter(|id| names.contains(&id.name().as_str())).collect();
        assert_eq!(set.len(), names.len());
        assert_eq!(write(&set, &domain), text);
        assert_eq!(read(text, &domain, &domain), Ok(set));
    }

    /// A newest, an oldest and a middle series that do as their neighbours change no word.
    #[rstest]
    #[case::newest("7.3", "6.1..", "..5.10")]
    #[case::oldest("4.19", "6.1..", "..5.10")]
    #[case::middle("6.6", "6.1..", "..5.10")]
    fn a_series_that_does_as_its_neighbour_changes_nothing(
        #[case] series: &str,
        #[case] later: &str,
        #[case] earlier: &str,
    ) {
        let mut more = all();
        more.extend(ids(&[series], &["none", "xonly"], &[]));
        let domain: BTreeSet<&Id> = more.iter().collect();
        let since =
            |id: &&&Id| matches!(id, Id::Kernel(series, _) if *series >= Series::new("6.1"));
        let (new, old): (BTreeSet<&Id>, BTreeSet<&Id>) =
            domain.iter().filter(|id| matches!(id, Id::Kernel(..))).partition(|id| since(id));
        assert_eq!((write(&new, &domain), write(&old, &domain)), (later.into(), earlier.into()));
    }

    #[rstest]
    #[case::series("6.2")]
    #[case::no_beginning("6.2..7.2")]
    #[case::no_end("6.1..6.2")]
    #[case::variant("6.1[emulate]")]
    #[case::nothing("")]
    #[case::dots("..")]
    #[case::other("board")]
    #[case::system_variant("gvisor[none]")]
    #[case::twice("6.1, 6.1..")]
    fn what_names_no_column_is_refused(#[case] text: &str) {
        let all = all();
        let domain: BTreeSet<&Id> = all.iter().collect();
        assert!(read(text, &domain, &domain).is_err());
    }

    #[rstest]
    #[case::series("6.1", true)]
    #[case::word("needs", true)]
    #[case::path("../x", true)]
    #[case::nothing("", true)]
    #[case::usual("qemu-user", false)]
    fn a_system_is_called_by_a_word_that_means_nothing_else(
        #[case] name: &str,
        #[case] wrong: bool,
    ) {
        assert_eq!(Id::System(name.into()).fault().is_some(), wrong);
    }

    #[rstest]
    #[case::usual("6.1", "none", false)]
    #[case::candidate("7.3-rc1", "x_only", false)]
    #[case::no_series("", "none", true)]
    #[case::two_words("6.1 new", "none", true)]
    #[case::no_variant("6.1", "", true)]
    #[case::two_variants("6.1", "none, xonly", true)]
    fn a_kernel_is_called_by_two_words(
        #[case] series: &str,
        #[case] variant: &str,
        #[case] wrong: bool,
    ) {
        let id = Id::Kernel(Series::new(series), variant.into());
        assert_eq!(id.fault().is_some(), wrong);
    }

    proptest! {
        /// Whatever there is and whatever of it is meant.
        #[test]
        fn any_set_is_read_back(domain in 0_u32..1024, chosen in 0_u32..1024) {
            let all = all();
            let of = |bits: u32| all.iter().enumerate().filter(move |(at, _)| bits >> at & 1 == 1);
            let known: BTreeSet<&Id> = all.iter().collect();
            let set: BTreeSet<&Id> = of(domain & chosen).map(|(_, id)| id).collect();
            let domain: BTreeSet<&Id> = of(domain).map(|(_, id)| id).collect();
            prop_assume!(!set.is_empty());
            let text = write(&set, &domain);
            prop_assert_eq!(read(&text, &domain, &known), Ok(set), "{}", text);
        }
    }
}
