use super::folder::{self, Changed};
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
use std::fs;
use std::path::Path;

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

fn stored(folder: &Path, table: &Table, accept: bool) -> Vec<Changed> {
    let stored = folder::load(folder).expect("sound");
    folder::store(folder, &stored, table, accept).expect("written")
}

#[test]
fn what_changed_is_written_beside_and_what_did_not_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    assert_eq!(stored(folder.path(), &table(), true).len(), 6);
    assert_eq!(folder::load(folder.path()).expect("sound").table, table());
    assert_eq!(stored(folder.path(), &table(), true), []);
    let mut other = table();
    let case = other.cases.get_mut("dispatch::off::stays").expect("there");
    case.cells.insert(Id::kernel("6.1", "xonly"), Cell::new(Verdict::Crashed, ""));
    let changed = stored(folder.path(), &other, false);
    let areas: Vec<&str> = changed.iter().map(|changed| changed.area.as_str()).collect();
    assert_eq!(areas, ["dispatch::off"]);
    assert_eq!(changed[0].path, at("dispatch/off.snap.new"));
    assert!(at("dispatch/off.snap.new").exists());
    assert_eq!(folder::load(folder.path()).expect("sound").table, table());
    // What is as it was again needs no review.
    assert_eq!(stored(folder.path(), &table(), false), []);
    assert!(!at("dispatch/off.snap.new").exists());
    stored(folder.path(), &other, false);
    stored(folder.path(), &other, true);
    assert!(!at("dispatch/off.snap.new").exists());
    assert_eq!(folder::load(folder.path()).expect("sound").table, other);
}

/// Those of areas that the suite has not any more, and those of the old form.
#[test]
fn stray_snapshots_are_told_and_removed_when_accepted() {
    let folder = tempfile::tempdir().expect("a folder");
    stored(folder.path(), &table(), true);
    let old = folder.path().join("6.1-xonly.snap");
    fs::write(&old, "---\nsource: x\n---\nsigsys snapshot 1: Linux 6.1\n").expect("written");
    let mut less = table();
    less.cases.retain(|name, _| !name.starts_with("vsyscall::"));
    let page = folder.path().join("vsyscall/page.snap");
    for accept in [false, true] {
        let changed = stored(folder.path(), &less, accept);
        let gone: Vec<&Path> = changed
            .iter()
            .filter(|changed| changed.new.is_empty())
            .map(|changed| changed.path.as_path())
            .collect();
        assert_eq!(gone, [page.as_path(), old.as_path()]);
        assert_eq!((page.exists(), old.exists()), (!accept, !accept));
    }
    assert_eq!(stored(folder.path(), &less, false), []);
}

#[rstest]
#[case::other_form("dispatch/off", "snapshot 2: ", "snapshot 3: ", "its form is \"3\"")]
#[case::columns_form("columns", "snapshot 2: ", "snapshot 1: ", "its form is \"1\"")]
#[case::unknown_verdict("dispatch/off", "holds", "keeps", "line 10: ")]
#[case::no_value("dispatch/off", "  holds", "", "is no line of a snapshot")]
#[case::unknown_series("dispatch/off", "7.3..", "7.4..", "`7.4..` names no column")]
#[case::twice("dispatch/off", "7.3..", "..6.1", "6.1-xonly has a value already")]
#[case::older_form("dispatch/off", "snapshot 2: ", "snapshot 1: ", "its form is \"1\"")]
#[case::way_out(
    "dispatch/off",
    "dispatch::off\n",
    "dispatch::..\n",
    "`dispatch::..` is no name for"
)]
#[case::half_a_name(
    "dispatch/off",
    "dispatch::off\n",
    "dispatch::\n",
    "`dispatch::` is no name for"
)]
#[case::cut_off("dispatch/off", "end of dispatch::off", "", "it was cut off before its end")]
#[case::moved(
    "dispatch/off",
    "dispatch::off\n",
    "dispatch::on\n",
    "this is the place of another area"
)]
#[case::no_claim("dispatch/off", "\nis_forgotten", "", "is no line of a snapshot")]
#[case::same_claim(
    "dispatch/off",
    "is_new\n",
    "is_forgotten\n",
    "it holds dispatch::off::is_forgotten twice"
)]
#[case::unknown_need("columns", "7.3..             a", "7.5..             a", "names no column")]
#[case::strange_column(
    "columns",
    "systems\n",
    "systems\n  needs  1\n",
    "`needs` is no name for a system"
)]
fn a_wrong_snapshot_is_refused(
    #[case] file: &str,
    #[case] old: &str,
    #[case] new: &str,
    #[case] says: &str,
) {
    let folder = tempfile::tempdir().expect("a folder");
    stored(folder.path(), &table(), true);
    let path = folder.path().join(format!("{file}.snap"));
    let text = fs::read_to_string(&path).expect("there");
    assert!(text.contains(old), "{text}");
    fs::write(&path, text.replace(old, new)).expect("written");
    let why = folder::load(folder.path()).expect_err("wrong");
    assert!(why.starts_with(&path.display().to_string()) && why.contains(says), "{why}");
    assert!(!why.contains('\n'), "{why}");
}

/// Snapshots lie in the folder itself and in the folders of suites, and nowhere else.
#[test]
fn what_lies_beside_snapshots_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(!folder::is_one_of_snapshots(folder.path()));
    stored(folder.path(), &table(), true);
    assert!(folder::is_one_of_snapshots(folder.path()));
    fs::create_dir_all(folder.path().join("dispatch/more")).expect("a folder");
    fs::create_dir(folder.path().join("6.1.old")).expect("a folder");
    for name in ["README", "notes.txt", "dispatch/README", "dispatch/more/x.snap", "6.1.old/x.snap"]
    {
        fs::write(folder.path().join(name), "something else").expect("written");
    }
    assert_eq!(folder::load(folder.path()).expect("sound").table, table());
}

#[test]
fn what_cannot_be_removed_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    stored(folder.path(), &table(), true);
    let pending = folder.path().join("dispatch/off.snap.new");
    fs::create_dir(&pending).expect("a folder");
    let stored = folder::load(folder.path()).expect("sound");
    let why = folder::store(folder.path(), &stored, &table(), false).expect_err("it is no file");
    assert!(why.starts_with(&format!("cannot remove {}: ", pending.display())), "{why}");
}

#[test]
fn areas_without_columns_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    stored(folder.path(), &table(), true);
    fs::remove_file(folder.path().join("columns.snap")).expect("removed");
    let why = folder::load(folder.path()).expect_err("wrong");
    assert!(why.contains("there is no columns.snap beside it"), "{why}");
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
