//! Where the sources are, and where records go.

use std::path::{Path, PathBuf};

/// The workspace that holds the suite, seen from the current directory, else the one this tool was
/// built from.
pub(crate) fn find() -> Option<PathBuf> {
    around().or_else(|| {
        let built_from = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
        is_workspace(built_from).then(|| built_from.to_owned())
    })
}

/// The workspace the current directory is in.
fn around() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().find(|directory| is_workspace(directory)).map(Path::to_owned)
}

fn is_workspace(directory: &Path) -> bool {
    directory.join("suites/conformance.rs").is_file()
        && std::fs::read_to_string(directory.join("Cargo.toml"))
            .is_ok_and(|manifest| manifest.contains("[workspace]"))
}

/// Where a run's record goes unless `--record` says so. A filtered run leaves the whole one's alone.
pub(crate) fn record_path(built_here: bool, filtered: bool, release: &str) -> PathBuf {
    let workspace = if built_here { find() } else { around() };
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._+~-".contains(c) { c } else { '-' };
    let release: String = release.chars().map(safe).collect();
    let what = if filtered { "filtered" } else { "record" };
    match workspace {
        Some(workspace) => workspace.join(format!("target/sigsys/{what}-{release}.jsonl")),
        None => PathBuf::from(format!("sigsys-{what}-{release}.jsonl")),
    }
}

/// The release of the running kernel.
pub(crate) fn release() -> String {
    nix::sys::utsname::uname()
        .map_or_else(|_| "unknown".into(), |name| name.release().to_string_lossy().into_owned())
}
