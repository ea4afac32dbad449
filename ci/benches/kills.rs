//! Random SIGKILLs of tool, guard, runner, worker and case during `run`, `fuzz`, `boot` and `matrix`.
//!
//! `cargo bench -p sigsys --bench kills [-- ROUNDS [SEED [KERNEL]]]`; machines need QEMU and a kernel.
#![forbid(unsafe_code)]

#[path = "../tests/kills/rounds.rs"]
mod rounds;

use rounds::{KINDS, Plan, VICTIMS};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

fn main() -> ExitCode {
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let number =
        |at: usize, usual: u64| words.get(at).map_or(usual, |word| word.parse().expect("a number"));
    let sigsys = env!("CARGO_BIN_EXE_sigsys");
    let built = Command::new(sigsys).arg("build").output().expect("sigsys starts");
    let suite = PathBuf::from(String::from_utf8(built.stdout).expect("UTF-8").trim());
    let qemu = Command::new("qemu-system-x86_64").arg("--version").output().is_ok();
    let kinds = if qemu { &KINDS[..] } else { &KINDS[..3] };
    if !qemu {
        eprintln!("no boots and no machines: qemu-system-x86_64 is not installed");
    }
    let plan = Plan {
        sigsys,
        suite: &suite,
        kernel: words.get(2).cloned(),
        kinds,
        victims: &VICTIMS,
        limit: Duration::from_secs(1),
        seed: number(1, 1),
    };
    let findings = rounds::rounds(&plan, number(0, 20) as usize, |line| println!("{line}"));
    println!("\n{findings}");
    ExitCode::from(u8::from(!findings.wrong.is_empty()))
}
