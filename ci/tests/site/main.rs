//! `sigsys report`: the site of the repository's snapshots, as files and in a browser; and what is refused.
#![forbid(unsafe_code)]

mod browser;
#[path = "../common/mod.rs"]
mod common;
mod driver;

use rstest::rstest;
use scraper::{Html, Selector};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// A site may have so many bytes.
const MOST_BYTES: usize = 2_000_000;
const PLAYED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite.sh");
const OLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/records/older.jsonl");
const NEWER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/records/newer.jsonl");

struct Left {
    status: Option<i32>,
    out: String,
    err: String,
}

fn report(html: &Path, more: &[&str]) -> Left {
    let output = Command::new(env!("CARGO_BIN_EXE_sigsys"))
        .arg("report")
        .arg("--html")
        .arg(html)
        .args(more)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stdin(Stdio::null())
        .output()
        .expect("sigsys starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Left { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// The site of the repository's snapshots and suite.
fn site() -> &'static Path {
    static SITE: OnceLock<PathBuf> = OnceLock::new();
    SITE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("whole-site");
        let suite = common::suite().to_str().expect("a path in words");
        let left = report(&folder, &["--suite", suite]);
        assert_eq!(left.status, Some(0), "{}", left.err);
        assert!(left.out.starts_with("report  ") && left.out.lines().count() == 1, "{}", left.out);
        folder
    })
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            let bytes = fs::read(&path).expect("a file");
            files.insert(path, bytes);
        }
    }
    files
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}

#[test]
fn it_is_small() {
    let bytes: usize = files(site()).values().map(Vec::len).sum();
    println!("{bytes} bytes");
    assert!(bytes < MOST_BYTES, "{bytes}");
}

/// Every page is well formed, and every link in the site leads to a file of it.
#[test]
fn pages_are_well_formed_and_links_lead_somewhere() {
    let all = files(site());
    let selector = Selector::parse("[href], [src]").expect("a selector");
    let (mut pages, mut links) = (0, BTreeSet::new());
    for (path, bytes) in
        all.iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "html"))
    {
        let html = Html::parse_document(std::str::from_utf8(bytes).expect("UTF-8"));
        assert!(html.errors.is_empty(), "{}: {:?}", path.display(), html.errors);
        let lang = html.root_element().value().attr("lang");
        assert_eq!(lang, Some("en"), "{}", path.display());
        pages += 1;
        for one in html.select(&selector) {
            let link = one.attr("href").or(one.attr("src")).expect("a link");
            if link.starts_with("https://") {
                assert_eq!(one.value().name(), "a", "{}: {link} is loaded", path.display());
                continue;
            }
            let link = link.split('#').next().expect("a part");
            let target = if link.is_empty() {
                path.clone()
            } else {
                path.parent().expect("a folder").join(link)
            };
            assert!(target.is_file(), "{}: {link}", path.display());
            links.insert(fs::canonicalize(target).expect("a file"));
        }
    }
    assert!(pages > 300, "{pages}");
    // Each page is reached.
    assert!(links.len() > pages, "{} of {pages}", links.len());
}

#[test]
fn it_is_written_again_over_itself_and_over_nothing_else() {
    let folder = folder();
    let place = folder.path().join("deep/site");
    let records = [OLDER, NEWER, "--suite", PLAYED];
    assert_eq!(report(&place, &records).status, Some(0));
    let first = files(&place);
    assert!(first.len() >= 7, "{:?}", first.keys());
    let mode = fs::metadata(&place).expect("there").permissions().mode() & 0o777;
    let usual =
        fs::metadata(folder.path().join("deep")).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode, usual);
    assert_eq!(report(&place, &records).status, Some(0));
    assert_eq!(files(&place), first, "the same records make the same bytes");
    // A link is followed.
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&place, &link).expect("linked");
    assert_eq!(report(&link, &[OLDER, "--suite", PLAYED]).status, Some(0));
    assert!(link.is_symlink() && files(&place) != first);
    // Nothing is left beside it.
    assert_eq!(fs::read_dir(folder.path().join("deep")).expect("there").count(), 1);
    // What somebody put into it is not thrown away.
    for strange in ["notes.txt", "promise/mine.txt"] {
        fs::write(place.join(strange), "mine").expect("written");
        let left = report(&place, &records);
        assert_eq!((left.status, left.err.lines().count()), (Some(2), 1), "{}", left.err);
        assert!(left.err.contains(&format!("`{strange}` is in it")), "{}", left.err);
        fs::remove_file(place.join(strange)).expect("removed");
    }
    assert_eq!(report(&place, &records).status, Some(0));
}

/// Each in one line, and nothing is written.
#[rstest]
#[case::no_record(&["/nowhere.jsonl"], 2, "there is no such file")]
#[case::other_schema(&["schema.jsonl"], 2, "schema")]
#[case::no_cases(&["empty.jsonl"], 2, "there is nothing to report")]
#[case::empty(&["nothing"], 2, "neither a record")]
fn what_is_no_record_is_refused(#[case] records: &[&str], #[case] status: i32, #[case] says: &str) {
    let folder = folder();
    let older = fs::read_to_string(OLDER).expect("there");
    let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    put("schema.jsonl", &older.replace("\"schema\":2", "\"schema\":99"));
    let (run, _) = older.split_once('\n').expect("a line");
    let run = run.replace("\"cases\":3", "\"cases\":0");
    put("empty.jsonl", &format!("{run}\n{{\"kind\":\"end\",\"counts\":{{}}}}\n"));
    fs::create_dir(folder.path().join("nothing")).expect("made");
    let records: Vec<String> =
        records.iter().map(|name| folder.path().join(name).display().to_string()).collect();
    let records: Vec<&str> =
        records.iter().map(String::as_str).chain(["--suite", PLAYED]).collect();
    let place = folder.path().join("site");
    let left = report(&place, &records);
    assert_eq!(left.status, Some(status), "{}", left.err);
    assert_eq!(left.err.lines().count(), 1, "{}", left.err);
    assert!(left.err.contains(says) && !place.exists(), "{}", left.err);
}

#[test]
fn a_folder_of_something_else_is_refused() {
    let folder = folder();
    fs::write(folder.path().join("mine"), "").expect("written");
    for (place, says) in [
        (folder.path().to_owned(), "the folder is not empty, and no report of sigsys"),
        (folder.path().join("mine"), "this is no folder"),
        (PathBuf::from("/proc/self"), "--html /proc/self: "),
    ] {
        let left = report(&place, &[OLDER, "--suite", PLAYED]);
        assert_eq!((left.status, left.err.lines().count()), (Some(2), 1), "{}", left.err);
        assert!(left.err.contains(says), "{}", left.err);
    }
    assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 1);
    // Where nobody can write.
    let left = report(Path::new("/proc/site"), &[OLDER, "--suite", PLAYED]);
    assert_eq!((left.status, left.err.lines().count()), (Some(69), 1), "{}", left.err);
    assert!(left.err.contains("cannot be written to /proc/site: "), "{}", left.err);
}

/// Of two suites: it is said, on the page and beside it.
#[test]
fn records_of_two_suites_are_compared_and_that_is_said() {
    let folder = folder();
    let newer = fs::read_to_string(NEWER).expect("there");
    let other = folder.path().join("other.jsonl");
    fs::write(&other, newer.replace("\"version\":\"1\"", "\"version\":\"2\"")).expect("written");
    let place = folder.path().join("site");
    let left = report(&place, &[OLDER, other.to_str().expect("words"), "--suite", PLAYED]);
    assert_eq!(left.status, Some(0), "{}", left.err);
    let says = "the records are of different suites: played 1, played 2";
    assert!(left.err.contains(says), "{}", left.err);
    let page = fs::read_to_string(place.join("index.html")).expect("a page");
    assert!(page.contains(says), "{page}");
}
