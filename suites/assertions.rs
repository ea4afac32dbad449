//! Assertions that several suites make.

use fixtures::intercepted::{self, Intercepts};
use fixtures::{Caught, Reg, Registers};

/// What a call brings that is intercepted.
pub(crate) trait OneDelivery: Intercepts + Sized {
    /// Makes a call with pattern registers but RAX, which must bring one signal; gives what the handler
    /// saw of it.
    #[track_caller]
    fn caught(&self, rax: u64) -> Caught {
        self.log().clear();
        intercepted::call_with(self, Registers::pattern().with(Reg::Rax, rax));
        assert_eq!(self.log().count(), 1, "the handler runs once");
        self.first()
    }

    /// What the handler saw first.
    #[track_caller]
    fn first(&self) -> Caught {
        self.log().caught(0).unwrap_or_else(|| panic!("the handler runs"))
    }
}

impl<Scene: Intercepts> OneDelivery for Scene {}
