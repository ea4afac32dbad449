//! Where the sources are, and where records go.

use crate::bundle::{self, Bundle};
use crate::error::Refusal;
use crate::terminal;
use crate::trust;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Once;

/// Where the matrix keeps its records in the workspace.
pub(crate) const MATRIX: &str = "target/sigsys/matrix";
/// Where it keeps those of soaks.
pub(crate) const SOAK: &str = "target/sigsys/soak";

/// The workspace that holds the suite, where this tool takes anything from one: see [`look`]. A tool with a
/// bundle beside it takes nothing from a workspace. One that another user could have made is not used,
/// which is said once.
pub(crate) fn find() -> Option<PathBuf> {
    static SAID: Once = Once::new();
    if !matches!(bundle::here(), Ok(None)) {
        return None;
    }
    look().unwrap_or_else(|why| {
        SAID.call_once(|| terminal::complain(&why));
        None
    })
}

/// The bundle beside this tool. That it is used, and not the workspace that the current directory is in, is said
/// once.
///
/// # Errors
/// Why there is one that is not used.
pub(crate) fn bundle() -> Result<Option<&'static Bundle>, Refusal> {
    static SAID: Once = Once::new();
    let bundle = bundle::here().map_err(Refusal::usage)?;
    if let (Some(bundle), Some(workspace)) = (bundle, around()) {
        SAID.call_once(|| {
            let (bundle, workspace) = (bundle.folder.display(), workspace.display());
            terminal::complain(&format!("using the bundle {bundle}, not the checkout {workspace}"));
        });
    }
    Ok(bundle)
}

/// Where the matrix keeps its records: in the workspace, else in the current directory.
pub(crate) fn records_of(usual: &str) -> PathBuf {
    find().map_or_else(|| PathBuf::from("sigsys-matrix"), |root| root.join(usual))
}

/// The workspace that the current directory is in, else the one this tool was built in if that is still there,
/// which is said once.
///
/// # Errors
/// Why the workspace that was found is not used.
pub(crate) fn look() -> Result<Option<PathBuf>, String> {
    static SAID: Once = Once::new();
    if let Some(workspace) = around() {
        return trusted(&workspace).map(Some);
    }
    let Some(workspace) = built_in().filter(|folder| is_workspace(folder)) else { return Ok(None) };
    let workspace = trusted(workspace)?;
    SAID.call_once(|| {
        let workspace = workspace.display();
        terminal::complain(&format!("using the checkout this tool was built in, {workspace}"));
    });
    Ok(Some(workspace))
}

/// The workspace this tool was built in; none of a tool that was built to be handed out.
fn built_in() -> Option<&'static Path> {
    match bundle::HANDED_OUT {
        true => None,
        false => Path::new(env!("CARGO_MANIFEST_DIR")).parent(),
    }
}

/// The workspace without links in its path, if no other user can change it.
fn trusted(workspace: &Path) -> Result<PathBuf, String> {
    let refuse = |what: &Path, why: String| {
        let (workspace, what) = (workspace.display(), what.display());
        format!("the workspace {workspace} is not used: {what} {why}")
    };
    let real = trust::check(workspace).map_err(|why| refuse(workspace, why))?;
    for part in ["Cargo.toml", "suites", "suites/conformance.rs"] {
        let part = real.join(part);
        trust::check(&part).map_err(|why| refuse(&part, why))?;
    }
    // Cargo and rustup read configuration from every folder above, also from one like /tmp, where other
    // users can create files.
    for name in
        [".cargo", ".cargo/config", ".cargo/config.toml", "rust-toolchain", "rust-toolchain.toml"]
    {
        for part in real.ancestors().map(|folder| folder.join(name)) {
            if part.symlink_metadata().is_ok() {
                trust::check(&part).map_err(|why| refuse(&part, why))?;
            }
        }
    }
    Ok(real)
}

/// The workspace the current directory is in.
fn around() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().find(|directory| is_workspace(directory)).map(Path::to_owned)
}

fn is_workspace(directory: &Path) -> bool {
    directory.join("suites/conformance.rs").is_file()
        && fs::read_to_string(directory.join("Cargo.toml"))
            .is_ok_and(|manifest| manifest.contains("[workspace]"))
}

/// Where a record goes unless `--record` says so: `what` and the kernel's release name it. The folder
/// is made.
///
/// # Errors
/// When it cannot be, or when something lies there that is not this user's.
pub(crate) fn record_for(built_here: bool, what: &str, release: &str) -> Result<PathBuf, Refusal> {
    let workspace = if built_here { find() } else { around().and_then(|_| find()) };
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._+~-".contains(c) { c } else { '-' };
    let release: String = release.chars().map(safe).collect();
    let (folder, name) = match workspace {
        Some(workspace) => (workspace.join("target/sigsys"), format!("{what}-{release}.jsonl")),
        None => (PathBuf::new(), format!("sigsys-{what}-{release}.jsonl")),
    };
    own_place(&folder).map_err(|why| {
        Refusal::usage(format!(
            "no record can be kept: {why}; name another place with --record FILE"
        ))
    })?;
    let path = folder.join(name);
    let refuse = |why: String| {
        let path = path.display();
        Refusal::usage(format!("the record {path} {why}; name another place with --record FILE"))
    };
    trust::check_target(&path).map_err(refuse)?;
    Ok(path)
}

/// Makes `folder` (the current one where it is empty), in which this tool writes files that it names itself.
///
/// # Errors
/// Why nothing can be written there, or should not be.
pub(crate) fn own_place(folder: &Path) -> Result<(), String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let check = |part: &Path| {
        trust::check_place(part).map(drop).map_err(|why| format!("{} {why}", part.display()))
    };
    check(trust::nearest(folder))?;
    fs::create_dir_all(folder)
        .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    check(folder)
}

/// Where this user's machine keeps `name` between runs. The folder around it is made.
///
/// # Errors
/// Why there is none: no home, or a home that other users can change (that of a user who became root).
pub(crate) fn cache(name: &str) -> Result<PathBuf, String> {
    let named = |name| {
        std::env::var_os(name).map(PathBuf::from).filter(|path: &PathBuf| path.is_absolute())
    };
    let cache = named("XDG_CACHE_HOME").or_else(|| Some(named("HOME")?.join(".cache")));
    let folder = cache.ok_or("there is no home for a cache: set XDG_CACHE_HOME")?.join("sigsys");
    let refuse = |why: String| {
        let folder = folder.display();
        format!(
            "the cache {folder} is not used: it {why}; set XDG_CACHE_HOME to a folder of your own"
        )
    };
    // Nothing is made where another user could replace it.
    trust::check_place(trust::nearest(&folder)).map_err(refuse)?;
    let make = fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    make.map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
    let real = trust::check(&folder).map_err(refuse)?;
    Ok(real.join(name))
}

/// The release of the running kernel.
pub(crate) fn release() -> String {
    nix::sys::utsname::uname()
        .map_or_else(|_| "unknown".into(), |name| name.release().to_string_lossy().into_owned())
}
