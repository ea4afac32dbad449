//! Every siginfo field and every register of intercepted calls, bit for bit: dispatched calls, and calls
//! that a filter traps.

mod predict;
mod reproduce;

use super::engine::check;
use super::filtered::UNFILTERED;
use super::observed;
use super::programs::{self, Program};
use super::property::{Prediction, Property, Report};
use super::reproducer::Reproducer;
use super::strategies::{self, UNASSIGNED};
use crate::clauses::*;
use fixtures::dispatch::{self, BLOCK};
use fixtures::filter::{self, Filter};
use fixtures::gadget::Gadget;
use fixtures::needs::{DISPATCH, INT80, SECCOMP_FILTER};
use fixtures::selector::{RemappableSelector, Selector};
use fixtures::sigsys::{self, Disposition};
use fixtures::{Delivery, Entry, Log, PROGRAM_FLAGS, Reg, Registers, STATUS_FLAGS, SigAction, bit};
use harness::SetUp;
use model::dispatch::Args;
use model::signal::{Gregs, Info, reg};
use model::{Abi, Call, Model};
use proptest::prelude::*;
use std::fmt;
use sys::uapi::{SIGALRM, SIGILL, SIGKILL, SIGSEGV, SIGSTOP, SIGSYS};

/// Signals that stay unblocked: SIGSYS, and what ends or stops a failing input.
const RESERVED: [i32; 6] = [SIGILL, SIGKILL, SIGSEGV, SIGALRM, SIGSTOP, SIGSYS];

/// Interrupts on, and the bit that is always 1.
const PLAIN_FLAGS: u64 = 0x202;

/// One call with all its registers.
#[derive(Clone, Debug)]
struct Input {
    /// R8 to R15, RDI, RSI, RBP, RBX, RDX, RAX, RCX.
    values: [u64; 15],
    rax: u64,
    flags: u64,
    restart: bool,
    /// Other signals that are blocked.
    mask: u64,
    /// The trapped call restarts for ever unless the handler changes its number.
    again: bool,
}

/// What is observed of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fact {
    Signals(u64),
    /// si_signo, the fields, the padding, and whether all bytes after them are zero.
    Signal(i32, Info, u32, bool),
    /// All but RSP and RIP, which are compared here.
    Saved {
        rip: u64,
        registers: Gregs,
    },
    /// Whether RSP is saved as it was.
    Stack(bool),
    /// The mask that is saved.
    Mask(u64),
    /// The registers after the call, but RSP and RIP.
    Back(Gregs),
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Signals(signals) => write!(f, "{signals} SIGSYS"),
            Self::Signal(signo, info, padding, zeros) => {
                write!(f, "si_signo {signo}, {info}, padding {padding:#x}, ")?;
                f.write_str(if zeros { "zeros after the fields" } else { "bytes after the fields" })
            }
            Self::Saved { rip, registers } => {
                write!(f, "saved registers: rip {rip:#x}")?;
                write_registers(f, &registers)
            }
            Self::Stack(kept) => {
                write!(f, "saved rsp is {} caller's", if kept { "the" } else { "not the" })
            }
            Self::Mask(mask) => write!(f, "uc_sigmask {mask:#x}"),
            Self::Back(registers) => {
                f.write_str("registers after the call:")?;
                write_registers(f, &registers)
            }
        }
    }
}

fn write_registers(f: &mut fmt::Formatter<'_>, registers: &Gregs) -> fmt::Result {
    for reg in Reg::VALUES.into_iter().chain([Reg::Flags]) {
        write!(f, " {reg:?} {:#x}", registers[reg as usize])?;
    }
    Ok(())
}

/// What intercepts the calls.
enum By {
    Dispatch(Selector),
    /// A filter whose data is made of every word of the call.
    Trap(Program),
}

struct Intercepted {
    by: By,
    gadget: Gadget,
    log: Log,
}

impl Intercepted {
    fn dispatched(entry: Entry) -> Self {
        let gadget = Gadget::new(entry);
        let selector = RemappableSelector::new().selector;
        let log = sigsys::handle();
        log.on_entry(selector.byte(), dispatch::ALLOW);
        Self { by: By::Dispatch(selector), gadget, log }
    }

    /// The filter is there for all inputs.
    fn trapped(entry: Entry) -> Self {
        let gadget = Gadget::new(entry);
        let program = programs::confined(&programs::folding(), &[gadget.after() as u32]);
        let log = sigsys::handle();
        log.set(Reg::Rax, UNASSIGNED);
        log.times(0);
        filter::no_new_privileges();
        Filter::raw(programs::handed(&program)).try_load(0).set_up("a filter can be loaded");
        Self { by: By::Trap(program), gadget, log }
    }

    fn abi(&self) -> Abi {
        match self.gadget.entry() {
            Entry::Syscall => Abi::X86_64,
            Entry::Int80 => Abi::I386,
        }
    }

    fn call(&self, input: &Input) -> Call {
        Call { abi: self.abi(), after: self.gadget.after(), rax: input.rax }
    }
}

/// A register image with what cannot be compared set to zero.
fn comparable(mut registers: Gregs, overwritten: bool) -> Gregs {
    registers[Reg::Rsp as usize] = 0;
    registers[reg::RIP] = 0;
    registers[reg::FLAGS] &= PROGRAM_FLAGS;
    if overwritten {
        registers[reg::R11] &= PROGRAM_FLAGS;
    }
    registers
}

fn image(input: &Input) -> Gregs {
    let mut registers = [0; 18];
    for (reg, value) in Reg::VALUES.into_iter().zip(input.values) {
        registers[reg as usize] = value;
    }
    registers[reg::RAX] = input.rax;
    registers[reg::FLAGS] = PLAIN_FLAGS | (input.flags & STATUS_FLAGS);
    registers
}

fn siginfo(delivery: &Delivery) -> Fact {
    let zeros = delivery.rest().iter().all(|word| *word == 0);
    Fact::Signal(delivery.signo(), observed::info(delivery), delivery.padding(), zeros)
}

impl Property for Intercepted {
    type Input = Input;
    type Fact = Fact;

    fn inputs(&self) -> BoxedStrategy<Input> {
        let values = proptest::array::uniform15(prop_oneof![
            4 => any::<u64>(),
            1 => Just(0),
            1 => Just(u64::MAX),
            1 => any::<i32>().prop_map(|value| value as u64),
        ]);
        let mask = (1i32..=64)
            .prop_map(bit)
            .prop_filter("kept free", |mask| !RESERVED.map(bit).contains(mask));
        let mask = prop_oneof![2 => Just(0), 1 => mask];
        (values, strategies::numbers(), any::<u64>(), any::<bool>(), mask)
            .prop_map(|(values, rax, flags, restart, mask)| Input {
                values,
                rax,
                flags,
                restart,
                mask,
                again: false,
            })
            .boxed()
    }

    fn normalize(&self, model: &Model, mut input: Input) -> Input {
        if let By::Trap(_) = self.by {
            // Some kernels show these to no filter.
            if UNFILTERED.contains(&(input.rax as i32)) {
                input.rax = UNASSIGNED;
            }
            if model.kernel.wide_numbers {
                input.rax &= 0xffff_ffff;
            }
            let call = self.call(&input);
            input.again = model.saved(call, input.restart).rip != call.after;
        }
        input
    }

    fn predict(&self, model: &Model, input: &Input) -> Prediction<Fact> {
        let mut prediction = Prediction::of(Vec::new());
        let seen = match &self.by {
            By::Dispatch(selector) => self.dispatches(model, input, *selector),
            By::Trap(program) => self.traps(model, input, program),
        };
        match seen {
            Ok((signals, info, rax)) => {
                let call = self.call(input);
                let saved = model.saved_registers(call, input.restart, &image(input));
                let wiped = call.abi == Abi::X86_64 && model.kernel.overwrites;
                let mut back = saved;
                back[reg::RAX] = rax;
                prediction.facts.extend([
                    Fact::Signals(signals),
                    Fact::Signal(SIGSYS, info, 0, true),
                    Fact::Saved { rip: saved[reg::RIP], registers: comparable(saved, wiped) },
                    Fact::Stack(true),
                    Fact::Mask(input.mask),
                    Fact::Back(comparable(back, wiped)),
                ]);
            }
            Err(Some(last)) => prediction.last = last,
            // It runs.
            Err(None) => prediction.facts.push(Fact::Signals(0)),
        }
        prediction
    }

    fn execute(&self, input: &Input, report: &Report<'_, Fact>) {
        self.log.clear();
        let how = SigAction { restart: input.restart, ..SigAction::PLAIN };
        let _ = sigsys::install(Disposition::Handle(how));
        sigsys::set_mask(input.mask);
        let after = match self.by {
            By::Dispatch(selector) => {
                let Args { mode, offset, length, selector: at } = self.configuration(selector);
                let _ = dispatch::answer(mode, offset, length, at);
                selector.store(BLOCK);
                let after = self.gadget.call_with(Registers(image(input)));
                selector.store(dispatch::ALLOW);
                after
            }
            By::Trap(_) => {
                self.log.times(input.again.into());
                self.gadget.call_with(Registers(image(input)))
            }
        };
        report.fact(Fact::Signals(self.log.count()));
        let Some(delivery) = self.log.delivery(0) else { return };
        report.fact(siginfo(&delivery));
        let mut saved = [0; 18];
        for reg in Reg::VALUES.into_iter().chain([Reg::Rsp, Reg::Rip, Reg::Flags]) {
            saved[reg as usize] = delivery.reg(reg);
        }
        let wiped = self.abi() == Abi::X86_64;
        let registers = comparable(saved, wiped);
        report.fact(Fact::Saved { rip: saved[reg::RIP], registers });
        report.fact(Fact::Stack(saved[Reg::Rsp as usize] == after[Reg::Rsp]));
        report.fact(Fact::Mask(delivery.mask()));
        report.fact(Fact::Back(comparable(after.0, wiped)));
    }

    fn reproducer(&self, input: &Input, prediction: &Prediction<Fact>) -> Option<Reproducer> {
        Some(reproduce::reproduce(self, input, prediction))
    }

    fn words(&self, input: &Input) -> String {
        use std::fmt::Write;
        let mut text = format!("  {:?} with rax {:#x}", self.gadget.entry(), input.rax);
        for (reg, value) in Reg::VALUES.into_iter().zip(input.values) {
            if reg != Reg::Rax && value != 0 {
                let _ = write!(text, ", {reg:?} {value:#x}");
            }
        }
        let flags = input.flags & STATUS_FLAGS;
        let _ = write!(text, "\n  status flags {flags:#x}, SA_RESTART {}", input.restart);
        let _ = write!(text, ", mask {:#x}", input.mask);
        text
    }
}

#[harness::test(
    clause = [
        DISPATCH_SIGINFO_SIGNO,
        DISPATCH_SIGINFO_CODE,
        DISPATCH_SIGINFO_ERRNO_ZERO,
        DISPATCH_SIGINFO_SYSCALL,
        DISPATCH_SIGINFO_ARCH,
        DISPATCH_RESULT_REGISTERS_PRESERVED,
        DISPATCH_RESULT_PC_AFTER_INSTRUCTION,
        DISPATCH_RESTART_NUMBER_LIKE_RESTART_CODE,
        DISPATCH_SCOPE_ANY_ABI,
    ],
    catches = "a field of siginfo or a register that is wrong for some contents of the other registers",
    needs = [DISPATCH],
    timeout_factor = 6,
)]
fn every_field_and_register_is_as_the_model_says() {
    check!(|| Intercepted::dispatched(Entry::Syscall), 1500);
}

#[harness::test(
    clause = [
        DISPATCH_SIGINFO_ARCH,
        DISPATCH_NUMBER_INT80,
        DISPATCH_RESULT_REGISTERS_PRESERVED,
        DISPATCH_RESTART_NUMBER_LIKE_RESTART_CODE,
    ],
    catches = "a register or field of a dispatched int 0x80 that is cut, widened or swapped for some contents",
    needs = [DISPATCH, INT80],
    timeout_factor = 6,
)]
fn every_field_and_register_is_as_the_model_says_for_a_32_bit_call() {
    check!(|| Intercepted::dispatched(Entry::Int80), 500);
}

#[harness::test(
    clause = [
        SECCOMP_TRAP_DATA,
        SECCOMP_TRAP_CALL_ADDR,
        SECCOMP_TRAP_SYSCALL,
        SECCOMP_TRAP_ARCH,
        SECCOMP_TRAP_PC_AFTER_INSTRUCTION,
        SECCOMP_TRAP_RESULT_REGISTER_NOT_ENOSYS,
        SECCOMP_TRAP_SIGINFO,
        SECCOMP_TRAP_REGISTERS,
    ],
    catches = "a trapped call whose siginfo or registers are wrong for some contents of the registers or the data",
    needs = [SECCOMP_FILTER],
    timeout_factor = 6,
)]
fn every_field_and_register_of_a_trapped_call_is_as_the_model_says() {
    check!(|| Intercepted::trapped(Entry::Syscall), 800);
}

#[harness::test(
    clause = [SECCOMP_TRAP_DATA, SECCOMP_TRAP_SYSCALL, SECCOMP_TRAP_ARCH, SECCOMP_TRAP_REGISTERS],
    catches = "a trapped int 0x80 whose registers or fields are cut, widened or swapped for some contents",
    needs = [SECCOMP_FILTER, INT80],
    timeout_factor = 6,
)]
fn every_field_and_register_of_a_trapped_call_is_as_the_model_says_for_a_32_bit_call() {
    check!(|| Intercepted::trapped(Entry::Int80), 400);
}
