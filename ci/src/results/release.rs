//! Releases in the order in which kernels came out.

use harness::record::Kernel;
use harness::version::{Range, Version};
use std::cmp::Ordering;

/// A kernel's release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    /// As the kernel says it.
    pub text: String,
    /// Major, minor, point, and which candidate; the release itself comes after all of its candidates.
    number: Option<(Version, u32)>,
}

impl Release {
    /// The release of a kernel. Debian names the candidate in the build alone.
    pub(crate) fn of(kernel: &Kernel) -> Self {
        let mut release = Self::read(&kernel.release);
        if let Some((_, candidate @ u32::MAX)) = &mut release.number {
            *candidate = candidate_in_build(&kernel.build, &kernel.release).unwrap_or(u32::MAX);
        }
        release
    }

    /// Reads `6.12`, `6.12.107+deb13-amd64` or `7.3-rc7-amd64`.
    pub(crate) fn read(text: &str) -> Self {
        Self { text: text.to_owned(), number: number(text) }
    }

    /// The series, such as `6.12`: what point releases and candidates have in common.
    pub(crate) fn series(&self) -> String {
        match self.number {
            Some((Version(major, minor, _), _)) => format!("{major}.{minor}"),
            None => self.text.clone(),
        }
    }

    /// The version in short: `6.12.107`, `7.3-rc7`; what has no number as it is.
    pub(crate) fn short(&self) -> String {
        match self.number {
            Some((version, u32::MAX)) => version.to_string(),
            Some((version, candidate)) => format!("{version}-rc{candidate}"),
            None => self.text.clone(),
        }
    }

    /// Which of two came first, whatever else they are called.
    pub(crate) fn by_number(&self, other: &Self) -> Ordering {
        let key = |release: &Self| (release.number.is_none(), release.number);
        key(self).cmp(&key(other))
    }

    /// Whether a range such as `since 5.11, before 6.1.9 or 6.4` holds it. A candidate counts as its
    /// release.
    pub(crate) fn is_in(&self, range: &str) -> bool {
        let own = Version::parse(&self.text);
        let range = Range::parse(range);
        own.zip(range).is_some_and(|(own, range)| range.holds(own) == Some(true))
    }
}

impl Ord for Release {
    /// What has no number comes last.
    fn cmp(&self, other: &Self) -> Ordering {
        self.by_number(other).then_with(|| self.text.cmp(&other.text))
    }
}

impl PartialOrd for Release {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn number(text: &str) -> Option<(Version, u32)> {
    Some((Version::parse(text)?, candidate(split_digits(text).1).unwrap_or(u32::MAX)))
}

/// Digits and dots at the beginning of `text`, and the rest.
fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    text.split_at(end)
}

/// `-rc7..` or `~rc7..`
fn candidate(text: &str) -> Option<u32> {
    let text = text.strip_prefix(['-', '~'])?.strip_prefix("rc")?;
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

/// `.. Debian 7.3~rc7-1~exp1 (2026-10-16)` of 7.3
fn candidate_in_build(build: &str, release: &str) -> Option<u32> {
    let version = split_digits(release).0.trim_end_matches('.');
    if version.is_empty() {
        return None;
    }
    build.split_whitespace().find_map(|word| candidate(word.strip_prefix(version)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn kernels_come_in_the_order_of_their_numbers() {
        let order = [
            "4.4.0",
            "5.10.0-30-cloud-amd64",
            "6.1",
            "6.1.0-56-cloud-amd64",
            "6.1.192",
            "6.12.107+deb13-cloud-amd64",
            "7.3-rc2",
            "7.3-rc10+deb14-amd64",
            "7.3",
            "7.3.1",
            "mine",
        ];
        let mut releases: Vec<Release> =
            order.iter().rev().map(|text| Release::read(text)).collect();
        releases.sort();
        let texts: Vec<&str> = releases.iter().map(|release| release.text.as_str()).collect();
        assert_eq!(texts, order);
    }

    #[rstest]
    #[case::release("7.3-rc7-amd64", "#1 SMP", "7.3", true)]
    #[case::build("7.3-cloud-amd64", "#1 SMP Debian 7.3~rc7-1~exp1 (2026-10-16)", "7.3", true)]
    #[case::other_build("7.3-cloud-amd64", "#1 SMP Debian 7.30~rc7-1", "7.3", false)]
    #[case::point("7.3.2", "#1 SMP Debian 7.3.2-1", "7.3", false)]
    #[case::no_number("mine", "#1 SMP", "mine", false)]
    fn a_candidate_comes_before_its_release(
        #[case] release: &str,
        #[case] build: &str,
        #[case] series: &str,
        #[case] earlier: bool,
    ) {
        let kernel = Kernel { release: release.into(), build: build.into(), ..Kernel::default() };
        let release = Release::of(&kernel);
        assert_eq!(release.series(), series);
        assert_eq!(release < Release::read("7.3"), earlier);
    }

    #[rstest]
    #[case::all("6.1", "every kernel", true)]
    #[case::first("6.4", "since 6.4", true)]
    #[case::too_old("6.3.9", "since 6.4", false)]
    #[case::candidate("6.4-rc1", "since 6.4", true)]
    #[case::between("6.4", "since 5.11, before 6.5", true)]
    #[case::after("6.5", "since 5.11, before 6.5", false)]
    #[case::stable("6.1.9", "since 5.11, before 6.1.9 or 6.5", false)]
    #[case::no_number("mine", "every kernel", false)]
    #[case::no_range("6.4", "somewhere", false)]
    fn ranges_hold_releases(#[case] release: &str, #[case] range: &str, #[case] expected: bool) {
        assert_eq!(Release::read(release).is_in(range), expected);
    }
}
