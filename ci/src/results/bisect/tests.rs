//! The search on lines that are known wholly.

use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// A line: for each series what its kernels do; nothing where one has no answer.
type Truth = Vec<Vec<Option<u8>>>;

fn series(truth: &Truth) -> Vec<String> {
    let named = truth.iter().enumerate();
    named.flat_map(|(at, branch)| vec![format!("6.{at}"); branch.len()]).collect()
}

/// Asks until nothing is wanted; gives the changes and the answers. `late` picks which of the kernels that
/// are wanted answers first.
fn play(truth: &Truth, depth: Depth, late: usize) -> (Vec<Change>, Answers<u8>) {
    let (series, line) = (series(truth), truth.concat());
    let search = Search { series: &series, depth };
    let mut answers = Answers::new();
    loop {
        let wanted = search.wanted(&answers);
        if wanted.is_empty() {
            return (search.changes(&answers), answers);
        }
        let place = wanted[late % wanted.len()];
        assert_eq!(answers.insert(place, line[place]), None, "{place} was asked before");
    }
}

/// Every change between neighbours that answer.
fn all_changes(truth: &Truth) -> Vec<Change> {
    let line = truth.concat();
    let answering: Vec<usize> = (0..line.len()).filter(|place| line[*place].is_some()).collect();
    let pairs = answering.windows(2).filter(|pair| line[pair[0]] != line[pair[1]]);
    pairs.map(|pair| Change { before: pair[0], after: pair[1] }).collect()
}

/// How often a gap of so many kernels, with those around it, can be halved.
fn halvings(gap: usize) -> usize {
    gap.saturating_sub(1).next_power_of_two().trailing_zeros() as usize
}

/// Behaviours that come one after the other and never again within a series, as a mend does.
fn ordered(truth: Vec<Vec<u8>>) -> Truth {
    let branch = |mut branch: Vec<u8>| {
        branch.sort_unstable();
        branch.into_iter().map(Some).collect()
    };
    truth.into_iter().map(branch).collect()
}

fn answering(truth: Vec<Vec<u8>>) -> Truth {
    truth.into_iter().map(|branch| branch.into_iter().map(Some).collect()).collect()
}

proptest! {
    /// A change that is found is there: its kernels answered, differ, and stand side by side but for
    /// kernels without an answer.
    #[test]
    fn what_is_found_is_there(
        truth in vec(vec(proptest::option::weighted(0.9, 0..3_u8), 1..9), 1..6),
        late in 0..5_usize,
        every: bool,
    ) {
        let depth = if every { Depth::Every } else { Depth::One };
        let (changes, _) = play(&truth, depth, late);
        let all = all_changes(&truth);
        prop_assert!(changes.iter().all(|change| all.contains(change)));
    }

    /// One change is found whenever the ends differ, in a step for each halving, first of the series, then
    /// of the kernels.
    #[test]
    fn ends_that_differ_have_a_change(truth in vec(vec(0..3_u8, 1..20), 1..12)) {
        let truth = answering(truth);
        let (changes, answers) = play(&truth, Depth::One, 0);
        let line = truth.concat();
        prop_assert_eq!(changes.len(), usize::from(line.first() != line.last()));
        let longest = truth.iter().map(Vec::len).max().unwrap_or(0) + 1;
        let most = line.len().min(2) + halvings(truth.len() + 1) + halvings(longest);
        prop_assert!(answers.len() <= most, "{} answers, at most {}", answers.len(), most);
    }

    /// Where no behaviour comes back within a series, every change is found, whatever the branches have in
    /// common; at the cost of the samples and a step for each halving and change.
    #[test]
    fn every_change_is_found(
        truth in vec(vec(0..3_u8, 1..20), 1..12).prop_map(ordered),
        late in 0..5_usize,
    ) {
        let (changes, answers) = play(&truth, Depth::Every, late);
        prop_assert_eq!(&changes, &all_changes(&truth));
        let samples: usize = truth.iter().map(|branch| branch.len().min(2)).sum();
        let place_in = |change: &Change| {
            let mut begin = 0;
            truth.iter().find_map(|branch| {
                begin += branch.len();
                (change.after < begin).then_some(branch.len())
            })
        };
        let within = changes.iter().filter_map(place_in).map(halvings).sum::<usize>();
        prop_assert!(answers.len() <= samples + within, "{} of {}", answers.len(), samples + within);
    }

    /// Whatever a series does between its ends, a change is found in each whose ends differ, and between
    /// series wherever there is one.
    #[test]
    fn samples_that_differ_have_a_change(truth in vec(vec(0..3_u8, 1..9), 1..6)) {
        let truth = answering(truth);
        let (changes, _) = play(&truth, Depth::Every, 0);
        let (mut begin, line) = (0, truth.concat());
        for branch in &truth {
            let end = begin + branch.len();
            let within = changes.iter().any(|change| change.before >= begin && change.after < end);
            prop_assert!(within || branch.first() == branch.last());
            let across = changes.iter().any(|change| change.before + 1 == end && change.after == end);
            prop_assert_eq!(across, end < line.len() && line[end - 1] != line[end]);
            begin = end;
        }
    }

    /// A kernel without an answer is as one that was never packaged, wherever it stands.
    #[test]
    fn the_neighbour_is_used(truth in vec(vec(0..3_u8, 2..9), 1..6).prop_map(ordered), gone: usize) {
        let mut holed = truth.clone();
        let at = gone % holed.len();
        let place = gone / holed.len() % holed[at].len();
        holed[at][place] = None;
        let (changes, answers) = play(&holed, Depth::Every, 0);
        prop_assert_eq!(changes, all_changes(&holed));
        let silent = answers.values().filter(|answer| answer.is_none()).count();
        prop_assert!(silent <= 1);
    }
}

#[test]
fn a_line_without_an_answer_has_no_change() {
    let truth = vec![vec![None; 3]];
    let (changes, answers) = play(&truth, Depth::One, 0);
    assert!(changes.is_empty() && answers.len() == 3);
    assert!(play(&Vec::new(), Depth::Every, 0).0.is_empty());
}

/// A mend that 6.0 and 6.2 have from a point release on, and 6.1 never: the line is no history.
#[test]
fn a_backport_is_followed_in_each_branch() {
    let branch = |line: &str| line.bytes().map(|byte| Some(byte - b'a')).collect();
    let truth = vec![branch("aaaab"), branch("aaa"), branch("aabb"), branch("bbb")];
    let (changes, _) = play(&truth, Depth::Every, 0);
    let places: Vec<(usize, usize)> =
        changes.iter().map(|change| (change.before, change.after)).collect();
    assert_eq!(places, [(3, 4), (4, 5), (9, 10)]);
    // One change alone: that of the youngest branch in which it came with a point release.
    let (changes, answers) = play(&truth, Depth::One, 0);
    assert_eq!(changes, [Change { before: 9, after: 10 }]);
    assert_eq!(answers.len(), 6);
}

#[test]
fn the_schema_is_the_committed_one() {
    let schema = schemars::schema_for!(report::Report).to_value();
    crate::results::schema_is(&schema, include_str!("../../schemas/bisect.json"), "bisect.json");
}
