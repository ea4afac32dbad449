//! What drawing inputs and holding the kernel to the model costs: each property against the bare thing
//! it does, both in one run. Harmless combinations of arguments are held against prctl in a loop, by
//! the same entry; everything that needs a process of its own against fork + wait.
//!
//! `cargo bench -p sigsys --bench fuzz [-- PROPERTY..]`, with parts of the properties' names.
#![forbid(unsafe_code)]

use fixtures::gadget::Gadget;
use fixtures::{Entry, Reg, Registers};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use sys::uapi::{PR_SET_SYSCALL_USER_DISPATCH, SYS_prctl, unistd_32};

/// What a property is held against.
#[derive(Clone, Copy)]
enum Bare {
    Prctl,
    Prctl32,
    Fork,
}
use Bare::{Fork, Prctl, Prctl32};

/// Properties, inputs that take about a second, and what they are held against.
const PROPERTIES: [(&str, u64, Bare); 13] = [
    ("arguments::every_combination_is_answered_as_the_model_says", 3000, Prctl),
    (
        "arguments::every_combination_is_answered_as_the_model_says_by_the_32_bit_call",
        1000,
        Prctl32,
    ),
    ("arguments::a_call_after_any_combination_fares_as_the_model_says", 2000, Fork),
    (
        "arguments::a_call_after_any_combination_of_the_32_bit_call_fares_as_the_model_says",
        2000,
        Fork,
    ),
    ("seccomp::any_program_is_accepted_or_refused_as_the_model_says", 1000, Fork),
    ("seccomp::calls_under_any_filters_come_to_what_the_model_says", 1000, Fork),
    ("sequences::any_sequence_goes_as_the_model_says", 1000, Fork),
    ("sequences::any_traced_sequence_goes_as_the_model_says", 1000, Fork),
    ("siginfo::every_field_and_register_is_as_the_model_says", 3000, Fork),
    ("siginfo::every_field_and_register_is_as_the_model_says_for_a_32_bit_call", 3000, Fork),
    ("siginfo::every_field_and_register_of_a_trapped_call_is_as_the_model_says", 3000, Fork),
    (
        "siginfo::every_field_and_register_of_a_trapped_call_is_as_the_model_says_for_a_32_bit_call",
        3000,
        Fork,
    ),
    ("tracer::any_tracer_has_the_effect_the_model_says", 500, Fork),
];
const ROUNDS: usize = 5;

fn main() {
    let named: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    println!("| property | inputs a second | of the bare thing | ratio (median of {ROUNDS}) |");
    println!("|---|---|---|---|");
    for (property, inputs, bare) in PROPERTIES {
        if named.is_empty() || named.iter().any(|name| property.contains(name.as_str())) {
            measure(property, inputs, bare, folder.path());
        }
    }
}

fn measure(property: &str, inputs: u64, thing: Bare, folder: &Path) {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let bare = match thing {
            Prctl => prctls(),
            Prctl32 => prctls_by_int80(),
            Fork => forks(),
        };
        match tried(property, inputs, folder) {
            Ok((inputs, _)) if matches!(thing, Fork) => rounds.push((inputs, bare)),
            Ok((_, things)) => rounds.push((things, bare)),
            Err(why) => return println!("| {property} | | | not measured: {why} |"),
        }
    }
    rounds.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
    let (own, bare) = rounds[ROUNDS / 2];
    let thing = match thing {
        Prctl => "prctl",
        Prctl32 => "prctl by int 0x80",
        Fork => "fork + wait",
    };
    println!("| {property} | {own:.0} | {bare:.0} {thing} | {:.2} |", bare / own);
}

/// How many inputs, and things in them, the property tries in a second.
fn tried(property: &str, inputs: u64, folder: &Path) -> Result<(f64, f64), String> {
    let record = folder.join("record.jsonl");
    let mut fuzz = Command::new(env!("CARGO_BIN_EXE_sigsys"));
    fuzz.arg("fuzz").arg(property).arg(format!("--cases={inputs}")).arg("--record").arg(&record);
    let output = fuzz.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(words.lines().last().unwrap_or("it fails").to_owned());
    }
    let text = std::fs::read_to_string(&record).map_err(|error| error.to_string())?;
    let case = text
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find(|line| line["kind"] == "case")
        .ok_or("it was not run")?;
    let fact = case["facts"]["tried"].as_str().ok_or("it is not offered here")?;
    // `N inputs, M things, R a second`
    let numbers: Vec<f64> =
        fact.split(", ").filter_map(|part| part.split(' ').next()?.parse().ok()).collect();
    let [inputs, things, rate] = numbers[..] else { return Err(format!("`{fact}`")) };
    Ok((inputs * rate / things, rate))
}

/// Calls of prctl in a second.
fn prctls() -> f64 {
    const CALLS: u32 = 2_000_000;
    let begun = Instant::now();
    for _ in 0..CALLS {
        let answer = sys::call::raw(
            SYS_prctl,
            [(PR_SET_SYSCALL_USER_DISPATCH as u64) as usize, 0, 0, 0, 0, 0],
        );
        assert_eq!(answer, 0, "dispatch can be turned off");
    }
    f64::from(CALLS) / begun.elapsed().as_secs_f64()
}

/// Those by the 32-bit entry.
fn prctls_by_int80() -> f64 {
    const CALLS: u32 = 200_000;
    let gadget = Gadget::new(Entry::Int80);
    let arguments = [Reg::Rcx, Reg::Rdx, Reg::Rsi, Reg::Rdi, Reg::Rbp];
    let image = Registers::pattern()
        .with(Reg::Rax, unistd_32::SYS_prctl as u64)
        .with(Reg::Rbx, PR_SET_SYSCALL_USER_DISPATCH as u64);
    let image = arguments.into_iter().fold(image, |image, reg| image.with(reg, 0));
    let begun = Instant::now();
    for _ in 0..CALLS {
        assert_eq!(gadget.call_with(image)[Reg::Rax], 0, "dispatch can be turned off");
    }
    f64::from(CALLS) / begun.elapsed().as_secs_f64()
}

/// Children made and waited for in a second.
fn forks() -> f64 {
    const CHILDREN: u32 = 2000;
    let begun = Instant::now();
    for _ in 0..CHILDREN {
        let pid = sys::process::fork(|| 0).expect("a child can be made");
        sys::process::wait(pid, 0).expect("it can be waited for");
    }
    f64::from(CHILDREN) / begun.elapsed().as_secs_f64()
}
