//! Holding results against the snapshots in `ci/snapshots`, in insta's form and under its rules: what
//! differs is written beside the snapshot as `.snap.new`, for `cargo insta review`.

use crate::atomic;
use crate::diff;
use crate::kernels::Column;
use crate::release::Release;
use crate::results::{Outcome, Results, VIA};
use crate::{snapshot, wholeness};
use harness::describe::Description;
use std::fs;
use std::path::{Path, PathBuf};

/// What a comparison with the snapshots came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Agreement {
    /// It is as the snapshot says.
    Same,
    /// It is not; what changed.
    Differs(String),
    /// There is no snapshot of this series; where what it does is written, and how it compares with the
    /// nearest older one.
    New(PathBuf, Option<(String, String)>),
    /// It was taken as the snapshot, which is here.
    Accepted(PathBuf),
    /// The snapshot cannot be used, or the new one cannot be written; why.
    Fault(String),
}

/// The name of a column's snapshot: series and variant, or system and version.
pub(super) fn name(column: &Column, results: &Results, version: &str) -> String {
    match column {
        Column::Kernel(_, variant) => named(&results.release.series(), &variant.name),
        Column::System(system) => with_version(&system.name, version).replace(' ', "-"),
    }
}

/// A file's name: what a kernel calls itself is not to lead out of the folder.
fn named(series: &str, variant: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._+~-".contains(c) { c } else { '-' };
    let series: String = series.chars().map(safe).collect();
    format!("{}-{variant}", series.trim_start_matches('.'))
}

/// A system and what matters of its version.
pub(super) fn with_version(system: &str, version: &str) -> String {
    match number(version) {
        Some(number) => format!("{system} {number}"),
        None => system.to_owned(),
    }
}

/// The first two numbers of the first word that has a dot between digits; leading noughts say nothing.
fn number(version: &str) -> Option<String> {
    let words = version.split(|c: char| !(c.is_ascii_digit() || ".~".contains(c)));
    let word =
        words.map(|word| word.trim_matches(['.', '~'])).find(|word| word.contains(['.', '~']))?;
    let parts = word.split(['.', '~']).skip_while(|part| *part == "0");
    let shown: Vec<&str> = parts.take(2).collect();
    (!shown.is_empty()).then(|| shown.join("."))
}

/// Snapshots, and what is done with them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Snapshots<'a> {
    /// The folder they are in.
    pub folder: &'a Path,
    /// Take what was measured as the snapshots.
    pub accept: bool,
    /// What the suite holds.
    pub description: &'a Description,
}

impl Snapshots<'_> {
    /// Holds `results` against the snapshot called `name`. What is not `held` to Linux's promises is not
    /// held to being steady either.
    pub(super) fn check(self, name: &str, results: &Results, held: bool) -> Agreement {
        let path = self.folder.join(format!("{name}.snap"));
        let new = self.folder.join(format!("{name}.snap.new"));
        let old = match fs::read_to_string(&path) {
            Ok(old) => Some(old),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Agreement::Fault(format!("{}: {error}", path.display())),
        };
        let parsed = old.as_deref().map(Results::parse);
        let known = parsed.as_ref().and_then(|old| old.as_ref().ok());
        if let Some(old) = known.filter(|old| is_other(&old.variant, &results.variant)) {
            let (path, title) = (path.display(), &old.title);
            return Agreement::Fault(format!("{path} is of {title}: give this another name"));
        }
        let results = &match held {
            true => results.clone(),
            false => results.clone().without_the_unsteady(known),
        };
        let text = match snapshot::text(results) {
            Ok(text) => text,
            Err(why) => return Agreement::Fault(why),
        };
        if old.as_deref().is_some_and(|old| snapshot::content(old).trim_end() == text.trim_end()) {
            let _ = fs::remove_file(new);
            return Agreement::Same;
        }
        let whole = format!("---\nsource: ci/src/matrix/check.rs\nexpression: {name}\n---\n{text}");
        let target = if self.accept { &path } else { &new };
        if let Err(error) = atomic::write(target, whole.as_bytes()) {
            return Agreement::Fault(format!("cannot write {}: {error}", target.display()));
        }
        if self.accept {
            let _ = fs::remove_file(new);
            return Agreement::Accepted(path);
        }
        match parsed {
            Some(Ok(old)) => Agreement::Differs(self.difference(&old, results)),
            Some(Err(why)) => Agreement::Fault(format!("{}: {why}", path.display())),
            None => Agreement::New(new, self.older(name, results)),
        }
    }

    /// What changed since a snapshot of the same.
    fn difference(self, old: &Results, results: &Results) -> String {
        let mut text = diff::between(old, results, self.description);
        let was_steady = |case: &&Outcome| {
            let before = old.cases.iter().find(|before| before.name == case.name);
            case.unsteady && before.is_some_and(|before| !before.unsteady)
        };
        let names: Vec<String> =
            results.cases.iter().filter(was_steady).map(|case| case.name.clone()).collect();
        if !names.is_empty() {
            text += &format!("unsteady now: {}\n", wholeness::listed(&names));
        }
        text
    }

    /// The nearest older snapshot, and what changed since.
    fn older(self, name: &str, results: &Results) -> Option<(String, String)> {
        let path = neighbour(self.folder, name, results)?;
        let old = Results::parse(&fs::read_to_string(&path).ok()?).ok()?;
        let name = path.file_stem()?.to_string_lossy().into_owned();
        Some((name, diff::between(&old, results, self.description)))
    }
}

/// Whether one of two variants is a system's and the other a kernel's, or another system's.
fn is_other(old: &str, new: &str) -> bool {
    let system = |variant: &str| {
        variant.strip_prefix(VIA).map(|via| via.split(' ').next().unwrap_or_default().to_owned())
    };
    system(old) != system(new)
}

/// The snapshot of the nearest older series in the same variant, or version of the same system.
fn neighbour(folder: &Path, name: &str, results: &Results) -> Option<PathBuf> {
    let series = results.release.series();
    // `6.1-xonly` is a series and a variant, `gvisor-2022.1` a system and its version.
    let (own, before, after) = match name.strip_prefix(&series) {
        Some(variant) => (series.as_str(), String::new(), variant),
        None => {
            let (system, version) = name.rsplit_once('-')?;
            (version, format!("{system}-"), "")
        }
    };
    let own = Release::read(own);
    if !own.has_number() {
        return None;
    }
    let stems = fs::read_dir(folder).ok()?.filter_map(|entry| {
        let path = entry.ok()?.path();
        let stem = path.file_name()?.to_str()?.strip_suffix(".snap")?.to_owned();
        let release = Release::read(stem.strip_prefix(&before)?.strip_suffix(after)?);
        (release < own && release.has_number()).then_some((release, path))
    });
    stems.max_by(|(a, _), (b, _)| a.cmp(b)).map(|(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::sample;
    use harness::record::Verdict;
    use rstest::rstest;

    #[rstest]
    #[case("qemu-x86_64 version 7.2.22 (Debian 1:7.2+dfsg-7)", Some("7.2"))]
    #[case("runsc version 0.0~20221219.0", Some("20221219.0"))]
    #[case("runsc version release-20240729.0-1", Some("20240729.0"))]
    #[case("something", None)]
    fn a_version_is_what_matters_of_it(#[case] line: &str, #[case] expected: Option<&str>) {
        assert_eq!(number(line).as_deref(), expected);
    }

    #[rstest]
    #[case("6.1", "6.1-xonly")]
    #[case("../../etc/x\n", "-..-etc-x--xonly")]
    #[case("..", "-xonly")]
    fn a_name_stays_in_its_folder(#[case] series: &str, #[case] expected: &str) {
        assert_eq!(named(series, "xonly"), expected);
    }

    #[test]
    fn a_snapshot_is_named_after_what_it_is_of() {
        let kernel = r#"
            name = "6.1"
            suites = []
            package = "p"
        "#;
        let variant = "name = 'none'\nappend = 'vsyscall=none'";
        let kernel = Column::Kernel(
            toml::from_str(kernel).expect("a kernel"),
            toml::from_str(variant).expect("a variant"),
        );
        assert_eq!(name(&kernel, &sample::newer(), ""), "7.3-none");
        let system = toml::from_str("name = 'my board'\ncommand = 'c'").expect("a system");
        let system = Column::System(system);
        assert_eq!(name(&system, &sample::newer(), "release-3.4.5"), "my-board-3.4");
        assert_eq!(name(&system, &sample::newer(), "unknown"), "my-board");
    }

    #[test]
    fn a_new_series_is_held_against_the_nearest_older_one() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["5.10-xonly", "6.0-none", "6.12-xonly", "gvisor-1.0"] {
            fs::write(folder.path().join(format!("{name}.snap")), "").expect("written");
        }
        let results = sample::older();
        assert_eq!(results.release.series(), "6.1");
        let found = neighbour(folder.path(), "6.1-xonly", &results).expect("there is one");
        assert!(found.ends_with("5.10-xonly.snap"), "{found:?}");
        let found = neighbour(folder.path(), "gvisor-2.0", &results).expect("there is one");
        assert!(found.ends_with("gvisor-1.0.snap"), "{found:?}");
        assert_eq!(neighbour(folder.path(), "6.1-emulate", &results), None);
        // A series is not older than itself.
        assert_eq!(neighbour(folder.path(), "gvisor-1.0", &results), None);
    }

    #[test]
    fn what_changed_since_the_nearest_older_series_is_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let description = Description::default();
        let run = |name: &str, results: &Results, accept| {
            Snapshots { folder: folder.path(), accept, description: &description }
                .check(name, results, true)
        };
        run("6.1-xonly", &sample::older(), true);
        let Agreement::New(path, Some((than, changes))) = run("7.3-xonly", &sample::newer(), false)
        else {
            panic!("there is an older one")
        };
        assert!(path.ends_with("7.3-xonly.snap.new"), "{}", path.display());
        assert!(than == "6.1-xonly" && changes.contains("dispatch::"), "{than}: {changes}");
    }

    #[test]
    fn what_is_unsteady_now_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let description = Description::default();
        let snapshots =
            Snapshots { folder: folder.path(), accept: false, description: &description };
        let now = with(system("1.0"), Verdict::TimedOut).without_the_unsteady(None);
        let said = snapshots.difference(&system("1.0"), &now);
        assert!(said.ends_with("\nunsteady now: dispatch::off::refuses\n"), "{said}");
        assert!(!snapshots.difference(&now, &now).contains("unsteady now"));
    }

    #[test]
    fn a_snapshot_that_cannot_be_read_is_no_new_one() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("6.1-xonly.snap")).expect("made");
        let description = Description::default();
        let snapshots =
            Snapshots { folder: folder.path(), accept: false, description: &description };
        let agreement = snapshots.check("6.1-xonly", &sample::older(), true);
        assert!(matches!(agreement, Agreement::Fault(why) if why.contains("6.1-xonly.snap: ")));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn what_differs_is_written_for_review_and_what_agrees_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let description = Description::default();
        let (old, new) = (sample::older(), sample::newer());
        let run = |results: &Results, accept| {
            Snapshots { folder: folder.path(), accept, description: &description }.check(
                "6.1-xonly",
                results,
                true,
            )
        };
        let pending = folder.path().join("6.1-xonly.snap.new");
        assert_eq!(run(&old, false), Agreement::New(pending.clone(), None));
        assert!(pending.exists());
        assert_eq!(run(&old, true), Agreement::Accepted(folder.path().join("6.1-xonly.snap")));
        assert!(!pending.exists());
        assert_eq!(run(&old, false), Agreement::Same);
        assert!(
            matches!(run(&new, false), Agreement::Differs(text) if text.contains("dispatch::"))
        );
        assert!(pending.exists());
        assert_eq!(run(&old, false), Agreement::Same);
        assert!(!pending.exists());
        fs::write(folder.path().join("6.1-xonly.snap"), "what?").expect("written");
        assert!(
            matches!(run(&old, false), Agreement::Fault(why) if why.contains("6.1-xonly.snap: "))
        );
    }

    fn system(version: &str) -> Results {
        Results { variant: format!("{VIA}gvisor {version}"), ..via(sample::older(), version) }
    }

    fn via(mut results: Results, version: &str) -> Results {
        results.title += &format!(", via gvisor {version}");
        results
    }

    /// `results` with this verdict of one case.
    fn with(mut results: Results, verdict: Verdict) -> Results {
        let name = "dispatch::off::refuses";
        let case = results.cases.iter_mut().find(|case| case.name == name).expect("there");
        case.verdict = verdict;
        results
    }

    /// A time-out of another system, or what comes in its place another time, is never a difference;
    /// what it answers wrong is one as soon as it answers something else.
    #[test]
    fn what_is_not_steady_elsewhere_is_not_recorded_as_if_it_were() {
        let folder = tempfile::tempdir().expect("a folder");
        let description = Description::default();
        let run = |results: &Results, accept, held| {
            Snapshots { folder: folder.path(), accept, description: &description }.check(
                "gvisor-1.0",
                results,
                held,
            )
        };
        let path = folder.path().join("gvisor-1.0.snap");
        let slow = with(system("1.0"), Verdict::TimedOut);
        assert!(matches!(run(&slow, true, false), Agreement::Accepted(_)));
        let text = fs::read_to_string(&path).expect("there");
        assert!(text.contains("\n  refuses: unsteady\n"), "{text}");
        for verdict in Verdict::ALL {
            let now = with(system("1.0"), verdict);
            assert_eq!(run(&now, false, false), Agreement::Same, "{verdict:?}");
            assert_eq!(run(&now, true, false), Agreement::Same, "{verdict:?}");
        }
        fs::remove_file(&path).expect("removed");
        let wrong = with(system("1.0"), Verdict::Violated);
        assert!(matches!(run(&wrong, true, false), Agreement::Accepted(_)));
        assert_eq!(run(&wrong, false, false), Agreement::Same);
        for verdict in Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Violated) {
            let now = with(system("1.0"), verdict);
            let Agreement::Differs(said) = run(&now, false, false) else {
                panic!("{verdict:?} is taken for violated")
            };
            assert!(said.contains("dispatch::off::refuses"), "{verdict:?}: {said}");
        }
        // A kernel's own is taken as it is.
        assert!(matches!(run(&slow, true, true), Agreement::Accepted(_)));
        let text = fs::read_to_string(&path).expect("there");
        assert!(text.contains("\n  refuses: timed out {"), "{text}");
    }

    #[test]
    fn one_name_is_of_one_system() {
        let folder = tempfile::tempdir().expect("a folder");
        let description = Description::default();
        let run = |results: &Results| {
            Snapshots { folder: folder.path(), accept: true, description: &description }.check(
                "6.1-xonly",
                results,
                true,
            )
        };
        assert!(matches!(run(&sample::older()), Agreement::Accepted(_)));
        assert!(
            matches!(run(&system("1.0")), Agreement::Fault(why) if why.contains("another name"))
        );
        assert_eq!(run(&sample::older()), Agreement::Same);
    }

    #[rstest]
    #[case::kernels("xonly", "none", false)]
    #[case::versions("via gvisor 1", "via gvisor 2", false)]
    #[case::systems("via gvisor 1", "via board", true)]
    #[case::kernel_and_system("xonly", "via board", true)]
    fn systems_are_told_apart(#[case] old: &str, #[case] new: &str, #[case] other: bool) {
        assert_eq!(is_other(old, new), other);
    }

    #[test]
    fn half_a_run_is_held_against_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let description = Description::default();
        let snapshots =
            Snapshots { folder: folder.path(), accept: true, description: &description };
        let cut = Results { cut_off: Some(30), ..sample::older() };
        assert!(matches!(snapshots.check("x", &cut, true), Agreement::Fault(_)));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}
