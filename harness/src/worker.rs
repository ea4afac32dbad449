//! The worker: a clean process with one thread that forks each case it is told to run.

use crate::canary::CANARIES;
use crate::claim::note_panic;
use crate::outcome::{self, Said};
use crate::page::{Complaint, Page};
use crate::reap::{self, Ended};
use crate::record::{Facts, Failure, TaintChange};
use crate::settings::Settings;
use crate::taint::Taint;
use crate::{Ask, CASES, Case, Ends, NEEDS, Need, Unmet, options, signals};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use sys::process;
use sys::uapi::{RLIMIT_CORE, SIGTERM};

/// What the runner asks of a worker.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Run the case with this place in the sorted registry.
    Case { index: usize, limit: Duration },
    /// Ask the need with this place in the sorted registry.
    Need { index: usize, limit: Duration },
    /// Run the canary with this place.
    Canary { index: usize, limit: Duration },
}

/// What a worker is told before its first request.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Greeting {
    /// The runner's process.
    pub runner: i32,
    /// What the cases are told.
    pub options: options::Values,
    /// What is printed is kept, and goes with the answer.
    pub capture: bool,
}

/// What became of it, before deviations are considered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Result {
    Held,
    Violated,
    /// A need's: the kernel said that it lacks it.
    Refused,
    Broken,
    TimedOut,
    Crashed,
}

/// A worker's answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub result: Result,
    /// What was observed instead; symbolic, so the same on every run.
    pub failure: Option<Failure>,
    pub facts: Facts,
    /// What the case printed.
    pub output: String,
    /// Somebody else may have ended it: a case that nobody was to kill, or the worker itself.
    pub from_outside: bool,
    /// The kernel's taint before and after, where it changed.
    pub taint: Option<TaintChange>,
}

impl Answer {
    pub(crate) fn broken(text: impl Into<String>) -> Self {
        Self {
            result: Result::Broken,
            failure: Some(Failure::of(text)),
            facts: Facts::default(),
            output: String::new(),
            from_outside: false,
            taint: None,
        }
    }

    /// What it says besides its result, in one line.
    pub(crate) fn said(&self) -> String {
        self.failure.as_ref().map(Failure::to_string).unwrap_or_default()
    }

    /// Of a worker that did not live to give one.
    pub(crate) fn lost() -> Self {
        let text = "took its worker down before it could answer";
        Self { result: Result::Crashed, from_outside: true, ..Self::broken(text) }
    }
}

/// The cases in the order every process of this program agrees on.
pub(crate) fn sorted_cases() -> Vec<&'static Case> {
    let mut cases: Vec<_> = CASES.iter().collect();
    cases.sort_by_key(|case| (case.name(), case.line));
    cases
}

/// The needs in the order every process of this program agrees on.
pub(crate) fn sorted_needs() -> Vec<&'static Need> {
    let mut needs: Vec<_> = NEEDS.iter().copied().collect();
    needs.sort_by_key(|need| need.name);
    needs
}

/// Serves requests on `control` until the other end closes.
pub(crate) fn serve(control: UnixStream) {
    // What ends the runner's group, from outside, leaves the worker to clear up.
    let _ = process::own_group();
    prepare_process();
    let Ok(mut answers) = control.try_clone() else { return };
    let mut requests = BufReader::new(control).lines();
    let Some(Ok(greeting)) = requests.next() else { return };
    let Ok(greeting) = serde_json::from_str::<Greeting>(&greeting) else { return };
    // One that died before it could be watched tells nobody.
    if process::parent() != greeting.runner {
        return;
    }
    options::establish(greeting.options);
    let page = match Page::establish() {
        Ok(page) => page,
        Err(errno) => return refuse(requests, answers, &format!("no shared memory: {errno}")),
    };
    let mut worker = Worker {
        page,
        taint: Taint::open(),
        output: if greeting.capture { Output::capture() } else { None },
    };
    let cases = sorted_cases();
    let needs = sorted_needs();
    #[cfg(feature = "lies")]
    if let Err(why) = crate::lying::enter_worker() {
        return refuse(requests, answers, &why);
    }
    for line in requests {
        let Ok(line) = line else { return };
        let answer = match serde_json::from_str(&line) {
            Ok(Request::Case { index, limit }) => match cases.get(index) {
                Some(case) => worker.run(case, limit),
                None => Answer::broken(format!("no case has number {index}")),
            },
            Ok(Request::Need { index, limit }) => match needs.get(index) {
                Some(Need { ask: Ask::Kernel(question), .. }) => worker.ask(*question, limit),
                Some(need) => Answer::broken(format!("need {} is not asked", need.name)),
                None => Answer::broken(format!("no need has number {index}")),
            },
            Ok(Request::Canary { index, limit }) => match CANARIES.get(index) {
                Some(canary) => worker.run(&canary.case, canary.limit.unwrap_or(limit)),
                None => Answer::broken(format!("no canary has number {index}")),
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
    let Ok(answers) = control.try_clone() else { return };
    // The greeting wants no answer.
    refuse(BufReader::new(control).lines().skip(1), answers, why);
}

fn refuse(
    requests: impl Iterator<Item = std::io::Result<String>>,
    mut answers: UnixStream,
    why: &str,
) {
    for line in requests {
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
    match File::open("/dev/null") {
        Ok(null) => drop(nix::unistd::dup2_stdin(null.as_fd())),
        // The end of a pipe nobody writes to reads the same; a number that is free would be the case's.
        Err(_) => match nix::unistd::pipe() {
            Ok((nothing, _)) => drop(nix::unistd::dup2_stdin(nothing.as_fd())),
            Err(_) => drop(nix::unistd::close(0)),
        },
    }
}

/// What a worker works with.
struct Worker {
    page: Page,
    taint: Taint,
    output: Option<Output>,
}

impl Worker {
    fn run(&mut self, case: &Case, limit: Duration) -> Answer {
        #[cfg(not(feature = "lies"))]
        let body = case.run;
        #[cfg(feature = "lies")]
        let body = crate::lying::body(case);
        let settings = Settings::before(case.alone);
        let mut answer = self.isolated(case.ends, limit, body);
        settings.put_back();
        answer.facts = self.page.facts();
        answer.output = self.output.as_mut().map(Output::take).unwrap_or_default();
        #[cfg(feature = "lies")]
        {
            answer.output = crate::lying::told(answer.output);
        }
        answer
    }

    fn ask(&mut self, question: fn() -> std::result::Result<(), Unmet>, limit: Duration) -> Answer {
        let page = self.page;
        self.isolated(Ends::Returns, limit, || {
            let (kind, text) = match question() {
                Ok(()) => return,
                Err(Unmet::Refused(text)) => (Complaint::Refusal, text),
                Err(Unmet::Unanswered(text)) => (Complaint::SetUp, text),
            };
            page.complain(kind, format_args!(""), format_args!("{text}"));
        })
    }

    fn isolated(&self, ends: Ends, limit: Duration, body: impl FnOnce()) -> Answer {
        let before = self.taint.read();
        let ended = match isolate(self.page, limit, body) {
            Ok(ended) => ended,
            Err(errno) => return Answer::broken(format!("a process could not be forked: {errno}")),
        };
        let after = self.taint.read();
        let outcome = outcome::of(Said::on(self.page), ends, ended);
        Answer {
            result: outcome.result,
            failure: outcome.failure,
            facts: Facts::default(),
            output: String::new(),
            from_outside: outcome.from_outside,
            taint: before
                .zip(after)
                .filter(|(before, after)| before != after)
                .map(|(before, after)| TaintChange { before, after }),
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

#[cfg(test)]
mod tests;
