//! The price of isolation: an empty case (fork, shared page, verdict, reap) against bare fork + wait.

use criterion::Criterion;
use harness::bench;

fn main() {
    bench::become_worker();
    let folder = bench::results("isolation");
    let mut criterion = Criterion::default().output_directory(&folder).configure_from_args();
    let mut group = criterion.benchmark_group("isolation");
    group.bench_function("fork_and_wait", |bencher| {
        bencher.iter(|| {
            let child = sys::process::fork(|| 0).expect("a child can be made");
            sys::process::wait(child, 0).expect("a child can be waited for")
        });
    });
    group.bench_function("empty_case", |bencher| {
        bencher.iter(|| assert!(bench::empty_case(), "an empty case holds"));
    });
    group.finish();
    criterion.final_summary();
    bench::print_ratios(
        &folder,
        "isolation",
        "fork_and_wait",
        &[("fork_and_wait", "bare fork + wait"), ("empty_case", "an isolated empty case")],
    );
}
