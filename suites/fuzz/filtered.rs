//! Calls under a stack of filters, from gadgets and through the vsyscall page: what is drawn, what is
//! foretold, what is done.

mod reproduce;

use super::draw::{self, UNASSIGNED};
use super::programs::Program;
use fixtures::gadget::Gadget;
use fixtures::vsyscall::Vsyscall;
use fixtures::{Entry, Log, Reg, Registers, call, sigsys};
use model::call::{Asking, Given};
use model::seccomp::{Entered, Permit, Tracer};
use model::signal::{Action, Info, Signals};
use model::vsyscall::{Emulated, PAGE};
use model::{Abi, Call, Model};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;
use sys::uapi::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, ENOSYS, SIGSYS};

/// The entry that gives a time.
const TIME: u64 = PAGE + 0x400;
/// Times, as far as a clock that was never set may be off.
const SECONDS: std::ops::Range<i64> = 10_000..0xffff_ffff;
/// Stands for any of them.
const TOLD: i64 = 0x7e11_1000_0000;
/// Stand for the ids of the process or thread, and of its parent.
const OWN: i64 = 0x7e11_0000_0000;
const PARENTS: i64 = 0x7e11_0000_0001;
/// Neither calls nor filters see these on every kernel.
const ODD: [i32; 2] = [335, 336];

/// Where calls come from.
pub(super) struct Callers {
    /// 64-bit and 32-bit.
    pub gadgets: [Gadget; 2],
    pub log: Log,
    /// The first address that no pointer may have.
    high: u64,
    /// What getuid answers.
    user: i64,
}

/// One call: from a gadget, or of an address in the page.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub from: From,
    pub rax: u64,
    pub args: [u64; 6],
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum From {
    Gadget(usize),
    Page(u64),
}

/// What the handler was shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shown {
    info: Info,
    /// RIP after the instruction; 0 where it is the caller's of the page.
    rip: u64,
    rax: u64,
}

/// What a call came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Came {
    Back {
        signals: u64,
        shown: Option<Shown>,
        result: i64,
    },
    Killed {
        signal: i32,
        thread_alone: bool,
    },
    /// It cannot be waited for, or would act.
    Unfit,
}

impl Callers {
    pub(super) fn new() -> Self {
        Self {
            gadgets: [Gadget::new(Entry::Syscall), Gadget::new(Entry::Int80)],
            log: sigsys::handle(),
            high: super::asked::selector_end(),
            user: call::raw(i64::from(Asking::Getuid.number(Abi::X86_64)), [0; 6]),
        }
    }

    /// The low halves of all addresses that filters look at.
    pub(super) fn addresses(&self) -> Vec<u32> {
        let pages = Vsyscall::ALL.map(|entry| entry.address() as u64);
        let gadgets = self.gadgets.map(|gadget| gadget.after());
        gadgets.into_iter().chain(pages).map(|address| address as u32).collect()
    }

    /// Words that calls show to filters.
    pub(super) fn shown(&self) -> Vec<u32> {
        let mut all = self.addresses();
        all.extend([AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, 0xffff_ffff, 0, 1]);
        all.extend([39, 110, 186, 102, 20, 96, 201, 309, UNASSIGNED as u32]);
        all.extend([7, 8, 0x1234_5678, 0x8000_0000]);
        all
    }

    pub(super) fn calls(&self) -> BoxedStrategy<Made> {
        let argument = prop_oneof![
            4 => select(vec![0, 1, 7, 8, 0x1234_5678, 0x8000_0000, 7 << 32, u64::MAX]),
            1 => any::<u64>(),
        ];
        let args = proptest::array::uniform6(argument);
        let gadget = (0..2usize, draw::numbers(), args).prop_map(|(from, rax, args)| Made {
            from: From::Gadget(from),
            rax,
            args,
        });
        let pointers = select(vec![0, 0, 0, self.high, 1 << 63, u64::MAX]);
        let entries = prop_oneof![9 => (0u64..3).prop_map(|i| i * 0x400), 1 => 0u64..0x1000];
        let page = (entries, pointers.clone(), pointers).prop_map(|(offset, first, second)| Made {
            from: From::Page(PAGE + offset),
            rax: 0,
            args: [first, second, 0, 0, 0, 0],
        });
        prop_oneof![5 => gadget, 1 => page].boxed()
    }

    /// The call without what would do harm or never end.
    pub(super) fn settle(
        &self,
        model: &Model,
        filters: &[Program],
        mut made: Made,
        tracer: Option<Tracer<'_>>,
    ) -> Made {
        if model.kernel.wide_numbers {
            made.rax &= 0xffff_ffff;
        }
        if ODD.contains(&(made.rax as i32))
            || self.foretell(model, filters, &made, tracer) == Came::Unfit
        {
            made.rax = UNASSIGNED;
        }
        made
    }

    pub(super) fn entered(&self, made: &Made, gadget: usize) -> Entered {
        let (abi, number) = match gadget {
            0 => (Abi::X86_64, made.rax),
            _ => (Abi::I386, made.rax & 0xffff_ffff),
        };
        let address = self.gadgets[gadget].after();
        Entered { abi, number, result: -ENOSYS, address, args: made.args }
    }

    /// What it comes to.
    pub(super) fn foretell(
        &self,
        model: &Model,
        filters: &[Program],
        made: &Made,
        tracer: Option<Tracer<'_>>,
    ) -> Came {
        match made.from {
            From::Page(address) => match model.vsyscall(address, made.args, filters, tracer) {
                Emulated::Made => {
                    let result = if address == TIME { TOLD } else { 0 };
                    Came::Back { signals: 0, shown: None, result }
                }
                Emulated::Skipped(result) => Came::Back { signals: 0, shown: None, result },
                Emulated::Trapped(info) => {
                    let rax = info.syscall as u64;
                    trapped(info, 0, rax)
                }
                Emulated::KillsThread => Came::Killed { signal: SIGSYS, thread_alone: true },
                Emulated::Signal(signal) | Emulated::Killed(signal) => {
                    Came::Killed { signal, thread_alone: false }
                }
            },
            From::Gadget(gadget) => {
                let mut entered = self.entered(made, gadget);
                let permit = model.permit(filters, &mut entered, tracer);
                self.after(model, permit, &entered)
            }
        }
    }

    /// What becomes of a gadget's call that was shown to the filters.
    pub(super) fn after(&self, model: &Model, permit: Permit, entered: &Entered) -> Came {
        match permit {
            Permit::Made if ODD.contains(&(entered.number as i32)) => Came::Unfit,
            Permit::Made => match model.made(entered) {
                Some(Given::Value(result)) => Came::Back { signals: 0, shown: None, result },
                Some(Given::Answer(asking)) => {
                    let result = match asking {
                        Asking::Getpid | Asking::Gettid => OWN,
                        Asking::Getppid => PARENTS,
                        Asking::Getuid => self.user,
                    };
                    Came::Back { signals: 0, shown: None, result }
                }
                None => Came::Unfit,
            },
            Permit::Skipped => Came::Back { signals: 0, shown: None, result: entered.result },
            Permit::Trapped(info) => {
                let signals = Signals { blocked: false, action: Action::Handle { restart: false } };
                let Some(restart) = model.caught(signals) else {
                    return Came::Killed { signal: SIGSYS, thread_alone: false };
                };
                let call = Call { abi: entered.abi, after: entered.address, rax: entered.number };
                let saved = model.saved(call, restart);
                if saved.rip != call.after {
                    return Came::Unfit;
                }
                trapped(info, saved.rip, saved.rax)
            }
            Permit::KillsThread => Came::Killed { signal: SIGSYS, thread_alone: true },
            Permit::KillsProcess => Came::Killed { signal: SIGSYS, thread_alone: false },
        }
    }

    /// What the asking calls answer in this process.
    pub(super) fn answers() -> [i64; 4] {
        Asking::ALL.map(|asking| call::raw(i64::from(asking.number(Abi::X86_64)), [0; 6]))
    }

    /// Makes it.
    pub(super) fn make(&self, made: &Made, answers: [i64; 4]) -> Came {
        use Reg::{R8, R9, R10, Rax, Rbp, Rbx, Rcx, Rdi, Rdx, Rsi};
        self.log.clear();
        let mut image = Registers::pattern().with(Rax, made.rax);
        let places = match made.from {
            From::Gadget(1) => [Rbx, Rcx, Rdx, Rsi, Rdi, Rbp],
            _ => [Rdi, Rsi, Rdx, R10, R8, R9],
        };
        for (reg, value) in places.into_iter().zip(made.args) {
            image[reg] = value;
        }
        let mut result = match made.from {
            From::Gadget(gadget) => self.gadgets[gadget].call_with(image)[Rax] as i64,
            From::Page(address) => fixtures::vsyscall::call_address(address, image)[Rax] as i64,
        };
        let signals = self.log.count();
        let shown = self.log.delivery(0).map(|caught| Shown {
            info: Info {
                errno: caught.errno(),
                code: caught.code(),
                call_addr: caught.call_addr(),
                syscall: caught.syscall(),
                arch: caught.arch(),
            },
            rip: match made.from {
                From::Gadget(_) => caught.reg(Reg::Rip),
                From::Page(_) => 0,
            },
            rax: caught.reg(Rax),
        });
        if signals == 0 {
            match made.from {
                From::Page(TIME) if SECONDS.contains(&result) => result = TOLD,
                From::Page(_) => {}
                From::Gadget(_) if [answers[0], answers[2]].contains(&result) => result = OWN,
                From::Gadget(_) if answers[1] == result => result = PARENTS,
                From::Gadget(_) => {}
            }
        }
        Came::Back { signals, shown, result }
    }
}

fn trapped(info: Info, rip: u64, rax: u64) -> Came {
    let shown = Shown { info, rip, rax };
    Came::Back { signals: 1, shown: Some(shown), result: rax as i64 }
}
