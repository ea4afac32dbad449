//! `sigsys fuzz`: has the suite draw inputs for as long as it is told, and follows it.

use crate::children::{self, Said};
use crate::command_line::FuzzArgs;
use crate::gathered::Gathered;
use crate::program::{self, Program};
use crate::progress::Soak;
use crate::refusal::Refusal;
use crate::report::{self, Report};
use crate::soak::{self, PREFIX, SHRINKING};
use crate::{out, private, workspace};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Seconds a property may take unless it was told.
const LIMIT: u64 = 600;
/// The longest time that can be asked for.
const LONGEST: u64 = 7 * 86_400;

/// A line of the suite's about one property.
#[derive(Clone, Debug, Default, Deserialize)]
struct Line {
    property: String,
    #[serde(default)]
    inputs: u64,
    #[serde(default)]
    tried: u64,
    #[serde(default)]
    milliseconds: u64,
    #[serde(default)]
    reached: BTreeSet<String>,
    #[serde(default)]
    branches: BTreeMap<String, String>,
    #[serde(default)]
    differences: Vec<String>,
}

/// What the suite has reported: the latest line of each property, and all differences.
#[derive(Debug, Default)]
struct Progress {
    latest: BTreeMap<String, Line>,
    branches: BTreeMap<String, String>,
    differences: BTreeMap<String, String>,
}

impl Progress {
    /// Reads the file the suite appends to; a line that is not finished yet is left for later.
    fn read(path: &Path) -> Self {
        let mut all = Self::default();
        let text = std::fs::read_to_string(path).unwrap_or_default();
        for line in text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
            all.branches.extend(line.branches.clone());
            if let Some(difference) = line.differences.last() {
                all.differences.insert(line.property.clone(), difference.clone());
            }
            all.latest.insert(line.property.clone(), line);
        }
        all
    }

    fn inputs(&self) -> u64 {
        self.latest.values().map(|line| line.inputs).sum()
    }

    /// Tried in a second, of the properties together.
    fn rate(&self) -> f64 {
        // Not `sum`, which gives -0 for nothing.
        self.latest.values().map(Line::rate).fold(0.0, |sum, rate| sum + rate)
    }

    fn reached(&self) -> BTreeSet<&str> {
        self.latest.values().flat_map(|line| line.reached.iter().map(String::as_str)).collect()
    }

    /// A line for the bar.
    fn message(&self) -> String {
        let found = match self.differences.len() {
            0 => String::new(),
            found => format!(", {found} to report"),
        };
        let (reached, all) = (self.reached().len(), self.branches.len());
        format!("{:.0} a second, {reached} of {all} branches{found}", self.rate())
    }

    /// What was done, property by property, and what was never reached.
    fn text(&self, whole: bool) -> String {
        let mut text = String::new();
        let width = self.latest.keys().map(String::len).max().unwrap_or(0);
        for (name, line) in &self.latest {
            let Line { inputs, tried, .. } = line;
            let (rate, reached) = (line.rate(), line.reached.len());
            let _ = writeln!(
                text,
                "{name:width$}  {inputs} inputs, {tried} tried, {rate:.0} a second, {reached} branches"
            );
        }
        let reached = self.reached();
        let _ =
            writeln!(text, "{} of {} branches of the model", reached.len(), self.branches.len());
        if whole {
            for (name, words) in &self.branches {
                if !reached.contains(name.as_str()) {
                    let _ = writeln!(text, "  no input reached {name}: {words}");
                }
            }
        }
        text
    }
}

impl Line {
    fn rate(&self) -> f64 {
        if self.milliseconds == 0 {
            return 0.0;
        }
        self.tried as f64 * 1000.0 / self.milliseconds as f64
    }
}

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
    let folder = private::Folder::new()?;
    let (list, report) = (folder.path().join("cases"), folder.path().join("progress"));
    let refuse = |error| Refusal::no_answer(format!("{}: {error}", folder.path().display()));
    std::fs::write(&list, chosen.join("\n") + "\n").map_err(refuse)?;
    let at_a_time = std::thread::available_parallelism().map_or(1, Into::into);
    let time = args.duration.map(|time| soak::share(time, chosen.len(), at_a_time));
    let limit = time.map_or(LIMIT, |seconds| seconds + SHRINKING);
    let mut command = program.command();
    command.args(["--format", "json", &format!("--limit={}", limit.min(86_400))]);
    command.arg("--cases").arg(&list).arg("--record").arg(&record);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("SIGSYS_FUZZ_REPORT", &report);
    let reproducers =
        args.reproducers.clone().unwrap_or_else(|| PathBuf::from("sigsys-reproducers"));
    let reproducers = std::path::absolute(&reproducers).unwrap_or(reproducers);
    command.env("SIGSYS_FUZZ_REPRODUCERS", reproducers);
    let numbers = [
        ("SIGSYS_FUZZ_SEED", args.seed),
        ("SIGSYS_FUZZ_CASES", args.cases),
        ("SIGSYS_FUZZ_FIRST", args.first),
        ("SIGSYS_FUZZ_FOR", time),
    ];
    for (name, value) in numbers {
        match value {
            Some(value) => command.env(name, value.to_string()),
            None => command.env_remove(name),
        };
    }
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
        for (name, difference) in &progress.differences {
            out::say(&format!("{name}: found before the end: {difference}\n"))?;
        }
    }
    if let Some(why) = &ending.cut_off {
        out::complain(why);
    }
    Ok(ending.status)
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

    #[test]
    fn reads_progress() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("progress");
        let lines = r#"{"property":"p","inputs":1,"tried":10,"milliseconds":10,"reached":["A"],"branches":{"A":"a","B":"b"}}
{"property":"p","inputs":2,"tried":20,"milliseconds":10,"reached":["A"],"differences":["x is y"]}
{"property":"p","inp"#;
        std::fs::write(&path, lines).expect("written");
        let progress = Progress::read(&path);
        assert_eq!((progress.inputs(), progress.rate()), (2, 2000.0));
        assert_eq!(progress.message(), "2000 a second, 1 of 2 branches, 1 to report");
        assert!(progress.text(true).contains("no input reached B: b"));
        assert!(!progress.text(false).contains("no input"));
    }
}
