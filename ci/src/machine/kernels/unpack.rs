//! What is packed, read without a program and without a file: gzip, xz and zstd streams. Nobody vouches for
//! a user's file, so what it unpacks to has a limit.

use std::io::{self, BufRead, ErrorKind, Read};

/// The most that one stream may unpack to, in bytes: the modules of a kernel take some hundred MB.
pub(super) const MAX_STREAM_BYTES: u64 = 8 << 30;
/// What the dictionary of an xz stream may take, in KiB: that of `xz -9` takes 64 MiB.
const MAX_XZ_KIB: u32 = 256 << 10;

/// How a stream is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Xz,
    Zstd,
}

impl Packing {
    /// Told from the first bytes.
    pub(super) fn of(begin: &[u8]) -> Option<Self> {
        match begin {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// What is in `from`.
    ///
    /// # Errors
    /// When it does not begin as it should.
    pub(super) fn reader<'a>(self, from: impl BufRead + 'a) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(from)),
            Self::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(from, true, MAX_XZ_KIB)),
            Self::Zstd => {
                let decoder = ruzstd::decoding::StreamingDecoder::new(from);
                Box::new(decoder.map_err(io::Error::other)?)
            }
        })
    }
}

/// All of `from`, unless it is more than `most` bytes.
///
/// # Errors
/// The stream's, or that it is more.
pub(super) fn all(from: &mut dyn Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::new(ErrorKind::FileTooLarge, format!("more than {most} bytes"))),
        false => Ok(bytes),
    }
}

/// What is wrong with a stream, as the end of a sentence about a file.
pub(super) fn fault(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "it is cut off: copy it again".into(),
        ErrorKind::FileTooLarge => {
            format!("what it unpacks to is no kernel: it is {error}")
        }
        _ => format!("it cannot be unpacked: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// `"kernel\n"`, packed by gzip, xz and zstd.
    const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcbN-\xcaK\xcd\xe1\x02\x00\xd8\x3e\xc3\x94\x07\x00\x00\x00";

    #[rstest]
    #[case::gzip(GZIP, Some(Packing::Gzip))]
    #[case::xz(b"\xfd7zXZ\0rest", Some(Packing::Xz))]
    #[case::zstd(b"\x28\xb5\x2f\xfd", Some(Packing::Zstd))]
    #[case::bzip2(b"BZh9", None)]
    #[case::nothing(b"", None)]
    fn the_first_bytes_tell(#[case] begin: &[u8], #[case] packing: Option<Packing>) {
        assert_eq!(Packing::of(begin), packing);
    }

    #[test]
    fn half_a_stream_and_too_long_a_one_are_told_apart() {
        let unpacked = |bytes: &'static [u8], most| {
            all(&mut Packing::Gzip.reader(bytes).expect("it begins well"), most)
        };
        let cut = unpacked(&GZIP[..GZIP.len() - 6], 100).expect_err("half of it");
        assert!(fault(&cut).starts_with("it is cut off"), "{cut}");
        let long = unpacked(GZIP, 6);
        let long = long.expect_err("a byte too long");
        assert!(fault(&long).contains("more than 6 bytes"), "{long}");
    }
}
