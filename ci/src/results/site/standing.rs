//! What a case came to, in the order in which one is worse than another; and what several come to together.

use crate::results::cell::Cell;
use harness::record::Verdict;

/// What became of a case in a column, the worst last. What is known counts for more than what was not asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// The column has no such case.
    Absent,
    NotOffered,
    Holds,
    Deviates,
    /// The record was cut off before it.
    NotReached,
    Unsteady,
    Healed,
    Broken,
    Tainted,
    TimedOut,
    Crashed,
    Violated,
}

impl Standing {
    /// Each, in the order of the legend.
    pub(super) const ALL: [Self; 12] = [
        Self::Holds,
        Self::Deviates,
        Self::NotOffered,
        Self::Violated,
        Self::Crashed,
        Self::TimedOut,
        Self::Tainted,
        Self::Healed,
        Self::Broken,
        Self::Unsteady,
        Self::NotReached,
        Self::Absent,
    ];

    /// What a case came to. Where there is none, the record may have been `cut_off`.
    pub(super) fn of(cell: Option<&Cell>, cut_off: bool) -> Self {
        let Some(cell) = cell else {
            return if cut_off { Self::NotReached } else { Self::Absent };
        };
        match cell.verdict {
            _ if cell.unsteady => Self::Unsteady,
            Verdict::Holds => Self::Holds,
            Verdict::Deviates => Self::Deviates,
            Verdict::Healed => Self::Healed,
            Verdict::Violated => Self::Violated,
            Verdict::NotOffered => Self::NotOffered,
            Verdict::Broken => Self::Broken,
            Verdict::TimedOut => Self::TimedOut,
            Verdict::Crashed => Self::Crashed,
            Verdict::Tainted => Self::Tainted,
        }
    }

    /// The standing of these words.
    pub(super) fn of_words(words: &str) -> Self {
        Self::ALL.into_iter().find(|own| own.words() == words).unwrap_or(Self::Absent)
    }

    /// In words; those of verdicts are the suite's.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Absent => "no such case",
            Self::NotReached => "not reached",
            Self::Unsteady => "unsteady",
            Self::NotOffered => "not offered",
            Self::Holds => "holds",
            Self::Deviates => "deviates",
            Self::Healed => "healed",
            Self::Broken => "broken",
            Self::Tainted => "tainted",
            Self::TimedOut => "timed out",
            Self::Crashed => "crashed",
            Self::Violated => "violated",
        }
    }

    /// The class that colours it: what is known, and whether that is good. One letter, for a table has
    /// thousands: holds, deviates, lacks, none, unknown, bad.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Holds => "h",
            Self::Deviates => "d",
            Self::NotOffered => "l",
            Self::Absent => "n",
            Self::NotReached | Self::Unsteady | Self::Broken => "u",
            Self::Healed | Self::Tainted | Self::TimedOut | Self::Crashed | Self::Violated => "b",
        }
    }

    /// A sign that is there beside the colour.
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Holds => "●",
            Self::Deviates => "▲",
            Self::NotOffered => "○",
            Self::Absent => "–",
            Self::NotReached | Self::Unsteady | Self::Broken => "?",
            Self::Healed | Self::Tainted | Self::TimedOut | Self::Crashed | Self::Violated => "✕",
        }
    }

    /// What it means, for the legend.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Holds => "the promise is kept",
            Self::Deviates => "it is broken exactly as is known of these kernels",
            Self::NotOffered => "the kernel lacks what the case needs, and may",
            Self::Violated => "the promise is broken",
            Self::Crashed => "the case died of something nobody declared",
            Self::TimedOut => "the case did not end",
            Self::Tainted => "the kernel found itself at fault while the case ran",
            Self::Healed => "it is kept, and the list of deviations says it is broken",
            Self::Broken => "the set-up failed: nothing is known of the kernel",
            Self::Unsteady => "it differs from run to run: nothing is known",
            Self::NotReached => "the record was cut off before it",
            Self::Absent => "no case of this promise was run there",
        }
    }
}

/// What several cases come to: the worst of them, and how many came to that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Summary {
    pub worst: Standing,
    /// Cases that came to it.
    pub count: usize,
    /// Cases that there are.
    pub of: usize,
}

impl Summary {
    pub(super) fn of(cases: impl IntoIterator<Item = Standing>) -> Self {
        let mut summary = Self { worst: Standing::Absent, count: 0, of: 0 };
        for standing in cases {
            summary.of += usize::from(standing != Standing::Absent);
            if standing > summary.worst {
                (summary.worst, summary.count) = (standing, 0);
            }
            summary.count += usize::from(standing == summary.worst);
        }
        if summary.worst == Standing::Absent {
            summary.count = 0;
        }
        summary
    }

    /// `5/12` where not all came to the same; else nothing.
    pub(super) fn counts(self) -> String {
        if self.count == self.of { String::new() } else { format!("{}/{}", self.count, self.of) }
    }

    /// The word that stands in a table.
    pub(super) const fn word(self) -> &'static str {
        match self.worst {
            Standing::Absent => "no case",
            worst => worst.words(),
        }
    }

    /// `deviates (5 of 12 cases)`
    pub(super) fn line(self) -> String {
        if self.count == self.of {
            self.word().to_owned()
        } else {
            format!("{} ({} of {} cases)", self.word(), self.count, self.of)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::nothing(&[], "no case")]
    #[case::absent(&[Standing::Absent], "no case")]
    #[case::one(&[Standing::Holds], "holds")]
    #[case::the_worst(&[Standing::Holds, Standing::Deviates, Standing::Holds], "deviates (1 of 3 cases)")]
    #[case::not_asked_is_no_pass(&[Standing::NotOffered, Standing::Holds], "holds (1 of 2 cases)")]
    #[case::never_asked(&[Standing::NotOffered, Standing::Absent], "not offered")]
    #[case::unknown_is_no_pass(&[Standing::Holds, Standing::Broken], "broken (1 of 2 cases)")]
    #[case::a_fault_outweighs_the_unknown(&[Standing::Violated, Standing::Broken], "violated (1 of 2 cases)")]
    fn the_worst_is_said_with_its_number(#[case] all: &[Standing], #[case] says: &str) {
        assert_eq!(Summary::of(all.iter().copied()).line(), says);
    }

    #[test]
    fn words_are_those_of_verdicts() {
        for verdict in Verdict::ALL {
            let standing = Standing::of(Some(&Cell::new(verdict, "")), false);
            assert_eq!(standing.words(), verdict.words());
            assert_eq!(Standing::of_words(verdict.words()), standing);
        }
        assert_eq!(Standing::of(Some(&Cell::unsteady()), false).words(), "unsteady");
        assert_eq!(Standing::of(None, true).words(), "not reached");
    }
}
