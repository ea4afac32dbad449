//! The suite's clauses: ids that say what they are about, sources that can be looked up, files by subject.

use super::phrases::description;
use harness::describe::{ClauseText, SourceText};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What a promise can be about.
const SUBJECTS: [&str; 4] = ["dispatch", "seccomp", "vdso", "vsyscall"];
/// Words of an id that name a document, an edition or an order of work instead of the subject.
const NO_SUBJECT: [&str; 13] = [
    "doc", "int", "man", "misc", "now", "rst", "sec", "sec3", "sud", "sud2", "tier", "today",
    "vsys",
];
/// Where a document may be read.
const HOSTS: [&str; 4] = [
    "https://docs.kernel.org/",
    "https://git.kernel.org/",
    "https://lore.kernel.org/",
    "https://man7.org/linux/man-pages/",
];

/// What is wrong with an id; empty if nothing is.
fn fault_of_id(id: &str) -> &'static str {
    let parts: Vec<&str> = id.split('/').collect();
    let [subject, aspect, promise] = parts[..] else { return "it has not three parts" };
    let is_plain = |part: &str| {
        !part.is_empty() && part.split('-').all(|word| !word.is_empty()) && part.chars().all(plain)
    };
    if !SUBJECTS.contains(&subject) {
        return "its subject is unknown";
    }
    if !is_plain(aspect) || !is_plain(promise) {
        return "it has other characters than small letters, digits and single hyphens";
    }
    let words = [aspect, promise].into_iter().flat_map(|part| part.split('-'));
    for word in words {
        let release = word.strip_prefix('v').unwrap_or("");
        let is_release = !release.is_empty() && release.chars().all(|c| c.is_ascii_digit());
        if is_release || NO_SUBJECT.contains(&word) {
            return "a word of it is an edition or a tier";
        }
    }
    ""
}

fn plain(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

#[rstest::rstest]
#[case::sound("dispatch/siginfo/call-addr", "")]
#[case::digits("dispatch/number/int80", "")]
#[case::old_subject("sud/siginfo/example", "its subject is unknown")]
#[case::tier("sec3/act/example", "its subject is unknown")]
#[case::two_parts("dispatch/siginfo", "it has not three parts")]
#[case::document("dispatch/man/call-addr", "a word of it is an edition or a tier")]
#[case::edition("dispatch/siginfo/call-addr-v7", "a word of it is an edition or a tier")]
#[case::tier_within("dispatch/sud2/call-addr", "a word of it is an edition or a tier")]
#[case::release(
    "dispatch/prctl/since-5.11",
    "it has other characters than small letters, digits and single hyphens"
)]
#[case::empty_word(
    "dispatch/prctl/off-",
    "it has other characters than small letters, digits and single hyphens"
)]
fn an_id_names_its_subject(#[case] id: &str, #[case] fault: &str) {
    assert_eq!(fault_of_id(id), fault);
}

#[test]
fn the_clauses_of_the_suite_are_sound() {
    let clauses = description().clauses;
    assert!(clauses.len() > 300, "{}", clauses.len());
    let mut ids = BTreeSet::new();
    let mut editions = BTreeMap::<&str, (&str, &str)>::new();
    for ClauseText { id, sources, .. } in &clauses {
        assert_eq!(fault_of_id(id), "", "{id}");
        assert!(ids.insert(id), "{id} is there twice");
        assert!(!sources.is_empty(), "{id} has no source");
        for (at, source) in sources.iter().enumerate() {
            assert!(!sources[..at].contains(source), "{id} names {source} twice");
            let SourceText { title, edition, url, place } = source;
            assert!(!edition.is_empty() && !place.is_empty(), "{id}: {source}");
            assert!(HOSTS.iter().any(|host| url.starts_with(host)), "{id}: {source} at {url}");
            let known = editions.entry(title).or_insert((edition, url));
            assert_eq!(*known, (edition.as_str(), url.as_str()), "{title} is two documents");
        }
    }
}

/// A clause's constant is its id in capitals, in the file of its subject and aspect.
#[test]
fn constants_and_files_are_called_by_the_id() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../suites/clauses");
    let mut seen = 0;
    for subject in SUBJECTS {
        for path in files(&folder.join(subject)) {
            let aspect = path.file_stem().expect("a name").to_string_lossy().replace('_', "-");
            let text = fs::read_to_string(&path).expect("it can be read");
            assert!(text.lines().count() < 400, "{} is long", path.display());
            let mut lines = text.lines();
            while let Some(line) = lines.next() {
                let Some(name) = line.trim().strip_suffix(" = {") else { continue };
                let id = lines.next().and_then(|line| line.trim().strip_prefix("id: \""));
                let id = id.and_then(|id| id.strip_suffix("\",")).expect("an id comes first");
                assert_eq!(name, id.replace(['/', '-'], "_").to_uppercase(), "{id}");
                assert!(
                    id.starts_with(&format!("{subject}/{aspect}/")),
                    "{id} in {}",
                    path.display()
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 300, "{seen}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}
