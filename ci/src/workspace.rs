//! Where the sources are, and where records go.

use crate::refusal::Refusal;
use std::path::{Path, PathBuf};

/// Where the matrix keeps its records in the workspace.
pub(crate) const MATRIX: &str = "target/sigsys/matrix";
/// Where it keeps those of soaks.
pub(crate) const SOAK: &str = "target/sigsys/soak";

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

/// Where a record goes unless `--record` says so: `what` and the kernel's release name it. The folder
/// is made.
///
/// # Errors
/// When it cannot be.
pub(crate) fn record_for(built_here: bool, what: &str, release: &str) -> Result<PathBuf, Refusal> {
    let workspace = if built_here { find() } else { around() };
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._+~-".contains(c) { c } else { '-' };
    let release: String = release.chars().map(safe).collect();
    let Some(workspace) = workspace else {
        return Ok(PathBuf::from(format!("sigsys-{what}-{release}.jsonl")));
    };
    let folder = workspace.join("target/sigsys");
    std::fs::create_dir_all(&folder).map_err(|error| {
        let folder = folder.display();
        Refusal::usage(format!(
            "cannot make {folder} for the record: {error}; name another place with --record FILE"
        ))
    })?;
    Ok(folder.join(format!("{what}-{release}.jsonl")))
}

/// Where this user's machine keeps `name` between runs; nothing where there is no home.
pub(crate) fn cache(name: &str) -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let cache = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")))?;
    Some(cache.join("sigsys").join(name))
}

/// The release of the running kernel.
pub(crate) fn release() -> String {
    nix::sys::utsname::uname()
        .map_or_else(|_| "unknown".into(), |name| name.release().to_string_lossy().into_owned())
}
