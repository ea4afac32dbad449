//! JUnit's XML: a `testsuite` for each area of each kernel.

use super::ktap::{area, together};
use super::words::{self, Junit};
use super::{Column, Document, checks, clean, remark};
use crate::results::title;
use chrono::{DateTime, FixedOffset};
use harness::record::{CaseLine, Record, Verdict};
use quick_junit::{
    NonSuccessKind, Property, Report, SerializeError, TestCase, TestCaseStatus, TestSuite,
};
use std::io::{self, Write};
use std::time::Duration;

pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let mut report = Report::new("sigsys");
    let mut time = Duration::ZERO;
    for column in &document.columns {
        if let Some(record) = column.record() {
            if document.is_one() {
                begun(record).map(|begun| report.set_timestamp(begun));
            }
            let areas = record.cases.chunk_by(together);
            report.add_test_suites(areas.map(|cases| suite(document, column, record, cases)));
            time += record.cases.iter().filter_map(|line| took(record, line)).sum::<Duration>();
        }
        report.add_test_suites(lacking(document, column));
    }
    report.set_time(time);
    report.serialize(&mut *out).map_err(failed)?;
    out.write_all(b"\n")
}

/// The library wraps an error of the writer.
fn failed(error: SerializeError) -> io::Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return io::Error::new(error.kind(), error.to_string());
        }
        if let Some(error) = error.downcast_ref::<std::sync::Arc<io::Error>>() {
            return io::Error::new(error.kind(), error.to_string());
        }
        cause = error.source();
    }
    io::Error::other(error.to_string())
}

fn begun(record: &Record) -> Option<DateTime<FixedOffset>> {
    let seconds = i64::try_from(record.header.time).ok()?;
    Some(DateTime::from_timestamp(seconds, 0)?.fixed_offset())
}

/// How long a case took; what was taken over took nothing.
fn took(record: &Record, line: &CaseLine) -> Option<Duration> {
    let took = record.durations.microseconds.get(&line.name);
    took.filter(|_| line.taken_from.is_none()).copied().map(Duration::from_micros)
}

fn suite(document: &Document, column: &Column, record: &Record, cases: &[CaseLine]) -> TestSuite {
    let name = clean::line(&document.named(column, area(&cases[0].name), " "));
    let mut suite = TestSuite::new(&name);
    suite.set_time(cases.iter().filter_map(|line| took(record, line)).sum());
    begun(record).map(|begun| suite.set_timestamp(begun));
    suite.add_properties(identity(record));
    suite.add_test_cases(cases.iter().map(|line| {
        let mut case = case(document, record, line);
        case.set_classname(&name);
        case
    }));
    suite
}

/// The kernel, as far as it is known.
fn identity(record: &Record) -> Vec<Property> {
    let (kernel, suite) = (&record.header.kernel, &record.header.suite);
    let mut all = vec![
        ("kernel", title::kernel(&record.header)),
        ("kernel.release", kernel.release.clone()),
        ("kernel.build", kernel.build.clone()),
        ("kernel.machine", kernel.machine.clone()),
        ("suite", suite.to_string()),
    ];
    let more = [
        ("kernel.boot_line", &kernel.boot_line),
        ("kernel.cpu", &kernel.cpu),
        ("kernel.config_crc32", &kernel.config),
        ("kernel.via", &kernel.via),
    ];
    all.extend(more.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
    all.into_iter().map(|(name, value)| Property::new(name, clean::line(&value))).collect()
}

fn case(document: &Document, record: &Record, line: &CaseLine) -> TestCase {
    let remark = remark(line);
    let failed = |kind: NonSuccessKind| {
        let mut status = TestCaseStatus::non_success(kind);
        let more = if kind == NonSuccessKind::Error { "nothing is known: " } else { "" };
        status.set_message(format!("{more}{remark}")).set_type(line.verdict.word());
        status.set_description(document.report(record, line));
        status
    };
    let status = match words::junit(line.verdict) {
        Junit::Passed => TestCaseStatus::success(),
        Junit::Failure => failed(NonSuccessKind::Failure),
        Junit::Error => failed(NonSuccessKind::Error),
        Junit::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(&remark).set_type(line.verdict.word());
            status
        }
    };
    let mut case = TestCase::new(clean::line(&line.name), status);
    took(record, line).map(|time| case.set_time(time));
    let passes_with_a_word =
        words::junit(line.verdict) == Junit::Passed && line.verdict != Verdict::Holds;
    if passes_with_a_word || line.taken_from.is_some() {
        case.set_system_out(&remark);
    }
    case
}

/// A suite of what is not as it should be besides the cases.
fn lacking(document: &Document, column: &Column) -> Option<TestSuite> {
    let checks = checks::of(column);
    let name = clean::line(&document.named(column, "sigsys", " "));
    let mut suite = TestSuite::new(&name);
    suite.add_test_cases(checks.iter().map(|check| {
        let mut status = match words::junit(check.verdict) {
            Junit::Passed => TestCaseStatus::success(),
            Junit::Skipped => TestCaseStatus::skipped(),
            Junit::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
            Junit::Failure => TestCaseStatus::non_success(NonSuccessKind::Failure),
        };
        status.set_message(&check.why).set_type(check.verdict.word());
        let mut case = TestCase::new(check.name, status);
        case.set_classname(&name);
        case
    }));
    (!checks.is_empty()).then_some(suite)
}
