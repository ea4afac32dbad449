//! Holding results against the snapshots in `ci/snapshots`, in insta's form and under its rules: what
//! differs is written beside the snapshot as `.snap.new`, for `cargo insta review`.

use crate::atomic;
use crate::diff;
use crate::kernels::Column;
use crate::release::Release;
use crate::results::Results;
use crate::snapshot;
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
    /// There is no snapshot of this series; how it compares with the nearest older one.
    New(Option<(String, String)>),
    /// It was taken as the snapshot.
    Accepted,
    /// The snapshot cannot be used, or the new one cannot be written; why.
    Fault(String),
}

/// The name of a column's snapshot: series and variant, or system and version.
pub(super) fn name(column: &Column, results: &Results, version: &str) -> String {
    match column {
        Column::Kernel(_, variant) => format!("{}-{}", results.release.series(), variant.name),
        Column::System(system) => with_version(&system.name, version).replace(' ', "-"),
    }
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

/// Holds `results` against the snapshot called `name` in `folder`.
pub(super) fn check(
    folder: &Path,
    name: &str,
    results: &Results,
    accept: bool,
    description: &Description,
) -> Agreement {
    let text = match snapshot::text(results) {
        Ok(text) => text,
        Err(why) => return Agreement::Fault(why),
    };
    let path = folder.join(format!("{name}.snap"));
    let new = folder.join(format!("{name}.snap.new"));
    let old = match fs::read_to_string(&path) {
        Ok(old) => Some(old),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Agreement::Fault(format!("{}: {error}", path.display())),
    };
    if old.as_deref().is_some_and(|old| snapshot::content(old).trim_end() == text.trim_end()) {
        let _ = fs::remove_file(new);
        return Agreement::Same;
    }
    let whole = format!("---\nsource: ci/src/matrix/check.rs\nexpression: {name}\n---\n{text}");
    let target = if accept { &path } else { &new };
    let written = fs::create_dir_all(folder).and_then(|()| atomic::write(target, whole.as_bytes()));
    if let Err(error) = written {
        return Agreement::Fault(format!("cannot write {}: {error}", target.display()));
    }
    if accept {
        let _ = fs::remove_file(new);
        return Agreement::Accepted;
    }
    match old {
        Some(old) => match Results::parse(&old) {
            Ok(old) => Agreement::Differs(diff::between(&old, results, description)),
            Err(why) => Agreement::Fault(format!("{}: {why}", path.display())),
        },
        None => Agreement::New(neighbour(folder, name, results).and_then(|path| {
            let old = Results::parse(&fs::read_to_string(&path).ok()?).ok()?;
            let name = path.file_stem()?.to_string_lossy().into_owned();
            Some((name, diff::between(&old, results, description)))
        })),
    }
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
    use rstest::rstest;

    #[rstest]
    #[case("qemu-x86_64 version 7.2.22 (Debian 1:7.2+dfsg-7)", Some("7.2"))]
    #[case("runsc version 0.0~20221219.0", Some("20221219.0"))]
    #[case("runsc version release-20240729.0-1", Some("20240729.0"))]
    #[case("something", None)]
    fn a_version_is_what_matters_of_it(#[case] line: &str, #[case] expected: Option<&str>) {
        assert_eq!(number(line).as_deref(), expected);
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
    }

    #[test]
    fn what_differs_is_written_for_review_and_what_agrees_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let description = Description::default();
        let (old, new) = (sample::older(), sample::newer());
        let run = |results: &Results, accept| {
            check(folder.path(), "6.1-xonly", results, accept, &description)
        };
        let pending = folder.path().join("6.1-xonly.snap.new");
        assert_eq!(run(&old, false), Agreement::New(None));
        assert!(pending.exists());
        assert_eq!(run(&old, true), Agreement::Accepted);
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
}
