//! Kernel versions and ranges of them.

use std::fmt;

/// A kernel version: series and point release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// Reads `6.12`, `6.12.107` or the front of a release such as `7.3-rc7+deb14-cloud-amd64`.
    /// A release candidate counts as the release.
    pub(crate) fn parse(text: &str) -> Option<Self> {
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

    /// Reads a version that is nothing else.
    pub(crate) fn parse_whole(text: &str) -> Option<Self> {
        if text.chars().all(|c| c.is_ascii_digit() || c == '.') { Self::parse(text) } else { None }
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
    #[case::no_minor("7", None)]
    #[case::no_number("linux", None)]
    fn reads_releases(#[case] text: &str, #[case] version: Option<Version>) {
        assert_eq!(Version::parse(text), version);
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
