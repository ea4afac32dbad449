//! What a tool owes its user that root runs where others have a say: nothing of theirs is run, written
//! through or let loose on a terminal, and nothing outlives it.
#![forbid(unsafe_code)]

mod disks;
mod kernels;
mod lifetime;
mod text;
mod trust;

use harness::frame::{INIT, SUITE, Writer};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rstest::rstest;
use sha2::{Digest, Sha256};
use std::fs::{self, Permissions};
use std::os::fd::AsFd;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PLAYED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite.sh");
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// A folder of a test's own, that others can look into.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("opened");
    folder
}

fn script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("written");
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("set");
}

fn sigsys(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
    command.args(words).stdin(Stdio::null()).env_remove("CARGO_TARGET_DIR").env("PLAY", "whole");
    command
}

struct Left {
    status: Option<i32>,
    out: String,
    err: String,
}

fn finish(command: &mut Command) -> Left {
    let output = command.output().expect("sigsys starts");
    Left {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

impl Left {
    /// Nothing came out that is more than text.
    fn is_clean(&self) -> bool {
        let foul = |c: char| (c.is_control() && c != '\n') || ['\u{202e}', '\u{200b}'].contains(&c);
        !self.out.contains(foul) && !self.err.contains(foul)
    }

    fn all(&self) -> String {
        format!("{:?}\n{}{}", self.status, self.out.escape_debug(), self.err.escape_debug())
    }
}

fn is_root() -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        eprintln!("SKIPPED: only root can give files to others");
    }
    root
}

/// A folder that looks like the workspace, with a built suite and a cargo that leave a mark when run.
fn workspace(at: &Path) -> PathBuf {
    let mark = format!("touch {}/mark", at.parent().expect("a folder").display());
    fs::create_dir_all(at.join("suites")).expect("made");
    fs::write(at.join("suites/conformance.rs"), "").expect("written");
    fs::write(at.join("Cargo.toml"), "[workspace]\n").expect("written");
    script(&at.join("target").join(TRIPLE).join("release/deps/conformance-0"), &mark);
    let cargo = at.join("cargo");
    script(&cargo, &mark);
    cargo
}

fn give_away(path: &Path) {
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).expect("a folder") {
            give_away(&entry.expect("an entry").path());
        }
    }
    chown(path, Some(65534), Some(65534)).expect("given away");
}

/// A kernel by its header, in which nothing can be run.
fn image(at: &Path) {
    let mut image = vec![0u8; 5 * 512];
    image[0x1f1] = 4;
    image[0x202..0x208].copy_from_slice(b"HdrS\x0f\x02");
    // Where an initramfs may lie, and that it runs in 64-bit mode.
    image[0x22c..0x230].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    image[0x236] = 1;
    fs::write(at, image).expect("written");
}

/// An apt that names a mirror and then takes its time.
fn played_apt(folder: &Path) -> String {
    let bin = folder.join("bin");
    script(
        &bin.join("apt-get"),
        "case \"$*\" in *indextargets*) echo 'Packages http://m/ bookworm main';; \
         *) echo \"$$\" >\"$STARTED\"; sleep 600 & sleep 600;; esac",
    );
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{}:{path}", bin.display())
}

fn fetching(folder: &Path) -> Command {
    let mut command = sigsys(&["boot", "--kernel", "bookworm", "--suite", PLAYED]);
    command.env("PATH", played_apt(folder)).env("STARTED", folder.join("started"));
    command.env("XDG_CACHE_HOME", folder.join("cache"));
    command
}
