//! Calls under a stack of filters, from gadgets and through the vsyscall page: how they are generated,
//! predicted and call.

mod reproduce;

use super::observed;
use super::programs::Program;
use super::strategies::{self, UNASSIGNED};
use fixtures::gadget::Gadget;
use fixtures::vsyscall::Vsyscall;
use fixtures::{Entry, Log, Reg, Registers, call as syscall, sigsys};
use model::call::{IdentityCall, Return};
use model::seccomp::{FilterDecision, SyscallEntry, Tracer};
use model::signal::{Action, Info, Saved, SignalFrame, Signals};
use model::vsyscall::{Emulated, PAGE};
use model::{Abi, Model, Outcome};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use sys::uapi::{
    AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, ENOSYS, SIGSYS, SYS_getpid, SYS_getppid, SYS_gettid,
    SYS_getuid, unistd_32,
};

/// The entry that gives a time.
const TIME: u64 = PAGE + 0x400;
/// Plausible times, on a clock that was never set, too.
const SECONDS: std::ops::Range<i64> = 10_000..0xffff_ffff;
/// Stands for any of [`SECONDS`]: predicted and observed times are not compared.
const ANY_TIME: i64 = 0x7e11_1000_0000;
/// uretprobe(2) and uprobe(2): not every kernel shows them to filters.
pub(super) const UNFILTERED: [i32; 2] = [335, 336];

/// Where calls are made.
pub(super) struct Callers {
    /// 64-bit and 32-bit.
    pub gadgets: [Gadget; 2],
    pub log: Log,
    /// The first address that faults as a pointer.
    high: u64,
    /// What getuid returns.
    user: i64,
}

/// One call: from a gadget, or of an address in the page.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub from: Origin,
    pub rax: u64,
    pub args: [u64; 6],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Origin {
    Gadget(usize),
    Page(u64),
}

impl Callers {
    pub(super) fn new() -> Self {
        Self {
            gadgets: [Gadget::new(Entry::Syscall), Gadget::new(Entry::Int80)],
            log: sigsys::handle(),
            high: super::probe::selector_end(),
            user: syscall::raw(i64::from(IdentityCall::Getuid.number(Abi::X86_64)), [0; 6]),
        }
    }

    /// The low halves of all addresses that filters look at.
    pub(super) fn addresses(&self) -> Vec<u32> {
        let pages = Vsyscall::ALL.map(|entry| entry.address() as u64);
        let gadgets = self.gadgets.map(|gadget| gadget.after());
        gadgets.into_iter().chain(pages).map(|address| address as u32).collect()
    }

    /// Words of the calls' seccomp_data.
    pub(super) fn words_of_calls(&self) -> Vec<u32> {
        let mut all = self.addresses();
        all.extend([AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, 0xffff_ffff, 0, 1]);
        let numbers = [SYS_getpid, SYS_getppid, SYS_gettid, SYS_getuid, unistd_32::SYS_getpid];
        all.extend(numbers.map(|number| number as u32));
        all.extend(model::vsyscall::NUMBERS.map(|number| number as u32));
        all.push(UNASSIGNED as u32);
        all.extend([7, 8, 0x1234_5678, 0x8000_0000]);
        all
    }

    pub(super) fn calls(&self) -> BoxedStrategy<Call> {
        let argument = prop_oneof![
            4 => select(vec![0, 1, 7, 8, 0x1234_5678, 0x8000_0000, 7 << 32, u64::MAX]),
            1 => any::<u64>(),
        ];
        let args = proptest::array::uniform6(argument);
        let gadget = (0..2usize, strategies::numbers(), args).prop_map(|(from, rax, args)| Call {
            from: Origin::Gadget(from),
            rax,
            args,
        });
        let pointers = select(vec![0, 0, 0, self.high, 1 << 63, u64::MAX]);
        let entries = prop_oneof![9 => (0u64..3).prop_map(|i| i * 0x400), 1 => 0u64..0x1000];
        let page = (entries, pointers.clone(), pointers).prop_map(|(offset, first, second)| Call {
            from: Origin::Page(PAGE + offset),
            rax: 0,
            args: [first, second, 0, 0, 0, 0],
        });
        prop_oneof![5 => gadget, 1 => page].boxed()
    }

    /// Replaces a number whose call would damage the test process, or never end.
    pub(super) fn normalize(
        &self,
        model: &Model,
        filters: &[Program],
        mut call: Call,
        tracer: Option<Tracer<'_>>,
    ) -> Call {
        if model.kernel.wide_numbers {
            call.rax &= 0xffff_ffff;
        }
        if UNFILTERED.contains(&(call.rax as i32))
            || !self.predict(model, filters, &call, tracer).is_testable()
        {
            call.rax = UNASSIGNED;
        }
        call
    }

    pub(super) fn entry(&self, call: &Call, gadget: usize) -> SyscallEntry {
        let (abi, number) = match gadget {
            0 => (Abi::X86_64, call.rax),
            _ => (Abi::I386, call.rax & 0xffff_ffff),
        };
        let address = self.gadgets[gadget].after();
        SyscallEntry { abi, number, result: -ENOSYS, address, args: call.args }
    }

    /// What becomes of it.
    pub(super) fn predict(
        &self,
        model: &Model,
        filters: &[Program],
        call: &Call,
        tracer: Option<Tracer<'_>>,
    ) -> Outcome {
        match call.from {
            Origin::Page(address) => match model.vsyscall(address, call.args, filters, tracer) {
                Emulated::Executed => {
                    let result = if address == TIME { ANY_TIME } else { 0 };
                    Outcome::plain(Return::Value(result))
                }
                Emulated::Skipped(result) => Outcome::plain(Return::Value(result)),
                Emulated::Trapped(info) => {
                    let rax = info.syscall as u64;
                    trapped(info, 0, rax)
                }
                Emulated::KillThread => Outcome::Killed { signal: SIGSYS, thread_alone: true },
                Emulated::Signal(signal) | Emulated::Killed(signal) => {
                    Outcome::Killed { signal, thread_alone: false }
                }
            },
            Origin::Gadget(gadget) => {
                let mut entry = self.entry(call, gadget);
                let decision = model.filter_decision(filters, &mut entry, tracer);
                self.outcome_after(model, decision, &entry)
            }
        }
    }

    /// What becomes of a gadget's call after the filters decided.
    pub(super) fn outcome_after(
        &self,
        model: &Model,
        decision: FilterDecision,
        entry: &SyscallEntry,
    ) -> Outcome {
        match decision {
            FilterDecision::Executed if UNFILTERED.contains(&(entry.number as i32)) => {
                Outcome::Unknown
            }
            FilterDecision::Executed => match model.permitted_return(entry) {
                Some(Return::Value(result)) => Outcome::plain(Return::Value(result)),
                Some(Return::Identity(identity)) => {
                    // The only thread's id is the process's; the user's id looks like any number.
                    Outcome::plain(match identity {
                        IdentityCall::Gettid => Return::Identity(IdentityCall::Getpid),
                        IdentityCall::Getuid => Return::Value(self.user),
                        other => Return::Identity(other),
                    })
                }
                None => Outcome::Unknown,
            },
            FilterDecision::Skipped => Outcome::plain(Return::Value(entry.result)),
            FilterDecision::Trapped(info) => {
                let signals = Signals { blocked: false, action: Action::Handle { restart: false } };
                let Some(restart) = model.caught(signals) else {
                    return Outcome::Killed { signal: SIGSYS, thread_alone: false };
                };
                let trapped_call =
                    model::Call { abi: entry.abi, after: entry.address, rax: entry.number };
                let saved = model.saved(trapped_call, restart);
                if saved.rip != trapped_call.after {
                    return Outcome::Endless;
                }
                trapped(info, saved.rip, saved.rax)
            }
            FilterDecision::KillThread => Outcome::Killed { signal: SIGSYS, thread_alone: true },
            FilterDecision::KillProcess => Outcome::Killed { signal: SIGSYS, thread_alone: false },
        }
    }

    /// Makes the call, and gives what became of it.
    pub(super) fn make(&self, call: &Call, identities: [i64; 4]) -> Outcome {
        use Reg::{R8, R9, R10, Rax, Rbp, Rbx, Rcx, Rdi, Rdx, Rsi};
        self.log.clear();
        let mut image = Registers::pattern().with(Rax, call.rax);
        let places = match call.from {
            Origin::Gadget(1) => [Rbx, Rcx, Rdx, Rsi, Rdi, Rbp],
            _ => [Rdi, Rsi, Rdx, R10, R8, R9],
        };
        for (reg, value) in places.into_iter().zip(call.args) {
            image[reg] = value;
        }
        let result = match call.from {
            Origin::Gadget(gadget) => self.gadgets[gadget].call_with(image)[Rax] as i64,
            Origin::Page(address) => fixtures::vsyscall::call_address(address, image)[Rax] as i64,
        };
        let signals = self.log.count();
        let frame = self.log.delivery(0).map(|delivery| {
            let frame = observed::signal_frame(&delivery);
            match call.from {
                Origin::Gadget(_) => frame,
                // The return address is the caller's.
                Origin::Page(_) => SignalFrame { saved: Saved { rip: 0, ..frame.saved }, ..frame },
            }
        });
        let [pid, ppid, tid, _] = identities;
        let result = match call.from {
            _ if signals > 0 => Return::Value(result),
            Origin::Page(TIME) if SECONDS.contains(&result) => Return::Value(ANY_TIME),
            Origin::Gadget(_) if [pid, tid].contains(&result) => {
                Return::Identity(IdentityCall::Getpid)
            }
            Origin::Gadget(_) if ppid == result => Return::Identity(IdentityCall::Getppid),
            _ => Return::Value(result),
        };
        Outcome::Returned { signals, frame, result }
    }
}

fn trapped(info: Info, rip: u64, rax: u64) -> Outcome {
    let frame = Some(SignalFrame { info, saved: Saved { rip, rax } });
    Outcome::Returned { signals: 1, frame, result: Return::Value(rax as i64) }
}
