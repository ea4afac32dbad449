//! Tracers that write registers at random, where a call enters and where a filter says so.

mod reproduce;

use super::engine::hold;
use super::filtered::{Callers, Came, From, Made};
use super::programs::{self, Program};
use super::property::{Foretold, Property, Report};
use super::reproducer::Reproducer;
use super::seccomp::call_in_words;
use crate::clauses::*;
use fixtures::filter::{self, Filter};
use fixtures::fuzz::Last;
use fixtures::needs::{PTRACE, SECCOMP_FILTER};
use fixtures::tracee::{Resume, Stop, Tracee, stop_oneself};
use fixtures::{Reg, child};
use model::Model;
use model::seccomp::Entered;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::cell::RefCell;
use sys::uapi::{ENOSYS, PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP, SIGSTOP};

/// What a tracer writes at a stop.
#[derive(Clone, Copy, Debug, Default)]
struct Writes {
    number: Option<u64>,
    result: Option<i64>,
    argument: Option<(usize, u64)>,
    /// How far RIP is moved; through the vsyscall page alone.
    moved: u64,
}

impl Writes {
    fn to(self, entered: &mut Entered) {
        if let Some(number) = self.number {
            entered.number = number;
        }
        if let Some(result) = self.result {
            entered.result = result;
        }
        if let Some((index, value)) = self.argument {
            entered.args[index] = value;
        }
        entered.address = entered.address.wrapping_add(self.moved);
    }
}

/// A call, and what its tracer does.
#[derive(Clone, Debug)]
struct Traced {
    made: Made,
    /// At its entry; nothing where the tracer does not ask for that stop.
    entry: Option<Writes>,
    /// At the filter's stop.
    event: Writes,
}

#[derive(Clone, Debug)]
struct Input {
    bodies: Vec<Program>,
    filters: Vec<Program>,
    calls: Vec<Traced>,
}

/// What is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fact {
    /// At the entry: number and result as they stand.
    Entry(u64, i64),
    /// At a filter's stop: the message, number, result and address.
    Event(u16, u64, i64, u64),
    /// What the call came to.
    Came(Came),
    /// How the tracee ended.
    Tracee(Last),
}

struct Tracers(Callers);

impl Tracers {
    /// One call: what is seen at its stops, and what it comes to.
    fn call(&self, model: &Model, filters: &[Program], traced: &Traced) -> (Vec<Fact>, Came) {
        let facts = RefCell::new(Vec::new());
        let tracer = |message: u16, entered: &mut Entered| {
            let Entered { number, result, address, .. } = *entered;
            facts.borrow_mut().push(Fact::Event(message, number, result, address));
            traced.event.to(entered);
        };
        let came = match (traced.made.from, traced.entry) {
            (From::Gadget(gadget), Some(writes)) => {
                let mut entered = self.0.entered(&traced.made, gadget);
                facts.borrow_mut().push(Fact::Entry(entered.number, entered.result));
                writes.to(&mut entered);
                let permit = model.permit(filters, &mut entered, Some(&tracer));
                self.0.after(model, permit, &entered)
            }
            _ => self.0.foretell(model, filters, &traced.made, Some(&tracer)),
        };
        (facts.into_inner(), came)
    }
}

impl Property for Tracers {
    type Input = Input;
    type Fact = Fact;

    fn inputs(&self) -> BoxedStrategy<Input> {
        let numbers = select(vec![
            39,
            110,
            102,
            0x3fff,
            99_999,
            -1i64 as u64,
            -2i64 as u64,
            -513i64 as u64,
            0xffff_ffff,
            1 << 32 | 39,
            0x4000_0027,
            96,
            201,
            309,
            1 << 32 | 201,
        ]);
        // No process has such an id.
        let results = select(vec![0x42_4242_4242, 0, -1, -ENOSYS, -512, -4095, -4096, i64::MIN]);
        let argument = (0..6usize, select(vec![0, 1, 7, 0x1234_5678, u64::MAX]));
        let moved = prop_oneof![9 => Just(0u64), 1 => select(vec![1, 0x400, u64::MAX])];
        let writes =
            (option::of(numbers), option::of(results), option::of(argument), moved).prop_map(
                |(number, result, argument, moved)| Writes { number, result, argument, moved },
            );
        let traced = (self.0.calls(), option::weighted(0.4, writes.clone()), writes)
            .prop_map(|(made, entry, event)| Traced { made, entry, event });
        (vec(programs::accepted(&self.0.shown()), 1..3), vec(traced, 1..6))
            .prop_map(|(bodies, calls)| Input { bodies, filters: Vec::new(), calls })
            .boxed()
    }

    fn settle(&self, model: &Model, mut input: Input) -> Input {
        let addresses = self.0.addresses();
        let confined = |body: &Program| programs::confined(body, &addresses);
        input.filters = input.bodies.iter().map(confined).collect();
        for traced in &mut input.calls {
            match traced.made.from {
                From::Gadget(gadget) => {
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
                From::Page(_) => {
                    traced.entry = None;
                    traced.event.argument = None;
                }
            }
            let unfit = |traced: &Traced| self.call(model, &input.filters, traced).1 == Came::Unfit;
            if model.kernel.wide_numbers {
                traced.made.rax &= 0xffff_ffff;
            }
            if unfit(traced) || [335, 336].contains(&(traced.made.rax as i32)) {
                traced.made.rax = super::draw::UNASSIGNED;
            }
            if unfit(traced) {
                traced.entry = traced.entry.map(|_| Writes::default());
                traced.event = Writes { number: Some(u64::MAX), ..Writes::default() };
            }
        }
        let filters = &input.filters;
        input.calls.retain(|traced| self.call(model, filters, traced).1 != Came::Unfit);
        input
    }

    fn foretell(&self, model: &Model, input: &Input) -> Foretold<Fact> {
        let mut facts = Vec::new();
        let mut last = Last::Finished;
        for traced in &input.calls {
            let (stops, came) = self.call(model, &input.filters, traced);
            facts.extend(stops);
            match came {
                Came::Killed { signal, .. } => {
                    last = Last::Ended(fixtures::WaitStatus::KilledBy(signal));
                    break;
                }
                came => facts.push(Fact::Came(came)),
            }
        }
        facts.push(Fact::Tracee(last));
        Foretold::of(facts)
    }

    fn act(&self, input: &Input, report: &Report<'_, Fact>) {
        let sheet = report.sheet();
        let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
            filter::no_new_privileges();
            for program in &input.filters {
                let _ = Filter::raw(programs::handed(program)).try_load(0);
            }
            let answers = Callers::answers();
            for traced in &input.calls {
                stop_oneself();
                report.fact(Fact::Came(self.0.make(&traced.made, answers)));
            }
            sheet.done();
            child::exit(0)
        });
        let mut calls = input.calls.iter();
        let mut current = None;
        let (mut how, mut signal) = (Resume::Continue, 0);
        loop {
            match tracee.next(how, signal) {
                Stop::Ended(end) => {
                    let end = sheet.saw(end);
                    let last = if sheet.take_done() { Last::Finished } else { Last::Ended(end) };
                    report.fact(Fact::Tracee(last));
                    return;
                }
                Stop::Signal(SIGSTOP) => {
                    current = calls.next();
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

    fn reproducer(&self, input: &Input, foretold: &Foretold<Fact>) -> Option<Reproducer> {
        Some(reproduce::reproduce(&self.0, input, foretold))
    }

    fn size(&self, input: &Input) -> u64 {
        input.calls.len() as u64
    }

    fn words(&self, input: &Input) -> String {
        let mut lines: Vec<_> =
            input.filters.iter().map(|f| format!("  filter {}", programs::words(f))).collect();
        for traced in &input.calls {
            lines.push(call_in_words(&traced.made));
            if let Some(writes) = traced.entry {
                lines.push(format!("    at its entry the tracer writes {writes:x?}"));
            }
            lines.push(format!("    at the filter's stop the tracer writes {:x?}", traced.event));
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
            let places = match traced.made.from {
                From::Gadget(1) => [Rbx, Rcx, Rdx, Rsi, Rdi, Rbp],
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
    needs = [SECCOMP_FILTER, PTRACE],
    timeout_factor = 6,
)]
fn any_tracer_has_the_effect_the_model_says() {
    hold!(|| Tracers(Callers::new()), 400);
}
