//! Kernels of the user's own: an image, packed or not; a package; an unpacked tree. They may come from
//! anywhere: nothing of them is run here, no link in a tree is followed, and what has to be unpacked is
//! written into the cache, under the digest of what it came from.

#[cfg(test)]
mod tests;

use super::deb::{self, Member, Package};
use super::fetch::{Fetched, cannot_write, keep, whole};
use super::lack::Lack;
use super::unpack::{self, Packing};
use crate::atomic;
use crate::machine::image;
use crate::private::Folder;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The longest image that is unpacked, in bytes: a vmlinux with what debuggers read.
const MAX_IMAGE_BYTES: u64 = 2 << 30;
/// What was unpacked is kept for so long after its last use.
const MAX_AGE: Duration = Duration::from_secs(14 * 24 * 3600);

/// What follows from a missing configuration.
const NO_CONFIG: &str = "there is no configuration with it (--config names one): unless the kernel tells it \
                         itself, nothing excuses what it was built without";

/// Gives the folder in which is kept what was unpacked. It is asked for when something has to be.
type Cache<'a> = &'a dyn Fn() -> Result<PathBuf, String>;

/// The kernel at `path`: what is booted, and its configuration where one lies with it.
///
/// # Errors
/// One line: why there is none, or not one alone.
pub(super) fn own(path: &Path, cache: Cache<'_>) -> Result<Fetched, Lack> {
    let found = fs::metadata(path).map_err(|error| Lack::wrong(error.to_string()))?;
    if found.is_dir() {
        let (image, config) = tree(path).map_err(Lack::wrong)?;
        let fetched = file(&image, config, cache)
            .map_err(|lack| Lack { why: format!("{}: {}", image.display(), lack.why), ..lack })?;
        let without = fetched.config.is_none().then(|| NO_CONFIG.to_owned());
        return Ok(Fetched { note: without, ..fetched });
    }
    match found.is_file() {
        true => file(path, None, cache),
        // A device may have no end.
        false => Err(Lack::wrong("this is no file")),
    }
}

/// A file that is an image, or has one in it.
fn file(path: &Path, config: Option<PathBuf>, cache: Cache<'_>) -> Result<Fetched, Lack> {
    let mut begin = Vec::new();
    let open = |error: io::Error| Lack::wrong(error.to_string());
    File::open(path).and_then(|file| file.take(16).read_to_end(&mut begin)).map_err(open)?;
    if begin.starts_with(deb::MAGIC) {
        return package(path, cache);
    }
    let Some(packing) = Packing::of(&begin) else {
        let bytes = fs::read(path).map_err(open)?;
        let image = image::check(&bytes).map_err(Lack::wrong)?;
        let version = image.release.unwrap_or_default();
        return Ok(Fetched { image: path.to_owned(), config, version, note: None });
    };
    let image = || -> Result<Vec<u8>, String> {
        let file = BufReader::new(File::open(path).map_err(|error| error.to_string())?);
        let reader = packing.reader(file);
        let bytes = reader.and_then(|mut reader| unpack::all(&mut reader, MAX_IMAGE_BYTES));
        bytes.map_err(|error| unpack::fault(&error))
    };
    let kept = kept(cache, &[path], || {
        let bytes = image().map_err(Lack::wrong)?;
        image::check(&bytes).map_err(|why| Lack::wrong(format!("what is packed in it: {why}")))?;
        Ok((bytes, None))
    })?;
    Ok(Fetched { config, ..kept })
}

/// A package: its image, and the configuration in it or in the package of its parts beside it.
fn package(path: &Path, cache: Cache<'_>) -> Result<Fetched, Lack> {
    let beside = beside(path);
    let sources: Vec<&Path> = [Some(path), beside.as_deref()].into_iter().flatten().collect();
    let fetched = kept(cache, &sources, || {
        let mut package = Package::read(path).map_err(Lack::wrong)?;
        let count = package.images.len();
        let image = match (package.images.pop(), count) {
            (Some(image), 1) => image,
            (None, _) => return Err(Lack::wrong(no_image_in(&package))),
            _ => {
                return Err(Lack::wrong(
                    "there are two kernels in the package: unpack it and name one",
                ));
            }
        };
        image::check(&image.bytes)
            .map_err(|why| Lack::wrong(format!("{} in it: {why}", image.path)))?;
        if package.configs.is_empty()
            && let Some(beside) = &beside
        {
            let parts = Package::read(beside)
                .map_err(|why| Lack::wrong(format!("{} beside it: {why}", beside.display())))?;
            package.configs = parts.configs;
        }
        let config = package.configs.into_iter().find(|config| config.release == image.release);
        Ok((image.bytes, config))
    })?;
    let without = fetched.config.is_none().then(|| NO_CONFIG.to_owned());
    Ok(Fetched { note: without, ..fetched })
}

fn no_image_in(package: &Package) -> String {
    match package.name.strip_prefix("linux-image-") {
        Some(release) if !release.is_empty() => format!(
            "there is no kernel image in the package: newer ones have it in linux-binary-{release}"
        ),
        _ => "there is no kernel image in the package (boot/vmlinuz-*, usr/lib/modules/*/vmlinuz)"
            .into(),
    }
}

/// The package beside that of an image that may have its configuration: of the same release and version.
fn beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let rest = ["linux-binary-", "linux-image-unsigned-", "linux-image-"]
        .into_iter()
        .find_map(|begin| name.strip_prefix(begin))?;
    let named = ["linux-base-", "linux-modules-"].into_iter();
    named.map(|begin| path.with_file_name(format!("{begin}{rest}"))).find(|path| path.is_file())
}

/// An image in the cache, made by `make` unless it is there: its name is the digest of its `sources`.
fn kept(
    cache: Cache<'_>,
    sources: &[&Path],
    make: impl FnOnce() -> Result<(Vec<u8>, Option<Member>), Lack>,
) -> Result<Fetched, Lack> {
    let folder = cache().map_err(Lack::unavailable)?;
    let write = |error: io::Error| Lack::unavailable(cannot_write(&folder, &error));
    fs::create_dir_all(&folder).map_err(write)?;
    let digest = digest(sources).map_err(|error| Lack::wrong(error.to_string()))?;
    let place = folder.join(&digest);
    if !place.join("vmlinuz").is_file() {
        let (image, config) = make()?;
        let room = image.len() + config.as_ref().map_or(0, |config| config.bytes.len());
        atomic::room(&folder, room as u64).map_err(Lack::unavailable)?;
        let work = Folder::beside(&folder).map_err(write)?;
        let new = work.path().join("kept");
        keep(&new, &image, config.as_ref()).map_err(write)?;
        match fs::rename(&new, &place) {
            // Another process was faster.
            Err(_) if place.join("vmlinuz").is_file() => {}
            renamed => renamed.map_err(write)?,
        }
    }
    let used = File::open(&place).and_then(|folder| folder.set_modified(SystemTime::now()));
    used.map_err(write)?;
    forget_unused(&folder);
    let fetched = whole(&place, &digest);
    fetched.ok_or_else(|| Lack::unavailable(format!("{} is gone", place.display())))
}

fn digest(sources: &[&Path]) -> io::Result<String> {
    let mut digest = Sha256::new();
    for source in sources {
        // The digest of each, so that no two lists of files have the same one.
        digest.update(Sha256::digest(fs::read(source)?));
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Removes what was not used for long.
fn forget_unused(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let age = fs::symlink_metadata(&path)
            .and_then(|found| found.modified())
            .map(|used| SystemTime::now().duration_since(used).unwrap_or_default());
        if age.is_ok_and(|age| age > MAX_AGE) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// The only kernel of a tree, and its configuration.
fn tree(folder: &Path) -> Result<(PathBuf, Option<PathBuf>), String> {
    let mut images = Vec::new();
    let mut links = 0;
    // That of a build.
    let build = plain(folder, "arch/x86/boot/bzImage", &mut links);
    images.extend(build.map(|image| (image, plain(folder, ".config", &mut links))));
    // That of an installed system, or of its boot folder.
    for place in ["boot/", ""] {
        for name in names(folder, place) {
            let Some(release) = name.strip_prefix("vmlinuz-") else { continue };
            if let Some(image) = plain(folder, &format!("{place}{name}"), &mut links) {
                let config = plain(folder, &format!("{place}config-{release}"), &mut links);
                images.push((image, config));
            }
        }
    }
    for modules in ["usr/lib/modules", "lib/modules"] {
        for release in names(folder, modules) {
            let file = |name: &str| format!("{modules}/{release}/{name}");
            if let Some(image) = plain(folder, &file("vmlinuz"), &mut links) {
                images.push((image, plain(folder, &file("config"), &mut links)));
            }
        }
    }
    // That of this tool's cache.
    let kept = plain(folder, "vmlinuz", &mut links);
    images.extend(kept.map(|image| (image, plain(folder, "config", &mut links))));
    match images.as_slice() {
        [one] => Ok(one.clone()),
        [(one, _), (other, _), ..] => Err(format!(
            "there are {} kernels in it: name one, such as {} or {}",
            images.len(),
            one.display(),
            other.display()
        )),
        [] if links > 0 => {
            Err("the kernel in it is a link, which is not followed: name the image itself".into())
        }
        [] => {
            Err("there is no kernel in it: neither boot/vmlinuz-*, usr/lib/modules/*/vmlinuz nor \
                   arch/x86/boot/bzImage"
                .into())
        }
    }
}

/// The file at `inner` of `folder`, if no part of the way below `folder` is a link. Links are counted.
fn plain(folder: &Path, inner: &str, links: &mut usize) -> Option<PathBuf> {
    let mut path = folder.to_owned();
    for part in inner.split('/') {
        path.push(part);
        if fs::symlink_metadata(&path).ok()?.is_symlink() {
            *links += usize::from(fs::metadata(&path).is_ok_and(|found| found.is_file()));
            return None;
        }
    }
    path.is_file().then_some(path)
}

/// The names in `inner` of `folder`, in order; none behind a link.
fn names(folder: &Path, inner: &str) -> Vec<String> {
    let mut path = folder.to_owned();
    for part in inner.split('/').filter(|part| !part.is_empty()) {
        path.push(part);
        if fs::symlink_metadata(&path).map_or(true, |found| found.is_symlink()) {
            return Vec::new();
        }
    }
    let entries = fs::read_dir(path).ok().into_iter().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    names
}
