//! Lies about code that enters the kernel with every register given: gadgets, the vsyscall page, the
//! vDSO.

use super::answer;
use super::handling::{deliveries, latest_code};
use super::kinds::code::{Entering, Fate, Holds, Leaving, Made};
use super::lie::{Door, Tell};
use super::state::{chosen, is_armed};
use crate::floating::image::Floating;
use crate::memory::atomic;
use crate::registers::image::{Reg, Registers};
use crate::syscall::native;
use crate::uapi;
use crate::uapi::VSYSCALL_ADDR;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

const CODES: usize = 512;
const SYSCALL: u64 = 1;
const INT80: u64 = 2;
const JUMP: u64 = 3;
const ACCESS: u64 = 4;
/// Code that was laid down: its address, and in the bits above what it does.
static PLACED: [AtomicU64; CODES] = [const { AtomicU64::new(0) }; CODES];
static NEXT: AtomicUsize = AtomicUsize::new(0);
/// What the selector held at the latest call.
static HELD: AtomicUsize = AtomicUsize::new(usize::MAX);

const PAGE: usize = VSYSCALL_ADDR as usize;

/// Code was written that does `made`.
pub(crate) fn placed(start: usize, made: Made) {
    let kind = match made {
        Made::Syscall => SYSCALL,
        Made::Int80 => INT80,
        Made::Jump => JUMP,
        _ => ACCESS,
    };
    let place = NEXT.fetch_add(1, Relaxed) % CODES;
    PLACED[place].store(kind << 60 | start as u64, Relaxed);
}

fn made(target: usize, registers: &Registers) -> Made {
    let known = PLACED.iter().map(|place| place.load(Relaxed)).take_while(|place| *place != 0);
    let known = known.filter(|place| *place << 4 >> 4 == target as u64).last();
    match known.map(|place| place >> 60) {
        Some(SYSCALL) => Made::Syscall,
        Some(INT80) => Made::Int80,
        Some(JUMP) if is_access(registers[Reg::R13]) => Made::Access,
        Some(JUMP) => of_address(registers[Reg::R13] as usize),
        _ => of_address(target),
    }
}

/// Whether code that loads or stores was laid down at an address.
fn is_access(address: u64) -> bool {
    PLACED.iter().any(|place| place.load(Relaxed) == ACCESS << 60 | address)
}

const fn of_address(address: usize) -> Made {
    if address >= PAGE && address - PAGE < 0x1000 {
        Made::Page((address - PAGE) & 0xc00)
    } else {
        Made::Elsewhere
    }
}

/// A call on its way.
pub(crate) struct Entered {
    made: Made,
    before: Registers,
    deliveries: u64,
    /// A selector that was changed, what it holds now, and what it held.
    selector: Option<(usize, u8, u8)>,
}

/// The armed selector that can be looked at and stored to, and what it holds.
fn selector() -> Option<(usize, u8)> {
    let at = answer::selector()?;
    Some((at, atomic::byte(at).load(Relaxed)))
}

impl Entering {
    fn applies(self, made: Made, registers: &Registers, selector: Option<(usize, u8)>) -> bool {
        match (self, selector) {
            (Self::Selector(holds, other), Some((_, byte))) => {
                let held = match holds {
                    Holds::Byte(wanted) => byte == wanted,
                    Holds::Other => byte > 1,
                };
                held && byte != other
            }
            (Self::StaleSelector, Some((_, byte))) => {
                let held = HELD.load(Relaxed);
                held != usize::MAX && held != usize::from(byte)
            }
            (Self::Register(reg, change), _) => change.of(registers[reg]) != registers[reg],
            (Self::MadeAsWell, Some((_, byte))) => byte == 1 && made == Made::Syscall,
            _ => false,
        }
    }
}

/// Code at `target` is about to run with these registers.
pub(crate) fn enter(target: usize, registers: &mut Registers) -> Option<Entered> {
    if !is_armed() {
        return None;
    }
    let made = made(target, registers);
    let before = *registers;
    let selector = if matches!(made, Made::Syscall | Made::Int80) { selector() } else { None };
    let fits = |tell: &Tell| {
        matches!(tell, Tell::Enter(lie)
            if lie.made == made && lie.what.applies(made, registers, selector))
    };
    let lie = chosen(Door::Enter, fits);
    let mut restored = None;
    if let Some(Tell::Enter(lie)) = lie {
        match (lie.what, selector) {
            (Entering::Selector(_, other), Some((at, byte))) => {
                atomic::byte(at).store(other, Relaxed);
                restored = Some((at, other, byte));
            }
            (Entering::StaleSelector, Some((at, byte))) => {
                let held = HELD.load(Relaxed) as u8;
                atomic::byte(at).store(held, Relaxed);
                restored = Some((at, held, byte));
            }
            (Entering::Register(reg, change), _) => registers[reg] = change.of(registers[reg]),
            (Entering::MadeAsWell, Some((at, byte))) if made == Made::Syscall => {
                atomic::byte(at).store(0, Relaxed);
                native(before[Reg::Rax] as i64, arguments(made, &before));
                atomic::byte(at).store(byte, Relaxed);
            }
            _ => {}
        }
    }
    if let Some((_, byte)) = selector {
        HELD.store(usize::from(byte), Relaxed);
    }
    Some(Entered { made, before, deliveries: deliveries(uapi::SIGSYS), selector: restored })
}

/// The arguments of a call by its registers.
fn arguments(made: Made, registers: &Registers) -> [usize; 6] {
    use Reg::{R8, R9, R10, Rbp, Rbx, Rcx, Rdi, Rdx, Rsi};
    match made {
        Made::Int80 => [Rbx, Rcx, Rdx, Rsi, Rdi, Rbp].map(|reg| registers[reg] as u32 as usize),
        _ => [Rdi, Rsi, Rdx, R10, R8, R9].map(|reg| registers[reg] as usize),
    }
}

/// The number that a call of the 32-bit ABI has in the other, where a lie knows it.
fn number(made: Made, registers: &Registers) -> i64 {
    match (made, registers[Reg::Rax] as u32) {
        (Made::Int80, 172) => uapi::SYS_prctl,
        (Made::Int80, 354) => uapi::SYS_seccomp,
        (Made::Int80, _) => -1,
        _ => registers[Reg::Rax] as i64,
    }
}

/// It came back.
pub(crate) fn leave(entered: Option<Entered>, registers: &mut Registers) {
    let Some(entered) = entered else { return };
    if let Some((at, stored, byte)) = entered.selector {
        // The handler may have put its own value there.
        let _ = atomic::byte(at).compare_exchange(stored, byte, Relaxed, Relaxed);
    }
    let (made, before) = (entered.made, &entered.before);
    let fate = match deliveries(uapi::SIGSYS) - entered.deliveries {
        0 => Fate::Quiet,
        _ => Fate::Signal(latest_code()),
    };
    if fate == Fate::Quiet && matches!(made, Made::Syscall | Made::Int80) {
        let (nr, args) = (number(made, before), arguments(made, before));
        registers[Reg::Rax] = answer::note_answer(nr, args, registers[Reg::Rax] as i64) as u64;
    }
    let result = registers[Reg::Rax] as i64;
    let fits = |tell: &Tell| match tell {
        Tell::Leave(lie) => {
            lie.made == made
                && lie.fate.is_none_or(|wanted| wanted == fate)
                && lie.on.holds(result)
                && match lie.what {
                    Leaving::Register(reg, change) => change.of(registers[reg]) != registers[reg],
                    Leaving::Memory(reg, field, change) => {
                        let at = before[reg] as usize;
                        answer::is_plausible(at) && field.changed(field.read(at), change).is_some()
                    }
                    Leaving::Floating(..) => false,
                }
        }
        _ => false,
    };
    let Some(Tell::Leave(lie)) = chosen(Door::Leave, fits) else { return };
    match lie.what {
        Leaving::Register(reg, change) => registers[reg] = change.of(registers[reg]),
        Leaving::Memory(reg, field, change) => {
            let at = before[reg] as usize;
            field.write(at, change.of(field.read(at)));
        }
        Leaving::Floating(..) => {}
    }
}

/// As [`leave`], with the floating-point registers that came back.
pub(crate) fn leave_floating(
    entered: Option<Entered>,
    registers: &mut Registers,
    floating: &mut Floating,
) {
    leave(entered, registers);
    let at = &raw mut *floating as usize;
    let fits = |tell: &Tell| {
        matches!(tell, Tell::Leave(lie) if matches!(lie.what, Leaving::Floating(field, change)
            if field.changed(field.read(at), change).is_some()))
    };
    if let Some(Tell::Leave(lie)) = chosen(Door::Leave, fits)
        && let Leaving::Floating(field, change) = lie.what
    {
        field.write(at, change.of(field.read(at)));
    }
}
