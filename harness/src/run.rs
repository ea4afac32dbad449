//! The main function of a suite.

use crate::arguments::{self, Format, Own};
use crate::engine::Engine;
use crate::feature::Features;
use crate::formats::{self, Selection};
use crate::judge::Judge;
use crate::kernel::{Kernel, Told};
use crate::lock::Order;
use crate::pool::{Making, Pool, Stopped};
use crate::record::{self, Footer, Header, SCHEMA, SuiteVersion, Verdict};
use crate::record_file::{NoRecord, RecordFile};
use crate::say::{self, Unsaid, complain};
use crate::taint::Taint;
use crate::worker::{self, Greeting};
use crate::{describe, deviation, front, init, launch, limits, options, registry};
use libtest_mimic::{Arguments, Trial};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use sys::uapi::SIGXFSZ;

/// What a suite brings.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    /// Its name in the record.
    pub name: &'static str,
    /// Its version in the record.
    pub version: &'static str,
    /// What it was built from, where the build said so: a commit, with `-dirty` behind it where more than
    /// that was built.
    pub built_from: Option<&'static str>,
    /// The feature table (TOML).
    pub features: &'static str,
    /// The known deviations (TOML).
    pub deviations: &'static str,
}

/// The command line or a file named on it is wrong.
const USAGE: u8 = 2;
/// The surroundings do not allow an answer (EX_UNAVAILABLE).
pub(crate) const NO_ANSWER: u8 = 69;
/// The kernel is to blame.
const KERNEL: u8 = 101;
/// The reader of standard output has gone away: 128 + SIGPIPE, as of a program that such a signal ends.
const CLOSED: u8 = 141;

/// Why a run ends before it begins: the status, and one line.
struct Refusal(u8, String);

impl From<Unsaid> for Refusal {
    /// A reader who has seen enough of a list is answered.
    fn from(unsaid: Unsaid) -> Self {
        match unsaid {
            Unsaid::Closed => Self(0, String::new()),
            Unsaid::Failed(line) => Self(NO_ANSWER, line),
        }
    }
}

/// Runs the suite as its command line says, and gives its exit status.
pub fn main(suite: Suite) -> ExitCode {
    if launch::is_worker() {
        let error = launch::enter_worker();
        complain(&format!("not started as a worker: {error:?}"));
        return ExitCode::from(NO_ANSWER);
    }
    if init::is_asked_for() {
        init::run();
    }
    front::stand_before();
    // Before anything needs more of them than there is.
    match limits::raise().map_err(|line| Refusal(NO_ANSWER, line)).and_then(|()| run(suite)) {
        Ok(status) => ExitCode::from(status),
        Err(Refusal(status, line)) => {
            if !line.is_empty() {
                complain(&line);
            }
            ExitCode::from(status)
        }
    }
}

fn run(suite: Suite) -> Result<u8, Refusal> {
    let usage = |line: String| Refusal(USAGE, line);
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    launch::forget_environment();
    let words = std::env::args_os();
    #[cfg(feature = "lies")]
    crate::lying::list_if_asked();
    let own = arguments::parse(words).map_err(usage)?;
    if own.rest.iter().any(|arg| arg == "-h" || arg == "--help") {
        say::say(&format!("{}{}\n\n", arguments::HELP, options::help()))?;
    }
    let mut args = Arguments::from_iter(own.rest.iter());
    let options = options::parse(&own.options).map_err(usage)?;
    let cases = worker::sorted_cases();
    let deviations = read_deviations(&suite, &own, &cases)?;
    if own.describe {
        let text = serde_json::to_string(&describe::describe(&deviations));
        say::say(&(text.map_err(|error| usage(error.to_string()))? + "\n"))?;
        return Ok(0);
    }
    let features = Features::parse(suite.features)
        .map_err(|error| usage(format!("feature table: {error}")))?;
    // Like any case, the registry's own is subject to the filter.
    let check = Trial::test(registry::CHECK, || Ok(()));
    let checks = own.cases.is_none() && !args.is_filtered_out(&check);
    let faults = if checks { registry::faults(&features) } else { Vec::new() };
    // rusty-fork starts no image from a command line that lists; only needs are asked then.
    let making = if args.list { Making::Forked } else { making(&own) };
    if making != Making::Forked {
        // Workers are laid out as programs usually are, whatever this one was started with.
        let _ = sys::environment::set_personality(0);
    }
    let told = Told {
        config: own.config.as_deref(),
        taken_as: own.taken_as.as_deref(),
        booted: own.booted,
    };
    let mut kernel = Kernel::read(told).map_err(usage)?;
    let taint = Taint::open();
    kernel.identity.taint = taint.read();
    if kernel.tracer != 0 && !args.list {
        let line = "this process is being traced, which changes what is measured: \
                    run without strace, gdb or another tracer";
        return Err(Refusal(NO_ANSWER, line.into()));
    }
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
        suite: SuiteVersion::new(suite.name, suite.version, suite.built_from),
        time: std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs()),
        kernel: kernel.identity.clone(),
        cases: selected.len(),
        options: options::recorded(&options),
        faults: faults.clone(),
    };
    let record = match &own.record {
        Some(path) if !args.list => {
            let record = RecordFile::create(path, header.clone(), selected.clone());
            Some(record.map_err(|why| match why {
                NoRecord::Unopened(line) => Refusal(USAGE, line),
                NoRecord::Unwritten(line) => Refusal(NO_ANSWER, line),
            })?)
        }
        _ => None,
    };
    arguments::teach_rusty_fork();
    if !args.list {
        sys::signal::note_interrupts();
        // A file that may not grow is a failed write, not the end.
        let _ = sys::signal::set(SIGXFSZ, sys::signal::Disposition::Ignore);
    }
    let greeting = Greeting { runner: sys::call::getpid(), options, capture: !args.nocapture };
    let pool = Pool::new(making, threads, greeting).map_err(|error| {
        Refusal(NO_ANSWER, format!("no threads for {threads} workers: {error}; raise RLIMIT_NPROC"))
    })?;
    let judge = Judge { kernel, features, deviations };
    let order = Order::new(runtime.as_deref());
    let engine = Arc::new(Engine::new(pool, judge, cases, record, order, taint, own.limit));
    if !args.list
        && let Some(status) = canaries(&engine, making, selected.len())?
    {
        return Ok(status);
    }
    let checked = checks.then_some(&*faults);
    let selection = Selection { cases: &selected, threads, faults: checked };
    let outcome = match own.format {
        Format::Libtest => formats::libtest(&args, &engine, &selection, own.cases.is_some()),
        Format::Ktap => formats::ktap(&engine, &selection),
        Format::Json => formats::json(&engine, &selection, header, &Mutex::new(None)),
        Format::Framed => formats::framed(&engine, &selection, header, making == Making::Forked),
    };
    if args.list {
        return say::failure().map_or(Ok(0), |unsaid| Err(unsaid.into()));
    }
    // libtest's own selections leave some of ours out.
    let expected = if args.bench || args.ignored { None } else { Some(selected.len()) };
    finish(&engine, outcome, expected, &faults, &own)
}

/// Runs what comes before every run; gives the status where that ends it.
fn canaries(engine: &Engine, making: Making, selected: usize) -> Result<Option<u8>, Refusal> {
    let Ok(faults) = engine.canaries() else {
        return Ok(Some(interrupted(engine, selected)));
    };
    if faults.is_empty() {
        return Ok(None);
    }
    let hint = match making {
        Making::Forked => "",
        Making::Shared | Making::PerCase => "; under an emulator, try --isolate plain",
    };
    let line =
        "no verdict of this place can be believed: what is known beforehand comes out otherwise";
    // One line, however much is wrong.
    let more = match faults.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    Err(Refusal(NO_ANSWER, format!("{line}: {}{more}{hint}", faults[0])))
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
        complain(
            "/proc is not mounted: boot line, configuration, vsyscall mode and taint are unknown",
        );
    } else if kernel.identity.taint.is_none() {
        complain(
            "/proc/sys/kernel/tainted cannot be read: what the kernel says of itself is unknown",
        );
    }
    if making == Making::Forked && asked != Some(Making::Forked) {
        complain("this program cannot start its own image again: cases run one at a time");
    }
    if kernel.identity.outer_seccomp.is_some_and(|mode| mode != 0) {
        complain("a seccomp filter is in force already (a container's?): it may change results");
    }
    if let Some(release) = kernel.release.as_ref().filter(|release| release.is_undecided()) {
        let (name, why) = (&kernel.identity.release, release.undecided());
        complain(&format!("{name} {why}; without that, what either does is taken"));
    }
    if kernel.release.is_none() {
        let release = &kernel.identity.release;
        complain(&format!(
            "release `{release}` names no kernel version: no deviation applies (--as VERSION decides)"
        ));
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

fn finish(
    engine: &Engine,
    outcome: Result<(), Stopped>,
    expected: Option<usize>,
    faults: &[String],
    own: &Own,
) -> Result<u8, Refusal> {
    let verdicts = engine.verdicts();
    let selected = expected.unwrap_or(verdicts.len());
    if sys::signal::interrupted().is_some() {
        return Ok(interrupted(engine, selected));
    }
    let whole = verdicts.len() == selected;
    let end = Footer { taint: engine.taint_after(), ..Footer::default() };
    let written = engine.finish(whole.then_some(end));
    if own.format == Format::Libtest && verdicts.len() > 1 && say::failure().is_none() {
        let counts = Footer::count(verdicts.iter().copied()).counts;
        let parts: Vec<String> = Verdict::ALL
            .iter()
            .filter_map(|verdict| {
                let count = counts.get(verdict)?;
                Some(format!("{count} {}", verdict.words()))
            })
            .collect();
        let ran = verdicts.len();
        let line = format!("sigsys: {ran} of {selected} cases ran: {}\n", parts.join(", "));
        let _ = say::say(&line);
    }
    let unexplained = engine.unexplained();
    if let Some((_, words)) = &unexplained {
        complain(&format!("while no case ran, {words}"));
    }
    written.map_err(|line| Refusal(NO_ANSWER, line))?;
    match say::failure() {
        Some(Unsaid::Closed) => return Ok(CLOSED),
        Some(Unsaid::Failed(line)) => return Err(Refusal(NO_ANSWER, line)),
        None => {}
    }
    if let Some(line) = missing(&outcome, verdicts.len(), selected) {
        return Err(Refusal(NO_ANSWER, line));
    }
    let registry = if faults.is_empty() { 0 } else { KERNEL };
    let taint = unexplained.map_or(0, |(blame, _)| blame.status());
    Ok(record::status(verdicts).max(registry).max(taint))
}

/// What is missing of a run that was not interrupted.
fn missing(outcome: &Result<(), Stopped>, ran: usize, selected: usize) -> Option<String> {
    let whole = outcome.is_ok() && ran == selected;
    (!whole).then(|| format!("{ran} of {selected} cases ran: the others cannot be run"))
}

/// Keeps what was gathered and gives the status of an interrupted run.
fn interrupted(engine: &Engine, selected: usize) -> u8 {
    let signal = sys::signal::interrupted().unwrap_or(2);
    let interrupted = Some(crate::signals::name(signal));
    let taint = engine.taint_after();
    if let Err(line) = engine.finish(Some(Footer { taint, interrupted, ..Footer::default() })) {
        complain(&line);
    }
    complain(&format!(
        "interrupted by {} after {} of {selected} cases; the record holds what was gathered",
        crate::signals::name(signal),
        engine.verdicts().len()
    ));
    128 + signal as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::whole(Ok(()), 3, 3, true)]
    #[case::stopped(Err(Stopped), 3, 3, false)]
    #[case::less(Ok(()), 2, 3, false)]
    #[case::none(Err(Stopped), 0, 3, false)]
    fn a_run_is_whole_or_says_what_it_lacks(
        #[case] outcome: Result<(), Stopped>,
        #[case] ran: usize,
        #[case] selected: usize,
        #[case] whole: bool,
    ) {
        let line = format!("{ran} of {selected} cases ran: the others cannot be run");
        assert_eq!(missing(&outcome, ran, selected), (!whole).then_some(line));
    }

    /// How a run of no case ends, of which `selected` were to run: its status, and one line.
    fn ends(outcome: Result<(), Stopped>, selected: usize, faults: &[String]) -> (u8, String) {
        let own = arguments::parse(["suite".into()]).expect("a command line");
        let kernel = Kernel::read(Told::default()).expect("this kernel can be read");
        let features = Features::parse("feature = []").expect("a table");
        let judge = Judge { kernel, features, deviations: Vec::new() };
        let pool = Pool::new(Making::Forked, 1, Greeting::default()).expect("nothing is made");
        let order = Order::new(None);
        let engine = Engine::new(pool, judge, Vec::new(), None, order, Taint::open(), own.limit);
        match finish(&engine, outcome, Some(selected), faults, &own) {
            Ok(status) => (status, String::new()),
            Err(Refusal(status, line)) => (status, line),
        }
    }

    #[rstest]
    #[case::whole(Ok(()), 0, &[], 0, "")]
    #[case::less(Ok(()), 3, &[], NO_ANSWER, "0 of 3 cases ran: the others cannot be run")]
    #[case::stopped(Err(Stopped), 0, &[], NO_ANSWER, "0 of 0 cases ran: the others cannot be run")]
    #[case::faults(Ok(()), 0, &["a fault"], KERNEL, "")]
    #[case::less_and_faults(Ok(()), 1, &["a fault"], NO_ANSWER, "0 of 1 cases ran: the others cannot be run")]
    fn what_a_run_lacks_is_how_it_ends(
        #[case] outcome: Result<(), Stopped>,
        #[case] selected: usize,
        #[case] faults: &[&str],
        #[case] status: u8,
        #[case] line: &str,
    ) {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(ends(outcome, selected, &faults), (status, line.to_owned()));
    }
}
