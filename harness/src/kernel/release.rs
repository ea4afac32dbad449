//! Which version a kernel is, as far as its release says so. One built between two releases, or by a
//! vendor who takes over later work, may do what either does.

use crate::version::{Range, Version};

/// The versions a kernel may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    low: Version,
    high: Version,
    /// Why it may be more than one: the end of a sentence that begins with the release.
    why: String,
}

/// Later than every version there is.
const NO_END: Version = Version(u32::MAX, 0, 0);

/// What stands in the releases of vendors who take over later work, and who they are.
const VENDORS: [(&str, &str); 31] = [
    (".el", "Red Hat's"),
    ("uek", "Oracle's"),
    (".amzn", "Amazon's"),
    (".azl", "Microsoft's"),
    (".cm2", "Microsoft's"),
    ("-microsoft", "Microsoft's"),
    ("-android", "Android's"),
    ("-generic", "Ubuntu's"),
    ("-lowlatency", "Ubuntu's"),
    ("-realtime", "Ubuntu's"),
    ("-aws", "Ubuntu's"),
    ("-azure", "Ubuntu's"),
    ("-gcp", "Ubuntu's"),
    ("-gke", "Ubuntu's"),
    ("-oracle", "Ubuntu's"),
    ("-oem", "Ubuntu's"),
    ("-ibm", "Ubuntu's"),
    ("-kvm", "Ubuntu's"),
    ("-raspi", "Ubuntu's"),
    ("-nvidia", "Ubuntu's"),
    ("-default", "SUSE's"),
    ("-preempt", "SUSE's"),
    ("-kernel-default", "SUSE's"),
    ("-pve", "Proxmox's"),
    (".al8", "Alibaba's"),
    (".an8", "Anolis's"),
    (".oe2", "openEuler's"),
    (".oc9", "Tencent's"),
    (".tl4", "Tencent's"),
    (".ph5", "VMware's"),
    ("-cos", "Google's"),
];

impl Release {
    /// Exactly this version.
    pub(crate) fn exact(version: Version) -> Self {
        Self { low: version, high: version, why: String::new() }
    }

    /// Reads `uname -r`, and `uname -v` where that says more. Nothing where they name no version. A
    /// release candidate counts as the release.
    pub(crate) fn parse(release: &str, build: &str) -> Option<Self> {
        let base = Version::parse(release)?;
        if let Some(version) = debian(build).filter(|own| (own.0, own.1) == (base.0, base.1)) {
            return Some(Self::exact(version));
        }
        let end =
            release.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(release.len());
        let rest = &release[end..];
        let vendor = VENDORS.iter().find(|(mark, _)| rest.contains(mark)).map(|(_, whose)| *whose);
        let vendor = vendor.or_else(|| build.contains("-Ubuntu ").then_some("Ubuntu's"));
        if let Some(whose) = vendor {
            let why = format!("is {whose}, who take over what later releases do");
            return Some(Self { low: base, high: NO_END, why });
        }
        let is_candidate = rest.starts_with("-rc") || rest.starts_with("~rc");
        let is_after = |low: Version| {
            let high = low.next();
            let why = format!("lies between {low} and {high}");
            Some(Self { low, high, why })
        };
        if rest.contains("-next-") {
            return is_after(base);
        }
        if !is_candidate && (rest.ends_with('+') || has_commit(rest)) {
            return is_after(base);
        }
        Some(Self::exact(base))
    }

    /// Whether `range` holds for it; nothing where that is undecided.
    pub(crate) fn is_in(&self, range: &Range) -> Option<bool> {
        range.holds_from_to(self.low, self.high)
    }

    /// Whether it may be more than one version.
    pub(crate) fn is_undecided(&self) -> bool {
        self.low != self.high
    }

    /// Why that is undecided, and what decides: the end of a sentence that begins with the release.
    pub(crate) fn undecided(&self) -> String {
        if !self.is_undecided() {
            return "lies between two releases that differ, and none between them was run".into();
        }
        let versions = match self.high {
            NO_END => "--as VERSION".into(),
            high => format!("--as {} or --as {high}", self.low),
        };
        format!("{}: {versions} decides", self.why)
    }
}

impl std::fmt::Display for Release {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.low.fmt(f)
    }
}

/// The upstream version of a Debian package: `#1 SMP PREEMPT_DYNAMIC Debian 6.1.148-1 (2025-08-26)`.
fn debian(build: &str) -> Option<Version> {
    let (_, package) = build.split_once("Debian ")?;
    let (version, _) = package.split_once('-')?;
    Version::parse(version)
}

/// Whether a suffix names a commit after a tag, as the kernel's build adds it: `-05123-g1234567`, or
/// `-g1234567` where it could not count.
fn has_commit(rest: &str) -> bool {
    rest.split('-').skip(1).any(|part| {
        part.strip_prefix('g').is_some_and(|hash| {
            hash.len() >= 7 && hash.trim_end_matches('+').chars().all(|c| c.is_ascii_hexdigit())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn spread(release: &str, build: &str) -> Option<String> {
        let release = Release::parse(release, build)?;
        Some(match (release.low, release.high) {
            (low, high) if low == high => format!("{low}"),
            (low, NO_END) => format!("{low}.."),
            (low, high) => format!("{low}..{high}"),
        })
    }

    #[rstest]
    #[case::release("7.2.0", "7.2")]
    #[case::point("6.12.107", "6.12.107")]
    #[case::own_name("6.18.44-fc-v669", "6.18.44")]
    #[case::candidate("7.3.0-rc7", "7.3")]
    #[case::candidate_of_debian("7.3-rc7+deb14-cloud-amd64", "7.3")]
    #[case::after_a_candidate("7.3.0-rc7-00012-g1234567", "7.3")]
    #[case::after_a_candidate_uncounted("7.3.0-rc7+", "7.3")]
    #[case::debian("6.12.107+deb13-cloud-amd64", "6.12.107")]
    #[case::dirty("7.2.0-dirty", "7.2")]
    #[case::word_that_begins_like_a_hash("7.2.0-gentoo", "7.2")]
    #[case::word_of_hexadecimals("7.2.0-gdeadbee-x", "7.2..7.3")]
    #[case::fedora("6.11.4-301.fc41.x86_64", "6.11.4")]
    #[case::arch("6.11.4-arch1-1", "6.11.4")]
    #[case::merge_window("7.2.0-05123-g1234567", "7.2..7.3")]
    #[case::merge_window_dirty("7.2.0-05123-g1234567-dirty", "7.2..7.3")]
    #[case::uncounted("7.2.0-g1234567abcde", "7.2..7.3")]
    #[case::plus("7.2.0+", "7.2..7.3")]
    #[case::named_and_plus("7.2.0-mine+", "7.2..7.3")]
    #[case::last_of_a_major_version("6.19.0-00001-gabcdef0", "6.19..7.0")]
    #[case::after_a_point("6.12.30-00012-gabcdef0", "6.12.30..6.12.31")]
    #[case::next("7.3.0-rc2-next-20260901", "7.3..7.4")]
    #[case::next_of_a_release("7.2.0-next-20260820", "7.2..7.3")]
    #[case::red_hat_8("4.18.0-553.el8_10.x86_64", "4.18..")]
    #[case::red_hat_9("5.14.0-427.13.1.el9_4.x86_64", "5.14..")]
    #[case::red_hat_10("6.12.0-55.el10.x86_64", "6.12..")]
    #[case::amazon("6.1.102-111.182.amzn2023.x86_64", "6.1.102..")]
    #[case::ubuntu("6.8.0-45-generic", "6.8..")]
    #[case::ubuntu_aws("6.8.0-1015-aws", "6.8..")]
    #[case::suse("6.4.0-150600.23-default", "6.4..")]
    #[case::oracle("5.15.0-300.163.18.el9uek.x86_64", "5.15..")]
    #[case::android("6.1.75-android14-11-gabcdef012345-ab1234567", "6.1.75..")]
    #[case::windows("5.15.153.1-microsoft-standard-WSL2", "5.15.153..")]
    fn a_release_is_one_version_or_some(#[case] release: &str, #[case] expected: &str) {
        assert_eq!(spread(release, "#1 SMP").as_deref(), Some(expected));
    }

    #[rstest]
    #[case("6.1.0-39-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.148-1 (2025-08-26)", "6.1.148")]
    #[case("6.1.0-39-cloud-amd64", "#1 SMP Debian 6.1.148-1~deb11u1 (2025-08-26)", "6.1.148")]
    #[case("7.3-rc7+deb14-amd64", "#1 SMP Debian 7.3~rc7-1~exp1 (2026-11-01)", "7.3")]
    #[case::of_something_else("6.5.0", "#1 SMP Debian 6.1.148-1", "6.5")]
    #[case::compiled_there("6.5.3", "#1 SMP (gcc Debian 12.2.0-14)", "6.5.3")]
    #[case::mainline_of_ubuntu("6.5.0-060500", "#202308-Ubuntu SMP", "6.5..")]
    fn the_build_says_more(#[case] release: &str, #[case] build: &str, #[case] expected: &str) {
        assert_eq!(spread(release, build).as_deref(), Some(expected));
    }

    #[test]
    fn what_names_no_version_is_none() {
        assert_eq!(Release::parse("mainline", "#1 SMP Debian 6.1.148-1"), None);
    }

    #[rstest]
    #[case("7.2.0+", "lies between 7.2 and 7.3: --as 7.2 or --as 7.3 decides")]
    #[case(
        "5.14.0-1.el9",
        "is Red Hat's, who take over what later releases do: --as VERSION decides"
    )]
    fn it_says_what_decides(#[case] release: &str, #[case] says: &str) {
        let release = Release::parse(release, "").expect("a version");
        assert!(release.is_undecided() && !Release::exact(release.low).is_undecided());
        assert_eq!(release.undecided(), says);
        let between = Release::exact(release.low).undecided();
        assert!(between.starts_with("lies between two releases that differ"), "{between}");
    }

    #[rstest]
    #[case("-05123-g1234567", true)]
    #[case("-gabcdef012345+", true)]
    #[case("-rc3-00001-g0123abc", true)]
    #[case("-g123456", false)]
    #[case("-generic-kernel", false)]
    #[case("-gigabyte", false)]
    #[case("-1234567", false)]
    #[case("", false)]
    fn a_commit_is_seven_digits_after_a_g(#[case] rest: &str, #[case] expected: bool) {
        assert_eq!(has_commit(rest), expected);
    }
}
