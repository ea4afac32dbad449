//! A Debian package, read in memory: the image and the configuration that are in it. Nothing of it is
//! written, followed or run, so a package from anywhere can be looked at.

use super::unpack::{self, Packing};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

/// How a package begins.
pub(super) const MAGIC: &[u8] = b"!<arch>\n";
/// The longest image that is taken, in bytes, and the longest configuration.
const MAX_IMAGE_BYTES: u64 = 1 << 30;
const MAX_CONFIG_BYTES: u64 = 16 << 20;
const MAX_CONTROL_BYTES: u64 = 4 << 20;

/// A file of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Its path, without a `/` at the front.
    pub path: String,
    /// The release its path names.
    pub release: String,
    pub bytes: Vec<u8>,
}

/// What a package holds of a kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Package {
    pub name: String,
    pub version: String,
    pub images: Vec<Member>,
    pub configs: Vec<Member>,
}

impl Package {
    /// Reads the package at `path`.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence about the file.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        check_length(path)?;
        let open = |error: io::Error| error.to_string();
        let mut archive = ar::Archive::new(BufReader::new(File::open(path).map_err(open)?));
        let mut package = None;
        while let Some(entry) = archive.next_entry() {
            let mut entry = entry.map_err(|error| unpack::fault(&error))?;
            let name = String::from_utf8_lossy(entry.header().identifier()).into_owned();
            let name = name.trim_end_matches('/');
            if name.starts_with("control.tar") {
                package = Some(control(&mut entry).map_err(|error| unpack::fault(&error))?);
                let machine = package.as_ref().map_or("", |(_, machine)| machine);
                if !["amd64", "all", ""].contains(&machine) {
                    return Err(format!(
                        "it is a package for {machine}; sigsys boots x86-64 kernels"
                    ));
                }
            } else if name.starts_with("data.tar") {
                let (mut package, _) = package.unwrap_or_default();
                package.fill(&mut entry).map_err(|error| unpack::fault(&error))?;
                return Ok(package);
            }
        }
        Err("it is no Debian package: there is no data.tar in it".into())
    }

    fn fill(&mut self, data: &mut dyn Read) -> io::Result<()> {
        let mut tar = tar::Archive::new(unpacked(data)?.take(unpack::MAX_STREAM_BYTES));
        for entry in tar.entries()? {
            let mut entry = entry?;
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let path = path.trim_start_matches("./").trim_start_matches('/').to_owned();
            let Some((what, release)) = kernel_file(&path) else { continue };
            let release = release.to_owned();
            let (files, most) = match what {
                What::Image => (&mut self.images, MAX_IMAGE_BYTES),
                What::Config => (&mut self.configs, MAX_CONFIG_BYTES),
            };
            let bytes = unpack::all(&mut entry, most)?;
            files.push(Member { path, release, bytes });
        }
        // What checks the stream stands at its end.
        io::copy(&mut tar.into_inner(), &mut io::sink()).map(drop)
    }
}

/// What a file of a kernel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Image,
    Config,
}

/// What the file at `path` of an installed system is, and of which release: `boot/NAME-RELEASE`, or
/// `usr/lib/modules/RELEASE/NAME`.
fn kernel_file(path: &str) -> Option<(What, &str)> {
    const NAMES: [(&str, What); 2] = [("vmlinuz", What::Image), ("config", What::Config)];
    let modules = path.strip_prefix("usr/").unwrap_or(path).strip_prefix("lib/modules/");
    NAMES.into_iter().find_map(|(name, what)| {
        let in_boot = path
            .strip_prefix("boot/")
            .and_then(|file| file.strip_prefix(name)?.strip_prefix('-'))
            .filter(|release| !release.is_empty() && !release.contains('/'));
        let beside = modules
            .and_then(|rest| rest.split_once('/'))
            .and_then(|(release, file)| (file == name).then_some(release));
        Some((what, in_boot.or(beside)?))
    })
}

/// The stream in a member of a package; by its first bytes, as its name could say anything.
fn unpacked<'a>(member: &'a mut dyn Read) -> io::Result<Box<dyn Read + 'a>> {
    let mut begin = [0; 6];
    member.read_exact(&mut begin)?;
    let packing = Packing::of(&begin);
    let whole = BufReader::new(io::Cursor::new(begin).chain(member));
    match packing {
        Some(packing) => packing.reader(whole),
        None => Ok(Box::new(whole)),
    }
}

/// Name and version of a package, and the machine it is for.
fn control(member: &mut dyn Read) -> io::Result<(Package, String)> {
    let mut tar = tar::Archive::new(unpacked(member)?.take(MAX_CONTROL_BYTES));
    for entry in tar.entries()? {
        let mut entry = entry?;
        let path = entry.path_bytes().into_owned();
        if ![b"./control".as_slice(), b"control"].contains(&path.as_slice()) {
            continue;
        }
        let text = unpack::all(&mut entry, MAX_CONTROL_BYTES)?;
        let text = String::from_utf8_lossy(&text);
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.unwrap_or_default().trim().to_owned()
        };
        let package =
            Package { name: field("Package"), version: field("Version"), ..Package::default() };
        return Ok((package, field("Architecture")));
    }
    Ok((Package::default(), String::new()))
}

/// Whether all of the package is there: what its members say they take, held against the file.
fn check_length(path: &Path) -> Result<(), String> {
    const HEADER: u64 = 60;
    let say = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => unpack::fault(&error),
        _ => error.to_string(),
    };
    let mut file = File::open(path).map_err(say)?;
    let length = file.metadata().map_err(say)?.len();
    let mut at = MAGIC.len() as u64;
    let mut members = 0;
    while at < length {
        let mut header = [0; HEADER as usize];
        file.seek(io::SeekFrom::Start(at)).map_err(say)?;
        file.read_exact(&mut header).map_err(say)?;
        let size =
            std::str::from_utf8(&header[48..58]).ok().and_then(|size| size.trim().parse().ok());
        let size: u64 = size.ok_or("it is no Debian package: a member has no size")?;
        let end = at.saturating_add(HEADER).saturating_add(size);
        if end > length {
            return Err(unpack::fault(&io::ErrorKind::UnexpectedEof.into()));
        }
        at = end + end % 2;
        members += 1;
    }
    match members {
        0..3 => Err(unpack::fault(&io::ErrorKind::UnexpectedEof.into())),
        _ => Ok(()),
    }
}
