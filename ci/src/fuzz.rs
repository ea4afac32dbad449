//! `sigsys fuzz`: has the suite draw inputs for as long as it is told, and follows it.

mod progress;

use crate::children::{self, Said};
use crate::command_line::FuzzArgs;
use crate::gathered::Gathered;
use crate::program::{self, Program};
use crate::progress::Soak;
use crate::refusal::Refusal;
use crate::report::{self, Report};
use crate::soak::{self, PREFIX, SHRINKING};
use crate::{out, private, trust, workspace};
use progress::Progress;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Seconds a property may take unless it was told.
const LIMIT: u64 = 600;
/// The longest time that can be asked for.
const LONGEST: u64 = 7 * 86_400;

/// Reads a duration: seconds, or a number with s, m or h.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3600),
        _ => (text, 1),
    };
    let number: u64 =
        digits.parse().map_err(|_| "expected a time such as 90s, 10m or 2h".to_owned())?;
    match number.checked_mul(unit) {
        Some(0) => Err("nothing can be tried in no time".into()),
        Some(seconds @ 1..=LONGEST) => Ok(Duration::from_secs(seconds)),
        _ => Err("a week (168h) is the longest".into()),
    }
}

/// Reads a seed: a number, or 0x and hexadecimal digits.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("expected a number from 0 to {}, or 0x and its digits", u64::MAX))
}

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
    let program = Program::get(&args.source)?;
    let names: Vec<_> = program.description.cases.iter().map(|case| case.name.as_str()).collect();
    let chosen = chosen(&names, args.property.as_deref())?;
    let record = match &args.record {
        Some(path) => path.clone(),
        None => workspace::record_for(args.source.suite.is_none(), "fuzz", &workspace::release())?,
    };
    let (report, left) = progress::file_for(&record)?;
    if let Some(line) = left {
        out::complain(&line);
    }
    let folder = private::Folder::new()?;
    let list = folder.path().join("cases");
    let refuse = |error| Refusal::no_answer(format!("{}: {error}", folder.path().display()));
    std::fs::write(&list, chosen.join("\n") + "\n").map_err(refuse)?;
    let at_a_time = std::thread::available_parallelism().map_or(1, Into::into);
    let time = args.duration.map(|time| soak::share(time, chosen.len(), at_a_time));
    let limit = time.map_or(LIMIT, |seconds| seconds + SHRINKING);
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
    let suite = children::start(&mut command)
        .map_err(|error| program::refuse_start(&program.path, &error))?;
    let (gathered, status) = follow(suite, &report, chosen.len(), args);
    let progress = Progress::read(&report);
    let cases = &program.description.cases;
    let expected: Vec<_> =
        cases.iter().filter(|case| chosen.contains(&case.name.as_str())).collect();
    let ending = {
        let mut gathered = gathered;
        gathered.sort();
        let ending = gathered.end(status, &expected, children::interrupted());
        if gathered.header.is_some() {
            out::say(&report::text(&Report {
                gathered: &gathered,
                description: &program.description,
                expected: chosen.len(),
                record: &record.display().to_string(),
                again: "sigsys run --exact",
                ending: &ending,
            }))?;
        }
        ending
    };
    out::say(&progress.text(args.property.is_none()))?;
    if ending.cut_off.is_some() {
        out::say(&progress.go_on(args.seed, args.first.unwrap_or(0)))?;
        for (name, difference) in &progress.differences {
            out::say(&format!("{name}: found before the end: {difference}\n"))?;
        }
    }
    match &ending.cut_off {
        Some(why) => out::complain(&format!("{why}; what was tried: {}", report.display())),
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
    mut suite: children::Running,
    report: &Path,
    properties: usize,
    args: &FuzzArgs,
) -> (Gathered, Option<std::process::ExitStatus>) {
    let total = match (args.duration, args.cases) {
        (Some(_), _) | (None, None) => None,
        (None, Some(cases)) => Some(cases * properties as u64),
    };
    let path = report.to_owned();
    let soak = Soak::start(total, args.duration, move || {
        let progress = Progress::read(&path);
        (progress.inputs(), progress.message())
    });
    let mut gathered = Gathered::default();
    while let Some(said) = suite.next() {
        match said {
            Said::Out(line) => {
                let _ = gathered.take(&line);
            }
            Said::Err(line) => {
                if let Some(line) = gathered.take_complaint(&line) {
                    soak.note(line);
                }
            }
        }
    }
    drop(soak);
    (gathered, suite.status())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("90", Ok(90))]
    #[case("90s", Ok(90))]
    #[case("10m", Ok(600))]
    #[case("2h", Ok(7200))]
    #[case("0", Err("nothing"))]
    #[case("0h", Err("nothing"))]
    #[case("", Err("expected"))]
    #[case("m", Err("expected"))]
    #[case("1.5h", Err("expected"))]
    #[case("-1s", Err("expected"))]
    #[case("169h", Err("longest"))]
    #[case("99999999999999999999h", Err("expected"))]
    #[case("9999999999999999999h", Err("longest"))]
    fn durations(#[case] text: &str, #[case] seconds: Result<u64, &str>) {
        match (duration(text), seconds) {
            (Ok(read), Ok(seconds)) => assert_eq!(read.as_secs(), seconds),
            (Err(read), Err(says)) => assert!(read.contains(says), "{read}"),
            (read, _) => panic!("{text} is read as {read:?}"),
        }
    }

    #[rstest]
    #[case("1", Some(1))]
    #[case("0xff", Some(255))]
    #[case("18446744073709551615", Some(u64::MAX))]
    #[case("18446744073709551616", None)]
    #[case("-1", None)]
    #[case("x", None)]
    #[case("0x", None)]
    fn seeds(#[case] text: &str, #[case] read: Option<u64>) {
        assert_eq!(seed(text).ok(), read);
    }

    #[test]
    fn chooses_properties() {
        let names = ["dispatch::off::a", "fuzz::arguments::b", "fuzz::tracer::c"];
        assert_eq!(chosen(&names, None).map(|found| found.len()), Ok(2));
        assert_eq!(chosen(&names, Some("tracer")), Ok(vec!["fuzz::tracer::c"]));
        let refusal = chosen(&names, Some("off")).expect_err("no property");
        assert_eq!(refusal.line, "no property is called like `off`; there are arguments, tracer");
    }
}
