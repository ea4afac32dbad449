mod places;

use super::table::{Case, Column, Table};
use super::{read, write};
use crate::results::cell::Cell;
use crate::results::names::{self, join, split};
use crate::results::ranges::Id;
use crate::results::run_results::OWED;
use crate::results::sample;
use harness::record::Verdict;
use proptest::prelude::*;
use rstest::rstest;
use std::collections::BTreeMap;

/// Both kernels that were made by hand.
fn table() -> Table {
    let (older, newer) = (sample::older(), sample::newer());
    let mut table = Table::default();
    table.describe(&sample::suite(&[&older, &newer]));
    table.lay(&Id::kernel("6.1", "xonly"), &older);
    table.lay(&Id::kernel("7.3", "xonly"), &newer);
    table.complete();
    table
}

/// Texts read back.
fn reread(texts: &BTreeMap<String, String>) -> Result<Table, String> {
    let mut table = read::columns(&texts[super::COLUMNS])?;
    for (area, text) in texts.iter().filter(|(area, _)| *area != super::COLUMNS) {
        assert_eq!(read::area(text, &mut table).as_ref(), Ok(area));
    }
    table.complete();
    Ok(table)
}

#[test]
fn a_snapshot_is_a_text_to_review() {
    let texts = write::texts(&table());
    let all: Vec<&str> = texts.values().map(String::as_str).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn what_is_written_is_read_back() {
    assert_eq!(reread(&write::texts(&table())), Ok(table()));
}

/// A column tells what its record tells, but for what a point release changes.
#[test]
fn a_column_is_its_record() {
    let (table, older) = (table(), sample::older());
    let id = table.find("6.1").expect("there");
    let kept = table.results(id).expect("there");
    assert_eq!((kept.lacks, kept.variant), (older.lacks, older.variant));
    assert_eq!(kept.title, "Linux 6.1, vsyscall=xonly");
    let cells = |cases: &[crate::results::run_results::Outcome]| -> Vec<(String, Cell)> {
        cases.iter().map(|case| (case.name.clone(), case.cell.clone())).collect()
    };
    assert_eq!(cells(&kept.cases), cells(&older.cases));
}

#[rstest]
#[case::plain("a::b::c", ("a::b", "c", ""))]
#[case::row("a::b::c[x, y::z]", ("a::b", "c", "x, y::z"))]
#[case::no_area("alone", ("-", "alone", ""))]
#[case::short("a::b[x]", ("-", "a::b", "x"))]
fn a_name_has_parts(#[case] name: &str, #[case] parts: (&str, &str, &str)) {
    assert_eq!(split(name), parts);
    assert_eq!(join(parts.0, parts.1, parts.2), name);
}

#[rstest]
#[case::plain(&["a", "b"], "[a, b]")]
#[case::commas(&["a, b", "c"], "[a, b; c]")]
#[case::one_with_a_comma(&["a, b"], "[a, b;]")]
#[case::half_a_comma(&["a,", "b"], "[a,, b]")]
fn rows_share_brackets(#[case] rows: &[&str], #[case] text: &str) {
    assert_eq!(names::rows(rows), text);
    assert_eq!(read::rows(text).as_deref(), Some(rows));
}

fn word() -> impl Strategy<Value = String> {
    "[a-e]{1,2}"
}

fn row() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-c,=-]([a-c, =:-]{0,4}[a-c,=-])?"]
}

fn name() -> impl Strategy<Value = String> {
    (word(), word(), word(), row())
        .prop_map(|(a, b, claim, row)| join(&format!("{a}::{b}"), &claim, &row))
}

fn cell() -> impl Strategy<Value = Cell> {
    let text = prop_oneof![Just(String::new()), "[ab:;= ]{1,6}", ".{1,8}"];
    (0..=Verdict::ALL.len(), text).prop_map(|(at, text)| match Verdict::ALL.get(at) {
        Some(verdict) => Cell::new(*verdict, &text),
        None => Cell::unsteady(),
    })
}

fn ids() -> Vec<Id> {
    let kernels = ["5.10", "6.1", "6.12", "7.3"]
        .iter()
        .flat_map(|series| ["none", "xonly"].map(|variant| Id::kernel(series, variant)));
    kernels.chain(["gvisor", "qemu-user"].map(|name| Id::System(name.into()))).collect()
}

/// Any table: cases that differ in what they cite and need, columns that lack something, cells of any
/// kind, also where they contradict a need, and none.
fn any_table() -> impl Strategy<Value = Table> {
    let column = (0_u8..4).prop_map(|bits| Column {
        version: String::new(),
        started: if bits & 1 == 1 { "vsyscall=none".into() } else { String::new() },
        lacks: ["p", "q"]
            .into_iter()
            .enumerate()
            .filter(|(at, _)| bits >> at & 1 == 1)
            .map(|(at, need)| (need.to_owned(), format!("{}{need}: said", ["", OWED][at])))
            .collect(),
    });
    let columns = prop::collection::vec((0..10_usize, column), 1..8);
    let words = |of: &'static [&'static str]| prop::sample::subsequence(of, 0..=2);
    let case = (
        words(&["x/y", "x/z"]),
        words(&["p", "q"]),
        prop::collection::vec((0..10_usize, cell()), 0..8),
    );
    let cases = prop::collection::btree_map(name(), case, 0..8);
    (columns, cases).prop_map(|(columns, cases)| {
        let ids = ids();
        let columns: BTreeMap<Id, Column> =
            columns.into_iter().map(|(at, column)| (ids[at].clone(), column)).collect();
        let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
        let cases = cases.into_iter().map(|(name, (clauses, needs, cells))| {
            let cells = cells.into_iter().map(|(at, cell)| (ids[at].clone(), cell));
            let cells = cells.filter(|(id, _)| columns.contains_key(id)).collect();
            (name, Case { clauses: owned(clauses), needs: owned(needs), cells })
        });
        let mut table = Table { cases: cases.collect(), columns: columns.clone() };
        table.complete();
        table
    })
}

proptest! {
    /// Text and cells tell the same: cells, text, cells; and text, cells, text.
    #[test]
    fn any_table_is_read_back(table in any_table()) {
        let texts = write::texts(&table);
        let read = reread(&texts);
        prop_assert_eq!(read.as_ref(), Ok(&table), "{:#?}", texts);
        prop_assert_eq!(read.map(|table| write::texts(&table)), Ok(texts));
    }
}

/// No claim has both; a snapshot could tell of it all the same.
#[test]
fn a_case_without_a_row_stands_beside_rows() {
    let id = Id::kernel("6.1", "none");
    let case = |needs: &[&str]| Case {
        needs: needs.iter().map(|need| (*need).to_owned()).collect(),
        cells: [(id.clone(), Cell::new(Verdict::Holds, ""))].into(),
        ..Case::default()
    };
    for needs in [[&["p"][..], &[]], [&[], &["p"]]] {
        let cases = ["a::b::c", "a::b::c[,]"].map(str::to_owned).into_iter();
        let cases = cases.zip(needs.map(case)).collect();
        let columns = [(id.clone(), Column::default())].into();
        let table = Table { columns, cases };
        assert_eq!(reread(&write::texts(&table)).as_ref(), Ok(&table));
    }
}

/// A kernel that does as the newest changes the list of the columns and no other word.
#[test]
fn a_kernel_that_does_as_its_neighbour_changes_one_line() {
    let mut table = table();
    let before = write::texts(&table);
    table.lay(&Id::kernel("7.4", "xonly"), &sample::newer());
    table.complete();
    let after = write::texts(&table);
    for (area, text) in &after {
        let added: Vec<&str> =
            text.lines().filter(|line| !before[area].lines().any(|old| old == *line)).collect();
        let expected: &[&str] =
            if area == super::COLUMNS { &["  7.4               xonly"] } else { &[] };
        assert_eq!(added, expected, "{area}");
    }
}

/// A row that behaves as others changes the line of the rows, one of its own adds its own lines, and a
/// case adds an entry.
#[rstest]
#[case::alike("dispatch::region::wraps_are_refused[more]", 1)]
#[case::claim("dispatch::region::another", 5)]
fn what_is_new_in_a_suite_is_all_that_is_new(#[case] name: &str, #[case] lines: usize) {
    let mut table = table();
    let before = write::texts(&table);
    let like = "dispatch::region::wraps_are_refused[from_01]";
    let case = table.cases[like].clone();
    table.cases.insert(name.into(), case);
    let after = write::texts(&table);
    for (area, text) in &after {
        let old = &before[area];
        let added = text.lines().filter(|line| !line.is_empty() && !old.contains(line)).count();
        let changed = usize::from(area == "dispatch::region");
        assert!(added <= lines * changed, "{area}: {added}\n{text}");
        assert_eq!(text != old, changed == 1);
    }
}

/// A suite that asks for less, or knows a case no more, changes what is written of columns that were not
/// run in that alone.
#[test]
fn another_suite_changes_no_cell() {
    let mut table = table();
    let mut description = sample::suite(&[&sample::older(), &sample::newer()]);
    let name = "ptrace::config::reads_back";
    description.cases.retain(|case| case.name != "vsyscall::page::is_there");
    let case = description.cases.iter_mut().find(|case| case.name == name).expect("there");
    case.needs.clear();
    let before = table.cases[name].cells.clone();
    let (gone, changed) = table.describe(&description);
    assert_eq!((gone, changed), (vec!["vsyscall::page::is_there".to_owned()], true));
    assert_eq!(table.cases[name].cells, before);
    let texts = write::texts(&table);
    let line = "  ..6.1             not offered: requests\n";
    assert!(texts["ptrace::config"].contains(line), "{}", texts["ptrace::config"]);
    assert_eq!(reread(&texts), Ok(table.clone()));
    assert_eq!(table.describe(&description), (vec![], false));
}

#[test]
fn a_column_can_be_forgotten() {
    let mut table = table();
    let id = table.find("7.3").expect("there").clone();
    table.forget(&id);
    assert!(table.find("7.3").is_none() && table.find("6.1").is_some());
    assert!(!table.cases.contains_key("dispatch::off::is_new"));
}

#[test]
fn an_older_series_is_another_one() {
    let table = table();
    let [old, new] = ["6.1", "7.3"].map(|series| Id::kernel(series, "xonly"));
    assert_eq!(table.older(&new), Some(&old));
    assert_eq!(table.older(&old), None);
    assert_eq!(table.older(&Id::kernel("7.3", "none")), None);
}

#[rstest]
#[case::series("6.1", Some("6.1-xonly"))]
#[case::variant("6.1-xonly", Some("6.1-xonly"))]
#[case::system("gvisor", Some("gvisor"))]
#[case::version("gvisor-1.2", Some("gvisor"))]
#[case::other_version("gvisor-1.3", None)]
#[case::other("6.1-none", None)]
fn a_column_is_found_by_name(#[case] name: &str, #[case] expected: Option<&str>) {
    let mut table = table();
    let column = Column { version: "1.2".into(), ..Column::default() };
    table.columns.insert(Id::System("gvisor".into()), column);
    assert_eq!(table.find(name).map(Id::name).as_deref(), expected);
}
