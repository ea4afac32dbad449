//! The machine: QEMU's microvm with two serial ports, no disk and no network.

use super::initramfs::Initramfs;
use super::subprocess::{self, Output};
use crate::error::Refusal;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Time limit for `--version`.
const VERSION_TIMEOUT: Duration = Duration::from_secs(30);

/// The machine to start, and the kernel in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hardware<'a> {
    /// The emulator.
    pub qemu: &'a Path,
    /// The kernel: a bzImage, or a vmlinux with a PVH entry.
    pub kernel: &'a Path,
    /// Words at the end of the boot line.
    pub append: &'a str,
    /// Model of the processor; the engine's own if nobody names one.
    pub cpu: Option<&'a str>,
    /// Number of processors.
    pub cpus: u16,
    /// Memory in MiB.
    pub memory: u32,
    /// Where QEMU waits for a debugger before the first instruction, as `-gdb` has it; it does not where
    /// this is absent.
    pub gdb: Option<&'a str>,
}

/// What runs the guest's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// The processor itself.
    Kvm,
    /// An emulator.
    Tcg,
}

impl Engine {
    /// QEMU's word for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Tcg => "tcg",
        }
    }

    /// The model of processor that a machine has unless another is named.
    pub(crate) const fn cpu(self) -> &'static str {
        match self {
            Self::Kvm => "Haswell-noTSX",
            // Kernels isolate no page tables on it: an emulator is slowest at switching them.
            Self::Tcg => "EPYC",
        }
    }
}

/// What a record depends on besides the kernel and the suite: the emulator, and its models of processor.
///
/// # Errors
/// As [`version`].
pub(crate) fn identity(qemu: &Path) -> Result<String, Refusal> {
    let version = version(qemu)?;
    Ok(format!("{version}; {}, {}", Engine::Tcg.cpu(), Engine::Kvm.cpu()))
}

/// The version of the emulator, in its own words.
///
/// # Errors
/// When there is none: says how to get it.
pub(crate) fn version(qemu: &Path) -> Result<String, Refusal> {
    let started = subprocess::start(Command::new(qemu).arg("--version"));
    let started = started.map_err(|error| match error.kind() {
        ErrorKind::Interrupted => {
            Refusal::interrupted(subprocess::interrupted().unwrap_or_default())
        }
        ErrorKind::NotFound => Refusal::no_answer(format!(
            "{} is needed to boot a kernel and is not installed: apt-get install qemu-system-x86 \
             (or name it with --qemu PATH)",
            qemu.display()
        )),
        _ => Refusal::no_answer(format!("{} cannot be started: {error}", qemu.display())),
    })?;
    let mut qemu_says = started.limit(VERSION_TIMEOUT);
    let mut line = None;
    while let Some(said) = qemu_says.next() {
        if let Output::Stdout(said) = said {
            line.get_or_insert(said);
        }
    }
    let line = line.unwrap_or_default();
    match line.starts_with("QEMU emulator version") {
        true => Ok(line),
        false => Err(Refusal::no_answer(format!("{} is no QEMU", qemu.display()))),
    }
}

/// The boot line.
pub(crate) fn boot_line(engine: Engine, append: &str) -> String {
    let mut line = String::from("console=ttyS0 loglevel=5 panic=-1 reboot=t");
    if engine == Engine::Tcg {
        // An emulated kernel on a busy machine fails to calibrate its TSC: the rate is given.
        line += &format!(" tsc=reliable tsc_early_khz={} no_timer_check", clock_khz());
    }
    if !append.trim().is_empty() {
        line += &format!(" {}", append.trim());
    }
    line + " -- --init"
}

/// Rate of this processor's time stamp counter, which QEMU hands to the guest. Rounded, so that two
/// runs have one boot line.
fn clock_khz() -> u64 {
    // The pair with the shortest time between its halves.
    let read = || {
        let pairs = (0..50).map(|_| {
            let before = sys::environment::time_stamp();
            let now = Instant::now();
            (sys::environment::time_stamp() - before, before, now)
        });
        pairs.min_by_key(|(between, ..)| *between).map(|(_, stamp, now)| (stamp, now))
    };
    let Some((first, begun)) = read() else { return 0 };
    std::thread::sleep(Duration::from_millis(30));
    let Some((second, ended)) = read() else { return 0 };
    let nanoseconds = ended.duration_since(begun).as_nanos().max(1);
    let khz = u128::from(second.saturating_sub(first)) * 1_000_000 / nanoseconds;
    u64::try_from((khz + 500) / 1000 * 1000).unwrap_or(0)
}

/// The command that boots `initramfs`: the console is its standard output; the other port comes through
/// standard error, beside QEMU's own words.
pub(crate) fn command(
    hardware: &Hardware,
    engine: Engine,
    initramfs: &Initramfs,
) -> Result<Command, Refusal> {
    let mut command = Command::new(hardware.qemu);
    command.args(machine(hardware, engine));
    command.args(["-display", "none"]);
    command.args(["-chardev", "file,id=console,path=/dev/stdout", "-serial", "chardev:console"]);
    command.args(["-chardev", "file,id=record,path=/dev/stderr"]);
    command.args(["-device", "isa-serial,chardev=record"]);
    if let Some(device) = hardware.gdb {
        command.args(["-gdb", device, "-S"]);
    }
    command.arg("-kernel").arg(hardware.kernel).arg("-initrd").arg(initramfs.path());
    command.arg("-append").arg(boot_line(engine, hardware.append));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

/// The machine itself: engine, board, processor and memory.
fn machine(hardware: &Hardware, engine: Engine) -> Vec<OsString> {
    let (cpus, memory) = (hardware.cpus.to_string(), hardware.memory.to_string());
    let cpu = hardware.cpu.unwrap_or(engine.cpu());
    let board = ["-accel", engine.word(), "-M", "microvm,auto-kernel-cmdline=off"];
    let parts = ["-cpu", cpu, "-smp", &cpus, "-m", &memory];
    let nothing_else = ["-nodefaults", "-no-user-config", "-no-reboot"];
    board.into_iter().chain(parts).chain(nothing_else).map(OsString::from).collect()
}

/// The words of a command that boots `initramfs` in the terminal it is typed in; the second port goes to the
/// file `record`.
pub(crate) fn by_hand(
    hardware: &Hardware,
    engine: Engine,
    initramfs: &Path,
    record: &Path,
) -> Vec<OsString> {
    let mut words = vec![hardware.qemu.as_os_str().to_owned()];
    words.extend(machine(hardware, engine));
    words.extend(["-nographic", "-serial", "mon:stdio", "-serial"].map(OsString::from));
    // A comma in a path is doubled in QEMU's options.
    let record = record.display().to_string().replace(',', ",,");
    words.push(format!("file:{record}").into());
    let named = [("-kernel", hardware.kernel), ("-initrd", initramfs)];
    for (option, path) in named {
        words.extend([OsString::from(option), path.as_os_str().to_owned()]);
    }
    words.extend(["-append".into(), boot_line(engine, hardware.append).into()]);
    words
}

/// QEMU warnings to ignore.
pub(crate) fn is_chatter(line: &str) -> bool {
    line.trim().is_empty() || line.contains("doesn't support requested feature")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::initramfs::Contents;
    use rstest::rstest;

    #[test]
    fn what_the_user_appends_is_the_last_word_to_the_kernel() {
        let line = boot_line(Engine::Kvm, " panic=0 vsyscall=none ");
        assert!(line.ends_with(" panic=0 vsyscall=none -- --init"), "{line}");
        assert!(!line.contains("tsc"));
        assert!(boot_line(Engine::Tcg, "").contains("tsc_early_khz="));
    }

    fn hardware() -> Hardware<'static> {
        Hardware {
            qemu: Path::new("qemu"),
            kernel: Path::new("k"),
            append: "",
            cpu: None,
            cpus: 1,
            memory: 32,
            gdb: None,
        }
    }

    fn words(hardware: &Hardware, engine: Engine) -> Vec<String> {
        let initramfs = Initramfs::new(b"", &Contents::default()).expect("memory");
        let command = command(hardware, engine, &initramfs).expect("a command");
        command.get_args().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[rstest]
    #[case::emulated(Engine::Tcg, None, "EPYC")]
    #[case::kvm(Engine::Kvm, None, "Haswell-noTSX")]
    #[case::named(Engine::Tcg, Some("max"), "max")]
    #[case::named_with_kvm(Engine::Kvm, Some("max"), "max")]
    fn a_machine_has_the_processor_that_is_named_or_its_engines_own(
        #[case] engine: Engine,
        #[case] cpu: Option<&str>,
        #[case] expected: &str,
    ) {
        let words = words(&Hardware { cpu, ..hardware() }, engine);
        let models: Vec<_> =
            words.windows(2).filter(|pair| pair[0] == "-cpu").map(|pair| &pair[1]).collect();
        assert_eq!(models, [expected]);
    }

    #[test]
    fn a_machine_waits_for_a_debugger_where_it_is_to() {
        let waits = |gdb| words(&Hardware { gdb, ..hardware() }, Engine::Tcg);
        let device = "unix:/x/gdb,server=on,wait=off";
        assert!(waits(Some(device)).windows(3).any(|words| words == ["-gdb", device, "-S"]));
        assert!(!waits(None).iter().any(|word| ["-S", "-s", "-gdb"].contains(&word.as_str())));
    }

    #[test]
    fn by_hand_the_same_machine_boots_in_a_terminal() {
        let (initramfs, record) = (Path::new("/k/initramfs"), Path::new("/k,/record"));
        let typed = by_hand(&hardware(), Engine::Tcg, initramfs, record);
        let typed: Vec<String> =
            typed.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let of_the_tool = words(&hardware(), Engine::Tcg);
        let same = of_the_tool.iter().take_while(|word| *word != "-display").count();
        assert_eq!(typed[1..=same], of_the_tool[..same]);
        assert!(
            typed.windows(2).any(|words| words == ["-serial", "file:/k,,/record"]),
            "{typed:?}"
        );
        assert!(typed.windows(2).any(|words| words == ["-initrd", "/k/initramfs"]), "{typed:?}");
    }

    #[test]
    fn a_machine_has_no_disk_and_no_network() {
        let words = words(&hardware(), Engine::Tcg);
        for none in ["-nodefaults", "-no-user-config"] {
            assert!(words.iter().any(|word| word == none), "{words:?} without {none}");
        }
        let devices: Vec<_> =
            words.windows(2).filter(|pair| pair[0] == "-device").map(|pair| &pair[1]).collect();
        assert_eq!(devices, ["isa-serial,chardev=record"]);
        let other = ["-drive", "-hd", "-cdrom", "-blockdev", "-net", "-nic", "-virtfs", "-usb"];
        assert!(
            !words.iter().any(|word| other.iter().any(|option| word.starts_with(option))),
            "{words:?}"
        );
    }

    #[test]
    fn the_clock_has_a_rate() {
        let khz = clock_khz();
        assert!((200_000..20_000_000).contains(&khz) && khz.is_multiple_of(1000), "{khz}");
    }
}
