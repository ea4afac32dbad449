//! The price of isolation: an empty case (fork, shared page, verdict, reap) against bare fork + wait.

use criterion::Criterion;
use harness::bench;
use std::path::Path;
use std::process::Command;

const ROWS: [(&str, &str); 2] =
    [("fork_and_wait", "bare fork + wait"), ("empty_case", "an isolated empty case")];

/// Says which row this image is to measure.
const ROW: &str = "SIGSYS_BENCH_ROW";

/// Each row in a fresh image: a fork costs more the more memory the process has touched, and the
/// analysis of one row touches much.
fn main() {
    let folder = bench::results("isolation");
    match std::env::var(ROW) {
        Ok(row) => measure(&folder, &row),
        Err(_) => {
            let image = std::env::current_exe().expect("a program knows its own file");
            for (row, _) in ROWS {
                let mut command = Command::new(&image);
                command.args(std::env::args_os().skip(1)).env(ROW, row);
                assert!(command.status().expect("it can be run").success());
            }
            bench::print_ratios(&folder, "isolation", "fork_and_wait", &ROWS);
        }
    }
}

fn measure(folder: &Path, row: &str) {
    bench::become_worker();
    let mut criterion = Criterion::default().output_directory(folder).configure_from_args();
    let mut group = criterion.benchmark_group("isolation");
    match row {
        "fork_and_wait" => group.bench_function(row, |bencher| {
            bencher.iter(|| {
                let child = sys::process::fork(|| 0).expect("a child can be made");
                sys::process::wait(child, 0).expect("a child can be waited for")
            });
        }),
        _ => group.bench_function(row, |bencher| {
            bencher.iter(|| assert!(bench::empty_case(), "an empty case holds"));
        }),
    };
    group.finish();
    criterion.final_summary();
}
