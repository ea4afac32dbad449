//! One column of the matrix: the suite in one kernel, started in one way.

use super::check;
use super::store::{self, Kept, Key, Store};
use crate::boot::UNTESTED;
use crate::children::{self, Said};
use crate::command_line::{Accel, SoakArgs};
use crate::gathered::{self, Gathered};
use crate::kernels::fetch::Fetched;
use crate::kernels::{Column, Kernel, System, Variant, apt};
use crate::refusal::NO_ANSWER;
use crate::run::quoted;
use crate::soak;
use harness::describe::CaseText;
use harness::frame::{self, Reader};
use harness::record::{Line, Verdict};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How many times a boot that says nothing about the kernel is tried: emulators fail, too.
const ATTEMPTS: usize = 3;
/// How many of its notes are kept.
const NOTES: usize = 6;

/// What all columns share.
#[derive(Debug)]
pub(super) struct Shared<'a> {
    /// The suite.
    pub suite: &'a Path,
    /// The list of deviations to use instead of its own.
    pub deviations: Option<&'a Path>,
    /// Digest of both.
    pub digest: String,
    /// The cases it holds, or the properties where those alone are run.
    pub expected: Vec<&'a CaseText>,
    pub soak: &'a SoakArgs,
    pub qemu: PathBuf,
    pub accel: Accel,
    /// The emulator's version, or why there is none.
    pub machine: Result<String, String>,
    /// Nothing that was recorded is used.
    pub again: bool,
    /// Seconds one boot, or one other system, may take.
    pub timeout: u64,
}

/// What became of a column.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// There is a record.
    Done(Kept, Source),
    /// It cannot be had, and why.
    NotAvailable(String),
    /// It was run and says nothing about the kernel; why.
    NoAnswer(String),
    /// A signal came.
    Interrupted,
}

/// Where a result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Run,
    Kept,
}

/// Something to show.
#[derive(Clone, Debug)]
pub(super) enum News {
    Started,
    Case(Verdict),
    Note(String),
}

impl Shared<'_> {
    /// Runs a kernel in a variant, unless that was done.
    pub(super) fn kernel(
        &self,
        (kernel, variant): (&Kernel, &Variant),
        fetched: &Fetched,
        store: &Store,
        on: &dyn Fn(News),
    ) -> Outcome {
        let name = Column::Kernel(kernel.clone(), variant.clone()).name();
        let machine = match &self.machine {
            Ok(machine) => machine.clone(),
            Err(why) => return Outcome::NotAvailable(why.clone()),
        };
        let digests = store::digest_of(Some(&fetched.image))
            .and_then(|image| Ok((image, store::digest_of(fetched.config.as_deref())?)));
        let (image, config) = match digests {
            Ok(digests) => digests,
            Err(why) => return Outcome::NotAvailable(why),
        };
        let start = format!("{}{}", variant.append, self.soak.words(self.expected.len()));
        let key = Key { suite: self.digest.clone(), kernel: image, config, start, machine };
        if let Some(kept) = self.recall(store, &name, &key) {
            return Outcome::Done(kept, Source::Kept);
        }
        on(News::Started);
        let mut notes: Vec<String> = Vec::new();
        let begun = Instant::now();
        for attempt in 1.. {
            let draft = store.draft(&name);
            let command = match self.boot(fetched, variant, &draft) {
                Ok(command) => command,
                Err(why) => return Outcome::NoAnswer(why),
            };
            let (code, words) = match follow(command, None, on) {
                Ok((code, _, words)) => (code, words),
                Err(why) => return Outcome::NoAnswer(why),
            };
            if children::interrupted().is_some() {
                return Outcome::Interrupted;
            }
            let status = match code {
                Some(0) => 0,
                Some(1) => 101,
                Some(code) if code == i32::from(UNTESTED) => NO_ANSWER,
                _ => return Outcome::NoAnswer(last(&words, "sigsys boot was killed")),
            };
            notes.extend(words.iter().take(NOTES).cloned());
            if status == NO_ANSWER
                && let Err(why) = store.room()
            {
                return Outcome::NoAnswer(why);
            }
            if status == NO_ANSWER && attempt < ATTEMPTS && !only_broken(&draft) {
                let why = last(&words, "no answer");
                on(News::Note(format!("{name}: {why}; booting it again")));
                notes = vec![format!("attempt {attempt}: {why}")];
                continue;
            }
            if status == NO_ANSWER && !is_whole(&draft) {
                return Outcome::NoAnswer(last(&words, "no answer"));
            }
            return finish(store, &name, key, status, notes, begun);
        }
        Outcome::NoAnswer("no answer".into())
    }

    fn recall(&self, store: &Store, name: &str, key: &Key) -> Option<Kept> {
        store.recall(name, key).filter(|_| !self.again)
    }

    /// `sigsys boot`.
    fn boot(&self, fetched: &Fetched, variant: &Variant, draft: &Path) -> Result<Command, String> {
        let own = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
        let mut command = Command::new(own);
        command.args(["boot", "--format", "json", "--kernel"]).arg(&fetched.image);
        command.arg("--suite").arg(self.suite).arg("--qemu").arg(&self.qemu);
        command.arg("--record").arg(draft).arg(format!("--append={}", variant.append));
        command.arg(format!("--timeout={}", self.timeout)).args(["--accel", self.accel.word()]);
        if let Some(time) = self.soak.duration {
            command.arg(format!("--for={}", time.as_secs()));
        }
        if let Some(seed) = self.soak.seed {
            command.arg(format!("--seed={seed}"));
        }
        if let Some(config) = &fetched.config {
            command.arg("--config").arg(config);
        }
        if let Some(deviations) = self.deviations {
            command.arg("--deviations").arg(deviations);
        }
        // A record of an earlier attempt is none of this one's.
        let _ = std::fs::remove_file(draft);
        Ok(command)
    }

    /// Runs another system, unless that was done.
    pub(super) fn system(&self, system: &System, store: &Store, on: &dyn Fn(News)) -> Outcome {
        let machine = match version(system) {
            Ok(version) => version,
            Err(why) => return Outcome::NotAvailable(why),
        };
        let key = Key {
            suite: self.digest.clone(),
            kernel: machine,
            config: String::new(),
            start: format!("{}{}", system.command, self.soak.words(self.expected.len())),
            machine: String::new(),
        };
        // What a command reaches may be another tomorrow, unless it tells its version.
        let told = !system.version.is_empty();
        if let Some(kept) = self.recall(store, &system.name, &key).filter(|_| told) {
            return Outcome::Done(kept, Source::Kept);
        }
        on(News::Started);
        let begun = Instant::now();
        let command = match self.command(system) {
            Ok(command) => command,
            Err(why) => return Outcome::NoAnswer(why),
        };
        let limit = Duration::from_secs(self.timeout + self.soak.seconds());
        let mut gathered = Gathered::default();
        let followed = follow_frames(command, limit, &mut gathered, on);
        let (status, words) = match followed {
            Ok(followed) => followed,
            Err(why) => return Outcome::NoAnswer(why),
        };
        if children::interrupted().is_some() {
            return Outcome::Interrupted;
        }
        if gathered.header.is_none() {
            let why = last(&words, &children::ending(status));
            return Outcome::NotAvailable(format!("the suite does not start there: {why}"));
        }
        gathered.sort();
        if let Some(header) = &mut gathered.header {
            header.kernel.via = Some(check::with_version(&system.name, &key.kernel));
        }
        let ending = gathered.end(status, &self.expected, None);
        if let Some(why) = ending.cut_off {
            return Outcome::NoAnswer(why);
        }
        if let Err(error) = gathered::write(&gathered, &store.draft(&system.name)) {
            return Outcome::NoAnswer(format!("the record cannot be written: {error}"));
        }
        finish(store, &system.name, key, ending.status, Vec::new(), begun)
    }

    fn command(&self, system: &System) -> Result<Command, String> {
        let suite = quoted(&self.suite.display().to_string());
        let line = match system.command.contains("{suite}") {
            true => system.command.replace("{suite}", &suite),
            false => format!("{} {suite}", system.command),
        };
        let mut arguments = "--format framed".to_owned();
        if let Some(deviations) = self.deviations {
            arguments += &format!(" --deviations {}", quoted(&deviations.display().to_string()));
        }
        if let Some(limit) = self.soak.limit(self.expected.len()) {
            arguments += &format!(" --limit={limit} {}", soak::PREFIX);
        }
        arguments += &self.soak.words(self.expected.len());
        let line = match line.contains("{arguments}") {
            true => line.replace("{arguments}", &arguments),
            false => format!("{line} {arguments}"),
        };
        let mut command = Command::new("sh");
        command.args(["-c", &line]);
        Ok(command)
    }
}

/// The version of a system, in its own words; why it is not there otherwise.
fn version(system: &System) -> Result<String, String> {
    if system.version.is_empty() {
        return Ok(String::new());
    }
    let mut command = Command::new("sh");
    command.args(["-c", &system.version]);
    let line = apt::output(command).map_err(|why| match system.package.as_str() {
        "" => why,
        package => format!("{} is not installed: apt-get install {package}", system.name),
    })?;
    Ok(line.lines().next().unwrap_or_default().to_owned())
}

type Followed = (Option<i32>, Option<std::process::ExitStatus>, Vec<String>);

/// Shows the lines of a record as they come; gives the status and what was said besides.
fn follow(
    mut command: Command,
    limit: Option<Duration>,
    on: &dyn Fn(News),
) -> Result<Followed, String> {
    let mut running = children::start(&mut command).map_err(|error| error.to_string())?;
    if let Some(limit) = limit {
        running = running.limit(limit);
    }
    let mut words = Vec::new();
    while let Some(said) = running.next() {
        match said {
            Said::Out(line) => {
                if let Ok(Line::Case(case)) = serde_json::from_str(&line) {
                    on(News::Case(case.verdict));
                }
            }
            Said::Err(line) => words.push(plain(&line)),
        }
    }
    let status = running.status();
    Ok((status.and_then(|status| status.code()), status, words))
}

fn follow_frames(
    mut command: Command,
    limit: Duration,
    gathered: &mut Gathered,
    on: &dyn Fn(News),
) -> Result<(Option<std::process::ExitStatus>, Vec<String>), String> {
    let started = children::start(&mut command).map_err(|error| error.to_string())?;
    let mut running = started.limit(limit);
    let mut reader = Reader::default();
    let mut words = Vec::new();
    while let Some(said) = running.next() {
        let (Said::Out(line) | Said::Err(line)) = &said;
        let line = line.trim_end_matches('\r');
        match reader.take(line) {
            Some(frame) if frame.stream == frame::SUITE && frame.text != frame::ALIVE => {
                if let Some(case) = gathered.take(&frame.text) {
                    on(News::Case(case.verdict));
                }
            }
            Some(_) => {}
            None if line.trim().is_empty() => {}
            None => words.push(plain(line)),
        }
    }
    if running.was_overdue() {
        return Err(format!("it did not end within {} s", limit.as_secs()));
    }
    Ok((running.status(), words))
}

/// Without this tool's own name in front.
fn plain(line: &str) -> String {
    line.trim().trim_start_matches("sigsys: ").to_owned()
}

fn last(words: &[String], otherwise: &str) -> String {
    words
        .iter()
        .rfind(|line| !line.starts_with('|'))
        .cloned()
        .unwrap_or_else(|| otherwise.to_owned())
}

fn is_whole(draft: &Path) -> bool {
    read(draft).is_some_and(|record| record.footer.is_some())
}

/// Whether failed set-ups are all that is wrong: another boot does not mend them.
fn only_broken(draft: &Path) -> bool {
    read(draft).is_some_and(|record| {
        record.footer.is_some() && record.cases.iter().any(|case| case.verdict == Verdict::Broken)
    })
}

fn read(draft: &Path) -> Option<harness::record::Record> {
    harness::record::Record::parse(&std::fs::read_to_string(draft).ok()?).ok()
}

fn finish(
    store: &Store,
    name: &str,
    key: Key,
    status: u8,
    notes: Vec<String>,
    begun: Instant,
) -> Outcome {
    let keep = || {
        let record = store::digest(&std::fs::read(store.draft(name))?);
        let kept = Kept { key, record, status, notes, seconds: begun.elapsed().as_secs_f64() };
        store.keep(name, &kept)?;
        Ok::<_, std::io::Error>(kept)
    };
    match keep() {
        Ok(kept) => Outcome::Done(kept, Source::Run),
        Err(error) => Outcome::NoAnswer(format!("the record cannot be kept: {error}")),
    }
}
