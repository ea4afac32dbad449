//! The main function of a suite.

use crate::arguments::{self, Format, Own};
use crate::engine::Engine;
use crate::feature::Features;
use crate::judge::Judge;
use crate::kernel::Kernel;
use crate::output::{self, RecordFile};
use crate::pool::{self, Making, Pool, Stopped};
use crate::record::{self, Header, Line, SCHEMA, Verdict};
use crate::{describe, deviation, frame, init, registry, worker};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::io::Write;
use std::process::ExitCode;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, PoisonError};

/// What a suite brings.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    /// Its name in the record.
    pub name: &'static str,
    /// Its version in the record.
    pub version: &'static str,
    /// The feature table (TOML).
    pub features: &'static str,
    /// The known deviations (TOML).
    pub deviations: &'static str,
}

/// The command line or a file named on it is wrong.
const USAGE: u8 = 2;
/// The surroundings do not allow an answer (EX_UNAVAILABLE).
const NO_ANSWER: u8 = 69;

/// Why a run ends before it begins: the status, and one line.
struct Refusal(u8, String);

/// Runs the suite as its command line says, and gives its exit status.
pub fn main(suite: Suite) -> ExitCode {
    if pool::is_worker() {
        let error = pool::enter_worker();
        eprintln!("sigsys: not started as a worker: {error:?}");
        return ExitCode::from(NO_ANSWER);
    }
    if init::is_asked_for() {
        init::run();
    }
    match run(suite) {
        Ok(status) => ExitCode::from(status),
        Err(Refusal(status, line)) => {
            eprintln!("sigsys: {line}");
            ExitCode::from(status)
        }
    }
}

fn run(suite: Suite) -> Result<u8, Refusal> {
    let usage = |line: String| Refusal(USAGE, line);
    let words = std::env::args_os();
    #[cfg(feature = "lies")]
    let words = crate::lying::take(words).map_err(usage)?;
    let own = arguments::parse(words).map_err(usage)?;
    if own.rest.iter().any(|arg| arg == "-h" || arg == "--help") {
        say(&format!("{}\n\n", arguments::HELP));
    }
    let mut args = Arguments::from_iter(own.rest.iter());
    let cases = worker::sorted_cases();
    let deviations = read_deviations(&suite, &own, &cases)?;
    if own.describe {
        let text = serde_json::to_string(&describe::describe(&deviations));
        say(&(text.map_err(|error| usage(error.to_string()))? + "\n"));
        return Ok(0);
    }
    let features = Features::parse(suite.features)
        .map_err(|error| usage(format!("feature table: {error}")))?;
    // Like any case, the registry's own is subject to the filter.
    let check = Trial::test(registry::CHECK, || Ok(()));
    let checks = own.cases.is_none() && !args.is_filtered_out(&check);
    let faults = if checks { registry::faults(&features) } else { Vec::new() };
    let kernel = Kernel::read(own.config.as_deref()).map_err(usage)?;
    if kernel.tracer != 0 && !args.list {
        let line = "this process is being traced, which changes what is measured: \
                    run without strace, gdb or another tracer";
        return Err(Refusal(NO_ANSWER, line.into()));
    }
    // rusty-fork starts no image from a command line that lists; only needs are asked then.
    let making = if args.list { Making::Forked } else { making(&own) };
    if !args.list {
        warn(&kernel, making, own.isolate);
    }
    let threads = match (making, args.test_threads) {
        (Making::Forked, _) => 1,
        (_, Some(threads)) => threads.max(1),
        (_, None) => std::thread::available_parallelism().map_or(1, Into::into),
    };
    args.test_threads = Some(threads);
    let selected = select(&args, &cases, named(&own, &cases)?.as_deref());
    if selected.is_empty() && !checks && !args.list {
        let filter = args.filter.as_deref().unwrap_or_default();
        return Err(usage(format!("no case matches `{filter}`; --list shows their names")));
    }
    let header = Header {
        schema: SCHEMA,
        suite: format!("{} {}", suite.name, suite.version),
        time: std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs()),
        kernel: kernel.identity.clone(),
        cases: selected.len(),
        options: std::collections::BTreeMap::new(),
        faults: faults.clone(),
    };
    let record = match &own.record {
        Some(path) if !args.list => {
            Some(RecordFile::create(path, header.clone(), selected.clone()).map_err(usage)?)
        }
        _ => None,
    };
    arguments::teach_rusty_fork();
    if args.nocapture {
        sys::environment::set_variable(pool::OUTPUT, "1");
    }
    if !args.list {
        sys::signal::note_interrupts();
    }
    let pool = Pool::new(making, threads).map_err(|error| {
        Refusal(NO_ANSWER, format!("no threads for {threads} workers: {error}; raise RLIMIT_NPROC"))
    })?;
    let judge = Judge { kernel, features, deviations };
    let engine = Arc::new(Engine::new(pool, judge, cases, record, own.limit, !args.nocapture));
    let outcome = match own.format {
        Format::Libtest => libtest(&args, &engine, &selected, own.cases.is_some(), &faults),
        Format::Ktap => ktap(&engine, &selected, threads, checks.then_some(&faults)),
        Format::Json => json(&engine, &selected, threads, header, &Mutex::new(None)),
        Format::Framed => {
            let frames = Some(frame::Writer::new(frame::SUITE));
            if making == Making::Forked {
                // What is forked must not meet another thread's locks.
                json(&engine, &selected, threads, header, &Mutex::new(frames))
            } else {
                with_signs_of_life(frames, |frames| {
                    json(&engine, &selected, threads, header, frames)
                })
            }
        }
    };
    if args.list {
        return Ok(0);
    }
    finish(&engine, outcome, selected.len(), &faults, &own)
}

fn read_deviations(
    suite: &Suite,
    own: &Own,
    cases: &[&'static crate::Case],
) -> Result<Vec<deviation::Deviation>, Refusal> {
    let names: Vec<&str> = cases.iter().map(|case| case.name()).collect();
    let (name, text) = match &own.deviations {
        None => ("deviations.toml", suite.deviations.to_owned()),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Refusal(USAGE, format!("--deviations {path}: {error}")))?;
            (path.as_str(), text)
        }
    };
    deviation::parse(&text, &names).map_err(|error| Refusal(USAGE, format!("{name}: {error}")))
}

fn making(own: &Own) -> Making {
    // What rusty-fork opens to start this image again.
    let null = std::fs::metadata("/dev/null").is_ok();
    if std::env::current_exe().is_err() || !null || !can_make_temporary_files() {
        return Making::Forked;
    }
    own.isolate.unwrap_or(Making::Shared)
}

fn can_make_temporary_files() -> bool {
    let path = std::env::temp_dir().join(format!("sigsys-{}", std::process::id()));
    std::fs::File::create_new(&path).is_ok() && std::fs::remove_file(&path).is_ok()
}

/// What makes the answers less than complete, a line each.
fn warn(kernel: &Kernel, making: Making, asked: Option<Making>) {
    if !kernel.proc {
        eprintln!(
            "sigsys: /proc is not mounted: boot line, configuration and vsyscall mode are unknown"
        );
    }
    if making == Making::Forked && asked != Some(Making::Forked) {
        eprintln!("sigsys: this program cannot start its own image again: cases run one at a time");
    }
    if kernel.identity.outer_seccomp.is_some_and(|mode| mode != 0) {
        eprintln!(
            "sigsys: a seccomp filter is in force already (a container's?): it may change results"
        );
    }
    if kernel.version.is_none() {
        let release = &kernel.identity.release;
        eprintln!("sigsys: release `{release}` names no kernel version: no deviation applies");
    }
}

/// What `--cases` names.
fn named(own: &Own, cases: &[&'static crate::Case]) -> Result<Option<Vec<usize>>, Refusal> {
    let Some(path) = &own.cases else { return Ok(None) };
    let usage = |why: String| Refusal(USAGE, format!("--cases {path}: {why}"));
    let text = std::fs::read_to_string(path).map_err(|error| usage(error.to_string()))?;
    let place = |name: &str| {
        let place = cases.iter().position(|case| case.name() == name);
        place.ok_or_else(|| usage(format!("no case is called `{name}`")))
    };
    text.lines().map(place).collect::<Result<_, _>>().map(Some)
}

/// The cases the filters leave, as places in the sorted registry.
fn select(args: &Arguments, cases: &[&'static crate::Case], named: Option<&[usize]>) -> Vec<usize> {
    let all = (0..cases.len()).filter(|index| named.is_none_or(|named| named.contains(index)));
    if args.bench || args.ignored {
        return all.collect();
    }
    all.filter(|index| {
        let trial = Trial::test(cases[*index].name(), || Ok(()));
        !args.is_filtered_out(&trial)
    })
    .collect()
}

fn libtest(
    args: &Arguments,
    engine: &Arc<Engine>,
    selected: &[usize],
    named: bool,
    faults: &[String],
) -> Result<(), Stopped> {
    let count = selected.len();
    let faults = faults.to_owned();
    let check = move || match faults.is_empty() {
        true => Ok(()),
        false => Err(Failed::from(faults.join("\n"))),
    };
    let mut trials = Vec::new();
    if !named {
        trials.push(Trial::test(registry::CHECK, check));
    }
    for (index, case) in engine.cases().iter().enumerate() {
        if named && !selected.contains(&index) {
            continue;
        }
        let running = engine.clone();
        // nextest shows a case skipped at run time as passed, so the list says it beforehand.
        let ignored = (args.list || args.ignored) && engine.not_offered(case);
        let trial = Trial::ignorable_test(case.name(), move || trial(&running, index, count));
        trials.push(trial.with_ignored_flag(ignored));
    }
    let _ = libtest_mimic::run(args, trials);
    if sys::signal::interrupted().is_some() { Err(Stopped) } else { Ok(()) }
}

fn trial(engine: &Engine, index: usize, selected: usize) -> Result<Completion, Failed> {
    let Ok(line) = engine.run(index) else {
        // The run is over; the other trials are not started.
        std::process::exit(interrupted(engine, selected).into());
    };
    match line.verdict {
        Verdict::Holds | Verdict::Deviates => Ok(Completion::Completed),
        Verdict::NotOffered => Ok(Completion::ignored_with(&line.text)),
        _ => Err(output::report(engine, index, &line).into()),
    }
}

fn ktap(
    engine: &Engine,
    selected: &[usize],
    threads: usize,
    faults: Option<&Vec<String>>,
) -> Result<(), Stopped> {
    say("KTAP version 1\n");
    say(&format!("1..{}\n", selected.len() + usize::from(faults.is_some())));
    let mut number = 0;
    if let Some(faults) = faults {
        number += 1;
        for fault in faults {
            say(&format!("# {fault}\n"));
        }
        let sound = if faults.is_empty() { "ok" } else { "not ok" };
        say(&format!("{sound} {number} {}\n", registry::CHECK));
    }
    let mut due = selected.iter();
    output::stream(engine, selected, threads, true, |line| {
        let report = due.next().map(|index| output::report(engine, *index, line));
        number += 1;
        say(&output::ktap(number, line, &report.unwrap_or_default()));
    })
}

fn json(
    engine: &Engine,
    selected: &[usize],
    threads: usize,
    header: Header,
    frames: &Mutex<Option<frame::Writer>>,
) -> Result<(), Stopped> {
    let print = |line: &Line| {
        if let Ok(text) = serde_json::to_string(line) {
            say_framed(frames, text);
        }
    };
    print(&Line::Run(header));
    let mut verdicts = Vec::new();
    output::stream(engine, selected, threads, false, |line| {
        verdicts.push(line.verdict);
        print(&Line::Case(line.clone()));
    })?;
    print(&Line::End(record::Footer::count(verdicts)));
    Ok(())
}

/// Says that it is alive, now and then, while `body` runs.
fn with_signs_of_life<T>(
    frames: Option<frame::Writer>,
    body: impl FnOnce(&Mutex<Option<frame::Writer>>) -> T,
) -> T {
    let frames = Mutex::new(frames);
    let (over, is_over) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let frames = &frames;
        scope.spawn(move || {
            while is_over.recv_timeout(frame::BEAT) == Err(RecvTimeoutError::Timeout) {
                say_framed(frames, frame::ALIVE.to_owned());
            }
        });
        let value = body(frames);
        drop(over);
        value
    })
}

/// Prints a line, in a frame where lines have one. Frames are numbered in the order they are printed.
fn say_framed(frames: &Mutex<Option<frame::Writer>>, text: String) {
    let mut frames = frames.lock().unwrap_or_else(PoisonError::into_inner);
    let text = frames.as_mut().map_or(text.clone(), |frames| frames.frame(&text));
    say(&format!("{text}\n"));
}

/// Prints at once. A reader who has gone away ends the run's output, not the run.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn finish(
    engine: &Engine,
    outcome: Result<(), Stopped>,
    selected: usize,
    faults: &[String],
    own: &Own,
) -> Result<u8, Refusal> {
    if outcome.is_err() {
        return Ok(interrupted(engine, selected));
    }
    let (verdicts, written) = engine.finish(true);
    written.map_err(|line| Refusal(NO_ANSWER, line))?;
    if own.format == Format::Libtest && verdicts.len() > 1 {
        let counts = record::Footer::count(verdicts.iter().copied()).counts;
        let parts: Vec<String> = Verdict::ALL
            .iter()
            .filter_map(|verdict| {
                let count = counts.get(verdict.words())?;
                Some(format!("{count} {}", verdict.words()))
            })
            .collect();
        let ran = verdicts.len();
        say(&format!("sigsys: {ran} of {selected} cases ran: {}\n", parts.join(", ")));
    }
    let registry = if faults.is_empty() { 0 } else { 101 };
    Ok(record::status(verdicts).max(registry))
}

/// Keeps what was gathered and gives the status of an interrupted run.
fn interrupted(engine: &Engine, selected: usize) -> u8 {
    let (verdicts, written) = engine.finish(false);
    if let Err(line) = written {
        eprintln!("sigsys: {line}");
    }
    let signal = sys::signal::interrupted().unwrap_or(2);
    eprintln!(
        "sigsys: interrupted by {} after {} of {selected} cases; the record holds what was gathered",
        crate::signals::name(signal),
        verdicts.len()
    );
    128 + signal as u8
}
