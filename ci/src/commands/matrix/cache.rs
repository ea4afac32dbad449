//! The records of the matrix with their keys: a record is used again as long as nothing that it was made of has
//! changed.

use crate::atomic;
pub(super) use crate::bundle::digest;
use crate::error::{NO_ANSWER, Refusal};
use crate::results::tally::Tally;
use crate::workspace;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// What a result was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CacheKey {
    /// Digest of the suite.
    pub suite: String,
    /// Digest of the kernel's image, or the version of another system.
    pub kernel: String,
    /// Digest of its configuration.
    pub config: String,
    /// Words for the boot line, or the command.
    pub start: String,
    /// What emulates the machine.
    pub machine: String,
}

/// Free space that is asked for before a boot, in bytes: its record must find room.
const MIN_FREE_BYTES: u64 = 8 << 20;

/// A result that was kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CachedRecord {
    pub key: CacheKey,
    /// Digest of the record beside it.
    pub record: String,
    /// Whether every verdict was good: 0, 101 or 69.
    pub status: u8,
    /// Notes for the report.
    pub notes: Vec<String>,
    /// How long the run took.
    pub seconds: f64,
    /// The boots it took.
    #[serde(default)]
    pub tally: Tally,
    /// Whether it is of a part of the cases, and the others are taken over from another column.
    #[serde(default)]
    pub part: bool,
}

impl CachedRecord {
    /// Under which name its record is kept, for `column`.
    pub(super) fn slot(&self, column: &str) -> String {
        if self.part { part_of(column) } else { column.to_owned() }
    }
}

/// The folder of what columns measured that take the rest over from another.
const PARTS: &str = "parts/";

/// Under which name the part of a column is kept that it measured itself.
pub(super) fn part_of(column: &str) -> String {
    format!("{PARTS}{column}")
}

/// The folder of the records; it is locked against other runs of the matrix.
#[derive(Debug)]
pub(super) struct Cache {
    folder: PathBuf,
    /// None where records are only read.
    _lock: Option<File>,
}

impl Cache {
    /// Opens `folder`, else the `usual` one in this workspace, else `./sigsys-matrix`.
    ///
    /// # Errors
    /// When it cannot be written to, or another run has it.
    pub(super) fn open(folder: Option<PathBuf>, usual: &str) -> Result<Self, Refusal> {
        if let Some(folder) = folder {
            return Self::at(folder);
        }
        let folder = workspace::records_of(usual);
        workspace::own_place(&folder).map_err(|why| {
            Refusal::no_answer(format!("{why}; name another place with --results FOLDER"))
        })?;
        Self::at(folder)
    }

    /// The records in `folder`, which are only read.
    ///
    /// # Errors
    /// When there is no such folder.
    pub(super) fn of_records(folder: PathBuf) -> Result<Self, Refusal> {
        let refuse = |why: &str| Refusal::usage(format!("--records {}: {why}", folder.display()));
        match fs::metadata(&folder) {
            Ok(found) if found.is_dir() => Ok(Self { folder, _lock: None }),
            Ok(_) => Err(refuse("this is no folder")),
            Err(error) => Err(refuse(&error.to_string())),
        }
    }

    fn at(folder: PathBuf) -> Result<Self, Refusal> {
        let refuse = |error: io::Error| {
            Refusal::no_answer(format!("cannot write to {}: {error}", folder.display()))
        };
        fs::create_dir_all(folder.join(PARTS)).map_err(refuse)?;
        atomic::room(&folder, MIN_FREE_BYTES).map_err(Refusal::no_answer)?;
        let options =
            || File::options().create(true).truncate(false).read(true).write(true).clone();
        let mut lock = options().open(folder.join("lock")).map_err(refuse)?;
        match lock.try_lock() {
            Ok(()) => {
                let own = std::process::id().to_string();
                let noted = lock.set_len(0).and_then(|()| lock.write_all(own.as_bytes()));
                noted.map_err(refuse)?;
                Ok(Self { folder, _lock: Some(lock) })
            }
            Err(TryLockError::Error(error)) => Err(refuse(error)),
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                let _ = lock.rewind().and_then(|()| lock.read_to_string(&mut owner));
                let owner = if owner.is_empty() {
                    "another process".into()
                } else {
                    format!("process {owner}")
                };
                Err(Refusal {
                    status: NO_ANSWER,
                    line: format!(
                        "{owner} runs the matrix in this checkout: wait for it, its results will be used"
                    ),
                })
            }
        }
    }

    /// Whether there is room for more.
    ///
    /// # Errors
    /// That there is none, in one line.
    pub(super) fn room(&self) -> Result<(), String> {
        atomic::room(&self.folder, MIN_FREE_BYTES)
    }

    /// Where the site is of what was recorded.
    pub(super) fn site(&self) -> PathBuf {
        self.folder.join("report")
    }

    /// Where the record of a column is.
    pub(super) fn record(&self, column: &str) -> PathBuf {
        self.folder.join(format!("{column}.jsonl"))
    }

    /// Where it is while it is made.
    pub(super) fn draft(&self, column: &str) -> PathBuf {
        self.folder.join(format!("{column}.draft"))
    }

    /// Where a record that is not whole is kept; also that of a part.
    pub(super) fn cut(&self, column: &str) -> PathBuf {
        let column = column.strip_prefix(PARTS).unwrap_or(column);
        self.folder.join(format!("{column}.cut.jsonl"))
    }

    /// Where a boot finds the names of the cases that are a part.
    pub(super) fn cases(&self, column: &str) -> PathBuf {
        self.folder.join(format!("{column}.cases"))
    }

    /// Where a boot keeps count of itself.
    pub(super) fn tally(&self, column: &str) -> PathBuf {
        self.folder.join(format!("{column}.boots"))
    }

    /// How long a column took when it was run last, whatever it was made of, in seconds.
    pub(super) fn seconds(&self, column: &str) -> Option<f64> {
        self.about_of(column).map(|kept| kept.seconds).filter(|seconds| seconds.is_finite())
    }

    /// What was noted beside the record of a column, whatever lies there now.
    pub(super) fn about_of(&self, column: &str) -> Option<CachedRecord> {
        let text = fs::read_to_string(self.about(column)).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Keeps the draft of a column as a record that is not whole, beside what was kept before; says
    /// whether there is one.
    ///
    /// # Errors
    /// The file system's.
    pub(super) fn keep_cut(&self, column: &str) -> io::Result<bool> {
        match fs::metadata(self.draft(column)) {
            Ok(found) if found.len() > 0 => {}
            _ => return Ok(false),
        }
        fs::rename(self.draft(column), self.cut(column))?;
        Ok(true)
    }

    fn about(&self, column: &str) -> PathBuf {
        self.folder.join(format!("{column}.json"))
    }

    /// What was recorded for `key`; nothing where the record is not the one that was kept.
    pub(super) fn recall(&self, column: &str, key: &CacheKey) -> Option<CachedRecord> {
        let kept = self.about_of(column)?;
        let record = fs::read(self.record(column)).ok()?;
        (kept.key == *key && kept.record == digest(&record)).then_some(kept)
    }

    /// Keeps the draft of a column as its record.
    ///
    /// # Errors
    /// The file system's: what was kept before is still there, or gone, but never half of it.
    pub(super) fn keep(&self, column: &str, kept: &CachedRecord) -> io::Result<()> {
        let draft = self.draft(column);
        let about = self.folder.join(format!("{column}.json.draft"));
        let mut file = File::create(&about)?;
        serde_json::to_writer_pretty(&mut file, kept)?;
        file.sync_all()?;
        fs::rename(&draft, self.record(column))?;
        fs::rename(&about, self.about(column))?;
        let _ = fs::remove_file(self.cut(column));
        Ok(())
    }
}

/// The digest of a file; empty where there is none.
///
/// # Errors
/// When there is one that cannot be read: one line.
pub(super) fn digest_of(path: Option<&Path>) -> Result<String, String> {
    let Some(path) = path else { return Ok(String::new()) };
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(digest(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(suite: &str, record: &[u8]) -> CachedRecord {
        let key = CacheKey {
            suite: suite.into(),
            kernel: "k".into(),
            config: String::new(),
            start: "vsyscall=none".into(),
            machine: "m".into(),
        };
        let tally = Tally { booted: 2, died: 1, retried: 0 };
        let record = digest(record);
        CachedRecord { key, record, status: 0, notes: vec![], seconds: 1.5, tally, part: false }
    }

    #[test]
    fn a_result_is_used_again_for_the_same_things_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path().join("m")).expect("opened");
        let one = kept("1", b"record");
        assert_eq!(cache.recall("c", &one.key), None);
        fs::write(cache.draft("c"), b"record").expect("written");
        cache.keep("c", &one).expect("kept");
        assert_eq!(cache.recall("c", &one.key), Some(one.clone()));
        assert_eq!(cache.recall("c", &kept("2", b"").key), None);
        assert_eq!(cache.recall("d", &one.key), None);
        // A record that was cut off is none.
        fs::write(cache.record("c"), b"rec").expect("written");
        assert_eq!(cache.recall("c", &one.key), None);
    }

    #[test]
    fn what_is_not_whole_is_kept_beside_and_only_until_there_is_a_whole_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path().to_owned()).expect("opened");
        let one = kept("1", b"whole");
        fs::write(cache.draft("c"), b"whole").expect("written");
        cache.keep("c", &one).expect("kept");
        assert!(!cache.keep_cut("c").expect("there is none"));
        fs::write(cache.draft("c"), b"").expect("written");
        assert!(!cache.keep_cut("c").expect("it is empty"));
        fs::write(cache.draft("c"), b"wh").expect("written");
        assert!(cache.keep_cut("c").expect("kept"));
        assert!(!cache.draft("c").exists());
        assert_eq!(fs::read(cache.cut("c")).expect("there"), b"wh");
        assert_eq!(cache.recall("c", &one.key), Some(one.clone()));
        fs::write(cache.draft("c"), b"whole").expect("written");
        cache.keep("c", &one).expect("kept");
        assert!(!cache.cut("c").exists());
    }

    /// What a column measured and what it is made of with another's cases are kept apart; what is not whole
    /// lies where a user looks for it.
    #[test]
    fn a_part_is_kept_beside_the_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path().to_owned()).expect("opened");
        let (one, part) = (kept("1", b"part"), part_of("c"));
        fs::write(cache.draft(&part), b"part").expect("written");
        cache.keep(&part, &one).expect("kept");
        assert_eq!(cache.recall(&part, &one.key), Some(one.clone()));
        assert_eq!(cache.recall("c", &one.key), None);
        assert!(cache.record(&part) != cache.record("c") && !cache.record("c").exists());
        assert_eq!(cache.cut(&part), cache.cut("c"));
        assert_eq!((cache.seconds(&part), cache.seconds("c")), (Some(1.5), None));
    }

    #[test]
    fn what_is_kept_of_a_column_lies_apart_in_the_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path().to_owned()).expect("opened");
        let (whole, part) = (kept("1", b""), CachedRecord { part: true, ..kept("1", b"") });
        let slots = [whole.slot("c"), part.slot("c")];
        assert_eq!(slots, ["c".to_owned(), part_of("c")]);
        let of = |slot: &String| {
            let (cases, tally) = (cache.cases(slot), cache.tally(slot));
            [cache.record(slot), cache.draft(slot), cache.about(slot), cases, tally]
        };
        let paths: Vec<PathBuf> = slots.iter().flat_map(of).chain([cache.site()]).collect();
        assert!(paths.iter().all(|path| path.starts_with(folder.path()) && *path != folder.path()));
        let different: std::collections::BTreeSet<_> = paths.iter().collect();
        assert_eq!(different.len(), paths.len(), "{paths:?}");
    }

    #[test]
    fn records_are_read_from_a_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("f");
        fs::write(&file, b"").expect("written");
        assert!(Cache::of_records(folder.path().to_owned()).is_ok());
        for (path, says) in
            [(file.clone(), "this is no folder"), (file.join("x"), "Not a directory")]
        {
            let line = Cache::of_records(path.clone()).expect_err("no folder").line;
            assert_eq!(line.split(": ").next(), Some(&*format!("--records {}", path.display())));
            assert!(line.contains(says), "{line}");
        }
    }

    #[test]
    fn a_digest_is_of_what_is_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("f");
        assert_eq!(digest_of(None).as_deref(), Ok(""));
        assert!(
            digest_of(Some(&path)).is_err_and(|why| why.starts_with(&path.display().to_string()))
        );
        fs::write(&path, b"abc").expect("written");
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest_of(Some(&path)).as_deref(), Ok(known));
    }

    #[test]
    fn there_is_no_room_where_there_is_no_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path().join("m")).expect("opened");
        assert_eq!(cache.room(), Ok(()));
        fs::remove_dir_all(folder.path().join("m")).expect("removed");
        assert!(cache.room().is_err_and(|why| why.contains("cannot write to ")));
    }

    #[test]
    fn two_cannot_have_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Cache::at(folder.path().to_owned()).expect("opened");
        let refusal = Cache::at(folder.path().to_owned()).expect_err("taken");
        assert!(
            refusal.line.contains(&format!("process {}", std::process::id())),
            "{}",
            refusal.line
        );
        drop(first);
        Cache::at(folder.path().to_owned()).expect("free again");
    }
}
