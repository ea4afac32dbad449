//! Snapshots: what kernels do, as texts to review and to keep.
//!
//! One file per area, `ci/snapshots/dispatch/off.snap`, with an entry per claim, like a table of
//! compatibility:
//!
//! ```text
//! a_number_out_of_range_is_enosys
//!   promises  seccomp/trace/number-too-high
//!   needs     seccomp_filter ptrace
//!   [beyond, too_high, largest]
//!   ..5.10, 7.3..     deviates: observed 42, promised ENOSYS
//!   6.1..7.2, gvisor  holds: out of range, 42 written = ENOSYS
//! ```
//!
//! Rows that behave alike share what follows them; where a row has a comma of its own, rows are separated
//! by semicolons (`[path, blocks; path, allows]`). A value is said of columns: `*` for all that offer the
//! case, `linux` for all kernels among them, a series or a range of them, `[none+xonly]` after it for some
//! of its variants, or a system's name. `ci/snapshots/columns.snap` lists the columns, and what each of
//! them lacks: a column that lacks a need of a case does not offer it (or violates it, where the list says
//! so), which is written nowhere else. If it has something to say all the same, an exclamation mark stands
//! before it. A column of which nothing
//! is said was not run with that case.
//!
//! What a point release, a candidate, another machine or a new line in a source file changes is in none
//! of them. What another system does otherwise each time is `unsteady`, and nothing is held against that.

pub(crate) mod check;
pub(crate) mod folder;
mod read;
pub(crate) mod table;
#[cfg(test)]
mod tests;
mod write;

/// Where the workspace keeps its snapshots.
pub(crate) const FOLDER: &str = "ci/snapshots";
/// The file of the columns, without its ending, and what it calls itself.
pub(crate) const COLUMNS: &str = "columns";
/// How the first line of each file begins.
const AREA: &str = "sigsys snapshot";
const FORM: &str = "2";
const PROMISES: &str = "promises";
const NEEDS: &str = "needs";
const KERNELS: &str = "kernels";
const SYSTEMS: &str = "systems";
const STARTED: &str = "started with";
const LACKS: &str = "lacks";
/// Whether `text` is meant as a snapshot, of whatever form.
pub(crate) fn is_one(text: &str) -> bool {
    content(text).starts_with(AREA)
}

/// What a snapshot says, without what insta writes at the beginning.
pub(crate) fn content(text: &str) -> &str {
    let header = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    header.map_or(text, |(_, rest)| rest)
}
