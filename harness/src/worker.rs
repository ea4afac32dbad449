//! The worker: a clean process with one thread that forks each case it is told to run.

use crate::claim::note_panic;
use crate::page::{Complaint, Page};
use crate::reap::{self, Ended};
use crate::{CASES, Case, Ends, NEEDS, signals};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use sys::process::{self, End};

/// What the runner asks of a worker.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Run the case with this place in the sorted registry.
    Case { index: usize, limit: Duration, capture: bool },
    /// Ask the need with this place in the sorted registry.
    Need { index: usize, limit: Duration },
}

/// What became of it, before deviations are considered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Result {
    Held,
    Violated,
    Broken,
    TimedOut,
    Crashed,
}

/// A worker's answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub result: Result,
    /// What was observed instead; symbolic, so the same on every run.
    pub text: String,
    /// Source place of the assertion.
    pub place: String,
    pub facts: Vec<(String, String)>,
    /// What the case printed.
    pub output: String,
}

impl Answer {
    pub(crate) fn broken(text: impl Into<String>) -> Self {
        Self {
            result: Result::Broken,
            text: text.into(),
            place: String::new(),
            facts: Vec::new(),
            output: String::new(),
        }
    }
}

/// The cases in the order every process of this program agrees on.
pub(crate) fn sorted_cases() -> Vec<&'static Case> {
    let mut cases: Vec<_> = CASES.iter().collect();
    cases.sort_by_key(|case| (case.name(), case.line));
    cases
}

/// The needs in the order every process of this program agrees on.
pub(crate) fn sorted_needs() -> Vec<&'static crate::Need> {
    let mut needs: Vec<_> = NEEDS.iter().copied().collect();
    needs.sort_by_key(|need| need.name);
    needs
}

/// Serves requests on `control` until the other end closes.
pub(crate) fn serve(control: UnixStream) {
    prepare_process();
    let page = match Page::establish() {
        Ok(page) => page,
        Err(errno) => return refuse_all(control, &format!("no shared memory: {errno}")),
    };
    let cases = sorted_cases();
    let needs = sorted_needs();
    let lock = own_image();
    #[cfg(feature = "lies")]
    if let Err(why) = crate::lying::enter_worker() {
        return refuse_all(control, &why);
    }
    let mut output = None;
    let Ok(mut answers) = control.try_clone() else { return };
    for line in BufReader::new(control).lines() {
        let Ok(line) = line else { return };
        let answer = match serde_json::from_str(&line) {
            Ok(Request::Case { index, limit, capture }) => match cases.get(index) {
                Some(case) => {
                    if capture && output.is_none() {
                        output = Output::capture();
                    }
                    run_case(page, case, limit, output.as_mut(), lock.as_ref())
                }
                None => Answer::broken(format!("no case has number {index}")),
            },
            Ok(Request::Need { index, limit }) => match needs.get(index) {
                Some(need) => ask(page, need.ask, limit, lock.as_ref()),
                None => Answer::broken(format!("no need has number {index}")),
            },
            Err(error) => Answer::broken(format!("unreadable request: {error}")),
        };
        if send(&mut answers, &answer).is_err() || sys::signal::interrupted().is_some() {
            return;
        }
    }
}

/// Answers every request with the reason why there is no answer.
pub(crate) fn refuse_all(control: UnixStream, why: &str) {
    let Ok(mut answers) = control.try_clone() else { return };
    for line in BufReader::new(control).lines() {
        if line.is_err() || send(&mut answers, &Answer::broken(why)).is_err() {
            return;
        }
    }
}

fn send(to: &mut UnixStream, answer: &Answer) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    to.write_all(&line)
}

pub(crate) fn prepare_process() {
    sys::signal::reset_all();
    sys::signal::note_interrupts();
    sys::memory::settle_allocator();
    // None of these is needed for a verdict: without them, less is cleaned up after a crash.
    let _ = process::adopt_orphans();
    let _ = process::signal_with_parent(SIGTERM);
    let _ = sys::environment::limit(RLIMIT_CORE, 0);
    std::panic::set_hook(Box::new(note_panic));
    // What every case is to find is laid out here once, for a step in the child costs several times as
    // much. The control socket came as standard input, and is not the case's.
    if let Ok(null) = File::open("/dev/null") {
        let _ = nix::unistd::dup2_stdin(null.as_fd());
    } else {
        let _ = nix::unistd::close(0);
    }
}

const RLIMIT_CORE: u32 = 4;
/// Noted while a case runs, so that the case is ended before the worker.
const SIGTERM: i32 = 15;

/// The program's own file: workers of all runs of it agree through its lock on who runs alone.
fn own_image() -> Option<File> {
    let path = std::env::current_exe().ok().or_else(sys::environment::started_as)?;
    File::open(path).ok()
}

fn run_case(
    page: Page,
    case: &Case,
    limit: Duration,
    output: Option<&mut Output>,
    lock: Option<&File>,
) -> Answer {
    let turn = take_turn(lock, case.alone);
    #[cfg(not(feature = "lies"))]
    let body = case.run;
    #[cfg(feature = "lies")]
    let body = crate::lying::body(case.run);
    let ended = isolate(page, limit, body);
    drop(turn);
    let ended = match ended {
        Ok(ended) => ended,
        Err(errno) => return Answer::broken(format!("the case could not be forked: {errno}")),
    };
    let (result, text, place) = verdict(page, case.ends, ended);
    Answer {
        result,
        text,
        place,
        facts: page.facts(),
        #[cfg(not(feature = "lies"))]
        output: output.map(Output::take).unwrap_or_default(),
        #[cfg(feature = "lies")]
        output: crate::lying::told(output.map(Output::take).unwrap_or_default()),
    }
}

fn ask(
    page: Page,
    question: fn() -> std::result::Result<(), String>,
    limit: Duration,
    lock: Option<&File>,
) -> Answer {
    let turn = take_turn(lock, false);
    let body = || {
        if let Err(text) = question() {
            page.complain(Complaint::Claim, format_args!(""), format_args!("{text}"));
        }
    };
    let ended = isolate(page, limit, body);
    drop(turn);
    match ended {
        Ok(ended) => {
            let (result, text, place) = verdict(page, Ends::Returns, ended);
            Answer { result, text, place, facts: Vec::new(), output: String::new() }
        }
        Err(errno) => Answer::broken(format!("the question could not be forked: {errno}")),
    }
}

/// Holds the program's file locked: shared, or alone.
struct Turn<'a>(Option<&'a File>);

fn take_turn(lock: Option<&File>, alone: bool) -> Turn<'_> {
    if let Some(file) = lock {
        // A file system without locks leaves the order within this run, which is kept elsewhere.
        let _ = if alone { file.lock() } else { file.lock_shared() };
    }
    Turn(lock)
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(file) = self.0 {
            let _ = file.unlock();
        }
    }
}

/// Runs `body` in a forked child and waits until nothing of it is left.
pub(crate) fn isolate(
    page: Page,
    limit: Duration,
    body: impl FnOnce(),
) -> std::result::Result<Ended, sys::Errno> {
    page.clear();
    let parent = sys::call::getpid();
    let child = process::fork(|| {
        enter_case(parent);
        let outcome = catch_unwind(AssertUnwindSafe(body));
        if outcome.is_ok() {
            page.reach_end();
            process::leave(0)
        }
        process::leave(process::PANICKED)
    })?;
    Ok(reap::finish(child, limit))
}

/// The state every case starts from.
fn enter_case(parent: i32) {
    let _ = process::own_group();
    let _ = process::signal_with_parent(signals::SIGKILL);
    if process::parent() != parent {
        process::leave(process::PANICKED);
    }
    sys::signal::forget_interrupts();
    process::set_observed(true);
}

/// Standard output and error of the worker, and so of its cases, in memory.
pub(crate) struct Output(File);

impl Output {
    /// From now on, what is printed is kept.
    pub(crate) fn capture() -> Option<Self> {
        use nix::sys::memfd::{MFdFlags, memfd_create};
        let file = File::from(memfd_create(c"output", MFdFlags::MFD_CLOEXEC).ok()?);
        nix::unistd::dup2_stdout(file.as_fd()).ok()?;
        nix::unistd::dup2_stderr(file.as_fd()).ok()?;
        Some(Self(file))
    }

    /// What was printed since the last time.
    pub(crate) fn take(&mut self) -> String {
        let file = &mut self.0;
        // The position is shared with the cases: it is where they stopped.
        if !matches!(file.stream_position(), Ok(1..)) {
            return String::new();
        }
        let mut bytes = Vec::new();
        if file.rewind().is_ok() {
            let _ = file.take(16 << 10).read_to_end(&mut bytes);
        }
        let _ = file.set_len(0);
        let _ = file.rewind();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A status alone proves nothing: a case holds if it reached its last line, or died as declared
/// after it said so and before its last line.
fn verdict(page: Page, ends: Ends, ended: Ended) -> (Result, String, String) {
    let (plain, at_end) = (String::new(), page.reached_end());
    if let Some((kind, place, text)) = page.complaint() {
        let result = match kind {
            Complaint::Claim => Result::Violated,
            Complaint::SetUp => Result::Broken,
        };
        return (result, text, place);
    }
    let end = match ended {
        Ended::By(end) => end,
        Ended::TimedOut => {
            return (Result::TimedOut, "did not end within its time limit".into(), plain);
        }
        Ended::Interrupted => {
            return (Result::Broken, "interrupted while the case ran".into(), plain);
        }
        Ended::Lost(errno) => {
            let text = format!("what the case left behind could not be ended: {errno}");
            return (Result::Broken, text, plain);
        }
    };
    let expected = match ends {
        Ends::Returns => {
            return match (at_end, end) {
                (true, End::Exited(0)) => (Result::Held, plain.clone(), plain),
                (true, end) => {
                    let text = format!("{} after its last line", describe(end));
                    (Result::Violated, text, plain)
                }
                (false, End::Exited(_)) => {
                    let text = format!("{} before its last line", describe(end));
                    (Result::Violated, text, plain)
                }
                (false, end) => {
                    (Result::Crashed, format!("{} before its last line", describe(end)), plain)
                }
            };
        }
        Ends::KilledBy(signal) => End::KilledBy(signal),
        Ends::Exits(status) => End::Exited(status),
    };
    let wanted = describe(expected);
    if at_end {
        return (Result::Violated, format!("reached its last line; expected: {wanted}"), plain);
    }
    if end != expected {
        let text = format!("{}; expected: {wanted}", describe(end));
        return (Result::Violated, text, plain);
    }
    if !page.doomed() {
        let text = format!("{} before the step that was to do it", describe(end));
        return (Result::Violated, text, plain);
    }
    (Result::Held, plain.clone(), plain)
}

fn describe(end: End) -> String {
    match end {
        End::Exited(status) => format!("left with status {status}"),
        End::KilledBy(signal) => format!("killed by {}", signals::name(signal)),
        End::Stopped(_) => "stopped".into(),
    }
}
