//! What happens in a column while it runs.

use harness::record::Verdict;

/// Something to show.
#[derive(Clone, Debug)]
pub(super) enum News {
    Started,
    Case(Verdict),
    Note(String),
}
