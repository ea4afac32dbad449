//! The suite as the first process of a machine that exists for one run: it makes what cases need,
//! runs itself in a child, reports through a serial port what the kernel says of itself, and ends the
//! machine.
//!
//! It does none of this unless asked: the first process of a container must leave it alone.

mod log;

use crate::guest::frame::{self, Writer};
use log::Log;
use std::ffi::CStr;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use sys::process::WaitStatus;
use sys::uapi::O_NOCTTY;
use sys::{Errno, init};

/// The argument that asks, after `--` on the boot line.
const WORD: &str = "--init";
/// The suite's arguments, one a line.
const ARGUMENTS: &str = "/sigsys/arguments";
/// Where to report, best first: a port of our own, and one the kernel writes to as well.
const PORTS: [&str; 2] = ["/dev/ttyS1", "/dev/console"];

/// What kernels without devtmpfs do not make themselves.
const DEVICES: [(&CStr, u32, u32); 8] = [
    (c"/dev/null", 1, 3),
    (c"/dev/zero", 1, 5),
    (c"/dev/full", 1, 7),
    (c"/dev/random", 1, 8),
    (c"/dev/urandom", 1, 9),
    (c"/dev/kmsg", 1, 11),
    (c"/dev/console", 5, 1),
    (c"/dev/ttyS1", 4, 65),
];

/// Whether this is the first process, and was told to be an init.
pub(crate) fn is_asked_for() -> bool {
    sys::call::getpid() == 1 && std::env::args_os().any(|arg| arg == WORD)
}

/// Runs the suite and ends the machine.
pub(crate) fn run() -> ! {
    let mounted = furnish();
    let release = nix::sys::utsname::uname()
        .map_or_else(|_| "unknown".into(), |name| name.release().to_string_lossy().into_owned());
    // From here on the log is the suite's time.
    let log = Log::open();
    mark(frame::START_MARK);
    let ended = match Port::open(&format!("{}{release}", frame::STARTED)) {
        Some(port) => {
            let port = Mutex::new(port);
            say(&port, &format!("{}{}", frame::TAINT_BEFORE, taint()));
            let ended = match mounted.and_then(|()| watched(&port, log)) {
                Ok(WaitStatus::Exited(status)) => format!("status {status}"),
                Ok(WaitStatus::KilledBy(signal)) => format!("signal {signal}"),
                Ok(WaitStatus::Stopped(_)) => "without: it was stopped".into(),
                Err(why) => format!("without: {why}"),
            };
            say(&port, &format!("{}{}", frame::TAINT_AFTER, taint()));
            say(&port, &format!("{}{ended}", frame::ENDED));
            init::drain(&port.into_inner().unwrap_or_else(PoisonError::into_inner).file);
            ended
        }
        None => "no port to report to could be opened".into(),
    };
    // What the console shows from here on are warnings, and worse.
    let _ = std::fs::write("/sys/module/printk/parameters/ignore_loglevel", "N");
    let _ = std::fs::write("/proc/sys/kernel/printk", "5");
    mark(frame::END_MARK);
    let errno = init::restart();
    eprintln!("sigsys: {ended}; the machine cannot be ended: {errno}");
    loop {
        std::thread::park();
    }
}

/// Writes `text` into the kernel's log, at the level that every console shows.
fn mark(text: &str) {
    if let Ok(mut log) = OpenOptions::new().write(true).open(log::PATH) {
        let _ = log.write_all(format!("<0>{text}").as_bytes());
    }
}

/// What the kernel says of its own soundness.
fn taint() -> String {
    match std::fs::read_to_string("/proc/sys/kernel/tainted") {
        Ok(text) => text.trim().to_owned(),
        Err(error) => format!("unknown: {error}"),
    }
}

/// Where this process reports.
struct Port {
    file: File,
    frames: Writer,
}

impl Port {
    /// Opens the first port that takes `first`.
    fn open(first: &str) -> Option<Self> {
        let mut frames = Writer::new(frame::INIT);
        let line = frames.frame(first);
        let file = PORTS.into_iter().find_map(|path| {
            let mut port = OpenOptions::new().write(true).custom_flags(O_NOCTTY).open(path).ok()?;
            port.write_all(format!("\n{line}\n").as_bytes()).ok()?;
            Some(port)
        })?;
        Some(Self { file, frames })
    }
}

/// Says `text` in a frame, from its own line on: the suite may have died in the middle of one.
fn say(port: &Mutex<Port>, text: &str) {
    let mut port = port.lock().unwrap_or_else(PoisonError::into_inner);
    let line = port.frames.frame(text);
    let _ = port.file.write_all(format!("\n{line}\n").as_bytes());
}

/// Runs the suite while the kernel's log is told as it grows.
fn watched(port: &Mutex<Port>, log: Result<Log, String>) -> Result<WaitStatus, String> {
    let output = {
        let port = port.lock().unwrap_or_else(PoisonError::into_inner);
        port.file.try_clone().map_err(|error| format!("the port: {error}"))?
    };
    let (over, is_over) = std::io::pipe().map_err(|error| format!("a pipe: {error}"))?;
    // The child is made before there is a second thread.
    let child = start(output)?;
    std::thread::scope(|scope| {
        scope.spawn(move || match log {
            Ok(mut log) => log.follow(&over, |text| say(port, &text)),
            Err(why) => say(port, &format!("{}all: {why}", frame::LOG_LOST)),
        });
        let ended = wait(child.id());
        drop(is_over);
        ended
    })
}

/// Mounts what cases and workers read and write.
fn furnish() -> Result<(), String> {
    let mounts = [(c"proc", c"/proc"), (c"sysfs", c"/sys"), (c"tmpfs", c"/tmp")];
    if init::mount(c"devtmpfs", c"/dev").is_err() {
        for (path, major, minor) in DEVICES {
            let _ = init::character_device(path, major, minor);
        }
    }
    for (kind, at) in mounts {
        match init::mount(kind, at) {
            // Without sysfs nothing is lost, and the root is writable without tmpfs.
            Err(Errno::ENODEV) if kind != c"proc" => {}
            Err(errno) => return Err(format!("{}: cannot mount: {errno}", at.to_string_lossy())),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// Starts the suite, which writes to `output`.
fn start(output: File) -> Result<Child, String> {
    let arguments = std::fs::read_to_string(ARGUMENTS)
        .map_err(|error| format!("{ARGUMENTS}: cannot read: {error}"))?;
    Command::new("/proc/self/exe")
        .args(arguments.lines())
        .current_dir("/tmp")
        .stdin(Stdio::null())
        .stdout(output)
        .spawn()
        .map_err(|error| format!("the suite cannot be started: {error}"))
}

/// Reaps whatever ends until `suite` has.
fn wait(suite: u32) -> Result<WaitStatus, String> {
    loop {
        match sys::process::wait(-1, 0) {
            Ok(Some((pid, end))) if u32::try_from(pid) == Ok(suite) => return Ok(end),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(format!("the suite was lost: {errno}")),
        }
    }
}
