//! A tracee that makes a single vsyscall, traced by a filter.

use super::outcome::{Outcome, Watch};
use fixtures::filter::{self, Action, Filter};
use fixtures::sigsys;
use fixtures::tracee::{Resume, Stop, Tracee, UserRegs};
use fixtures::vsyscall::{Caller, Vsyscall};
use fixtures::{Log, WaitStatus, environment};
use sys::uapi::{PTRACE_EVENT_SECCOMP, PTRACE_O_TRACESECCOMP};

/// The filter's data, which is the event's message.
pub(super) const DATA: u16 = 0x2a5a;

/// A tracee at its seccomp event, and the caller with which it called.
pub(super) struct Traced {
    pub(super) tracee: Tracee,
    pub(super) caller: Caller,
    pub(super) log: Log,
    entry: Vsyscall,
    watch: Watch,
}

impl Traced {
    /// Starts a tracee and waits for the event of its call.
    #[track_caller]
    pub(super) fn at_the_event(entry: Vsyscall) -> Self {
        Self::with(entry, Filter::new())
    }

    /// As [`Self::at_the_event`], with rules for the numbers that a tracer may write.
    #[track_caller]
    pub(super) fn with(entry: Vsyscall, others: Filter) -> Self {
        Self::started(entry, |caller| {
            others.when(filter::number(entry.number()), Action::Trace(DATA)).load();
            caller.call(entry);
            0
        })
    }

    /// A tracee that runs `body`.
    #[track_caller]
    pub(super) fn started(entry: Vsyscall, body: impl FnOnce(&Caller) -> i32) -> Self {
        let caller = Caller::new();
        let log = sigsys::handle();
        let watch = Watch::start(&caller);
        let tracee = Tracee::start_with(PTRACE_O_TRACESECCOMP, || {
            environment::disable_core_dump();
            body(&caller)
        });
        let traced = Self { tracee, caller, log, entry, watch };
        assert_eq!(traced.go_on(), Stop::Event(PTRACE_EVENT_SECCOMP), "the call makes an event");
        traced
    }

    /// Changes the registers at the event.
    pub(super) fn change(&self, change: impl FnOnce(&mut UserRegs)) {
        let mut image = self.tracee.registers();
        change(&mut image);
        self.tracee.set_registers(&image);
    }

    /// Resumes the tracee, and returns its next stop.
    pub(super) fn go_on(&self) -> Stop {
        self.tracee.next(Resume::Continue, 0)
    }

    /// The outcome of the call, when the tracee has exited as expected.
    #[track_caller]
    pub(super) fn outcome(&self) -> Outcome {
        assert_eq!(
            self.go_on(),
            Stop::Ended(WaitStatus::Exited(0)),
            "the tracee goes on to its end"
        );
        self.outcome_now()
    }

    /// The outcome of the call so far.
    pub(super) fn outcome_now(&self) -> Outcome {
        self.watch.outcome(&self.caller, self.entry)
    }

    /// How the tracee ended, without a further stop, handler or executed call.
    #[track_caller]
    pub(super) fn death(&self) -> Stop {
        let stop = self.go_on();
        assert_eq!(self.log.count(), 0, "the handler of SIGSYS runs");
        assert_eq!(self.outcome_now(), Outcome::Never);
        stop
    }
}
