//! Asks kernels: as many at once as there are processors, and none twice.

use super::Chosen;
use super::kept::{Kept, Key, digest_of};
use super::line::{Candidate, Line};
use super::seen::Progress;
use crate::commands::boot::Accel;
use crate::error::{BAD_COMMIT, Refusal, UNTESTED};
use crate::machine::kernels::lack::LackKind;
use crate::machine::subprocess::{self, Output};
use crate::machine::suite::Program;
use crate::private::Folder;
use crate::results::bisect::behaviour::Behaviour;
use crate::results::bisect::report::Effort;
use crate::results::wholeness;
use crate::style::plural;
use harness::Filters;
use harness::describe::CaseMeta;
use harness::record::{CaseLine, Record};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

/// How often a kernel that gives no answer is booted: emulators fail, too.
const MAX_ATTEMPTS: usize = 3;
/// So many kernels in a row without a first answer are no accident.
const MAX_SILENT: usize = 4;

/// How a kernel is booted.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub qemu: PathBuf,
    /// The emulator: its version, and the models of processor that boots take.
    pub version: String,
    /// Words for the boot line.
    pub append: String,
    pub accel: Accel,
    /// Seconds one boot may take.
    pub timeout: u64,
    /// Kernels that are booted at the same time.
    pub jobs: usize,
}

/// What boots kernels, and keeps what they answer.
#[derive(Debug)]
pub(crate) struct Machine<'a> {
    program: &'a Program,
    chosen: &'a Chosen<'a>,
    /// The cases that the filter runs: those that were chosen, and others.
    expected: Vec<&'a CaseMeta>,
    kept: Kept,
    settings: Settings,
    /// Digest of the suite.
    suite: String,
    drafts: Folder,
    /// Why kernels that are not at hand cannot be had.
    cut_off: Mutex<Option<String>>,
}

/// What kernels answered, by their places: the cases that were chosen, or why there is no answer.
pub(crate) type Asked = BTreeMap<usize, Result<Vec<CaseLine>, String>>;

/// What became of one kernel.
struct Answer {
    /// Its cases, or why there are none.
    lines: Result<Vec<CaseLine>, String>,
    /// How often it was booted.
    boots: usize,
    seconds: f64,
}

impl<'a> Machine<'a> {
    pub(super) fn new(
        program: &'a Program,
        chosen: &'a Chosen<'a>,
        kept: Kept,
        settings: Settings,
    ) -> Result<Self, Refusal> {
        let suite = digest_of(Some(&program.path)).map_err(Refusal::no_answer)?;
        let any = vec![chosen.filter.clone()];
        let filters = Filters { any, exact: chosen.exact, ..Filters::default() };
        let expected = filters.select(&program.description.cases, |case| &case.name);
        let (drafts, cut_off) = (Folder::new()?, Mutex::new(None));
        Ok(Self { program, chosen, expected, kept, settings, suite, drafts, cut_off })
    }

    /// What a kernel does in the cases; from what is kept, or by booting it.
    fn answer(&self, place: usize, candidate: &Candidate) -> Answer {
        let begun = Instant::now();
        let silent = |why, boots| Answer { lines: Err(why), boots, seconds: 0.0 };
        let (image, config) = match self.get(candidate) {
            Ok(got) => got,
            Err(why) => return silent(why, 0),
        };
        let kernel = (image.as_path(), config.as_deref());
        let key = match self.key(kernel) {
            Ok(key) => key,
            Err(why) => return silent(why, 0),
        };
        let names: Vec<&str> = self.chosen.cases.iter().map(|case| case.name.as_str()).collect();
        if let Some(lines) = self.kept.recall(&key, &names) {
            return Answer { lines: Ok(lines), boots: 0, seconds: 0.0 };
        }
        let mut why = String::new();
        for attempt in 1..=MAX_ATTEMPTS {
            match self.boot(place, kernel, attempt == MAX_ATTEMPTS) {
                Ok(record) => {
                    let known = record.cases.iter().filter(|line| Behaviour::of(line).is_ok());
                    // What cannot be kept is asked again another time.
                    let _ = self.kept.keep(&key, &known.cloned().collect::<Vec<_>>());
                    let chosen = |line: &CaseLine| names.contains(&line.name.as_str());
                    let lines = record.cases.into_iter().filter(chosen).collect();
                    let seconds = begun.elapsed().as_secs_f64();
                    return Answer { lines: Ok(lines), boots: attempt, seconds };
                }
                Err(said) => why = said,
            }
            if subprocess::interrupted().is_some() {
                return silent(why, attempt);
            }
        }
        silent(format!("booted {MAX_ATTEMPTS} times: {why}"), MAX_ATTEMPTS)
    }

    /// Image and configuration of a kernel. What is not at hand is not asked for again after it could not
    /// be had for a reason that is not its own: without a network, say.
    fn get(&self, candidate: &Candidate) -> Result<(PathBuf, Option<PathBuf>), String> {
        let cut_off = || self.cut_off.lock().unwrap_or_else(PoisonError::into_inner);
        let before = cut_off().clone();
        if let Some(why) = before.filter(|_| !candidate.is_at_hand()) {
            return Err(why);
        }
        candidate.get().map_err(|lack| {
            let why = format!("it cannot be had: {lack}");
            if lack.kind == LackKind::Unavailable {
                *cut_off() = Some(why.clone());
            }
            why
        })
    }

    fn key(&self, (image, config): (&Path, Option<&Path>)) -> Result<Key, String> {
        Ok(Key {
            suite: self.suite.clone(),
            kernel: digest_of(Some(image))?,
            config: digest_of(config)?,
            append: self.settings.append.clone(),
            machine: format!("{}, {}", self.settings.version, self.settings.accel.word()),
        })
    }

    /// Boots a kernel once. A record that is whole is taken when the boot has no more to say than it; in
    /// the `last` attempt in any case.
    fn boot(
        &self,
        place: usize,
        kernel: (&Path, Option<&Path>),
        last: bool,
    ) -> Result<Record, String> {
        let draft = self.drafts.path().join(format!("{place}.jsonl"));
        // The record of an earlier attempt must not be taken for this one's.
        let _ = std::fs::remove_file(&draft);
        let mut command = self.command(kernel, &draft)?;
        let mut running = subprocess::start(&mut command).map_err(|error| error.to_string())?;
        let mut words = Vec::new();
        while let Some(said) = running.next() {
            if let Output::Stderr(line) = said {
                words.push(line.trim().trim_start_matches("sigsys: ").to_owned());
            }
        }
        let code = running.status().and_then(|status| status.code());
        let said = words.iter().rfind(|line| !line.starts_with('|')).cloned();
        let bad = i32::from(BAD_COMMIT);
        let untested = code == Some(UNTESTED.into());
        if !untested && ![Some(0), Some(bad)].contains(&code) {
            return Err(said.unwrap_or_else(|| "sigsys boot was killed".into()));
        }
        let record = self.whole(&draft).map_err(|why| said.clone().unwrap_or(why))?;
        let unknown = record.cases.iter().any(|line| Behaviour::of(line).is_err());
        match untested && !unknown && !last {
            true => Err(said.unwrap_or_else(|| "no answer".into())),
            false => Ok(record),
        }
    }

    /// `sigsys boot`.
    fn command(
        &self,
        (image, config): (&Path, Option<&Path>),
        draft: &Path,
    ) -> Result<Command, String> {
        let settings = &self.settings;
        let mut command = subprocess::own()?;
        command.args(["boot", "--format", "json", "--kernel"]).arg(image);
        command.arg("--suite").arg(&self.program.path).arg("--qemu").arg(&settings.qemu);
        command.arg("--record").arg(draft).arg(format!("--append={}", settings.append));
        command.arg(format!("--timeout={}", settings.timeout));
        // A boot without an answer is three more boots: a busy machine is given time.
        command.arg(format!("--boot-timeout={}", settings.timeout));
        command.args(["--accel", settings.accel.word()]);
        if !self.chosen.filter.is_empty() {
            command.arg(format!("--case={}", self.chosen.filter));
        }
        if self.chosen.exact {
            command.arg("--exact");
        }
        if let Some(config) = config {
            command.arg("--config").arg(config);
        }
        Ok(command)
    }

    /// The record at `path`, if it is the whole one of these cases.
    fn whole(&self, path: &Path) -> Result<Record, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let record = wholeness::read(&text)?;
        let (header, footer) = (Some(&record.header), record.footer.as_ref());
        let flaws = wholeness::against(&self.expected, header, &record.cases, footer);
        wholeness::say(&flaws).map_or(Ok(record), |flaws| Err(format!("its record {flaws}")))
    }
}

/// Asks the kernels that are `wanted`, and those that are wanted then, until none is.
///
/// # Errors
/// When a signal came, or the first kernels give no answer at all. What was answered is kept.
pub(crate) fn ask(
    machine: &Machine,
    line: &Line,
    wanted: impl Fn(&Asked) -> Vec<usize>,
    progress: Progress,
) -> Result<(Asked, Effort), Refusal> {
    let begun = Instant::now();
    let (mut asked, mut effort) = (Asked::new(), Effort::default());
    let (mut busy, mut silent) = (BTreeSet::new(), 0);
    let (sender, answers) = mpsc::channel();
    thread::scope(|scope| {
        loop {
            let interrupted = subprocess::interrupted();
            let open = match interrupted {
                Some(_) => Vec::new(),
                None => wanted(&asked),
            };
            for place in open {
                if busy.len() < machine.settings.jobs && busy.insert(place) {
                    let (sender, candidate) = (sender.clone(), &line.candidates[place]);
                    scope.spawn(move || {
                        let _ = sender.send((place, machine.answer(place, candidate)));
                    });
                }
            }
            if busy.is_empty() {
                return interrupted.map_or(Ok(()), |signal| Err(Refusal::interrupted(signal)));
            }
            let Ok((place, answer)) = answers.recv() else { return Ok(()) };
            busy.remove(&place);
            if subprocess::interrupted().is_some() && answer.lines.is_err() {
                continue;
            }
            effort.boots += answer.boots;
            effort.cached += usize::from(answer.boots == 0 && answer.lines.is_ok());
            progress.answered(&line.kernels[place].label, &how(&answer), &says(&answer));
            silent += usize::from(answer.boots > 0 && answer.lines.is_err());
            asked.insert(place, answer.lines);
            let last = asked[&place].as_ref().err();
            if let Some(why) = last
                && silent >= MAX_SILENT.min(line.kernels.len())
                && asked.values().all(Result::is_err)
            {
                let kernels = plural(silent, "kernels");
                return Err(Refusal::no_answer(format!(
                    "none of {kernels} gives an answer; the last: {why}"
                )));
            }
        }
    })?;
    effort.seconds = begun.elapsed().as_secs_f64();
    Ok((asked, effort))
}

/// Where an answer comes from, in a word.
fn how(answer: &Answer) -> String {
    match (answer.boots, &answer.lines) {
        (_, Err(_)) => "-".into(),
        (0, _) => "kept".into(),
        _ => format!("{:.1} s", answer.seconds),
    }
}

/// An answer in a line.
fn says(answer: &Answer) -> String {
    let lines = match &answer.lines {
        Err(why) => return format!("no answer: {why}"),
        Ok(lines) => lines,
    };
    let behaviours = lines.iter().filter_map(|line| Behaviour::of(line).ok());
    let behaviours: Vec<Behaviour> = behaviours.collect();
    match behaviours.as_slice() {
        [] => match lines.iter().find_map(|line| Behaviour::of(line).err()) {
            Some(why) => format!("no answer: {why}"),
            None => "no answer".into(),
        },
        [one] => one.line(),
        many => {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for behaviour in many {
                *counts.entry(behaviour.verdict.words()).or_default() += 1;
            }
            let counts = counts.iter().map(|(words, count)| format!("{count} {words}"));
            counts.collect::<Vec<_>>().join(", ")
        }
    }
}
