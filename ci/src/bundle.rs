//! The bundle that this tool was handed out in: the files beside the program, each held to its checksum before it
//! is used.

use crate::trust;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

/// Whether this tool was built to be handed out (`sigsys build --bundle`).
pub(crate) const HANDED_OUT: bool = option_env!("SIGSYS_HANDED_OUT").is_some();

/// The checksums of a bundle's files, as sha256sum(1) writes them.
pub(crate) const SUMS: &str = "sha256sums";
/// The suite.
pub(crate) const SUITE: &str = "sigsys-suite";
/// The list of kernels.
pub(crate) const KERNELS: &str = "kernels.toml";
/// The folder of the snapshots.
pub(crate) const SNAPSHOTS: &str = "snapshots";

/// What mends a bundle.
const REMEDY: &str = "unpack the bundle again";

/// An unpacked bundle.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// Where it is, without links.
    pub folder: PathBuf,
    /// The checksum of each file, in hexadecimal, by its path in the folder.
    sums: BTreeMap<String, String>,
}

/// The bundle beside this program, if there is one.
///
/// # Errors
/// Why there is one that is not used, in one line.
pub(crate) fn here() -> Result<Option<&'static Bundle>, String> {
    static HERE: OnceLock<Result<Option<Bundle>, String>> = OnceLock::new();
    let here = HERE.get_or_init(|| match std::env::current_exe() {
        Ok(own) => own.parent().map_or(Ok(None), Bundle::at),
        // Without /proc nobody knows.
        Err(_) => Ok(None),
    });
    here.as_ref().map(Option::as_ref).map_err(Clone::clone)
}

impl Bundle {
    /// The bundle in `folder`, if there is one.
    fn at(folder: &Path) -> Result<Option<Self>, String> {
        let text = fs::read_to_string(folder.join(SUMS));
        if text.is_err() && !folder.join(SUITE).exists() {
            return Ok(None);
        }
        let about = |why: String| format!("the bundle {} is not used: {why}", folder.display());
        let text = text.map_err(|error| about(format!("{SUMS}: {error}; {REMEDY}")))?;
        let sums = sums(&text).ok_or_else(|| about(format!("{SUMS} is altered; {REMEDY}")))?;
        if !sums.contains_key(SUITE) {
            // The checksums of something else that lies beside the program.
            return Ok(None);
        }
        let folder = trust::check(folder).map_err(|why| about(format!("it {why}")))?;
        Ok(Some(Self { folder, sums }))
    }

    /// The path of a file that is as it was packed.
    ///
    /// # Errors
    /// Which file is missing or altered, and what to do.
    pub(crate) fn file(&self, name: &str) -> Result<PathBuf, String> {
        let path = self.folder.join(name);
        let refuse = |why: String| format!("{} {why}; {REMEDY}", path.display());
        let promised = self.sums.get(name);
        let promised = promised.ok_or_else(|| refuse(format!("is not in {SUMS}")))?;
        trust::check(&path).map_err(&refuse)?;
        let bytes = fs::read(&path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
        match digest(&bytes) == *promised {
            true => Ok(path),
            false => Err(refuse("is altered".into())),
        }
    }

    /// Whether the file at `path` is the one that was packed as `name`.
    pub(crate) fn is(&self, path: &Path, name: &str) -> bool {
        fs::read(path).is_ok_and(|bytes| self.sums.get(name) == Some(&digest(&bytes)))
    }

    /// The path of a folder whose files are as they were packed. Others in it count for nothing.
    ///
    /// # Errors
    /// As [`file`](Self::file).
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, String> {
        let inside = format!("{name}/");
        let mut files = self.sums.keys().filter(|file| file.starts_with(&inside)).peekable();
        let path = self.folder.join(name);
        if files.peek().is_none() {
            return Err(format!("{} is not in {SUMS}; {REMEDY}", path.display()));
        }
        files.try_for_each(|file| self.file(file).map(drop))?;
        Ok(path)
    }
}

/// Reads the lines of sha256sum(1); nothing where one is none, or leads out of the folder.
fn sums(text: &str) -> Option<BTreeMap<String, String>> {
    let line = |line: &str| {
        let (sum, name) = line.split_once("  ")?;
        let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mut parts = Path::new(name).components();
        let inside = !name.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)));
        (is_sum && inside).then(|| (name.to_owned(), sum.to_owned()))
    };
    text.lines().map(line).collect()
}

/// SHA-256 in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// An unpacked bundle of two files.
    fn unpacked() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("snapshots/dispatch")).expect("made");
        let mut sums = String::new();
        for (name, text) in [(SUITE, "suite"), ("snapshots/dispatch/off.snap", "snap")] {
            fs::write(folder.path().join(name), text).expect("written");
            sums += &format!("{}  {name}\n", digest(text.as_bytes()));
        }
        fs::write(folder.path().join(SUMS), sums).expect("written");
        folder
    }

    #[test]
    fn what_is_as_it_was_packed_is_used() {
        let folder = unpacked();
        let bundle = Bundle::at(folder.path()).expect("whole").expect("there");
        assert_eq!(bundle.file(SUITE), Ok(bundle.folder.join(SUITE)));
        assert_eq!(bundle.folder(SNAPSHOTS), Ok(bundle.folder.join(SNAPSHOTS)));
        let elsewhere = tempfile::tempdir().expect("a folder");
        assert!(Bundle::at(elsewhere.path()).expect("nothing is wrong").is_none());
    }

    #[rstest]
    #[case::a_file_is_altered(
        "snapshots/dispatch/off.snap",
        Some("other"),
        "off.snap is altered; "
    )]
    #[case::a_file_is_missing("snapshots/dispatch/off.snap", None, "off.snap cannot be found: ")]
    #[case::the_suite_is_altered(SUITE, Some(""), "sigsys-suite is altered; ")]
    #[case::the_suite_is_missing(SUITE, None, "sigsys-suite cannot be found: ")]
    #[case::the_sums_are_missing(SUMS, None, "sha256sums: No such file")]
    #[case::the_sums_are_altered(SUMS, Some("0  sigsys-suite"), "sha256sums is altered; ")]
    fn what_is_not_says_which_and_what_to_do(
        #[case] name: &str,
        #[case] text: Option<&str>,
        #[case] says: &str,
    ) {
        let folder = unpacked();
        let path = folder.path().join(name);
        match text {
            Some(text) => fs::write(path, text).expect("written"),
            None => fs::remove_file(path).expect("removed"),
        }
        let used = Bundle::at(folder.path()).and_then(|bundle| {
            let bundle = bundle.expect("it is one");
            bundle.file(SUITE)?;
            bundle.folder(SNAPSHOTS)
        });
        let why = used.expect_err("it is not whole");
        assert!(why.contains(says) && why.ends_with("unpack the bundle again"), "{why}");
        assert_eq!(why.lines().count(), 1);
    }

    #[test]
    fn what_others_can_change_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = unpacked();
        let open = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o777));
        let bundle = Bundle::at(folder.path()).expect("whole").expect("there");
        open(&folder.path().join(SUITE)).expect("set");
        let why = bundle.file(SUITE).expect_err("others can change it");
        assert!(why.contains("sigsys-suite can be changed by everybody; "), "{why}");
        open(folder.path()).expect("set");
        let why = Bundle::at(folder.path()).expect_err("others can change it");
        assert!(why.contains("is not used: it can be changed by everybody"), "{why}");
    }

    #[test]
    fn sums_of_something_else_are_no_bundle() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = format!("{}  linux.tar.xz\n", digest(b"linux"));
        fs::write(folder.path().join(SUMS), text).expect("written");
        assert!(Bundle::at(folder.path()).expect("nothing is wrong").is_none());
    }

    #[rstest]
    #[case::above("../x")]
    #[case::from_the_root("/etc/passwd")]
    #[case::nothing("")]
    fn no_name_leads_out_of_the_folder(#[case] name: &str) {
        assert_eq!(sums(&format!("{}  {name}\n", digest(b""))), None);
    }
}
