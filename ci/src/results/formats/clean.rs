//! Foreign text, made harmless before a format's own escapes.

use crate::printable::{self, printable};
use harness::record::one_line;

/// In one line.
pub(super) fn line(text: &str) -> String {
    printable(&one_line(text)).into_owned()
}

/// In as many lines as it has.
pub(super) fn lines(text: &str) -> String {
    printable::lines(text).into_owned()
}
