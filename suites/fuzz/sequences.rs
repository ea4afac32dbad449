//! Threads that do one thing after another: after each, kernel and model agree.

mod act;
mod foretell;
mod reproduce;
mod step;

use super::engine::hold;
use super::property::{Foretold, Property, Report};
use super::reproducer::Reproducer;
use crate::clauses::*;
use act::Actor;
use fixtures::fuzz::Last;
use fixtures::gadget::{self, Gadget};
use fixtures::helper::Program;
use fixtures::needs::{DISPATCH, INT80, LAST_PAGE, PTRACE};
use fixtures::selector::RemappableSelector;
use fixtures::{Entry, Log, address, sigsys};
use foretell::Teller;
use model::Model;
use proptest::prelude::*;
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
    /// Whether the steps are done under a tracer.
    traced: bool,
    /// Whether there are 32-bit calls.
    compat: bool,
}

/// What is seen of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fact {
    /// A call the program makes for itself: how often the handler ran, and the result.
    Own { signals: u64, result: i64 },
    /// As `Own`, where the result is good or an error.
    OwnIsGood { signals: u64, good: bool },
    /// A gadget's call.
    Call { signals: u64, shown: Option<Shown>, result: i64 },
    /// What a new task found: its calls run, or something else.
    Child { runs: bool },
    /// What a tracer read: the error, or mode, selector, offset and length.
    Got(Result<[u64; 4], i32>),
    /// How a tracee ended.
    Tracee(Last),
    /// What a tracer's write answered.
    Set(Result<(), i32>),
}

/// What the handler was shown.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shown {
    errno: i32,
    code: i32,
    call_addr: u64,
    syscall: i32,
    arch: u32,
    rip: u64,
    rax: u64,
}

impl Property for Sequences {
    type Input = Vec<Step>;
    type Fact = Fact;

    fn inputs(&self) -> BoxedStrategy<Vec<Step>> {
        let step = step::steps(&self.layout, self.traced);
        proptest::collection::vec(step, 1..14).boxed()
    }

    fn settle(&self, model: &Model, input: Vec<Step>) -> Vec<Step> {
        let mut teller = Teller::new(&self.layout, model);
        let compat = self.compat;
        let possible = |step: &Step| compat || !step.is_compat();
        input.into_iter().filter(possible).filter_map(|step| teller.settle(step)).collect()
    }

    fn foretell(&self, model: &Model, input: &Vec<Step>) -> Foretold<Fact> {
        let mut teller = Teller::new(&self.layout, model);
        for step in input {
            teller.tell(step);
        }
        let mut foretold = teller.foretold;
        if self.traced {
            foretold.facts.push(Fact::Tracee(foretold.last));
            foretold.last = Last::Finished;
        }
        foretold
    }

    fn survives(&self, model: &Model, input: &Vec<Step>) -> bool {
        let mut teller = Teller::new(&self.layout, model);
        for step in input {
            teller.tell(step);
        }
        self.traced || teller.survives()
    }

    fn act(&self, input: &Vec<Step>, report: &Report<'_, Fact>) {
        let actor = Actor::new(&self.layout, report);
        if self.traced { actor.act_traced(input) } else { actor.act(input) }
    }

    fn reproducer(&self, input: &Vec<Step>, foretold: &Foretold<Fact>) -> Option<Reproducer> {
        Some(reproduce::reproduce(&self.layout, self.traced, input, foretold))
    }

    fn words(&self, input: &Vec<Step>) -> String {
        input.iter().map(|step| format!("  {step:x?}")).collect::<Vec<_>>().join("\n")
    }
}

fn sequences(traced: bool) -> impl FnOnce() -> Sequences {
    move || Sequences { layout: Layout::new(), traced, compat: super::asked::is_there(&INT80) }
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
    needs = [DISPATCH, LAST_PAGE],
    timeout_factor = 6,
)]
fn any_sequence_goes_as_the_model_says() {
    hold!(sequences(false), 1000);
}

#[harness::test(
    clause = [DISPATCH_PTRACE_GET, DISPATCH_PTRACE_SET, DISPATCH_PTRACE_VALIDATED],
    needs = [DISPATCH, PTRACE, LAST_PAGE],
    timeout_factor = 6,
)]
fn any_traced_sequence_goes_as_the_model_says() {
    hold!(sequences(true), 200);
}
