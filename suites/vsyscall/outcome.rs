//! The outcome of a call through the page.

use fixtures::vsyscall::{Area, Back, Caller, Cpu, Fault, Moment, Vsyscall, timezone};
use harness::{Fact, Returned, Teller};
use std::fmt;

/// The outcome of a call with both areas as arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The call returned what the ordinary call returns, in RAX and in memory.
    Ran,
    /// The call returned this value and wrote nothing.
    Gave(i64),
    /// The call ended in a fault.
    Faulted(Fault),
    /// The call never returned.
    Never,
    /// An unexpected outcome.
    Odd(Odd),
}

/// An unexpected outcome.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Odd {
    result: i64,
    popped: i64,
    faults: u64,
    wrote: bool,
}

impl Fact for Outcome {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        match self {
            Self::Ran => "ran".tell(to),
            Self::Gave(value) => Returned(*value).tell(to),
            Self::Faulted(fault) => fault.tell(to),
            Self::Never => "never came back".tell(to),
            Self::Odd(odd) => odd.tell(to),
        }
    }
}

impl Fact for Odd {
    fn tell(&self, to: &mut Teller<'_>) -> fmt::Result {
        let Self { result, popped, faults, wrote } = self;
        // A time of day differs between runs.
        let result: &dyn Fact = match result {
            -4096..=4096 => &Returned(*result),
            _ => &"large",
        };
        let stack = format_args!("{popped:+}");
        let fields = [("result", result), ("stack", &stack), ("faults", faults), ("wrote", wrote)];
        to.fields(fields)
    }
}

harness::debug_as_fact!(Outcome, Odd);

/// The state before a call, with which its results are checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    before: Moment,
    cpu: Cpu,
    timezone: u64,
}

impl Watch {
    /// Forgets the caller's earlier calls. Makes the ordinary calls, and so must precede a filter on
    /// them.
    pub(super) fn start(caller: &Caller) -> Self {
        Self::start_on(caller, true)
    }

    /// As [`Self::start`], on the last or the first CPU.
    pub(super) fn start_on(caller: &Caller, last: bool) -> Self {
        caller.clear();
        let cpu = Cpu::stay(last);
        Self { timezone: timezone(), cpu, before: Moment::now() }
    }

    /// The outcome of the latest call. `pointer` is the address that a fault may name.
    pub(super) fn outcome_about(self, caller: &Caller, entry: Vsyscall, pointer: u64) -> Outcome {
        let after = Moment::now();
        if let (1, Some(fault)) = (caller.faults(), caller.fault(pointer)) {
            return Outcome::Faulted(fault);
        }
        let Some(back) = caller.latest() else { return Outcome::Never };
        let [first, second] = [caller.first, caller.second];
        let wrote = !(first.is_untouched_but(0) && second.is_untouched_but(0));
        match (back.popped(), caller.faults(), wrote) {
            (8, 0, _) if self.told(entry, &back, first, second, after) => Outcome::Ran,
            (8, 0, false) => Outcome::Gave(back.result()),
            (popped, faults, _) => {
                Outcome::Odd(Odd { result: back.result(), popped, faults, wrote })
            }
        }
    }

    /// As [`Self::outcome_about`], where a fault names an address in the page.
    pub(super) fn outcome(self, caller: &Caller, entry: Vsyscall) -> Outcome {
        let outcome = self.outcome_about(caller, entry, 0);
        harness::observe!("vsyscall", outcome);
        outcome
    }

    /// Whether the results are the right ones.
    fn told(self, entry: Vsyscall, back: &Back, first: Area, second: Area, after: Moment) -> bool {
        let result = back.result();
        match entry {
            Vsyscall::Gettimeofday => {
                result == 0
                    && self.is_time_of_day(first, after)
                    && second.word(0) == self.timezone
                    && first.is_untouched_but(16)
                    && second.is_untouched_but(8)
            }
            Vsyscall::Time => {
                self.are_seconds(result, after)
                    && first.word(0) == result as u64
                    && first.is_untouched_but(8)
                    && second.is_untouched_but(0)
            }
            Vsyscall::Getcpu => {
                result == 0
                    && first.word32(0) == self.cpu.number
                    && second.word32(0) == self.cpu.node
                    && first.is_untouched_but(4)
                    && second.is_untouched_but(4)
            }
        }
    }

    /// Whether the area holds a `struct timeval` between the start and `after`.
    pub(super) fn is_time_of_day(self, area: Area, after: Moment) -> bool {
        let [seconds, microseconds] = [0, 1].map(|i| area.word(i) as i64);
        (0..1_000_000).contains(&microseconds)
            && seconds.checked_mul(1_000_000).is_some_and(|whole| {
                (self.before.microseconds..=after.microseconds).contains(&(whole + microseconds))
            })
    }

    /// Whether these are the seconds of time(2) between the start and `after`.
    pub(super) fn are_seconds(self, seconds: i64, after: Moment) -> bool {
        (self.before.seconds..=after.seconds).contains(&seconds)
    }

    /// Whether the area holds this timezone.
    pub(super) fn is_timezone(self, area: Area) -> bool {
        area.word(0) == self.timezone
    }

    /// The CPU to which the thread is bound.
    pub(super) fn cpu(self) -> Cpu {
        self.cpu
    }
}

/// Makes a call with both areas as arguments, and returns its outcome.
pub(super) fn of_call(caller: &Caller, entry: Vsyscall) -> Outcome {
    let watch = Watch::start(caller);
    caller.call(entry);
    watch.outcome(caller, entry)
}
