//! Stacks of random filters: which programs are accepted, and what calls come to under them.

use super::engine::hold;
use super::filtered::{Callers, Came, From, Made};
use super::programs::{self, Program};
use super::property::{Foretold, Property, Report};
use super::reproducer::{Expected, Reproducer};
use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::child::{self, Flavour};
use fixtures::filter::{self, Filter, NEW_LISTENER, Word};
use fixtures::fuzz::Last;
use fixtures::listener::Listener;
use fixtures::needs::{SECCOMP_FILTER, USER_NOTIF};
use model::Model;
use proptest::collection::vec;
use proptest::prelude::*;
use sys::uapi::{EBUSY, EINVAL, SIGSYS};

/// Status of a process that outlived the thread that called.
const OUTLIVED: i32 = 42;

/// Filters, and calls under them.
#[derive(Clone, Debug)]
struct Input {
    bodies: Vec<Program>,
    filters: Vec<Program>,
    calls: Vec<Made>,
    /// The calls are made by a second thread.
    beside: bool,
}

struct Stacks(Callers);

impl Property for Stacks {
    type Input = Input;
    type Fact = Came;

    fn inputs(&self) -> BoxedStrategy<Input> {
        let bodies = vec(programs::accepted(&self.0.shown()), 1..4);
        (bodies, vec(self.0.calls(), 1..8), prop::bool::weighted(0.1))
            .prop_map(|(bodies, calls, beside)| Input {
                bodies,
                filters: Vec::new(),
                calls,
                beside,
            })
            .boxed()
    }

    fn settle(&self, model: &Model, mut input: Input) -> Input {
        let addresses = self.0.addresses();
        let confined = |body: &Program| programs::confined(body, &addresses);
        input.filters = input.bodies.iter().map(confined).collect();
        let calls = std::mem::take(&mut input.calls);
        let settle = |made| self.0.settle(model, &input.filters, made, None);
        // What a filter does to the number that stands in is not always harmless.
        input.calls = calls
            .into_iter()
            .map(settle)
            .filter(|made| self.0.foretell(model, &input.filters, made, None) != Came::Unfit)
            .collect();
        input
    }

    fn foretell(&self, model: &Model, input: &Input) -> Foretold<Came> {
        let mut foretold = Foretold::of(Vec::new());
        for made in &input.calls {
            match self.0.foretell(model, &input.filters, made, None) {
                Came::Killed { signal, thread_alone } => {
                    foretold.dies(signal);
                    if thread_alone && input.beside && signal == SIGSYS {
                        foretold.last = Last::Ended(WaitStatus::Exited(OUTLIVED));
                    }
                    return foretold;
                }
                came => foretold.facts.push(came),
            }
        }
        foretold
    }

    fn survives(&self, _: &Model, _: &Input) -> bool {
        false
    }

    fn act(&self, input: &Input, report: &Report<'_, Came>) {
        filter::no_new_privileges();
        for program in &input.filters {
            let _ = Filter::raw(programs::handed(program)).try_load(0);
        }
        let calls = || {
            let answers = Callers::answers();
            for made in &input.calls {
                report.fact(self.0.make(made, answers));
            }
        };
        if !input.beside {
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

    fn reproducer(&self, input: &Input, foretold: &Foretold<Came>) -> Option<Reproducer> {
        let mut c = Reproducer::new();
        c.handler("0", None);
        self.0.reproduce_gadgets(&mut c, input.calls.iter());
        c.no_new_privileges();
        input.filters.iter().for_each(|filter| c.filter(filter));
        if input.beside {
            c.beside();
        }
        // No fact is foretold of the call that kills, and it is the last.
        let many = (foretold.facts.len() + 1).min(input.calls.len());
        let calls = &input.calls[..many];
        let expected = |(i, made): (usize, &Made)| {
            foretold.facts.get(i).and_then(|came| self.0.expected(came, &[made.rax]))
        };
        let expected: Vec<_> = calls.iter().enumerate().map(expected).collect();
        if expected.iter().flatten().any(Expected::is_about_who) {
            c.ask_who();
        }
        for (i, (made, expected)) in calls.iter().zip(expected).enumerate() {
            c.step(&call_in_words(made));
            match foretold.facts.get(i) {
                Some(Came::Unfit) => c.call_for_ever(self.0.calling(made)),
                _ => c.call(self.0.calling(made), expected),
            }
        }
        c.ends(foretold.last);
        Some(c)
    }

    fn size(&self, input: &Input) -> u64 {
        input.calls.len() as u64
    }

    fn words(&self, input: &Input) -> String {
        let mut lines: Vec<_> =
            input.filters.iter().map(|f| format!("  filter {}", programs::words(f))).collect();
        lines.extend(input.calls.iter().map(call_in_words));
        if input.beside {
            lines.push("  the calls are made by a second thread".into());
        }
        lines.join("\n")
    }
}

/// A call in words.
pub(super) fn call_in_words(made: &Made) -> String {
    match made.from {
        From::Gadget(0) => format!("  syscall with rax {:#x}, {:x?}", made.rax, made.args),
        From::Gadget(_) => format!("  int 0x80 with rax {:#x}, {:x?}", made.rax, made.args),
        From::Page(address) => format!("  a call of {address:#x} with {:x?}", &made.args[..2]),
    }
}

/// Programs of any kind. A listener is there, so that a good one is refused, too, and for that alone.
struct Programs {
    shown: Vec<u32>,
}

/// Whether a program was found good.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fact {
    /// The program's number, and the answer to it.
    Answer(usize, i64),
    /// A call afterwards.
    Runs(bool),
}

impl Property for Programs {
    type Input = Vec<Program>;
    type Fact = Fact;

    fn inputs(&self) -> BoxedStrategy<Vec<Program>> {
        vec(programs::doubtful(&self.shown), 1..12).boxed()
    }

    fn foretell(&self, model: &Model, input: &Vec<Program>) -> Foretold<Fact> {
        let answer = |program: &Program| if model.accepts(program) { -EBUSY } else { -EINVAL };
        let mut facts: Vec<_> =
            input.iter().enumerate().map(|(i, p)| Fact::Answer(i, answer(p))).collect();
        facts.push(Fact::Runs(true));
        Foretold::of(facts)
    }

    fn act(&self, input: &Vec<Program>, report: &Report<'_, Fact>) {
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

    fn reproducer(&self, input: &Vec<Program>, foretold: &Foretold<Fact>) -> Option<Reproducer> {
        let mut c = Reproducer::new();
        c.listener();
        for fact in &foretold.facts {
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
    needs = [SECCOMP_FILTER],
    timeout_factor = 6,
)]
fn calls_under_any_filters_come_to_what_the_model_says() {
    hold!(|| Stacks(Callers::new()), 800);
}

#[harness::test(
    clause = [
        SECCOMP_PROGRAM_INVALID,
        SECCOMP_PROGRAM_LOAD_BOUNDS,
        SECCOMP_PROGRAM_LOAD_SIZE,
        SECCOMP_PROGRAM_LENGTH,
        SECCOMP_PROGRAM_REJECTED_INSTRUCTIONS,
    ],
    needs = [SECCOMP_FILTER, USER_NOTIF],
    timeout_factor = 6,
)]
fn any_program_is_accepted_or_refused_as_the_model_says() {
    hold!(
        || {
            let shown = Callers::new().shown();
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
