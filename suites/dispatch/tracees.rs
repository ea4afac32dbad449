//! Configurations and tracees that the ptrace cases share.

use fixtures::call_outcome;
use fixtures::dispatch::{self, Args, BLOCK, INCLUSIVE_ON, OFF, ON, Region};
use fixtures::gadget::Gadget;
use fixtures::selector::Selector;
use fixtures::tracee::{self, DispatchConfig, Resume, Tracee};
use fixtures::{Errno, Log, sigsys};

/// The configuration of a task that never armed.
pub(super) const NEVER: DispatchConfig =
    DispatchConfig { mode: OFF, selector: 0, offset: 0, length: 0 };

/// A valid configuration, each field of its own size and pattern.
pub(super) const MARKED: DispatchConfig = DispatchConfig {
    mode: ON,
    selector: 0x1234_5678_9abc,
    offset: 0xfedc_ba98_7654_3210,
    length: 0x0102_0304_0506_0708,
};

/// A stopped tracee that runs no more code of interest.
pub(super) fn stopped() -> Tracee {
    Tracee::start(|| 0)
}

/// A stopped tracee that is configured as [`MARKED`].
pub(super) fn marked() -> Tracee {
    let tracee = stopped();
    assert_eq!(tracee.set_dispatch(MARKED), Ok(()));
    tracee
}

/// A tracee that has armed itself and stopped. Its selector holds ALLOW, or its text is exempt.
pub(super) fn armed_itself(args: Args) -> Tracee {
    let tracee = Tracee::start(move || {
        assert_eq!(dispatch::prctl(args), Ok(()));
        tracee::stop_oneself();
        0
    });
    tracee.next(Resume::Continue, 0);
    tracee
}

/// The address of [`Selector::fixed`].
pub(super) const KEY: u64 = 0x3f_0123;

/// Writes `config` to a tracee and gives it to the prctl: both must answer `expected`.
#[track_caller]
pub(super) fn check(config: DispatchConfig, expected: Result<(), Errno>) {
    assert_eq!(Selector::fixed().address(), KEY);
    let DispatchConfig { mode, selector, offset, length } = config;
    let tracee = marked();
    assert_eq!(tracee.set_dispatch(config), expected);
    let read = tracee.dispatch();
    match (expected, mode) {
        (Err(_), _) => assert_eq!(read, Ok(MARKED), "the old configuration"),
        (Ok(()), INCLUSIVE_ON) => {
            let offset = offset.wrapping_add(length);
            let length = length.wrapping_neg();
            assert_eq!(read, Ok(DispatchConfig { mode: ON, selector, offset, length }));
        }
        (Ok(()), _) => assert_eq!(read, Ok(config)),
    }
    let answer = dispatch::answer(mode, offset, length, selector);
    if mode != OFF {
        let _ = dispatch::prctl(Args::OFF);
    }
    assert_eq!(answer, expected, "the prctl");
}

/// Two gadgets, of which the upper is in the region above the lower; a selector at BLOCK; a
/// handler.
pub(super) struct Setting {
    pub(super) gadget: Gadget,
    pub(super) exempt: Gadget,
    pub(super) selector: Selector,
    /// A second selector, at ALLOW.
    pub(super) allowing: Selector,
    pub(super) log: Log,
}

impl Setting {
    pub(super) fn new() -> Self {
        let log = sigsys::handle();
        let (gadget, exempt) = (Gadget::syscall(), Gadget::syscall());
        let selector = Selector::ordinary();
        selector.store(BLOCK);
        Self { gadget, exempt, selector, allowing: Selector::ordinary(), log }
    }

    /// Dispatches the calls of the lower gadget.
    pub(super) fn config(&self) -> DispatchConfig {
        exclusive(self.gadget.everything_else(), self.selector)
    }

    /// A stopped tracee that makes one call when it goes on, and exits with the outcome.
    pub(super) fn caller(&self) -> Tracee {
        Tracee::start(|| self.status())
    }

    /// As [`Self::caller`], but the tracee has armed itself.
    pub(super) fn armed_caller(&self) -> Tracee {
        let DispatchConfig { mode, selector, offset, length } = self.config();
        let tracee = Tracee::start(|| {
            assert_eq!(dispatch::prctl(Args { mode, offset, length, selector }), Ok(()));
            tracee::stop_oneself();
            self.status()
        });
        tracee.next(Resume::Continue, 0);
        tracee
    }

    pub(super) fn status(&self) -> i32 {
        call_outcome::of_call(&self.gadget, self.log).exit_status()
    }
}

pub(super) fn exclusive(region: Region, selector: Selector) -> DispatchConfig {
    let Region { offset, length } = region;
    DispatchConfig { mode: ON, selector: selector.address(), offset, length }
}
