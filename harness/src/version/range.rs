//! Ranges of versions: what a deviation or a feature is known to hold for.

use super::boundary::Boundary;
use super::number::Version;
use std::fmt;

/// From the releases in which a behaviour began to those in which it ended; either may be open.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Range {
    pub(crate) since: Option<Boundary>,
    pub(crate) until: Option<Boundary>,
}

impl Range {
    /// Reads what [`fmt::Display`] writes, such as `since 6.1.38 or 6.5, before 7.3`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut range = Self::default();
        if text == EVERY {
            return Some(range);
        }
        for bound in text.split(", ") {
            let (word, boundary) = bound.split_once(' ')?;
            let end = match word {
                "since" => &mut range.since,
                "before" => &mut range.until,
                _ => return None,
            };
            *end = Some(Boundary::parse(boundary)?);
        }
        Some(range)
    }

    /// Whether it holds for `version`; nothing where no release tells.
    pub fn holds(&self, version: Version) -> Option<bool> {
        self.holds_from_to(version, version)
    }

    /// Whether it holds for every version from `low` to `high`, both inclusive; nothing where it holds
    /// for some of them alone, or where no release tells.
    pub(crate) fn holds_from_to(&self, low: Version, high: Version) -> Option<bool> {
        let past = |end: &Option<Boundary>, open| {
            end.as_ref().map_or(Some(open), |end| end.is_past_from_to(low, high))
        };
        match (past(&self.since, true), past(&self.until, false)) {
            (Some(false), _) | (_, Some(true)) => Some(false),
            (Some(true), Some(false)) => Some(true),
            _ => None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        let mainline = |end: &Option<Boundary>| end.as_ref().and_then(Boundary::mainline);
        matches!((mainline(&self.since), mainline(&self.until)), (Some(since), Some(until)) if since >= until)
    }

    /// Whether there is a version in both. Where releases that nobody ran lie between the end of one and
    /// the beginning of the other, they are in neither.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let ends = [&self.since, &self.until, &other.since, &other.until];
        let edges = ends.into_iter().flatten().flat_map(Boundary::edges);
        let mut edges = edges.chain([Version(0, 0, 0)]);
        edges.any(|version| match (self.holds(version), other.holds(version)) {
            (Some(own), Some(others)) => own && others,
            (Some(true), None) | (None, Some(true)) => true,
            _ => false,
        })
    }
}

/// The range that is open at both ends.
const EVERY: &str = "every kernel";

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.since, &self.until) {
            (None, None) => f.write_str(EVERY),
            (Some(since), None) => write!(f, "since {since}"),
            (None, Some(until)) => write!(f, "before {until}"),
            (Some(since), Some(until)) => write!(f, "since {since}, before {until}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn range(text: &str) -> Range {
        let range = Range::parse(text).expect("a range");
        assert_eq!(range.to_string(), text);
        range
    }

    /// The first version of a range is in it, the one that ends it is not.
    #[rstest]
    #[case("since 6.4, before 6.12", "6.3.99", Some(false))]
    #[case("since 6.4, before 6.12", "6.4", Some(true))]
    #[case("since 6.4, before 6.12", "6.11.99", Some(true))]
    #[case("since 6.4, before 6.12", "6.12", Some(false))]
    #[case("since 6.4, before 6.12", "6.12.1", Some(false))]
    #[case("before 6.12", "6.12", Some(false))]
    #[case("before 6.12", "2.6", Some(true))]
    #[case("since 6.4", "6.4", Some(true))]
    #[case("every kernel", "1.0", Some(true))]
    #[case::taken_back("before 6.1.190 or 7.2", "6.1.190", Some(false))]
    #[case::not_yet_taken_back("before 6.1.190 or 7.2", "6.1.189", Some(true))]
    #[case::never_taken_back("before 6.1.190 or 7.2", "6.12.99", Some(true))]
    #[case::not_run("before 6.1.181..6.1.190 or 7.2", "6.1.185", None)]
    #[case::over_all_the_same("since 6.4, before 6.1.181..6.1.190 or 7.2", "6.1.185", Some(false))]
    fn a_range_holds(#[case] text: &str, #[case] version: &str, #[case] expected: Option<bool>) {
        let version = Version::parse_whole(version).expect("a version");
        assert_eq!(range(text).holds(version), expected);
    }

    #[rstest]
    #[case::all("every kernel", Some(true))]
    #[case::begins_at_the_low_end("since 7.2", Some(true))]
    #[case::begins_within("since 7.2.1", None)]
    #[case::begins_at_the_high_end("since 7.3", None)]
    #[case::begins_after("since 7.3.1", Some(false))]
    #[case::ends_at_the_low_end("before 7.2", Some(false))]
    #[case::ends_within("before 7.2.1", None)]
    #[case::ends_at_the_high_end("before 7.3", None)]
    #[case::ends_after("before 7.3.1", Some(true))]
    fn a_range_holds_for_what_lies_between(#[case] text: &str, #[case] expected: Option<bool>) {
        let held = range(text).holds_from_to(Version(7, 2, 0), Version(7, 3, 0));
        assert_eq!(held, expected);
    }

    #[rstest]
    #[case("every kernel", "since 6.1", true)]
    #[case("before 6.1", "since 6.1", false)]
    #[case("since 5.11, before 6.2", "since 6.1, before 6.4", true)]
    #[case("since 6.4, before 6.12", "since 5.11, before 6.4", false)]
    #[case::in_a_stable_series("before 6.1.38 or 6.5", "since 6.1.37 or 6.5", true)]
    #[case::in_another_series("before 6.1.38 or 6.5", "since 6.4.3 or 6.5", true)]
    #[case::between_two_series("before 6.1.38 or 6.5", "since 6.1.38", true)]
    #[case::alike("before 6.1.38 or 6.5", "since 6.1.38 or 6.5", false)]
    #[case::where_nobody_ran("before 6.1.30..6.1.38", "since 6.1.30..6.1.38", false)]
    #[case::beside_where_nobody_ran("before 6.1.30..6.1.38", "since 6.1.30", true)]
    fn ranges_overlap(#[case] first: &str, #[case] second: &str, #[case] expected: bool) {
        let (first, second) = (range(first), range(second));
        assert_eq!((first.overlaps(&second), second.overlaps(&first)), (expected, expected));
    }

    #[rstest]
    #[case("since 6.2, before 6.1", true)]
    #[case("since 6.1, before 6.1", true)]
    #[case("since 6.1, before 6.2", false)]
    #[case("since 6.18, before 6.12.94 or 7.2", false)]
    #[case("before 6.1", false)]
    fn a_range_may_be_empty(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(range(text).is_empty(), expected);
    }

    #[rstest]
    #[case("")]
    #[case("somewhere")]
    #[case("since x")]
    #[case("after 6.1")]
    #[case("since 6.1 before 6.2")]
    fn what_is_no_range_is_none(#[case] text: &str) {
        assert_eq!(Range::parse(text), None);
    }
}
