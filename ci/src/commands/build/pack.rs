//! An archive that has the same bytes whenever and wherever it is made of the same files.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// A file to be packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub bytes: Vec<u8>,
    pub is_program: bool,
}

/// Files by their path in the archive's folder.
pub(super) type Files = BTreeMap<String, Entry>;

/// How an archive is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    /// The one that the name of the archive asks for.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        match () {
            () if name.ends_with(".tar.gz") || name.ends_with(".tgz") => Some(Self::Gzip),
            () if name.ends_with(".tar.zst") => Some(Self::Zstd),
            () => None,
        }
    }
}

/// Packs `files` into a folder called `name`, all of them root's and of `time`, in seconds since 1970.
///
/// # Errors
/// When a name is too long for an archive.
pub(super) fn archive(
    name: &str,
    files: &Files,
    time: u64,
    packing: Packing,
) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, entry) in files {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_mode(if entry.is_program { 0o755 } else { 0o644 });
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(time);
        header.set_size(entry.bytes.len() as u64);
        header.set_path(format!("{name}/{path}"))?;
        header.set_cksum();
        archive.append(&header, entry.bytes.as_slice())?;
    }
    let bytes = archive.into_inner()?;
    match packing {
        Packing::Gzip => {
            // Without the time and the name that gzip would note.
            let builder = flate2::GzBuilder::new();
            let mut packed = builder.write(Vec::new(), flate2::Compression::best());
            packed.write_all(&bytes)?;
            packed.finish()
        }
        Packing::Zstd => Ok(ruzstd::encoding::compress_to_vec(
            bytes.as_slice(),
            ruzstd::encoding::CompressionLevel::Fastest,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::io::Read;

    fn files() -> Files {
        let entry = |bytes: &[u8], is_program| Entry { bytes: bytes.into(), is_program };
        let suite = entry(&[b'x'; 100_000], true);
        [("sigsys".into(), suite), ("manual/a.md".into(), entry(b"a", false))].into()
    }

    #[rstest]
    #[case::gzip(Packing::Gzip)]
    #[case::zstd(Packing::Zstd)]
    fn what_is_packed_comes_out_and_packs_alike(#[case] packing: Packing) {
        let packed = archive("sigsys-1", &files(), 1_700_000_000, packing).expect("packed");
        assert_eq!(packed, archive("sigsys-1", &files(), 1_700_000_000, packing).expect("packed"));
        let reader: Box<dyn Read> = match packing {
            Packing::Gzip => Box::new(flate2::read::GzDecoder::new(packed.as_slice())),
            Packing::Zstd => {
                let reader = ruzstd::decoding::StreamingDecoder::new(packed.as_slice());
                Box::new(reader.expect("a stream"))
            }
        };
        let mut found = Vec::new();
        for entry in tar::Archive::new(reader).entries().expect("an archive") {
            let mut entry = entry.expect("an entry");
            let (header, mut bytes) = (entry.header().clone(), Vec::new());
            entry.read_to_end(&mut bytes).expect("read");
            let path = entry.path().expect("a path").display().to_string();
            let about = (header.mtime(), header.uid(), header.gid(), header.mode());
            let about = about.0.and_then(|time| Ok((time, about.1?, about.2?, about.3?)));
            found.push((path, bytes.len(), about.expect("numbers")));
        }
        let about = |mode| (1_700_000_000, 0, 0, mode);
        assert_eq!(
            found,
            [
                ("sigsys-1/manual/a.md".to_owned(), 1, about(0o644)),
                ("sigsys-1/sigsys".to_owned(), 100_000, about(0o755)),
            ]
        );
    }

    #[rstest]
    #[case("a/b.tar.gz", Some(Packing::Gzip))]
    #[case("b.tgz", Some(Packing::Gzip))]
    #[case("b.tar.zst", Some(Packing::Zstd))]
    #[case("b.zip", None)]
    #[case("/", None)]
    fn the_name_says_how(#[case] path: &str, #[case] packing: Option<Packing>) {
        assert_eq!(Packing::of(Path::new(path)), packing);
    }
}
