//! Answers of kernels that are kept: what the same kernel, suite, boot line and emulator answered once.

use crate::atomic;
use crate::error::Refusal;
use crate::workspace;
use harness::record::CaseLine;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Where answers are kept in the workspace.
const FOLDER: &str = "target/sigsys/answers";
/// Free space that is asked for before the first boot, in bytes.
const MIN_FREE_BYTES: u64 = 8 << 20;

/// What an answer is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Key {
    /// Digest of the suite.
    pub suite: String,
    /// Digest of the kernel's image.
    pub kernel: String,
    /// Digest of its configuration.
    pub config: String,
    /// Words for the boot line.
    pub append: String,
    /// What emulates the machine, and how.
    pub machine: String,
}

/// What a kernel answered, by the names of the cases.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    key: Key,
    cases: BTreeMap<String, CaseLine>,
}

/// The folder of the answers.
#[derive(Debug)]
pub(super) struct Kept {
    folder: PathBuf,
    /// Nothing that is kept is used.
    again: bool,
}

impl Kept {
    /// The folder that is `named`, else the one in the workspace, else that in this user's cache.
    ///
    /// # Errors
    /// When nothing can be kept there.
    pub(super) fn open(named: Option<&Path>, again: bool) -> Result<Self, Refusal> {
        if let Some(folder) = named {
            let refuse = |error: io::Error| {
                Refusal::no_answer(format!("cannot write to {}: {error}", folder.display()))
            };
            fs::create_dir_all(folder).map_err(refuse)?;
            return Self::at(folder.to_owned(), again);
        }
        let folder = match workspace::find() {
            Some(workspace) => workspace.join(FOLDER),
            None => workspace::cache("answers").map_err(Refusal::no_answer)?,
        };
        workspace::own_place(&folder).map_err(|why| {
            Refusal::no_answer(format!("{why}; name another place with --results FOLDER"))
        })?;
        Self::at(folder, again)
    }

    fn at(folder: PathBuf, again: bool) -> Result<Self, Refusal> {
        atomic::room(&folder, MIN_FREE_BYTES).map_err(Refusal::no_answer)?;
        Ok(Self { folder, again })
    }

    /// What was answered for `key` in these cases; nothing unless all of them are there.
    pub(super) fn recall(&self, key: &Key, cases: &[&str]) -> Option<Vec<CaseLine>> {
        let mut known = self.read(key).filter(|_| !self.again)?.cases;
        cases.iter().map(|case| known.remove(*case)).collect()
    }

    /// Keeps answers beside those there are.
    ///
    /// # Errors
    /// The file system's; what was kept before is as it was.
    pub(super) fn keep(&self, key: &Key, lines: &[CaseLine]) -> io::Result<()> {
        // Another search may keep answers of the same kernel.
        let lock = File::create(self.folder.join("lock"))?;
        lock.lock()?;
        let mut answers =
            self.read(key).unwrap_or_else(|| Answers { key: key.clone(), cases: BTreeMap::new() });
        answers.cases.extend(lines.iter().map(|line| (line.name.clone(), line.clone())));
        atomic::write(&self.path(key)?, &serde_json::to_vec(&answers)?)
    }

    fn read(&self, key: &Key) -> Option<Answers> {
        let text = fs::read(self.path(key).ok()?).ok()?;
        let answers: Answers = serde_json::from_slice(&text).ok()?;
        (answers.key == *key).then_some(answers)
    }

    fn path(&self, key: &Key) -> io::Result<PathBuf> {
        let name = digest(&serde_json::to_vec(key)?);
        Ok(self.folder.join(format!("{name}.json")))
    }
}

/// SHA-256 in hexadecimal.
fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The digest of a file; empty where none is named.
///
/// # Errors
/// When it cannot be read: one line.
pub(super) fn digest_of(path: Option<&Path>) -> Result<String, String> {
    let Some(path) = path else { return Ok(String::new()) };
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(digest(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness::record::Verdict;

    fn key(suite: &str) -> Key {
        let word = || "w".to_owned();
        Key { suite: suite.into(), kernel: word(), config: word(), append: word(), machine: word() }
    }

    fn line(name: &str) -> CaseLine {
        CaseLine::new(name, Vec::new(), Verdict::Holds)
    }

    #[test]
    fn answers_are_used_for_the_same_things_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("a");
        let kept = Kept::open(Some(&place), false).expect("opened");
        assert_eq!(kept.recall(&key("1"), &["a"]), None);
        kept.keep(&key("1"), &[line("a")]).expect("kept");
        kept.keep(&key("1"), &[line("b")]).expect("kept");
        assert_eq!(kept.recall(&key("1"), &["b", "a"]), Some(vec![line("b"), line("a")]));
        assert_eq!(kept.recall(&key("1"), &["a", "c"]), None);
        assert_eq!(kept.recall(&key("2"), &["a"]), None);
        let again = Kept::open(Some(&place), true).expect("opened");
        assert_eq!(again.recall(&key("1"), &["a"]), None);
        // A file that was cut off answers nothing, and is written anew.
        let path = kept.path(&key("1")).expect("a path");
        fs::write(&path, "{").expect("written");
        assert_eq!(kept.recall(&key("1"), &["a"]), None);
        kept.keep(&key("1"), &[line("a")]).expect("kept");
        assert_eq!(kept.recall(&key("1"), &["a"]), Some(vec![line("a")]));
    }
}
