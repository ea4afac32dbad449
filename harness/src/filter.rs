//! Which cases a command line selects, for the suite and for the host tool alike.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a command line says of the cases it means, as libtest reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Any of these selects a case; without one, every case is selected.
    pub any: Vec<String>,
    /// Each of these takes cases away again (`--skip`).
    pub skip: Vec<String>,
    /// A filter is a whole name and not a part of one (`--exact`).
    pub exact: bool,
    /// The part of what is left that is run (`--shard`).
    pub shard: Option<Shard>,
}

impl Filters {
    /// Whether they leave out nothing.
    pub const fn is_empty(&self) -> bool {
        self.any.is_empty() && self.skip.is_empty() && self.shard.is_none()
    }

    /// Whether a filter takes `name`, and no `--skip` takes it away. A shard needs all names:
    /// [`Filters::select`].
    pub fn takes(&self, name: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| self.matches(pattern, name));
        (self.any.is_empty() || any(&self.any)) && !any(&self.skip)
    }

    /// Those of `items` that are selected, by their names and in their order.
    pub fn select<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        name: impl Fn(&T) -> &str,
    ) -> Vec<T> {
        let taken = items.into_iter().filter(|item| self.takes(name(item)));
        match self.shard {
            None => taken.collect(),
            Some(shard) => shard.of(taken).collect(),
        }
    }

    /// One line for each filter and each `--skip` that matches none of `names`.
    pub fn unmatched<'a>(&self, names: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
        let idle = |pattern: &&String| !names.clone().any(|name| self.matches(pattern, name));
        let like = if self.exact { "" } else { "like " };
        let filters = self.any.iter().filter(idle).map(|pattern| format!("{like}`{pattern}`"));
        let skips = self.skip.iter().filter(idle);
        let skips = skips.map(|pattern| format!("{like}`{pattern}`, which --skip names"));
        filters.chain(skips).map(|what| format!("no case is called {what}")).collect()
    }

    /// Why nothing is selected, in one line.
    pub fn nothing(&self) -> String {
        let like = if self.exact { "" } else { "like " };
        let any: Vec<String> = self.any.iter().map(|pattern| format!("`{pattern}`")).collect();
        let mut line = match any.as_slice() {
            [] => "no case is left".to_owned(),
            names => format!("no case is called {like}{}", names.join(" or ")),
        };
        if !self.skip.is_empty() {
            line += " and not taken away by --skip";
        }
        if let Some(shard) = self.shard {
            line += &format!(", or none of them is in shard {shard}");
        }
        line
    }

    fn matches(&self, pattern: &str, name: &str) -> bool {
        if self.exact { name == pattern } else { name.contains(pattern) }
    }
}

/// A part of the cases: `2/4` is the second of four. Parts of the same selection have no case in common,
/// together they have all, and none has more than one case more than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "String"))]
#[serde(into = "String", try_from = "String")]
pub struct Shard {
    /// Which part, from 1.
    number: usize,
    /// How many parts there are.
    of: usize,
}

impl Shard {
    /// Whether it is the first part, which does what is to be done once.
    pub const fn is_first(self) -> bool {
        self.number == 1
    }

    /// Every case whose place in the order of names, counted from 0, leaves the remainder `number - 1`:
    /// neighbours, which cost about the same, go to different parts.
    fn of<T>(self, items: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        items.skip(self.number - 1).step_by(self.of)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.split_once('/').and_then(|(number, of)| {
            Some(Self { number: number.parse().ok()?, of: of.parse().ok()? })
        });
        let shard = numbers.filter(|shard| (1..=shard.of).contains(&shard.number));
        shard.ok_or_else(|| "expected M/N, part M of N parts: 1/4 to 4/4".into())
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::collections::BTreeSet;

    const NAMES: [&str; 5] = ["a::one", "a::one[x]", "a::two", "b::one", "b::three"];

    fn filters(any: &[&str], skip: &[&str], exact: bool) -> Filters {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Filters { any: owned(any), skip: owned(skip), exact, shard: None }
    }

    #[rstest]
    #[case::nothing(filters(&[], &[], false), &NAMES)]
    #[case::a_part(filters(&["one"], &[], false), &["a::one", "a::one[x]", "b::one"])]
    #[case::any_of_two(filters(&["two", "three"], &[], false), &["a::two", "b::three"])]
    #[case::whole_names(filters(&["a::one", "b::three", "one"], &[], true), &["a::one", "b::three"])]
    #[case::a_skip(filters(&["one"], &["b::"], false), &["a::one", "a::one[x]"])]
    #[case::two_skips(filters(&[], &["one", "two"], false), &["b::three"])]
    #[case::an_exact_skip(filters(&[], &["a::one"], true), &["a::one[x]", "a::two", "b::one", "b::three"])]
    fn filters_select_as_libtests_do(#[case] filters: Filters, #[case] expected: &[&str]) {
        assert_eq!(filters.select(NAMES, |name| name), expected);
    }

    #[rstest]
    #[case::none(filters(&[], &[], false), true)]
    #[case::nothing_to_be_exact_about(filters(&[], &[], true), true)]
    #[case::a_part(filters(&["one"], &[], false), false)]
    #[case::a_skip(filters(&[], &["one"], false), false)]
    #[case::a_shard(Filters { shard: Some(Shard { number: 1, of: 2 }), ..Filters::default() }, false)]
    fn filters_that_leave_out_nothing_are_empty(#[case] filters: Filters, #[case] empty: bool) {
        assert_eq!(filters.is_empty(), empty);
    }

    #[rstest]
    #[case::both(filters(&["nosuch", "one"], &["nor::this"], false), &[
        "no case is called like `nosuch`",
        "no case is called like `nor::this`, which --skip names",
    ])]
    #[case::exact(filters(&["one"], &[], true), &["no case is called `one`"])]
    #[case::all_match(filters(&["one"], &["two"], false), &[])]
    fn what_matches_nothing_is_said(#[case] filters: Filters, #[case] lines: &[&str]) {
        assert_eq!(filters.unmatched(NAMES.into_iter()), lines);
    }

    #[rstest]
    #[case(1, 1)]
    #[case(5, 3)]
    #[case(5, 5)]
    #[case(100, 7)]
    #[case(2, 5)]
    fn shards_are_disjoint_balanced_and_together_everything(
        #[case] cases: usize,
        #[case] of: usize,
    ) {
        let names: Vec<String> = (0..cases).map(|number| format!("{number:03}")).collect();
        let shard = |number| {
            let shard = Some(Shard { number, of });
            Filters { shard, ..Filters::default() }.select(&names, |name| name)
        };
        let parts: Vec<Vec<&String>> = (1..=of).map(shard).collect();
        let sizes: Vec<usize> = parts.iter().map(Vec::len).collect();
        assert!(sizes.iter().max().expect("one") - sizes.iter().min().expect("one") <= 1);
        assert_eq!(sizes.iter().sum::<usize>(), cases);
        let all: BTreeSet<&String> = parts.into_iter().flatten().collect();
        assert_eq!(all.len(), cases);
    }

    #[rstest]
    #[case("1/1", true)]
    #[case("4/4", true)]
    #[case("0/4", false)]
    #[case("5/4", false)]
    #[case("1/0", false)]
    #[case("1", false)]
    #[case("a/b", false)]
    #[case("-1/4", false)]
    fn a_shard_is_one_of_its_parts(#[case] text: &str, #[case] is_one: bool) {
        assert_eq!(
            text.parse::<Shard>().map(|shard| shard.to_string()).ok(),
            is_one.then(|| text.into())
        );
    }
}
