//! Fetches a kernel, image and configuration, from the mirror into the cache.

use super::Kernel;
use super::apt::State;
use super::deb::{Member, Package};
use super::mirror::Mirrors;
use crate::atomic;
use crate::workspace;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The age at which the lists of a mirror are fetched again.
const MAX_AGE: Duration = Duration::from_secs(24 * 3600);

/// Names of the packages that hold an image and its configuration, before their release.
const PARTS: [&str; 3] = ["linux-image-", "linux-binary-", "linux-base-"];

/// A kernel that lies in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub image: PathBuf,
    pub config: Option<PathBuf>,
    /// Version of the package.
    pub version: String,
    /// What a reader should know about where it came from.
    pub note: Option<String>,
}

/// Fetches `kernel`: from the cache where that is younger than a day, unless `again`, else from the
/// mirror, else from the cache however old. `step` is called with each step.
///
/// # Errors
/// One line: why it is not available.
pub(crate) fn fetch(kernel: &Kernel, again: bool, step: impl Fn(&str)) -> Result<Fetched, String> {
    let folder = workspace::cache("kernels")?.join(&kernel.name);
    let write = |error: io::Error| format!("cannot write to {}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(write)?;
    let lock = fs::File::create(folder.join("lock")).map_err(write)?;
    // One fetch at a time, whichever checkout it is for.
    lock.lock().map_err(|error| format!("cannot lock {}: {error}", folder.display()))?;
    if !again && let Some(kept) = kept(&folder, Some(MAX_AGE)) {
        return Ok(kept);
    }
    match from_mirror(kernel, &folder, step) {
        Ok(fetched) => Ok(fetched),
        Err(why) => match kept(&folder, None) {
            Some(kept) if why != "interrupted" => {
                let note = Some(format!("the one fetched before is used: {why}"));
                Ok(Fetched { note, ..kept })
            }
            _ => Err(why),
        },
    }
}

/// What the cache holds: `current` names the version, and its age is that of the last look.
fn kept(folder: &Path, age: Option<Duration>) -> Option<Fetched> {
    let current = folder.join("current");
    if let Some(age) = age {
        let looked = fs::metadata(&current).and_then(|metadata| metadata.modified()).ok()?;
        // A time in the future is no age.
        if SystemTime::now().duration_since(looked).ok()? > age {
            return None;
        }
    }
    let version = fs::read_to_string(current).ok()?.trim().to_owned();
    whole(&folder.join(&version), &version)
}

/// A version that is all there.
pub(super) fn whole(folder: &Path, version: &str) -> Option<Fetched> {
    let (image, config) = (folder.join("vmlinuz"), folder.join("config"));
    let config = config.is_file().then_some(config);
    let version = version.to_owned();
    image.is_file().then_some(Fetched { image, config, version, note: None })
}

fn from_mirror(kernel: &Kernel, folder: &Path, step: impl Fn(&str)) -> Result<Fetched, String> {
    let write = |error: io::Error| format!("cannot write to {}: {error}", folder.display());
    step("asking the mirror");
    let state = State::new(&folder.join("apt"), &Mirrors::find()?.sources(&kernel.suites))?;
    state.update()?;
    let packages = packages(&state, &kernel.package)?;
    let image = packages.first().ok_or("the package leads to no image")?;
    let version = state.version(image)?;
    let release = image.trim_start_matches("linux-image-");
    let name = format!("{release}_{}", version.replace([':', '/'], "-"));
    let place = folder.join(&name);
    if whole(&place, &name).is_none() {
        step("downloading");
        let work = folder.join(format!("work-{}", std::process::id()));
        let _ = fs::remove_dir_all(&work);
        fs::create_dir_all(&work).map_err(write)?;
        let done = unpack(&state, &packages, &work, &place);
        let _ = fs::remove_dir_all(&work);
        done?;
    }
    atomic::write(&folder.join("current"), name.as_bytes()).map_err(write)?;
    forget_others(folder, &name);
    whole(&place, &name).ok_or_else(|| "the package holds no image".into())
}

/// The packages from which image and configuration come: what the meta package leads to under names
/// with a release in them.
fn packages(state: &State, meta: &str) -> Result<Vec<String>, String> {
    let parts = |of: &str| -> Result<Vec<String>, String> {
        let is_part = |name: &String| PARTS.iter().any(|part| has_release(name, part));
        Ok(state.dependencies(of)?.into_iter().filter(is_part).collect())
    };
    let mut found: Vec<String> = parts(meta)?;
    found.retain(|name| name.starts_with("linux-image-"));
    let mut next = 0;
    while let Some(name) = found.get(next).cloned() {
        for part in parts(&name)? {
            if !found.contains(&part) {
                found.push(part);
            }
        }
        next += 1;
    }
    match found.is_empty() {
        true => Err(format!("the mirror has no package {meta} that leads to an image")),
        false => Ok(found),
    }
}

fn has_release(name: &str, part: &str) -> bool {
    name.strip_prefix(part).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Downloads into `work`, and moves what is wanted of the packages to `place` in one step.
fn unpack(state: &State, packages: &[String], work: &Path, place: &Path) -> Result<(), String> {
    let write = |error: io::Error| cannot_write(work, &error);
    state.download(packages, work)?;
    let entries = fs::read_dir(work).map_err(write)?;
    let (mut images, mut configs) = (Vec::new(), Vec::new());
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.extension().is_some_and(|end| end == "deb") {
            let package = Package::read(&path)
                .map_err(|why| format!("the mirror's {}: {why}", path.display()))?;
            images.extend(package.images);
            configs.extend(package.configs);
        }
    }
    let image = images.pop().ok_or("the package holds no image")?;
    let config = configs.into_iter().find(|config| config.release == image.release);
    let kept = work.join("kept");
    keep(&kept, &image.bytes, config.as_ref()).map_err(write)?;
    let _ = fs::remove_dir_all(place);
    fs::rename(&kept, place).map_err(write)
}

/// Writes an image and its configuration into a new folder.
///
/// # Errors
/// The file system's.
pub(super) fn keep(folder: &Path, image: &[u8], config: Option<&Member>) -> io::Result<()> {
    fs::create_dir(folder)?;
    let write = |name: &str, bytes: &[u8]| atomic::write(&folder.join(name), bytes);
    write("vmlinuz", image)?;
    config.map_or(Ok(()), |config| write("config", &config.bytes))
}

/// Why nothing can be written to `folder`, in one line.
pub(super) fn cannot_write(folder: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!("{}: {}", atomic::FULL, folder.display())
        }
        _ => format!("cannot write to {}: {error}", folder.display()),
    }
}

/// One version of each kernel is kept.
fn forget_others(folder: &Path, name: &str) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let is_other = path.join("vmlinuz").is_file() && !path.ends_with(name);
        // What a run left that was killed while it fetched.
        let is_work =
            path.file_name().is_some_and(|file| file.to_string_lossy().starts_with("work-"));
        if is_other || is_work {
            let _ = fs::remove_dir_all(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("linux-image-6.1.0-56-cloud-amd64", true)]
    #[case("linux-image-cloud-amd64", false)]
    #[case("linux-base", false)]
    fn an_image_has_a_release_in_its_name(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(PARTS.iter().any(|part| has_release(name, part)), expected);
    }

    #[test]
    fn what_is_kept_is_whole_and_young() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |path: &str| folder.path().join(path);
        assert_eq!(kept(folder.path(), None), None);
        fs::write(at("current"), "6.1_1\n").expect("written");
        assert_eq!(kept(folder.path(), None), None);
        fs::create_dir(at("6.1_1")).expect("made");
        fs::write(at("6.1_1/vmlinuz"), "x").expect("written");
        let found = kept(folder.path(), Some(MAX_AGE)).expect("whole");
        assert_eq!((found.config, found.version.as_str()), (None, "6.1_1"));
        let yesterday = SystemTime::now() - MAX_AGE - Duration::from_secs(60);
        fs::File::options()
            .write(true)
            .open(at("current"))
            .and_then(|file| file.set_modified(yesterday))
            .expect("dated");
        assert_eq!(kept(folder.path(), Some(MAX_AGE)), None);
        assert!(kept(folder.path(), None).is_some());
        forget_others(folder.path(), "6.2_1");
        assert!(!at("6.1_1").exists());
    }
}
