//! What is said of a run besides its cases, in the words of cases: each format has it as one more test.

use super::{Answer, Column, clean};
use harness::record::{self, Record, Verdict, taint};
use harness::report::tap::TAINT_CHECK;

/// The name, among the cases, of what is wrong with the registry of the suite.
const REGISTRY_CHECK: &str = "registry::is_sound";
/// The name, among the cases, of what is missing.
const WHOLE_CHECK: &str = "record::is_whole";

/// What is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    /// Its name among the cases.
    pub name: &'static str,
    pub verdict: Verdict,
    /// What is wrong, in one line.
    pub why: String,
}

/// What is not as it should be of `column`; nothing where all is well.
pub(super) fn of(column: &Column) -> Vec<Check> {
    let check = |name, verdict, why: &str| Check { name, verdict, why: clean::line(why) };
    let record = match &column.answer {
        Answer::NotAvailable(why) => {
            let why = format!("not available: {why}");
            return vec![check(WHOLE_CHECK, Verdict::NotOffered, &why)];
        }
        Answer::None(why) => return vec![check(WHOLE_CHECK, Verdict::Broken, why)],
        Answer::Record(record, _) => record,
    };
    let mut checks = Vec::new();
    if !record.header.faults.is_empty() {
        checks.push(check(REGISTRY_CHECK, Verdict::Violated, &record.header.faults.join("; ")));
    }
    match &column.answer {
        Answer::Record(_, Some(why)) => checks.push(check(WHOLE_CHECK, Verdict::Broken, why)),
        _ => checks
            .extend(unexplained(record).map(|(verdict, why)| check(TAINT_CHECK, verdict, &why))),
    }
    checks
}

/// A change of the kernel's taint that no case explains, and in words.
fn unexplained(record: &Record) -> Option<(Verdict, String)> {
    let explained = record.cases.iter().filter_map(|line| line.taint);
    let explained = explained.fold(0, |bits, taint| bits | taint.added());
    let (before, after) = (record.header.kernel.taint, record.footer.as_ref()?.taint?);
    let verdict = match record::taint_status(before, explained, Some(after)) {
        0 => return None,
        101 => Verdict::Tainted,
        _ => Verdict::Broken,
    };
    let added = taint::words(after & !(before.unwrap_or(0) | explained));
    Some((verdict, format!("the kernel's taint became {after} ({added}) while no case ran")))
}
