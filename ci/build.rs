//! Tells the tool which commit it is built from. What cannot be found out is left out of its version.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the tool is built of, from the root of the workspace.
const SOURCES: [&str; 14] = [
    "ci/src",
    "ci/templates",
    "ci/kselftest",
    "ci/build.rs",
    "ci/Cargo.toml",
    "ci/kernels.toml",
    "ci/lies.toml",
    "harness/src",
    "harness/sys/src",
    "harness/macros",
    "harness/Cargo.toml",
    "harness/sys/Cargo.toml",
    "Cargo.toml",
    "Cargo.lock",
];
/// Says the commit and its date where there is no git, as `38fa7af 2026-11-27`.
const VARIABLE: &str = "SIGSYS_COMMIT";
/// Says the same in an archive that git made.
const ARCHIVED: &str = "commit.txt";

fn main() {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    println!("cargo::rerun-if-changed={ARCHIVED}");
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says it"));
    let root = folder.parent().expect("it is in the workspace");
    let commit = std::env::var(VARIABLE)
        .ok()
        .or_else(|| archived(&folder.join(ARCHIVED)))
        .or_else(|| checked_out(root))
        .filter(|commit| !commit.is_empty());
    let version = env!("CARGO_PKG_VERSION");
    let version = commit.map_or(version.into(), |commit| format!("{version} ({commit})"));
    println!("cargo::rustc-env=SIGSYS_VERSION={version}");
}

/// What git wrote when it made an archive; in a checkout the place for it is there alone.
fn archived(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.contains("Format:"))
}

/// What git says of the checkout, if the workspace is the root of one.
fn checked_out(root: &Path) -> Option<String> {
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        let output = command.arg("-C").arg(root).args(args).stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let top = git(&["rev-parse", "--show-toplevel"])?;
    if std::fs::canonicalize(top).ok()? != std::fs::canonicalize(root).ok()? {
        return None;
    }
    // Another commit is checked out, or is made: both are noted in the log of HEAD.
    let folder = PathBuf::from(git(&["rev-parse", "--absolute-git-dir"])?);
    let log = folder.join("logs/HEAD");
    let watched = if log.exists() { log } else { folder.join("HEAD") };
    println!("cargo::rerun-if-changed={}", watched.display());
    // Cargo would take one that is not there for changed each time.
    for source in SOURCES.map(|source| root.join(source)).iter().filter(|source| source.exists()) {
        println!("cargo::rerun-if-changed={}", source.display());
    }
    let hash = git(&["rev-parse", "--short=7", "HEAD"])?;
    let date = git(&["log", "-1", "--format=%cs"])?;
    let status = git(&[&["status", "--porcelain", "--"], &SOURCES[..]].concat())?;
    let dirty = if status.is_empty() { "" } else { "-dirty" };
    Some(format!("{hash}{dirty} {date}"))
}
