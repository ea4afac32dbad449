//! Parts of a line of kernels in words.

use schemars::JsonSchema;
use serde::Serialize;

/// A kernel in a line, as it is called in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Kernel {
    /// What no other in the line is called: its point release where that is enough.
    pub label: String,
    /// Its point release: `6.12.95`.
    pub version: String,
    /// Its series: `6.12`.
    pub series: String,
    /// What calls it by itself: the package, or the image.
    pub name: String,
}

/// Kernels in a row that do the same, by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The first.
    pub from: usize,
    /// The last.
    pub to: usize,
    /// What they do: the number of a behaviour.
    pub value: usize,
}

/// The runs of a line. `values` has the places in order, without those that have no answer.
pub(crate) fn runs(values: &[(usize, usize)]) -> Vec<Run> {
    let runs = values.chunk_by(|one, other| one.1 == other.1);
    runs.filter_map(|run| {
        let (from, to) = (run.first()?, run.last()?);
        Some(Run { from: from.0, to: to.0, value: from.1 })
    })
    .collect()
}

/// The first version for which a change holds that was seen between two kernels: between series it came with
/// the later series.
pub(crate) fn bound(before: &Kernel, after: &Kernel) -> String {
    if before.series == after.series { after.version.clone() } else { after.series.clone() }
}

/// Where kernels do `value`: `..6.12.94, 6.16.3..6.18.5`. A range is open where it reaches an end.
pub(crate) fn ranges(value: usize, runs: &[Run], kernels: &[Kernel]) -> String {
    if let [_] = runs {
        return "every kernel".into();
    }
    let said = runs.iter().enumerate().filter(|(_, run)| run.value == value).map(|(at, run)| {
        let (from, to) = (&kernels[run.from].label, &kernels[run.to].label);
        match (at == 0, at + 1 == runs.len()) {
            (true, _) => format!("..{to}"),
            (_, true) => format!("{from}.."),
            _ if run.from == run.to => from.clone(),
            _ => format!("{from}..{to}"),
        }
    });
    said.collect::<Vec<_>>().join(", ")
}

/// Since when kernels do `value`, branch by branch: `since 6.12.95 in 6.12, everywhere from 6.19.6`.
pub(crate) fn branches(value: usize, values: &[(usize, usize)], kernels: &[Kernel]) -> String {
    let series = |at: usize| kernels[values[at].0].series.as_str();
    let label = |at: usize| kernels[values[at].0].label.as_str();
    let does = |at: usize| values[at].1 == value;
    // From here on all do it, and here a series begins.
    let begins = |at: usize| at == 0 || series(at - 1) != series(at);
    let everywhere = (0..values.len())
        .filter(|at| begins(*at))
        .find(|at| (*at..values.len()).all(does))
        .unwrap_or(values.len());
    let mut said = Vec::new();
    let places: Vec<usize> = (0..everywhere).collect();
    for branch in places.chunk_by(|one, other| series(*one) == series(*other)) {
        let (first, last) = (branch[0], branch[branch.len() - 1]);
        let name = series(first);
        let stretches = branch.chunk_by(|one, other| does(*one) == does(*other));
        for stretch in stretches.filter(|stretch| does(stretch[0])) {
            let (from, to) = (stretch[0], stretch[stretch.len() - 1]);
            said.push(match (from == first, to == last) {
                (true, true) => format!("in all of {name}"),
                (true, false) => format!("before {} in {name}", label(to + 1)),
                (false, true) => format!("since {} in {name}", label(from)),
                (false, false) => format!("from {} to {} in {name}", label(from), label(to)),
            });
        }
    }
    match everywhere {
        0 => said.push("everywhere".into()),
        at if at < values.len() => said.push(format!("everywhere from {}", label(at))),
        _ => {}
    }
    said.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    pub(super) fn kernels() -> Vec<Kernel> {
        let all = ["5.10.1", "6.1.1", "6.1.2", "6.1.3", "6.12.1", "6.12.2", "7.0.1", "7.0.2"];
        let kernel = |version: &&str| {
            let (series, _) = version.rsplit_once('.').expect("a point release");
            let (label, name) = ((*version).to_owned(), format!("linux-{version}"));
            Kernel { version: label.clone(), label, series: series.into(), name }
        };
        all.iter().map(kernel).collect()
    }

    #[rstest]
    #[case::never("aaaaaaaa", "", "")]
    #[case::always("bbbbbbbb", "every kernel", "everywhere")]
    #[case::with_a_series("aaaabbbb", "6.12.1..", "everywhere from 6.12.1")]
    #[case::last_point("aaaaaaab", "7.0.2..", "since 7.0.2 in 7.0")]
    #[case::backports("aaabaabb", "6.1.3, 7.0.1..", "since 6.1.3 in 6.1, everywhere from 7.0.1")]
    #[case::all_of_one("abbbaaab", "6.1.1..6.1.3, 7.0.2..", "in all of 6.1, since 7.0.2 in 7.0")]
    #[case::no_longer("bbaaaaaa", "..6.1.1", "in all of 5.10, before 6.1.2 in 6.1")]
    #[case::amid("aabaaaaa", "6.1.2", "from 6.1.2 to 6.1.2 in 6.1")]
    fn where_kernels_do_it(#[case] line: &str, #[case] said: &str, #[case] by_branch: &str) {
        let kernels = kernels();
        let values: Vec<(usize, usize)> =
            line.bytes().enumerate().map(|(at, byte)| (at, usize::from(byte == b'b'))).collect();
        let runs = runs(&values);
        assert_eq!(
            ranges(1, &runs, &kernels),
            if line.contains('b') { said } else { "every kernel" }
        );
        assert_eq!(branches(1, &values, &kernels), by_branch);
    }

    #[test]
    fn what_changed_between_series_came_with_the_later_one() {
        let kernels = kernels();
        assert_eq!(bound(&kernels[1], &kernels[2]), "6.1.2");
        assert_eq!(bound(&kernels[3], &kernels[4]), "6.12");
    }
}
