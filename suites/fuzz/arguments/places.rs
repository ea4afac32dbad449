//! Where calls are made, and what becomes of them.

use crate::fuzz::reproducer::{Calling, Expected, Reproducer};
use crate::fuzz::strategies::{self, UNASSIGNED};
use fixtures::gadget::Gadget;
use fixtures::selector::{RemappableSelector, Selector};
use fixtures::{Entry, Log, Reg, Registers, address, call, sigsys};
use model::call::{Register, Return};
use model::dispatch::{Args, Config, DispatchDecision};
use model::signal::{Action, Signals};
use model::thread::{Memory, Page, Thread};
use model::{Abi, Call, Model, Outcome};
use proptest::prelude::*;
use std::fmt;
use sys::uapi::{PR_SET_SYSCALL_USER_DISPATCH, SYS_prctl, unistd_32};

/// Stands for the program's own code, which no generated region has an edge in.
const PROGRAM: u64 = 0x5000_0000_0000;

/// Where the calls come from, and the selector.
pub(super) struct Places {
    pub(super) abi: Abi,
    /// Calls are tried from here.
    pub(super) gadgets: [Gadget; 2],
    /// The 32-bit prctl is made here.
    pub(super) int80: Gadget,
    pub(super) selector: Selector,
    pub(super) log: Log,
    pub(super) edges: Vec<u64>,
    pub(super) selectors: Vec<u64>,
}

impl Places {
    pub(super) fn new(abi: Abi) -> Self {
        let gadgets = Gadget::pair(Entry::Syscall, 16);
        let int80 = Gadget::int80();
        let selector = RemappableSelector::new().selector;
        let log = sigsys::handle();
        log.on_entry(selector.byte(), 0);
        let all = [gadgets[0], gadgets[1], int80];
        let end = address::user_end();
        let edges = strategies::addresses(&all, end, selector);
        // Code is not a selector: what it holds is no business of the model's.
        let selectors = strategies::addresses(&[], end, selector);
        Self { abi, gadgets, int80, selector, log, edges, selectors }
    }

    pub(super) fn prctl(&self, args: Args) -> i64 {
        let Args { mode, offset, length, selector } = args;
        match self.abi {
            Abi::X86_64 => call::raw(
                SYS_prctl,
                [PR_SET_SYSCALL_USER_DISPATCH as u64, mode, offset, length, selector, 0]
                    .map(|value| value as usize),
            ),
            Abi::I386 => {
                let image = Registers::pattern()
                    .with(Reg::Rax, unistd_32::SYS_prctl as u64)
                    .with(Reg::Rbx, PR_SET_SYSCALL_USER_DISPATCH as u64)
                    .with(Reg::Rcx, mode)
                    .with(Reg::Rdx, offset)
                    .with(Reg::Rsi, length)
                    .with(Reg::Rdi, selector);
                self.int80.call_with(image)[Reg::Rax] as i64
            }
        }
    }

    pub(super) fn thread(&self, config: Config, byte: u8) -> Thread {
        Thread {
            config,
            signals: Signals { blocked: false, action: Action::Handle { restart: false } },
            memory: Memory {
                address: self.selector.address(),
                byte,
                neighbours: 0xff,
                page: Page::Readable,
            },
            handler_allows: true,
            trampoline: PROGRAM,
        }
    }

    /// Whether the program goes on with this configuration once the selector allows calls.
    pub(super) fn goes_on(&self, model: &Model, config: Config) -> bool {
        let thread = self.thread(config, 0);
        let passes = |after| model.thread_entry(&thread, after) == DispatchDecision::Passes;
        passes(PROGRAM) && passes(self.int80.after())
    }

    /// What becomes of a call from a gadget while the selector holds `byte`.
    pub(super) fn predict(
        &self,
        model: &Model,
        config: Config,
        byte: u8,
        gadget: usize,
    ) -> Outcome {
        let after = self.gadgets[gadget].after();
        let call = Call { abi: Abi::X86_64, after, rax: UNASSIGNED };
        model.thread_call(&mut self.thread(config, byte), call)
    }

    pub(super) fn call(&self, byte: u8, gadget: usize) -> Fact {
        self.log.clear();
        self.selector.store(byte);
        let result = self.gadgets[gadget].call(UNASSIGNED as i64);
        self.selector.store(0);
        Fact::Call { from: gadget, signals: self.log.count(), result }
    }

    pub(super) fn reproducer(&self) -> Reproducer {
        let mut c = Reproducer::new();
        c.handler("0", None);
        c.selector(self.selector.address());
        c.handler_allows();
        c.gadget(self.gadgets[0].instruction(), false);
        c.gadget(self.gadgets[1].instruction(), false);
        if self.abi == Abi::I386 {
            c.gadget(self.int80.instruction(), true);
        }
        c
    }

    /// The prctl in a reproducer, by the instruction of its ABI.
    pub(super) fn reproduce_prctl(&self, c: &mut Reproducer, args: Args, answer: i64) {
        let compat = (self.abi == Abi::I386).then(|| self.int80.instruction());
        let call = c.prctl(args, compat);
        c.expect("the answer", answer, &call);
    }

    pub(super) fn reproduce_call(
        &self,
        c: &mut Reproducer,
        byte: u8,
        fact: Option<&Fact>,
        from: usize,
    ) {
        let expected = match fact {
            Some(Fact::Call { signals, result, .. }) => Some(Expected::plain(*signals, *result)),
            _ => None,
        };
        let address = self.gadgets[from].instruction();
        c.step(&format!("a call at {address:#x} with {byte} in the selector"));
        c.store(byte);
        c.call(Calling { address, compat: false, rax: UNASSIGNED, args: [0; 6] }, expected);
        c.store(0);
    }

    pub(super) fn lengths(&self) -> BoxedStrategy<Length> {
        prop_oneof![
            3 => strategies::near(self.edges.clone()).prop_map(Length::Bytes),
            1 => (-2i64..=2).prop_map(Length::ToTheEnd),
        ]
        .boxed()
    }

    pub(super) fn edges(&self) -> BoxedStrategy<u64> {
        strategies::near(self.edges.clone())
    }
}

/// What is observed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fact {
    /// The prctl's result.
    Answer(i64),
    /// A call from a gadget.
    Call { from: usize, signals: u64, result: i64 },
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Answer(result) => write!(f, "prctl returned {}", Register(result as u64)),
            Self::Call { from, signals, result } => {
                let result = Return::Value(result);
                write!(f, "call at gadget {from}: ")?;
                Outcome::Returned { signals, frame: None, result }.fmt(f)
            }
        }
    }
}

pub(super) fn fact_of(from: usize, outcome: Outcome) -> Option<Fact> {
    match outcome {
        Outcome::Returned { signals, result: Return::Value(result), .. } => {
            Some(Fact::Call { from, signals, result })
        }
        _ => None,
    }
}

/// A length, or what is left of the address space and a little more or less.
#[derive(Clone, Copy, Debug)]
pub(super) enum Length {
    Bytes(u64),
    ToTheEnd(i64),
}

impl Length {
    pub(super) fn of(self, offset: u64) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::ToTheEnd(more) => 0u64.wrapping_sub(offset).wrapping_add(more as u64),
        }
    }
}
