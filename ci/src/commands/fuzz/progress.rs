//! What the suite reports of its properties while they run: a file it appends lines to, which is what is
//! left of a soak that was cut off.

use crate::commands::soak::PREFIX;
use crate::error::Refusal;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

/// A line of the suite's about one property.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Line {
    property: String,
    #[serde(default)]
    state: String,
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
pub(super) struct Progress {
    latest: BTreeMap<String, Line>,
    branches: BTreeMap<String, String>,
    pub differences: BTreeMap<String, String>,
}

impl Progress {
    /// Reads the file the suite appends to; a line that is not finished yet is left for later.
    pub(super) fn read(path: &Path) -> Self {
        let mut all = Self::default();
        let text = fs::read_to_string(path).unwrap_or_default();
        for line in text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok()) {
            all.branches.extend(line.branches.clone());
            if let Some(difference) = line.differences.last() {
                all.differences.insert(line.property.clone(), difference.clone());
            }
            all.latest.insert(line.property.clone(), line);
        }
        all
    }

    pub(super) fn inputs(&self) -> u64 {
        self.latest.values().map(|line| line.inputs).sum()
    }

    /// Tried in a second, of the properties together.
    /// How each property that was cut off goes on, a line each; the first input had number `first`.
    pub(super) fn go_on(&self, seed: Option<u64>, first: u64) -> String {
        let seed = seed.map(|seed| format!(" --seed {seed}")).unwrap_or_default();
        let cut = self.latest.iter().filter(|(_, line)| line.state != "done");
        let line = |(name, line): (&String, &Line)| {
            let (name, next) = (name.trim_start_matches(PREFIX), first + line.inputs);
            format!("to go on: sigsys fuzz {name}{seed} --first {next}\n")
        };
        cut.map(line).collect()
    }

    fn rate(&self) -> f64 {
        // Not `sum`, which gives -0 for nothing.
        self.latest.values().map(Line::rate).fold(0.0, |sum, rate| sum + rate)
    }

    fn reached(&self) -> BTreeSet<&str> {
        self.latest.values().flat_map(|line| line.reached.iter().map(String::as_str)).collect()
    }

    /// A line for the bar.
    pub(super) fn message(&self) -> String {
        let found = match self.differences.len() {
            0 => String::new(),
            found => format!(", {found} to report"),
        };
        let (reached, all) = (self.reached().len(), self.branches.len());
        format!("{:.0} a second, {reached} of {all} branches{found}", self.rate())
    }

    /// What was done, property by property, and what was never reached.
    pub(super) fn text(&self, whole: bool) -> String {
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

/// The file of a soak whose record is `record`, new and empty; what an earlier one left, that was cut off,
/// is moved aside and given as a line.
///
/// # Errors
/// When it cannot be made.
pub(super) fn file_for(record: &Path) -> Result<(PathBuf, Option<String>), Refusal> {
    let beside = |suffix: &str| {
        let mut name = record.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let (path, old) = (beside(".progress"), beside(".progress.old"));
    let refuse = |error| Refusal::no_answer(format!("{}: cannot write: {error}", path.display()));
    let inputs = Progress::read(&path).inputs();
    let left = (inputs > 0 && fs::rename(&path, &old).is_ok())
        .then(|| format!("an earlier soak was cut off after {inputs} inputs: {}", old.display()));
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(refuse(error)),
        _ => {}
    }
    // Not through a link that stands there since.
    OpenOptions::new().write(true).create_new(true).open(&path).map_err(refuse)?;
    Ok((path, left))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_progress() {
        let path = std::env::temp_dir().join(format!("sigsys-progress-{}", std::process::id()));
        let lines = r#"{"property":"p","inputs":1,"tried":10,"milliseconds":10,"reached":["A"],"branches":{"A":"a","B":"b"}}
{"property":"p","inputs":2,"tried":20,"milliseconds":10,"reached":["A"],"differences":["x is y"]}
{"property":"p","inp"#;
        fs::write(&path, lines).expect("written");
        let progress = Progress::read(&path);
        let _ = fs::remove_file(&path);
        assert_eq!((progress.inputs(), progress.rate()), (2, 2000.0));
        assert_eq!(progress.message(), "2000 a second, 1 of 2 branches, 1 to report");
        assert!(progress.text(true).contains("no input reached B: b"));
        assert!(!progress.text(false).contains("no input"));
        assert_eq!(progress.go_on(Some(7), 5), "to go on: sigsys fuzz p --seed 7 --first 7\n");
    }

    #[test]
    fn what_was_left_is_moved_aside_and_no_link_is_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let record = folder.path().join("record");
        let (path, left) = file_for(&record).expect("made");
        assert_eq!(left, None);
        fs::write(&path, "{\"property\":\"p\",\"inputs\":3}\n").expect("written");
        let (path, left) = file_for(&record).expect("made");
        assert!(left.is_some_and(|line| line.contains("after 3 inputs")));
        assert_eq!(fs::metadata(&path).expect("it is there").len(), 0);
        let mine = folder.path().join("mine");
        fs::write(&mine, "precious").expect("written");
        fs::remove_file(&path).expect("removed");
        std::os::unix::fs::symlink(&mine, &path).expect("a link");
        let (path, _) = file_for(&record).expect("made");
        fs::write(path, "overwritten").expect("written");
        assert_eq!(fs::read_to_string(mine).expect("readable"), "precious");
    }
}
