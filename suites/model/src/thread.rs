//! The life of a thread: its dispatch, its signals, a byte of memory, and a handler that may let calls
//! run.

use crate::call::Given;
use crate::dispatch::{Config, Entry};
use crate::signal::{Info, Saved, Signals};
use crate::{Call, Model};
use sys::uapi::SIGSYS;

/// A thread, as far as an intercepted call is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// Its dispatch.
    pub config: Config,
    /// Its SIGSYS.
    pub signals: Signals,
    /// The one byte it has for a selector.
    pub memory: Memory,
    /// The handler's first act is to store 0 in that byte.
    pub handler_allows: bool,
    /// The handler returns through a call that returns to this address (which it never does).
    pub trampoline: u64,
}

/// A byte of memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Where it lies.
    pub address: u64,
    /// What it holds.
    pub byte: u8,
    /// What the eight bytes on either side of it hold.
    pub neighbours: u8,
    /// Whether it can be read there.
    pub page: Page,
}

/// What a page allows the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// There is none.
    #[default]
    Gone,
    /// Nothing.
    Forbidden,
    /// To read.
    Readable,
}

impl Memory {
    /// What a read at `address` gives.
    pub fn read(self, address: u64) -> Option<u8> {
        let byte = if address == self.address { self.byte } else { self.neighbours };
        (self.page == Page::Readable && address.abs_diff(self.address) <= 8).then_some(byte)
    }
}

/// What becomes of a call, to the end of all handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran, or was intercepted and given back.
    Returned {
        /// What the handler was shown, if it ran.
        shown: Option<(Info, Saved)>,
        /// How often it ran.
        signals: u64,
        /// What RAX holds.
        result: Given,
    },
    /// The thread's process is dead.
    Killed(i32),
    /// Nobody can wait for the end of it.
    Endless,
}

/// More deliveries for one call than a thread ever sees that comes to an end.
const MANY: u64 = 4;

impl Model {
    /// What becomes of a call at its entry, with what the thread has now.
    pub fn thread_entry(&self, thread: &Thread, after: u64) -> Entry {
        self.entry(thread.config, after, |address| thread.memory.read(address))
    }

    /// Makes a call. `None` where the model does not know what it does when it runs.
    pub fn thread_call(&self, thread: &mut Thread, call: Call) -> Option<Outcome> {
        self.thread_makes(thread, call, |_, call| self.runs(call))
    }

    /// Makes a call that does `run` when it runs.
    pub fn thread_makes(
        &self,
        thread: &mut Thread,
        mut call: Call,
        run: impl FnOnce(&mut Thread, Call) -> Option<Given>,
    ) -> Option<Outcome> {
        let mut signals = 0;
        let mut shown = None;
        loop {
            match self.thread_entry(thread, call.after) {
                Entry::Killed(signal) => return Some(Outcome::Killed(signal)),
                Entry::Passes => {
                    let result = run(thread, call)?;
                    return Some(Outcome::Returned { shown, signals, result });
                }
                Entry::Dispatched => {}
            }
            let Some(restart) = self.caught(thread.signals) else {
                return Some(Outcome::Killed(SIGSYS));
            };
            let saved = self.saved(call, restart);
            shown = shown.or(Some((self.dispatched_info(call), saved)));
            signals += 1;
            if thread.handler_allows {
                thread.memory.byte = 0;
            }
            match self.thread_entry(thread, thread.trampoline) {
                Entry::Passes => {}
                // In the handler SIGSYS is blocked.
                Entry::Dispatched => return Some(Outcome::Killed(SIGSYS)),
                Entry::Killed(signal) => return Some(Outcome::Killed(signal)),
            }
            if saved.rip == call.after {
                let result = Given::Value(saved.rax as i64);
                return Some(Outcome::Returned { shown, signals, result });
            }
            if signals == MANY {
                return Some(Outcome::Endless);
            }
            call.rax = saved.rax;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Abi;
    use crate::signal::Action;
    use crate::{Kernel, Offer};
    use rstest::rstest;
    use sys::uapi::ENOSYS;

    const SELECTOR: u64 = 0x8000;
    const EXEMPT_TRAMPOLINE: u64 = 0x2000;
    const PLAIN: u64 = 0x1002;

    fn thread(trampoline: u64, handler_allows: bool) -> Thread {
        Thread {
            config: Config { on: true, offset: 0x2000, length: 0x1000, selector: SELECTOR },
            signals: Signals { blocked: false, action: Action::Handle { restart: false } },
            memory: Memory { address: SELECTOR, byte: 1, neighbours: 0xff, page: Page::Readable },
            handler_allows,
            trampoline,
        }
    }

    fn outcome(mut thread: Thread, rax: i64) -> Option<Outcome> {
        let kernel = Kernel { dispatch: Offer::Here, restart_codes: true, ..Kernel::default() };
        let call = Call { abi: Abi::X86_64, after: PLAIN, rax: rax as u64 };
        Model::new(kernel).thread_call(&mut thread, call)
    }

    #[rstest]
    #[case::exempt_trampoline(EXEMPT_TRAMPOLINE, false)]
    #[case::handler_allows(PLAIN, true)]
    fn a_dispatched_call_comes_back(#[case] trampoline: u64, #[case] allows: bool) {
        let Some(Outcome::Returned { signals, result, .. }) =
            outcome(thread(trampoline, allows), 60)
        else {
            panic!("it does not return");
        };
        assert_eq!((signals, result), (1, Given::Value(60)));
    }

    #[test]
    fn a_dispatched_trampoline_kills() {
        assert_eq!(outcome(thread(PLAIN, false), 60), Some(Outcome::Killed(SIGSYS)));
    }

    #[test]
    fn a_call_that_begins_again_runs_where_the_handler_allows() {
        let made = outcome(thread(EXEMPT_TRAMPOLINE, true), -513);
        let Some(Outcome::Returned { signals, result, .. }) = made else {
            panic!("it does not return");
        };
        assert_eq!((signals, result), (1, Given::Value(-ENOSYS)));
        assert_eq!(outcome(thread(EXEMPT_TRAMPOLINE, false), -513), Some(Outcome::Endless));
    }

    #[test]
    fn what_runs_must_be_known() {
        let mut thread = thread(PLAIN, false);
        thread.memory.byte = 0;
        assert_eq!(outcome(thread, 60), None);
    }
}
