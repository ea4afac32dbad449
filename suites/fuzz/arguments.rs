//! All arguments of the prctl around all edges: what it answers, and how calls fare afterwards.

use super::draw::{self, UNASSIGNED};
use super::engine::{Foretold, Property, Report, hold};
use super::reproducer::Reproducer;
use crate::dispatch::clauses::*;
use fixtures::End;
use fixtures::fuzz::Last;
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INT80};
use fixtures::selector::{Detachable, Selector};
use fixtures::{Entry, Log, Reg, Registers, address, call, sigsys};
use model::call::Given;
use model::dispatch::{Args, Config, Entry as Fate, raw};
use model::signal::{Action, Signals};
use model::thread::{Memory, Outcome, Page, Thread};
use model::{Abi, Call, Model};
use proptest::collection::vec;
use proptest::prelude::*;

const PRCTL: i64 = 157;
const PRCTL_32: u64 = 172;
const OPERATION: u64 = 59;
/// Stands for the program's own code, which no drawn region has an edge in.
const PROGRAM: u64 = 0x5000_0000_0000;
/// One call in so many is tried from each gadget, too.
const TRIED: usize = 16;

/// Where the calls come from, and the selector.
struct Places {
    abi: Abi,
    /// Calls are tried from here.
    gadgets: [Gadget; 2],
    /// The 32-bit prctl is made here.
    int80: Gadget,
    selector: Selector,
    log: Log,
    edges: Vec<u64>,
    selectors: Vec<u64>,
}

impl Places {
    fn new(abi: Abi) -> Self {
        let gadgets = Gadget::pair(Entry::Syscall, 16);
        let int80 = Gadget::int80();
        let selector = Detachable::new().selector;
        let log = sigsys::handle();
        log.on_entry(selector.byte(), 0);
        let all = [gadgets[0], gadgets[1], int80];
        let end = address::user_end();
        let edges = draw::addresses(&all, end, selector);
        // Code is not a selector: what it holds is no business of the model's.
        let selectors = draw::addresses(&[], end, selector);
        Self { abi, gadgets, int80, selector, log, edges, selectors }
    }

    fn prctl(&self, args: Args) -> i64 {
        let Args { mode, offset, length, selector } = args;
        match self.abi {
            Abi::X86_64 => call::raw(
                PRCTL,
                [OPERATION, mode, offset, length, selector, 0].map(|value| value as usize),
            ),
            Abi::I386 => {
                let image = Registers::pattern()
                    .with(Reg::Rax, PRCTL_32)
                    .with(Reg::Rbx, OPERATION)
                    .with(Reg::Rcx, mode)
                    .with(Reg::Rdx, offset)
                    .with(Reg::Rsi, length)
                    .with(Reg::Rdi, selector);
                self.int80.call_with(image)[Reg::Rax] as i64
            }
        }
    }

    fn thread(&self, config: Config, byte: u8) -> Thread {
        Thread {
            config,
            signals: Signals { blocked: false, action: Action::Handle { restart: false } },
            memory: Memory {
                address: self.selector.address(),
                byte,
                neighbours: 0xff,
                page: Page::Readable,
            },
            handler_allows: true,
            trampoline: PROGRAM,
        }
    }

    /// Whether the program goes on with this configuration once the selector allows calls.
    fn goes_on(&self, model: &Model, config: Config) -> bool {
        let thread = self.thread(config, 0);
        let passes = |after| model.thread_entry(&thread, after) == Fate::Passes;
        passes(PROGRAM) && passes(self.int80.after())
    }

    /// What becomes of a call from a gadget while the selector holds `byte`.
    fn foretell(&self, model: &Model, config: Config, byte: u8, gadget: usize) -> Option<Outcome> {
        let after = self.gadgets[gadget].after();
        let call = Call { abi: Abi::X86_64, after, rax: UNASSIGNED };
        model.thread_call(&mut self.thread(config, byte), call)
    }

    fn call(&self, byte: u8, gadget: usize) -> Fact {
        self.log.clear();
        self.selector.store(byte);
        let result = self.gadgets[gadget].call(UNASSIGNED as i64);
        self.selector.store(0);
        Fact::Call { from: gadget, signals: self.log.count(), result }
    }

    fn reproducer(&self) -> Reproducer {
        let mut c = Reproducer::new();
        c.handler();
        c.selector(self.selector.address());
        c.gadget(self.gadgets[0].instruction(), false);
        c.gadget(self.gadgets[1].instruction(), false);
        c.gadget(self.int80.instruction(), true);
        c
    }

    /// Where the 32-bit prctl is made, for a reproducer.
    fn compat(&self) -> Option<u64> {
        (self.abi == Abi::I386).then(|| self.int80.instruction())
    }

    fn reproduce_call(&self, c: &mut Reproducer, byte: u8, fact: Option<&Fact>, from: usize) {
        let expected = match fact {
            Some(Fact::Call { signals, result, .. }) => Some((*signals, *result)),
            _ => None,
        };
        c.store(byte);
        c.call(self.gadgets[from].instruction(), false, UNASSIGNED, [0; 6], expected, None);
    }

    fn lengths(&self) -> BoxedStrategy<Length> {
        prop_oneof![
            3 => draw::near(self.edges.clone()).prop_map(Length::Bytes),
            1 => (-2i64..=2).prop_map(Length::ToTheEnd),
        ]
        .boxed()
    }

    fn edges(&self) -> BoxedStrategy<u64> {
        draw::near(self.edges.clone())
    }
}

/// What is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fact {
    /// The prctl's result.
    Answer(i64),
    /// A call from a gadget.
    Call { from: usize, signals: u64, result: i64 },
}

fn seen(from: usize, outcome: Option<Outcome>) -> Option<Fact> {
    match outcome? {
        Outcome::Returned { signals, result: Given::Value(result), .. } => {
            Some(Fact::Call { from, signals, result })
        }
        _ => None,
    }
}

/// A length, or what is left of the address space and a little more or less.
#[derive(Clone, Copy, Debug)]
enum Length {
    Bytes(u64),
    ToTheEnd(i64),
}

impl Length {
    fn of(self, offset: u64) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::ToTheEnd(more) => 0u64.wrapping_sub(offset).wrapping_add(more as u64),
        }
    }
}

/// Some values for each argument: every combination is tried.
#[derive(Clone, Debug)]
struct Product {
    modes: Vec<u64>,
    offsets: Vec<u64>,
    lengths: Vec<Length>,
    selectors: Vec<u64>,
    /// What the selector holds when calls are tried.
    blocks: bool,
    /// The combinations after which this process goes on.
    harmless: Vec<Args>,
}

impl Product {
    fn all(&self) -> impl Iterator<Item = Args> {
        self.modes.iter().flat_map(move |mode| {
            self.offsets.iter().flat_map(move |offset| {
                self.lengths.iter().flat_map(move |length| {
                    self.selectors.iter().map(move |selector| Args {
                        mode: *mode,
                        offset: *offset,
                        length: length.of(*offset),
                        selector: *selector,
                    })
                })
            })
        })
    }
}

/// The answers to combinations that leave the process alive.
struct Answers(Places);

impl Property for Answers {
    type Input = Product;
    type Fact = Fact;

    fn inputs(&self) -> BoxedStrategy<Product> {
        let places = &self.0;
        let selectors = prop_oneof![
            2 => Just(places.selector.address()),
            1 => Just(0),
            3 => draw::near(places.selectors.clone()),
        ];
        (
            vec(draw::modes(), 1..4),
            vec(places.edges(), 1..7),
            vec(places.lengths(), 1..7),
            vec(selectors, 1..5),
            any::<bool>(),
        )
            .prop_map(|(modes, offsets, lengths, selectors, blocks)| Product {
                modes,
                offsets,
                lengths,
                selectors,
                blocks,
                harmless: Vec::new(),
            })
            .boxed()
    }

    fn settle(&self, model: &Model, mut input: Product) -> Product {
        let byte = u8::from(input.blocks);
        let harmless = |args: &Args| {
            let args = model.seen(self.0.abi, *args);
            let config = model.prctl(Config::default(), args).1;
            let survives = |from| seen(from, self.0.foretell(model, config, byte, from)).is_some();
            self.0.goes_on(model, config) && survives(0) && survives(1)
        };
        input.harmless = input.all().filter(harmless).collect();
        input
    }

    fn foretell(&self, model: &Model, input: &Product) -> Foretold<Fact> {
        let places = &self.0;
        let mut config = Config::default();
        let mut facts = Vec::with_capacity(input.harmless.len() + 2);
        for (i, args) in input.harmless.iter().enumerate() {
            let (answer, next) = model.prctl(config, model.seen(places.abi, *args));
            config = next;
            facts.push(Fact::Answer(raw(answer)));
            if i % TRIED == 0 {
                let outcome = |from| places.foretell(model, config, u8::from(input.blocks), from);
                facts.extend([0, 1].into_iter().filter_map(|from| seen(from, outcome(from))));
            }
        }
        Foretold::of(facts)
    }

    fn act(&self, input: &Product, report: &Report<'_, Fact>) {
        let places = &self.0;
        places.selector.store(0);
        places.prctl(Args::default());
        for (i, args) in input.harmless.iter().enumerate() {
            report.fact(Fact::Answer(places.prctl(*args)));
            if i % TRIED == 0 {
                report.fact(places.call(u8::from(input.blocks), 0));
                report.fact(places.call(u8::from(input.blocks), 1));
            }
        }
        places.prctl(Args::default());
    }

    fn reproducer(&self, input: &Product, foretold: &Foretold<Fact>) -> Option<Reproducer> {
        let places = &self.0;
        let mut c = places.reproducer();
        let mut args = input.harmless.iter();
        for fact in &foretold.facts {
            match fact {
                Fact::Answer(answer) => c.prctl(*args.next()?, places.compat(), *answer),
                Fact::Call { from, .. } => {
                    places.reproduce_call(&mut c, u8::from(input.blocks), Some(fact), *from);
                }
            }
        }
        Some(c)
    }

    fn size(&self, input: &Product) -> u64 {
        input.harmless.len() as u64
    }

    fn words(&self, input: &Product) -> String {
        let line = |args: &Args| {
            let Args { mode, offset, length, selector } = args;
            format!("  prctl(59, {mode:#x}, {offset:#x}, {length:#x}, {selector:#x})")
        };
        let lines: Vec<_> = input.harmless.iter().map(line).collect();
        let byte = u8::from(input.blocks);
        format!("{}\n  calls are tried with {byte} in the selector", lines.join("\n"))
    }
}

/// One combination after which the process may be lost, and a call.
#[derive(Clone, Debug)]
struct Fatal {
    earlier: Option<Args>,
    args: Args,
    byte: u8,
    from: usize,
}

/// What one call does after any combination.
struct Effects(Places);

impl Effects {
    fn then(&self, model: &Model, config: Config, args: Args) -> (i64, Config) {
        let (answer, next) = model.prctl(config, model.seen(self.0.abi, args));
        (raw(answer), next)
    }
}

impl Property for Effects {
    type Input = Fatal;
    type Fact = Fact;

    fn inputs(&self) -> BoxedStrategy<Fatal> {
        let places = &self.0;
        let selectors = prop_oneof![
            4 => Just(places.selector.address()),
            3 => Just(0),
            3 => draw::near(places.selectors.clone()),
        ];
        let modes = prop_oneof![6 => 1u64..3, 1 => draw::modes()];
        let args = (modes, places.edges(), places.lengths(), selectors)
            .prop_map(|(mode, offset, length, selector)| Args {
                mode,
                offset,
                length: length.of(offset),
                selector,
            })
            .boxed();
        let bytes = prop_oneof![2 => Just(1u8), 2 => Just(0), 1 => any::<u8>()];
        (proptest::option::weighted(0.5, args.clone()), args, bytes, 0..2usize)
            .prop_map(|(earlier, args, byte, from)| Fatal { earlier, args, byte, from })
            .boxed()
    }

    /// The earlier one must leave the process able to ask for the other.
    fn settle(&self, model: &Model, mut input: Fatal) -> Fatal {
        input.earlier = input
            .earlier
            .filter(|args| self.0.goes_on(model, self.then(model, Config::default(), *args).1));
        input
    }

    fn foretell(&self, model: &Model, input: &Fatal) -> Foretold<Fact> {
        let mut config = Config::default();
        let mut facts = Vec::new();
        for args in input.earlier.into_iter().chain([input.args]) {
            let (answer, next) = self.then(model, config, args);
            config = next;
            facts.push(Fact::Answer(answer));
        }
        let outcome = self.0.foretell(model, config, input.byte, input.from);
        let mut foretold = Foretold::of(facts);
        match outcome {
            Some(Outcome::Killed(signal)) => foretold.dies(signal),
            other => foretold.facts.extend(seen(input.from, other)),
        }
        foretold
    }

    fn act(&self, input: &Fatal, report: &Report<'_, Fact>) {
        self.0.selector.store(0);
        self.0.prctl(Args::default());
        for args in input.earlier.into_iter().chain([input.args]) {
            report.fact(Fact::Answer(self.0.prctl(args)));
        }
        report.fact(self.0.call(input.byte, input.from));
    }

    fn survives(&self, model: &Model, input: &Fatal) -> bool {
        let mut config = Config::default();
        for args in input.earlier.into_iter().chain([input.args]) {
            config = self.then(model, config, args).1;
        }
        self.0.goes_on(model, config)
    }

    fn reproducer(&self, input: &Fatal, foretold: &Foretold<Fact>) -> Option<Reproducer> {
        let mut c = self.0.reproducer();
        let mut facts = foretold.facts.iter();
        for args in input.earlier.into_iter().chain([input.args]) {
            if let Some(Fact::Answer(answer)) = facts.next() {
                c.prctl(args, self.0.compat(), *answer);
            }
        }
        self.0.reproduce_call(&mut c, input.byte, facts.next(), input.from);
        if let Last::Ended(End::KilledBy(signal)) = foretold.last {
            c.dies(signal);
        }
        Some(c)
    }

    fn words(&self, input: &Fatal) -> String {
        let mut lines = Vec::new();
        for Args { mode, offset, length, selector } in input.earlier.into_iter().chain([input.args])
        {
            lines.push(format!("  prctl(59, {mode:#x}, {offset:#x}, {length:#x}, {selector:#x})"));
        }
        let instruction = self.0.gadgets[input.from].instruction();
        let byte = input.byte;
        format!("{}\n  a call at {instruction:#x} with {byte} in the selector", lines.join("\n"))
    }
}

#[harness::test(
    clause = [ERR_EINVAL_OP, ERR_EINVAL_RANGE, ERR_EINVAL_OFF_ARGS, ERR_EFAULT, NOW_MAN_RETURNS_0],
    needs = [DISPATCH],
)]
fn every_combination_is_answered_as_the_model_says() {
    hold!(|| Answers(Places::new(Abi::X86_64)), 300);
}

#[harness::test(
    clause = [ERR_EINVAL_OP, ERR_EINVAL_RANGE, ERR_EINVAL_OFF_ARGS, ERR_EFAULT, INT_ABI_INT80],
    needs = [DISPATCH, INT80],
)]
fn every_combination_is_answered_as_the_model_says_by_the_32_bit_call() {
    hold!(|| Answers(Places::new(Abi::I386)), 100);
}

#[harness::test(
    clause = [RANGE_ARGS, RANGE_ALWAYS_ALLOWED, NOW_MODE_INCLUSIVE_EDGES, SELECTOR_BAD_VALUE_SIGSYS],
    needs = [DISPATCH],
)]
fn a_call_after_any_combination_fares_as_the_model_says() {
    hold!(|| Effects(Places::new(Abi::X86_64)), 600);
}

#[harness::test(
    clause = [RANGE_ARGS, RANGE_ALWAYS_ALLOWED, INT_ABI_INT80],
    needs = [DISPATCH, INT80],
)]
fn a_call_after_any_combination_of_the_32_bit_call_fares_as_the_model_says() {
    hold!(|| Effects(Places::new(Abi::I386)), 200);
}
