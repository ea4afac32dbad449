//! Intercepted system calls on x86-64 Linux, as functions: what every kernel must do with every input.
//!
//! Read downwards: [`dispatch`] is the prctl and its decision about one call, [`signal`] what the
//! SIGSYS of an intercepted call shows and does, [`thread`] how both meet memory and handlers in the
//! life of a thread; [`bpf`] is what filters are made of, [`seccomp`] what they and a tracer make of a call,
//! [`vsyscall`] the page of legacy calls. Kernels differ in what [`Kernel`] holds, and in nothing else.
//!
//! Each decision has a name ([`Branch`]). A model notes which ones it took, and can be told to take
//! one of them the wrong way: who compares kernels with a model must notice that.
#![forbid(unsafe_code)]

pub mod bpf;
mod branch;
pub mod call;
pub mod dispatch;
mod kernel;
pub mod seccomp;
pub mod signal;
pub mod thread;
pub mod vsyscall;

pub use branch::{Branch, Coverage};
pub use call::{Abi, Call};
pub use kernel::{Kernel, Offer};

use std::cell::Cell;

/// The promises, for one kernel.
#[derive(Debug, Default)]
pub struct Model {
    /// What this kernel offers.
    pub kernel: Kernel,
    /// A decision that is taken the wrong way.
    pub flipped: Option<Branch>,
    seen: Cell<Coverage>,
}

impl Model {
    /// The promises for this kernel.
    pub fn new(kernel: Kernel) -> Self {
        Self { kernel, ..Self::default() }
    }

    /// The same with one decision taken the wrong way.
    #[must_use]
    pub fn flipped(&self, branch: Branch) -> Self {
        Self { kernel: self.kernel, flipped: Some(branch), ..Self::default() }
    }

    /// Which decisions were taken, and how.
    pub fn coverage(&self) -> Coverage {
        self.seen.get()
    }

    /// Takes a decision.
    pub(crate) fn is(&self, branch: Branch, condition: bool) -> bool {
        let taken = condition != (self.flipped == Some(branch));
        let seen = self.seen.get();
        if !seen.took(branch, taken) {
            self.seen.set(seen.with(branch, taken));
        }
        taken
    }

    /// Something that is always so; the wrong way, it is not.
    pub(crate) fn always(&self, branch: Branch) -> bool {
        self.is(branch, true)
    }

    /// A number that is to be this one; the wrong way, it is another.
    pub(crate) fn gives(&self, branch: Branch, value: u64) -> u64 {
        if self.always(branch) { value } else { value ^ 1 }
    }
}
