//! The worker: a clean process with one thread that forks each case it is told to run.

use super::canary::CANARIES;
use super::claim::note_panic;
use super::outcome::{self, PageReport};
use super::page::{FailureKind, Page};
use super::protocol::{Answer, Greeting, Request};
use super::reap::{self, Ended};
use super::registry::{sorted_cases, sorted_needs};
use super::settings::Settings;
use super::taint::Taint;
use crate::record::TaintChange;
use crate::{Case, Ends, Need, Probe, Unmet, options, signals};
use nix::sys::stat::{Mode, umask};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use sys::process;
use sys::uapi::{RLIMIT_CORE, SIGTERM};

/// Serves requests on `control` until the other end closes.
pub(crate) fn serve(control: UnixStream) {
    let control = alone(control);
    // A signal to the runner's process group must leave the worker to clear up.
    let _ = process::own_group();
    prepare_process();
    let Ok(mut answers) = control.try_clone() else { return };
    let mut requests = BufReader::new(control).lines();
    let Some(Ok(greeting)) = requests.next() else { return };
    let Ok(greeting) = serde_json::from_str::<Greeting>(&greeting) else { return };
    // A runner that died before PR_SET_PDEATHSIG sends no signal.
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
    if let Err(why) = crate::runner::lying::enter_worker() {
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
                Some(Need { probe: Probe::Kernel(question), .. }) => worker.ask(*question, limit),
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

/// The first number after the standard descriptors.
const LOWEST: i32 = 3;

/// `control` as the only descriptor beside the standard ones, so that a case gets the same numbers whatever was
/// open where the suite was started: a number can be in what another system shows.
fn alone(control: UnixStream) -> UnixStream {
    process::close_others(control.as_raw_fd());
    match control.as_raw_fd() {
        LOWEST => control,
        // A copy gets the lowest number that is free.
        _ => control.try_clone().unwrap_or(control),
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
    // A core, and a file of a case, can be read by its owner whatever the user's mask is.
    umask(Mode::S_IWGRP | Mode::S_IWOTH);
    // No verdict depends on these: without them, less is cleaned up after a crash.
    let _ = process::set_child_subreaper();
    let _ = process::signal_with_parent(SIGTERM);
    let _ = sys::environment::limit_softly(RLIMIT_CORE, 0);
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
        let body = crate::runner::lying::body(case);
        let settings = Settings::before(case.serial);
        let mut answer = self.isolated(case.ends, limit, body);
        settings.put_back();
        answer.facts = self.page.facts();
        answer.output = self.output.as_mut().map(Output::take).unwrap_or_default();
        #[cfg(feature = "lies")]
        {
            answer.output = crate::runner::lying::told(answer.output);
        }
        answer
    }

    fn ask(&mut self, question: fn() -> Result<(), Unmet>, limit: Duration) -> Answer {
        let page = self.page;
        self.isolated(Ends::Returns, limit, || {
            let (kind, text) = match question() {
                Ok(()) => return,
                Err(Unmet::Refused(text)) => (FailureKind::Refusal, text),
                Err(Unmet::Unanswered(text)) => (FailureKind::SetUp, text),
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
        let taint = before
            .zip(after)
            .filter(|(before, after)| before != after)
            .map(|(before, after)| TaintChange { before, after });
        Answer { taint, ..outcome::of(PageReport::on(self.page), ends, ended) }
    }
}

/// Runs `body` in a forked child and waits until nothing of it is left.
pub(crate) fn isolate(
    page: Page,
    limit: Duration,
    body: impl FnOnce(),
) -> Result<Ended, sys::Errno> {
    page.clear();
    let parent = sys::call::getpid();
    let child = process::fork(|| {
        enter_case(parent);
        let outcome = catch_unwind(AssertUnwindSafe(body));
        if outcome.is_ok() {
            page.reach_end();
            process::exit(0)
        }
        process::exit(process::PANICKED)
    })?;
    Ok(reap::finish(child, limit))
}

/// The state every case starts from.
fn enter_case(parent: i32) {
    let _ = process::own_group();
    let _ = process::signal_with_parent(signals::SIGKILL);
    if process::parent() != parent {
        process::exit(process::PANICKED);
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
