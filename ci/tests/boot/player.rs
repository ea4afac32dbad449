//! A play: what the script that acts as QEMU says, and what the tool made of it.

use harness::frame::{INIT, SUITE, Writer};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(crate) const SUITE_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite.sh");
pub(crate) const QEMU_SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/qemu.sh");

pub(crate) const RUN: &str = r#"{"kind":"run","schema":2,"suite":{"name":"played","version":"1"},"time":0,"cases":2,"kernel":{"system":"Linux","release":"6.1-played","build":"b","machine":"x86_64","user":0}}"#;
pub(crate) const ONE: &str =
    r#"{"kind":"case","name":"a::b::one","clauses":["x/y"],"verdict":"holds"}"#;
pub(crate) const TWO: &str =
    r#"{"kind":"case","name":"a::b::two","clauses":["x/y"],"verdict":"holds"}"#;
pub(crate) const TWO_BREAKS: &str = r#"{"kind":"case","name":"a::b::two","clauses":["x/y"],"verdict":"violated","failure":{"message":"no"}}"#;
pub(crate) const TWO_BROKEN: &str = r#"{"kind":"case","name":"a::b::two","clauses":["x/y"],"verdict":"broken","failure":{"message":"no"}}"#;
pub(crate) const TWO_TAINTS: &str = r#"{"kind":"case","name":"a::b::two","clauses":["x/y"],"verdict":"tainted","failure":{"message":"no"},"taint":{"before":0,"after":512}}"#;
pub(crate) const NOBODY: &str =
    r#"{"kind":"case","name":"a::b::nobody","clauses":[],"verdict":"holds"}"#;
pub(crate) const END: &str = r#"{"kind":"end","counts":{"holds":2}}"#;
pub(crate) const PANIC: &str = "[    2.5] Kernel panic - not syncing: Fatal exception in interrupt";
pub(crate) const START: &str = "[    1.000000][    T1] sigsys: the suite starts";
pub(crate) const OVER: &str = "[    9.000000] sigsys: the suite has ended";

/// Says nothing but that the record goes where it goes if nothing is said.
pub(crate) const DEFAULT: &str = "--format=table";

/// Lines as they are.
pub(crate) fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// The whole record of a suite that ran `cases`.
pub(crate) fn whole(cases: &[&str]) -> Vec<String> {
    let mut counts = std::collections::BTreeMap::new();
    for case in cases {
        let verdict = case.split("\"verdict\":\"").nth(1).and_then(|rest| rest.split('"').next());
        *counts.entry(verdict.expect("a case has a verdict")).or_insert(0) += 1;
    }
    let count = cases.len();
    let mut lines = vec![RUN.replace("\"cases\":2", &format!("\"cases\":{count}"))];
    lines.extend(cases.iter().map(|case| (*case).to_owned()));
    lines.push(format!("{{\"kind\":\"end\",\"counts\":{}}}", serde_json::json!(counts)));
    lines
}

/// The folder of a play, with a kernel that has the right header in it.
pub(crate) fn play(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("boot-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    let mut image = vec![0u8; 5 * 512];
    image[0x1f1] = 4;
    image[0x202..0x208].copy_from_slice(b"HdrS\x0f\x02");
    // Where an initramfs may lie, and that it runs in 64-bit mode.
    image[0x22c..0x230].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    image[0x236] = 1;
    fs::write(folder.join("bzImage"), image).expect("a kernel");
    folder
}

/// What comes through the second port: the lines of the suite, and how it ended if it did, after what
/// the first process said besides.
pub(crate) fn said<S: AsRef<str>>(lines: &[S], init: &[&str]) -> String {
    let (mut first, mut suite) = (Writer::new(INIT), Writer::new(SUITE));
    let mut text = format!("\n{}\n", first.frame("started 6.1-played"));
    text += &format!("\n{}\n", first.frame("taint-before 0"));
    for line in lines {
        text += &format!("{}\r\n", suite.frame(line.as_ref()));
    }
    for line in init {
        text += &format!("\n{}\n", first.frame(line));
    }
    text
}

/// The same of a kernel that has nothing to say of itself.
pub(crate) fn record<S: AsRef<str>>(lines: &[S], ended: Option<&str>) -> String {
    match ended {
        Some(ended) => said(lines, &["taint-after 0", &format!("ended {ended}")]),
        None => said(lines, &[]),
    }
}

pub(crate) fn put(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("written");
}

/// `sigsys boot` in this play, whose record lies in its folder.
pub(crate) fn command(folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sigsys"));
    command.args(["boot", "--accel", "tcg", "--suite", SUITE_SCRIPT]);
    if !more.contains(&"--qemu") {
        command.args(["--qemu", QEMU_SCRIPT]);
    }
    command.arg("--kernel").arg(folder.join("bzImage"));
    if !more.contains(&DEFAULT) {
        command.arg("--record").arg(folder.join("record.jsonl"));
    }
    command.args(more).env("PLAY", folder).stdin(Stdio::null());
    command
}

pub(crate) struct Left {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn finish(folder: &Path, more: &[&str]) -> Left {
    let output = command(folder, more).output().expect("sigsys starts");
    Left {
        status: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

pub(crate) fn boots(folder: &Path) -> usize {
    fs::read_to_string(folder.join("boots")).map_or(0, |count| count.trim().parse().unwrap_or(0))
}
