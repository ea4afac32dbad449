//! Every packaged kernel that the mirrors of this machine list, over all suites: read once a day from signed
//! lists, kept, and good without a network.

mod index;
#[cfg(test)]
mod tests;

use super::apt::{LeftOut, State};
use super::lack::Lack;
use super::mirror::Mirrors;
use crate::atomic;
use crate::results::release::Release;
use crate::workspace;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The releases that are still maintained by somebody, and those to come.
const RELEASES: [&str; 4] = ["bullseye", "bookworm", "trixie", "forky"];
/// What there may be beside a release.
const BESIDES: [&str; 5] = ["", "-updates", "-proposed-updates", "-backports", "-security"];
/// Suites that are never released.
const ALONE: [&str; 2] = ["sid", "experimental"];

/// The age at which the lists are fetched again.
const MAX_AGE: Duration = Duration::from_secs(24 * 3600);
/// What the lists of all suites take on the disk, and what apt makes of them, in bytes.
const MIN_FREE_BYTES: u64 = 512 << 20;

/// Whether a kernel can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Availability {
    /// The mirror lists it.
    Listed,
    /// It lies in the cache.
    Cached,
    /// The mirror lists it, and did not have it when it was asked for.
    Gone,
}

/// Packages from which a kernel can be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Source {
    /// The package with the image.
    pub image: String,
    /// That with the configuration, where it is another one.
    pub config: Option<String>,
    /// What is downloaded, in bytes.
    pub size: u64,
}

/// A kernel that a mirror lists, or that was fetched when it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Packaged {
    /// The kernel's own version: `6.12.90`, `7.3-rc7`.
    pub version: String,
    /// That of the package: `6.12.90-2~bpo12+1`.
    pub package: String,
    /// What it says of itself (`uname -r`).
    pub release: String,
    /// Where it is listed; nowhere, where it is only in the cache.
    pub suites: Vec<String>,
    /// What is downloaded, in bytes.
    pub size: u64,
    /// Whether its configuration can be had.
    pub config: bool,
    pub state: Availability,
    /// The packages, the best first.
    pub sources: Vec<Source>,
}

impl Packaged {
    /// Its series: `6.12`.
    pub(crate) fn series(&self) -> String {
        Release::read(&self.version).series()
    }

    /// The name of its folder, and of nothing else.
    pub(crate) fn id(&self) -> String {
        format!("{}_{}", self.release, self.package.replace([':', '/'], "-"))
    }

    /// The release without what they all end in.
    pub(crate) fn short_release(&self) -> &str {
        self.release.strip_suffix(index::FLAVOUR).unwrap_or(&self.release)
    }

    /// Whether `name` means it: its series, version or release, its package's version, or all of it.
    fn is_called(&self, name: &str) -> bool {
        let own = [&self.version, &self.package, &self.release];
        own.iter().any(|own| *own == name)
            || self.short_release() == name
            || self.series() == name
            || self.id() == name
    }

    /// A kernel of the cache that is listed no more.
    fn of_folder(id: &str) -> Option<Self> {
        let (release, package) = id.split_once('_')?;
        Some(Self {
            version: index::upstream(package),
            package: package.to_owned(),
            release: release.to_owned(),
            suites: Vec::new(),
            size: 0,
            config: false,
            state: Availability::Cached,
            sources: Vec::new(),
        })
    }
}

/// What was read the last time.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Seconds since 1970.
    looked: u64,
    /// Suites whose lists have expired.
    expired: Vec<String>,
    kernels: Vec<Packaged>,
}

impl Kept {
    fn age(&self) -> Option<Duration> {
        // A time in the future is no age.
        SystemTime::now().duration_since(UNIX_EPOCH + Duration::from_secs(self.looked)).ok()
    }
}

/// The packaged kernels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Catalogue {
    /// The oldest first.
    pub kernels: Vec<Packaged>,
    /// What a reader should know of where they come from.
    pub note: Option<String>,
    /// Suites that are left out, because the mirror's list of them has expired.
    pub expired: Vec<String>,
}

/// Where everything of the catalogue lies.
pub(super) struct Place {
    folder: PathBuf,
}

impl Place {
    pub(super) fn find() -> Result<Self, String> {
        let folder = workspace::cache("catalogue")?;
        fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
        Ok(Self { folder })
    }

    /// A lock that is held until it is dropped: by one who writes, or by many who read.
    pub(super) fn lock(&self, name: &str, exclusive: bool) -> Result<fs::File, String> {
        let path = self.folder.join(name);
        let lock = fs::File::create(&path).and_then(|lock| {
            if exclusive { lock.lock() } else { lock.lock_shared() }.map(|()| lock)
        });
        lock.map_err(|error| format!("cannot lock {}: {error}", path.display()))
    }

    /// A state of apt in `folder` for these suites, with the lists of the last look.
    ///
    /// # Errors
    /// The file system's, or that this machine has no mirror.
    pub(super) fn state(&self, folder: &Path, suites: &[String]) -> Result<State, String> {
        let lists = self.folder.join("apt/lists");
        State::with_lists(folder, &lists, &Mirrors::find()?.sources(suites))
    }

    fn kept(&self) -> Option<Kept> {
        serde_json::from_slice(&fs::read(self.folder.join("index.json")).ok()?).ok()
    }

    fn keep(&self, kept: &Kept) -> Result<(), String> {
        let path = self.folder.join("index.json");
        let text = serde_json::to_vec(kept).unwrap_or_default();
        atomic::write(&path, &text)
            .map_err(|error| format!("cannot write to {}: {error}", path.display()))
    }

    /// The kernels that the mirror did not have.
    fn gone(&self) -> BTreeSet<String> {
        let text = fs::read_to_string(self.folder.join("gone")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Remembers that the mirror does not have a kernel. It is only a hint: what cannot be written is
    /// found out again.
    pub(super) fn remember_gone(&self, id: &str) {
        let mut gone = self.gone();
        if gone.insert(id.to_owned()) {
            let text: String = gone.iter().map(|id| format!("{id}\n")).collect();
            let _ = atomic::write(&self.folder.join("gone"), text.as_bytes());
        }
    }
}

/// Every suite in which there may be a kernel.
pub(super) fn suites() -> Vec<String> {
    let released =
        RELEASES.iter().flat_map(|release| BESIDES.map(|beside| format!("{release}{beside}")));
    released.chain(ALONE.map(str::to_owned)).collect()
}

/// The folder of the kernels that were fetched by name or version.
///
/// # Errors
/// As [`workspace::cache`].
pub(super) fn kernels_folder() -> Result<PathBuf, String> {
    workspace::cache("kernels")
}

/// Every packaged kernel: as read at most a day ago, unless `again`; without a network as it was read
/// before, however long ago. `step` is called with each step.
///
/// # Errors
/// Why nothing is known.
pub(crate) fn catalogue(again: bool, step: impl Fn(&str)) -> Result<Catalogue, Lack> {
    let place = Place::find().map_err(Lack::unavailable)?;
    let kernels = kernels_folder().map_err(Lack::unavailable)?;
    let lock = place.lock("lock", true).map_err(Lack::unavailable)?;
    let kept = place.kept();
    let young = |kept: &Kept| kept.age().is_some_and(|age| age <= MAX_AGE);
    let (kept, note) = match kept {
        Some(kept) if !again && young(&kept) => (kept, None),
        kept => match look(&place, again, step) {
            Ok(found) => (found, None),
            Err(why) if why == "interrupted" => return Err(Lack::unavailable(why)),
            Err(why) => match kept {
                Some(kept) => {
                    let note = format!("what was listed {} is used: {why}", ago(kept.age()));
                    (kept, Some(note))
                }
                None => {
                    let found = with_cached(Vec::new(), &kernels, &BTreeSet::new());
                    if found.is_empty() {
                        return Err(Lack::unavailable(why));
                    }
                    let note = format!("only what is in the cache is known: {why}");
                    return Ok(Catalogue { kernels: found, note: Some(note), expired: Vec::new() });
                }
            },
        },
    };
    drop(lock);
    let gone = place.gone();
    let listed = with_cached(kept.kernels, &kernels, &gone);
    Ok(Catalogue { kernels: listed, note, expired: kept.expired })
}

/// What is known without asking: the last list, however old, and the cache.
pub(super) fn known() -> Option<Catalogue> {
    let place = Place::find().ok()?;
    let kept = place.kept();
    let (listed, expired) = kept.map(|kept| (kept.kernels, kept.expired)).unwrap_or_default();
    let kernels = with_cached(listed, &kernels_folder().ok()?, &place.gone());
    Some(Catalogue { kernels, note: None, expired })
}

fn ago(age: Option<Duration>) -> String {
    match age.map(|age| age.as_secs() / (24 * 3600)) {
        None => "some time ago".into(),
        Some(0) => "today".into(),
        Some(1) => "yesterday".into(),
        Some(days) => format!("{days} days ago"),
    }
}

/// Fetches the lists and reads them.
fn look(place: &Place, again: bool, step: impl Fn(&str)) -> Result<Kept, String> {
    step("asking the mirror");
    let asked = suites();
    let folder = place.folder.join("apt");
    let state = place.state(&folder, &asked)?;
    atomic::room(&place.folder, MIN_FREE_BYTES)?;
    let left_out = state.update_what_there_is(&asked)?;
    let is_there = |suite: &&String| !left_out.iter().any(|left| left.suite == **suite);
    let found: Vec<String> = asked.iter().filter(is_there).cloned().collect();
    if found.is_empty() {
        return Err("the mirror of this machine has none of Debian's suites".into());
    }
    // What the lists of the others say is old.
    let state = place.state(&folder, &found)?;
    step("reading the lists");
    let mut names = Vec::new();
    for begin in index::BEGINNINGS {
        names.extend(state.names(begin)?.into_iter().filter(|name| index::is_part(name)));
    }
    if names.is_empty() {
        return Err("the mirror of this machine lists no cloud kernels".into());
    }
    let kernels = index::kernels(&state.places(&names)?, &state.paragraphs(&names)?);
    let looked = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let expired = |left: &LeftOut| left.expired.then(|| left.suite.clone());
    let kept = Kept { looked, expired: left_out.iter().filter_map(expired).collect(), kernels };
    place.keep(&kept)?;
    if again {
        let _ = fs::remove_file(place.folder.join("gone"));
    }
    Ok(kept)
}

/// The listed kernels with what is known of each, and those that are in the cache alone.
fn with_cached(
    mut listed: Vec<Packaged>,
    kernels: &Path,
    gone: &BTreeSet<String>,
) -> Vec<Packaged> {
    let cached = cached(kernels);
    for kernel in &mut listed {
        let id = kernel.id();
        kernel.state = match () {
            () if cached.contains(&id) => Availability::Cached,
            () if gone.contains(&id) => Availability::Gone,
            () => Availability::Listed,
        };
    }
    let known: BTreeSet<String> = listed.iter().map(Packaged::id).collect();
    listed.extend(cached.difference(&known).filter_map(|id| {
        let own = Packaged::of_folder(id)?;
        let folder = in_cache(kernels, id)?;
        Some(Packaged { config: folder.join("config").is_file(), ..own })
    }));
    index::sorted(listed)
}

/// The folder of the kernel `id` in the cache: its own, or that of a kernel of the list.
pub(super) fn in_cache(kernels: &Path, id: &str) -> Option<PathBuf> {
    let folders = || Some(fs::read_dir(kernels).ok()?.filter_map(|entry| Some(entry.ok()?.path())));
    let mut places = vec![kernels.join(id)];
    places.extend(folders().into_iter().flatten().map(|folder| folder.join(id)));
    places.into_iter().find(|folder| folder.join("vmlinuz").is_file())
}

fn cached(kernels: &Path) -> BTreeSet<String> {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).ok().into_iter().flatten();
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect()
    };
    let own = entries(kernels);
    let of_list = own.iter().flat_map(|folder| entries(folder));
    let is_kernel = |folder: &PathBuf| folder.join("vmlinuz").is_file();
    let all = own.iter().cloned().chain(of_list).filter(is_kernel);
    all.filter_map(|folder| Some(folder.file_name()?.to_str()?.to_owned())).collect()
}

/// How many neighbours a message names at most.
const MAX_NEIGHBOURS: usize = 12;

impl Catalogue {
    /// All that `name` means: a series, a version, a release or a package's version. The oldest first.
    pub(crate) fn named(&self, name: &str) -> Vec<&Packaged> {
        self.kernels.iter().filter(|kernel| kernel.is_called(name)).collect()
    }

    /// The newest that `name` means and that can be had.
    ///
    /// # Errors
    /// Says which there are nearby.
    pub(crate) fn newest(&self, name: &str) -> Result<&Packaged, Lack> {
        let named = self.named(name);
        let had = named.iter().rev().find(|kernel| kernel.state != Availability::Gone);
        had.copied().ok_or_else(|| self.lack(name))
    }

    /// Why nothing that `name` means can be had.
    pub(crate) fn lack(&self, name: &str) -> Lack {
        let near = self.nearby(name);
        if self.named(name).is_empty() {
            let expired = match self.expired.as_slice() {
                [] => String::new(),
                suites => format!(" (the mirror's lists of {} have expired)", suites.join(", ")),
            };
            return Lack::wrong(format!("no such kernel is packaged; {near}{expired}"));
        }
        Lack::gone(format!("the mirror lists it and does not have it any more; {near}"))
    }

    /// The versions of the same series that can be had, else the series.
    pub(crate) fn nearby(&self, name: &str) -> String {
        let had = || {
            let had = |kernel: &&Packaged| kernel.state != Availability::Gone;
            self.kernels.iter().filter(had).filter(|kernel| !kernel.is_called(name))
        };
        let series = Release::read(name).series();
        let mut near: Vec<String> = had()
            .filter(|kernel| kernel.series() == series)
            .map(|kernel| kernel.version.clone())
            .collect();
        near.dedup();
        let what = if near.is_empty() { "the series are" } else { "there are" };
        if near.is_empty() {
            near = had().map(Packaged::series).collect();
            near.dedup();
        } else if near.len() > MAX_NEIGHBOURS {
            let target = Release::read(name);
            let at = near.iter().filter(|version| Release::read(version) < target).count();
            let from = at.saturating_sub(MAX_NEIGHBOURS / 2).min(near.len() - MAX_NEIGHBOURS);
            near = near[from..from + MAX_NEIGHBOURS].to_vec();
            near.push("others".into());
        }
        match near.as_slice() {
            [] => "there is none".into(),
            [only] => format!("{} {only}", what.replace("are", "is")),
            [front @ .., last] => format!("{what} {} and {last}", front.join(", ")),
        }
    }
}
