//! The kernel of a record in one line.

use harness::record::Header;

/// The kernel in one line, with what changes results; and which part of the cases a record is of.
pub(crate) fn kernel(header: &Header) -> String {
    let mut line = harness::report::failure::kernel_line(&header.kernel);
    if let Some(shard) = header.shard {
        line += &format!(", shard {shard} alone");
    }
    if let Some(times) = header.repeat {
        line += &format!(", each case {times} times");
    }
    line
}
