//! One column of the matrix: the suite in one kernel, started in one way.

use super::cache::{self, Cache, CacheKey, CachedRecord};
use super::follow::{follow, last};
use super::news::News;
use crate::atomic;
use crate::commands::boot::Accel;
use crate::commands::soak::SoakArgs;
use crate::error::{BAD_COMMIT, NO_ANSWER, UNTESTED, VIOLATED};
use crate::machine::kernels::fetch::Fetched;
use crate::machine::kernels::{Column, Kernel, Variant};
use crate::machine::subprocess;
use crate::results::tally::Tally;
use crate::results::wholeness;
use harness::describe::CaseMeta;
use harness::record::{Record, Verdict};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

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
    /// Every variant runs every case.
    pub full: bool,
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

/// What became of a column, and the boots it took.
pub(super) type Ended = (Outcome, Tally);

/// The cases that a column runs.
#[derive(Debug)]
pub(super) struct Due<'a> {
    pub cases: Vec<&'a CaseMeta>,
    /// Whether they are not all: the rest is taken over from the variant's base.
    pub part: bool,
}

impl Due<'_> {
    /// Under which name the record of `column` is kept.
    pub(super) fn slot(&self, column: &str) -> String {
        if self.part { cache::part_of(column) } else { column.to_owned() }
    }

    /// Their names, one in a line.
    fn names(&self) -> String {
        self.cases.iter().map(|case| format!("{}\n", case.name)).collect()
    }
}

/// Where a result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Run,
    Kept,
}

impl Shared<'_> {
    /// What a kernel runs in `variant`; where the variant's base `is_run`, too, only what can differ from that.
    pub(super) fn due(&self, variant: &Variant, is_run: bool) -> Due<'_> {
        let all = || Due { cases: self.expected.clone(), part: false };
        if !is_run || self.full || self.soak.duration.is_some() {
            return all();
        }
        let can = self.expected.iter().copied().filter(|case| variant.can_differ(case));
        let cases: Vec<&CaseMeta> = can.collect();
        let part = !cases.is_empty() && cases.len() < self.expected.len();
        if part { Due { cases, part } } else { all() }
    }

    /// Runs a kernel in a variant, unless that was done; gives what became of it, and the boots it took.
    pub(super) fn kernel(
        &self,
        (kernel, variant): (&Kernel, &Variant),
        due: &Due,
        fetched: &Fetched,
        cache: &Cache,
        on: &dyn Fn(News),
    ) -> Ended {
        let mut tally = Tally::default();
        let outcome = self.boots((kernel, variant), due, fetched, cache, &mut tally, on);
        let tally = match &outcome {
            Outcome::Done(kept, Source::Kept) => kept.tally,
            _ => tally,
        };
        (outcome, tally)
    }

    fn boots(
        &self,
        (kernel, variant): (&Kernel, &Variant),
        due: &Due,
        fetched: &Fetched,
        cache: &Cache,
        tally: &mut Tally,
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
        let mut key =
            CacheKey { suite: self.digest.clone(), kernel: image, config, start, machine };
        // A record of everything is better than that of a part.
        if let Some(kept) = self.recall(cache, &name, &key, &self.expected) {
            return Outcome::Done(kept, Source::Kept);
        }
        let slot = due.slot(&name);
        if due.part {
            key.start += &format!(" cases={}", cache::digest(due.names().as_bytes()));
            if let Some(kept) = self.recall(cache, &slot, &key, &due.cases) {
                return Outcome::Done(kept, Source::Kept);
            }
        }
        on(News::Started);
        let mut notes: Vec<String> = Vec::new();
        let begun = Instant::now();
        for attempt in 1.. {
            let draft = cache.draft(&slot);
            let command = match self.boot(fetched, variant, due, &slot, cache) {
                Ok(command) => command,
                Err(why) => return Outcome::NoAnswer(why),
            };
            let followed = follow(command, None, on);
            *tally += take_tally(&cache.tally(&slot));
            let (code, words) = match followed {
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
            let record = whole(&draft, &due.cases);
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
                tally.retried += 1;
                continue;
            }
            let Some(flaw) = flaw else {
                let (part, tally) = (due.part, *tally);
                return finish(cache, &slot, Kept { key, status, notes, begun, tally, part });
            };
            let why = match status {
                0 => format!("the boot left with status 0, and its record {flaw}"),
                _ => last(&words, &flaw),
            };
            return match cache.keep_cut(&slot) {
                Ok(true) => {
                    Outcome::Cut(why, if status == VIOLATED { VIOLATED } else { NO_ANSWER })
                }
                _ => Outcome::NoAnswer(why),
            };
        }
        Outcome::NoAnswer("no answer".into())
    }

    pub(super) fn recall(
        &self,
        cache: &Cache,
        name: &str,
        key: &CacheKey,
        expected: &[&CaseMeta],
    ) -> Option<CachedRecord> {
        let kept = cache.recall(name, key).filter(|_| !self.again)?;
        let record = whole(&cache.record(name), expected).ok()?;
        disagreement(kept.status, &record).is_none().then_some(kept)
    }

    /// `sigsys boot`.
    fn boot(
        &self,
        fetched: &Fetched,
        variant: &Variant,
        due: &Due,
        slot: &str,
        cache: &Cache,
    ) -> Result<Command, String> {
        let own = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
        let (draft, tally) = (cache.draft(slot), cache.tally(slot));
        let mut command = Command::new(own);
        command.args(["boot", "--format", "json", "--kernel"]).arg(&fetched.image);
        command.arg("--suite").arg(self.suite).arg("--qemu").arg(&self.qemu);
        command.arg("--record").arg(&draft).arg(format!("--append={}", variant.append));
        command.arg(format!("--timeout={}", self.timeout)).args(["--accel", self.accel.word()]);
        command.arg("--tally").arg(&tally);
        if due.part {
            let path = cache.cases(slot);
            let written = atomic::write(&path, due.names().as_bytes());
            written.map_err(|error| format!("{}: {error}", path.display()))?;
            command.arg("--cases").arg(path);
        }
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
        // What is left of an earlier attempt must not be taken for this one's.
        for path in [draft, tally] {
            let _ = std::fs::remove_file(path);
        }
        Ok(command)
    }
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

/// The record at `path`, if it is the whole one of a run of `expected`.
pub(super) fn whole(path: &Path, expected: &[&CaseMeta]) -> Result<Record, String> {
    let record = read(path).map_err(|why| format!("cannot be read: {why}"))?;
    let (header, footer) = (Some(&record.header), record.footer.as_ref());
    let flaws = wholeness::against(expected, header, &record.cases, footer);
    wholeness::say(&flaws).map_or(Ok(record), Err)
}

/// The count that a boot kept, which is taken away with it.
fn take_tally(path: &Path) -> Tally {
    let text = std::fs::read(path).unwrap_or_default();
    let _ = std::fs::remove_file(path);
    serde_json::from_slice(&text).unwrap_or_default()
}

/// What is kept beside a record.
pub(super) struct Kept {
    pub key: CacheKey,
    pub status: u8,
    pub notes: Vec<String>,
    pub begun: Instant,
    pub tally: Tally,
    pub part: bool,
}

/// Keeps the draft of `slot` as its record.
pub(super) fn finish(cache: &Cache, slot: &str, kept: Kept) -> Outcome {
    let Kept { key, status, notes, begun, tally, part } = kept;
    let keep = || {
        let record = cache::digest(&std::fs::read(cache.draft(slot))?);
        let seconds = begun.elapsed().as_secs_f64();
        let kept = CachedRecord { key, record, status, notes, seconds, tally, part };
        cache.keep(slot, &kept)?;
        Ok::<_, std::io::Error>(kept)
    };
    match keep() {
        Ok(kept) => Outcome::Done(kept, Source::Run),
        Err(error) => Outcome::NoAnswer(format!("the record cannot be kept: {error}")),
    }
}
