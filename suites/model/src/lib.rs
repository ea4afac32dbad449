//! Intercepted system calls on x86-64 Linux, as functions: what every kernel must do with every input.
//!
//! Read downwards: [`dispatch`] is the prctl and its decision about one call, [`signal`] what the
//! SIGSYS of an intercepted call shows and does, [`thread`] how both meet memory and handlers in the
//! life of a thread; [`bpf`] is what filters are made of, [`seccomp`] what they and a tracer make of a call,
//! [`notify`] what a supervisor makes of it, [`vsyscall`] the page of legacy calls. Kernels differ in what [`Kernel`] holds, and in nothing else.
//!
//! Each decision has a name ([`Branch`]). A model records which decisions it took, and can be made to
//! take one decision wrongly (a mutated model): a comparison with a kernel must notice that.
#![forbid(unsafe_code)]

pub mod bpf;
mod branch;
pub mod call;
pub mod dispatch;
mod kernel;
pub mod notify;
mod outcome;
pub mod seccomp;
pub mod signal;
pub mod thread;
pub mod vsyscall;

pub use branch::{Branch, Coverage};
pub use call::{Abi, Call};
pub use kernel::{Kernel, Offer};
pub use outcome::Outcome;

use std::cell::Cell;

/// The promises, for one kernel.
#[derive(Debug, Default)]
pub struct Model {
    /// What this kernel offers.
    pub kernel: Kernel,
    /// The decision that a mutated model takes wrongly.
    pub mutated: Option<Branch>,
    taken: Cell<Coverage>,
}

impl Model {
    /// The promises for this kernel.
    pub fn new(kernel: Kernel) -> Self {
        Self { kernel, ..Self::default() }
    }

    /// The same promises with one decision taken wrongly.
    #[must_use]
    pub fn mutated(&self, branch: Branch) -> Self {
        Self { kernel: self.kernel, mutated: Some(branch), ..Self::default() }
    }

    /// Which decisions were taken, and how.
    pub fn coverage(&self) -> Coverage {
        self.taken.get()
    }

    /// Takes a decision.
    pub(crate) fn is(&self, branch: Branch, condition: bool) -> bool {
        let taken = condition != (self.mutated == Some(branch));
        let before = self.taken.get();
        if !before.took(branch, taken) {
            self.taken.set(before.with(branch, taken));
        }
        taken
    }

    /// A condition that always holds, but in the mutated model.
    pub(crate) fn always(&self, branch: Branch) -> bool {
        self.is(branch, true)
    }

    /// A promised value; the mutated model gives another.
    pub(crate) fn gives(&self, branch: Branch, value: u64) -> u64 {
        if self.always(branch) { value } else { value ^ 1 }
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
