//! Lies about files in which the kernel tells something, and is told something.

use super::kinds::file::Filed;
use super::lie::{Door, Tell};
use super::state::chosen;
use crate::uapi;
use std::io;

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
