//! The life of a thread: its dispatch, its signals, a byte of memory, and a handler that may let calls
//! run.

use crate::call::Return;
use crate::dispatch::{Config, DispatchDecision};
use crate::signal::{SignalFrame, Signals};
use crate::{Call, Model, Outcome};
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

/// Upper bound on SIGSYS deliveries per call; beyond it the thread loops.
pub const MAX_DELIVERIES: u64 = 4;

impl Model {
    /// What becomes of a call at its entry, with what the thread has now.
    pub fn thread_entry(&self, thread: &Thread, after: u64) -> DispatchDecision {
        self.entry(thread.config, after, |address| thread.memory.read(address))
    }

    /// Makes a call, and follows what it does to the thread.
    pub fn thread_call(&self, thread: &mut Thread, call: Call) -> Outcome {
        self.thread_makes(thread, call, |_, call| self.native_return(call))
    }

    /// As [`Self::thread_call`], for a call that does `run` when it runs: `None` where that is not known.
    pub fn thread_makes(
        &self,
        thread: &mut Thread,
        mut call: Call,
        run: impl FnOnce(&mut Thread, Call) -> Option<Return>,
    ) -> Outcome {
        let killed = |signal| Outcome::Killed { signal, thread_alone: false };
        let mut signals = 0;
        let mut frame = None;
        loop {
            match self.thread_entry(thread, call.after) {
                DispatchDecision::Killed(signal) => return killed(signal),
                DispatchDecision::Passes => {
                    let Some(result) = run(thread, call) else { return Outcome::Unknown };
                    return Outcome::Returned { signals, frame, result };
                }
                DispatchDecision::Dispatched => {}
            }
            let Some(restart) = self.caught(thread.signals) else {
                return killed(SIGSYS);
            };
            let saved = self.saved(call, restart);
            let info = self.dispatched_info(call);
            frame = frame.or(Some(SignalFrame { info, saved }));
            signals += 1;
            if thread.handler_allows {
                thread.memory.byte = 0;
            }
            match self.thread_entry(thread, thread.trampoline) {
                DispatchDecision::Passes => {}
                // In the handler SIGSYS is blocked.
                DispatchDecision::Dispatched => return killed(SIGSYS),
                DispatchDecision::Killed(signal) => return killed(signal),
            }
            if saved.rip == call.after {
                let result = Return::Value(saved.rax as i64);
                return Outcome::Returned { signals, frame, result };
            }
            if signals == MAX_DELIVERIES {
                return Outcome::Endless;
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
    use sys::uapi::{ENOSYS, ERESTARTNOINTR, SYS_exit, SYSCALL_DISPATCH_FILTER_BLOCK};

    const SELECTOR: u64 = 0x8000;
    const EXEMPT_TRAMPOLINE: u64 = 0x2000;
    const PLAIN: u64 = 0x1002;

    fn thread(trampoline: u64, handler_allows: bool) -> Thread {
        Thread {
            config: Config { on: true, offset: 0x2000, length: 0x1000, selector: SELECTOR },
            signals: Signals { blocked: false, action: Action::Handle { restart: false } },
            memory: Memory {
                address: SELECTOR,
                byte: SYSCALL_DISPATCH_FILTER_BLOCK,
                neighbours: 0xff,
                page: Page::Readable,
            },
            handler_allows,
            trampoline,
        }
    }

    fn outcome(mut thread: Thread, rax: i64) -> Outcome {
        let kernel = Kernel { dispatch: Offer::Here, restart_codes: true, ..Kernel::default() };
        let call = Call { abi: Abi::X86_64, after: PLAIN, rax: rax as u64 };
        Model::new(kernel).thread_call(&mut thread, call)
    }

    #[rstest]
    #[case::exempt_trampoline(EXEMPT_TRAMPOLINE, false)]
    #[case::handler_allows(PLAIN, true)]
    fn a_dispatched_call_comes_back(#[case] trampoline: u64, #[case] allows: bool) {
        let Outcome::Returned { signals, result, .. } =
            outcome(thread(trampoline, allows), SYS_exit)
        else {
            panic!("it does not return");
        };
        assert_eq!((signals, result), (1, Return::Value(SYS_exit)));
    }

    #[test]
    fn a_dispatched_trampoline_kills() {
        assert_eq!(
            outcome(thread(PLAIN, false), SYS_exit),
            Outcome::Killed { signal: SIGSYS, thread_alone: false }
        );
    }

    #[test]
    fn a_call_that_begins_again_runs_where_the_handler_allows() {
        let made = outcome(thread(EXEMPT_TRAMPOLINE, true), -ERESTARTNOINTR);
        let Outcome::Returned { signals, result, .. } = made else {
            panic!("it does not return");
        };
        assert_eq!((signals, result), (1, Return::Value(-ENOSYS)));
        assert_eq!(outcome(thread(EXEMPT_TRAMPOLINE, false), -ERESTARTNOINTR), Outcome::Endless);
    }

    #[test]
    fn what_runs_must_be_known() {
        let mut thread = thread(PLAIN, false);
        thread.memory.byte = 0;
        assert_eq!(outcome(thread, SYS_exit), Outcome::Unknown);
    }
}
