//! Each format of a run with every verdict in it, read back; of what is cut, missing, or hostile.

use super::*;
use crate::results::report::sample;
use harness::record::{Durations, Failure, Footer, Verdict};
use quick_junit::{Report, TestCaseStatus};
use rstest::rstest;
use serde_json::Value;
use std::collections::BTreeSet;

const FORMATS: [Format; 6] =
    [Format::Ktap, Format::Junit, Format::Kcidb, Format::Lava, Format::Markdown, Format::Badge];

fn record() -> Record {
    let mut header = sample::header();
    (header.cases, header.faults) = (sample::cases().len(), Vec::new());
    let microseconds = [("dispatch::off::refuses_a_field[length]".to_owned(), 1500)].into();
    Record {
        header,
        cases: sample::cases(),
        durations: Durations { microseconds },
        footer: Some(sample::footer()),
    }
}

/// What makes trouble in a name or a text: ends of elements, of lines, of code, of pages.
const HOSTILE: &str = "x\u{1b}[2J\u{0}\u{fffe}]]></testcase>\n```\n</details>|<script>alert(1)</script>`\n\
                       not ok 9 y # TODO\n<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=z RESULT=pass>\u{202e}@me";

fn hostile() -> Record {
    let mut record = record();
    let header = &mut record.header;
    for word in [&mut header.kernel.release, &mut header.kernel.system, &mut header.suite.name] {
        *word = HOSTILE.into();
    }
    header.kernel.boot_line = Some(HOSTILE.into());
    for line in &mut record.cases {
        line.name = format!("{}[{HOSTILE}]", line.name);
        line.output = HOSTILE.into();
        if line.failure.is_some() {
            line.failure = Some(Failure::of(HOSTILE));
        }
        if let Some(known) = &mut line.deviation {
            known.why = HOSTILE.into();
        }
    }
    record
}

fn text(format: Format, columns: Vec<Column>) -> String {
    let document = Document { columns, again: "sigsys run --exact", kcidb: Kcidb::default() };
    let mut bytes = Vec::new();
    write(format, &document, &mut bytes).expect("a vector takes it");
    String::from_utf8(bytes).expect("UTF-8")
}

fn one(format: Format, record: &Record) -> String {
    text(format, vec![Column::of("6.1-xonly", record)])
}

/// A record, one that is cut, one that is not there, and one of which nothing is known.
fn matrix(format: Format) -> String {
    let whole = record();
    let mut half = record();
    half.cases.truncate(20);
    half.footer = None;
    let columns = vec![
        Column::of("6.1-xonly", &whole),
        Column::of("6.1-none", &half),
        Column { name: "7.3".into(), answer: Answer::NotAvailable("no such package".into()) },
        Column { name: "own".into(), answer: Answer::None("it does not boot".into()) },
    ];
    text(format, columns)
}

#[rstest]
#[case::ktap("ktap", Format::Ktap)]
#[case::junit("junit", Format::Junit)]
#[case::lava("lava", Format::Lava)]
#[case::markdown("markdown", Format::Markdown)]
#[case::badge("badge", Format::Badge)]
fn every_verdict(#[case] name: &str, #[case] format: Format) {
    insta::assert_snapshot!(name, one(format, &record()));
}

fn count(record: &Record, verdicts: &[Verdict]) -> usize {
    record.cases.iter().filter(|line| verdicts.contains(&line.verdict)).count()
}

#[test]
fn junit_reads_back() {
    let record = record();
    let report = Report::deserialize_from_str(&one(Format::Junit, &record)).expect("JUnit");
    assert_eq!(report.tests, record.cases.len());
    assert_eq!(report.failures, count(&record, &Verdict::FAULTS));
    assert_eq!(report.errors, count(&record, &[Verdict::Broken]));
    assert_eq!(report.skipped, count(&record, &[Verdict::NotOffered]));
    let cases = report.test_suites.iter().flat_map(|suite| &suite.test_cases);
    for (case, line) in cases.zip(&record.cases) {
        assert_eq!(case.name.as_str(), line.name);
        let passes = matches!(case.status, TestCaseStatus::Success { .. });
        assert_eq!(passes, matches!(line.verdict, Verdict::Holds | Verdict::Deviates));
        let said = case.system_out.is_some();
        assert_eq!(said, line.verdict == Verdict::Deviates, "{}", line.name);
    }
    let suites: BTreeSet<&str> =
        report.test_suites.iter().map(|suite| suite.name.as_str()).collect();
    assert_eq!(suites.len(), report.test_suites.len());
}

#[test]
fn junit_of_several_kernels_names_them() {
    let report = Report::deserialize_from_str(&matrix(Format::Junit)).expect("JUnit");
    let suites: Vec<&str> = report.test_suites.iter().map(|suite| suite.name.as_str()).collect();
    assert!(suites.contains(&"6.1-xonly dispatch::off"), "{suites:?}");
    let of = |name: &str| {
        let suite = report.test_suites.iter().find(|suite| suite.name.as_str() == name);
        let suite = suite.unwrap_or_else(|| panic!("{name} of {suites:?}"));
        (suite.errors, suite.skipped)
    };
    assert_eq!(of("6.1-none sigsys"), (1, 0));
    assert_eq!((of("7.3 sigsys"), of("own sigsys")), ((0, 1), (1, 0)));
}

#[test]
fn kcidb_has_a_test_for_what_ran() {
    let mut record = record();
    record.cases[0].taken_from = Some("6.1-xonly".into());
    let document: Value = serde_json::from_str(&one(Format::Kcidb, &record)).expect("JSON");
    assert_eq!(document["version"], serde_json::json!({ "major": 5, "minor": 3 }));
    let tests = document["tests"].as_array().expect("tests");
    assert_eq!(tests.len(), record.cases.len());
    let ids: BTreeSet<&str> = tests.iter().filter_map(|test| test["id"].as_str()).collect();
    assert_eq!(ids.len(), tests.len());
    assert!(ids.iter().all(|id| id.starts_with("sigsys:")));
    assert_eq!((&tests[0]["path"], &tests[0]["status"]), (&"sigsys".into(), &"FAIL".into()));
    let build = &document["builds"][0];
    assert!(tests.iter().all(|test| test["build_id"] == build["id"]));
    assert_eq!(build["checkout_id"], document["checkouts"][0]["id"]);
    for unknown in ["git_commit_hash", "tree_name", "valid", "git_repository_url"] {
        assert!(document["checkouts"][0].get(unknown).is_none(), "{unknown} is not known");
    }
    // The same record is the same objects.
    assert_eq!(one(Format::Kcidb, &record), one(Format::Kcidb, &record));
}

#[test]
fn kcidb_links_to_what_others_submit() {
    let record = record();
    let kcidb = Kcidb { origin: "mine", build: Some("mine:b1"), checkout: None };
    let columns = vec![Column::of("6.1", &record)];
    let mut document = Document { columns, again: "", kcidb };
    let read = |document: &Document| -> Value {
        let mut bytes = Vec::new();
        write(Format::Kcidb, document, &mut bytes).expect("written");
        serde_json::from_slice(&bytes).expect("JSON")
    };
    let linked = read(&document);
    assert!(linked.get("builds").is_none() && linked.get("checkouts").is_none());
    assert_eq!(linked["tests"][0]["build_id"], "mine:b1");
    document.kcidb = Kcidb { origin: "mine", build: None, checkout: Some("mine:c1") };
    let linked = read(&document);
    assert!(linked.get("checkouts").is_none());
    assert_eq!(linked["builds"][0]["checkout_id"], "mine:c1");
    assert!(linked["tests"][0]["id"].as_str().is_some_and(|id| id.starts_with("mine:")));
}

#[test]
fn what_is_missing_is_said_in_every_format() {
    for format in FORMATS {
        let text = matrix(format);
        let marks: &[&str] = match format {
            Format::Ktap => &[
                "not ok 3 record::is_whole # ERROR the record has no end after 20 of ",
                "ok 3 7.3 # SKIP not available: no such package",
                "not ok 4 own # ERROR it does not boot",
            ],
            Format::Junit => &["<error message=\"the record has no end after 20 of "],
            Format::Kcidb => &["\"status\":\"MISS\""],
            Format::Lava => &[
                "=6_1-none.record.is_whole RESULT=unknown>",
                "=7_3.record.is_whole RESULT=skip>",
                "=own.record.is_whole RESULT=unknown>",
            ],
            Format::Markdown => &["has no end after 20 of ", "does not boot", "no such package"],
            Format::Badge => &["not whole"],
        };
        for mark in marks {
            assert!(text.contains(mark), "{format:?} lacks {mark}: {text}");
        }
    }
}

/// Nothing is known: no format has it as a pass, nor as a broken promise without a word.
#[test]
fn what_is_broken_neither_passes_nor_fails_silently() {
    let mut record = record();
    record.cases.retain(|line| line.verdict == Verdict::Broken);
    record.header.cases = record.cases.len();
    record.footer = Some(Footer::count(record.cases.iter().map(|line| line.verdict)));
    let said = FORMATS.map(|format| (format, one(format, &record)));
    for (format, text) in said {
        let mark = match format {
            Format::Ktap => "not ok 1 dispatch::off::is_forgotten # ERROR nothing is known: ",
            Format::Junit => "<error message=\"nothing is known: ",
            Format::Kcidb => {
                "\"path\":\"sigsys\",\"start_time\":\"1970-01-01T00:00:00+00:00\",\"status\":\"ERROR\""
            }
            Format::Lava => "RESULT=unknown>",
            Format::Markdown => "<b>broken</b>",
            Format::Badge => ">sigsys: 1 broken<",
        };
        assert!(text.contains(mark), "{format:?}: {text}");
    }
}

#[test]
fn hostile_text_is_text() {
    let record = hostile();
    for format in FORMATS {
        let text = one(format, &record);
        let control = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(control) && !text.contains('\u{202e}'), "{format:?}");
        match format {
            Format::Ktap => {
                let results = text.lines().filter(|line| line.trim_start().starts_with("not ok 9"));
                assert!(results.count() <= 1, "{text}");
                let results = text.lines().filter(|line| !line.trim_start().starts_with('#'));
                for line in results {
                    assert!(line.matches('#').count() <= 1 && !line.contains("# TODO"), "{line}");
                }
            }
            Format::Junit => {
                let report = Report::deserialize_from_str(&text).expect("JUnit");
                assert_eq!(report.tests, record.cases.len());
            }
            Format::Kcidb => {
                let document: Value = serde_json::from_str(&text).expect("JSON");
                let tests = document["tests"].as_array().expect("tests");
                assert_eq!(tests.len(), record.cases.len() + 1);
                let good = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
                let path =
                    |test: &Value| test["path"].as_str().is_some_and(|p| p.chars().all(good));
                assert!(tests.iter().all(path));
            }
            Format::Lava => {
                assert_eq!(text.lines().count(), record.cases.len());
                for line in text.lines() {
                    let words: Vec<&str> = line.split(' ').collect();
                    assert_eq!((words.len(), words[0]), (3, "<LAVA_SIGNAL_TESTCASE"), "{line}");
                }
            }
            Format::Markdown => assert_page_is_harmless(&text),
            Format::Badge => assert!(!text.contains("script")),
        }
    }
}

/// Whatever is outside of code has no element but this tool's own.
fn assert_page_is_harmless(text: &str) {
    let mut fence: Option<&str> = None;
    for line in text.lines() {
        let marks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            Some(own) if line == own => fence = None,
            Some(own) => assert!(marks.len() < own.len(), "{line} ends {own}"),
            None if marks.len() >= 3 => fence = Some(marks),
            None => {
                let outside: String = line.split('`').step_by(2).collect();
                assert!(!outside.contains("<script"), "{line}");
            }
        }
    }
    assert_eq!(fence, None, "{text}");
}

#[test]
fn names_that_are_one_path_are_told_apart() {
    let mut record = record();
    record.cases.truncate(2);
    record.cases[0].name = "a::b::c[x y]".into();
    record.cases[1].name = "a::b::c[x, y]".into();
    let lava = one(Format::Lava, &record);
    assert!(lava.contains("=a.b.c.x_y ") && lava.contains("=a.b.c.x_y-2 "), "{lava}");
}

#[test]
fn a_summary_has_an_end() {
    let mut record = record();
    let failed = record.cases.iter().find(|line| line.verdict == Verdict::Violated).expect("one");
    let line = CaseLine { output: "y".repeat(300_000), ..failed.clone() };
    let many = |number: usize| CaseLine { name: format!("a::b::c{number}"), ..line.clone() };
    record.cases = (0..200).map(many).collect();
    let text = one(Format::Markdown, &record);
    assert!((500_000..1 << 20).contains(&text.len()), "{}", text.len());
    assert!(text.ends_with("are left out: a summary has no room for them.\n"));
    assert_page_is_harmless(&text);
}

/// A system that is not Linux is in every report, and decides no badge of several columns.
#[test]
fn another_system_decides_no_badge() {
    let mut fine = record();
    fine.cases.retain(|line| line.verdict == Verdict::Holds);
    let mut other = record();
    other.header.kernel.via = Some("gvisor".into());
    let columns = || vec![Column::of("6.1", &fine), Column::of("gvisor", &other)];
    let badge = text(Format::Badge, columns());
    assert!(badge.contains("<title id=\"t\">sigsys: 1 column: 1 holds</title>"), "{badge}");
    assert!(text(Format::Markdown, columns()).contains("gvisor"));
    assert!(one(Format::Badge, &other).contains("violated"));
}

#[test]
fn a_fault_of_the_registry_and_a_taint_between_cases_fail() {
    let mut record = record();
    record.cases.retain(|line| line.verdict == Verdict::Holds);
    record.header.faults = vec!["two cases are called x".into()];
    record.footer = Some(Footer { taint: Some(512), ..Footer::default() });
    let report = Report::deserialize_from_str(&one(Format::Junit, &record)).expect("JUnit");
    assert_eq!((report.failures, report.errors), (2, 0));
    let lava = one(Format::Lava, &record);
    assert!(lava.contains("=kernel.taint_is_explained RESULT=fail>"), "{lava}");
    let ktap = one(Format::Ktap, &record);
    assert!(ktap.contains("\nnot ok 2 registry::is_sound\n"), "{ktap}");
    assert!(ktap.contains("\nnot ok 3 kernel::taint_is_explained\n"), "{ktap}");
    assert!(one(Format::Badge, &record).contains("registry at fault"));
}

#[test]
fn the_manual_has_the_table_of_words() {
    let manual = include_str!("../../../manual/formats.md");
    let table = words::table();
    assert!(manual.contains(&table), "ci/manual/formats.md should have\n\n{table}");
}

/// What takes nothing is said to.
#[test]
fn an_error_of_the_output_is_told() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let record = record();
    for format in FORMATS {
        let columns = vec![Column::of("6.1", &record)];
        let document = Document { columns, again: "", kcidb: Kcidb::default() };
        let error = write(format, &document, &mut Full).expect_err("it takes nothing");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe, "{format:?}");
    }
}
