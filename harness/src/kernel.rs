//! Which kernel this is, and how it was built and started.

pub(crate) mod boot_line;
pub(crate) mod configuration;
mod release;
pub(crate) mod surroundings;

pub use configuration::check_configuration;
pub(crate) use release::Release;

use crate::record::{self, Excuse, VsyscallMode as Mode};
use crate::version::Version;
use configuration::Configuration;
use std::fs;
use surroundings::Surroundings;

/// The kernel under test, and what the feature table wants to know of it.
#[derive(Debug)]
pub(crate) struct Kernel {
    pub identity: record::Kernel,
    /// Which version it is, where its release or `--as` says so.
    pub release: Option<Release>,
    /// Its configuration, where a whole one could be read.
    pub config: Option<Configuration>,
    /// Who traces this process.
    pub tracer: i32,
    /// What /proc calls this process, where that is not its own number: it is another pid namespace's.
    pub foreign_number: Option<i32>,
    /// Whether /proc answers.
    pub proc: bool,
    /// The tool booted this machine for this run: nothing around it is to blame for anything.
    pub booted: bool,
    pub surroundings: Surroundings,
}

/// What a run was told about its kernel.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told<'a> {
    /// A configuration file to use instead of the kernel's own.
    pub config: Option<&'a str>,
    /// The version to take it for.
    pub taken_as: Option<&'a str>,
    /// The tool booted this machine for this run.
    pub booted: bool,
}

impl Kernel {
    /// Reads what can be read.
    ///
    /// # Errors
    /// Says what is wrong with what the run was told.
    pub(crate) fn read(told: Told<'_>) -> Result<Self, String> {
        let uname = nix::sys::utsname::uname().map_err(|errno| format!("uname: {errno}"))?;
        let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
        let (release, build) = (text(uname.release()), text(uname.version()));
        let taken_as = told.taken_as.map(taken_as).transpose()?;
        let series = Version::parse(&release).map(|version| format!("{}.{}", version.0, version.1));
        let config = match told.config {
            Some(path) => Some(given_config(path, series.as_deref())?),
            None => own_config(&release, series.as_deref()),
        };
        let (config, digest) = config.unzip();
        let status = fs::read_to_string("/proc/self/status").ok();
        let status_field = |name: &str| {
            let line = status.as_deref()?.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse::<i32>().ok()
        };
        // Without /proc, the call says what the file would.
        let filtered = match &status {
            Some(_) => status_field("Seccomp:").and_then(|mode| u8::try_from(mode).ok()),
            None => sys::seccomp::mode().ok().and_then(|mode| u8::try_from(mode).ok()),
        };
        let boot_line = fs::read_to_string("/proc/cmdline").ok().map(|line| line.trim().to_owned());
        let surroundings =
            Surroundings::read(status.as_deref(), boot_line.as_deref().unwrap_or_default());
        let identity = record::Kernel {
            system: text(uname.sysname()),
            machine: text(uname.machine()),
            boot_line,
            cpu: cpu_model(),
            vsyscall: vsyscall_mode(),
            clocksource: unreadable_clocksource(),
            config: digest,
            outer_seccomp: filtered,
            via: None,
            taint: None,
            taken_as: told.taken_as.map(str::to_owned),
            user: sys::environment::effective_user(),
            build,
            release,
        };
        Ok(Self {
            release: taken_as
                .map(Release::exact)
                .or_else(|| Release::parse(&identity.release, &identity.build)),
            config,
            tracer: status_field("TracerPid:").unwrap_or(0),
            foreign_number: status_field("Pid:")
                .filter(|pid| u32::try_from(*pid) != Ok(std::process::id())),
            proc: status.is_some(),
            booted: told.booted,
            surroundings,
            identity,
        })
    }

    /// Whether a seccomp filter that is nobody's here may answer in the kernel's place.
    pub(crate) fn is_filtered(&self) -> bool {
        !self.booted && self.identity.outer_seccomp.is_some_and(|mode| mode != 0)
    }

    /// The boot line; empty where it is unknown.
    pub(crate) fn boot_line(&self) -> &str {
        self.identity.boot_line.as_deref().unwrap_or_default()
    }

    /// What the kernel was told to do with the vsyscall page, and what says so: the boot line, else its
    /// configuration, else, where neither says anything, the memory map.
    pub(crate) fn vsyscall_told(&self) -> Option<(Mode, Excuse)> {
        const EMULATION: &str = "CONFIG_X86_VSYSCALL_EMULATION";
        if self.config.as_ref().is_some_and(|config| config.is_unset(EMULATION)) {
            return Some((
                Mode::None,
                Excuse::ConfigUnset { option: EMULATION.into(), parent: None },
            ));
        }
        let words = boot_line::values(self.boot_line(), "vsyscall");
        if let Some((word, mode)) =
            words.filter_map(|word| Some((word, Mode::of_word(word)?))).last()
        {
            let value = Some(word.to_owned());
            return Some((mode, Excuse::BootLine { word: "vsyscall".into(), value }));
        }
        let options = [
            ("CONFIG_LEGACY_VSYSCALL_NONE", Mode::None),
            ("CONFIG_LEGACY_VSYSCALL_XONLY", Mode::Xonly),
            ("CONFIG_LEGACY_VSYSCALL_EMULATE", Mode::Emulate),
        ];
        if let Some(config) = &self.config
            && let Some((name, mode)) =
                options.into_iter().find(|(name, _)| config.value(name) == Some("y"))
        {
            let (option, value) = (name.to_owned(), "y".to_owned());
            return Some((mode, Excuse::ConfigValue { option, value }));
        }
        let vsyscall = self.identity.vsyscall?;
        Some((vsyscall, Excuse::MemoryMap { vsyscall }))
    }
}

/// Reads the value of `--as`.
fn taken_as(text: &str) -> Result<Version, String> {
    Version::parse_whole(text)
        .ok_or_else(|| format!("--as {text}: expected a kernel version such as 7.3 or 6.12.107"))
}

/// The configuration in a file, with its checksum; `series` is the running kernel's.
fn given_config(path: &str, series: Option<&str>) -> Result<(Configuration, String), String> {
    let refuse = |why: String| format!("--config {path}: {why}");
    let bytes = fs::read(path).map_err(|error| refuse(error.to_string()))?;
    let (config, text) = Configuration::read(&bytes).map_err(refuse)?;
    match series {
        Some(series) if !config.is_of(series) => {
            let own = config.version();
            Err(refuse(format!(
                "it is of Linux {own}, and this kernel is {series}: give this kernel's"
            )))
        }
        _ => Ok((config, digest(&text))),
    }
}

/// The running kernel's own configuration, where it shows a whole one.
fn own_config(release: &str, series: Option<&str>) -> Option<(Configuration, String)> {
    let places = ["/proc/config.gz".to_owned(), format!("/boot/config-{release}")];
    places.into_iter().find_map(|path| {
        let (config, text) = Configuration::read(&fs::read(path).ok()?).ok()?;
        series.is_none_or(|series| config.is_of(series)).then(|| (config, digest(&text)))
    })
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
fn vsyscall_mode() -> Option<Mode> {
    let maps = fs::read_to_string("/proc/self/maps").ok()?;
    Some(match maps.lines().find(|line| line.contains("[vsyscall]")) {
        None => Mode::None,
        Some(line) if line.contains(" r-xp ") => Mode::Emulate,
        Some(_) => Mode::Xonly,
    })
}

/// The clocksource, unless the vDSO reads it without a system call.
fn unreadable_clocksource() -> Option<String> {
    const READABLE: [&str; 4] = ["tsc", "tsc-early", "kvm-clock", "hyperv_clocksource_tsc_page"];
    let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|name| !READABLE.contains(&name.as_str()))
}

/// An ordinary kernel of this release in ordinary surroundings, for tests.
#[cfg(test)]
pub(crate) fn sample(release: &str) -> Kernel {
    Kernel {
        identity: record::Kernel {
            release: release.into(),
            boot_line: Some("quiet".into()),
            outer_seccomp: Some(0),
            ..record::Kernel::default()
        },
        release: Release::parse(release, ""),
        config: None,
        tracer: 0,
        foreign_number: None,
        proc: true,
        booted: false,
        surroundings: surroundings::plain(),
    }
}

/// The configuration that says `more` besides what every one says, for tests.
#[cfg(test)]
pub(crate) fn configured(more: &str) -> Option<Configuration> {
    let text = configuration::sample(more);
    Configuration::read(text.as_bytes()).ok().map(|(config, _)| config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::boot_line("vsyscall=none", "", "xonly", Mode::None, "the boot line says vsyscall=none")]
    #[case::last_word_wins(
        "vsyscall=none vsyscall=emulate",
        "",
        "none",
        Mode::Emulate,
        "the boot line says vsyscall=emulate"
    )]
    #[case::no_such_mode(
        "vsyscall=xonly vsyscall=native",
        "",
        "none",
        Mode::Xonly,
        "the boot line says vsyscall=xonly"
    )]
    #[case::boot_line_before_configuration(
        "vsyscall=xonly",
        "CONFIG_LEGACY_VSYSCALL_NONE=y",
        "none",
        Mode::Xonly,
        "the boot line says vsyscall=xonly"
    )]
    #[case::configuration(
        "quiet",
        "CONFIG_LEGACY_VSYSCALL_NONE=y\n# CONFIG_LEGACY_VSYSCALL_XONLY is not set",
        "xonly",
        Mode::None,
        "this kernel is built with CONFIG_LEGACY_VSYSCALL_NONE=y"
    )]
    #[case::without_emulation(
        "vsyscall=xonly",
        "# CONFIG_X86_VSYSCALL_EMULATION is not set",
        "none",
        Mode::None,
        "this kernel is built without CONFIG_X86_VSYSCALL_EMULATION, which is not set"
    )]
    #[case::nobody_says(
        "quiet -- vsyscall=none",
        "",
        "emulate",
        Mode::Emulate,
        "neither boot line nor configuration says, and /proc/self/maps shows it so"
    )]
    fn the_mode_is_what_the_kernel_was_told(
        #[case] boot_line: &str,
        #[case] config: &str,
        #[case] mapped: &str,
        #[case] mode: Mode,
        #[case] why: &str,
    ) {
        let mut kernel = sample("6.1.148");
        kernel.identity.boot_line = Some(boot_line.into());
        kernel.identity.vsyscall = Mode::of_word(mapped);
        kernel.config = configured(config);
        let told = kernel.vsyscall_told().map(|(mode, why)| (mode, why.to_string()));
        assert_eq!(told, Some((mode, why.to_owned())));
    }

    #[test]
    fn where_nothing_can_be_read_the_mode_is_unknown() {
        let mut kernel = sample("6.1.148");
        kernel.identity.boot_line = None;
        assert_eq!(kernel.vsyscall_told(), None);
    }

    #[rstest]
    #[case::none(None, false, false)]
    #[case::no_filter(Some(0), false, false)]
    #[case::a_filter(Some(2), false, true)]
    #[case::strict_mode(Some(1), false, true)]
    #[case::in_a_machine_of_our_own(Some(2), true, false)]
    fn a_filter_of_somebody_else_is_in_force(
        #[case] mode: Option<u8>,
        #[case] booted: bool,
        #[case] expected: bool,
    ) {
        let mut kernel = sample("6.1");
        kernel.identity.outer_seccomp = mode;
        kernel.booted = booted;
        assert_eq!(kernel.is_filtered(), expected);
    }

    #[rstest]
    #[case("7.3", None)]
    #[case("6.12.107", None)]
    #[case("7", Some("--as 7: expected a kernel version such as 7.3 or 6.12.107"))]
    #[case("7.3-rc7", Some("--as 7.3-rc7: expected"))]
    #[case("new", Some("--as new: expected"))]
    #[case("", Some("--as : expected"))]
    fn a_version_to_be_taken_for_is_read(#[case] text: &str, #[case] says: Option<&str>) {
        match (taken_as(text), says) {
            (Ok(_), None) => {}
            (Err(error), Some(says)) => assert!(error.starts_with(says), "{error}"),
            (other, _) => panic!("{other:?}"),
        }
    }

    /// Not that of the running kernel, wherever it shows one.
    #[test]
    fn the_configuration_that_is_named_counts() {
        let uname = nix::sys::utsname::uname().expect("it has a name");
        let version = Version::parse(&uname.release().to_string_lossy()).expect("a version");
        let own = format!("{}.{}.0", version.0, version.1);
        let text = configuration::sample("CONFIG_OF_A_TEST=y").replace("6.1.148", &own);
        let path = std::env::temp_dir().join(format!("sigsys-named-{}", std::process::id()));
        fs::write(&path, text).expect("a file can be written");
        let told = Told { config: path.to_str(), ..Told::default() };
        let config = Kernel::read(told).map(|kernel| kernel.config);
        let _ = fs::remove_file(&path);
        let config = config.expect("it makes sense").expect("there is one");
        assert_eq!(config.value("CONFIG_OF_A_TEST"), Some("y"));
    }

    #[test]
    fn a_file_of_another_kernel_is_refused() {
        let folder = std::env::temp_dir().join(format!("sigsys-config-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        let path = folder.join("config");
        fs::write(&path, configuration::sample("")).expect("a file can be written");
        let path = path.to_string_lossy().into_owned();
        let own = given_config(&path, Some("6.1")).map(|(config, _)| config.version().to_owned());
        let other = given_config(&path, Some("7.3")).map(drop);
        let unknown = given_config(&path, None).map(drop);
        let missing = given_config("/nowhere/config", None).map(drop);
        let _ = fs::remove_dir_all(&folder);
        assert_eq!(own.as_deref(), Ok("6.1.148"));
        let why = "it is of Linux 6.1.148, and this kernel is 7.3: give this kernel's";
        assert_eq!(other, Err(format!("--config {path}: {why}")));
        assert_eq!(unknown, Ok(()));
        assert!(missing.is_err_and(|error| error.starts_with("--config /nowhere/config: No such")));
    }
}
