//! Starts workers, and exchanges requests and answers with them.

use super::protocol::{Answer, Greeting, Request};
use super::worker;
use crate::stdio;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;
use sys::uapi::{SIGTERM, WNOHANG};

/// Set in a worker's environment; tells `main` where to go, and holds the runner's processor.
const WORKER: &str = "SIGSYS_WORKER";

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The worker is gone.
    Gone,
    /// The run is being stopped.
    Interrupted,
}

/// Variables that say how to print and where to keep files; none changes a verdict.
const KEPT: [&str; 6] =
    ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "TMPDIR", "XDG_RUNTIME_DIR"];

/// Forgets every variable that could change what a case does or a library decides: the C library's and
/// Rust's own, those of property tests, those that tell rusty-fork what an image is. Called while there is
/// one thread.
pub(crate) fn forget_environment() {
    let names: Vec<_> = std::env::vars_os().map(|(name, _)| name).collect();
    for name in names {
        match name.to_str() {
            Some(name) if KEPT.contains(&name) => {}
            Some(name) => sys::environment::remove_variable(name),
            None => {}
        }
    }
}

/// Makes a worker with a fresh image of this program, hands it to `in_parent` and waits for its end.
///
/// # Errors
/// Why it cannot be made.
pub(crate) fn with_fresh_image<R>(
    greeting: &Greeting,
    in_parent: impl FnOnce(&mut UnixStream, &mut rusty_fork::ChildWrapper) -> R,
) -> Result<R, String> {
    let (control, theirs) = UnixStream::pair().map_err(|error| error.to_string())?;
    let become_worker = move |command: &mut Command| {
        command.env(WORKER, sys::environment::processor());
        command.stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)));
        if !greeting.capture {
            command.stdout(Stdio::inherit()).stderr(Stdio::inherit());
        }
    };
    fork_point(become_worker, move |child| {
        let mut control = control;
        // One that is gone already is noticed when it is asked.
        let _ = send(&mut control, greeting);
        let value = in_parent(&mut control, child);
        drop(control);
        // One that waits for a case does not see that: it ends the case when it is told.
        if sys::signal::interrupted().is_some()
            && let Ok(pid) = i32::try_from(child.id())
        {
            let _ = sys::process::kill(pid, SIGTERM);
        }
        let _ = child.wait();
        value
    })
}

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
        forget_environment();
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
pub(crate) struct Forked {
    control: UnixStream,
    pub pid: i32,
    reaped: bool,
}

impl Forked {
    /// # Errors
    /// Why it cannot be made.
    pub(crate) fn start(greeting: &Greeting) -> Result<Self, String> {
        let (mut control, theirs) = UnixStream::pair().map_err(|error| error.to_string())?;
        let close = std::os::fd::AsRawFd::as_raw_fd(&control);
        let pid = sys::process::fork(move || {
            let _ = nix::unistd::close(close);
            worker::serve(theirs);
            sys::process::exit(0)
        })
        .map_err(|errno| format!("fork: {errno}"))?;
        let _ = send(&mut control, greeting);
        Ok(Self { control, pid, reaped: false })
    }

    /// As [`exchange`].
    pub(crate) fn exchange(&mut self, request: Request) -> Result<Answer, NoAnswer> {
        // What it was forked with keeps the other end open in this process too.
        exchange(&mut self.control, request, || {
            self.reaped |= !matches!(sys::process::wait(self.pid, WNOHANG), Ok(None));
            !self.reaped
        })
    }
}

impl Drop for Forked {
    fn drop(&mut self) {
        let _ = self.control.shutdown(std::net::Shutdown::Both);
        if self.reaped {
            return;
        }
        if sys::signal::interrupted().is_some() {
            let _ = sys::process::kill(self.pid, SIGTERM);
        }
        let _ = sys::process::wait(self.pid, 0);
    }
}

fn send(control: &mut UnixStream, what: &impl serde::Serialize) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    control.write_all(&line)
}

/// Sends a request and waits for its answer.
///
/// # Errors
/// Why there is none.
pub(crate) fn exchange(
    control: &mut UnixStream,
    request: Request,
    mut is_alive: impl FnMut() -> bool,
) -> Result<Answer, NoAnswer> {
    send(control, &request).map_err(|_| NoAnswer::Gone)?;
    // Woken now and then to notice an interrupt, or a worker that is gone.
    let _ = control.set_read_timeout(Some(Duration::from_millis(200)));
    let mut reader = BufReader::new(control);
    let mut answer = Vec::new();
    loop {
        match reader.read_until(b'\n', &mut answer) {
            Ok(_) if answer.last() == Some(&b'\n') => break,
            Ok(_) => return Err(NoAnswer::Gone),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                if sys::signal::interrupted().is_some() {
                    return Err(NoAnswer::Interrupted);
                }
                if !is_alive() {
                    return Err(NoAnswer::Gone);
                }
            }
            Err(_) => return Err(NoAnswer::Gone),
        }
    }
    serde_json::from_slice(&answer).map_err(|error| {
        stdio::warn(&format!("a worker's answer cannot be read: {error}"));
        NoAnswer::Gone
    })
}
