//! A folder of images, each of which says what it is made to say.

use harness::frame::{INIT, SUITE, Writer};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SUITE_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite.sh");
const QEMU_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/qemu.sh");

/// The case that is asked about.
pub(crate) const CASE: &str = "a::b::two";
const RUN: &str = r#"{"kind":"run","schema":2,"suite":{"name":"played","version":"1"},"time":0,"cases":1,"kernel":{"system":"Linux","release":"6.1-played","build":"b","machine":"x86_64","user":0}}"#;

/// What a kernel can say of it.
pub(crate) const HOLDS: &str = r#""verdict":"holds"}"#;
pub(crate) const OTHERWISE: &str = r#""verdict":"holds","facts":{"f":[{"value":1}]}}"#;
pub(crate) const BREAKS: &str = r#""verdict":"violated","failure":{"message":"no"}}"#;
pub(crate) const BROKEN: &str = r#""verdict":"broken","failure":{"message":"no"}}"#;

/// A folder with images, answers and what is kept of them.
pub(crate) struct Scene(pub(crate) PathBuf);

pub(crate) struct Left {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Scene {
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("bisect-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder");
        fs::write(path, bytes).expect("written");
    }

    /// Images that say `answer`; nothing where it is empty.
    pub(crate) fn kernels(&self, versions: &[&str], answer: &str) {
        for version in versions {
            let mut image = vec![0u8; 5 * 512];
            image[0x1f1] = 4;
            image[0x202..0x208].copy_from_slice(b"HdrS\x0f\x02");
            image[0x22c..0x230].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
            image[0x236] = 1;
            image[0x300..0x300 + version.len()].copy_from_slice(version.as_bytes());
            self.put(&format!("images/{version}/vmlinuz"), image);
            if !answer.is_empty() {
                self.put(&format!("record.{version}"), said(answer));
            }
        }
    }

    pub(crate) fn command(&self, what: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
        command.arg(what).args(["--accel", "tcg"]);
        command.arg("--results").arg(self.0.join("kept"));
        let images = self.0.join("images").display().to_string();
        let usual = [
            ("--suite", SUITE_SCRIPT),
            ("--qemu", QEMU_SCRIPT),
            ("--images", &images),
            ("--jobs", "1"),
        ];
        for (option, value) in usual.iter().filter(|(option, _)| !more.contains(option)) {
            command.args([option, value]);
        }
        command.args(more).env("PLAY", &self.0).env("XDG_CACHE_HOME", self.0.join("cache"));
        command.stdin(Stdio::null()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command
    }

    pub(crate) fn run(&self, what: &str, more: &[&str]) -> Left {
        let output = self.command(what, more).output().expect("sigsys starts");
        Left {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    pub(crate) fn bisect(&self, more: &[&str]) -> Left {
        self.run("bisect", more)
    }

    pub(crate) fn boots(&self) -> usize {
        fs::read_to_string(self.0.join("boots"))
            .map_or(0, |count| count.trim().parse().unwrap_or(0))
    }
}

/// What a machine says through its second port in which the case came to `answer`.
fn said(answer: &str) -> String {
    let verdict = answer.split('"').nth(3).expect("a verdict");
    let case = format!(r#"{{"kind":"case","name":"{CASE}","clauses":["x/y"],{answer}"#);
    let end = format!(r#"{{"kind":"end","counts":{{"{verdict}":1}}}}"#);
    let status = match verdict {
        "holds" => 0,
        "violated" => 101,
        _ => 69,
    };
    let (mut init, mut suite) = (Writer::new(INIT), Writer::new(SUITE));
    let mut text = format!("\n{}\n", init.frame("started 6.1-played"));
    text += &format!("\n{}\n", init.frame("taint-before 0"));
    for line in [RUN, &case, &end] {
        text += &format!("{}\r\n", suite.frame(line));
    }
    text += &format!("\n{}\n", init.frame("taint-after 0"));
    text + &format!("\n{}\n", init.frame(&format!("ended status {status}")))
}
