//! Fetches a kernel of the catalogue into the cache: by apt, which verifies it against the signed lists.

use super::apt::State;
use super::catalogue::{self, Availability, Catalogue, Packaged, Place, Source};
use super::deb::Package;
use super::fetch::{Fetched, cannot_write, keep, whole};
use super::lack::{Lack, LackKind};
use crate::atomic;
use crate::private::Folder;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Room for what a package unpacks to, in bytes: an image and a configuration.
const MIN_FREE_BYTES: u64 = 64 << 20;

/// The kernel that `name` means, where it lies in the cache and nothing newer of that name is known: no mirror
/// is asked then. What is the newest of a series can change, and is asked for.
pub(super) fn cached(name: &str) -> Option<Fetched> {
    let known = catalogue::known()?;
    let kernel = known.newest(name).ok()?;
    let is_there = kernel.state == Availability::Cached && kernel.series() != name;
    is_there.then(|| fetch_packaged(kernel, |_| {}).ok()).flatten()
}

/// Fetches the newest that `name` means. One that the mirror does not have any more is passed over, which
/// is said.
///
/// # Errors
/// As [`fetch_packaged`]; of those nearby where none can be had.
pub(crate) fn fetch_named(
    catalogue: &Catalogue,
    name: &str,
    step: impl Fn(&str),
) -> Result<Fetched, Lack> {
    catalogue.newest(name)?;
    let mut passed = Vec::new();
    let had = |kernel: &&&Packaged| kernel.state != Availability::Gone;
    for kernel in catalogue.named(name).iter().rev().filter(had) {
        match fetch_packaged(kernel, &step) {
            Ok(mut fetched) => {
                if !passed.is_empty() {
                    let passed = passed.join(", ");
                    let note = format!(
                        "{} is used: the mirror lists {passed} and has it no more",
                        kernel.package
                    );
                    fetched.note =
                        Some(fetched.note.map_or(note.clone(), |own| format!("{note}; {own}")));
                }
                return Ok(fetched);
            }
            Err(lack) if lack.kind == LackKind::Gone => passed.push(kernel.package.clone()),
            Err(lack) => return Err(lack),
        }
    }
    Err(catalogue.lack(name))
}

/// Fetches `kernel`: from the cache, where it never grows old, else from the mirror. `step` is called with
/// each step.
///
/// # Errors
/// One line: why it cannot be had. [`LackKind::Gone`] where the mirror does not have it any more, which is
/// remembered.
pub(crate) fn fetch_packaged(kernel: &Packaged, step: impl Fn(&str)) -> Result<Fetched, Lack> {
    let id = kernel.id();
    let folder = catalogue::kernels_folder().map_err(Lack::unavailable)?;
    let place = Place::find().map_err(Lack::unavailable)?;
    // One process fetches it, the others find it.
    let name = format!("fetch-{}", id.bytes().fold(0_u8, |sum, byte| sum.wrapping_add(byte)) % 16);
    let _lock = place.lock(&name, true).map_err(Lack::unavailable)?;
    if let Some(there) = catalogue::in_cache(&folder, &id) {
        return whole(&there, &id).ok_or_else(|| Lack::unavailable("it is gone from the cache"));
    }
    if kernel.sources.is_empty() {
        return Err(Lack::gone("no mirror lists it any more, and it is not in the cache"));
    }
    if kernel.state == Availability::Gone {
        return Err(Lack::gone("the mirror lists it and does not have it any more"));
    }
    let write = |error: io::Error| Lack::unavailable(cannot_write(&folder, &error));
    fs::create_dir_all(&folder).map_err(write)?;
    atomic::room(&folder, kernel.size + MIN_FREE_BYTES).map_err(Lack::unavailable)?;
    // Lists are not to change while apt reads them.
    let _lists = place.lock("lock", false).map_err(Lack::unavailable)?;
    let work = Folder::beside(&folder).map_err(write)?;
    let apt = work.path().join("apt");
    let state = place.state(&apt, &kernel.suites).map_err(Lack::unavailable)?;
    let mut lack = None;
    for source in &kernel.sources {
        step("downloading");
        match from_mirror(&state, kernel, source, work.path()) {
            Ok(note) => {
                let to = folder.join(&id);
                fs::rename(work.path().join("kept"), &to).map_err(write)?;
                let fetched = whole(&to, &id);
                let fetched = fetched.map(|fetched| Fetched { note, ..fetched });
                return fetched.ok_or_else(|| Lack::unavailable("the package holds no image"));
            }
            Err(why) if why.kind == LackKind::Gone => lack = lack.or(Some(why)),
            Err(why) => return Err(why),
        }
    }
    place.remember_gone(&id);
    Err(lack.unwrap_or_else(|| Lack::gone("there is no package to download")))
}

/// Downloads the packages of `source` into `work`, and writes what is wanted to `kept` in it; gives a note.
fn from_mirror(
    state: &State,
    kernel: &Packaged,
    source: &Source,
    work: &Path,
) -> Result<Option<String>, Lack> {
    let mut package = download(state, &source.image, kernel, work)?;
    let mut note = None;
    if let Some(config) = &source.config {
        match download(state, config, kernel, work) {
            Ok(base) => package.configs.extend(base.configs),
            // The image is of use without it.
            Err(lack) if lack.kind == LackKind::Gone => {
                note = Some(format!("it comes without its configuration: {lack}"));
            }
            Err(lack) => return Err(lack),
        }
    }
    let image = package.images.pop().filter(|_| package.images.is_empty());
    let image = image
        .ok_or_else(|| Lack::unavailable(format!("{} does not hold one image", source.image)))?;
    let config = package.configs.into_iter().find(|config| config.release == image.release);
    keep(&work.join("kept"), &image.bytes, config.as_ref())
        .map_err(|error| Lack::unavailable(cannot_write(work, &error)))?;
    Ok(note)
}

/// Downloads a package in the version of `kernel` and reads it.
fn download(state: &State, name: &str, kernel: &Packaged, work: &Path) -> Result<Package, Lack> {
    let wanted = format!("{name}={}", kernel.package);
    state.download(&[wanted], work).map_err(|why| match is_gone(&why) {
        true => Lack::gone(format!("the mirror lists {name} and does not have it any more")),
        false => Lack::unavailable(why),
    })?;
    let write = |error: io::Error| Lack::unavailable(cannot_write(work, &error));
    let entries = fs::read_dir(work).map_err(write)?;
    let is_package = |path: &PathBuf| path.extension().is_some_and(|end| end == "deb");
    let file = entries.filter_map(|entry| Some(entry.ok()?.path())).find(is_package);
    let file = file.ok_or_else(|| Lack::unavailable(format!("apt left no package {name}")))?;
    let package = Package::read(&file)
        .map_err(|why| Lack::unavailable(format!("the package {name} of the mirror: {why}")))?;
    fs::remove_file(&file).map_err(write)?;
    Ok(package)
}

/// Whether apt complains that the mirror does not have a package: the server's answer, or lists that have
/// changed.
fn is_gone(why: &str) -> bool {
    why.contains("  404  ")
        || why.contains("  410  ")
        || (why.starts_with("Version ") && why.ends_with(" was not found"))
        || why.starts_with("Unable to locate package ")
        || why.starts_with("Can't find a source to download ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::not_found("Failed to fetch http://m/x.deb  404  Not Found [IP: 192.0.2.1 80]", true)]
    #[case::other_version("Version '6.1-1' for 'linux-image-x' was not found", true)]
    #[case::no_package("Unable to locate package linux-image-x", true)]
    #[case::server("Failed to fetch http://m/x.deb  503  Service Unavailable", false)]
    #[case::offline("Failed to fetch http://m/x.deb  Could not connect to m:80", false)]
    #[case::in_a_name("Failed to fetch http://m/404.deb  Hash Sum mismatch", false)]
    fn what_the_mirror_dropped_is_told_from_what_cannot_be_reached(
        #[case] why: &str,
        #[case] gone: bool,
    ) {
        assert_eq!(is_gone(why), gone);
    }
}
