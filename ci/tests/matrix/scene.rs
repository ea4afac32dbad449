//! A folder with all that a run of the matrix reads and writes, and what systems are made to say.

use harness::frame::{INIT, SUITE, Writer};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) const SUITE_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite.sh");
pub(crate) const QEMU_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/qemu.sh");

pub(crate) const RUN: &str = r#"{"kind":"run","schema":2,"suite":{"name":"played","version":"1"},"time":0,"cases":2,"kernel":{"system":"Linux","release":"6.1-played","build":"b","machine":"x86_64","vsyscall":"none","user":0}}"#;
pub(crate) const ONE: &str =
    r#"{"kind":"case","name":"a::b::one","clauses":["x/y"],"verdict":"holds"}"#;
pub(crate) const TWO: &str =
    r#"{"kind":"case","name":"a::b::two","clauses":["x/y"],"verdict":"holds"}"#;
pub(crate) const TWO_BREAKS: &str = r#"{"kind":"case","name":"a::b::two","clauses":["x/y"],"verdict":"violated","failure":{"message":"no"}}"#;
pub(crate) const TWO_BROKEN: &str = r#"{"kind":"case","name":"a::b::two","clauses":["x/y"],"verdict":"broken","failure":{"message":"no"}}"#;
pub(crate) const END: &str = r#"{"kind":"end","counts":{"holds":2}}"#;
pub(crate) const THREE: &str =
    r#"{"kind":"case","name":"a::b::three","clauses":["x/y"],"verdict":"holds"}"#;
pub(crate) const END_ONE: &str = r#"{"kind":"end","counts":{"holds":1}}"#;
pub(crate) const END_THREE: &str = r#"{"kind":"end","counts":{"holds":3}}"#;
pub(crate) const END_TWICE: &str = r#"{"kind":"end","counts":{"holds":2,"violated":1}}"#;
pub(crate) const END_BREAKS: &str = r#"{"kind":"end","counts":{"holds":1,"violated":1}}"#;
pub(crate) const END_BROKEN: &str = r#"{"kind":"end","counts":{"broken":1,"holds":1}}"#;
pub(crate) const PANIC: &str = "[    2.5] Kernel panic - not syncing: Fatal exception in interrupt";

/// A folder with all that a run reads and writes.
pub(crate) struct Scene(pub(crate) PathBuf);

pub(crate) struct Left {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Scene {
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("matrix-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder");
        fs::write(&path, bytes).expect("written");
        path
    }

    /// A shell command that says `lines` as the suite does, and leaves with `status`.
    pub(crate) fn says(&self, name: &str, lines: &[&str], status: u8) -> String {
        let mut writer = Writer::new(SUITE);
        let text: String = lines.iter().map(|line| writer.frame(line) + "\n").collect();
        let path = self.put(name, text);
        // The suite's path and arguments come after the `#`.
        format!("cat {}; exit {status} #", path.display())
    }

    /// A list with one other system.
    pub(crate) fn system(&self, command: &str, version: &str) {
        self.put("kernels.toml", format!(
            "[[system]]\nname = \"played\"\ncommand = '''{command}'''\nversion = \"{version}\"\npackage = \"a-player\"\n"
        ));
    }

    /// A list with one kernel in two variants, which lies in the cache.
    pub(crate) fn kernel(&self) {
        self.put("kernels.toml", "[[kernel]]\nname = \"k\"\nsuites = [\"s\"]\npackage = \"p\"\n\
            [[variant]]\nname = \"x\"\nappend = \"vsyscall=xonly\"\n[[variant]]\nname = \"n\"\nappend = \"vsyscall=none\"\n");
        let mut image = vec![0u8; 5 * 512];
        image[0x1f1] = 4;
        image[0x202..0x208].copy_from_slice(b"HdrS\x0f\x02");
        image[0x22c..0x230].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
        image[0x236] = 1;
        self.put("cache/sigsys/kernels/k/6.1_1/vmlinuz", image);
        self.put("cache/sigsys/kernels/k/current", "6.1_1");
    }

    pub(crate) fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
        command.args(["matrix", "--accel", "tcg"]);
        if !more.contains(&"--suite") {
            command.args(["--suite", SUITE_SCRIPT]);
        }
        if !more.contains(&"--qemu") {
            command.args(["--qemu", QEMU_SCRIPT]);
        }
        if self.0.join("kernels.toml").exists() && !more.contains(&"--kernels") {
            command.arg("--kernels").arg(self.0.join("kernels.toml"));
        }
        if !more.contains(&"--records") {
            command.arg("--results").arg(self.0.join("results"));
        }
        command.arg("--snapshots").arg(self.0.join("snapshots"));
        command.args(more).env("PLAY", &self.0).env("XDG_CACHE_HOME", self.0.join("cache"));
        command.stdin(Stdio::null()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command
    }

    pub(crate) fn run(&self, more: &[&str]) -> Left {
        let output = self.command(more).output().expect("sigsys starts");
        Left {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// What boot `number` says through the second port.
    pub(crate) fn boot(&self, number: usize, lines: &[&str], ended: &str) {
        let (mut init, mut suite) = (Writer::new(INIT), Writer::new(SUITE));
        let mut text = format!("\n{}\n", init.frame("started 6.1-played"));
        text += &format!("\n{}\n", init.frame("taint-before 0"));
        for line in lines {
            text += &format!("{}\r\n", suite.frame(line));
        }
        text += &format!("\n{}\n", init.frame("taint-after 0"));
        text += &format!("\n{}\n", init.frame(&format!("ended {ended}")));
        self.put(&format!("record.{number}"), text);
    }

    pub(crate) fn boots(&self) -> usize {
        fs::read_to_string(self.0.join("boots"))
            .map_or(0, |count| count.trim().parse().unwrap_or(0))
    }
}
