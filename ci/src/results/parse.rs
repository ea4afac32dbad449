//! From the text of a record to the results that comparisons are made of.

use super::cell::{Cell, plain};
use super::release::Release;
use super::run_results::{OWED, Outcome, Results, VIA};
use super::wholeness::{self, Flaw};
use super::{snapshot, title};
use crate::printable::printable;
use harness::record::{CaseLine, Footer, Kernel, Record, Verdict, one_line};

/// Reads the text of a record.
///
/// # Errors
/// Says why it is none.
pub(crate) fn parse(text: &str) -> Result<Results, String> {
    of_record(record(text)?)
}

/// The results that a record holds, which does not contradict itself.
///
/// # Errors
/// When a case is there twice.
pub(crate) fn of_record(record: Record) -> Result<Results, String> {
    let Record { mut header, cases, footer, .. } = record;
    make_plain(&mut header.kernel);
    let lacks = cases.iter().filter_map(lack).collect();
    let whole = footer.as_ref().is_some_and(Footer::is_whole);
    let kernel = &header.kernel;
    Results {
        title: title::kernel(&header),
        release: Release::of(kernel),
        variant: variant(kernel),
        cases: cases.into_iter().map(outcome).collect(),
        lacks,
        cut_off: (!whole).then_some(header.cases),
        suite: Some(header.suite.to_string()),
    }
    .sorted()
}

/// Reads the text of a record that does not contradict itself. One that was cut off is read as far as it goes.
///
/// # Errors
/// Says why it is none.
pub(crate) fn record(text: &str) -> Result<Record, String> {
    if snapshot::is_one(text) {
        return Err("this is an area of the snapshots; name a column of them, such as 6.1".into());
    }
    check_shape(text)?;
    let record = wholeness::read(text)?;
    let (header, footer) = (Some(&record.header), record.footer.as_ref());
    let mut flaws = wholeness::within(header, &record.cases, footer);
    // What was cut off is used as far as it goes.
    flaws.retain(|flaw| *flaw != Flaw::NoEnd);
    match wholeness::say(&flaws) {
        Some(flaws) => Err(format!("it {flaws}")),
        None => Ok(record),
    }
}

/// The results of a kernel of which some cases are known.
///
/// # Errors
/// When a case is there twice.
pub(crate) fn of_lines(
    release: &str,
    variant: &str,
    cases: Vec<CaseLine>,
) -> Result<Results, String> {
    let (release, variant) = (Release::read(release), variant.to_owned());
    let lacks = cases.iter().filter_map(lack).collect();
    let title = release.text.clone();
    let cases = cases.into_iter().map(outcome).collect();
    Results { title, release, variant, cases, lacks, cut_off: None, suite: None }.sorted()
}

/// What can be said of a wrong file in better words than the parser's.
fn check_shape(text: &str) -> Result<(), String> {
    let Some(first) = text.lines().next() else { return Err("it is empty".into()) };
    let Ok(value) = serde_json::from_str::<serde_json::Value>(first) else {
        return Err("it is neither a record nor a snapshot".into());
    };
    if value["kind"] != "run" {
        return Err("it is no record: its first line is not that of a run".into());
    }
    if value["schema"].as_u64().is_none() {
        return Err("it is no record: its first line names no schema".into());
    }
    Ok(())
}

/// Makes the words of a kernel about itself what they are taken for: one line each, that does nothing.
fn make_plain(kernel: &mut Kernel) {
    let words = [&mut kernel.system, &mut kernel.release, &mut kernel.build, &mut kernel.machine];
    let more = [&mut kernel.clocksource, &mut kernel.via];
    for word in words.into_iter().chain(more.into_iter().flatten()) {
        *word = printable(&one_line(word)).into_owned();
    }
}

/// The need that a case says is not met, and why.
fn lack(case: &CaseLine) -> Option<(String, String)> {
    let unmet = case.unmet.as_ref()?;
    let owed = match case.verdict {
        Verdict::NotOffered => "",
        Verdict::Violated => OWED,
        _ => return None,
    };
    Some((unmet.need.clone(), format!("{owed}{}", plain(&unmet.reason()))))
}

/// What a comparison takes of a case.
fn outcome(case: CaseLine) -> Outcome {
    let cell = Cell::of(&case);
    // Of one that healed, nothing deviates.
    let known = case.deviation.filter(|_| case.verdict != Verdict::Healed);
    let known = known.map(|known| known.why).unwrap_or_default();
    Outcome { name: case.name, clauses: case.clauses, cell, known }
}

/// The vsyscall mode, and the clocksource where that is not a usual one; or what is not Linux at all.
fn variant(kernel: &Kernel) -> String {
    if let Some(via) = &kernel.via {
        return format!("{VIA}{via}");
    }
    let vsyscall = kernel.vsyscall_word();
    match &kernel.clocksource {
        Some(clocksource) => format!("{vsyscall}, {clocksource}"),
        None => vsyscall.to_owned(),
    }
}

#[cfg(test)]
mod tests;
