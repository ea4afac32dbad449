//! Sequences of steps of a thread: after each step, kernel and model agree.

mod execute;
mod predict;
mod reproduce;
mod step;

use super::engine::check;
use super::property::{Prediction, Property, Report};
use super::reproducer::Reproducer;
use crate::clauses::*;
use execute::Executor;
use fixtures::fuzz::Last;
use fixtures::gadget::{self, Gadget};
use fixtures::helper::Program;
use fixtures::needs::{DISPATCH, INT80, LAST_PAGE, PTRACE};
use fixtures::selector::RemappableSelector;
use fixtures::{Entry, Log, address, sigsys};
use model::call::{Register, Return};
use model::signal::SignalFrame;
use model::{Model, Outcome};
use predict::Predictor;
use proptest::prelude::*;
use std::fmt;
use step::Step;

/// Where everything lies: gadgets and trampoline low, at the same addresses in every run, the program
/// above them all.
struct Layout {
    /// Two in one page, and one of the 32-bit ABI.
    gadgets: [Gadget; 3],
    trampoline: usize,
    /// The region of the trampoline's pages.
    trampoline_pages: (u64, u64),
    selector: RemappableSelector,
    user_end: u64,
    log: Log,
    program: Program,
}

impl Layout {
    fn new() -> Self {
        let [first, second] = Gadget::pair(Entry::Syscall, 8);
        let gadgets = [first, second, Gadget::int80()];
        let (trampoline, pages) = gadget::restorer();
        Self {
            gadgets,
            trampoline,
            trampoline_pages: (pages.offset, pages.length),
            selector: RemappableSelector::new(),
            user_end: address::user_end(),
            log: sigsys::attach_log(),
            program: Program::new(),
        }
    }
}

struct Sequences {
    layout: Layout,
    /// Whether the steps are taken under a tracer.
    traced: bool,
    /// Whether there are 32-bit calls.
    compat: bool,
}

/// What is observed of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fact {
    /// A call the program makes for itself: how often the handler ran, and the result.
    Own { signals: u64, result: i64 },
    /// As `Own`, where the result is good or an error.
    OwnIsGood { signals: u64, good: bool },
    /// A gadget's call.
    Call { signals: u64, frame: Option<SignalFrame>, result: Return },
    /// What a new task found: its calls run, or something else.
    Child { runs: bool },
    /// What a tracer read: the error, or mode, selector, offset and length.
    Got(Result<[u64; 4], i32>),
    /// How a tracee ended.
    Tracee(Last),
    /// What a tracer's write answered.
    Set(Result<(), i32>),
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Own { signals, result } => {
                Outcome::Returned { signals, frame: None, result: Return::Value(result) }.fmt(f)
            }
            Self::OwnIsGood { signals, good } => {
                let result = if good { "succeeded" } else { "failed" };
                write!(f, "{result} after {signals} SIGSYS")
            }
            Self::Call { signals, frame, result } => {
                Outcome::Returned { signals, frame, result }.fmt(f)
            }
            Self::Child { runs: true } => f.write_str("the new task's call returned -ENOSYS"),
            Self::Child { runs: false } => f.write_str("the new task's call was intercepted"),
            Self::Got(Ok([mode, selector, offset, length])) => write!(
                f,
                "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG: mode {mode}, selector {selector:#x}, \
                 offset {offset:#x}, len {length:#x}"
            ),
            Self::Got(Err(errno)) => {
                let errno = Register(-i64::from(errno) as u64);
                write!(f, "PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG: {errno}")
            }
            Self::Set(answer) => {
                let result = answer.map_or_else(|errno| -i64::from(errno), |()| 0);
                let result = Register(result as u64);
                write!(f, "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG: {result}")
            }
            Self::Tracee(last) => write!(f, "tracee {last}"),
        }
    }
}

impl Property for Sequences {
    type Input = Vec<Step>;
    type Fact = Fact;

    fn inputs(&self) -> BoxedStrategy<Vec<Step>> {
        let step = step::steps(&self.layout, self.traced);
        proptest::collection::vec(step, 1..14).boxed()
    }

    fn normalize(&self, model: &Model, input: Vec<Step>) -> Vec<Step> {
        let mut predictor = Predictor::new(&self.layout, model);
        let compat = self.compat;
        let possible = |step: &Step| compat || !step.is_compat();
        input.into_iter().filter(possible).filter_map(|step| predictor.normalize(step)).collect()
    }

    fn predict(&self, model: &Model, input: &Vec<Step>) -> Prediction<Fact> {
        let mut predictor = Predictor::new(&self.layout, model);
        for step in input {
            predictor.follow(step);
        }
        let mut prediction = predictor.prediction;
        if self.traced {
            prediction.facts.push(Fact::Tracee(prediction.last));
            prediction.last = Last::Finished;
        }
        prediction
    }

    fn survives(&self, model: &Model, input: &Vec<Step>) -> bool {
        let mut predictor = Predictor::new(&self.layout, model);
        for step in input {
            predictor.follow(step);
        }
        self.traced || predictor.survives()
    }

    fn execute(&self, input: &Vec<Step>, report: &Report<'_, Fact>) {
        let executor = Executor::new(&self.layout, report);
        if self.traced { executor.execute_traced(input) } else { executor.execute(input) }
    }

    fn reproducer(&self, input: &Vec<Step>, prediction: &Prediction<Fact>) -> Option<Reproducer> {
        Some(reproduce::reproduce(&self.layout, self.traced, input, prediction))
    }

    fn words(&self, input: &Vec<Step>) -> String {
        input.iter().map(|step| format!("  {step}")).collect::<Vec<_>>().join("\n")
    }
}

fn sequences(traced: bool) -> impl FnOnce() -> Sequences {
    move || Sequences { layout: Layout::new(), traced, compat: super::probe::is_there(&INT80) }
}

#[harness::test(
    clause = [
        DISPATCH_PRCTL_ON,
        DISPATCH_PRCTL_OFF,
        DISPATCH_SELECTOR_READ_AT_EVERY_ENTRY,
        DISPATCH_SELECTOR_BAD_VALUE_SIGSYS,
        DISPATCH_INHERIT_FORK,
        DISPATCH_INHERIT_CLONE,
        DISPATCH_INHERIT_EXECVE,
        DISPATCH_INHERIT_FAILED_EXECVE,
        DISPATCH_SIGNAL_BLOCKED,
        DISPATCH_SIGNAL_IGNORED,
    ],
    catches = "state that one step leaves behind and a later step meets: arming, forks, signals and execve in any order",
    needs = [DISPATCH, LAST_PAGE],
    timeout_factor = 6,
)]
fn any_sequence_goes_as_the_model_says() {
    check!(sequences(false), 1000);
}

#[harness::test(
    clause = [DISPATCH_PTRACE_GET, DISPATCH_PTRACE_SET, DISPATCH_PTRACE_VALIDATED],
    catches = "a tracer's settings that differ from those the tracee makes itself, after some order of steps",
    needs = [DISPATCH, PTRACE, LAST_PAGE],
    timeout_factor = 6,
)]
fn any_traced_sequence_goes_as_the_model_says() {
    check!(sequences(true), 200);
}
