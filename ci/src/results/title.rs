//! The kernel of a record in one line.

use harness::record::Header;

/// The kernel in one line, with what changes results.
pub(crate) fn kernel(header: &Header) -> String {
    harness::report::failure::kernel_line(&header.kernel)
}
