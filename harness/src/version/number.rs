//! Numbers of releases.

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

    /// The series: major and minor number.
    pub(crate) fn series(self) -> (u32, u32) {
        (self.0, self.1)
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
}
