//! The price of interception: one call made natively, exempt, allowed, answered by a handler, a tracer
//! or a listener; and one call by the vDSO, the vsyscall page and the instruction.

use criterion::Criterion;
use criterion::measurement::WallTime;
use fixtures::call_outcome::DispatchedGadget;
use fixtures::dispatch::{self, ALLOW, BLOCK};
use fixtures::filter::{Action, Filter, number};
use fixtures::gadget::Gadget;
use fixtures::listener::{Listener, Response};
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::vdso::Vdso;
use fixtures::vsyscall::Vsyscall;
use fixtures::{Entry, Reg, Registers, sigsys};
use harness::bench;
use std::path::Path;
use sys::uapi::{
    PTRACE_O_TRACESECCOMP, SYS_getgid, SYS_getpgrp, SYS_getppid, SYS_getuid, SYS_time,
};

type Group<'a> = criterion::BenchmarkGroup<'a, WallTime>;

fn main() {
    let folder = bench::results("interception");
    let mut criterion = Criterion::default().output_directory(&folder).configure_from_args();
    let mut group = criterion.benchmark_group("time");
    entries(&mut group);
    group.finish();
    let mut group = criterion.benchmark_group("interception");
    let native = Gadget::syscall();
    group.bench_function("native", |bencher| bencher.iter(|| native.call(SYS_getppid)));
    dispatched(&mut group);
    traced(&mut group);
    filtered(&mut group);
    group.finish();
    criterion.final_summary();
    print(&folder);
}

/// The time, asked for in three ways.
fn entries(group: &mut Group) {
    let plain = Gadget::syscall();
    let image = Registers::pattern().with(Reg::Rdi, 0).with(Reg::Rsi, 0);
    let asked = image.with(Reg::Rax, SYS_time as u64);
    group.bench_function("plain", |bencher| bencher.iter(|| plain.call_with(asked)));
    if let Some(time) = Vdso::find().and_then(|vdso| vdso.symbol("__vdso_time")) {
        group.bench_function("vdso", |bencher| {
            bencher.iter(|| sys::registers::call(time, &mut image.clone()));
        });
    }
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    if maps.contains("[vsyscall]") {
        group.bench_function("vsyscall", |bencher| bencher.iter(|| Vsyscall::Time.call([0, 0])));
    }
}

/// Everything but the scene's gadget is exempt.
fn dispatched(group: &mut Group) {
    let scene = DispatchedGadget::new(Entry::Syscall);
    scene.log.set(Reg::Rax, 1);
    let exempt = Gadget::syscall();
    group.bench_function("exempt", |bencher| bencher.iter(|| exempt.call(SYS_getppid)));
    scene.armed.select(ALLOW);
    group.bench_function("allowed", |bencher| bencher.iter(|| scene.gadget.call(SYS_getppid)));
    scene.armed.select(BLOCK);
    group.bench_function("answered", |bencher| {
        bencher.iter(|| {
            // A handler whose log is never cleared takes its thread for one that runs for ever.
            scene.log.clear();
            assert_eq!(scene.gadget.call(SYS_getppid), 1);
        });
    });
    scene.armed.select(ALLOW);
    dispatch::turn_off();
}

/// A child that makes one call after another, each skipped by this process: its tracer.
fn traced(group: &mut Group) {
    let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
        Filter::only(number(SYS_getgid), Action::Trace(0)).load();
        let gadget = Gadget::syscall();
        loop {
            assert_eq!(gadget.call(SYS_getgid), 1);
        }
    });
    assert!(matches!(tracee.next(Resume::Continue, 0), Stop::Event(_)));
    group.bench_function("traced", |bencher| {
        bencher.iter(|| {
            let mut image = tracee.registers();
            image.set_orig_rax(-1);
            image.set(Reg::Rax, 1);
            tracee.set_registers(&image);
            assert!(matches!(tracee.next(Resume::Continue, 0), Stop::Event(_)));
        });
    });
    fixtures::tracee::kill(tracee.pid);
    tracee.await_death();
}

/// A filter that lets calls run, traps one and asks a listener about another.
fn filtered(group: &mut Group) {
    let filter = Filter::new()
        .when(number(SYS_getuid), Action::Trap(0))
        .when(number(SYS_getpgrp), Action::UserNotif);
    let listener = Listener::of(&filter);
    let gadget = Gadget::syscall();
    group.bench_function("passed", |bencher| bencher.iter(|| gadget.call(SYS_getppid)));
    let log = sigsys::handle();
    log.set(Reg::Rax, 1);
    group.bench_function("trapped", |bencher| {
        bencher.iter(|| {
            log.clear();
            assert_eq!(gadget.call(SYS_getuid), 1);
        });
    });
    // It ends with the process.
    std::thread::spawn(move || {
        while let Ok(asked) = listener.receive_now(Default::default()) {
            let response = Response { id: asked.id, val: 1, ..Response::default() };
            let _ = listener.answer(response);
        }
    });
    group.bench_function("asked", |bencher| {
        bencher.iter(|| assert_eq!(gadget.call(SYS_getpgrp), 1));
    });
}

fn print(folder: &Path) {
    bench::print_ratios(
        folder,
        "interception",
        "native",
        &[
            ("native", "the call made natively"),
            ("exempt", "dispatch armed, called from the exempt region"),
            ("allowed", "dispatch armed, selector allows"),
            ("answered", "dispatched and answered by the handler"),
            ("passed", "a filter of two rules lets it run"),
            ("trapped", "SECCOMP_RET_TRAP, answered by the handler"),
            ("traced", "SECCOMP_RET_TRACE, skipped by a tracer that sets the result"),
            ("asked", "SECCOMP_RET_USER_NOTIF, answered by another thread"),
        ],
    );
    bench::print_ratios(
        folder,
        "time",
        "plain",
        &[
            ("plain", "time(2) by the instruction"),
            ("vdso", "by the vDSO"),
            ("vsyscall", "by the vsyscall page"),
        ],
    );
}
