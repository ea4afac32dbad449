//! What the model predicts of a sequence, and which steps of it can be taken.

use super::step::Step;
use super::{Fact, Layout, Prediction};
use crate::fuzz::strategies::UNASSIGNED;
use fixtures::WaitStatus;
use fixtures::fuzz::Last;
use fixtures::helper;
use model::call::Return;
use model::dispatch::{DispatchDecision, Errno, raw};
use model::signal::{Action, SignalFrame, Signals};
use model::thread::{Memory, Page, Thread};
use model::{Abi, Call, Model, Outcome};
use sys::uapi::{
    SYS_execve, SYS_mmap, SYS_mprotect, SYS_munmap, SYS_prctl, SYS_rt_sigaction, SYS_rt_sigprocmask,
};

/// Stands for the program's own code, which no region has an edge in.
const PROGRAM: u64 = 0x5000_0000_0000;

/// Follows a sequence.
pub(super) struct Predictor<'a> {
    layout: &'a Layout,
    model: &'a Model,
    thread: Thread,
    over: bool,
    became: bool,
    pub prediction: Prediction<Fact>,
}

impl<'a> Predictor<'a> {
    pub(super) fn new(layout: &'a Layout, model: &'a Model) -> Self {
        let address = layout.selector.selector.address();
        let thread = Thread {
            signals: Signals { blocked: false, action: Action::Handle { restart: false } },
            memory: Memory { address, byte: 0, neighbours: 0xff, page: Page::Readable },
            trampoline: layout.trampoline as u64 + 7,
            ..Thread::default()
        };
        Self {
            layout,
            model,
            thread,
            over: false,
            became: false,
            prediction: Prediction::of(Vec::new()),
        }
    }

    /// Whether the program's own calls run.
    fn is_free(&self) -> bool {
        self.model.thread_entry(&self.thread, PROGRAM) == DispatchDecision::Passes
    }

    /// Whether the process goes on once its selector allows calls.
    pub(super) fn survives(&mut self) -> bool {
        self.thread.memory.byte = 0;
        !self.over && self.prediction.last == Last::Finished && self.is_free() && !self.became
    }

    /// The step as it can be done, if it can.
    pub(super) fn normalize(&mut self, step: Step) -> Option<Step> {
        if self.over {
            return None;
        }
        let step = match step {
            Step::Call { from, rax } => {
                let call = self.call(from, rax);
                let mut after = self.thread;
                match self.model.thread_call(&mut after, call) {
                    Outcome::Unknown => Step::Call { from, rax: UNASSIGNED },
                    Outcome::Endless => return None,
                    _ => step,
                }
            }
            Step::Start(_)
            | Step::Become
            | Step::Exec
            | Step::ExecNothing
            | Step::Get
            | Step::Set(_)
                if !self.is_free() =>
            {
                return None;
            }
            _ => step,
        };
        self.follow(&step);
        Some(step)
    }

    fn call(&self, from: usize, rax: u64) -> Call {
        let abi = if from == 2 { Abi::I386 } else { Abi::X86_64 };
        Call { abi, after: self.layout.gadgets[from].after(), rax }
    }

    /// Takes the step in the model.
    pub(super) fn follow(&mut self, step: &Step) {
        if self.over {
            return;
        }
        match *step {
            Step::Prctl(args) => {
                let model = self.model;
                self.own(|thread| {
                    let (answer, next) = model.prctl(thread.config, args);
                    thread.config = next;
                    raw(answer)
                });
            }
            Step::Store(byte) => self.thread.memory.byte = byte,
            Step::Unmap => self.own_good(SYS_munmap as u64, |thread| {
                thread.memory.page = Page::Gone;
                true
            }),
            Step::Map => self.own_good(SYS_mmap as u64, |thread| {
                thread.memory.page = Page::Readable;
                true
            }),
            Step::Forbid | Step::ReadOnly => {
                let page =
                    if matches!(step, Step::Forbid) { Page::Forbidden } else { Page::Readable };
                self.own_good(SYS_mprotect as u64, |thread| {
                    let there = thread.memory.page != Page::Gone;
                    if there {
                        thread.memory.page = page;
                    }
                    there
                });
            }
            Step::Block(blocked) => self.own_good(SYS_rt_sigprocmask as u64, |thread| {
                thread.signals.blocked = blocked;
                true
            }),
            Step::Handle(action, allows) => {
                self.thread.handler_allows = allows;
                self.own_good(SYS_rt_sigaction as u64, |thread| {
                    thread.signals.action = action;
                    true
                });
            }
            Step::Call { from, rax } => {
                let call = self.call(from, rax);
                let outcome = self.model.thread_call(&mut self.thread, call);
                self.outcome(outcome, |signals, frame, result| Fact::Call {
                    signals,
                    frame,
                    result,
                });
            }
            Step::Start(_) => {
                let config = self.model.inherited(self.thread.config);
                let task = Thread { config, ..self.thread };
                let after = self.layout.gadgets[0].after();
                let runs = self.model.thread_entry(&task, after) == DispatchDecision::Passes;
                self.prediction.facts.push(Fact::Child { runs });
            }
            Step::Become => {
                self.became = true;
                self.thread.config = self.model.inherited(self.thread.config);
            }
            Step::ExecNothing => self.own_good(SYS_execve as u64, |_| false),
            Step::Exec => {
                let left = self.model.executed(self.thread.config);
                // The memory is gone.
                let thread = Thread { config: left, memory: Memory::default(), ..self.thread };
                let passes = self.model.thread_entry(&thread, PROGRAM) == DispatchDecision::Passes;
                let status = if passes { helper::NATIVE } else { helper::INTERCEPTED };
                self.prediction.last = Last::Ended(WaitStatus::Exited(status));
                self.over = true;
            }
            Step::Get => {
                let read = self.model.ptrace_get(self.thread.config);
                let words = read.map(|args| [args.mode, args.selector, args.offset, args.length]);
                self.prediction.facts.push(Fact::Got(words.map_err(|errno| errno as i32)));
            }
            Step::Set(args) => {
                let (answer, next) = self.model.ptrace_set(self.thread.config, args);
                self.thread.config = next;
                self.prediction.facts.push(Fact::Set(answer.map_err(|errno: Errno| errno as i32)));
            }
        }
    }

    /// A call of the program's own.
    fn own(&mut self, run: impl FnOnce(&mut Thread) -> i64) {
        let call = Call { abi: Abi::X86_64, after: PROGRAM, rax: SYS_prctl as u64 };
        let run = |thread: &mut Thread, _| Some(Return::Value(run(thread)));
        let outcome = self.model.thread_makes(&mut self.thread, call, run);
        self.outcome(outcome, |signals, _, result| Fact::Own { signals, result: value(result) });
    }

    fn own_good(&mut self, rax: u64, run: impl FnOnce(&mut Thread) -> bool) {
        let call = Call { abi: Abi::X86_64, after: PROGRAM, rax };
        let run = |thread: &mut Thread, _| Some(Return::Value(i64::from(run(thread)) - 1));
        let outcome = self.model.thread_makes(&mut self.thread, call, run);
        self.outcome(outcome, |signals, _, result| Fact::OwnIsGood {
            signals,
            good: value(result) >= 0,
        });
    }

    fn outcome(
        &mut self,
        outcome: Outcome,
        fact: impl FnOnce(u64, Option<SignalFrame>, Return) -> Fact,
    ) {
        match outcome {
            Outcome::Returned { signals, frame, result } => {
                self.prediction.facts.push(fact(signals, frame, result));
            }
            Outcome::Killed { signal, .. } => {
                self.prediction.dies(signal);
                self.over = true;
            }
            Outcome::Endless | Outcome::Unknown => {
                self.prediction.last = Last::Hung;
                self.over = true;
            }
        }
    }
}

/// The result of a call of the program's own, none of which is an identity call.
fn value(result: Return) -> i64 {
    match result {
        Return::Value(value) => value,
        Return::Identity(call) => unreachable!("{call} is made by gadgets alone"),
    }
}
