//! `sigsys guard`: the process between this tool and a program it starts. It kills the program with all of its
//! descendants when the tool is gone, however the tool died.
//!
//! Its standard input is a socket to the tool. The other end of it closes with the tool, which no death
//! can prevent; a signal "of the parent's death" would be about the thread that started this, and would
//! find the program alone.

mod namespaces;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill, raise};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{Pid, getpid, getppid};
use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use sys::process::{self, WaitStatus};
use sys::uapi::WNOHANG;

/// Sent to a guard that is to kill at once.
pub(crate) const KILL: u8 = b'k';

/// How long a program may take to clean up after SIGTERM.
const CLEAN_UP_TIMEOUT: Duration = Duration::from_millis(150);
/// How long processes may take to die of SIGKILL.
const DEATH_TIMEOUT: Duration = Duration::from_secs(5);
/// How often new descendants are looked for.
const POLL_INTERVAL: Duration = Duration::from_millis(5);
/// For a program that could not be started.
const NOT_STARTED: u8 = 127;

/// Starts the program, says over the socket whether that was possible (an errno, 0 for yes), and stays
/// until it has ended; leaves as it did.
///
/// A program that is kept `apart` is the first process of a PID namespace of its own.
pub(crate) fn guard(command: &[OsString], apart: bool) -> u8 {
    match stand(command, apart) {
        Ok(status) => status,
        Err(error) => {
            // The tool waits for this.
            let _ = tell(error.raw_os_error().unwrap_or(Errno::EIO as i32));
            NOT_STARTED
        }
    }
}

fn stand(command: &[OsString], apart: bool) -> io::Result<u8> {
    // Signals to the group are meant for the program.
    let mut mask = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
        mask.add(signal);
    }
    mask.add(Signal::SIGCHLD);
    let before = mask.thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK)?;
    let mut deaths = SigSet::empty();
    deaths.add(Signal::SIGCHLD);
    let deaths = SignalFd::with_flags(&deaths, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    process::set_child_subreaper()?;
    if apart {
        namespaces::enter()?;
    }
    let program = spawn(command, &before, apart)?;
    let mut guard = Guard { deaths, program, ended: None };
    if tell(0).is_err() {
        guard.end_all(Manner::Politely);
    }
    guard.watch()?;
    Ok(guard.leave())
}

/// Reports to the tool.
fn tell(errno: i32) -> io::Result<()> {
    control()?.write_all(&errno.to_ne_bytes())
}

fn control() -> io::Result<UnixStream> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

/// Starts the program; it gets SIGTERM when this guard dies, or SIGKILL where it is `apart`.
fn spawn(words: &[OsString], mask: &SigSet, apart: bool) -> io::Result<i32> {
    let (mut failure, mut told) = io::pipe()?;
    let own = getpid();
    let mut body = || {
        // The first process of a namespace takes no other signal unless it has a handler.
        let signal = if apart { Signal::SIGKILL } else { Signal::SIGTERM };
        let _ = process::signal_with_parent(signal as i32);
        // It may have died before. In a namespace of its own a program has no parent.
        let parent = if apart { namespaces::outer_parent() } else { Some(getppid().as_raw()) };
        if parent != Some(own.as_raw()) || mask.thread_set_mask().is_err() {
            return NOT_STARTED.into();
        }
        if apart && let Err(error) = namespaces::mount_proc() {
            let errno = error.raw_os_error().unwrap_or(Errno::EIO as i32);
            let _ = told.write_all(&errno.to_ne_bytes());
            return NOT_STARTED.into();
        }
        let mut command = Command::new(&words[0]);
        let error = command.args(&words[1..]).stdin(Stdio::null()).exec();
        let errno = error.raw_os_error().unwrap_or(Errno::EINVAL as i32);
        let _ = told.write_all(&errno.to_ne_bytes());
        NOT_STARTED.into()
    };
    let pid = process::fork(&mut body)?;
    drop(told);
    let mut errno = [0; 4];
    match failure.read_exact(&mut errno) {
        Ok(()) => Err(io::Error::from_raw_os_error(i32::from_ne_bytes(errno))),
        // Closed by a successful start.
        Err(_) => Ok(pid),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// The program is asked first.
    Politely,
    /// Its children have noticed that it is gone, and clear up.
    Patiently,
    AtOnce,
}

struct Guard {
    deaths: SignalFd,
    program: i32,
    ended: Option<WaitStatus>,
}

impl Guard {
    /// Waits until the program has ended by itself, or the tool asks for its end or is gone.
    fn watch(&mut self) -> io::Result<()> {
        let mut control = control()?;
        while self.ended.is_none() {
            let mut fds = [
                PollFd::new(self.deaths.as_fd(), PollFlags::POLLIN),
                PollFd::new(control.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut fds, PollTimeout::NONE) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            let spoke = fds[1].any().unwrap_or(true);
            self.reap();
            if spoke && self.ended.is_none() {
                let mut word = [0];
                let manner = match control.read(&mut word) {
                    Ok(1) if word[0] == KILL => Manner::AtOnce,
                    _ => Manner::Politely,
                };
                self.end_all(manner);
                return Ok(());
            }
        }
        // A program that was killed has not cleaned up; after an exit, descendants may be meant to stay.
        if let Some(WaitStatus::KilledBy(_)) = self.ended {
            self.end_all(Manner::Patiently);
        }
        Ok(())
    }

    /// Reaps children that have ended; returns whether there are others.
    fn reap(&mut self) -> bool {
        while let Ok(Some(_)) = self.deaths.read_signal() {}
        loop {
            match process::wait(-1, WNOHANG) {
                Ok(Some((_, WaitStatus::Stopped(_)))) | Err(Errno::EINTR) => {}
                Ok(Some((pid, end))) if pid == self.program => self.ended = Some(end),
                Ok(Some(_)) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    /// Waits for a child to end, at most for `time`.
    fn wait(&self, time: Duration) {
        wait_for(self.deaths.as_fd(), time);
    }

    /// Ends the program and all of its descendants: orphans are reparented to this process.
    fn end_all(&mut self, manner: Manner) {
        if manner == Manner::Politely {
            // This process leads the group, and blocks the signal.
            let _ = kill(Pid::from_raw(0), Signal::SIGTERM);
        }
        if manner != Manner::AtOnce {
            let last = Instant::now() + CLEAN_UP_TIMEOUT;
            while self.reap() {
                let left = last.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                self.wait(left);
            }
        }
        let last = Instant::now() + DEATH_TIMEOUT;
        while self.reap() && Instant::now() < last {
            for pid in descendants(getpid().as_raw()) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
            self.wait(POLL_INTERVAL);
        }
    }

    /// The status that says how the program ended; a signal is passed on by dying of it.
    fn leave(self) -> u8 {
        match self.ended {
            Some(WaitStatus::Exited(code)) => u8::try_from(code & 0xff).unwrap_or(NOT_STARTED),
            Some(WaitStatus::KilledBy(signal)) => die_of(signal),
            _ => die_of(Signal::SIGKILL as i32),
        }
    }
}

fn wait_for(fd: BorrowedFd, time: Duration) {
    let time = PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX);
    let _ = poll(&mut [PollFd::new(fd, PollFlags::POLLIN)], time);
}

fn die_of(signal: i32) -> u8 {
    let _ = process::disable_core_dump();
    sys::signal::reset_all();
    if let Ok(signal) = Signal::try_from(signal) {
        let _ = SigSet::empty().thread_set_mask();
        let _ = raise(signal);
    }
    u8::try_from(128 + signal).unwrap_or(NOT_STARTED)
}

/// Every process that descends from `ancestor`, as /proc has them now.
fn descendants(ancestor: i32) -> Vec<i32> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok) {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        if let Ok(stat) = std::fs::read_to_string(entry.path().join("stat"))
            && let Some(parent) = parent(&stat)
        {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = children.remove(&ancestor).unwrap_or_default();
    let mut next = 0;
    while let Some(pid) = found.get(next).copied() {
        found.extend(children.remove(&pid).unwrap_or_default());
        next += 1;
    }
    found
}

/// The parent process in a line of /proc/PID/stat. The name before it is the program's choice, brackets included.
fn parent(stat: &str) -> Option<i32> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_cannot_hide_its_parent() {
        assert_eq!(parent("12 (a) S 7 12 12 0"), Some(7));
        assert_eq!(parent("12 (a) S 1 (b)) R 9 12"), Some(9));
        assert_eq!(parent("12"), None);
    }

    #[test]
    fn descendants_are_found_through_their_parents() {
        let mut child = Command::new("sh")
            .args(["-c", "sleep 60 & echo $!; wait"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut line = [0; 1];
        let mut out = child.stdout.take().expect("piped");
        let mut text = String::new();
        while out.read_exact(&mut line).is_ok() && line[0] != b'\n' {
            text.push(char::from(line[0]));
        }
        let own = i32::try_from(std::process::id()).expect("a pid");
        let sleeper: i32 = text.parse().expect("a pid");
        let all = descendants(own);
        assert!(all.contains(&sleeper), "{all:?} without {sleeper}");
        let shell = i32::try_from(child.id()).expect("a pid");
        assert_eq!(descendants(shell), [sleeper]);
        let _ = kill(Pid::from_raw(sleeper), Signal::SIGKILL);
        child.wait().expect("it ends");
    }
}
