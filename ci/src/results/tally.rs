//! How many boots a result took.

use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// The boots of a run, or of several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct Tally {
    /// How many there were.
    pub booted: usize,
    /// How many of them did not come to an end that their suite gave them: the kernel died or hung, or the
    /// emulator did.
    pub died: usize,
    /// How many runs were begun anew, because the one before said nothing of the kernel.
    #[serde(default)]
    pub retried: usize,
}

impl Tally {
    /// Whether all went as it should: one boot, which ended well.
    pub(crate) const fn is_plain(&self) -> bool {
        self.booted <= 1 && self.died == 0 && self.retried == 0
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.booted += more.booted;
        self.died += more.died;
        self.retried += more.retried;
    }
}
