//! `sigsys fuzz`: runs the properties of the suite for a time or a number of inputs, and shows the progress.

mod progress;

use super::soak::{self, PREFIX, SHRINKING, duration, seed};
use super::suite::Source;
use crate::error::Refusal;
use crate::machine::subprocess::{self, Output};
use crate::machine::suite::refuse_start;
use crate::private;
use crate::progress::Soak;
use crate::results::report::{self, Report};
use crate::results::run_record::RunRecord;
use crate::terminal;
use crate::trust;
use crate::workspace;
use clap::Args;
use progress::Progress;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// `sigsys fuzz`.
#[derive(Debug, Args)]
pub(crate) struct FuzzArgs {
    /// The properties whose names contain this text [default: all]
    pub property: Option<String>,
    /// Inputs for each property [default: as many as in a run of the suite]
    #[arg(long, value_name = "N", conflicts_with = "duration", value_parser = clap::value_parser!(u64).range(1..))]
    pub cases: Option<u64>,
    /// Draw inputs for this long, all properties together: 90s, 10m, 2h
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub duration: Option<Duration>,
    /// Where the inputs come from: the same seed, the same inputs [default: 1]
    #[arg(long, value_name = "S", value_parser = seed)]
    pub seed: Option<u64>,
    /// The number of the first input
    #[arg(long, value_name = "I")]
    pub first: Option<u64>,
    /// Write a C program for each difference here [default: ./sigsys-reproducers]
    #[arg(long, value_name = "FOLDER")]
    pub reproducers: Option<PathBuf>,
    #[command(flatten)]
    pub source: Source,
    /// Write the record of the run here (JSON lines) [default: target/sigsys/fuzz-RELEASE.jsonl in the
    /// workspace, else ./sigsys-fuzz-RELEASE.jsonl]
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// Seconds a property may take where no time is given.
const PROPERTY_TIMEOUT: u64 = 600;
/// The property that is called `wanted`, else all whose names contain that.
fn chosen<'a>(names: &[&'a str], wanted: Option<&str>) -> Result<Vec<&'a str>, Refusal> {
    let properties: Vec<_> =
        names.iter().copied().filter(|name| name.starts_with(PREFIX)).collect();
    let exact = |name: &&str| wanted == name.strip_prefix(PREFIX);
    if let Some(property) = properties.iter().copied().find(exact) {
        return Ok(vec![property]);
    }
    let wanted = wanted.unwrap_or_default();
    let found: Vec<_> =
        properties.iter().copied().filter(|name| name[PREFIX.len()..].contains(wanted)).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    if properties.is_empty() {
        return Err(Refusal::usage("this suite has no properties to fuzz"));
    }
    let areas: BTreeSet<_> =
        properties.iter().filter_map(|name| name[PREFIX.len()..].split("::").next()).collect();
    let areas = areas.into_iter().collect::<Vec<_>>().join(", ");
    Err(Refusal::usage(format!("no property is called like `{wanted}`; there are {areas}")))
}

/// Fuzzes as `args` say; gives the exit status.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn fuzz(args: &FuzzArgs) -> Result<u8, Refusal> {
    let program = args.source.program()?;
    let names: Vec<_> = program.description.cases.iter().map(|case| case.name.as_str()).collect();
    let chosen = chosen(&names, args.property.as_deref())?;
    let record = match &args.record {
        Some(path) => path.clone(),
        None => workspace::record_for(args.source.suite.is_none(), "fuzz", &workspace::release())?,
    };
    let (report, left) = progress::file_for(&record)?;
    if let Some(line) = left {
        terminal::complain(&line);
    }
    let folder = private::Folder::new()?;
    let list = folder.path().join("cases");
    let refuse = |error| Refusal::no_answer(format!("{}: {error}", folder.path().display()));
    std::fs::write(&list, chosen.join("\n") + "\n").map_err(refuse)?;
    let at_a_time = std::thread::available_parallelism().map_or(1, Into::into);
    let time = args.duration.map(|time| soak::share(time, chosen.len(), at_a_time));
    let limit = time.map_or(PROPERTY_TIMEOUT, |seconds| seconds + SHRINKING);
    let mut command = program.command();
    command.args(["--format", "json", &format!("--limit={}", limit.min(86_400))]);
    command.arg("--cases").arg(&list).arg("--record").arg(&record);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let reproducers = match &args.reproducers {
        Some(folder) => folder.clone(),
        None => own_reproducers()?,
    };
    let reproducers = std::path::absolute(&reproducers).unwrap_or(reproducers);
    let report = std::path::absolute(&report).unwrap_or(report);
    let places = [("fuzz.report", &report), ("fuzz.reproducers", &reproducers)];
    command.args(places.map(|(name, path)| soak::option(name, path.display())));
    let numbers = [
        ("fuzz.seed", args.seed),
        ("fuzz.cases", args.cases),
        ("fuzz.first", args.first),
        ("fuzz.for", time),
    ];
    let given = numbers.into_iter().filter_map(|(name, value)| Some((name, value?)));
    command.args(given.map(|(name, value)| soak::option(name, value)));
    let suite =
        subprocess::start(&mut command).map_err(|error| refuse_start(&program.path, &error))?;
    let (run_record, status) = follow(suite, &report, chosen.len(), args);
    let progress = Progress::read(&report);
    let cases = &program.description.cases;
    let expected: Vec<_> =
        cases.iter().filter(|case| chosen.contains(&case.name.as_str())).collect();
    let ending = {
        let mut run_record = run_record;
        run_record.sort();
        let ending = run_record.end(status, &expected, subprocess::interrupted());
        if run_record.header.is_some() {
            terminal::say(&report::text(&Report {
                run_record: &run_record,
                description: &program.description,
                expected: chosen.len(),
                record: &record.display().to_string(),
                again: "sigsys run --exact",
                ending: &ending,
            }))?;
        }
        ending
    };
    terminal::say(&progress.text(args.property.is_none()))?;
    if ending.cut_off.is_some() {
        terminal::say(&progress.go_on(args.seed, args.first.unwrap_or(0)))?;
        for (name, difference) in &progress.differences {
            terminal::say(&format!("{name}: found before the end: {difference}\n"))?;
        }
    }
    match &ending.cut_off {
        Some(why) => terminal::complain(&format!("{why}; what was tried: {}", report.display())),
        // What it held is said, and in the record.
        None => drop(std::fs::remove_file(&report)),
    }
    Ok(ending.status)
}

/// Where programs go unless `--reproducers` says so.
fn own_reproducers() -> Result<PathBuf, Refusal> {
    let folder = PathBuf::from("sigsys-reproducers");
    let there = folder.symlink_metadata().is_ok();
    trust::check(if there { &folder } else { Path::new(".") }).map_err(|why| {
        let what = if there { "sigsys-reproducers" } else { "the current folder" };
        Refusal::usage(format!(
            "nothing is written to {what}: it {why}; name another with --reproducers FOLDER"
        ))
    })?;
    Ok(folder)
}

/// Shows the progress while the suite runs.
fn follow(
    mut suite: subprocess::Running,
    report: &Path,
    properties: usize,
    args: &FuzzArgs,
) -> (RunRecord, Option<std::process::ExitStatus>) {
    let total = match (args.duration, args.cases) {
        (Some(_), _) | (None, None) => None,
        (None, Some(cases)) => Some(cases * properties as u64),
    };
    let path = report.to_owned();
    let soak = Soak::start(total, args.duration, move || {
        let progress = Progress::read(&path);
        (progress.inputs(), progress.message())
    });
    let mut run_record = RunRecord::default();
    while let Some(said) = suite.next() {
        match said {
            Output::Stdout(line) => {
                let _ = run_record.take(&line);
            }
            Output::Stderr(line) => {
                if let Some(line) = run_record.take_complaint(&line) {
                    soak.note(line);
                }
            }
        }
    }
    drop(soak);
    (run_record, suite.status())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chooses_properties() {
        let names = ["dispatch::off::a", "fuzz::arguments::b", "fuzz::tracer::c"];
        assert_eq!(chosen(&names, None).map(|found| found.len()), Ok(2));
        assert_eq!(chosen(&names, Some("tracer")), Ok(vec!["fuzz::tracer::c"]));
        let refusal = chosen(&names, Some("off")).expect_err("no property");
        assert_eq!(refusal.line, "no property is called like `off`; there are arguments, tracer");
    }
}
