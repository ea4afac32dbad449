//! What the model says of a sequence, and which steps of it can be done.

use super::step::Step;
use super::{Fact, Foretold, Layout, Shown};
use crate::fuzz::draw::UNASSIGNED;
use fixtures::WaitStatus;
use fixtures::fuzz::Last;
use fixtures::helper;
use model::call::Given;
use model::dispatch::{Entry, Errno, raw};
use model::signal::{Action, Signals};
use model::thread::{Memory, Outcome, Page, Thread};
use model::{Abi, Call, Model};

/// Stands for the program's own code, which no region has an edge in.
const PROGRAM: u64 = 0x5000_0000_0000;

/// Follows a sequence.
pub(super) struct Teller<'a> {
    layout: &'a Layout,
    model: &'a Model,
    thread: Thread,
    over: bool,
    became: bool,
    pub foretold: Foretold<Fact>,
}

impl<'a> Teller<'a> {
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
            foretold: Foretold::of(Vec::new()),
        }
    }

    /// Whether the program's own calls run.
    fn is_free(&self) -> bool {
        self.model.thread_entry(&self.thread, PROGRAM) == Entry::Passes
    }

    /// Whether the process goes on once its selector allows calls.
    pub(super) fn survives(&mut self) -> bool {
        self.thread.memory.byte = 0;
        !self.over && self.foretold.last == Last::Finished && self.is_free() && !self.became
    }

    /// The step as it can be done, if it can.
    pub(super) fn settle(&mut self, step: Step) -> Option<Step> {
        if self.over {
            return None;
        }
        let step = match step {
            Step::Call { from, rax } => {
                let call = self.call(from, rax);
                let mut after = self.thread;
                match self.model.thread_call(&mut after, call) {
                    None => Step::Call { from, rax: UNASSIGNED },
                    Some(Outcome::Endless) => return None,
                    Some(_) => step,
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
        self.tell(&step);
        Some(step)
    }

    fn call(&self, from: usize, rax: u64) -> Call {
        let abi = if from == 2 { Abi::I386 } else { Abi::X86_64 };
        Call { abi, after: self.layout.gadgets[from].after(), rax }
    }

    /// Does the step in the model.
    pub(super) fn tell(&mut self, step: &Step) {
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
            Step::TakeAway => self.own_good(11, |thread| {
                thread.memory.page = Page::Gone;
                true
            }),
            Step::PutBack => self.own_good(9, |thread| {
                thread.memory.page = Page::Readable;
                true
            }),
            Step::Forbid | Step::ReadOnly => {
                let page =
                    if matches!(step, Step::Forbid) { Page::Forbidden } else { Page::Readable };
                self.own_good(10, |thread| {
                    let there = thread.memory.page != Page::Gone;
                    if there {
                        thread.memory.page = page;
                    }
                    there
                });
            }
            Step::Block(blocked) => self.own_good(14, |thread| {
                thread.signals.blocked = blocked;
                true
            }),
            Step::Handle(action, allows) => {
                self.thread.handler_allows = allows;
                self.own_good(13, |thread| {
                    thread.signals.action = action;
                    true
                });
            }
            Step::Call { from, rax } => {
                let call = self.call(from, rax);
                let outcome = self.model.thread_call(&mut self.thread, call);
                self.outcome(outcome, |signals, shown, result| Fact::Call {
                    signals,
                    shown,
                    result,
                });
            }
            Step::Start(_) => {
                let config = self.model.inherited(self.thread.config);
                let task = Thread { config, ..self.thread };
                let after = self.layout.gadgets[0].after();
                let runs = self.model.thread_entry(&task, after) == Entry::Passes;
                self.foretold.facts.push(Fact::Child { runs });
            }
            Step::Become => {
                self.became = true;
                self.thread.config = self.model.inherited(self.thread.config);
            }
            Step::ExecNothing => self.own_good(59, |_| false),
            Step::Exec => {
                let left = self.model.executed(self.thread.config);
                // The memory is gone.
                let thread = Thread { config: left, memory: Memory::default(), ..self.thread };
                let passes = self.model.thread_entry(&thread, PROGRAM) == Entry::Passes;
                let status = if passes { helper::NATIVE } else { helper::INTERCEPTED };
                self.foretold.last = Last::Ended(WaitStatus::Exited(status));
                self.over = true;
            }
            Step::Get => {
                let read = self.model.ptrace_get(self.thread.config);
                let words = read.map(|args| [args.mode, args.selector, args.offset, args.length]);
                self.foretold.facts.push(Fact::Got(words.map_err(|errno| errno as i32)));
            }
            Step::Set(args) => {
                let (answer, next) = self.model.ptrace_set(self.thread.config, args);
                self.thread.config = next;
                self.foretold.facts.push(Fact::Set(answer.map_err(|errno: Errno| errno as i32)));
            }
        }
    }

    /// A call of the program's own.
    fn own(&mut self, run: impl FnOnce(&mut Thread) -> i64) {
        let call = Call { abi: Abi::X86_64, after: PROGRAM, rax: 157 };
        let run = |thread: &mut Thread, _| Some(Given::Value(run(thread)));
        let outcome = self.model.thread_makes(&mut self.thread, call, run);
        self.outcome(outcome, |signals, _, result| Fact::Own { signals, result });
    }

    fn own_good(&mut self, rax: u64, run: impl FnOnce(&mut Thread) -> bool) {
        let call = Call { abi: Abi::X86_64, after: PROGRAM, rax };
        let run = |thread: &mut Thread, _| Some(Given::Value(i64::from(run(thread)) - 1));
        let outcome = self.model.thread_makes(&mut self.thread, call, run);
        self.outcome(outcome, |signals, _, result| Fact::OwnIsGood { signals, good: result >= 0 });
    }

    fn outcome(
        &mut self,
        outcome: Option<Outcome>,
        fact: impl FnOnce(u64, Option<Shown>, i64) -> Fact,
    ) {
        match outcome {
            Some(Outcome::Returned { shown, signals, result }) => {
                let shown = shown.map(|(info, saved)| Shown {
                    errno: info.errno,
                    code: info.code,
                    call_addr: info.call_addr,
                    syscall: info.syscall,
                    arch: info.arch,
                    rip: saved.rip,
                    rax: saved.rax,
                });
                let result = match result {
                    Given::Value(value) => value,
                    Given::Answer(asking) => super::act::stands_for(asking),
                };
                self.foretold.facts.push(fact(signals, shown, result));
            }
            Some(Outcome::Killed(signal)) => {
                self.foretold.dies(signal);
                self.over = true;
            }
            Some(Outcome::Endless) | None => {
                self.foretold.last = Last::Hung;
                self.over = true;
            }
        }
    }
}
