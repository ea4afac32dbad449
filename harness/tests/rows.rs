//! A row of a table is called by what its author wrote: rows that are added, removed or moved rename no other.

use std::collections::BTreeSet;

const DOCUMENT: harness::Document = harness::Document { title: "this file", edition: "", url: "" };

harness::clauses! {
    ROWS = { id: "rows/named", promise: "A row has a name of its own", sources: &[DOCUMENT.at("")] }
}

#[derive(Clone, Copy)]
enum Way {
    ByPath,
    ByDescriptor,
}

mod before {
    use super::{ROWS, Way};
    use rstest::rstest;

    #[rstest]
    #[case::length(1)]
    #[case::offset(2)]
    #[case::selector(3)]
    #[harness::test(clause = ROWS)]
    fn labelled(#[case] _field: u8) {}

    #[rstest]
    #[case(-1)]
    #[case(0x7fff_ffff)]
    #[case(i64::MIN)]
    #[harness::test(clause = ROWS)]
    fn bare(#[case] _nr: i64) {}

    #[rstest]
    #[harness::test(clause = ROWS)]
    fn valued(
        #[values(Way::ByPath, Way::ByDescriptor)] _way: Way,
        #[values(1, 2)] _data: u8,
        #[values(false, true)] _armed: bool,
    ) {
    }

    #[rstest]
    #[case::plain(|| 1)]
    #[case::masked(|| 2)]
    #[harness::test(clause = ROWS)]
    fn both(#[case] _make: fn() -> u8, #[values(None, Some(42))] _result: Option<i64>) {}

    #[harness::test(clause = ROWS)]
    fn alone() {}
}

/// The same, with a row in front, two that changed places, and one less, in each table.
mod after {
    use super::{ROWS, Way};
    use rstest::rstest;

    #[rstest]
    #[case::mode(0)]
    #[case::selector(3)]
    #[case::length(1)]
    #[harness::test(clause = ROWS)]
    fn labelled(#[case] _field: u8) {}

    #[rstest]
    #[case(-512)]
    #[case(i64::MIN)]
    #[case(-1)]
    #[harness::test(clause = ROWS)]
    fn bare(#[case] _nr: i64) {}

    #[rstest]
    #[harness::test(clause = ROWS)]
    fn valued(
        #[values(Way::ByDescriptor, Way::ByPath)] _way: Way,
        #[values(0, 2)] _data: u8,
        #[values(true)] _armed: bool,
    ) {
    }

    #[rstest]
    #[case::nested(|| 3)]
    #[case::masked(|| 2)]
    #[harness::test(clause = ROWS)]
    fn both(#[case] _make: fn() -> u8, #[values(Some(42), None)] _result: Option<i64>) {}

    #[harness::test(clause = ROWS)]
    fn alone() {}
}

fn names(module: &str) -> BTreeSet<&'static str> {
    let own = harness::CASES.iter().map(|case| case.name());
    own.filter_map(|name| name.strip_prefix(module)?.strip_prefix("::")).collect()
}

#[test]
fn a_row_is_called_by_its_label_and_its_values() {
    let expected = [
        "alone",
        "bare[-1]",
        "bare[0x7fffffff]",
        "bare[LONG_MIN]",
        "both[masked, no result]",
        "both[masked, result 42]",
        "both[plain, no result]",
        "both[plain, result 42]",
        "labelled[length]",
        "labelled[offset]",
        "labelled[selector]",
        "valued[by_descriptor, data 1, armed]",
        "valued[by_descriptor, data 1, not armed]",
        "valued[by_descriptor, data 2, armed]",
        "valued[by_descriptor, data 2, not armed]",
        "valued[by_path, data 1, armed]",
        "valued[by_path, data 1, not armed]",
        "valued[by_path, data 2, armed]",
        "valued[by_path, data 2, not armed]",
    ];
    assert_eq!(names("before"), BTreeSet::from(expected));
}

#[test]
fn rows_that_come_go_and_move_rename_no_other() {
    let (before, after) = (names("before"), names("after"));
    let gone: Vec<_> = before.difference(&after).copied().collect();
    let come: Vec<_> = after.difference(&before).copied().collect();
    let expected_to_come = [
        "bare[-512]",
        "both[nested, no result]",
        "both[nested, result 42]",
        "labelled[mode]",
        "valued[by_descriptor, data 0, armed]",
        "valued[by_path, data 0, armed]",
    ];
    assert_eq!(come, expected_to_come);
    let is_of_a_row_that_went = |name: &&str| {
        name.contains("0x7fffffff")
            || name.contains("plain")
            || name.contains("offset")
            || name.contains("data 1")
            || name.contains("not armed")
    };
    assert!(gone.iter().all(is_of_a_row_that_went), "{gone:?}");
}
