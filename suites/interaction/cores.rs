//! The core bit of a process that dispatch ends, whatever its signal does and whichever thread calls. What seccomp leaves
//! is in the suite of seccomp.

use crate::clauses::*;
use fixtures::call_outcome::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::core_file::{Core, CoreDirectory};
use fixtures::dispatch::{self, BLOCK};
use fixtures::ending::{self, End};
use fixtures::gadget::Gadget;
use fixtures::needs::{CORE_FILE, DISPATCH};
use fixtures::script::call;
use fixtures::selector::Selector;
use fixtures::{SigAction, bit, environment, sigsys};
use rstest::rstest;
use sys::uapi::{SI_KERNEL, SIGSEGV, SIGSYS, SYS_USER_DISPATCH};

/// Exit status of a process that outlives the call.
const OUTLIVED: i32 = 42;

/// What SIGSYS and SIGSEGV do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signals {
    Default,
    Ignored,
    Blocked,
    Handled,
}

impl Signals {
    fn set(self) {
        for signal in [SIGSYS, SIGSEGV] {
            match self {
                Self::Default => {}
                Self::Ignored => sigsys::ignore_signal(signal),
                Self::Blocked => sigsys::set_mask(bit(SIGSYS) | bit(SIGSEGV)),
                Self::Handled => drop(sigsys::handle_signal(signal, SigAction::PLAIN)),
            }
        }
    }
}

/// The end of a child in which one thread makes a call that may not be exempt, with this byte in the selector or an
/// unreadable one, and the core.
fn dying(signals: Signals, value: Option<u8>, second: bool, dumps: bool) -> (End, Option<Core>) {
    let (directory, gadget) = (CoreDirectory::new(), Gadget::syscall());
    let selector = if value.is_some() { Selector::ordinary() } else { Selector::unreadable() };
    let child = child::start(Flavour::Fork, || {
        directory.enter_unlimited();
        if !dumps {
            environment::disable_core_dump();
        }
        signals.set();
        let calls = || {
            let armed = dispatch::arm_with(gadget.everything_else(), selector);
            if let Some(value) = value {
                armed.select(value);
            }
            armed.keep();
            gadget.call_with(call(UNASSIGNED));
            0
        };
        if second {
            child::start(Flavour::CloneThread, calls).end();
        } else {
            calls();
        }
        OUTLIVED
    });
    let end = End::of_word(ending::reap(child.pid()));
    harness::observe!("child", end);
    (end, directory.core())
}

/// Signal and code in the core.
fn told(core: Option<Core>) -> Option<(Option<i32>, i32, i32)> {
    core.map(|core| {
        let info = core.info.expect("a core has the signal's information");
        (core.signal, info.signo(), info.code())
    })
}

#[rstest]
#[harness::test(
    clause = [SECCOMP_DEATH_CORE, DISPATCH_SIGNAL_BLOCKED, DISPATCH_SIGNAL_IGNORED],
    catches = "a dispatched call that ends the process without a core where SIGSYS is blocked, ignored or has its \
        default, or whose core tells another signal",
    needs = [DISPATCH, CORE_FILE],
)]
fn a_dispatched_call_that_kills_leaves_a_core(
    #[values(Signals::Default, Signals::Ignored, Signals::Blocked)] signals: Signals,
    #[values(false, true)] by_the_second_thread: bool,
) {
    let (end, core) = dying(signals, Some(BLOCK), by_the_second_thread, true);
    assert_eq!(end, End::Dumped(SIGSYS));
    assert_eq!(told(core), Some((Some(SIGSYS), SIGSYS, SYS_USER_DISPATCH)));
}

#[rstest]
#[case::bad_value(Some(2), SIGSYS)]
#[case::unreadable(None, SIGSEGV)]
#[harness::test(
    clause = [SECCOMP_DEATH_CORE, DISPATCH_SELECTOR_BAD_VALUE_KILLS, DISPATCH_SELECTOR_UNREADABLE],
    catches = "a bad selector that ends the process without a core where its signal is blocked, ignored or handled",
    needs = [DISPATCH, CORE_FILE],
)]
fn a_bad_selector_leaves_a_core(
    #[case] value: Option<u8>,
    #[case] signal: i32,
    #[values(Signals::Default, Signals::Ignored, Signals::Blocked, Signals::Handled)]
    signals: Signals,
    #[values(false, true)] by_the_second_thread: bool,
) {
    let (end, core) = dying(signals, value, by_the_second_thread, true);
    assert_eq!(end, End::Dumped(signal));
    assert_eq!(told(core), Some((Some(signal), signal, SI_KERNEL)));
}

#[rstest]
#[case::dispatched(Some(BLOCK), SIGSYS)]
#[case::bad_value(Some(2), SIGSYS)]
#[case::unreadable(None, SIGSEGV)]
#[harness::test(
    clause = [SECCOMP_DEATH_CORE, DISPATCH_SIGNAL_BLOCKED, DISPATCH_SIGNAL_IGNORED],
    catches = "a death by dispatch that dumps a process which may not be dumped, or tells that it did",
    needs = [DISPATCH, CORE_FILE],
)]
fn what_may_not_be_dumped_leaves_none(
    #[case] value: Option<u8>,
    #[case] signal: i32,
    #[values(Signals::Ignored, Signals::Blocked)] signals: Signals,
) {
    let (end, core) = dying(signals, value, false, false);
    assert_eq!((end, core.is_some()), (End::Killed(signal), false));
}
