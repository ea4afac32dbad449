//! The main function of a suite.

use crate::arguments::{self, Format, SuiteArgs};
use crate::deviation::{self, Known};
use crate::feature::Features;
use crate::kernel::{Kernel, Told};
use crate::record::{self, Footer, Header, SCHEMA, SuiteVersion};
use crate::report::{Closing, Json, Ktap, Lava, Planned, RecordFile, Reporting, Trials};
use crate::runner::Runner;
use crate::runner::judge::Judge;
use crate::runner::lock::Order;
use crate::runner::pool::{Pool, Stopped};
use crate::runner::protocol::Greeting;
use crate::runner::registry::{self, sorted_cases};
use crate::runner::taint::Taint;
use crate::runner::{launch, limits};
use crate::selection::Selection;
use crate::status::{CLOSED, KERNEL, NO_ANSWER, Refusal};
use crate::stdio::{self, OutputError, warn};
use crate::{Case, Isolation, describe, guest, options, signals, supervisor};
use libtest_mimic::Arguments;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use sys::uapi::SIGXFSZ;

/// What a suite brings.
#[derive(Clone, Copy, Debug)]
pub struct Suite {
    /// Its name in the record.
    pub name: &'static str,
    /// Its version in the record.
    pub version: &'static str,
    /// The commit it was built from, where the build said so, followed by `-dirty` where the tree held
    /// uncommitted changes.
    pub built_from: Option<&'static str>,
    /// The feature table (TOML).
    pub features: &'static str,
    /// The known deviations (TOML).
    pub deviations: &'static str,
}

/// Runs the suite as its command line says, and gives its exit status.
pub fn main(suite: Suite) -> ExitCode {
    if launch::is_worker() {
        let error = launch::enter_worker();
        warn(&format!("not started as a worker: {error:?}"));
        return ExitCode::from(NO_ANSWER);
    }
    if guest::init::is_asked_for() {
        guest::init::run();
    }
    supervisor::stand_before();
    // Before anything needs more of them than there is.
    match limits::raise().map_err(Refusal::no_answer).and_then(|()| run(suite)) {
        Ok(status) => ExitCode::from(status),
        Err(Refusal(status, line)) => {
            if !line.is_empty() {
                warn(&line);
            }
            ExitCode::from(status)
        }
    }
}

fn run(suite: Suite) -> Result<u8, Refusal> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    launch::forget_environment();
    let words = std::env::args_os();
    #[cfg(feature = "lies")]
    crate::runner::lying::list_if_asked();
    let own = arguments::parse(words).map_err(Refusal::usage)?;
    if own.rest.iter().any(|arg| arg == "-h" || arg == "--help") {
        stdio::print(&format!("{}{}\n\n", arguments::HELP, options::help()))?;
    }
    let mut args = Arguments::from_iter(own.rest.iter());
    if own.version {
        let version = SuiteVersion::new(suite.name, suite.version, suite.built_from);
        stdio::print(&format!("{version}\n"))?;
        return Ok(0);
    }
    let options = options::parse(&own.options).map_err(Refusal::usage)?;
    let cases = sorted_cases();
    let known = read_deviations(&suite, &own, &cases)?;
    if own.describe {
        let suite = SuiteVersion::new(suite.name, suite.version, suite.built_from);
        let text = serde_json::to_string(&describe::Description::of(suite, &cases, &known));
        stdio::print(&(text.map_err(|error| Refusal::usage(error.to_string()))? + "\n"))?;
        return Ok(0);
    }
    let features = Features::parse(suite.features)
        .map_err(|error| Refusal::usage(format!("feature table: {error}")))?;
    // rusty-fork starts no image from a command line that lists; only needs are asked then.
    let isolation = if args.list { Isolation::Plain } else { isolation(&own) };
    if isolation != Isolation::Plain {
        // Workers are laid out as programs usually are, whatever this one was started with.
        let _ = sys::environment::set_personality(0);
    }
    let told = Told {
        config: own.config.as_deref(),
        taken_as: own.taken_as.as_deref(),
        booted: own.booted,
    };
    let mut kernel = Kernel::read(told).map_err(Refusal::usage)?;
    let taint = Taint::open();
    kernel.identity.taint = taint.read();
    if !args.list {
        check_surroundings(&kernel, isolation, own.isolation)?;
    }
    let threads = match (isolation, args.test_threads) {
        (Isolation::Plain, _) => 1,
        (_, Some(threads)) => threads.max(1),
        (_, None) => std::thread::available_parallelism().map_or(1, Into::into),
    };
    args.test_threads = Some(threads);
    let selection = Selection::of(&mut args, &own.filters, own.cases.as_deref(), &cases, || {
        registry::faults(&features)
    })?;
    let header = Header {
        schema: SCHEMA,
        suite: SuiteVersion::new(suite.name, suite.version, suite.built_from),
        time: std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs()),
        kernel: kernel.identity.clone(),
        cases: selection.places.len(),
        shard: own.filters.shard,
        repeat: Some(own.repeat).filter(|times| *times > 1),
        options: options::recorded(&options),
        faults: selection.faults().to_vec(),
    };
    let record = match &own.record {
        Some(path) if !args.list => {
            Some(RecordFile::create(path, header.clone(), selection.places.clone())?)
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
    let pool = Pool::new(isolation, threads, greeting).map_err(|error| {
        let line = format!("no threads for {threads} workers: {error}; raise RLIMIT_NPROC");
        Refusal::no_answer(line)
    })?;
    let judge = Judge { kernel, features, known };
    let order = Order::new(runtime.as_deref());
    let runner =
        Arc::new(Runner::new(pool, judge, cases, order, taint, own.limit).repeating(own.repeat));
    if let Some(record) = record {
        runner.tell(record);
    }
    if !args.list
        && let Some(status) = canaries(&runner, isolation, selection.places.len())?
    {
        return Ok(status);
    }
    let outcome = tell_and_run(&runner, &own, &args, &selection, &header, isolation);
    if args.list {
        return stdio::failure().map_or(Ok(0), |error| Err(error.into()));
    }
    finish(&runner, outcome, &selection)
}

/// Runs what is selected, and has it told in the format that the command line names.
fn tell_and_run(
    runner: &Arc<Runner>,
    own: &SuiteArgs,
    args: &Arguments,
    selection: &Selection,
    header: &Header,
    isolation: Isolation,
) -> Result<(), Stopped> {
    let places = &selection.places;
    let check = selection.check.clone().map(|faults| (registry::CHECK, faults));
    match own.format {
        Format::Ktap => {
            let cases: Vec<_> =
                places.iter().map(|place| (*place, runner.cases()[*place])).collect();
            runner.tell(Ktap::new(&cases, check, own.again()));
        }
        Format::Lava => runner.tell(Lava::new(places.clone(), check)),
        Format::Json => runner.tell(Json::bare()),
        // What is forked must not meet another thread's locks.
        Format::Framed => runner.tell(Json::framed(isolation != Isolation::Plain)),
        Format::Libtest => {
            runner.tell(Closing::new(selection.expected));
            runner.begin(header)?;
            let check = own.cases.is_none().then(|| selection.faults().to_vec());
            let check = check.map(|faults| (registry::CHECK, faults));
            let (planned, kernel) = (planned(runner, own, args, selection), header.kernel.clone());
            let next = runner.clone();
            let next = Box::new(move |place| next.run(place).ok());
            let reporting = Reporting { kernel, again: own.again() };
            let whole = Trials::run(args, &planned, check, reporting, next);
            return if whole { Ok(()) } else { Err(Stopped) };
        }
    }
    runner.begin(header)?;
    runner.run_all(places, args.test_threads.unwrap_or(1))
}

/// The cases that libtest is told of: all of them, for it filters itself.
fn planned(
    runner: &Runner,
    own: &SuiteArgs,
    args: &Arguments,
    selection: &Selection,
) -> Vec<Planned> {
    let all = runner.cases().iter().copied().enumerate();
    all.filter(|(place, _)| own.cases.is_none() || selection.places.contains(place))
        .map(|(place, case)| Planned {
            place,
            case,
            // nextest shows a case skipped at run time as passed, so the list says it beforehand.
            is_ignored: (args.list || args.ignored) && runner.not_offered(case),
            is_selected: selection.expected.is_some() && selection.places.contains(&place),
        })
        .collect()
}

/// Runs what comes before every run; gives the status where that ends it.
fn canaries(runner: &Runner, isolation: Isolation, selected: usize) -> Result<Option<u8>, Refusal> {
    let Ok(faults) = runner.canaries() else {
        return Ok(Some(interrupted(runner, selected)));
    };
    if faults.is_empty() {
        return Ok(None);
    }
    let hint = match isolation {
        Isolation::Plain => "",
        Isolation::Fork | Isolation::Exec => "; under an emulator, try --isolate plain",
    };
    let line =
        "no verdict of this place can be believed: what is known beforehand comes out otherwise";
    // One line, however much is wrong.
    let more = match faults.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    Err(Refusal::no_answer(format!("{line}: {}{more}{hint}", faults[0])))
}

fn read_deviations(
    suite: &Suite,
    own: &SuiteArgs,
    cases: &[&'static Case],
) -> Result<Known, Refusal> {
    let names: Vec<&str> = cases.iter().map(|case| case.name()).collect();
    let (name, text) = match &own.deviations {
        None => ("deviations.toml", suite.deviations.to_owned()),
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Refusal::usage(format!("--deviations {path}: {error}")))?;
            (path.as_str(), text)
        }
    };
    deviation::parse(&text, &names).map_err(|error| Refusal::usage(format!("{name}: {error}")))
}

fn isolation(own: &SuiteArgs) -> Isolation {
    // What rusty-fork opens to start this image again.
    let null = std::fs::metadata("/dev/null").is_ok();
    if std::env::current_exe().is_err() || !null || !can_make_temporary_files() {
        return Isolation::Plain;
    }
    own.isolation.unwrap_or(Isolation::Fork)
}

fn can_make_temporary_files() -> bool {
    let path = std::env::temp_dir().join(format!("sigsys-{}", std::process::id()));
    std::fs::File::create_new(&path).is_ok() && std::fs::remove_file(&path).is_ok()
}

/// Says what makes the answers less than complete, a line each.
///
/// # Errors
/// What makes them worthless.
fn check_surroundings(
    kernel: &Kernel,
    isolation: Isolation,
    asked: Option<Isolation>,
) -> Result<(), Refusal> {
    if kernel.tracer != 0 {
        return Err(Refusal::no_answer(
            "this process is being traced, which changes what is measured: \
             run without strace, gdb or another tracer",
        ));
    }
    if let Some(number) = kernel.foreign_number {
        return Err(Refusal::no_answer(format!(
            "/proc is another pid namespace's, where this process is {number}: mount one that is its own \
             (unshare --mount-proc)"
        )));
    }
    if !kernel.proc {
        warn("/proc is not mounted: boot line, configuration, vsyscall mode and taint are unknown");
    } else if kernel.identity.taint.is_none() {
        warn("/proc/sys/kernel/tainted cannot be read: what the kernel says of itself is unknown");
    }
    if isolation == Isolation::Plain && asked != Some(Isolation::Plain) {
        warn("this program cannot start its own image again: cases run one at a time");
    }
    if kernel.identity.outer_seccomp.is_some_and(|mode| mode != 0) {
        warn("a seccomp filter is in force already (a container's?): it may change results");
    }
    if let Some(release) = kernel.release.as_ref().filter(|release| release.is_undecided()) {
        let (name, why) = (&kernel.identity.release, release.undecided());
        warn(&format!("{name} {why}; without that, what either does is taken"));
    }
    if kernel.release.is_none() {
        let release = &kernel.identity.release;
        warn(&format!(
            "release `{release}` names no kernel version: no deviation applies (--as VERSION decides)"
        ));
    }
    Ok(())
}

/// Ends a run, and gives its exit status.
fn finish(
    runner: &Runner,
    outcome: Result<(), Stopped>,
    selection: &Selection,
) -> Result<u8, Refusal> {
    let verdicts = runner.verdicts();
    let selected = selection.expected.unwrap_or(verdicts.len());
    if sys::signal::interrupted().is_some() {
        return Ok(interrupted(runner, selected));
    }
    let whole = verdicts.len() == selected;
    let footer = Footer { taint: runner.taint_after(), ..Footer::default() };
    let (ended, told) = runner.end(whole.then_some(footer));
    if let Some((_, words)) = &ended.unexplained {
        warn(&format!("while no case ran, {words}"));
    }
    match told.err().or_else(stdio::failure) {
        Some(OutputError::Closed) => return Ok(CLOSED),
        Some(OutputError::Failed(line)) => return Err(Refusal::no_answer(line)),
        None => {}
    }
    if let Some(line) = missing(&outcome, verdicts.len(), selected) {
        return Err(Refusal::no_answer(line));
    }
    let registry = if selection.faults().is_empty() { 0 } else { KERNEL };
    let taint = ended.unexplained.map_or(0, |(blame, _)| blame.status());
    Ok(record::status(verdicts).max(registry).max(taint))
}

/// What is missing of a run that was not interrupted.
fn missing(outcome: &Result<(), Stopped>, ran: usize, selected: usize) -> Option<String> {
    let whole = outcome.is_ok() && ran == selected;
    (!whole).then(|| format!("{ran} of {selected} cases ran: the others cannot be run"))
}

/// Ends an interrupted run, which keeps what was gathered, and gives its exit status.
fn interrupted(runner: &Runner, selected: usize) -> u8 {
    let signal = sys::signal::interrupted().unwrap_or(2);
    let interrupted = Some(signals::name(signal));
    let taint = runner.taint_after();
    let (_, told) = runner.end(Some(Footer { taint, interrupted, ..Footer::default() }));
    if let Err(OutputError::Failed(line)) = told {
        warn(&line);
    }
    warn(&format!(
        "interrupted by {} after {} of {selected} cases; the record holds what was gathered",
        signals::name(signal),
        runner.verdicts().len()
    ));
    128 + signal as u8
}

#[cfg(test)]
mod tests;
