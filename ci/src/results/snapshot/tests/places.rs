//! Where snapshots lie, and which of them are refused.

use super::table;
use crate::results::cell::Cell;
use crate::results::ranges::Id;
use crate::results::snapshot::folder::{self, Changed};
use crate::results::snapshot::table::Table;
use harness::record::Verdict;
use rstest::rstest;
use std::fs;
use std::path::Path;

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
