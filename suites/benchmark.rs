//! The whole suite's wall time against the number of its cases times the price of an empty one, on the
//! processors there are. Cases that wait for something outside their process count apart.

mod assertions;
mod clauses;
mod dispatch;
mod fuzz;
mod interaction;
mod interception;
mod seccomp;
mod vsyscall;

use harness::describe::Description;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Says that this image is to be the suite.
const AS_SUITE: &str = "SIGSYS_BENCH_SUITE";
const RUNS: usize = 5;

fn main() -> ExitCode {
    if let Some(code) = fixtures::helper::enter_if_asked() {
        return code;
    }
    if std::env::var_os(AS_SUITE).is_some() {
        return harness::main(harness::Suite {
            name: "sigsys",
            version: env!("CARGO_PKG_VERSION"),
            built_from: None,
            features: fixtures::FEATURES,
            deviations: fixtures::DEVIATIONS,
        });
    }
    let described = suite(&["--describe"]).output().expect("the suite can be run");
    let suite_text: Description =
        serde_json::from_slice(&described.stdout).expect("the suite describes itself");
    let waiting: Vec<&str> =
        suite_text.cases.iter().filter(|case| case.external_wait).map(|case| case.name.as_str()).collect();
    let counted = suite_text.cases.len() - waiting.len();
    let mut args = vec!["--format=json", "--exact"];
    for name in &waiting {
        args.extend(["--skip", name]);
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    harness::bench::become_worker();
    let mut ratios: Vec<f64> = (0..RUNS)
        .map(|_| {
            let floor = empty_cases(counted).as_secs_f64() / processors as f64;
            wall(&args).as_secs_f64() / floor
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!("| suite | {counted} cases, {processors} processors |\n|---|---|");
    println!(
        "| wall time / (cases × an empty case / processors) | {:.2} (median of {RUNS}; {:.2} to {:.2}) |",
        ratios[RUNS / 2],
        ratios[0],
        ratios[RUNS - 1]
    );
    println!("| cases that wait for something outside, not counted | {} |", waiting.len());
    for name in waiting {
        println!("  {name}");
    }
    ExitCode::SUCCESS
}

fn suite(args: &[&str]) -> Command {
    let image = std::env::current_exe().expect("a program knows its own file");
    let mut command = Command::new(image);
    command.args(args).env(AS_SUITE, "1").stderr(Stdio::inherit());
    command
}

fn wall(args: &[&str]) -> Duration {
    let start = Instant::now();
    suite(args).stdout(Stdio::null()).status().expect("the suite can be run");
    start.elapsed()
}

fn empty_cases(count: usize) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        assert!(harness::bench::empty_case(), "an empty case holds");
    }
    start.elapsed()
}
