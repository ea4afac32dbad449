//! All arguments of the prctl around all edges: what it answers, and how calls fare afterwards.

mod places;

use super::engine::check;
use super::property::{Prediction, Property, Report};
use super::reproducer::Reproducer;
use super::strategies;
use crate::clauses::*;
use fixtures::needs::{DISPATCH, INT80, LAST_PAGE};
use model::dispatch::{Args, Config, raw};
use model::{Abi, Model, Outcome};
use places::{Fact, Length, Places, fact_of};
use proptest::collection::vec;
use proptest::prelude::*;

/// One call in so many is tried from each gadget, too.
const TRIED: usize = 16;

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
            3 => strategies::near(places.selectors.clone()),
        ];
        (
            vec(strategies::modes(), 1..4),
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

    fn normalize(&self, model: &Model, mut input: Product) -> Product {
        let byte = u8::from(input.blocks);
        let harmless = |args: &Args| {
            let args = model.prctl_args(self.0.abi, *args);
            let config = model.prctl(Config::default(), args).1;
            // Most are refused, and calls go on as they did.
            if config == Config::default() {
                return true;
            }
            let survives =
                |from| fact_of(from, self.0.predict(model, config, byte, from)).is_some();
            self.0.goes_on(model, config) && survives(0) && survives(1)
        };
        input.harmless = input.all().filter(harmless).collect();
        input
    }

    fn predict(&self, model: &Model, input: &Product) -> Prediction<Fact> {
        let places = &self.0;
        let mut config = Config::default();
        let mut facts = Vec::with_capacity(input.harmless.len() + 2);
        for (i, args) in input.harmless.iter().enumerate() {
            let (answer, next) = model.prctl(config, model.prctl_args(places.abi, *args));
            config = next;
            facts.push(Fact::Answer(raw(answer)));
            if i % TRIED == 0 {
                let outcome = |from| places.predict(model, config, u8::from(input.blocks), from);
                facts.extend([0, 1].into_iter().filter_map(|from| fact_of(from, outcome(from))));
            }
        }
        Prediction::of(facts)
    }

    fn execute(&self, input: &Product, report: &Report<'_, Fact>) {
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

    fn reproducer(&self, input: &Product, prediction: &Prediction<Fact>) -> Option<Reproducer> {
        let places = &self.0;
        let mut c = places.reproducer();
        let mut facts = prediction.facts.iter().peekable();
        for (i, args) in input.harmless.iter().enumerate() {
            if let Some(Fact::Answer(answer)) = facts.next() {
                places.reproduce_prctl(&mut c, *args, *answer);
            }
            if i % TRIED == 0 {
                for gadget in [0, 1] {
                    let is_it =
                        |fact: &&Fact| matches!(fact, Fact::Call { from, .. } if *from == gadget);
                    let fact = facts.next_if(is_it);
                    places.reproduce_call(&mut c, u8::from(input.blocks), fact, gadget);
                    if fact.is_none() {
                        c.comes_back_never();
                    }
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
        let (answer, next) = model.prctl(config, model.prctl_args(self.0.abi, args));
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
            3 => strategies::near(places.selectors.clone()),
        ];
        let modes = prop_oneof![6 => 1u64..3, 1 => strategies::modes()];
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
    fn normalize(&self, model: &Model, mut input: Fatal) -> Fatal {
        input.earlier = input
            .earlier
            .filter(|args| self.0.goes_on(model, self.then(model, Config::default(), *args).1));
        input
    }

    fn predict(&self, model: &Model, input: &Fatal) -> Prediction<Fact> {
        let mut config = Config::default();
        let mut facts = Vec::new();
        for args in input.earlier.into_iter().chain([input.args]) {
            let (answer, next) = self.then(model, config, args);
            config = next;
            facts.push(Fact::Answer(answer));
        }
        let outcome = self.0.predict(model, config, input.byte, input.from);
        let mut prediction = Prediction::of(facts);
        match outcome {
            Outcome::Killed { signal, .. } => prediction.dies(signal),
            other => prediction.facts.extend(fact_of(input.from, other)),
        }
        prediction
    }

    fn execute(&self, input: &Fatal, report: &Report<'_, Fact>) {
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

    fn reproducer(&self, input: &Fatal, prediction: &Prediction<Fact>) -> Option<Reproducer> {
        let mut c = self.0.reproducer();
        let mut facts = prediction.facts.iter();
        for args in input.earlier.into_iter().chain([input.args]) {
            if let Some(Fact::Answer(answer)) = facts.next() {
                self.0.reproduce_prctl(&mut c, args, *answer);
            }
        }
        self.0.reproduce_call(&mut c, input.byte, facts.next(), input.from);
        c.ends(prediction.last);
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
    clause = [
        DISPATCH_PRCTL_UNKNOWN_MODE,
        DISPATCH_REGION_OUTSIDE_IS_EINVAL,
        DISPATCH_PRCTL_OFF_ARGS_ZERO,
        DISPATCH_SELECTOR_INVALID_ADDRESS,
        DISPATCH_PRCTL_SUCCESS_IS_ZERO,
    ],
    catches = "a wrong answer to some combination of mode, region and selector that no table of cases has",
    needs = [DISPATCH],
    timeout_factor = 6,
)]
fn every_combination_is_answered_as_the_model_says() {
    check!(|| Answers(Places::new(Abi::X86_64)), 300);
}

#[harness::test(
    clause = [
        DISPATCH_PRCTL_UNKNOWN_MODE,
        DISPATCH_REGION_OUTSIDE_IS_EINVAL,
        DISPATCH_PRCTL_OFF_ARGS_ZERO,
        DISPATCH_SELECTOR_INVALID_ADDRESS,
        DISPATCH_NUMBER_INT80,
    ],
    catches = "a combination that the 32-bit prctl answers otherwise, such as by the registers' upper halves",
    needs = [DISPATCH, INT80],
    timeout_factor = 6,
)]
fn every_combination_is_answered_as_the_model_says_by_the_32_bit_call() {
    check!(|| Answers(Places::new(Abi::I386)), 100);
}

#[harness::test(
    clause = [
        DISPATCH_REGION_ARGS,
        DISPATCH_REGION_ALWAYS_ALLOWED,
        DISPATCH_INCLUSIVE_HALF_OPEN,
        DISPATCH_SELECTOR_BAD_VALUE_SIGSYS,
    ],
    catches = "a combination that is answered as promised and stored otherwise, so that a later call fares differently",
    needs = [DISPATCH, LAST_PAGE],
    timeout_factor = 6,
)]
fn a_call_after_any_combination_fares_as_the_model_says() {
    check!(|| Effects(Places::new(Abi::X86_64)), 600);
}

#[harness::test(
    clause = [DISPATCH_REGION_ARGS, DISPATCH_REGION_ALWAYS_ALLOWED, DISPATCH_NUMBER_INT80],
    catches = "settings of the 32-bit prctl stored with other ends or another selector than it was given",
    needs = [DISPATCH, INT80],
    timeout_factor = 6,
)]
fn a_call_after_any_combination_of_the_32_bit_call_fares_as_the_model_says() {
    check!(|| Effects(Places::new(Abi::I386)), 200);
}
