//! Assertions that several suites make.

use fixtures::intercepted::{self, Intercepts};
use fixtures::script::{PtraceStop, Step, Traced};
use fixtures::tracee::{Resume, Stop, Tracee};
use fixtures::{Delivery, Reg, Registers};

/// What a call brings that is intercepted.
pub(crate) trait OneDelivery: Intercepts + Sized {
    /// Makes a call with pattern registers but RAX, which must bring one signal; gives what the handler
    /// saw of it.
    #[track_caller]
    fn delivery(&self, rax: u64) -> Delivery {
        self.log().clear();
        intercepted::call_with(self, Registers::pattern().with(Reg::Rax, rax));
        assert_eq!(self.log().count(), 1, "the handler runs once");
        self.first()
    }

    /// What the handler saw first.
    #[track_caller]
    fn first(&self) -> Delivery {
        self.log().delivery(0).unwrap_or_else(|| panic!("the handler runs"))
    }
}

impl<Scene: Intercepts> OneDelivery for Scene {}

/// Resumes the tracee in the way `first`, and takes the steps one after another: each waits for its stop,
/// which must come. Gives what stood at each stop, and the stop after the last step.
#[track_caller]
pub(crate) fn play(tracee: &Tracee, first: Resume, steps: &[Step]) -> (Vec<PtraceStop>, Stop) {
    let mut stop = tracee.next(first, 0);
    let mut stops = Vec::new();
    for (i, step) in steps.iter().enumerate() {
        assert_eq!(stop, step.stop(), "stop {i} of the script");
        let (stood, next) = step.take(tracee);
        stops.push(stood);
        stop = next;
    }
    (stops, stop)
}

/// As [`play`], of the child that a case starts to make calls.
pub(crate) trait Play {
    /// Plays the steps.
    fn play(&self, first: Resume, steps: &[Step]) -> (Vec<PtraceStop>, Stop);
}

impl Play for Traced {
    #[track_caller]
    fn play(&self, first: Resume, steps: &[Step]) -> (Vec<PtraceStop>, Stop) {
        play(&self.tracee, first, steps)
    }
}
