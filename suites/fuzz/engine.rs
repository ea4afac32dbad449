//! Generates inputs, executes them on the kernel, compares with the model, and shrinks what differs.

use super::options::Options;
use super::property::{Prediction, Property, Report};
use super::{probe, shrink};
use fixtures::WaitStatus;
use fixtures::fuzz::{self, Last, Meaning, Outside, SharedReport};
use harness::{Fact, Hex, SetUp, Teller, observe};
use model::{Branch, Coverage, Kernel, Model, Offer};
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::fmt;
use std::io::Write;
use std::time::{Duration, Instant};

/// Inputs that are normalized, predicted and executed together; those that survive share a process.
const BATCH: u64 = 128;
/// How long an input may make no progress before it counts as hung.
const HANG_TIMEOUT: Duration = Duration::from_secs(15);
/// The interval between progress reports at first; it grows, for a soak may last for days.
const MIN_REPORT_INTERVAL: Duration = Duration::from_millis(250);
/// The longest interval between progress reports.
const MAX_REPORT_INTERVAL: Duration = Duration::from_secs(10);

type Tree<I> = Box<dyn ValueTree<Value = I>>;

/// A run of one property.
pub(crate) struct Engine<'a, P: Property> {
    name: &'static str,
    property: &'a P,
    strategy: BoxedStrategy<P::Input>,
    options: Options,
    /// The kernel as it was probed: says how inputs are normalized.
    truth: Model,
    /// The model that predicts.
    model: Model,
    shared: SharedReport,
    unnoticed: Vec<Model>,
    noticed: Coverage,
    begun: Instant,
    reported: Instant,
    inputs: u64,
    things: u64,
    outside: Outside,
}

/// Checks a property for so many inputs, unless the run has other options.
macro_rules! check {
    ($property:expr, $inputs:expr $(,)?) => {{
        fn here() {}
        $crate::fuzz::engine::check_named(std::any::type_name_of_val(&here), $property, $inputs)
    }};
}
pub(crate) use check;

/// The case's own name, from that of a function in it.
fn case_of(here: &'static str) -> &'static str {
    let name = here.strip_suffix("::here").unwrap_or(here);
    name.split_once("::").map_or(name, |(_, name)| name)
}

pub(crate) fn check_named<P: Property>(
    here: &'static str,
    property: impl FnOnce() -> P,
    inputs: u64,
) {
    fuzz::be_quiet();
    let options = Options::read();
    let truth = Model::new(probe::kernel());
    let property = property();
    let model = match options.mutate {
        Some(branch) => truth.mutated(branch),
        None => Model::new(truth.kernel),
    };
    let unnoticed = if options.mutation_report {
        Branch::ALL.iter().map(|branch| truth.mutated(*branch)).collect()
    } else {
        Vec::new()
    };
    let mut engine = Engine {
        name: case_of(here),
        strategy: property.inputs(),
        property: &property,
        options,
        truth,
        model,
        shared: SharedReport::new(),
        unnoticed,
        noticed: Coverage::default(),
        begun: Instant::now(),
        reported: Instant::now(),
        inputs: 0,
        things: 0,
        outside: Outside::default(),
    };
    if engine.options.write {
        engine.write(inputs);
    } else {
        engine.run(inputs);
    }
}

impl<P: Property> Engine<'_, P> {
    fn run(&mut self, default: u64) {
        let first = self.options.first;
        let many = match (self.options.cases, self.options.duration) {
            (Some(cases), _) => cases,
            (None, Some(_)) => u64::MAX - first,
            (None, None) => default,
        };
        let mut index = first;
        self.report("begun", &[]);
        let end = first.saturating_add(many);
        while index < end && !self.is_over() {
            let together = BATCH.min(end - index);
            if let Some((bad, difference)) = self.batch(index, together) {
                self.report("found", &[&difference]);
                self.fail(bad, &difference);
            }
            index += together;
            let pause =
                (self.begun.elapsed() / 100).clamp(MIN_REPORT_INTERVAL, MAX_REPORT_INTERVAL);
            if self.reported.elapsed() >= pause {
                self.reported = Instant::now();
                self.report("running", &[]);
            }
        }
        self.report("done", &[]);
        fuzz::speak();
        // What was not tried is not known.
        (self.inputs > 0).then_some(()).set_up("an input was tried");
        // How much a run tries that nobody changed is known: it must say nothing that may differ.
        if self.options.cases.is_some() || self.options.duration.is_some() {
            let rate = self.things as f64 / self.begun.elapsed().as_secs_f64();
            let (inputs, things) = (self.inputs, self.things);
            observe!("tried", format_args!("{inputs} inputs, {things} things, {rate:.0} a second"));
        }
        for input in self.outside.inputs() {
            observe!("tried again", format_args!("input {input}, which SIGKILL ended once"));
        }
        observe!("kernel", Offers(&self.truth.kernel));
    }

    /// Writes inputs as C programs that check what the model predicts.
    fn write(&self, default: u64) {
        let Some(folder) = &self.options.reproducers else { return };
        let first = self.options.first;
        for index in first..first.saturating_add(self.options.cases.unwrap_or(default)) {
            let input = self.property.normalize(&self.truth, self.tree(index).current());
            let prediction = self.property.predict(&self.model, &input);
            let name = self.name.trim_start_matches("fuzz::").replace("::", "-");
            let about = format!("input {index}:\n{}", self.property.words(&input));
            if let Some(c) = self.property.reproducer(&input, &prediction) {
                c.write(folder, &format!("{name}-{index}"), &about);
            }
        }
        fuzz::speak();
        None::<()>.set_up(
            "inputs were written, as fuzz.write says, and none was tried: an input is tried",
        );
    }

    fn is_over(&self) -> bool {
        self.options.duration.is_some_and(|duration| self.begun.elapsed() >= duration)
    }

    /// Input number `index`, which depends on the seed and on nothing else.
    fn tree(&self, index: u64) -> Tree<P::Input> {
        let mut seed = [0; 16];
        seed[..8]
            .copy_from_slice(&self.options.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        seed[8..].copy_from_slice(&(index + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9).to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::XorShift, &seed);
        let config = Config { failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, rng);
        match self.strategy.new_tree(&mut runner) {
            Ok(tree) => tree,
            Err(reason) => panic!("no input can be generated: {reason}"),
        }
    }

    /// Executes inputs in as few processes as they allow; gives the number of one that differs, and how.
    fn batch(&mut self, first: u64, many: u64) -> Option<(u64, String)> {
        let inputs: Vec<_> = (first..first + many)
            .map(|index| self.property.normalize(&self.truth, self.tree(index).current()))
            .collect();
        let prediction: Vec<_> =
            inputs.iter().map(|input| self.property.predict(&self.model, input)).collect();
        self.inputs += many;
        self.things += inputs.iter().map(|input| self.property.size(input)).sum::<u64>();
        let survives: Vec<_> =
            inputs.iter().map(|input| self.property.survives(&self.truth, input)).collect();
        let mut from = 0;
        while from < inputs.len() {
            let last = self.shared.run(HANG_TIMEOUT, || {
                for i in from..inputs.len() {
                    self.shared.begin(i);
                    let report = Report { shared: self.shared, expected: &prediction[i].facts };
                    self.property.execute(&inputs[i], &report);
                    if !survives[i] {
                        // Its calls may be intercepted.
                        self.shared.done();
                        self.shared.stop(false);
                    }
                }
            });
            // Facts of all but the last input were compared as they came.
            let at = self.shared.current();
            if let Some(difference) = self.difference(&prediction[at], last) {
                let input = first + at as u64;
                match self.outside.weigh(input, self.shared.saw_sigkill()) {
                    Meaning::Difference => return Some((input, difference)),
                    Meaning::Again => continue,
                    Meaning::TooMany => self.give_up(),
                }
            }
            from = at + 1;
        }
        self.report_mutations(&inputs, &prediction);
        None
    }

    /// SIGKILL ends one process after the other: nothing can be known.
    fn give_up(&self) -> ! {
        fuzz::speak();
        std::panic::panic_any(harness::Broken(
            "processes of inputs are left to live: SIGKILL ended one after the other".into(),
        ))
    }

    /// How the execution differs from the prediction.
    fn difference(&self, prediction: &Prediction<P::Fact>, last: Last) -> Option<String> {
        if let Some(text) = self.shared.difference() {
            return Some(text);
        }
        let seen = self.shared.seen();
        if last != prediction.last {
            let (says, did) = (in_words(prediction.last), in_words(last));
            return Some(format!(
                "after fact {seen}: the model predicts that the process {says}; it {did}"
            ));
        }
        (seen != prediction.facts.len())
            .then(|| format!("kernel: {seen} facts; model: {}", prediction.facts.len()))
    }

    /// Which mutations of the model these inputs detect.
    fn report_mutations(&mut self, inputs: &[P::Input], prediction: &[Prediction<P::Fact>]) {
        let property = self.property;
        let mut noticed = self.noticed;
        let reached = self.model.coverage();
        self.unnoticed.retain(|mutated| {
            if mutated.mutated.is_some_and(|branch| !reached.reached(branch)) {
                return true;
            }
            let is_seen = inputs
                .iter()
                .zip(prediction)
                .any(|(input, prediction)| property.predict(mutated, input) != *prediction);
            if let (true, Some(branch)) = (is_seen, mutated.mutated) {
                noticed = noticed.with(branch, true);
            }
            !is_seen
        });
        self.noticed = noticed;
    }

    /// Shrinks input `index`, reports the smallest that differs, and fails the case.
    fn fail(&mut self, index: u64, difference: &str) -> ! {
        let mut tree = self.tree(index);
        match shrink::shrink(&mut *tree, |input| self.try_alone(input)) {
            Some((input, difference)) => self.fail_with(index, &input, &difference),
            None => {
                let text = format!("{difference} (only after the inputs before it)");
                self.fail_with(index, &self.tree(index).current(), &text)
            }
        }
    }

    fn try_alone(&self, input: &P::Input) -> Option<String> {
        let input = self.property.normalize(&self.truth, input.clone());
        let prediction = self.property.predict(&self.model, &input);
        let try_it = || {
            let last = self.shared.run(HANG_TIMEOUT, || {
                self.shared.begin(0);
                let report = Report { shared: self.shared, expected: &prediction.facts };
                self.property.execute(&input, &report);
                self.shared.done();
                self.shared.stop(false);
            });
            self.difference(&prediction, last)
        };
        let difference = try_it()?;
        if self.shared.saw_sigkill() { try_it() } else { Some(difference) }
    }

    fn fail_with(&mut self, index: u64, input: &P::Input, difference: &str) -> ! {
        let input = self.property.normalize(&self.truth, input.clone());
        let (name, seed) = (self.name.trim_start_matches("fuzz::"), self.options.seed);
        let words = self.property.words(&input);
        let again = format!("sigsys fuzz {name} --seed {seed} --first {index} --cases 1");
        let about = format!("{difference}\nsmallest input:\n{words}\nagain: {again}");
        self.report("difference", &[&about]);
        if let Some(folder) = &self.options.reproducers {
            let prediction = self.property.predict(&self.model, &input);
            let reproducer = self.property.reproducer(&input, &prediction);
            let file = name.replace("::", "-");
            if let Some(path) = reproducer.and_then(|c| c.write(folder, &file, &about)) {
                // Not in the failure: the path of the file says nothing about the kernel.
                println!("{}: a C program that shows it", path.display());
            }
        }
        fuzz::speak();
        panic!("{about}")
    }

    /// Appends a line to the progress report, if one was asked for.
    fn report(&self, state: &str, differences: &[&str]) {
        let Some(path) = &self.options.report else { return };
        let coverage = self.model.coverage();
        let reached = Branch::ALL.iter().filter(|branch| coverage.reached(**branch));
        let reached: Vec<_> = reached.map(|branch| branch.name()).collect();
        let noticed = Branch::ALL.iter().filter(|branch| self.noticed.reached(**branch));
        let noticed: Vec<_> = noticed.map(|branch| branch.name()).collect();
        let branches: std::collections::BTreeMap<_, _> = match state {
            "begun" => Branch::ALL.iter().map(|b| (b.name(), b.words())).collect(),
            _ => Default::default(),
        };
        let line = serde_json::json!({
            "property": self.name, "state": state, "inputs": self.inputs, "tried": self.things,
            "milliseconds": self.begun.elapsed().as_millis() as u64,
            "reached": reached, "noticed": noticed, "differences": differences, "branches": branches,
        });
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        // In one piece: other properties append to it at the same time.
        let line = format!("{line}\n");
        let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
        if let Err(error) = written {
            println!("{}: {error}", path.display());
        }
    }
}

fn in_words(last: Last) -> String {
    match last {
        Last::Finished => "finishes".into(),
        Last::Hung => "hangs".into(),
        Last::Ended(WaitStatus::Exited(status)) => format!("exits with status {status}"),
        Last::Ended(end) => format!("is {end:?}"),
    }
}

/// What the kernel offers, as a fact.
struct Offers<'a>(&'a Kernel);

impl Fact for Offers<'_> {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        let Kernel {
            dispatch,
            inclusive,
            ptrace_dispatch,
            selector_end,
            restart_codes,
            wide_numbers,
            overwrites,
            keeps_result,
            vsyscalls,
            wait_killable,
            addfd_send,
        } = self.0;
        let dispatch = match dispatch {
            Offer::Absent => "absent",
            Offer::SwitchedOff => "switched off",
            Offer::Here => "here",
        };
        let fields: [(&str, &dyn Fact); 11] = [
            ("dispatch", &dispatch),
            ("inclusive", inclusive),
            ("ptrace_dispatch", ptrace_dispatch),
            ("selector_end", &Hex(*selector_end)),
            ("restart_codes", restart_codes),
            ("wide_numbers", wide_numbers),
            ("overwrites", overwrites),
            ("keeps_result", keeps_result),
            ("vsyscalls", vsyscalls),
            ("wait_killable", wait_killable),
            ("addfd_send", addfd_send),
        ];
        to.fields(fields)
    }
}
