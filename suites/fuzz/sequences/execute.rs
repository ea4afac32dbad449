//! Does a sequence to the kernel.

use super::step::Step;
use super::{Fact, Layout, Report};
use crate::fuzz::observed;
use crate::fuzz::strategies::UNASSIGNED;
use fixtures::child::{self, Flavour};
use fixtures::dispatch;
use fixtures::fuzz::Last;
use fixtures::selector::Access;
use fixtures::sigsys::{self, Disposition};
use fixtures::tracee::{DispatchConfig, Resume, Stop, Tracee, stop_oneself};
use fixtures::{SigAction, WaitStatus, bit, call, helper};
use model::Abi;
use model::call::{IdentityCall, Return};
use model::dispatch::Args;
use model::signal::Action;
use std::cell::Cell;
use sys::uapi::{ENOSYS, PR_SET_SYSCALL_USER_DISPATCH, SIGSTOP, SIGSYS, SYS_prctl};

/// Statuses of a new task.
const RUNS: i32 = 40;
const DOES_NOT: i32 = 41;

pub(super) struct Executor<'a> {
    layout: &'a Layout,
    report: &'a Report<'a, Fact>,
    /// What the identity calls return in this process.
    identities: Cell<[i64; 4]>,
}

impl<'a> Executor<'a> {
    pub(super) fn new(layout: &'a Layout, report: &'a Report<'a, Fact>) -> Self {
        Self { layout, report, identities: Cell::default() }
    }

    pub(super) fn execute(&self, steps: &[Step]) {
        self.prepare();
        self.take_steps(steps);
        // Whoever goes on in this process makes calls.
        self.layout.selector.selector.store(0);
    }

    fn take_steps(&self, steps: &[Step]) {
        self.identities.set(observed::identities());
        for (i, step) in steps.iter().enumerate() {
            match step {
                Step::Become => self.continue_in_child(&steps[i + 1..]),
                step => self.step(step),
            }
        }
    }

    /// A forked child does the rest. Its maker stands still meanwhile, and finds the selector, which
    /// they share, as it was.
    fn continue_in_child(&self, rest: &[Step]) -> ! {
        let selector = self.layout.selector.selector;
        let byte = selector.load();
        let task = child::start(Flavour::CloneVfork, || {
            self.take_steps(rest);
            self.end()
        });
        selector.store(byte);
        self.report.shared().ended(task.end());
        child::exit(0)
    }

    fn prepare(&self) {
        let layout = self.layout;
        layout.selector.selector.store(0);
        let _ = dispatch::answer(0, 0, 0, 0);
        let _ = layout.selector.map();
        sigsys::set_mask(0);
        layout.log.leave_bytes_alone();
        let _ = sigsys::install(self.handler(false));
    }

    fn handler(&self, restart: bool) -> Disposition {
        let restorer = Some(self.layout.trampoline);
        Disposition::Handle(SigAction { restart, restorer, ..SigAction::PLAIN })
    }

    /// Calls may be intercepted at the end, and the page of the selector gone.
    fn end(&self) -> ! {
        self.report.shared().done();
        self.report.shared().stop(false)
    }

    /// Under a tracer, which is the process that executes the input.
    pub(super) fn execute_traced(&self, steps: &[Step]) {
        self.prepare();
        let tracee = Tracee::start(|| {
            self.take_steps(steps);
            self.end()
        });
        let mut requests = steps.iter();
        let mut signal = 0;
        loop {
            match tracee.next(Resume::Continue, signal) {
                Stop::Ended(end) => {
                    let finished = self.report.shared().take_done();
                    let end = self.report.shared().saw(end);
                    let last = if finished { Last::Finished } else { Last::Ended(end) };
                    self.report.fact(Fact::Tracee(last));
                    return;
                }
                Stop::Signal(SIGSTOP) => {
                    signal = 0;
                    match requests.find(|step| matches!(step, Step::Get | Step::Set(_))) {
                        Some(Step::Set(args)) => self.set(&tracee, *args),
                        _ => self.get(&tracee),
                    }
                }
                Stop::Signal(other) => signal = other,
                Stop::Syscall | Stop::Event(_) => signal = 0,
            }
        }
    }

    fn get(&self, tracee: &Tracee) {
        let read = tracee.dispatch();
        let words = read.map(|now| [now.mode, now.selector, now.offset, now.length]);
        self.report.fact(Fact::Got(words.map_err(|errno| errno as i32)));
    }

    fn set(&self, tracee: &Tracee, args: Args) {
        let Args { mode, offset, length, selector } = args;
        let answer = tracee.set_dispatch(DispatchConfig { mode, selector, offset, length });
        self.report.fact(Fact::Set(answer.map_err(|errno| errno as i32)));
    }

    fn step(&self, step: &Step) {
        let Layout { selector, log, .. } = self.layout;
        log.clear();
        match *step {
            Step::Prctl(Args { mode, offset, length, selector }) => {
                let args = [mode, offset, length, selector].map(|value| value as usize);
                let [mode, offset, length, selector] = args;
                let result = call::raw(
                    SYS_prctl,
                    [PR_SET_SYSCALL_USER_DISPATCH, mode, offset, length, selector, 0],
                );
                self.report.fact(Fact::Own { signals: log.count(), result });
            }
            Step::Store(byte) => selector.selector.store(byte),
            Step::Unmap => self.own(selector.unmap().is_ok()),
            Step::Map => self.own(selector.map().is_ok()),
            Step::Forbid => self.own(selector.protect(Access::None).is_ok()),
            Step::ReadOnly => self.own(selector.protect(Access::Read).is_ok()),
            Step::Block(blocked) => {
                let mask = if blocked { bit(SIGSYS) } else { 0 };
                sigsys::set_mask(mask);
                self.own(true);
            }
            Step::Handle(action, allows) => {
                log.leave_bytes_alone();
                if allows {
                    log.on_entry(selector.selector.byte(), 0);
                }
                let how = match action {
                    Action::Default => Disposition::Default,
                    Action::Ignore => Disposition::Ignore,
                    Action::Handle { restart } => self.handler(restart),
                };
                self.own(sigsys::install(how).is_ok());
            }
            Step::Call { from, rax } => self.call(from, rax),
            Step::Start(flavour) => {
                let gadget = self.layout.gadgets[0];
                let log = self.layout.log;
                let task = child::start(flavour, move || {
                    let runs = gadget.call(UNASSIGNED as i64) == -ENOSYS && log.count() == 0;
                    if runs { RUNS } else { DOES_NOT }
                });
                let runs = self.report.shared().saw(task.end()) == WaitStatus::Exited(RUNS);
                self.report.fact(Fact::Child { runs });
            }
            Step::ExecNothing => {
                helper::execute_nothing();
                self.own(false);
            }
            Step::Exec => {
                self.layout.program.execute();
            }
            Step::Get | Step::Set(_) => stop_oneself(),
            Step::Become => {}
        }
    }

    fn own(&self, good: bool) {
        self.report.fact(Fact::OwnIsGood { signals: self.layout.log.count(), good });
    }

    fn call(&self, from: usize, rax: u64) {
        let Layout { gadgets, log, .. } = self.layout;
        let gadget = gadgets[from];
        let result = gadget.call(rax as i64);
        let signals = log.count();
        let abi = if from == 2 { Abi::I386 } else { Abi::X86_64 };
        let result = match IdentityCall::numbered(rax as i32, abi) {
            Some(identity)
                if signals == 0 && result == self.identities.get()[identity as usize] =>
            {
                Return::Identity(identity)
            }
            _ => Return::Value(result),
        };
        let frame = log.delivery(0).map(|delivery| observed::signal_frame(&delivery));
        self.report.fact(Fact::Call { signals, frame, result });
    }
}
