//! What becomes of cases, and what that means for a run.

use super::taint;
use serde::{Deserialize, Serialize};

/// What became of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The kernel keeps the promise.
    Holds,
    /// It breaks the promise exactly as the list of known deviations says.
    Deviates,
    /// It keeps a promise that the list says it breaks: the list is out of date.
    Healed,
    /// It breaks the promise.
    Violated,
    /// It lacks what the case needs, and may.
    NotOffered,
    /// The set-up failed: nothing is known about the kernel.
    Broken,
    /// The case did not end.
    TimedOut,
    /// The case died of something nobody declared.
    Crashed,
    /// The kernel found itself at fault while the case ran: its taint changed.
    Tainted,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 9] = [
        Self::Holds,
        Self::Deviates,
        Self::Healed,
        Self::Violated,
        Self::NotOffered,
        Self::Broken,
        Self::TimedOut,
        Self::Crashed,
        Self::Tainted,
    ];

    /// Those a kernel is to blame for, the plainest first.
    pub const FAULTS: [Self; 5] =
        [Self::Violated, Self::Crashed, Self::TimedOut, Self::Tainted, Self::Healed];

    /// Its one spelling where a machine reads.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Deviates => "deviates",
            Self::Healed => "healed",
            Self::Violated => "violated",
            Self::NotOffered => "not_offered",
            Self::Broken => "broken",
            Self::TimedOut => "timed_out",
            Self::Crashed => "crashed",
            Self::Tainted => "tainted",
        }
    }

    /// In words, for people: as [`Self::word`] with blanks.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotOffered => "not offered",
            Self::TimedOut => "timed out",
            _ => self.word(),
        }
    }

    /// The verdict of this spelling.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.word() == word)
    }

    /// Whether a run with this verdict in it has succeeded as far as this case goes.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Holds | Self::Deviates | Self::NotOffered)
    }

    /// The exit status this verdict asks for: 0, 101 (the kernel) or 69 (the set-up).
    pub const fn status(self) -> u8 {
        match self {
            Self::Holds | Self::Deviates | Self::NotOffered => 0,
            Self::Broken => 69,
            Self::Healed | Self::Violated | Self::TimedOut | Self::Crashed | Self::Tainted => 101,
        }
    }
}

/// The exit status of a run: a kernel's fault outweighs a failed set-up.
pub fn status(verdicts: impl IntoIterator<Item = Verdict>) -> u8 {
    verdicts.into_iter().map(Verdict::status).max().unwrap_or(0)
}

/// The exit status that the kernel's taint asks for, which was `before` the first case and is `after` the
/// last, where that is another: that of the bits no case is `explained` to have set.
pub fn taint_status(before: Option<u64>, explained: u64, after: Option<u64>) -> u8 {
    let before = before.unwrap_or(0) | explained;
    after.and_then(|after| taint::change(before, after)).map_or(0, |(blame, _)| blame.status())
}
