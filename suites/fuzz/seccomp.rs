//! Stacks of random filters: which programs are accepted, and what becomes of calls under them.

use super::engine::check;
use super::filtered::{Call, Callers, Origin};
use super::observed;
use super::programs::{self, Program};
use super::property::{Prediction, Property, Report};
use super::reproducer::{Expected, Reproducer};
use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::child::{self, Flavour};
use fixtures::filter::{self, Filter, NEW_LISTENER, Word};
use fixtures::fuzz::Last;
use fixtures::listener::Listener;
use fixtures::needs::{SECCOMP_FILTER, USER_NOTIF};
use model::call::Register;
use model::{Model, Outcome};
use proptest::collection::vec;
use proptest::prelude::*;
use std::fmt;
use sys::uapi::{EBUSY, EINVAL, SIGSYS};

/// Exit status of a process that outlived its calling thread.
const OUTLIVED: i32 = 42;

/// Filters, and calls under them.
#[derive(Clone, Debug)]
struct Input {
    bodies: Vec<Program>,
    filters: Vec<Program>,
    calls: Vec<Call>,
    /// A second thread makes the calls.
    second_thread: bool,
}

struct Stacks(Callers);

impl Property for Stacks {
    type Input = Input;
    type Fact = Outcome;

    fn inputs(&self) -> BoxedStrategy<Input> {
        let bodies = vec(programs::accepted(&self.0.words_of_calls()), 1..4);
        (bodies, vec(self.0.calls(), 1..8), prop::bool::weighted(0.1))
            .prop_map(|(bodies, calls, second_thread)| Input {
                bodies,
                filters: Vec::new(),
                calls,
                second_thread,
            })
            .boxed()
    }

    fn normalize(&self, model: &Model, mut input: Input) -> Input {
        let addresses = self.0.addresses();
        let confined = |body: &Program| programs::confined(body, &addresses);
        input.filters = input.bodies.iter().map(confined).collect();
        let calls = std::mem::take(&mut input.calls);
        let normalize = |call| self.0.normalize(model, &input.filters, call, None);
        // The filters may not be harmless for the number that replaces another, either.
        input.calls = calls
            .into_iter()
            .map(normalize)
            .filter(|call| self.0.predict(model, &input.filters, call, None).is_testable())
            .collect();
        input
    }

    fn predict(&self, model: &Model, input: &Input) -> Prediction<Outcome> {
        let mut prediction = Prediction::of(Vec::new());
        for call in &input.calls {
            match self.0.predict(model, &input.filters, call, None) {
                Outcome::Killed { signal, thread_alone } => {
                    prediction.dies(signal);
                    if thread_alone && input.second_thread && signal == SIGSYS {
                        prediction.last = Last::Ended(WaitStatus::Exited(OUTLIVED));
                    }
                    return prediction;
                }
                outcome => prediction.facts.push(outcome),
            }
        }
        prediction
    }

    fn survives(&self, _: &Model, _: &Input) -> bool {
        false
    }

    fn execute(&self, input: &Input, report: &Report<'_, Outcome>) {
        filter::no_new_privileges();
        for program in &input.filters {
            let _ = Filter::raw(programs::handed(program)).try_load(0);
        }
        let calls = || {
            let identities = observed::identities();
            for call in &input.calls {
                report.fact(self.0.make(call, identities));
            }
        };
        if !input.second_thread {
            return calls();
        }
        let thread = child::start(Flavour::CloneThread, || {
            calls();
            OUTLIVED
        });
        if thread.end() != WaitStatus::Exited(OUTLIVED) {
            child::exit(OUTLIVED);
        }
    }

    fn reproducer(&self, input: &Input, prediction: &Prediction<Outcome>) -> Option<Reproducer> {
        let mut c = Reproducer::new();
        c.handler("0", None);
        self.0.reproduce_gadgets(&mut c, input.calls.iter());
        c.no_new_privileges();
        input.filters.iter().for_each(|filter| c.filter(filter));
        if input.second_thread {
            c.in_second_thread();
        }
        // No fact is predicted of the call that kills, and it is the last.
        let many = (prediction.facts.len() + 1).min(input.calls.len());
        let calls = &input.calls[..many];
        let expected = |(i, call): (usize, &Call)| {
            prediction.facts.get(i).and_then(|outcome| self.0.expected(outcome, &[call.rax]))
        };
        let expected: Vec<_> = calls.iter().enumerate().map(expected).collect();
        if expected.iter().flatten().any(Expected::is_about_who) {
            c.ask_who();
        }
        for (i, (call, expected)) in calls.iter().zip(expected).enumerate() {
            c.step(&call_in_words(call));
            match prediction.facts.get(i) {
                Some(outcome) if !outcome.is_testable() => c.call_for_ever(self.0.calling(call)),
                _ => c.call(self.0.calling(call), expected),
            }
        }
        c.ends(prediction.last);
        Some(c)
    }

    fn size(&self, input: &Input) -> u64 {
        input.calls.len() as u64
    }

    fn words(&self, input: &Input) -> String {
        let mut lines: Vec<_> =
            input.filters.iter().map(|f| format!("  filter {}", programs::words(f))).collect();
        lines.extend(input.calls.iter().map(call_in_words));
        if input.second_thread {
            lines.push("  the calls are made by a second thread".into());
        }
        lines.join("\n")
    }
}

/// A call in words.
pub(super) fn call_in_words(call: &Call) -> String {
    let args =
        |count| call.args[..count].iter().map(|arg| format!(", {arg:#x}")).collect::<String>();
    let rax = Register(call.rax);
    match call.from {
        Origin::Gadget(0) => format!("  syscall, rax {rax}{}", args(6)),
        Origin::Gadget(_) => format!("  int 0x80, rax {rax}{}", args(6)),
        Origin::Page(address) => format!("  call {address:#x}{}", args(2)),
    }
}

/// Programs of any kind. A listener exists, so that a valid program is refused too, with EBUSY.
struct Programs {
    shown: Vec<u32>,
}

/// What is observed of a program.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fact {
    /// The program's index, and the result of loading it.
    Answer(usize, i64),
    /// A call afterwards.
    Runs(bool),
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(i, result) => {
                let result = Register(*result as u64);
                write!(f, "program {}: SECCOMP_SET_MODE_FILTER returned {result}", i + 1)
            }
            Self::Runs(runs) => {
                write!(f, "a call afterwards {}", if *runs { "ran" } else { "failed" })
            }
        }
    }
}

impl Property for Programs {
    type Input = Vec<Program>;
    type Fact = Fact;

    fn inputs(&self) -> BoxedStrategy<Vec<Program>> {
        vec(programs::doubtful(&self.shown), 1..12).boxed()
    }

    fn predict(&self, model: &Model, input: &Vec<Program>) -> Prediction<Fact> {
        let answer = |program: &Program| if model.accepts(program) { -EBUSY } else { -EINVAL };
        let mut facts: Vec<_> =
            input.iter().enumerate().map(|(i, p)| Fact::Answer(i, answer(p))).collect();
        facts.push(Fact::Runs(true));
        Prediction::of(facts)
    }

    fn execute(&self, input: &Vec<Program>, report: &Report<'_, Fact>) {
        for (i, program) in input.iter().enumerate() {
            let filter = Filter::raw(programs::handed(program));
            let answer = match filter.try_load(NEW_LISTENER) {
                Ok(value) => value as i64,
                Err(errno) => -(errno as i64),
            };
            report.fact(Fact::Answer(i, answer));
        }
        report.fact(Fact::Runs(fixtures::own_pid() > 0));
    }

    fn reproducer(
        &self,
        input: &Vec<Program>,
        prediction: &Prediction<Fact>,
    ) -> Option<Reproducer> {
        let mut c = Reproducer::new();
        c.listener();
        for fact in &prediction.facts {
            if let Fact::Answer(i, answer) = fact {
                c.program(&input[*i], *answer);
            }
        }
        Some(c)
    }

    fn size(&self, input: &Vec<Program>) -> u64 {
        input.len() as u64
    }

    fn words(&self, input: &Vec<Program>) -> String {
        input.iter().map(|p| format!("  {}", programs::words(p))).collect::<Vec<_>>().join("\n")
    }
}

#[harness::test(
    clause = [
        SECCOMP_PRECEDENCE_HIGHEST_WINS,
        SECCOMP_PRECEDENCE_NEWEST_DATA,
        SECCOMP_ACTIONS_UNKNOWN,
        SECCOMP_ACTIONS_ERRNO,
        SECCOMP_DATA_NUMBER,
        SECCOMP_DATA_ARCH,
        SECCOMP_DATA_ARGS,
        SECCOMP_TRAP_DATA,
        VSYSCALL_FILTER_OBEYED,
    ],
    catches = "a program evaluated wrongly, or a stack of filters whose strictest result is not the one carried out",
    needs = [SECCOMP_FILTER],
    timeout_factor = 6,
)]
fn calls_under_any_filters_come_to_what_the_model_says() {
    check!(|| Stacks(Callers::new()), 800);
}

#[harness::test(
    clause = [
        SECCOMP_PROGRAM_INVALID,
        SECCOMP_PROGRAM_LOAD_BOUNDS,
        SECCOMP_PROGRAM_LOAD_SIZE,
        SECCOMP_PROGRAM_LENGTH,
        SECCOMP_PROGRAM_REJECTED_INSTRUCTIONS,
    ],
    catches = "a malformed program that is accepted, or a well-formed one that is refused",
    needs = [SECCOMP_FILTER, USER_NOTIF],
    timeout_factor = 6,
)]
fn any_program_is_accepted_or_refused_as_the_model_says() {
    check!(
        || {
            let shown = Callers::new().words_of_calls();
            // Kept, for a listener that is closed makes room for another.
            std::mem::forget(Listener::of(&Filter::only(
                Word::NUMBER.is(0x3ffe),
                filter::Action::Errno(1),
            )));
            Programs { shown }
        },
        600,
    );
}
