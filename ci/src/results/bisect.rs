//! Where the behaviour of kernels changes: which of them to ask next, and what the answers come to.
//!
//! Kernels stand in a line, the oldest release first. Stable branches overlap in time, so that the line is no
//! history: 6.1.180 may have a fix that 6.12.43 lacks. What may have changed between two neighbours is the
//! point release within a series, and the branch between the last of one and the first of the next.
//!
//! The search has no state but the answers: what is wanted next follows from them alone. An answer may be
//! missing (a kernel that cannot be had, or says nothing): the line closes up where that kernel stood.

pub(crate) mod behaviour;
pub(crate) mod entries;
pub(crate) mod report;
pub(crate) mod text;
pub(crate) mod words;

use std::collections::BTreeMap;

/// What kernels answered, by their places in the line; nothing where one has no answer.
pub(crate) type Answers<B> = BTreeMap<usize, Option<B>>;

/// How far to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// For one change between the ends.
    One,
    /// For every change between two samples that differ: those are the first and the last of each series.
    Every,
}

/// Two kernels that behave differently, with none between them that could be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The last that behaves as before.
    pub before: usize,
    /// The first that behaves otherwise.
    pub after: usize,
}

/// A search in a line of kernels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search<'a> {
    /// The series of each kernel; those of one series stand together.
    pub series: &'a [String],
    /// How far to look.
    pub depth: Depth,
}

impl Search<'_> {
    /// The kernels to ask now, in any order or at once. None when the search is over.
    pub(crate) fn wanted<B: Eq>(&self, answers: &Answers<B>) -> Vec<usize> {
        let line = self.line(answers);
        let samples = match self.depth {
            Depth::One => ends(&line),
            Depth::Every => self.samples(&line),
        };
        let open: Vec<usize> =
            samples.into_iter().filter(|place| !answers.contains_key(place)).collect();
        if !open.is_empty() {
            return open;
        }
        let middle = |gap: &[usize]| gap[gap.len() / 2];
        match self.depth {
            Depth::One => self.gap(&line, answers).map(|gap| middle(&gap)).into_iter().collect(),
            Depth::Every => gaps(&line, answers)
                .into_iter()
                .filter(|gap| gap.len() > 2)
                .map(|gap| middle(&gap))
                .collect(),
        }
    }

    /// The changes that the answers show; all there are to be found once nothing is wanted.
    pub(crate) fn changes<B: Eq>(&self, answers: &Answers<B>) -> Vec<Change> {
        let line = self.line(answers);
        let closed: Vec<Vec<usize>> =
            gaps(&line, answers).into_iter().filter(|gap| gap.len() == 2).collect();
        let changes = closed.iter().map(|gap| Change { before: gap[0], after: gap[1] });
        match self.depth {
            Depth::One => changes.take(1).collect(),
            Depth::Every => changes.collect(),
        }
    }

    /// The kernels of which it is not known that they have no answer.
    fn line<B>(&self, answers: &Answers<B>) -> Vec<usize> {
        let mute = |place: &usize| matches!(answers.get(place), Some(None));
        (0..self.series.len()).filter(|place| !mute(place)).collect()
    }

    /// The first and the last kernel of each series.
    fn samples(&self, line: &[usize]) -> Vec<usize> {
        let series = line.chunk_by(|one, other| self.series[*one] == self.series[*other]);
        series.flat_map(ends).collect()
    }

    /// Where a change is to be looked for, with the kernels around it: first among the oldest kernels of
    /// each series, which are what the series was branched off as, then among point releases.
    fn gap<B: Eq>(&self, line: &[usize], answers: &Answers<B>) -> Option<Vec<usize>> {
        let is_joint = |at: usize| {
            at == 0 || at + 1 == line.len() || self.series[line[at - 1]] != self.series[line[at]]
        };
        let joints: Vec<usize> =
            (0..line.len()).filter(|at| is_joint(*at)).map(|at| line[at]).collect();
        let wide = gaps(&joints, answers).into_iter().next()?;
        if wide.len() > 2 {
            return Some(wide);
        }
        let (from, to) = (wide[0], wide[1]);
        let narrow: Vec<usize> =
            line.iter().copied().filter(|place| (from..=to).contains(place)).collect();
        gaps(&narrow, answers).into_iter().next().filter(|gap| gap.len() > 2)
    }
}

/// The first and the last; one where there is one.
fn ends(line: &[usize]) -> Vec<usize> {
    let mut ends: Vec<usize> = line.first().into_iter().chain(line.last()).copied().collect();
    ends.dedup();
    ends
}

/// The parts of a line between two answers that differ, each with these two.
fn gaps<B: Eq>(line: &[usize], answers: &Answers<B>) -> Vec<Vec<usize>> {
    let known = |place: usize| answers.get(&place).and_then(Option::as_ref);
    let answered: Vec<usize> = (0..line.len()).filter(|at| known(line[*at]).is_some()).collect();
    let differ = answered.windows(2).filter(|pair| known(line[pair[0]]) != known(line[pair[1]]));
    differ.map(|pair| line[pair[0]..=pair[1]].to_vec()).collect()
}

#[cfg(test)]
mod tests;
