//! Which suite, and which kernel.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A suite and its version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct SuiteVersion {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The commit it was built from, in hexadecimal; absent where nobody said at build time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether something that no commit holds was built, too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dirty: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl SuiteVersion {
    /// Reads what the build said: a commit, followed by `-dirty` where the tree held uncommitted changes.
    pub(crate) fn new(name: &str, version: &str, built_from: Option<&str>) -> Self {
        let built_from = built_from.filter(|commit| !commit.is_empty());
        let dirty = built_from.is_some_and(|commit| commit.ends_with(DIRTY));
        let commit = built_from.map(|commit| commit.trim_end_matches(DIRTY).to_owned());
        Self { name: name.into(), version: version.into(), commit, dirty }
    }
}

const DIRTY: &str = "-dirty";

impl fmt::Display for SuiteVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)?;
        if let Some(commit) = &self.commit {
            let short = commit.get(..12).unwrap_or(commit);
            write!(f, " ({short}{})", if self.dirty { ", changed" } else { "" })?;
        }
        Ok(())
    }
}

/// A mode of the vsyscall page (kernel-parameters.txt, `vsyscall=`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum VsyscallMode {
    /// There is no page.
    None,
    /// It can be executed and not read.
    Xonly,
    /// It can be read, too.
    Emulate,
}

impl VsyscallMode {
    /// As the boot line writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Xonly => "xonly",
            Self::Emulate => "emulate",
        }
    }

    /// The mode of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::None, Self::Xonly, Self::Emulate].into_iter().find(|mode| mode.word() == word)
    }
}

impl fmt::Display for VsyscallMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The identity of a kernel. A field that could not be read is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(deny_unknown_fields))]
pub struct Kernel {
    /// `uname -s`.
    pub system: String,
    /// `uname -r`.
    pub release: String,
    /// `uname -v`.
    pub build: String,
    /// `uname -m`.
    pub machine: String,
    /// /proc/cmdline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_line: Option<String>,
    /// Processor model (/proc/cpuinfo).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// How the vsyscall page shows in /proc/self/maps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vsyscall: Option<VsyscallMode>,
    /// The clocksource, where it is one that the vDSO cannot read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocksource: Option<String>,
    /// CRC-32 of the kernel's configuration, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// The `Seccomp:` field of the runner: 0 unless something filters its calls already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outer_seccomp: Option<u8>,
    /// What answered in Linux's place, with its version: said by whoever ran the suite there, for
    /// another implementation calls itself Linux too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// /proc/sys/kernel/tainted before the first case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taint: Option<u64>,
    /// The version it was to be taken for (`--as`), where its release does not decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_as: Option<String>,
    /// Effective user of the run: what may be asked depends on it.
    pub user: u32,
}

impl Kernel {
    /// The mode of the vsyscall page as a word, `unknown` where nothing says so.
    pub fn vsyscall_word(&self) -> &'static str {
        self.vsyscall.map_or("unknown", VsyscallMode::word)
    }
}
