//! What apt says of the packages, read: which of them are kernels, and which belong together.
//!
//! apt has parsed and checked the index and prints one `Field: value` a line; a parser of the format itself
//! would have nothing left to do.

use super::{Availability, Packaged, Source};
use crate::results::release::Release;
use debversion::Version;
use std::collections::BTreeMap;

/// How the names of the packages begin: a whole kernel or (since 6.19) what leads to its parts; the image
/// alone; its configuration.
pub(super) const BEGINNINGS: [&str; 3] = ["linux-image-", "linux-binary-", "linux-base-"];
/// How the releases end that are meant: kernels for virtual machines, with all that a microvm needs.
pub(super) const FLAVOUR: &str = "-cloud-amd64";
const UNSIGNED: &str = "-unsigned";

/// Whether a package of this name has something of a kernel in it.
pub(super) fn is_part(name: &str) -> bool {
    part(name).is_some()
}

/// How the name begins, the release, and whether the image is unsigned.
fn part(name: &str) -> Option<(&'static str, &str, bool)> {
    let begin = BEGINNINGS.into_iter().find(|begin| name.starts_with(begin))?;
    let rest = name.strip_prefix(begin)?;
    let release = rest.strip_suffix(UNSIGNED);
    let unsigned = release.is_some();
    let release = release.unwrap_or(rest);
    let is_release =
        release.starts_with(|c: char| c.is_ascii_digit()) && release.ends_with(FLAVOUR);
    is_release.then_some((begin, release, unsigned))
}

/// A package: what the index says of it.
#[derive(Default)]
struct Paragraph {
    size: u64,
    depends: String,
}

/// The kernels among the packages: `places` are lines of `apt-cache madison`, `paragraphs` what `apt-cache
/// show` prints. The oldest comes first.
pub(super) fn kernels(places: &str, paragraphs: &str) -> Vec<Packaged> {
    let suites = suites(places);
    let packages = packages(paragraphs);
    let mut kernels: BTreeMap<(&str, &str), Packaged> = BTreeMap::new();
    for ((name, version), paragraph) in &packages {
        let Some((begin, release, unsigned)) = part(name) else { continue };
        // The image that depends on another one is a name for the newest; that which depends on its parts
        // is empty.
        let leads_on = |what: &str| paragraph.depends.contains(what);
        let is_image = match begin {
            "linux-image-" => !leads_on("linux-image-") && !leads_on("linux-binary-"),
            _ => begin == "linux-binary-",
        };
        if !is_image {
            continue;
        }
        let key = |name: String| (name, (*version).to_owned());
        let base = format!("linux-base-{release}");
        let base = (begin == "linux-binary-")
            .then(|| Some((packages.get(&(base.as_str(), *version))?.size, base.clone())))
            .flatten();
        let source = Source {
            image: (*name).to_owned(),
            config: base.as_ref().map(|(_, name)| name.clone()),
            size: paragraph.size + base.as_ref().map_or(0, |(size, _)| *size),
        };
        let own = suites.get(&key((*name).to_owned())).cloned().unwrap_or_default();
        let kernel = kernels.entry((release, version)).or_insert_with(|| Packaged {
            version: upstream(version),
            package: (*version).to_owned(),
            release: (*release).to_owned(),
            suites: Vec::new(),
            size: 0,
            config: begin == "linux-image-" || base.is_some(),
            state: Availability::Listed,
            sources: Vec::new(),
        });
        for suite in own {
            if !kernel.suites.contains(&suite) {
                kernel.suites.push(suite);
            }
        }
        // The signed one boots as well, and comes first.
        match unsigned {
            true => kernel.sources.push(source),
            false => kernel.sources.insert(0, source),
        }
        kernel.size = kernel.sources[0].size;
    }
    sorted(kernels.into_values().collect())
}

/// In the order in which the kernels came out, then in that of their packages.
pub(super) fn sorted(mut kernels: Vec<Packaged>) -> Vec<Packaged> {
    kernels.sort_by(|one, other| {
        let upstream = |kernel: &Packaged| Release::read(&kernel.version);
        let package = |kernel: &Packaged| kernel.package.parse::<Version>().ok();
        let order = upstream(one).cmp(&upstream(other));
        order.then_with(|| package(one).cmp(&package(other))).then(one.release.cmp(&other.release))
    });
    kernels
}

/// The kernel's version, of that of a package: `7.3-rc7` of `7.3~rc7-1~exp1`.
pub(super) fn upstream(package: &str) -> String {
    let upstream = package.rsplit_once('-').map_or(package, |(upstream, _)| upstream);
    upstream.replace("~rc", "-rc")
}

fn suites(places: &str) -> BTreeMap<(String, String), Vec<String>> {
    let mut suites: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for line in places.lines() {
        let mut parts = line.split(" | ").map(str::trim);
        let (Some(name), Some(version), Some(place)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let suite = place.split(' ').nth(1).and_then(|place| Some(place.rsplit_once('/')?.0));
        let own = suites.entry((name.to_owned(), version.to_owned())).or_default();
        own.extend(suite.map(str::to_owned));
    }
    suites
}

fn packages(paragraphs: &str) -> BTreeMap<(&str, &str), Paragraph> {
    let mut packages = BTreeMap::new();
    for text in paragraphs.split("\n\n") {
        let field = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::trim)
        };
        if let (Some(name), Some(version)) = (field("Package"), field("Version")) {
            let paragraph = Paragraph {
                size: field("Size").and_then(|size| size.parse().ok()).unwrap_or(0),
                depends: field("Depends").unwrap_or_default().to_owned(),
            };
            packages.insert((name, version), paragraph);
        }
    }
    packages
}
