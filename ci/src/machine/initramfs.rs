//! The initramfs: the suite as `/init`, its arguments and files, and the mount points. It is in memory only, so
//! that no file remains and no disk can be full.

use nix::sys::memfd::{MFdFlags, memfd_create};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;

const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const TEXT: u32 = 0o100_644;
const DEVICE: u32 = 0o020_600;

/// What the initramfs holds besides the suite.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Files by their name in `/sigsys`.
    pub files: Vec<(&'static str, Vec<u8>)>,
}

/// An initramfs in memory.
#[derive(Debug)]
pub(crate) struct Initramfs {
    file: File,
    /// Its size in bytes.
    pub size: usize,
}

impl Initramfs {
    /// # Errors
    /// When there is no memory for it.
    pub(crate) fn new(suite: &[u8], contents: &Contents) -> io::Result<Self> {
        let archive = archive(suite, contents);
        let mut file = File::from(memfd_create(c"initramfs", MFdFlags::MFD_CLOEXEC)?);
        file.write_all(&archive)?;
        Ok(Self { file, size: archive.len() })
    }

    /// A path under which another process of this user can open it.
    pub(crate) fn path(&self) -> PathBuf {
        format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd()).into()
    }
}

/// The bytes of one.
pub(crate) fn archive(suite: &[u8], contents: &Contents) -> Vec<u8> {
    let mut archive = Archive::default();
    for folder in ["dev", "proc", "sys", "tmp", "sigsys"] {
        archive.add(folder, FOLDER, (0, 0), &[]);
    }
    // The kernel opens it for the first process.
    archive.add("dev/console", DEVICE, (5, 1), &[]);
    archive.add("init", PROGRAM, (0, 0), suite);
    let lines: String = contents.arguments.iter().map(|line| format!("{line}\n")).collect();
    archive.add("sigsys/arguments", TEXT, (0, 0), lines.as_bytes());
    for (name, bytes) in &contents.files {
        archive.add(&format!("sigsys/{name}"), TEXT, (0, 0), bytes);
    }
    archive.add("TRAILER!!!", 0, (0, 0), &[]);
    archive.bytes
}

/// The "newc" format of cpio.
#[derive(Default)]
struct Archive {
    bytes: Vec<u8>,
    files: u32,
}

impl Archive {
    fn add(&mut self, name: &str, mode: u32, device: (u32, u32), data: &[u8]) {
        self.files += 1;
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let name_length = u32::try_from(name.len() + 1).unwrap_or(u32::MAX);
        // inode, mode, user, group, links, time, size, device, rdev, name, checksum
        let fields =
            [self.files, mode, 0, 0, 1, 0, length, 0, 0, device.0, device.1, name_length, 0];
        self.bytes.extend(b"070701");
        for field in fields {
            self.bytes.extend(format!("{field:08x}").bytes());
        }
        self.bytes.extend(name.bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend(data);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    fn sample() -> Vec<u8> {
        let contents = Contents {
            arguments: vec!["--format".into(), "framed".into()],
            files: vec![("config", b"CONFIG_X=y".to_vec())],
        };
        archive(b"\x7fELF", &contents)
    }

    #[test]
    fn every_header_begins_at_a_multiple_of_four() {
        let archive = sample();
        let places: Vec<usize> =
            (0..archive.len()).filter(|at| archive[*at..].starts_with(b"070701")).collect();
        assert_eq!(places.len(), 10);
        assert!(places.iter().all(|at| at % 4 == 0), "{places:?}");
    }

    #[test]
    fn cpio_reads_it() {
        let cpio = Command::new("cpio")
            .args(["-itv", "--quiet"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut cpio) = cpio else {
            eprintln!("SKIPPED: cpio is not installed");
            return;
        };
        cpio.stdin.take().expect("piped").write_all(&sample()).expect("cpio reads");
        let output = cpio.wait_with_output().expect("cpio ends");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let names: Vec<&str> =
            text.lines().filter_map(|line| line.split_whitespace().last()).collect();
        let expected = [
            "dev",
            "proc",
            "sys",
            "tmp",
            "sigsys",
            "dev/console",
            "init",
            "sigsys/arguments",
            "sigsys/config",
        ];
        assert_eq!(names, expected, "{text}");
        assert!(text.lines().any(|line| line.starts_with("-rwxr-xr-x") && line.ends_with(" init")));
        assert!(
            text.lines().any(|line| line.starts_with("crw") && line.contains("5,   1")),
            "{text}"
        );
    }
}
