//! Tracers that write random registers at syscall-entry stops and at PTRACE_EVENT_SECCOMP.

mod reproduce;

use super::engine::check;
use super::filtered::{self, Call, Callers, Origin};
use super::observed;
use super::programs::{self, Program};
use super::property::{Prediction, Property, Report};
use super::reproducer::Reproducer;
use super::seccomp::call_in_words;
use super::strategies::UNASSIGNED;
use crate::clauses::*;
use fixtures::filter::{self, Filter};
use fixtures::fuzz::Last;
use fixtures::needs::{PTRACE, ROOT, SECCOMP_FILTER, SUSPEND_SECCOMP, UNFILTERED};
use fixtures::tracee::{Resume, Stop, Tracee, stop_oneself};
use fixtures::{Reg, child, x32};
use model::call::Register;
use model::seccomp::SyscallEntry;
use model::{Model, Outcome};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::cell::RefCell;
use std::fmt;
use sys::uapi::{
    __X32_SYSCALL_BIT, ENOSYS, ERESTARTNOINTR, ERESTARTSYS, MAX_ERRNO, PTRACE_EVENT_SECCOMP,
    PTRACE_O_SUSPEND_SECCOMP, PTRACE_O_TRACESECCOMP, PTRACE_O_TRACESYSGOOD, SIGSTOP, SYS_getcpu,
    SYS_getpid, SYS_getppid, SYS_gettimeofday, SYS_getuid, SYS_time,
};

/// What a tracer writes at a stop.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Writes {
    number: Option<u64>,
    result: Option<i64>,
    argument: Option<(usize, u64)>,
    /// What is added to RIP; for calls of the vsyscall page alone.
    moved: u64,
}

impl fmt::Display for Writes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(number) = self.number {
            write!(f, " nr {},", Register(number))?;
        }
        if let Some(result) = self.result {
            write!(f, " rax {},", Register(result as u64))?;
        }
        if let Some((index, value)) = self.argument {
            write!(f, " arg{} {value:#x},", index + 1)?;
        }
        if self.moved != 0 {
            write!(f, " rip + {:#x},", self.moved)?;
        }
        f.write_str(if *self == Self::default() { " nothing" } else { "" })
    }
}

impl Writes {
    fn to(self, entry: &mut SyscallEntry) {
        if let Some(number) = self.number {
            entry.number = number;
        }
        if let Some(result) = self.result {
            entry.result = result;
        }
        if let Some((index, value)) = self.argument {
            entry.args[index] = value;
        }
        entry.address = entry.address.wrapping_add(self.moved);
    }
}

/// A call, and what its tracer does.
#[derive(Clone, Debug)]
struct Traced {
    call: Call,
    /// At the syscall-entry stop; `None` where the tracer resumes without that stop.
    entry: Option<Writes>,
    /// At PTRACE_EVENT_SECCOMP.
    event: Writes,
    /// Whether the tracer suspends seccomp before the call.
    suspended: bool,
    /// Whether it does so from the syscall-entry stop on.
    suspended_at_entry: bool,
}

impl Traced {
    /// Whether seccomp is suspended when the filters would be run.
    fn is_suspended(&self) -> bool {
        match self.entry {
            Some(_) => self.suspended_at_entry,
            None => self.suspended,
        }
    }
}

/// The options of a tracer that suspends seccomp, or does not.
fn options(suspended: bool) -> i32 {
    let suspends = if suspended { PTRACE_O_SUSPEND_SECCOMP } else { 0 };
    PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | suspends
}

#[derive(Clone, Debug)]
struct Input {
    bodies: Vec<Program>,
    filters: Vec<Program>,
    /// Which of them are loaded with SECCOMP_FILTER_FLAG_LOG; the calls come to the same.
    logged: u32,
    calls: Vec<Traced>,
}

/// What is observed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fact {
    /// A syscall-entry stop: number and result in the registers.
    Entry(u64, i64),
    /// PTRACE_EVENT_SECCOMP: message, number, result and RIP.
    Event(u16, u64, i64, u64),
    /// What the call outcome to.
    Outcome(Outcome),
    /// How the tracee ended.
    Tracee(Last),
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Entry(number, result) => {
                let (number, result) = (Register(number), Register(result as u64));
                write!(f, "syscall-entry stop, nr {number}, rax {result}")
            }
            Self::Event(message, number, result, rip) => {
                let (number, result) = (Register(number), Register(result as u64));
                write!(f, "PTRACE_EVENT_SECCOMP stop, message {message}, nr {number}, ")?;
                write!(f, "rax {result}, rip {rip:#x}")
            }
            Self::Outcome(outcome) => outcome.fmt(f),
            Self::Tracee(last) => write!(f, "tracee {last}"),
        }
    }
}

/// Tracers: the calls, and whether seccomp is suspended for some of them.
struct Tracers(Callers, bool);

impl Tracers {
    /// One call: what is observed at its stops, and what becomes of it.
    fn call(&self, model: &Model, filters: &[Program], traced: &Traced) -> (Vec<Fact>, Outcome) {
        let filters = model.in_force(filters, traced.is_suspended());
        let facts = RefCell::new(Vec::new());
        let tracer = |message: u16, entry: &mut SyscallEntry| {
            let SyscallEntry { number, result, address, .. } = *entry;
            facts.borrow_mut().push(Fact::Event(message, number, result, address));
            traced.event.to(entry);
        };
        let outcome = match (traced.call.from, traced.entry) {
            (Origin::Gadget(gadget), Some(writes)) => {
                let mut entry = self.0.entry(&traced.call, gadget);
                facts.borrow_mut().push(Fact::Entry(entry.number, entry.result));
                writes.to(&mut entry);
                let decision = model.filter_decision(filters, &mut entry, Some(&tracer));
                self.0.outcome_after(model, decision, &entry)
            }
            _ => self.0.predict(model, filters, &traced.call, Some(&tracer)),
        };
        (facts.into_inner(), outcome)
    }
}

impl Property for Tracers {
    type Input = Input;
    type Fact = Fact;

    fn inputs(&self) -> BoxedStrategy<Input> {
        let numbers = select(vec![
            SYS_getpid,
            SYS_getppid,
            SYS_getuid,
            UNASSIGNED as i64,
            99_999,
            -1,
            -2,
            -ERESTARTNOINTR,
            0xffff_ffff,
            1 << 32 | SYS_getpid,
            x32::unknown(__X32_SYSCALL_BIT | SYS_getpid),
            SYS_gettimeofday,
            SYS_time,
            SYS_getcpu,
            1 << 32 | SYS_time,
        ])
        .prop_map(|number| number as u64);
        // No process has such an id.
        let results = select(vec![
            0x42_4242_4242,
            0,
            -1,
            -ENOSYS,
            -ERESTARTSYS,
            -MAX_ERRNO,
            -MAX_ERRNO - 1,
            i64::MIN,
        ]);
        let argument = (0..6usize, select(vec![0, 1, 7, 0x1234_5678, u64::MAX]));
        let moved = prop_oneof![9 => Just(0u64), 1 => select(vec![1, 0x400, u64::MAX])];
        let writes =
            (option::of(numbers), option::of(results), option::of(argument), moved).prop_map(
                |(number, result, argument, moved)| Writes { number, result, argument, moved },
            );
        // The tracer that suspends nothing draws what it always drew.
        let (suspensions, logged) = match self.1 {
            true => (any::<[bool; 2]>().boxed(), (0..4u32).boxed()),
            false => (Just([false; 2]).boxed(), Just(0).boxed()),
        };
        let entries = option::weighted(0.4, writes.clone());
        let traced = (self.0.calls(), entries, writes, suspensions).prop_map(
            |(call, entry, event, [suspended, suspended_at_entry])| Traced {
                call,
                entry,
                event,
                suspended,
                suspended_at_entry,
            },
        );
        let bodies = vec(programs::accepted(&self.0.words_of_calls()), 1..3);
        (bodies, logged, vec(traced, 1..6))
            .prop_map(|(bodies, logged, calls)| Input {
                bodies,
                filters: Vec::new(),
                logged,
                calls,
            })
            .boxed()
    }

    fn normalize(&self, model: &Model, mut input: Input) -> Input {
        let addresses = self.0.addresses();
        let confined = |body: &Program| programs::confined(body, &addresses);
        input.filters = input.bodies.iter().map(confined).collect();
        for traced in &mut input.calls {
            match traced.call.from {
                Origin::Gadget(gadget) => {
                    for writes in traced.entry.iter_mut().chain([&mut traced.event]) {
                        writes.moved = 0;
                        // A 32-bit call's number and result are 32 bits wide for a tracer, too.
                        if gadget == 1 {
                            writes.result = None;
                            writes.number = writes.number.map(|number| number & 0xffff_ffff);
                        }
                    }
                }
                // Their pointers are used as they were at the fault, or as they are now.
                Origin::Page(_) => {
                    traced.entry = None;
                    traced.event.argument = None;
                }
            }
            let unfit = |traced: &Traced| !self.call(model, &input.filters, traced).1.is_testable();
            if model.kernel.wide_numbers {
                traced.call.rax &= 0xffff_ffff;
            }
            if unfit(traced) || filtered::UNFILTERED.contains(&(traced.call.rax as i32)) {
                traced.call.rax = UNASSIGNED;
            }
            if unfit(traced) {
                traced.entry = traced.entry.map(|_| Writes::default());
                traced.event = Writes { number: Some(u64::MAX), ..Writes::default() };
            }
        }
        let filters = &input.filters;
        input.calls.retain(|traced| self.call(model, filters, traced).1.is_testable());
        input
    }

    fn predict(&self, model: &Model, input: &Input) -> Prediction<Fact> {
        let mut facts = Vec::new();
        let mut last = Last::Finished;
        for traced in &input.calls {
            let (stops, outcome) = self.call(model, &input.filters, traced);
            facts.extend(stops);
            match outcome {
                Outcome::Killed { signal, .. } => {
                    last = Last::Ended(fixtures::WaitStatus::KilledBy(signal));
                    break;
                }
                outcome => facts.push(Fact::Outcome(outcome)),
            }
        }
        facts.push(Fact::Tracee(last));
        Prediction::of(facts)
    }

    fn execute(&self, input: &Input, report: &Report<'_, Fact>) {
        let shared = report.shared();
        let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
            filter::no_new_privileges();
            for (index, program) in input.filters.iter().enumerate() {
                let flags = if input.logged & 1 << index == 0 { 0 } else { filter::LOG };
                let _ = Filter::raw(programs::handed(program)).try_load(flags);
            }
            let identities = observed::identities();
            for traced in &input.calls {
                stop_oneself();
                report.fact(Fact::Outcome(self.0.make(&traced.call, identities)));
            }
            shared.done();
            child::exit(0)
        });
        let mut calls = input.calls.iter();
        let mut current = None;
        let (mut how, mut signal) = (Resume::Continue, 0);
        loop {
            match tracee.next(how, signal) {
                Stop::Ended(end) => {
                    let end = shared.saw(end);
                    let last = if shared.take_done() { Last::Finished } else { Last::Ended(end) };
                    report.fact(Fact::Tracee(last));
                    return;
                }
                Stop::Signal(SIGSTOP) => {
                    current = calls.next();
                    if self.1 {
                        let suspended = current.is_some_and(|traced| traced.suspended);
                        tracee.set_options(options(suspended));
                    }
                    signal = 0;
                    how = match current {
                        Some(Traced { entry: Some(_), .. }) => Resume::Syscall,
                        _ => Resume::Continue,
                    };
                }
                Stop::Signal(other) => (how, signal) = (Resume::Continue, other),
                Stop::Syscall => {
                    let image = tracee.registers();
                    let result = image.reg(Reg::Rax) as i64;
                    report.fact(Fact::Entry(image.call() as u64, result));
                    self.write(&tracee, current, |traced| traced.entry.unwrap_or_default());
                    if let Some(traced) = current.filter(|_| self.1) {
                        tracee.set_options(options(traced.suspended_at_entry));
                    }
                    (how, signal) = (Resume::Continue, 0);
                }
                Stop::Event(PTRACE_EVENT_SECCOMP) => {
                    let image = tracee.registers();
                    let result = image.reg(Reg::Rax) as i64;
                    let message = tracee.message() as u16;
                    let (number, rip) = (image.call() as u64, image.reg(Reg::Rip));
                    report.fact(Fact::Event(message, number, result, rip));
                    self.write(&tracee, current, |traced| traced.event);
                    (how, signal) = (Resume::Continue, 0);
                }
                Stop::Event(_) => (how, signal) = (Resume::Continue, 0),
            }
        }
    }

    fn reproducer(&self, input: &Input, prediction: &Prediction<Fact>) -> Option<Reproducer> {
        // The program's tracer has options of its own.
        let is_plain = input.calls.iter().all(|traced| !traced.is_suspended());
        is_plain.then(|| reproduce::reproduce(&self.0, input, prediction))
    }

    fn size(&self, input: &Input) -> u64 {
        input.calls.len() as u64
    }

    fn words(&self, input: &Input) -> String {
        let mut lines: Vec<_> =
            input.filters.iter().map(|f| format!("  filter {}", programs::words(f))).collect();
        if input.logged != 0 {
            lines.push(format!("  filters with SECCOMP_FILTER_FLAG_LOG: {:#b}", input.logged));
        }
        for traced in &input.calls {
            lines.push(call_in_words(&traced.call));
            if traced.is_suspended() {
                lines.push("    the tracer suspends seccomp (PTRACE_O_SUSPEND_SECCOMP)".into());
            }
            if let Some(writes) = traced.entry {
                lines.push(format!("    at the syscall-entry stop the tracer writes{writes}"));
            }
            lines.push(format!("    at PTRACE_EVENT_SECCOMP the tracer writes{}", traced.event));
        }
        lines.join("\n")
    }
}

impl Tracers {
    fn write(&self, tracee: &Tracee, traced: Option<&Traced>, which: impl Fn(&Traced) -> Writes) {
        use Reg::{R8, R9, R10, Rbp, Rbx, Rcx, Rdi, Rdx, Rsi};
        let Some(traced) = traced else { return };
        let Writes { number, result, argument, moved } = which(traced);
        let mut image = tracee.registers();
        if let Some(number) = number {
            image.set_orig_rax(number as i64);
        }
        if let Some(result) = result {
            image.set(Reg::Rax, result as u64);
        }
        if let Some((index, value)) = argument {
            let places = match traced.call.from {
                Origin::Gadget(1) => [Rbx, Rcx, Rdx, Rsi, Rdi, Rbp],
                _ => [Rdi, Rsi, Rdx, R10, R8, R9],
            };
            image.set(places[index], value);
        }
        image.set(Reg::Rip, image.reg(Reg::Rip).wrapping_add(moved));
        tracee.set_registers(&image);
    }
}

#[harness::test(
    clause = [
        SECCOMP_TRACE_EVENT_MESSAGE,
        SECCOMP_TRACE_SKIP,
        SECCOMP_TRACE_SKIP_RESULT,
        SECCOMP_TRACE_CHANGE_NUMBER,
        SECCOMP_TRACE_NUMBER_TOO_HIGH,
        SECCOMP_TRACE_RECHECK,
        SECCOMP_TRACE_BETWEEN_SYSCALL_STOPS,
        VSYSCALL_TRACE_NUMBER_FIXED,
        VSYSCALL_TRACE_SKIP,
        VSYSCALL_TRACE_RIP_UNCHANGED,
    ],
    catches = "a tracer's write that is lost, cut or carried over, or a changed call that no filter sees again",
    needs = [SECCOMP_FILTER, PTRACE],
    timeout_factor = 6,
)]
fn any_tracer_has_the_effect_the_model_says() {
    check!(|| Tracers(Callers::new(), false), 400);
}

/// Before each call, and at the syscall-entry stop, the tracer suspends seccomp or does not.
#[harness::test(
    clause = [SECCOMP_SUSPEND_FILTERS, SECCOMP_SUSPEND_RESUMED],
    catches = "a filter that a suspended call meets, an event of it, or a filter that no longer applies to a later call",
    needs = [ROOT, UNFILTERED, SECCOMP_FILTER, PTRACE, SUSPEND_SECCOMP],
    timeout_factor = 6,
)]
fn any_suspension_has_the_effect_the_model_says() {
    check!(|| Tracers(Callers::new(), true), 100);
}
