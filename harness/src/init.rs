//! The suite as the first process of a machine that exists for one run: it makes what cases need,
//! runs itself in a child, reports through a serial port and ends the machine.
//!
//! It does none of this unless asked: the first process of a container must leave it alone.

use crate::frame::{self, Writer};
use std::ffi::CStr;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};
use sys::process::End;
use sys::{Errno, init};

/// The argument that asks, after `--` on the boot line.
const WORD: &str = "--init";
/// The suite's arguments, one a line.
const ARGUMENTS: &str = "/sigsys/arguments";
/// Where to report, best first: a port of our own, and one the kernel writes to as well.
const PORTS: [&str; 2] = ["/dev/ttyS1", "/dev/console"];
const O_NOCTTY: i32 = 0o400;

/// What kernels without devtmpfs do not make themselves.
const DEVICES: [(&CStr, u32, u32); 7] = [
    (c"/dev/null", 1, 3),
    (c"/dev/zero", 1, 5),
    (c"/dev/full", 1, 7),
    (c"/dev/random", 1, 8),
    (c"/dev/urandom", 1, 9),
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
    let mut frames = Writer::new(frame::INIT);
    let release = nix::sys::utsname::uname()
        .map_or_else(|_| "unknown".into(), |name| name.release().to_string_lossy().into_owned());
    let started = frames.frame(&format!("{}{release}", frame::STARTED));
    let ended = match open_port(&started) {
        Some(mut port) => {
            let ended = match mounted.and_then(|()| suite(&port)) {
                Ok(End::Exited(status)) => format!("status {status}"),
                Ok(End::KilledBy(signal)) => format!("signal {signal}"),
                Ok(End::Stopped(_)) => "without: it was stopped".into(),
                Err(why) => format!("without: {why}"),
            };
            let line = frames.frame(&format!("{}{ended}", frame::ENDED));
            // From its own line on: the suite may have died in the middle of one.
            let _ = port.write_all(format!("\n{line}\n").as_bytes());
            init::drain(&port);
            ended
        }
        None => "no port to report to could be opened".into(),
    };
    let errno = init::restart();
    eprintln!("sigsys: {ended}; the machine cannot be ended: {errno}");
    loop {
        std::thread::park();
    }
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

/// Opens the first port that takes `line`.
fn open_port(line: &str) -> Option<File> {
    PORTS.into_iter().find_map(|path| {
        let mut port = OpenOptions::new().write(true).custom_flags(O_NOCTTY).open(path).ok()?;
        port.write_all(format!("\n{line}\n").as_bytes()).ok()?;
        Some(port)
    })
}

/// Runs the suite in a child that writes to `port`; reaps whatever ends until it has.
fn suite(port: &File) -> Result<End, String> {
    let arguments = std::fs::read_to_string(ARGUMENTS)
        .map_err(|error| format!("{ARGUMENTS}: cannot read: {error}"))?;
    let output = port.try_clone().map_err(|error| format!("the port: {error}"))?;
    let child = Command::new("/proc/self/exe")
        .args(arguments.lines())
        .current_dir("/tmp")
        .stdin(Stdio::null())
        .stdout(output)
        .spawn()
        .map_err(|error| format!("the suite cannot be started: {error}"))?;
    loop {
        match sys::process::wait(-1, 0) {
            Ok(Some((pid, end))) if u32::try_from(pid) == Ok(child.id()) => return Ok(end),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(format!("the suite was lost: {errno}")),
        }
    }
}
