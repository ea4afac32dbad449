//! The kernels that can be asked, in the order of their releases.

use crate::error::Refusal;
use crate::machine::kernels::catalogue::{Availability, Packaged, catalogue};
use crate::machine::kernels::lack::Lack;
use crate::machine::kernels::packaged::fetch_packaged;
use crate::machine::{image, subprocess};
use crate::progress::Spinner;
use crate::results::bisect::words::Kernel;
use crate::results::release::Release;
use crate::style::plural;
use harness::version::Version;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What an image is called in a folder of its own.
const IMAGES: [&str; 3] = ["vmlinuz", "bzImage", "vmlinux"];

/// Kernels in a line, the oldest release first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    /// How each is called.
    pub kernels: Vec<Kernel>,
    /// Where each is, in the same order.
    pub candidates: Vec<Candidate>,
    /// What is to be known of it.
    pub notes: Vec<String>,
}

/// Where a kernel is.
#[derive(Clone, Debug)]
pub(crate) enum Candidate {
    /// An image, and its configuration.
    Image(PathBuf, Option<PathBuf>),
    /// A kernel of the catalogue, to be fetched.
    Packaged(Packaged),
}

impl Candidate {
    /// Image and configuration. Fetches what is not there.
    ///
    /// # Errors
    /// Why it cannot be had.
    pub(super) fn get(&self) -> Result<(PathBuf, Option<PathBuf>), Lack> {
        match self {
            Self::Image(image, config) => Ok((image.clone(), config.clone())),
            Self::Packaged(kernel) => {
                fetch_packaged(kernel, |_| ()).map(|fetched| (fetched.image, fetched.config))
            }
        }
    }

    /// Whether it is there without a network.
    pub(super) fn is_at_hand(&self) -> bool {
        match self {
            Self::Image(..) => true,
            Self::Packaged(kernel) => kernel.state == Availability::Cached,
        }
    }
}

/// A kernel and its place in the order.
struct Found {
    release: Release,
    /// The version of its package, where it says that.
    package: Option<String>,
    name: String,
    candidate: Candidate,
}

/// The packaged kernels.
///
/// # Errors
/// When nothing is known of any.
pub(super) fn packaged() -> Result<Line, Refusal> {
    let spinner = Spinner::new("reading the catalogue");
    let catalogue = catalogue(false, |step| spinner.say(step));
    drop(spinner);
    if let Some(signal) = subprocess::interrupted() {
        return Err(Refusal::interrupted(signal));
    }
    let catalogue = catalogue.map_err(|lack| {
        Refusal::no_answer(format!(
            "no packaged kernel is known: {lack}; --images FOLDER asks images of yours"
        ))
    })?;
    let gone = |kernel: &&Packaged| kernel.state == Availability::Gone;
    let mut notes: Vec<String> = catalogue.note.clone().into_iter().collect();
    let missing = catalogue.kernels.iter().filter(gone).count();
    if missing > 0 {
        let kernels = plural(missing, "kernels");
        notes.push(format!("{kernels} that the mirror lists and does not have are left out"));
    }
    let found: Vec<Found> = catalogue
        .kernels
        .into_iter()
        .filter(|kernel| !gone(&kernel))
        .map(|kernel| Found {
            release: Release::read(&kernel.version),
            package: Some(kernel.package.clone()),
            name: kernel.id(),
            candidate: Candidate::Packaged(kernel),
        })
        .collect();
    if found.is_empty() {
        return Err(Refusal::no_answer("the mirror has no kernel; --images FOLDER asks images"));
    }
    Ok(in_order(found, notes))
}

/// The images in `folder`.
///
/// # Errors
/// When it has none.
pub(super) fn images(folder: &Path) -> Result<Line, Refusal> {
    let refuse = |why: &dyn std::fmt::Display| {
        Refusal::usage(format!("--images {}: {why}", folder.display()))
    };
    let entries = fs::read_dir(folder).map_err(|error| refuse(&error))?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(|error| refuse(&error))?;
    paths.sort();
    let (mut found, mut skipped) = (Vec::new(), Vec::new());
    for path in &paths {
        match one(path) {
            Ok(Some(kernel)) => found.push(kernel),
            Ok(None) => {}
            Err(why) => skipped.push(why),
        }
    }
    if found.is_empty() {
        let why = skipped.first().map_or(String::new(), |why| format!(" ({why})"));
        return Err(refuse(&format!("there is no kernel image in it{why}")));
    }
    let notes = match skipped.as_slice() {
        [] => Vec::new(),
        [first, rest @ ..] => {
            let more = match rest.len() {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            let files = plural(skipped.len(), "entries");
            vec![format!("{}: {files} left out: {first}{more}", folder.display())]
        }
    };
    Ok(in_order(found, notes))
}

/// The kernel that `path` is or holds. Nothing where it does not look like one.
///
/// # Errors
/// Why it is none.
fn one(path: &Path) -> Result<Option<Found>, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (image, config) = if path.is_dir() {
        let Some(image) = IMAGES.iter().map(|image| path.join(image)).find(|path| path.is_file())
        else {
            return Ok(None);
        };
        (image, path.join("config"))
    } else if IMAGES.iter().any(|image| name.starts_with(image)) && path.is_file() {
        let version = name.split_once('-').map_or("", |(_, version)| version);
        (path.to_owned(), path.with_file_name(format!("config-{version}")))
    } else {
        return Ok(None);
    };
    let refuse = |why: &dyn std::fmt::Display| format!("{name}: {why}");
    let bytes = fs::read(&image).map_err(|error| refuse(&error))?;
    let checked = image::check(&bytes).map_err(|why| refuse(&why))?;
    let banner = image::banner(&bytes);
    let said = checked.release.as_deref();
    let (release, package) = identity(&name, said, banner.as_deref())
        .ok_or_else(|| refuse(&"neither the image nor its name says a version"))?;
    let config = Some(config).filter(|path| path.is_file());
    Ok(Some(Found { release, package, name, candidate: Candidate::Image(image, config) }))
}

/// Which kernel an image is. Distributions leave the point release out of what a kernel calls itself:
/// the package says it (`#1 SMP Debian 6.1.170-3`), or a name that somebody gave the image.
fn identity(
    name: &str,
    release: Option<&str>,
    banner: Option<&str>,
) -> Option<(Release, Option<String>)> {
    let named = versions(name);
    let own = release.and_then(|text| Some((text.to_owned(), Version::parse(text)?)));
    let (text, version) = own.or_else(|| named.iter().max_by_key(|(_, it)| it.2).cloned())?;
    let is_of_series = |other: Version| (other.0, other.1) == (version.0, version.1);
    let package = banner.and_then(|text| {
        let mut words = text.split(' ').skip_while(|word| *word != "Debian");
        let package = words.nth(1)?;
        Version::parse(package).filter(|own| is_of_series(*own)).map(|_| package.to_owned())
    });
    if let Some(package) = package {
        let upstream = package.rsplit_once('-').map_or(package.as_str(), |(front, _)| front);
        return Some((Release::read(&upstream.replace('~', "-")), Some(package)));
    }
    let better = named.iter().filter(|(_, other)| is_of_series(*other) && *other > version);
    let better = better.max_by_key(|(_, other)| other.2).map(|(text, _)| text.clone());
    Some((Release::read(&better.unwrap_or(text)), None))
}

/// The versions in a name, each as it is written, with what is behind it.
fn versions(name: &str) -> Vec<(String, Version)> {
    let begins = |at: usize| !name[..at].ends_with(|c: char| c.is_ascii_digit() || c == '.');
    let starts = name.char_indices().filter(|(at, c)| c.is_ascii_digit() && begins(*at));
    let read = |(at, _): (usize, char)| Some((name[at..].to_owned(), Version::parse(&name[at..])?));
    starts.filter_map(read).collect()
}

/// Puts kernels in order and finds a word for each that no other has.
fn in_order(mut found: Vec<Found>, notes: Vec<String>) -> Line {
    let key = |kernel: &Found| (kernel.release.short(), kernel.package.clone());
    found.sort_by(|one, other| {
        one.release
            .by_number(&other.release)
            .then_with(|| one.package.cmp(&other.package))
            .then_with(|| one.name.cmp(&other.name))
    });
    let mut labels: BTreeMap<String, usize> = BTreeMap::new();
    let mut packages: BTreeMap<_, usize> = BTreeMap::new();
    for kernel in &found {
        *labels.entry(kernel.release.short()).or_default() += 1;
        *packages.entry(key(kernel)).or_default() += 1;
    }
    let kernels = found.iter().map(|kernel| {
        let short = kernel.release.short();
        let label = match (&kernel.package, labels[&short], packages[&key(kernel)]) {
            (_, 1, _) => short.clone(),
            (Some(package), _, 1) => package.clone(),
            _ => kernel.name.clone(),
        };
        let version = short.split('-').next().unwrap_or(&short).to_owned();
        Kernel { label, version, series: kernel.release.series(), name: kernel.name.clone() }
    });
    let kernels = kernels.collect();
    Line { kernels, notes, candidates: found.into_iter().map(|kernel| kernel.candidate).collect() }
}

impl Line {
    /// The place of the kernel that `name` means: its label, its name, its release; of several point
    /// releases or packages the newest.
    ///
    /// # Errors
    /// That there is none, and what there is near it.
    pub(crate) fn place(&self, name: &str) -> Result<usize, String> {
        let is_meant = |kernel: &Kernel| {
            [&kernel.label, &kernel.name, &kernel.version, &kernel.series]
                .contains(&&name.to_owned())
                || kernel.name.split('_').any(|part| part == name)
        };
        if let Some(place) = self.kernels.iter().rposition(is_meant) {
            return Ok(place);
        }
        let release = Release::read(name);
        let later = self
            .kernels
            .iter()
            .position(|kernel| Release::read(&kernel.version).by_number(&release).is_gt());
        let later = later.unwrap_or(self.kernels.len());
        let near = [later.checked_sub(1), Some(later)].into_iter().flatten();
        let near: Vec<&str> =
            near.filter_map(|at| Some(self.kernels.get(at)?.label.as_str())).collect();
        Err(format!("no kernel is called `{name}`; near it there are {}", near.join(" and ")))
    }

    /// The kernels from one place to another.
    pub(crate) fn between(mut self, from: usize, to: usize) -> Self {
        self.kernels = self.kernels.drain(from..=to).collect();
        self.candidates = self.candidates.drain(from..=to).collect();
        self
    }

    /// The series of each kernel.
    pub(crate) fn series(&self) -> Vec<String> {
        self.kernels.iter().map(|kernel| kernel.series.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const DEBIAN: &str = "6.1.0-47-cloud-amd64 (debian-kernel@lists.debian.org) #1 SMP \
        PREEMPT_DYNAMIC Debian 6.1.170-3 (2026-03-01)";

    #[rstest]
    #[case::package("x", Some("6.1.0-47-cloud-amd64"), Some(DEBIAN), Some("6.1.170"))]
    #[case::candidate(
        "x",
        Some("7.3-cloud-amd64"),
        Some("7.3-cloud-amd64 (d) #1 SMP Debian 7.3~rc7-1~exp1 (2026)"),
        Some("7.3-rc7")
    )]
    #[case::own("x", Some("6.12.95"), None, Some("6.12.95"))]
    #[case::name_knows_more("vmlinuz-6.8.12", Some("6.8.0-31-generic"), None, Some("6.8.12"))]
    #[case::name_of_another("for-6.9.1", Some("6.8.0-31"), None, Some("6.8"))]
    #[case::name_alone("linux_6.12.3", None, None, Some("6.12.3"))]
    #[case::longest_name("6.1.0-47_6.1.170-3", None, None, Some("6.1.170"))]
    #[case::package_of_another("x", Some("6.9.1"), Some(DEBIAN), Some("6.9.1"))]
    #[case::nothing("mine", None, None, None)]
    fn an_image_is_a_point_release(
        #[case] name: &str,
        #[case] release: Option<&str>,
        #[case] banner: Option<&str>,
        #[case] expected: Option<&str>,
    ) {
        let found = identity(name, release, banner).map(|(release, _)| release.short());
        assert_eq!(found.as_deref(), expected);
    }

    fn line(all: &[(&str, Option<&str>)]) -> Line {
        let found = all.iter().map(|(version, package)| Found {
            release: Release::read(version),
            package: package.map(str::to_owned),
            name: format!("r_{version}"),
            candidate: Candidate::Image(PathBuf::from(version), None),
        });
        in_order(found.collect(), Vec::new())
    }

    #[test]
    fn kernels_stand_in_order_and_are_told_apart() {
        let line = line(&[
            ("6.12.100", Some("6.12.100-1")),
            ("7.3-rc7", None),
            ("6.12.100", Some("6.12.100-1~deb12u1")),
            ("6.12.99", Some("6.12.99-1")),
        ]);
        let labels: Vec<&str> = line.kernels.iter().map(|kernel| kernel.label.as_str()).collect();
        assert_eq!(labels, ["6.12.99", "6.12.100-1", "6.12.100-1~deb12u1", "7.3-rc7"]);
        assert_eq!(line.place("6.12"), Ok(2));
        assert_eq!(line.place("6.12.100-1"), Ok(1));
        assert_eq!(line.place("r_7.3-rc7"), Ok(3));
        let refusal = line.place("6.12.101").expect_err("there is none");
        assert!(refusal.ends_with("near it there are 6.12.100-1~deb12u1 and 7.3-rc7"), "{refusal}");
        let part = line.between(1, 2);
        assert_eq!((part.kernels.len(), part.candidates.len()), (2, 2));
    }
}
