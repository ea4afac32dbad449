//! Programs this tool starts: their lines as they come, their end, and the signals they share with it.
//! Each stands under a guard, which ends it when this process is gone.

use crate::error::Refusal;
use crate::machine::guard::KILL;
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The first interrupting signal that came; 0 before.
static INTERRUPT: AtomicI32 = AtomicI32::new(0);

/// The running programs. A program is listed from its start until its guard is reaped, so that its process
/// group ID cannot be reused meanwhile.
static GROUPS: Mutex<Vec<Group>> = Mutex::new(Vec::new());

/// A process group: a guard, which leads it, and the program.
struct Group {
    leader: Pid,
    /// To the guard.
    control: UnixStream,
}

impl Group {
    /// Kills the program and all that descends from it.
    fn kill(&self) {
        if (&self.control).write_all(&[KILL]).is_err() {
            let _ = killpg(self.leader, Signal::SIGKILL);
        }
    }
}

/// A signal that comes sooner after the first counts as the same: `timeout`, for example, sends each twice.
const SECOND_SIGNAL_AFTER: Duration = Duration::from_secs(1);

/// How long children of a program that has ended may keep its pipes open.
const PIPE_TIMEOUT: Duration = Duration::from_secs(2);

/// The longest line that is kept whole, in bytes.
const MAX_LINE_LENGTH: u64 = 64 << 20;

fn groups() -> MutexGuard<'static, Vec<Group>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on SIGINT, SIGTERM and SIGHUP are passed on to the running programs instead of ending this
/// process. A second signal, later than [`SECOND_SIGNAL_AFTER`], means that they did not react: they are
/// killed with all of their descendants.
///
/// # Errors
/// When the signals cannot be caught.
pub(crate) fn watch_interrupts() -> Result<(), Refusal> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM, SIGHUP])
        .map_err(|error| Refusal::no_answer(format!("cannot catch signals: {error}")))?;
    thread::spawn(move || {
        let mut first: Option<Instant> = None;
        for signal in signals.forever() {
            // Under the lock: a program is either in the list by now, or never started.
            let groups = groups();
            let _ = INTERRUPT.compare_exchange(0, signal, Ordering::Relaxed, Ordering::Relaxed);
            match first {
                None => {
                    first = Some(Instant::now());
                    for group in &*groups {
                        let _ = killpg(group.leader, Signal::try_from(signal).ok());
                    }
                }
                Some(first) if first.elapsed() < SECOND_SIGNAL_AFTER => {}
                Some(_) => {
                    groups.iter().for_each(Group::kill);
                }
            }
        }
    });
    Ok(())
}

/// The signal that interrupted this tool, if one did.
pub(crate) fn interrupted() -> Option<i32> {
    match INTERRUPT.load(Ordering::Relaxed) {
        0 => None,
        signal => Some(signal),
    }
}

/// A line that a program printed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// A line on its standard output.
    Stdout(String),
    /// A line on its standard error.
    Stderr(String),
}

enum Event {
    Output(Output),
    Ended(ExitStatus),
}

/// A program that was started.
pub(crate) struct Running {
    events: mpsc::Receiver<Event>,
    group: Pid,
    /// To its guard.
    control: UnixStream,
    status: Option<ExitStatus>,
    deadline: Option<Instant>,
    overdue: bool,
}

/// What a shell makes of `line`.
pub(crate) fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    command
}

/// Starts `command` in a process group of its own, without standard input. Its output comes as lines.
/// Program, arguments, variables and folder of the command count, whatever else it says does not.
///
/// # Errors
/// The system's; [`io::ErrorKind::Interrupted`] after an interrupt.
pub(crate) fn start(command: &mut Command) -> io::Result<Running> {
    start_under_guard(guarded(command, &[]).stdout(Stdio::piped()).stderr(Stdio::piped()))
}

/// As [`start`], in a PID namespace of its own: whatever the program signals, it reaches nothing else.
///
/// # Errors
/// As [`start`], and where no such namespace can be made or /proc cannot be mounted in it.
pub(crate) fn start_apart(command: &mut Command) -> io::Result<Running> {
    let mut command = guarded(command, &["--apart"]);
    start_under_guard(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
}

/// As [`start`], with this process's standard output and standard error.
///
/// # Errors
/// As [`start`].
pub(crate) fn start_in_sight(command: &mut Command) -> io::Result<Running> {
    start_under_guard(&mut guarded(command, &[]))
}

/// A command that starts this tool once more.
///
/// # Errors
/// When nobody knows where it is, in one line.
pub(crate) fn own() -> Result<Command, String> {
    let own = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
    Ok(Command::new(own))
}

/// The command that starts `command` under a guard with these options.
fn guarded(command: &Command, options: &[&str]) -> Command {
    // The running image, even if the file at its path has been replaced.
    let mut guard = Command::new("/proc/self/exe");
    guard.arg0("sigsys").arg("guard").args(options).arg("--");
    guard.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => guard.env(name, value),
            None => guard.env_remove(name),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        guard.current_dir(folder);
    }
    guard
}

fn start_under_guard(command: &mut Command) -> io::Result<Running> {
    let (mut control, theirs) = UnixStream::pair()?;
    let mut groups = groups();
    if interrupted().is_some() {
        return Err(io::ErrorKind::Interrupted.into());
    }
    let spawned = command.stdin(OwnedFd::from(theirs)).process_group(0).spawn();
    let mut child = spawned.map_err(|error| match error.kind() {
        // The guard is this program itself, whatever it is to start.
        io::ErrorKind::NotFound if !Path::new("/proc/self").exists() => {
            io::Error::other("/proc is not mounted")
        }
        _ => error,
    })?;
    // The command holds on to the guard's end of the socket.
    command.stdin(Stdio::null());
    let group = i32::try_from(child.id()).map(Pid::from_raw).map_err(io::Error::other)?;
    groups.push(Group { leader: group, control: control.try_clone()? });
    drop(groups);
    let mut errno = [0; 4];
    let error = match control.read_exact(&mut errno).map(|()| i32::from_ne_bytes(errno)) {
        Ok(0) => None,
        Ok(errno) => Some(io::Error::from_raw_os_error(errno)),
        Err(_) => Some(io::Error::other("its guard died")),
    };
    if let Some(error) = error {
        forget(&mut child, group)?;
        return Err(error);
    }
    // A signal that came before the program was started has reached its guard alone.
    if let Some(signal) = interrupted() {
        let _ = killpg(group, Signal::try_from(signal).ok());
    }
    let (sender, events) = mpsc::channel();
    let mut readers = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        let sender = sender.clone();
        readers.push(thread::spawn(move || read_lines(stdout, Output::Stdout, &sender)));
    }
    if let Some(stderr) = child.stderr.take() {
        let sender = sender.clone();
        readers.push(thread::spawn(move || read_lines(stderr, Output::Stderr, &sender)));
    }
    thread::spawn(move || {
        if let Ok(status) = reap(child, group, &readers) {
            let _ = sender.send(Event::Ended(status));
        }
    });
    Ok(Running { events, group, control, status: None, deadline: None, overdue: false })
}

fn read_lines(from: impl Read, wrap: fn(String) -> Output, to: &mpsc::Sender<Event>) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.clear();
        match from.by_ref().take(MAX_LINE_LENGTH).read_until(b'\n', &mut line) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.strip_suffix('\n').unwrap_or(&text).to_owned();
        if to.send(Event::Output(wrap(text))).is_err() {
            return;
        }
    }
}

/// Waits, then reaps when everything is said: no signal may be sent to a number that is free again.
/// What holds on to the pipes for longer than it may is killed; a suite's workers do not, and are
/// left to clear up after themselves.
fn reap(mut child: Child, group: Pid, readers: &[JoinHandle<()>]) -> io::Result<ExitStatus> {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    while let Err(Errno::EINTR) = waitid(Id::Pid(group), flags) {}
    let deadline = Instant::now() + PIPE_TIMEOUT;
    while !readers.iter().all(JoinHandle::is_finished) {
        if Instant::now() >= deadline {
            let _ = killpg(group, Signal::SIGKILL);
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    forget(&mut child, group)
}

/// Reaps a guard; from then on nothing is sent to its group.
fn forget(child: &mut Child, group: Pid) -> io::Result<ExitStatus> {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    while let Err(Errno::EINTR) = waitid(Id::Pid(group), flags) {}
    let mut groups = groups();
    groups.retain(|other| other.leader != group);
    child.wait()
}

impl Running {
    /// The program is killed when it has not ended in `time`.
    pub(crate) fn limit(mut self, time: Duration) -> Self {
        self.deadline = Some(Instant::now() + time);
        self
    }

    /// The program is killed when it has not ended at `deadline`, whatever was said before.
    pub(crate) fn end_by(&mut self, deadline: Instant) {
        if !self.overdue {
            self.deadline = Some(deadline);
        }
    }

    /// What it says next; `None` once it has ended and everything is said.
    pub(crate) fn next(&mut self) -> Option<Output> {
        loop {
            let event = match (self.status, self.deadline) {
                // Ended: what is said by now is all that is waited for.
                (Some(_), _) => self.events.try_recv().ok(),
                (None, None) => self.events.recv().ok(),
                (None, Some(deadline)) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    match self.events.recv_timeout(left) {
                        Ok(event) => Some(event),
                        Err(RecvTimeoutError::Disconnected) => None,
                        Err(RecvTimeoutError::Timeout) => {
                            self.overdue = true;
                            self.deadline = None;
                            self.kill();
                            continue;
                        }
                    }
                }
            };
            match event? {
                Event::Output(line) => return Some(line),
                Event::Ended(status) => self.status = Some(status),
            }
        }
    }

    /// Kills it and what it started.
    pub(crate) fn kill(&self) {
        groups().iter().filter(|group| group.leader == self.group).for_each(Group::kill);
    }

    /// Whether it was killed because its time was over.
    pub(crate) const fn was_overdue(&self) -> bool {
        self.overdue
    }

    /// How it ended; `None` while it runs.
    pub(crate) const fn status(&self) -> Option<ExitStatus> {
        self.status
    }
}

/// A program that is no longer followed is ended.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.control.shutdown(std::net::Shutdown::Write);
    }
}
