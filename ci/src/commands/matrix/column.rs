//! One column of the matrix: the suite in one kernel, started in one way.

use super::cache::{self, Cache, CacheKey, CachedRecord};
use super::follow::{follow, follow_frames, last};
use super::news::News;
use crate::commands::boot::Accel;
use crate::commands::soak::{self, SoakArgs};
use crate::error::{BAD_COMMIT, NO_ANSWER, UNTESTED, VIOLATED, how_it_ended};
use crate::machine::kernels::fetch::Fetched;
use crate::machine::kernels::{Column, Kernel, System, Variant, apt};
use crate::machine::subprocess;
use crate::results::run_record::{self, Ending, RunRecord};
use crate::results::snapshot::check::with_version;
use crate::results::wholeness;
use crate::shell::quoted;
use harness::describe::CaseMeta;
use harness::record::{Record, Verdict};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A shell's exit statuses for a command that cannot be executed, and for one that is not found.
const NOT_EXECUTABLE: i32 = 126;
const NOT_FOUND: i32 = 127;
/// How many times a boot that gives no answer about the kernel is tried: emulators fail, too.
const MAX_ATTEMPTS: usize = 3;
/// How many of its notes are kept.
const MAX_NOTES: usize = 6;

/// What all columns share.
#[derive(Debug)]
pub(super) struct Shared<'a> {
    /// The suite.
    pub suite: &'a Path,
    /// The list of deviations to use instead of its own.
    pub deviations: Option<&'a Path>,
    /// The version to take each kernel for.
    pub taken_as: Option<&'a str>,
    /// Digest of both.
    pub digest: String,
    /// The cases it holds, or the properties where those alone are run.
    pub expected: Vec<&'a CaseMeta>,
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
    Done(CachedRecord, Source),
    /// It cannot be had, and why.
    NotAvailable(String),
    /// It was run and says nothing about the kernel; why.
    NoAnswer(String),
    /// It was run and its record is not whole: what is wrong with that, and the status all the same.
    Cut(String, u8),
    /// A signal came.
    Interrupted,
}

/// Where a result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Run,
    Kept,
}

impl Shared<'_> {
    /// Runs a kernel in a variant, unless that was done.
    pub(super) fn kernel(
        &self,
        (kernel, variant): (&Kernel, &Variant),
        fetched: &Fetched,
        cache: &Cache,
        on: &dyn Fn(News),
    ) -> Outcome {
        let name = Column::Kernel(kernel.clone(), variant.clone()).name();
        let machine = match &self.machine {
            Ok(machine) => machine.clone(),
            Err(why) => return Outcome::NotAvailable(why.clone()),
        };
        let digests = cache::digest_of(Some(&fetched.image))
            .and_then(|image| Ok((image, cache::digest_of(fetched.config.as_deref())?)));
        let (image, config) = match digests {
            Ok(digests) => digests,
            Err(why) => return Outcome::NotAvailable(why),
        };
        let start = format!("{}{}", variant.append, self.soak.words(self.expected.len()));
        let key = CacheKey { suite: self.digest.clone(), kernel: image, config, start, machine };
        if let Some(kept) = self.recall(cache, &name, &key) {
            return Outcome::Done(kept, Source::Kept);
        }
        on(News::Started);
        let mut notes: Vec<String> = Vec::new();
        let begun = Instant::now();
        for attempt in 1.. {
            let draft = cache.draft(&name);
            let command = match self.boot(fetched, variant, &draft) {
                Ok(command) => command,
                Err(why) => return Outcome::NoAnswer(why),
            };
            let (code, words) = match follow(command, None, on) {
                Ok((code, _, words)) => (code, words),
                Err(why) => return Outcome::NoAnswer(why),
            };
            if subprocess::interrupted().is_some() {
                return Outcome::Interrupted;
            }
            let status = match code {
                Some(0) => 0,
                Some(code) if code == i32::from(BAD_COMMIT) => VIOLATED,
                Some(code) if code == i32::from(UNTESTED) => NO_ANSWER,
                _ => return Outcome::NoAnswer(last(&words, "sigsys boot was killed")),
            };
            notes.extend(words.iter().take(MAX_NOTES).cloned());
            if status == NO_ANSWER
                && let Err(why) = cache.room()
            {
                return Outcome::NoAnswer(why);
            }
            let record = self.whole(&draft);
            let flaw = match &record {
                Ok(record) => disagreement(status, record),
                Err(why) => Some(why.clone()),
            };
            if status == NO_ANSWER
                && attempt < MAX_ATTEMPTS
                && !record.as_ref().is_ok_and(only_broken)
            {
                let why = last(&words, "no answer");
                on(News::Note(format!("{name}: {why}; booting it again")));
                notes = vec![format!("attempt {attempt}: {why}")];
                continue;
            }
            let Some(flaw) = flaw else {
                return finish(cache, &name, key, status, notes, begun);
            };
            let why = match status {
                0 => format!("the boot left with status 0, and its record {flaw}"),
                _ => last(&words, &flaw),
            };
            return match cache.keep_cut(&name) {
                Ok(true) => {
                    Outcome::Cut(why, if status == VIOLATED { VIOLATED } else { NO_ANSWER })
                }
                _ => Outcome::NoAnswer(why),
            };
        }
        Outcome::NoAnswer("no answer".into())
    }

    /// The record at `path`, if it is the whole one of a run.
    fn whole(&self, path: &Path) -> Result<Record, String> {
        let record = read(path).map_err(|why| format!("cannot be read: {why}"))?;
        let (header, footer) = (Some(&record.header), record.footer.as_ref());
        let flaws = wholeness::against(&self.expected, header, &record.cases, footer);
        wholeness::say(&flaws).map_or(Ok(record), Err)
    }

    fn recall(&self, cache: &Cache, name: &str, key: &CacheKey) -> Option<CachedRecord> {
        let kept = cache.recall(name, key).filter(|_| !self.again)?;
        let record = self.whole(&cache.record(name)).ok()?;
        disagreement(kept.status, &record).is_none().then_some(kept)
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
        if let Some(version) = self.taken_as {
            command.args(["--as", version]);
        }
        if let Some(deviations) = self.deviations {
            command.arg("--deviations").arg(deviations);
        }
        // The record of an earlier attempt must not be taken for this one's.
        let _ = std::fs::remove_file(draft);
        Ok(command)
    }

    /// Runs another system, unless that was done.
    pub(super) fn system(&self, system: &System, cache: &Cache, on: &dyn Fn(News)) -> Outcome {
        let machine = match version(system) {
            Ok(version) => version,
            Err(why) => return Outcome::NotAvailable(why),
        };
        let key = CacheKey {
            suite: self.digest.clone(),
            kernel: machine,
            config: String::new(),
            start: format!("{}{}", system.command, self.soak.words(self.expected.len())),
            machine: String::new(),
        };
        // Without a version, the command may reach another system tomorrow.
        let told = !system.version.is_empty();
        if let Some(kept) = self.recall(cache, &system.name, &key).filter(|_| told) {
            return Outcome::Done(kept, Source::Kept);
        }
        on(News::Started);
        let begun = Instant::now();
        let command = match self.command(system) {
            Ok(command) => command,
            Err(why) => return Outcome::NoAnswer(why),
        };
        let limit = Duration::from_secs(self.timeout + self.soak.seconds());
        let mut run_record = RunRecord::default();
        let followed = follow_frames(command, limit, &mut run_record, on);
        let (status, words, overdue) = match followed {
            Ok(followed) => followed,
            Err(why) => return Outcome::NoAnswer(why),
        };
        if subprocess::interrupted().is_some() {
            return Outcome::Interrupted;
        }
        let code = status.and_then(|status| status.code());
        if run_record.is_empty() && matches!(code, Some(NOT_EXECUTABLE | NOT_FOUND)) {
            let why = last(&words, &how_it_ended(status));
            return Outcome::NotAvailable(format!("the command cannot be started: {why}"));
        }
        run_record.sort();
        if let Some(header) = &mut run_record.header {
            header.kernel.via = Some(with_version(&system.name, &key.kernel));
        }
        let ending = run_record.end(status, &self.expected, None);
        let cut_off = match &ending.cut_off {
            Some(_) if overdue => Some(format!("it did not end within {} s", limit.as_secs())),
            None if run_record.header.is_none() => {
                Some(format!("the suite {}", how_it_ended(status)))
            }
            cut_off => cut_off.clone(),
        };
        run_record.seal(&Ending { cut_off: cut_off.clone(), ..ending });
        let written = run_record::write(&run_record, &cache.draft(&system.name));
        if let Some(why) = cut_off {
            let why = match words.last() {
                Some(_) if run_record.is_empty() => format!("{why}: {}", last(&words, "")),
                _ => why,
            };
            let kept = written.and_then(|()| cache.keep_cut(&system.name));
            return match kept {
                _ if run_record.cases.is_empty() => Outcome::NoAnswer(why),
                Ok(_) => Outcome::Cut(why, ending.status),
                Err(error) => Outcome::Cut(
                    format!("{why}; the record cannot be written: {error}"),
                    ending.status,
                ),
            };
        }
        if let Err(error) = written {
            return Outcome::NoAnswer(format!("the record cannot be written: {error}"));
        }
        finish(cache, &system.name, key, ending.status, Vec::new(), begun)
    }

    fn command(&self, system: &System) -> Result<Command, String> {
        let suite = quoted(&self.suite.display().to_string());
        let line = match system.command.contains("{suite}") {
            true => system.command.replace("{suite}", &suite),
            false => format!("{} {suite}", system.command),
        };
        let mut arguments = "--format framed".to_owned();
        if let Some(version) = self.taken_as {
            arguments += &format!(" --as {version}");
        }
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

/// Why a column's status is not the one its record asks for. A boot may have more to say than its cases:
/// what the kernel complained of, and that it died once.
fn disagreement(status: u8, record: &Record) -> Option<String> {
    let asked = harness::record::status(record.cases.iter().map(|case| case.verdict));
    (status < asked || status == VIOLATED && asked != VIOLATED)
        .then(|| format!("asks for status {asked} instead of {status}"))
}

/// Whether failed set-ups are all that is wrong: another boot does not mend them.
fn only_broken(record: &Record) -> bool {
    record.cases.iter().any(|case| case.verdict == Verdict::Broken)
}

/// Reads a record as far as it goes.
pub(super) fn read(path: &Path) -> Result<Record, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    wholeness::read(&text)
}

fn finish(
    cache: &Cache,
    name: &str,
    key: CacheKey,
    status: u8,
    notes: Vec<String>,
    begun: Instant,
) -> Outcome {
    let keep = || {
        let record = cache::digest(&std::fs::read(cache.draft(name))?);
        let kept =
            CachedRecord { key, record, status, notes, seconds: begun.elapsed().as_secs_f64() };
        cache.keep(name, &kept)?;
        Ok::<_, std::io::Error>(kept)
    };
    match keep() {
        Ok(kept) => Outcome::Done(kept, Source::Run),
        Err(error) => Outcome::NoAnswer(format!("the record cannot be kept: {error}")),
    }
}
