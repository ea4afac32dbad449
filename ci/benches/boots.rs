//! What the suite costs in a machine: a boot with all of it against a boot of the same kernel whose
//! first process ends at once, both in one run; then the matrix against the sum of its boots.
//!
//! `cargo bench -p sigsys --bench boots [-- KERNEL..]`, with kernels of ci/kernels.toml.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const KERNELS: [&str; 5] = ["bullseye", "bookworm", "trixie", "7.2", "7.3"];
const ROUNDS: usize = 3;

fn main() {
    let named: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let own = || KERNELS.map(str::to_owned).to_vec();
    let kernels = if named.is_empty() { own() } else { named };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let initramfs = folder.path().join("bare");
    std::fs::write(&initramfs, bare_initramfs()).expect("written");
    println!(
        "| kernel | bare boot | boot and suite | ratio (median of {ROUNDS}) |\n|---|---|---|---|"
    );
    for kernel in &kernels {
        measure(kernel, &initramfs, folder.path());
    }
    let mut matrix = Command::new(env!("CARGO_BIN_EXE_sigsys"));
    matrix.args(["matrix", "--again", "--results"]).arg(folder.path().join("matrix"));
    matrix.arg("--only");
    for kernel in &kernels {
        matrix.args(["none", "xonly", "emulate"].map(|variant| format!("{kernel}-{variant}")));
    }
    let output = matrix.stderr(Stdio::null()).output().expect("sigsys starts");
    let text = String::from_utf8_lossy(&output.stdout);
    println!("\n{}", text.lines().last().unwrap_or("the matrix said nothing"));
}

fn measure(kernel: &str, initramfs: &Path, folder: &Path) {
    let record = folder.join("record.jsonl");
    let (mut rounds, mut initramfs_line) = (Vec::new(), String::new());
    for _ in 0..ROUNDS {
        let mut boot = Command::new(env!("CARGO_BIN_EXE_sigsys"));
        boot.args(["boot", "--accel", "tcg", "--kernel", kernel, "--record"]).arg(&record);
        let output = boot.output().expect("sigsys starts");
        let words = String::from_utf8_lossy(&output.stderr);
        // `sigsys: tcg, initramfs N KiB, suite after X s, end after Y s`
        let Some((line, whole)) = words.lines().find_map(|line| {
            let (_, end) = line.split_once("end after ")?;
            Some((line, end.strip_suffix(" s")?.parse::<f64>().ok()?))
        }) else {
            println!(
                "| {kernel} | | | not measured: {} |",
                words.lines().last().unwrap_or_default()
            );
            return;
        };
        initramfs_line = line.split(", ").nth(1).unwrap_or_default().to_owned();
        let Some(bare) = bare_boot(kernel, initramfs, &boot_line(&record)) else {
            println!("| {kernel} | | | not measured: a bare boot does not end |");
            return;
        };
        rounds.push((bare.as_secs_f64(), whole));
    }
    rounds.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
    let (bare, whole) = rounds[ROUNDS / 2];
    println!("| {kernel} | {bare:.2} s | {whole:.2} s | {:.1} ({initramfs_line}) |", whole / bare);
}

/// The time of a boot whose first process restarts the machine.
fn bare_boot(kernel: &str, initramfs: &Path, line: &str) -> Option<Duration> {
    let mut qemu = Command::new("qemu-system-x86_64");
    qemu.args(["-accel", "tcg", "-M", "microvm,auto-kernel-cmdline=off", "-cpu", "EPYC"]);
    qemu.args(["-smp", "1", "-m", "256", "-nodefaults", "-no-user-config", "-no-reboot"]);
    qemu.args(["-display", "none", "-serial", "stdio", "-kernel"]).arg(image(kernel)?);
    qemu.arg("-initrd").arg(initramfs);
    qemu.args(["-append", line]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let mut machine = qemu.spawn().ok()?;
    loop {
        match machine.try_wait().ok()? {
            Some(status) => return status.success().then(|| begun.elapsed()),
            None if begun.elapsed() > Duration::from_secs(60) => {
                let _ = machine.kill();
                let _ = machine.wait();
                return None;
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

/// The boot line of the run that was recorded, without the words for its first process.
fn boot_line(record: &Path) -> String {
    let text = std::fs::read_to_string(record).unwrap_or_default();
    let header = serde_json::from_str::<serde_json::Value>(text.lines().next().unwrap_or_default());
    let line =
        header.ok().and_then(|header| Some(header["kernel"]["boot_line"].as_str()?.to_owned()));
    line.as_deref().and_then(|line| line.split(" -- ").next()).unwrap_or_default().to_owned()
}

/// The image that `sigsys boot` has fetched.
fn image(kernel: &str) -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    let folder = cache.join("sigsys/kernels").join(kernel);
    let current = std::fs::read_to_string(folder.join("current")).ok()?;
    Some(folder.join(current.trim()).join("vmlinuz"))
}

/// An archive in the "newc" format of cpio that holds `init` alone.
fn bare_initramfs() -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, mode, data) in [("init", 0o100_755, bare_init()), ("TRAILER!!!", 0, Vec::new())] {
        let fields = [1, mode, 0, 0, 1, 0, data.len(), 0, 0, 0, 0, name.len() + 1, 0];
        archive.extend(b"070701");
        archive.extend(fields.map(|field| format!("{field:08x}")).concat().bytes());
        archive.extend(name.bytes());
        archive.push(0);
        archive.resize(archive.len().next_multiple_of(4), 0);
        archive.extend(data);
        archive.resize(archive.len().next_multiple_of(4), 0);
    }
    archive
}

/// A program of one system call: reboot(2).
fn bare_init() -> Vec<u8> {
    const BASE: u64 = 0x40_0000;
    const CODE: [u8; 26] = [
        0xbf, 0xad, 0xde, 0xe1, 0xfe, // mov edi, LINUX_REBOOT_MAGIC1
        0xbe, 0x69, 0x19, 0x12, 0x28, // mov esi, LINUX_REBOOT_MAGIC2
        0xba, 0x67, 0x45, 0x23, 0x01, // mov edx, LINUX_REBOOT_CMD_RESTART
        0xb8, 0xa9, 0x00, 0x00, 0x00, // mov eax, SYS_reboot
        0x0f, 0x05, // syscall
        0xeb, 0xfe, // jmp itself
        0x90, 0x90,
    ];
    let size = 120 + CODE.len() as u64;
    let mut program = b"\x7fELF\x02\x01\x01".to_vec();
    program.resize(16, 0);
    program.extend([2u16, 62].map(u16::to_le_bytes).concat()); // executable, x86-64
    program.extend(1u32.to_le_bytes());
    program.extend([BASE + 120, 64, 0].map(u64::to_le_bytes).concat()); // entry, program headers
    program.extend(0u32.to_le_bytes());
    program.extend([64u16, 56, 1, 64, 0, 0].map(u16::to_le_bytes).concat());
    program.extend([1u32, 5].map(u32::to_le_bytes).concat()); // loaded, readable and executable
    program.extend([0, BASE, BASE, size, size, 0x1000].map(u64::to_le_bytes).concat());
    program.extend(CODE);
    program
}
