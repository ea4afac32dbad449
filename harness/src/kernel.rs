//! Which kernel this is, and how it was built and started.

use crate::record;
use crate::version::Version;
use std::collections::HashMap;
use std::fs;
use std::io::Read;

/// The kernel under test, and what the feature table wants to know of it.
#[derive(Debug)]
pub(crate) struct Kernel {
    pub identity: record::Kernel,
    pub version: Option<Version>,
    /// `CONFIG_*` options, where a configuration could be read.
    pub config: Option<HashMap<String, String>>,
    /// Who traces this process.
    pub tracer: i32,
    /// Whether /proc answers.
    pub proc: bool,
}

impl Kernel {
    /// Reads what can be read; `config` names a configuration file to use instead of the kernel's.
    ///
    /// # Errors
    /// When `config` cannot be read.
    pub(crate) fn read(config: Option<&str>) -> Result<Self, String> {
        let uname = nix::sys::utsname::uname().map_err(|errno| format!("uname: {errno}"))?;
        let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
        let release = text(uname.release());
        let config = match config {
            Some(path) => Some(
                fs::read_to_string(path).map_err(|error| format!("--config {path}: {error}"))?,
            ),
            None => own_config(&release),
        };
        let status = fs::read_to_string("/proc/self/status").ok();
        let status_field = |name: &str| {
            let line = status.as_deref()?.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse::<i32>().ok()
        };
        let identity = record::Kernel {
            system: text(uname.sysname()),
            build: text(uname.version()),
            machine: text(uname.machine()),
            boot_line: fs::read_to_string("/proc/cmdline").ok().map(|line| line.trim().to_owned()),
            cpu: cpu_model(),
            vsyscall: vsyscall_mode(),
            clocksource: unreadable_clocksource(),
            config: config.as_deref().map(digest),
            outer_seccomp: status_field("Seccomp:").and_then(|mode| u8::try_from(mode).ok()),
            via: None,
            taint: None,
            taken_as: None,
            user: sys::environment::effective_user(),
            release,
        };
        Ok(Self {
            version: Version::parse(&identity.release),
            config: config.as_deref().map(options),
            tracer: status_field("TracerPid:").unwrap_or(0),
            proc: status.is_some(),
            identity,
        })
    }
}

fn own_config(release: &str) -> Option<String> {
    if let Ok(packed) = fs::read("/proc/config.gz") {
        let mut text = String::new();
        if flate2::read::GzDecoder::new(&*packed).read_to_string(&mut text).is_ok() {
            return Some(text);
        }
    }
    fs::read_to_string(format!("/boot/config-{release}")).ok()
}

/// The value of an option in the running kernel's own configuration: `y`, `m`, a text, or `n` where it
/// says that the option is not set. Nothing where it does not say.
pub fn kernel_option(name: &str) -> Option<String> {
    let uname = nix::sys::utsname::uname().ok()?;
    let config = own_config(&uname.release().to_string_lossy())?;
    if config.lines().any(|line| line == format!("# {name} is not set")) {
        return Some("n".into());
    }
    options(&config).remove(name)
}

fn options(config: &str) -> HashMap<String, String> {
    config
        .lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| name.starts_with("CONFIG_"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn digest(config: &str) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(config.as_bytes());
    format!("{:08x}", crc.sum())
}

fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, model)| model.trim().to_owned())
}

/// How /proc/self/maps shows the vsyscall page.
fn vsyscall_mode() -> Option<String> {
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    let mode = match maps.lines().find(|line| line.contains("[vsyscall]")) {
        None => "none",
        Some(line) if line.contains(" r-xp ") => "emulate",
        Some(_) => "xonly",
    };
    Some(mode.into())
}

/// The clocksource, unless the vDSO reads it without a system call.
fn unreadable_clocksource() -> Option<String> {
    const READABLE: [&str; 4] = ["tsc", "tsc-early", "kvm-clock", "hyperv_clocksource_tsc_page"];
    let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|name| !READABLE.contains(&name.as_str()))
}
