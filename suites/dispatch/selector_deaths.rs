//! Deaths for the selector in a process of two threads, whatever signals, stack or selector either has.

use crate::clauses::*;
use fixtures::WaitStatus;
use fixtures::call_outcome::{self, CallOutcome};
use fixtures::child::{self, Flavour};
use fixtures::dispatch::{self, ALLOW, BLOCK};
use fixtures::fatal::{FatalCall, FatalOutcome, OUTLIVED, Signals};
use fixtures::gadget::Gadget;
use fixtures::needs::DISPATCH;
use fixtures::selector::Selector;
use fixtures::sigsys;
use rstest::rstest;
use sys::uapi::{SIGSEGV, SIGSYS};

/// A selector that kills.
#[derive(Clone, Copy, Debug)]
enum Bad {
    /// It holds this value.
    Value(u8),
    /// It cannot be read.
    Unreadable,
}

impl Bad {
    /// Turns dispatch on for the calling thread, with this selector; calls from the gadget alone are not exempt.
    fn arm(self, gadget: &Gadget, selector: Selector) {
        let armed = dispatch::arm_with(gadget.everything_else(), selector);
        if let Self::Value(value) = self {
            armed.select(value);
        }
        armed.keep();
    }

    fn selector(self) -> Selector {
        match self {
            Self::Value(_) => Selector::ordinary(),
            Self::Unreadable => Selector::unreadable(),
        }
    }

    fn death(self) -> FatalOutcome {
        FatalOutcome::killed_by(match self {
            Self::Value(_) => SIGSYS,
            Self::Unreadable => SIGSEGV,
        })
    }
}

/// The first thread waits until the second is gone, and then exits with a status of its own.
#[rstest]
#[case::just_above_block(Bad::Value(2))]
#[case::all_ones(Bad::Value(0xff))]
#[case::unreadable(Bad::Unreadable)]
#[harness::test(
    clause = [
        DISPATCH_SELECTOR_BAD_VALUE_UNCATCHABLE,
        DISPATCH_SELECTOR_BAD_VALUE_KILLS,
        DISPATCH_SELECTOR_UNREADABLE,
    ],
    catches = "a bad selector of a second thread that ends this thread alone, runs a handler, or is survived with \
        its signal blocked, ignored, not deferred or on an alternate stack",
    needs = [DISPATCH],
)]
fn a_bad_selector_of_the_second_thread_kills_the_process(
    #[case] bad: Bad,
    #[values(
        Signals::Default,
        Signals::Handled,
        Signals::HandledNodefer,
        Signals::HandledOnStack,
        Signals::Blocked,
        Signals::Ignored
    )]
    signals: Signals,
) {
    let (fatal, selector) = (FatalCall::new(), bad.selector());
    let attempt =
        fatal.attempt_in_second_thread(signals, || (), || bad.arm(&fatal.gadget, selector));
    assert_eq!(attempt, bad.death());
}

#[rstest]
#[case::just_above_block(Bad::Value(2))]
#[case::all_ones(Bad::Value(0xff))]
#[case::unreadable(Bad::Unreadable)]
#[harness::test(
    clause = [DISPATCH_SELECTOR_BAD_VALUE_UNCATCHABLE, DISPATCH_SELECTOR_UNREADABLE],
    catches = "a signal for a bad selector whose handler runs where it has an alternate stack",
    needs = [DISPATCH],
)]
fn an_alternate_stack_catches_no_bad_selector(#[case] bad: Bad) {
    let (fatal, selector) = (FatalCall::new(), bad.selector());
    let attempt = fatal.attempt_after(Signals::HandledOnStack, || bad.arm(&fatal.gadget, selector));
    assert_eq!(attempt, bad.death());
}

/// The signals are handled; one thread alone blocks both.
#[rstest]
#[case::just_above_block(Bad::Value(2))]
#[case::unreadable(Bad::Unreadable)]
#[harness::test(
    clause = [
        DISPATCH_SELECTOR_BAD_VALUE_UNCATCHABLE,
        DISPATCH_SELECTOR_BAD_VALUE_KILLS,
        DISPATCH_SELECTOR_UNREADABLE,
    ],
    catches = "a death for a bad selector that asks for the mask of the first thread, or is sent to a thread that does \
        not block the signal",
    needs = [DISPATCH],
)]
fn a_bad_selector_kills_whichever_thread_blocks_the_signal(
    #[case] bad: Bad,
    #[values("the first", "the second")] thread: &str,
) {
    let (fatal, selector) = (FatalCall::new(), bad.selector());
    let both = fixtures::bit(SIGSYS) | fixtures::bit(SIGSEGV);
    let [first, second] =
        ["the first", "the second"].map(|name| if name == thread { both } else { 0 });
    let attempt = fatal.attempt_in_second_thread(
        Signals::Handled,
        || sigsys::set_mask(first),
        || {
            sigsys::set_mask(second);
            bad.arm(&fatal.gadget, selector);
        },
    );
    assert_eq!(attempt, bad.death());
}

/// The first thread is armed too, with a good selector, which would let the call run or dispatch it.
#[rstest]
#[case::just_above_block(Bad::Value(2))]
#[case::unreadable(Bad::Unreadable)]
#[harness::test(
    clause = [
        DISPATCH_SELECTOR_THREAD_WIDE,
        DISPATCH_SELECTOR_BAD_VALUE_KILLS,
        DISPATCH_SELECTOR_UNREADABLE,
    ],
    catches = "a selector read for the second thread that is the first thread's",
    needs = [DISPATCH],
)]
fn a_good_selector_of_the_first_thread_saves_nobody(
    #[case] bad: Bad,
    #[values(ALLOW, BLOCK)] of_the_first: u8,
) {
    let (fatal, selector) = (FatalCall::new(), bad.selector());
    let good = Selector::ordinary();
    let attempt = fatal.attempt_in_second_thread(
        Signals::Handled,
        || Bad::Value(of_the_first).arm(&fatal.gadget, good),
        || bad.arm(&fatal.gadget, selector),
    );
    assert_eq!(attempt, bad.death());
}

/// The first thread's own calls are all exempt. The second thread's run with ALLOW, are dispatched with BLOCK, and run
/// again.
#[rstest]
#[case::just_above_block(Bad::Value(2))]
#[case::unreadable(Bad::Unreadable)]
#[harness::test(
    clause = [DISPATCH_SELECTOR_THREAD_WIDE, DISPATCH_SELECTOR_BAD_VALUE_AT_ENTRY],
    catches = "a bad selector of the first thread that kills for the calls of another thread",
    needs = [DISPATCH],
)]
fn a_bad_selector_of_the_first_thread_kills_for_no_other_thread(#[case] bad: Bad) {
    use CallOutcome::{Dispatched, Native};
    let (gadget, log) = (Gadget::syscall(), sigsys::handle());
    let [of_the_first, own] = [bad.selector(), Selector::ordinary()];
    let end = child::fork(|| {
        fixtures::environment::disable_core_dump();
        bad.arm(&gadget, of_the_first);
        let second = child::start(Flavour::CloneThread, || {
            let armed = dispatch::arm_with(gadget.everything_else(), own);
            let outcomes = [ALLOW, BLOCK, ALLOW].map(|value| {
                armed.select(value);
                call_outcome::of_call(&gadget, log)
            });
            armed.off();
            i32::from(outcomes == [Native, Dispatched, Native])
        });
        child::exit(if second.end() == WaitStatus::Exited(1) { OUTLIVED } else { 1 });
    });
    assert_eq!(end, WaitStatus::Exited(OUTLIVED));
}
