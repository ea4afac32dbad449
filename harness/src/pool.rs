//! The runner's side: workers, one per slot, each replaced when a case takes it down.

use crate::worker::{self, Answer, Request};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

/// Set in a worker's environment; tells `main` where to go, and holds the runner's processor.
const WORKER: &str = "SIGSYS_WORKER";

const SIGTERM: i32 = 15;

/// How workers come to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Making {
    /// A fresh image, which forks many cases.
    Shared,
    /// A fresh image for each case.
    PerCase,
    /// A fork of this process, which must have one thread: for systems where a program cannot find
    /// its own image (no /proc), or leaves an emulator by starting it.
    Forked,
}

/// A job could not be done because the run is being stopped.
#[derive(Debug)]
pub(crate) struct Stopped;

type Job = (Request, mpsc::Sender<Answer>);

/// Hands requests to workers.
pub(crate) struct Pool {
    making: Making,
    jobs: Option<mpsc::Sender<Job>>,
    threads: Vec<std::thread::JoinHandle<()>>,
    forked: Mutex<Option<Forked>>,
}

impl Pool {
    /// A pool of `slots` workers. [`Making::Forked`] has one, made when it is first needed.
    ///
    /// # Errors
    /// When the threads that wait for workers, and as many for their users, cannot be made.
    pub(crate) fn new(making: Making, slots: usize) -> std::io::Result<Self> {
        let forked = Mutex::new(None);
        if making == Making::Forked {
            return Ok(Self { making, jobs: None, threads: Vec::new(), forked });
        }
        room_for_threads(2 * slots)?;
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = std::sync::Arc::new(Mutex::new(queue));
        let threads = (0..slots)
            .map(|_| {
                let queue = queue.clone();
                std::thread::Builder::new().spawn(move || serve_slot(making, &queue))
            })
            .collect::<std::io::Result<_>>()?;
        Ok(Self { making, jobs: Some(jobs), threads, forked })
    }

    /// Has one request answered.
    pub(crate) fn ask(&self, request: Request) -> Result<Answer, Stopped> {
        let answer = match &self.jobs {
            Some(jobs) => {
                let (reply, answer) = mpsc::channel();
                jobs.send((request, reply)).map_err(|_| Stopped)?;
                answer.recv().map_err(|_| Stopped)?
            }
            None => self.ask_forked(request)?,
        };
        if sys::signal::interrupted().is_some() { Err(Stopped) } else { Ok(answer) }
    }

    fn ask_forked(&self, request: Request) -> Result<Answer, Stopped> {
        debug_assert_eq!(self.making, Making::Forked);
        let mut slot = self.forked.lock().map_err(|_| Stopped)?;
        if slot.is_none() {
            match Forked::start() {
                Ok(worker) => *slot = Some(worker),
                Err(why) => return Ok(Answer::broken(why)),
            }
        }
        let Some(worker) = slot.as_mut() else { return Err(Stopped) };
        match exchange(&mut worker.control, request, || true) {
            Ok(answer) => Ok(answer),
            Err(why) => {
                *slot = None;
                Ok(lost(&why))
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Has `count` threads alive at once, and ends them.
fn room_for_threads(count: usize) -> std::io::Result<()> {
    let gate = std::sync::RwLock::new(());
    std::thread::scope(|scope| {
        let closed = gate.write();
        let pass = || drop(gate.read());
        let threads: std::io::Result<Vec<_>> =
            (0..count).map(|_| std::thread::Builder::new().spawn_scoped(scope, pass)).collect();
        drop(closed);
        threads.map(drop)
    })
}

fn lost(why: &str) -> Answer {
    Answer { result: worker::Result::Crashed, ..Answer::broken(why) }
}

/// One slot: starts a worker, feeds it jobs, starts the next when it is gone.
fn serve_slot(making: Making, queue: &Mutex<mpsc::Receiver<Job>>) {
    let next = || queue.lock().ok()?.recv().ok();
    while let Some(first) = next() {
        if sys::signal::interrupted().is_some() {
            return;
        }
        let reply = first.1.clone();
        if let Err(why) = serve_with_fresh_image(making, first, &next) {
            let _ = reply.send(Answer::broken(format!("no worker could be started: {why}")));
        }
    }
}

fn serve_with_fresh_image(
    making: Making,
    first: Job,
    next: &dyn Fn() -> Option<Job>,
) -> Result<(), String> {
    let (control, theirs) = UnixStream::pair().map_err(|error| error.to_string())?;
    let become_worker = move |command: &mut Command| {
        command.env(WORKER, sys::environment::processor());
        command.stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)));
        if std::env::var_os(OUTPUT).is_some() {
            command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
        }
    };
    fork_point(become_worker, move |child| {
        let mut control = control;
        let mut job = Some(first);
        while let Some((request, reply)) = job {
            // The other end stays open in this process as long as the worker's command line does, so
            // its closing is no sign.
            match exchange(&mut control, request, || matches!(child.try_wait(), Ok(None))) {
                Ok(answer) => {
                    let _ = reply.send(answer);
                }
                Err(why) => {
                    let _ = reply.send(lost(&why));
                    break;
                }
            }
            job = if making == Making::Shared { next() } else { None };
        }
        drop(control);
        // One that waits for a case does not see that: it ends the case when it is told.
        if sys::signal::interrupted().is_some()
            && let Ok(pid) = i32::try_from(child.id())
        {
            let _ = sys::process::kill(pid, SIGTERM);
        }
        let _ = child.wait();
    })
}

/// Set while `--nocapture` is in force.
pub(crate) const OUTPUT: &str = "SIGSYS_NOCAPTURE";

/// The one place where a clean image of this program is made; the image passes through here again.
fn fork_point<R>(
    modify: impl FnOnce(&mut Command),
    in_parent: impl FnOnce(&mut rusty_fork::ChildWrapper) -> R,
) -> Result<R, String> {
    let id = rusty_fork::rusty_fork_id!();
    let in_child = || {
        // The control socket came as standard input.
        use std::os::fd::AsFd;
        let Ok(control) = std::io::stdin().as_fd().try_clone_to_owned() else { return };
        if std::env::var(WORKER).is_ok_and(|runner| runner != sys::environment::processor()) {
            // qemu-user's execve starts a program outside of the emulator.
            let why = "the worker runs on another processor than its runner, so its answers are \
                       another kernel's: under an emulator, use --isolate plain";
            return worker::refuse_all(control.into(), why);
        }
        sys::environment::remove_variable(WORKER);
        worker::serve(control.into());
    };
    rusty_fork::fork("harness::worker", id, modify, |child, _| in_parent(child), in_child)
        .map_err(|error| error.to_string())
}

/// Whether this process was started to be a worker.
pub(crate) fn is_worker() -> bool {
    std::env::var_os(WORKER).is_some()
}

/// Becomes the worker; returns only if the environment promised what it did not hold.
pub(crate) fn enter_worker() -> Result<(), String> {
    fork_point(|_| (), |_| ())
}

/// A worker forked from this process.
struct Forked {
    control: UnixStream,
    pid: i32,
}

impl Forked {
    fn start() -> Result<Self, String> {
        let (control, theirs) = UnixStream::pair().map_err(|error| error.to_string())?;
        let close = std::os::fd::AsRawFd::as_raw_fd(&control);
        let pid = sys::process::fork(move || {
            let _ = nix::unistd::close(close);
            worker::serve(theirs);
            sys::process::leave(0)
        })
        .map_err(|errno| format!("fork: {errno}"))?;
        Ok(Self { control, pid })
    }
}

impl Drop for Forked {
    fn drop(&mut self) {
        let _ = self.control.shutdown(std::net::Shutdown::Both);
        if sys::signal::interrupted().is_some() {
            let _ = sys::process::kill(self.pid, SIGTERM);
        }
        let _ = sys::process::wait(self.pid, 0);
    }
}

/// Sends a request and waits for its answer; the error says how the worker was lost.
fn exchange(
    control: &mut UnixStream,
    request: Request,
    mut is_alive: impl FnMut() -> bool,
) -> Result<Answer, String> {
    const GONE: &str = "took its worker down before it could answer";
    let mut line = serde_json::to_string(&request).map_err(|error| error.to_string())?;
    line.push('\n');
    control.write_all(line.as_bytes()).map_err(|_| GONE.to_owned())?;
    // Woken now and then to notice an interrupt, or a worker that is gone.
    let _ = control.set_read_timeout(Some(Duration::from_millis(200)));
    let mut reader = BufReader::new(control);
    let mut answer = Vec::new();
    loop {
        match reader.read_until(b'\n', &mut answer) {
            Ok(_) if answer.last() == Some(&b'\n') => break,
            Ok(_) => return Err(GONE.into()),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                if sys::signal::interrupted().is_some() {
                    return Err("interrupted".into());
                }
                if !is_alive() {
                    return Err(GONE.into());
                }
            }
            Err(_) => return Err(GONE.into()),
        }
    }
    serde_json::from_slice(&answer).map_err(|_| GONE.to_owned())
}
