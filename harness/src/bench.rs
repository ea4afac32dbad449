//! What the benchmarks share: an empty case to measure, and ratios of what was measured.

use crate::runner::page::Page;
use crate::runner::reap::Ended;
use crate::runner::worker;
use std::path::{Path, PathBuf};
use std::time::Duration;
use sys::process::WaitStatus;

/// Makes the calling process what a worker is. A benchmark calls it once.
pub fn become_worker() {
    worker::prepare_process();
}

/// One empty case: fork, shared page, verdict, reap. Says whether it held.
pub fn empty_case() -> bool {
    let Ok(page) = Page::establish() else { return false };
    let ended = worker::isolate(page, Duration::from_secs(10), || ());
    ended == Ok(Ended::By(WaitStatus::Exited(0))) && page.reached_end()
}

/// Where a benchmark's measurements go.
pub fn results(name: &str) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target"),
        PathBuf::from,
    );
    target.join("criterion").join(name)
}

/// Prints each measurement's median and its ratio to `base`, all of one run: a table in Markdown.
pub fn print_ratios(folder: &Path, group: &str, base: &str, rows: &[(&str, &str)]) {
    let median = |name: &str| {
        let path = folder.join(group).join(name).join("new").join("estimates.json");
        let text = std::fs::read_to_string(path).ok()?;
        let estimates: serde_json::Value = serde_json::from_str(&text).ok()?;
        estimates["median"]["point_estimate"].as_f64()
    };
    let Some(base) = median(base) else {
        // `cargo bench -- --list` and filters measure less than a table needs.
        return println!("(no table: `{base}` was not measured)");
    };
    println!("\n| {group} | median | ratio |\n|---|---|---|");
    for (name, words) in rows {
        if let Some(time) = median(name) {
            println!("| {words} | {:.2} µs | {:.2} |", time / 1000.0, time / base);
        }
    }
}
