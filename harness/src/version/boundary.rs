//! Where a behaviour begins: in a release of the mainline, and in the point releases of older series
//! to which the change was taken back.

use super::number::Version;
use serde::Deserialize;
use std::fmt;

/// The releases in which one change came: `7.2`; or `6.1.190, 6.12.116, 7.2` with a point release for each
/// series that was given the change, the mainline's last. A later point release of such a series has the
/// change; a series that is not named has it from the last one on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Text")]
pub(crate) struct Boundary(Vec<Change>);

/// One release with a change, known as exactly as releases of the series were run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    /// Each earlier release of the series lacks it.
    earliest: Version,
    /// This release has it.
    seen: Version,
}

/// As a file writes it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    One(String),
    Several(Vec<String>),
}

/// Between the releases of one boundary.
const OR: &str = " or ";
/// Between the first release that may have a change and the first that was seen to have it.
const TO: &str = "..";

impl TryFrom<Text> for Boundary {
    type Error = String;

    fn try_from(text: Text) -> Result<Self, String> {
        match text {
            Text::One(text) => Self::read(&[text.as_str()]),
            Text::Several(texts) => {
                Self::read(&texts.iter().map(String::as_str).collect::<Vec<_>>())
            }
        }
    }
}

impl Boundary {
    /// Reads the releases of a change, oldest series first.
    ///
    /// # Errors
    /// Says which is no release, or why they are in no order.
    fn read(texts: &[&str]) -> Result<Self, String> {
        let changes: Vec<Change> =
            texts.iter().map(|text| Change::read(text)).collect::<Result<_, _>>()?;
        if changes.is_empty() {
            return Err("no kernel version is named".into());
        }
        for pair in changes.windows(2) {
            let (old, new) = (pair[0].seen, pair[1].earliest);
            if pair[0].earliest.series() != old.series() {
                return Err(format!("{} belongs to another series than {old}", pair[0].earliest));
            }
            if old.series() >= new.series() {
                return Err(format!("{new} does not belong to a later series than {old}"));
            }
            if old.2 == 0 {
                return Err(format!(
                    "{old} has the change from its beginning on: what follows has it, too"
                ));
            }
        }
        Ok(Self(changes))
    }

    /// Reads what [`fmt::Display`] writes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::read(&text.split(OR).collect::<Vec<_>>()).ok()
    }

    /// Whether `version` has the change; nothing where no release around it was run.
    pub(super) fn is_past(&self, version: Version) -> Option<bool> {
        let own = self.0.iter().find(|change| change.seen.series() == version.series());
        let change = own.or(self.0.last())?;
        match () {
            () if version >= change.seen => Some(true),
            () if version < change.earliest => Some(false),
            () => None,
        }
    }

    /// The same for what may be any version from `low` to `high`, both inclusive.
    pub(super) fn is_past_from_to(&self, low: Version, high: Version) -> Option<bool> {
        self.is_past(low).filter(|low| self.is_past(high) == Some(*low))
    }

    /// Each version at which the answer may become another one.
    pub(super) fn edges(&self) -> impl Iterator<Item = Version> {
        self.0.iter().flat_map(|change| {
            let Version(major, minor, _) = change.seen;
            let (first, after) = (Version(major, minor, 0), Version(major, minor + 1, 0));
            [change.earliest, change.seen, first, after]
        })
    }

    /// The releases that were seen to have the change, in one line.
    pub(crate) fn releases(&self) -> String {
        self.0.iter().map(|change| change.seen.to_string()).collect::<Vec<_>>().join(", ")
    }

    /// The mainline's release.
    pub(super) fn mainline(&self) -> Option<Version> {
        self.0.last().map(|change| change.earliest)
    }
}

impl Change {
    fn read(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a kernel version such as 6.12");
        let version = |text: &str| Version::parse_whole(text).ok_or_else(wrong);
        let (earliest, seen) = match text.split_once(TO) {
            Some((earliest, seen)) => (version(earliest)?, version(seen)?),
            None => (version(text)?, version(text)?),
        };
        if earliest > seen {
            return Err(format!("`{text}` does not lead from a release to a later one"));
        }
        Ok(Self { earliest, seen })
    }
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Change { earliest, seen }) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(OR)?;
            }
            match earliest == seen {
                true => write!(f, "{seen}")?,
                false => write!(f, "{earliest}{TO}{seen}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn boundary(text: &str) -> Boundary {
        Boundary::parse(text).expect("a boundary")
    }

    #[rstest]
    #[case::before("6.4", "6.3.99", Some(false))]
    #[case::first("6.4", "6.4", Some(true))]
    #[case::after("6.4", "6.12.1", Some(true))]
    #[case::stable_before("6.1.38 or 6.5", "6.1.37", Some(false))]
    #[case::stable_first("6.1.38 or 6.5", "6.1.38", Some(true))]
    #[case::stable_after("6.1.38 or 6.5", "6.1.192", Some(true))]
    #[case::series_between("6.1.38 or 6.5", "6.4.16", Some(false))]
    #[case::older_series("6.1.38 or 6.5", "5.10.262", Some(false))]
    #[case::mainline("6.1.38 or 6.5", "6.5", Some(true))]
    #[case::not_run_before("6.12.91..6.12.94", "6.12.90", Some(false))]
    #[case::not_run_earliest("6.12.91..6.12.94", "6.12.91", None)]
    #[case::not_run_latest("6.12.91..6.12.94", "6.12.93", None)]
    #[case::seen("6.12.91..6.12.94", "6.12.94", Some(true))]
    #[case::series_after_it("6.12.91..6.12.94", "6.13", Some(true))]
    #[case::mainline_not_run("6.1.38 or 6.5..6.12", "6.6.9", None)]
    #[case::mainline_not_run_yet("6.1.38 or 6.5..6.12", "6.4.9", Some(false))]
    #[case::mainline_seen("6.1.38 or 6.5..6.12", "6.12", Some(true))]
    fn a_version_has_a_change_or_not(
        #[case] text: &str,
        #[case] version: &str,
        #[case] expected: Option<bool>,
    ) {
        let version = Version::parse_whole(version).expect("a version");
        assert_eq!(boundary(text).is_past(version), expected);
        assert_eq!(boundary(text).is_past_from_to(version, version), expected);
        assert_eq!(boundary(text).to_string(), text);
    }

    /// What may be any version of a stretch has a change where both of its ends have it.
    #[rstest]
    #[case("6.1.37", "6.1.38", None)]
    #[case("6.1.38", "6.1.39", Some(true))]
    #[case("6.1.36", "6.1.37", Some(false))]
    #[case("6.4", "6.5", None)]
    #[case("6.1.91", "4294967295.0", Some(true))]
    fn a_stretch_has_a_change_where_its_ends_have_it(
        #[case] low: &str,
        #[case] high: &str,
        #[case] expected: Option<bool>,
    ) {
        let version = |text| Version::parse_whole(text).expect("a version");
        let boundary = boundary("6.1.38 or 6.5");
        assert_eq!(boundary.is_past_from_to(version(low), version(high)), expected);
    }

    #[rstest]
    #[case::word("new", "`new` is not a kernel version")]
    #[case::order("6.5 or 6.1.38", "6.1.38 does not belong to a later series than 6.5")]
    #[case::one_series("6.1.38 or 6.1.40", "does not belong to a later series")]
    #[case::no_point("6.1 or 6.5", "6.1 has the change from its beginning on")]
    #[case::backwards("6.1.38..6.1.37", "does not lead from a release to a later one")]
    #[case::across_series("6.1.38..6.2 or 6.5", "6.1.38 belongs to another series than 6.2")]
    #[case::half("6.1.38..", "is not a kernel version")]
    fn a_wrong_boundary_is_refused(#[case] text: &str, #[case] says: &str) {
        let why = Boundary::read(&text.split(OR).collect::<Vec<_>>()).expect_err("wrong");
        assert!(why.contains(says), "{why}");
    }

    #[test]
    fn a_file_names_one_release_or_several() {
        #[derive(Deserialize)]
        struct File {
            since: Boundary,
        }
        let read = |text: &str| toml::from_str::<File>(text).map(|file| file.since.to_string());
        assert_eq!(read("since = \"6.4\"").expect("read"), "6.4");
        assert_eq!(read("since = [\"6.1.38\", \"6.5\"]").expect("read"), "6.1.38 or 6.5");
        for wrong in ["since = []", "since = \"x\"", "since = 6.4"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
