//! What a refused prctl leaves in force, and what a further ON replaces.

use crate::clauses::*;
use fixtures::Errno::{self, EFAULT, EINVAL};
use fixtures::call_outcome::{self, CallOutcome, LogBox, UNASSIGNED};
use fixtures::dispatch::{self, ALLOW, Args, BLOCK, INCLUSIVE_ON, OFF, ON, Region};
use fixtures::filter::{self, Action};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INCLUSIVE, PTRACE, SECCOMP_FILTER};
use fixtures::selector::Selector;
use fixtures::sigsys;
use fixtures::tracee::{Resume, Stop, Tracee};
use rstest::rstest;
use sys::uapi::{SYS_getuid, SYS_prctl};

/// An address in the kernel half, which no process can map.
const KERNEL: u64 = 0xffff_8880_0000_0000;

/// Two gadgets and two selectors, so that each field of a configuration shows in the outcomes of
/// calls.
struct Stage {
    outside: Gadget,
    inside: Gadget,
    selector: Selector,
    other: Selector,
    log: LogBox,
}

/// The outcomes of three calls under a configuration.
#[derive(Debug, PartialEq, Eq)]
struct Behaviour {
    /// A call from outside the region, with the selector at BLOCK and the other at ALLOW.
    blocked: CallOutcome,
    /// A call from outside the region, with the selector at ALLOW and the other at BLOCK.
    allowed: CallOutcome,
    /// A call from the region, with both at BLOCK.
    exempt: CallOutcome,
}

impl Behaviour {
    const ARMED: Self = Self {
        blocked: CallOutcome::Dispatched,
        allowed: CallOutcome::Native,
        exempt: CallOutcome::Native,
    };
    const NO_SELECTOR: Self = Self { allowed: CallOutcome::Dispatched, ..Self::ARMED };
    const OTHER: Self = Self {
        blocked: CallOutcome::Native,
        allowed: CallOutcome::Dispatched,
        exempt: CallOutcome::Native,
    };
    const OFF: Self = Self { blocked: CallOutcome::Native, ..Self::ARMED };
}

/// The configuration in force before a call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Armed,
    NoSelector,
    Inclusive,
    Off,
    TurnedOff,
}

impl Stage {
    fn new() -> Self {
        // The second gadget lies above the first, in the region that holds everything but the first.
        let (outside, inside) = (Gadget::syscall(), Gadget::syscall());
        let (selector, other) = (Selector::ordinary(), Selector::ordinary());
        Self { outside, inside, selector, other, log: LogBox(sigsys::handle()) }
    }

    fn exclusive(&self) -> Args {
        let Region { offset, length } = self.outside.everything_else();
        Args { mode: ON, offset, length, selector: self.selector.address() }
    }

    fn inclusive(&self) -> Args {
        let Region { offset, length } = self.outside.own_pages();
        Args { mode: INCLUSIVE_ON, offset, length, selector: self.selector.address() }
    }

    fn set(&self, before: Before) -> Behaviour {
        let (args, behaviour) = match before {
            Before::Armed => (self.exclusive(), Behaviour::ARMED),
            Before::NoSelector => {
                (Args { selector: 0, ..self.exclusive() }, Behaviour::NO_SELECTOR)
            }
            Before::Inclusive => (self.inclusive(), Behaviour::ARMED),
            Before::Off => return Behaviour::OFF,
            Before::TurnedOff => {
                assert_eq!(dispatch::prctl(self.exclusive()), Ok(()));
                (Args::OFF, Behaviour::OFF)
            }
        };
        assert_eq!(dispatch::prctl(args), Ok(()));
        behaviour
    }

    fn behaviour(&self) -> Behaviour {
        let outcome = |gadget, selector: u8, other: u8| {
            self.selector.store(selector);
            self.other.store(other);
            let outcome = call_outcome::of_call(gadget, *self.log);
            self.selector.store(ALLOW);
            self.other.store(ALLOW);
            outcome
        };
        Behaviour {
            blocked: outcome(&self.outside, BLOCK, ALLOW),
            allowed: outcome(&self.outside, ALLOW, BLOCK),
            exempt: outcome(&self.inside, BLOCK, BLOCK),
        }
    }
}

/// Each row would change an outcome if its mode, region or selector were stored.
#[rstest]
#[case::unknown_mode(
    |s: &Stage| Args { mode: 3, offset: 0, length: u64::MAX, selector: s.other.address() },
    EINVAL
)]
#[case::unknown_mode_and_nothing_else(|_: &Stage| Args { mode: 3, ..Args::OFF }, EINVAL)]
#[case::unknown_mode_of_off(|_: &Stage| Args { mode: 1 << 32 | OFF, ..Args::OFF }, EINVAL)]
#[case::unknown_mode_of_on(
    |s: &Stage| Args { mode: 1 << 32 | ON, selector: s.other.address(), ..Args::ON },
    EINVAL
)]
#[case::off_with_offset(|_: &Stage| Args { offset: 1, ..Args::OFF }, EINVAL)]
#[case::off_with_length(|_: &Stage| Args { length: 1, ..Args::OFF }, EINVAL)]
#[case::off_with_selector(|s: &Stage| Args { selector: s.other.address(), ..Args::OFF }, EINVAL)]
#[case::off_with_a_whole_configuration(|s: &Stage| Args { mode: OFF, ..s.exclusive() }, EINVAL)]
#[case::region_of_no_length(
    |s: &Stage| Args { length: 0, selector: s.other.address(), ..s.exclusive() },
    EINVAL
)]
#[case::region_that_wraps(
    |s: &Stage| Args { mode: ON, offset: 1, length: u64::MAX, selector: s.other.address() },
    EINVAL
)]
#[case::region_that_wraps_without_selector(
    |_: &Stage| Args { mode: ON, offset: 1, length: u64::MAX, selector: 0 },
    EINVAL
)]
#[case::kernel_selector_and_every_address(
    |_: &Stage| Args { mode: ON, offset: 0, length: u64::MAX, selector: KERNEL },
    EFAULT
)]
#[case::kernel_selector_and_no_region(|_: &Stage| Args { selector: KERNEL, ..Args::ON }, EFAULT)]
#[case::kernel_selector_alone(|s: &Stage| Args { selector: KERNEL, ..s.exclusive() }, EFAULT)]
#[case::inclusive_of_no_length(
    |s: &Stage| Args { length: 0, selector: s.other.address(), ..s.inclusive() },
    EINVAL
)]
#[case::inclusive_that_wraps(
    |s: &Stage| Args {
        mode: INCLUSIVE_ON,
        offset: 1,
        length: u64::MAX,
        selector: s.other.address(),
    },
    EINVAL
)]
#[harness::test(
    clause = DISPATCH_PRCTL_REARMING_REPLACES,
    catches = "a mode, region or selector stored before the prctl has found all its faults",
    needs = [DISPATCH],
)]
fn a_refused_call_changes_nothing(
    #[case] refused: fn(&Stage) -> Args,
    #[case] errno: Errno,
    #[values(Before::Armed, Before::NoSelector, Before::Off, Before::TurnedOff)] before: Before,
) {
    let stage = Stage::new();
    let expected = stage.set(before);
    assert_eq!(stage.behaviour(), expected, "before");
    assert_eq!(dispatch::prctl(refused(&stage)), Err(errno));
    assert_eq!(stage.behaviour(), expected, "after the refusal");
}

#[rstest]
#[case::unknown_mode(
    |s: &Stage| Args { mode: 3, selector: s.other.address(), ..s.exclusive() },
    EINVAL
)]
#[case::unknown_mode_and_nothing_else(|_: &Stage| Args { mode: 3, ..Args::OFF }, EINVAL)]
#[case::off_with_a_whole_configuration(|s: &Stage| Args { mode: OFF, ..s.inclusive() }, EINVAL)]
#[case::exclusive_of_no_length(
    |s: &Stage| Args { length: 0, selector: s.other.address(), ..s.exclusive() },
    EINVAL
)]
#[case::exclusive_that_wraps(
    |_: &Stage| Args { mode: ON, offset: 1, length: u64::MAX, selector: 0 },
    EINVAL
)]
#[case::exclusive_with_a_kernel_selector(
    |s: &Stage| Args { selector: KERNEL, ..s.exclusive() },
    EFAULT
)]
#[case::of_no_length(
    |s: &Stage| Args { length: 0, selector: s.other.address(), ..s.inclusive() },
    EINVAL
)]
#[case::that_wraps(
    |s: &Stage| Args { offset: 1, length: u64::MAX, selector: s.other.address(), ..s.inclusive() },
    EINVAL
)]
#[case::with_a_kernel_selector(
    |_: &Stage| Args { mode: INCLUSIVE_ON, offset: 0, length: 1, selector: KERNEL },
    EFAULT
)]
#[case::with_a_kernel_selector_alone(
    |s: &Stage| Args { selector: KERNEL, ..s.inclusive() },
    EFAULT
)]
#[harness::test(
    clause = DISPATCH_PRCTL_REARMING_REPLACES,
    catches = "an inclusive region that is inverted in place before it is checked, or a refusal \
        that ends inclusive mode",
    needs = [INCLUSIVE],
)]
fn a_refused_call_changes_nothing_of_inclusive_mode(
    #[case] refused: fn(&Stage) -> Args,
    #[case] errno: Errno,
    #[values(Before::Inclusive, Before::Armed, Before::NoSelector, Before::Off)] before: Before,
) {
    let stage = Stage::new();
    let expected = stage.set(before);
    assert_eq!(stage.behaviour(), expected, "before");
    assert_eq!(dispatch::prctl(refused(&stage)), Err(errno));
    assert_eq!(stage.behaviour(), expected, "after the refusal");
}

/// The second call differs from the first in one field, and that field alone changes.
#[rstest]
#[case::selector(
    |s: &Stage| Args { selector: s.other.address(), ..s.exclusive() },
    Behaviour::OTHER
)]
#[case::no_selector(|s: &Stage| Args { selector: 0, ..s.exclusive() }, Behaviour::NO_SELECTOR)]
#[case::region(
    |s: &Stage| Args { offset: s.outside.own_pages().offset, length: 1 << 60, ..s.exclusive() },
    Behaviour::OFF
)]
#[case::no_region(
    |s: &Stage| Args { offset: 0, length: u64::MAX, ..s.exclusive() },
    Behaviour::OFF
)]
#[case::nothing(|s: &Stage| s.exclusive(), Behaviour::ARMED)]
#[harness::test(
    clause = DISPATCH_PRCTL_REARMING_REPLACES,
    catches = "a second ON that keeps the region or the selector of the first",
    needs = [DISPATCH],
)]
fn arming_again_replaces(#[case] second: fn(&Stage) -> Args, #[case] expected: Behaviour) {
    let stage = Stage::new();
    stage.set(Before::Armed);
    assert_eq!(dispatch::prctl(second(&stage)), Ok(()));
    assert_eq!(stage.behaviour(), expected);
    assert_eq!(dispatch::prctl(stage.exclusive()), Ok(()), "back again");
    assert_eq!(stage.behaviour(), Behaviour::ARMED, "back again");
}

/// Both selectors hold BLOCK from the first call to the last; the prctl is called from exempt code.
#[harness::test(
    clause = DISPATCH_PRCTL_REARMING_REPLACES,
    catches = "a second ON that is refused or put off because the selector blocks",
    needs = [DISPATCH],
)]
fn arming_again_works_while_calls_are_blocked() {
    let stage = Stage::new();
    stage.set(Before::Armed);
    stage.selector.store(BLOCK);
    stage.other.store(BLOCK);
    let answer = dispatch::prctl(Args { selector: stage.other.address(), ..stage.exclusive() });
    assert_eq!(answer, Ok(()));
    assert_eq!(stage.behaviour(), Behaviour::OTHER);
}

#[harness::test(
    clause = [DISPATCH_PRCTL_REARMING_REPLACES, DISPATCH_SELECTOR_NULL],
    catches = "a thread first armed without a selector that ignores the selector of a later ON",
    needs = [DISPATCH],
)]
fn a_selector_can_be_added_later() {
    let stage = Stage::new();
    stage.set(Before::NoSelector);
    assert_eq!(stage.behaviour(), Behaviour::NO_SELECTOR);
    assert_eq!(dispatch::prctl(stage.exclusive()), Ok(()));
    assert_eq!(stage.behaviour(), Behaviour::ARMED);
}

#[harness::test(
    clause = DISPATCH_PRCTL_REARMING_REPLACES,
    catches = "a replaced selector that is still read, and kills when its page is gone",
    needs = [DISPATCH],
)]
fn the_replaced_selector_may_be_unmapped() {
    let stage = Stage::new();
    let gone = Selector::ordinary();
    let answer = dispatch::prctl(Args { selector: gone.address(), ..stage.exclusive() });
    assert_eq!(answer, Ok(()));
    assert_eq!(dispatch::prctl(stage.exclusive()), Ok(()));
    gone.unmap();
    assert_eq!(stage.behaviour(), Behaviour::ARMED);
}

#[rstest]
#[case::inclusive_after_exclusive(Before::Armed, Before::Inclusive)]
#[case::exclusive_after_inclusive(Before::Inclusive, Before::Armed)]
#[case::inclusive_after_inclusive(Before::Inclusive, Before::Inclusive)]
#[case::inclusive_after_no_selector(Before::NoSelector, Before::Inclusive)]
#[case::no_selector_after_inclusive(Before::Inclusive, Before::NoSelector)]
#[harness::test(
    clause = DISPATCH_PRCTL_REARMING_REPLACES,
    catches = "a mode, region or selector left from the first ON when the second is of another \
        kind",
    needs = [INCLUSIVE],
)]
fn arming_again_changes_the_mode(#[case] first: Before, #[case] second: Before) {
    let stage = Stage::new();
    stage.set(first);
    let expected = stage.set(second);
    assert_eq!(stage.behaviour(), expected);
}

/// In the other mode the same region has the opposite meaning, so that a mode that is kept shows.
#[harness::test(
    clause = DISPATCH_PRCTL_REARMING_REPLACES,
    catches = "a second ON taken for a repetition because its region and selector are those of the \
        first",
    needs = [INCLUSIVE],
)]
fn the_same_region_is_read_anew_in_the_other_mode() {
    let stage = Stage::new();
    let exclusive = stage.exclusive();
    // The handler's return is dispatched too while the selector blocks, so it stores ALLOW first.
    stage.log.on_entry(stage.selector.byte(), ALLOW);
    let turned = Behaviour {
        blocked: CallOutcome::Native,
        exempt: CallOutcome::Dispatched,
        ..Behaviour::ARMED
    };
    for _ in 0..2 {
        assert_eq!(dispatch::prctl(Args { mode: ON, ..exclusive }), Ok(()));
        assert_eq!(stage.behaviour(), Behaviour::ARMED);
        assert_eq!(dispatch::prctl(Args { mode: INCLUSIVE_ON, ..exclusive }), Ok(()));
        assert_eq!(stage.behaviour(), turned);
    }
}

#[harness::test(
    clause = [DISPATCH_PRCTL_ON, DISPATCH_PRCTL_REARMING_REPLACES],
    catches = "a configuration that a dispatched call turns off or changes, if only after many \
        calls",
    needs = [DISPATCH],
)]
fn dispatching_changes_nothing_of_the_configuration() {
    let stage = Stage::new();
    stage.set(Before::Armed);
    for _ in 0..100 {
        assert_eq!(stage.behaviour(), Behaviour::ARMED);
    }
}

#[harness::test(
    clause = DISPATCH_PRCTL_REARMING_REPLACES,
    catches = "an ON or OFF that no longer takes effect after a thousand others",
    needs = [DISPATCH],
)]
fn the_last_of_many_configurations_counts() {
    let stage = Stage::new();
    for round in 0..1000 {
        let selector = if round % 2 == 0 { stage.selector } else { stage.other };
        let answer = dispatch::prctl(Args { selector: selector.address(), ..stage.exclusive() });
        assert_eq!(answer, Ok(()));
        if round % 3 == 0 {
            dispatch::turn_off();
        }
    }
    // 999 is odd, and a multiple of three.
    assert_eq!(stage.behaviour(), Behaviour::OFF);
    assert_eq!(dispatch::prctl(stage.exclusive()), Ok(()));
    assert_eq!(stage.behaviour(), Behaviour::ARMED);
}

#[harness::test(
    clause = DISPATCH_ORDER_SECCOMP_STILL_APPLIES,
    catches = "an ON or OFF that takes the thread's seccomp work flag away with its own",
    needs = [DISPATCH, SECCOMP_FILTER],
)]
fn turning_dispatch_on_and_off_leaves_a_filter_in_force() {
    let stage = Stage::new();
    filter::load(SYS_getuid as u32, Action::Errno(7));
    for args in [stage.exclusive(), stage.exclusive(), Args::OFF, Args::OFF] {
        assert_eq!(stage.outside.call(i64::from(SYS_getuid as u32)), -7, "before");
        assert_eq!(dispatch::prctl(args), Ok(()));
        assert_eq!(stage.outside.call(i64::from(SYS_getuid as u32)), -7, "after");
    }
}

/// A child that turns dispatch on and off makes as many stops as one that turns it off twice.
#[harness::test(
    clause = DISPATCH_TRACING_EXIT_STOP,
    catches = "an ON or OFF that takes the thread's syscall tracing away with its own work flag",
    needs = [DISPATCH, PTRACE],
)]
fn turning_dispatch_on_and_off_leaves_a_tracer_its_stops() {
    let stage = Stage::new();
    let stops = |first: Args| {
        let prctl = |args: Args| {
            let [mode, offset, length] = [args.mode, args.offset, args.length].map(|a| a as usize);
            let args = [59, mode, offset, length, args.selector as usize, 0];
            stage.outside.call_args(SYS_prctl, args);
        };
        let tracee = Tracee::start(|| {
            prctl(first);
            stage.outside.call(UNASSIGNED);
            prctl(Args::OFF);
            stage.outside.call(UNASSIGNED);
            0
        });
        let mut stops = 0;
        while tracee.next(Resume::Syscall, 0) == Stop::Syscall {
            stops += 1;
        }
        stops
    };
    assert_eq!(stops(stage.exclusive()), stops(Args::OFF));
}
