//! Lies about files in which the kernel tells something, and is told something.

use super::{Door, Tell, chosen};
use crate::uapi;
use std::io;

/// A lie about one file.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: &'static str,
    pub(crate) what: Filed,
}

/// What is told of it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Filed {
    /// The first reads as the second.
    Reads(&'static str, &'static str),
    /// It is not there.
    Missing,
    /// It is there where it is not, and reads as this.
    MadeUp(&'static str),
    /// These permission bits are the other way round.
    Mode(u32),
    /// The first is taken for the second where it is written.
    Taken(&'static str, &'static str),
    /// A write of this succeeds and changes nothing.
    Ignored(&'static str),
    /// A write of this is done and says this error.
    Refused(&'static str, i32),
    /// A write that is refused says that it has succeeded.
    Accepted,
    /// A write that is refused says this error.
    Other(i32),
}

fn told(path: &str, fits: impl Fn(Filed) -> bool) -> Option<Filed> {
    let of_it = |tell: &Tell| matches!(tell, Tell::File(lie) if lie.path == path && fits(lie.what));
    match chosen(Door::File, of_it) {
        Some(Tell::File(lie)) => Some(lie.what),
        _ => None,
    }
}

/// What is told of a text that the kernel gave, or did not give, for a file.
pub(crate) fn text_read(path: &str, text: io::Result<String>) -> io::Result<String> {
    let fits = |what| match (what, &text) {
        (Filed::Reads(from, to), Ok(text)) => text.replace(from, to) != *text,
        (Filed::Missing, Ok(_)) => true,
        (Filed::MadeUp(_), Err(error)) => error.kind() == io::ErrorKind::NotFound,
        _ => false,
    };
    match told(path, fits) {
        Some(Filed::Reads(from, to)) => text.map(|text| text.replace(from, to)),
        Some(Filed::Missing) => Err(io::Error::from_raw_os_error(uapi::ENOENT as i32)),
        Some(Filed::MadeUp(other)) => Ok(other.to_owned()),
        _ => text,
    }
}

/// What is told of a file's permission bits.
pub(crate) fn mode_read(path: &str, mode: u32) -> u32 {
    match told(path, |what| matches!(what, Filed::Mode(_))) {
        Some(Filed::Mode(bits)) => mode ^ bits,
        _ => mode,
    }
}

/// Writes a text by `write`, and tells what came of it.
pub(crate) fn text_written(
    path: &str,
    text: &str,
    write: impl Fn(&str) -> io::Result<()>,
) -> io::Result<()> {
    let before = |what| match what {
        Filed::Taken(from, _) | Filed::Ignored(from) | Filed::Refused(from, _) => from == text,
        _ => false,
    };
    match told(path, before) {
        Some(Filed::Taken(_, to)) => return write(to),
        Some(Filed::Ignored(_)) => return Ok(()),
        Some(Filed::Refused(_, errno)) => {
            return write(text).and(Err(io::Error::from_raw_os_error(errno)));
        }
        _ => {}
    }
    let result = write(text);
    let after = |what| match what {
        Filed::Accepted => result.is_err(),
        Filed::Other(errno) => {
            result.as_ref().is_err_and(|error| error.raw_os_error() != Some(errno))
        }
        _ => false,
    };
    match told(path, after) {
        Some(Filed::Accepted) => Ok(()),
        Some(Filed::Other(errno)) => Err(io::Error::from_raw_os_error(errno)),
        _ => result,
    }
}
