use super::*;
use crate::results::ranges::Id;
use crate::results::sample;
use crate::results::snapshot::table::Table;
use rstest::rstest;
use std::fs;

const RECORD: &str = r#"{"kind":"run","schema":2,"suite":{"name":"s","version":"1"},"time":0,"cases":1,"kernel":{"system":"Linux","release":"6.1","build":"b","machine":"x86_64","user":0}}
{"kind":"case","name":"a::b::c","clauses":[],"verdict":"holds"}
{"kind":"end","counts":{"holds":1}}
"#;

/// A folder of snapshots with one column, `7.3-none`.
fn snapshots_in(folder: &Path) {
    let mut table = Table::default();
    table.lay(&Id::kernel("7.3", "none"), &sample::newer());
    folder::store(folder, &folder::Stored::default(), &table, true).expect("written");
}

#[rstest]
#[case::whole("aä".as_bytes(), Some("aä"))]
#[case::cut(&"aä".as_bytes()[..2], Some("a"))]
#[case::wrong(b"a\xffa", None)]
#[case::empty(b"", Some(""))]
fn half_a_character_is_left_out(#[case] bytes: &[u8], #[case] expected: Option<&str>) {
    assert_eq!(text(bytes.into()).as_deref(), expected);
}

#[test]
fn a_file_is_read_as_what_is_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("r"), RECORD).expect("written");
    assert_eq!(load(&at("r")).expect("a record").cases.len(), 1);
    for (path, says) in [
        (at("none"), "there is no such file, nor a column of the snapshots"),
        (folder.path().to_owned(), "this is a folder; name a record"),
        (at("r").join("x"), "Not a directory"),
        ("/dev/zero".into(), "it has no end"),
    ] {
        let refusal = load(&path).expect_err("wrong");
        let line = refusal.line;
        assert!(line.starts_with(&path.display().to_string()) && line.contains(says), "{line}");
    }
}

#[test]
fn a_folder_stands_for_the_records_and_snapshots_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let all = |names: &[PathBuf]| load_all(names).map(|all| all.len());
    fs::write(at("notes.txt"), "hello").expect("written");
    let refusal = all(&[folder.path().to_owned()]).expect_err("nothing of use");
    assert!(refusal.line.contains("neither a record (.jsonl) nor a snapshot"), "{}", refusal.line);
    fs::write(at("b.jsonl"), sample::older_record()).expect("written");
    let snapshots = folder.path().join("snapshots");
    fs::create_dir(&snapshots).expect("a folder");
    snapshots_in(&snapshots);
    let found = load_all(&[folder.path().to_owned(), at("b.jsonl"), snapshots.clone()]);
    let releases: Vec<_> = found.expect("all are").iter().map(|one| one.release.series()).collect();
    assert_eq!(releases, ["6.1", "6.1", "7.3"]);
    assert!(all(&[at("notes.txt")]).is_err());
    // One column, and no file: it is an area.
    assert_eq!(load(&snapshots.join("7.3-none")).expect("there").variant, "none");
    assert!(load(&snapshots.join("7.3")).is_err());
    let refusal = load(&snapshots.join("columns.snap")).expect_err("an area");
    assert!(refusal.line.ends_with("name a column of them, such as 6.1"), "{}", refusal.line);
}

/// The tests run within the workspace.
#[test]
fn a_series_names_its_snapshot() {
    let snapshots = all_of_workspace().expect("they are here");
    assert!(snapshots.ends_with(snapshot::FOLDER), "{}", snapshots.display());
    let meant = |name: &str| load(Path::new(name)).map(|results| (results.title, results.variant));
    let usual = meant("6.1").expect("there");
    assert_eq!(usual, ("Linux 6.1, vsyscall=xonly".into(), "xonly".into()));
    assert_eq!(meant("6.1-none").expect("there").1, "none");
    assert!(meant("./6.1").is_err() && meant("6.1-other").is_err());
}

#[rstest]
#[case::column("6.1-none", "m/6.1-none.jsonl")]
#[case::kernel_alone("6.1", "m/6.1-xonly.jsonl")]
#[case::system("gvisor", "m/gvisor.jsonl")]
#[case::unknown("7.3", "7.3")]
#[case::path("./6.1", "./6.1")]
#[case::folder("other/6.1", "other/6.1")]
fn a_kernel_of_the_matrix_is_named_in_one_word(#[case] name: &str, #[case] means: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let matrix = folder.path().join("m");
    fs::create_dir_all(matrix.join("other")).expect("a folder");
    for column in ["6.1-none", "6.1-xonly", "gvisor", "other/6.1"] {
        fs::write(matrix.join(format!("{column}.jsonl")), RECORD).expect("written");
    }
    let found = in_matrix(&matrix, Path::new(name));
    let found = found.strip_prefix(folder.path()).unwrap_or(&found);
    assert_eq!(found, Path::new(means));
}

#[test]
fn records_come_with_their_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("all")).expect("a folder");
    for name in ["all/b.jsonl", "all/a.jsonl", "all/notes.txt", "one"] {
        fs::write(at(name), RECORD).expect("written");
    }
    let all = whole(&[at("one"), at("all")]).expect("all are records");
    let names: Vec<_> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["one", "a", "b"]);
    assert!(all.iter().all(|(_, record)| record.cases.len() == 1));
}

#[test]
fn snapshots_are_no_records() {
    let folder = tempfile::tempdir().expect("a folder");
    snapshots_in(folder.path());
    let column = folder.path().join("7.3-none");
    for (name, says) in [
        (column.clone(), "the snapshots have no records; name a file, or run the matrix first"),
        (folder.path().join("6.1-none"), "there is no such file"),
        (folder.path().to_owned(), "there is no record (.jsonl) in it"),
    ] {
        let line = whole(std::slice::from_ref(&name)).expect_err("no record").line;
        assert!(line.starts_with(&name.display().to_string()) && line.contains(says), "{line}");
    }
    // A file counts, whatever the snapshots beside it call a column.
    fs::write(&column, RECORD).expect("written");
    assert_eq!(whole(&[column]).expect("a record").len(), 1);
}
