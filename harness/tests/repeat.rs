//! Filters, shards and repeats of a suite, and the command that it names for running a case again.

use harness::record::{Record, Verdict};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Command, Output};

fn example() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let folder = test.ancestors().nth(2).expect("a test lies in target/PROFILE/deps");
    folder.join("examples/unsteady")
}

fn run(args: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let count = format!("--option=unsteady.count={}", folder.path().join("count").display());
    Command::new(example()).arg(count).args(args).output().expect("the example can be run")
}

/// The record of a run, its status, and what it complained of.
fn record(args: &[&str]) -> (Record, i32, String) {
    let output = run(&[&["--format=json", "--test-threads=1"], args].concat());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    let status = output.status.code().expect("it was not killed");
    (Record::parse(&text).unwrap_or_else(|why| panic!("{why}: {text}{said}")), status, said)
}

fn names(record: &Record) -> Vec<&str> {
    record.cases.iter().map(|case| case.name.as_str()).collect()
}

const ALL: [&str; 4] = ["breaks_every_third_time", "holds", "holds_too", "observes_its_number"];

#[test]
fn any_of_several_filters_selects() {
    for (args, expected) in [
        (&["breaks", "observes"][..], &[ALL[0], ALL[3]][..]),
        (&["--exact", "holds", "observes_its_number"], &[ALL[1], ALL[3]]),
        (&["--skip", "holds", "--skip=breaks"], &[ALL[3]]),
        (&["--exact", "--skip", "holds"], &[ALL[0], ALL[2], ALL[3]]),
        (&["--", "holds"], &[ALL[1], ALL[2]]),
    ] {
        let (record, status, said) = record(args);
        assert_eq!(
            (names(&record).as_slice(), status, said.as_str()),
            (expected, 0, ""),
            "{args:?}"
        );
        let mut libtest = run(args).stdout;
        let text = String::from_utf8(std::mem::take(&mut libtest)).expect("UTF-8");
        let registry = usize::from(args[..2].contains(&"--skip"));
        let passed = format!("{} passed", expected.len() + registry);
        assert!(text.contains(&passed), "{args:?}: {text}");
        assert!(
            text.contains(&format!("{} filtered out", 5 - expected.len() - registry)),
            "{text}"
        );
    }
}

#[test]
fn a_filter_that_matches_nothing_is_said() {
    let none = run(&["nosuch", "nor_this"]);
    let said = String::from_utf8_lossy(&none.stderr);
    let line = "sigsys: no case is called like `nosuch` or `nor_this`; --list shows their names\n";
    assert_eq!((none.status.code(), &*said), (Some(2), line));
    let (record, status, said) = record(&["nosuch", "too", "--skip=other"]);
    assert_eq!((names(&record), status), (vec![ALL[2]], 0));
    let lines = "sigsys: no case is called like `nosuch`\n\
                 sigsys: no case is called like `other`, which --skip names\n";
    assert_eq!(said, lines);
}

#[test]
fn shards_are_parts_of_one_whole() {
    let mut all = BTreeSet::new();
    for number in 1..=3 {
        let shard = format!("--shard={number}/3");
        let (record, status, _) = record(&[&shard]);
        assert_eq!((record.header.cases, status), (record.cases.len(), 0));
        assert_eq!(record.header.shard.map(|shard| shard.to_string()), Some(format!("{number}/3")));
        for name in names(&record) {
            assert!(all.insert(name.to_owned()), "{name} is in two shards");
        }
        // The registry is looked at once.
        let ktap = run(&[&shard, "--format=ktap"]).stdout;
        let checked = String::from_utf8_lossy(&ktap).contains("registry::is_sound");
        assert_eq!(checked, number == 1);
    }
    assert_eq!(all.iter().map(String::as_str).collect::<Vec<_>>(), ALL);
    assert!(record(&[]).0.header.shard.is_none());
    let empty = run(&["--shard=3/3", "holds"]);
    assert_eq!(empty.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&empty.stderr).contains("shard 3/3"), "{empty:?}");
}

#[test]
fn runs_that_disagree_are_no_success() {
    let (record, status, _) = record(&["--repeat=7"]);
    assert_eq!((status, record.header.repeat, record.cases.len()), (101, Some(7), 4));
    let [breaks, holds, _, observes] = record.cases.as_slice() else { panic!("{record:?}") };
    assert_eq!((breaks.verdict, breaks.is_unsteady()), (Verdict::Violated, true));
    assert_eq!(breaks.repeats.to_string(), "5 of 7 hold, 2 violated");
    assert_eq!((holds.verdict, holds.repeats.to_string()), (Verdict::Holds, "7 of 7 hold".into()));
    assert_eq!(observes.verdict, Verdict::Broken);
    assert!(record.footer.is_some_and(|end| end.counts[&Verdict::Violated] == 1));
    let text = String::from_utf8(run(&["--repeat=7"]).stdout).expect("UTF-8");
    assert!(text.contains("note      unsteady: 5 of 7 hold, 2 violated"), "{text}");
    assert_eq!(run(&["--repeat=7", "observes"]).status.code(), Some(69));
    assert_eq!(run(&["--repeat=2", "breaks"]).status.code(), Some(0));
}

#[test]
fn a_case_that_runs_once_has_no_repeats() {
    let (record, status, _) = record(&["--exact", "holds"]);
    assert_eq!((names(&record), status), (vec![ALL[1]], 0));
    assert_eq!(record.header.repeat, None);
    assert!(record.cases[0].repeats.is_empty(), "{:?}", record.cases[0].repeats);
}

#[test]
fn a_report_names_the_command_that_was_given() {
    let path = example().display().to_string();
    for format in ["--format=ktap", "--format=pretty"] {
        let text = String::from_utf8(run(&["--repeat=3", "breaks", format]).stdout).expect("UTF-8");
        let (start, end) =
            (format!("again     {path} --option 'unsteady.count="), " --exact breaks_");
        let again = text.lines().find(|line| line.contains(&start));
        assert!(again.is_some_and(|line| line.contains(end)), "{text}");
        let told = run(&["--repeat=3", "breaks", format, "--again", "sigsys run --exact"]).stdout;
        let told = String::from_utf8(told).expect("UTF-8");
        assert!(told.contains("again     sigsys run --exact breaks_every_third_time"), "{told}");
    }
}

#[test]
fn a_suite_says_its_version() {
    for flag in ["--version", "-V"] {
        let output = run(&[flag]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(
            (output.status.code(), &*text),
            (Some(0), "unsteady 0 (0123456789ab, changed)\n")
        );
    }
}

#[test]
fn the_help_is_as_wide_as_a_terminal() {
    let text = String::from_utf8(run(&["--help"]).stdout).expect("UTF-8");
    let own = text.split("USAGE:").next().expect("a beginning");
    assert!(own.contains("--shard M/N") && own.contains("--repeat N"), "{own}");
    let wide: Vec<&str> = own.lines().filter(|line| line.chars().count() > 80).collect();
    assert_eq!(wide, Vec::<&str>::new());
}
