//! The price of interception: one call made natively, exempt, allowed, and answered by a handler.

use criterion::Criterion;
use fixtures::dispatch::{ALLOW, BLOCK};
use fixtures::fate::Scene;
use fixtures::gadget::Gadget;
use fixtures::{Entry, Reg};
use harness::bench;

/// A call that does next to nothing.
const GETPPID: i64 = 110;

fn main() {
    let folder = bench::results("interception");
    let mut criterion = Criterion::default().output_directory(&folder).configure_from_args();
    let mut group = criterion.benchmark_group("interception");
    let native = Gadget::syscall();
    group.bench_function("native", |bencher| bencher.iter(|| native.call(GETPPID)));

    // From here on dispatch is on; everything but the scene's gadget is exempt.
    let scene = Scene::new(Entry::Syscall);
    scene.log.set(Reg::Rax, 1);
    let exempt = Gadget::syscall();
    group.bench_function("exempt", |bencher| bencher.iter(|| exempt.call(GETPPID)));
    scene.armed.select(ALLOW);
    group.bench_function("allowed", |bencher| bencher.iter(|| scene.gadget.call(GETPPID)));
    scene.armed.select(BLOCK);
    group.bench_function("answered", |bencher| {
        bencher.iter(|| {
            // A handler whose log is never cleared takes its thread for one that runs for ever.
            scene.log.clear();
            assert_eq!(scene.gadget.call(GETPPID), 1);
        });
    });
    scene.armed.select(ALLOW);
    group.finish();
    criterion.final_summary();
    bench::print_ratios(
        &folder,
        "interception",
        "native",
        &[
            ("native", "the call made natively"),
            ("exempt", "dispatch armed, called from the exempt region"),
            ("allowed", "dispatch armed, selector allows"),
            ("answered", "dispatched and answered by the handler"),
        ],
    );
}
