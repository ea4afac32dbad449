//! A mirror that a script plays, a cache, and files of the user's.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const APT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/apt.sh");
pub(super) const SUITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite.sh");

/// A mirror, a cache, and a folder of the user's.
pub(super) struct Scene(pub(super) tempfile::TempDir);

pub(super) struct Left {
    pub(super) status: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Left {
    /// The only line on standard error.
    pub(super) fn line(&self) -> &str {
        assert_eq!(self.err.lines().count(), 1, "{}", self.all());
        self.err.trim_end()
    }

    pub(super) fn all(&self) -> String {
        format!("{:?}\n{}{}", self.status, self.out, self.err)
    }
}

impl Scene {
    /// A mirror that lists five kernels: 6.9.1, 6.9.2 twice, 6.9.3 in parts, and 7.0-rc1 in parts without a
    /// configuration. It has all of them but 6.9.2-2.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let scene = Self(folder);
        fs::create_dir_all(scene.at("bin")).expect("made");
        for tool in ["apt-get", "apt-cache", "apt-config"] {
            std::os::unix::fs::symlink(APT, scene.at("bin").join(tool)).expect("linked");
        }
        scene.list("linux-image-6.9.1-cloud-amd64", "6.9.1-1", "bookworm", &[]);
        scene.list("linux-image-6.9.2-cloud-amd64", "6.9.2-1", "bookworm", &[]);
        scene.list("linux-image-6.9.2.1-cloud-amd64", "6.9.2-2", "bookworm-security", &[]);
        let parts = ["linux-binary-6.9.3-cloud-amd64", "linux-base-6.9.3-cloud-amd64"];
        scene.list("linux-image-6.9.3-cloud-amd64", "6.9.3-1", "bookworm-backports", &parts);
        scene.list(parts[0], "6.9.3-1", "bookworm-backports", &[parts[1]]);
        scene.list(parts[1], "6.9.3-1", "bookworm-backports", &[]);
        scene.list("linux-binary-7.0-cloud-amd64", "7.0~rc1-1", "experimental", &[]);
        scene.pool(
            "linux-image-6.9.1-cloud-amd64=6.9.1-1",
            "boot/vmlinuz-6.9.1",
            "boot/config-6.9.1",
        );
        scene.pool(
            "linux-image-6.9.2-cloud-amd64=6.9.2-1",
            "boot/vmlinuz-6.9.2",
            "boot/config-6.9.2",
        );
        let modules = |release: &str, name: &str| format!("usr/lib/modules/{release}/{name}");
        let binary = modules("6.9.3", "vmlinuz");
        scene.pool("linux-binary-6.9.3-cloud-amd64=6.9.3-1", &binary, "etc/x");
        scene.pool("linux-base-6.9.3-cloud-amd64=6.9.3-1", "etc/x", &modules("6.9.3", "config"));
        scene.pool("linux-binary-7.0-cloud-amd64=7.0~rc1-1", &modules("7.0", "vmlinuz"), "etc/x");
        scene
    }

    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(super) fn append(&self, file: &str, text: &str) {
        fs::create_dir_all(self.at("mirror/pool")).expect("made");
        let path = self.at("mirror").join(file);
        let mut file = fs::File::options().append(true).create(true).open(path).expect("opened");
        file.write_all(text.as_bytes()).expect("written");
    }

    pub(super) fn list(&self, name: &str, version: &str, suite: &str, depends: &[&str]) {
        let depends = depends.join(" (= 1), ");
        self.append(
            "madison",
            &format!(" {name} | {version} | http://m/debian {suite}/main amd64 Packages\n"),
        );
        let text =
            format!("Package: {name}\nVersion: {version}\nDepends: {depends}\nSize: 2500000\n\n");
        self.append("show", &text);
    }

    /// Puts a package with two files into the mirror.
    pub(super) fn pool(&self, name: &str, one: &str, other: &str) {
        self.append(&format!("pool/{name}"), "");
        fs::write(self.at("mirror/pool").join(name), deb(&[one, other])).expect("written");
    }

    /// How often the mirror was asked for what begins with `what`.
    pub(super) fn asked(&self, what: &str) -> usize {
        let text = fs::read_to_string(self.at("mirror/asked")).unwrap_or_default();
        text.lines().filter(|line| line.starts_with(what)).count()
    }

    pub(super) fn command(&self, words: &[&str]) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
        command.args(words).stdin(Stdio::null()).env("MIRROR", self.at("mirror"));
        command.env("PATH", format!("{}:{path}", self.at("bin").display()));
        command.env("XDG_CACHE_HOME", self.at("cache")).current_dir(self.0.path());
        command
    }

    pub(super) fn run(&self, words: &[&str]) -> Left {
        let output = self.command(words).output().expect("sigsys starts");
        Left {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    pub(super) fn kept(&self, id: &str) -> Vec<String> {
        let folder = self.at("cache/sigsys/kernels").join(id);
        let entries = fs::read_dir(folder).into_iter().flatten();
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// A kernel by its header.
pub(super) fn image() -> Vec<u8> {
    let mut image = vec![0_u8; 5 * 512];
    image[0x1f1] = 4;
    image[0x202..0x208].copy_from_slice(b"HdrS\x0f\x02");
    image[0x236] = 1;
    image
}

/// A whole configuration: one with fewer options is refused before anything is booted.
pub(super) fn configuration() -> String {
    let set: String = (0..200).map(|n| format!("CONFIG_SET_{n}=y\n")).collect();
    let unset: String = (0..200).map(|n| format!("# CONFIG_UNSET_{n} is not set\n")).collect();
    format!("# Linux/x86 6.1.1 Kernel Configuration\nCONFIG_X86_64=y\n{set}{unset}")
}

pub(super) fn deb(paths: &[&str]) -> Vec<u8> {
    let tar_of = |files: &[(&str, &[u8])]| {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, *bytes).expect("appended");
        }
        tar.into_inner().expect("finished")
    };
    let (image, config) = (image(), configuration());
    let files: Vec<(&str, &[u8])> = paths
        .iter()
        .map(|path| {
            (*path, if path.contains("vmlinuz") { image.as_slice() } else { config.as_bytes() })
        })
        .collect();
    let mut archive = ar::Builder::new(Vec::new());
    for (name, bytes) in [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar", tar_of(&[("control", b"Package: x\nArchitecture: amd64\n")])),
        ("data.tar", tar_of(&files)),
    ] {
        let header = ar::Header::new(name.as_bytes().to_vec(), bytes.len() as u64);
        archive.append(&header, bytes.as_slice()).expect("appended");
    }
    archive.into_inner().expect("finished")
}
