//! Kernel versions and ranges of them.

use std::fmt;

/// A kernel version: series and point release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(
    /// The major number.
    pub u32,
    /// The minor one.
    pub u32,
    /// That of the point release.
    pub u32,
);

impl Version {
    /// Reads `6.12`, `6.12.107` or the front of a release such as `7.3-rc7+deb14-cloud-amd64`.
    /// A release candidate counts as the release.
    pub fn parse(text: &str) -> Option<Self> {
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let mut parts = text[..end].trim_end_matches('.').split('.').map(str::parse);
        let major = parts.next()?.ok()?;
        let minor = parts.next()?.ok()?;
        let point = match parts.next() {
            Some(point) => point.ok()?,
            None => 0,
        };
        Some(Self(major, minor, point))
    }

    /// Reads a version that is nothing else: `6.12` or `6.12.107`.
    pub fn parse_whole(text: &str) -> Option<Self> {
        let numbers = text.split('.').all(|part| part.parse::<u32>().is_ok());
        let parts = text.split('.').count();
        if numbers && (2..=3).contains(&parts) { Self::parse(text) } else { None }
    }

    /// The release that is made from what is committed after this one.
    pub(crate) fn next(self) -> Self {
        // Since 3.19 a major version ends with its nineteenth minor one (4.20 was an exception).
        const LAST_MINOR: u32 = 19;
        match self {
            Self(major, minor, 0) if minor >= LAST_MINOR => Self(major + 1, 0, 0),
            Self(major, minor, 0) => Self(major, minor + 1, 0),
            Self(major, minor, point) => Self(major, minor, point + 1),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)?;
        if self.2 != 0 { write!(f, ".{}", self.2) } else { Ok(()) }
    }
}

/// From a version (inclusive) to a version (exclusive); either may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Range {
    pub since: Option<Version>,
    pub until: Option<Version>,
}

impl Range {
    pub(crate) fn holds(self, version: Version) -> bool {
        self.since.is_none_or(|since| version >= since)
            && self.until.is_none_or(|until| version < until)
    }

    /// Whether it holds for every version from `low` to `high`, both inclusive; nothing where it holds
    /// for some of them alone.
    pub(crate) fn holds_from_to(self, low: Version, high: Version) -> Option<bool> {
        let spanned = self.holds(low) && self.holds(high);
        let apart = self.until.is_some_and(|until| until <= low)
            || self.since.is_some_and(|since| since > high);
        match (spanned, apart) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            (false, false) => None,
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        matches!((self.since, self.until), (Some(since), Some(until)) if since >= until)
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        let before = |a: Self, b: Self| matches!((a.until, b.since), (Some(until), Some(since)) if until <= since);
        !before(self, other) && !before(other, self)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.since, self.until) {
            (None, None) => write!(f, "every kernel"),
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

    #[rstest]
    #[case::series("6.12", Some(Version(6, 12, 0)))]
    #[case::point("6.12.107+deb13-cloud-amd64", Some(Version(6, 12, 107)))]
    #[case::candidate("7.3-rc7+deb14-amd64", Some(Version(7, 3, 0)))]
    #[case::tilde("7.3~rc7-amd64", Some(Version(7, 3, 0)))]
    #[case::four_numbers("5.15.153.1-microsoft", Some(Version(5, 15, 153)))]
    #[case::no_minor("7", None)]
    #[case::no_number("linux", None)]
    fn reads_releases(#[case] text: &str, #[case] version: Option<Version>) {
        assert_eq!(Version::parse(text), version);
    }

    #[rstest]
    #[case("6.12", Some(Version(6, 12, 0)))]
    #[case("6.12.107", Some(Version(6, 12, 107)))]
    #[case("7", None)]
    #[case("7.", None)]
    #[case(".7.1", None)]
    #[case("7.3-rc7", None)]
    #[case("7.3.1.2", None)]
    #[case("", None)]
    fn reads_versions_that_are_nothing_else(#[case] text: &str, #[case] version: Option<Version>) {
        assert_eq!(Version::parse_whole(text), version);
    }

    #[rstest]
    #[case("7.2", "7.3")]
    #[case("6.19", "7.0")]
    #[case("6.12.30", "6.12.31")]
    #[case("6.19.1", "6.19.2")]
    fn one_release_follows_another(#[case] version: &str, #[case] next: &str) {
        let read = |text| Version::parse_whole(text).expect("a version");
        assert_eq!(read(version).next(), read(next));
    }

    /// The first version of a range is in it, the one that ends it is not.
    #[rstest]
    #[case(Some("6.4"), Some("6.12"), "6.3.99", false)]
    #[case(Some("6.4"), Some("6.12"), "6.4", true)]
    #[case(Some("6.4"), Some("6.12"), "6.11.99", true)]
    #[case(Some("6.4"), Some("6.12"), "6.12", false)]
    #[case(Some("6.4"), Some("6.12"), "6.12.1", false)]
    #[case(None, Some("6.12"), "6.12", false)]
    #[case(None, Some("6.12"), "2.6", true)]
    #[case(Some("6.4"), None, "6.4", true)]
    #[case(None, None, "1.0", true)]
    fn a_range_holds(
        #[case] since: Option<&str>,
        #[case] until: Option<&str>,
        #[case] version: &str,
        #[case] expected: bool,
    ) {
        let read = |text: Option<&str>| text.and_then(Version::parse_whole);
        let range = Range { since: read(since), until: read(until) };
        let version = Version::parse_whole(version).expect("a version");
        assert_eq!(range.holds(version), expected);
        assert_eq!(range.holds_from_to(version, version), Some(expected));
    }

    #[rstest]
    #[case::all(None, None, Some(true))]
    #[case::begins_at_the_low_end(Some("7.2"), None, Some(true))]
    #[case::begins_within(Some("7.2.1"), None, None)]
    #[case::begins_at_the_high_end(Some("7.3"), None, None)]
    #[case::begins_behind(Some("7.3.1"), None, Some(false))]
    #[case::ends_at_the_low_end(None, Some("7.2"), Some(false))]
    #[case::ends_within(None, Some("7.2.1"), None)]
    #[case::ends_at_the_high_end(None, Some("7.3"), None)]
    #[case::ends_behind(None, Some("7.3.1"), Some(true))]
    #[case::lies_within(Some("7.2.1"), Some("7.2.2"), None)]
    fn a_range_holds_for_what_lies_between(
        #[case] since: Option<&str>,
        #[case] until: Option<&str>,
        #[case] expected: Option<bool>,
    ) {
        let read = |text: Option<&str>| text.and_then(Version::parse_whole);
        let range = Range { since: read(since), until: read(until) };
        assert_eq!(range.holds_from_to(Version(7, 2, 0), Version(7, 3, 0)), expected);
    }

    #[rstest]
    #[case(None, None, Some("6.1"), None, true)]
    #[case(None, Some("6.1"), Some("6.1"), None, false)]
    #[case(Some("5.11"), Some("6.2"), Some("6.1"), Some("6.4"), true)]
    #[case(Some("6.4"), Some("6.12"), Some("5.11"), Some("6.4"), false)]
    fn ranges_overlap(
        #[case] since: Option<&str>,
        #[case] until: Option<&str>,
        #[case] other_since: Option<&str>,
        #[case] other_until: Option<&str>,
        #[case] expected: bool,
    ) {
        let read = |text: Option<&str>| text.and_then(Version::parse_whole);
        let range = Range { since: read(since), until: read(until) };
        let other = Range { since: read(other_since), until: read(other_until) };
        assert_eq!((range.overlaps(other), other.overlaps(range)), (expected, expected));
    }
}
