//! System call instructions at addresses a case chooses.

use crate::memory::{self, Access, PAGE};
use crate::uapi::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64};
use crate::{Errno, registers, registers::Reg, registers::Registers};

/// Which instruction enters the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// `syscall`: the 64-bit ABI.
    Syscall,
    /// `int 0x80`: the 32-bit ABI, also from 64-bit code.
    Int80,
}

impl Entry {
    /// Bytes of the instruction.
    pub const LENGTH: usize = 2;

    /// What `si_arch` and a filter's `arch` say of it (`linux/audit.h`).
    pub const fn audit_arch(self) -> u32 {
        match self {
            Self::Syscall => AUDIT_ARCH_X86_64,
            Self::Int80 => AUDIT_ARCH_I386,
        }
    }

    const fn code(self) -> [u8; 2] {
        match self {
            Self::Syscall => [0x0f, 0x05],
            Self::Int80 => [0xcd, 0x80],
        }
    }
}

#[cfg(feature = "lies")]
impl From<Entry> for crate::lies::Made {
    fn from(entry: Entry) -> Self {
        match entry {
            Entry::Syscall => Self::Syscall,
            Entry::Int80 => Self::Int80,
        }
    }
}

/// `ret`.
const RET: [u8; 1] = [0xc3];
/// `mov $15, %eax; syscall`: what a signal handler returns to.
const RESTORER: [u8; 7] = [0xb8, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05];
/// `mov %rsp, %r15; mov %r14, %rsp; ret`: reports the stack pointer and puts the old one back.
const RET_BY_R14: [u8; 7] = [0x49, 0x89, 0xe7, 0x4c, 0x89, 0xf4, 0xc3];
/// `mov %rsp, %r14`.
const SAVE_RSP: [u8; 3] = [0x49, 0x89, 0xe6];

/// `mov %r12, %rsp; jmp *%r13`.
const JUMP_ON_STACK: [u8; 6] = [0x4c, 0x89, 0xe4, 0x41, 0xff, 0xe5];

/// `int3; jmp *%r11`.
const BREAK_AND_JUMP: [u8; 4] = [0xcc, 0x41, 0xff, 0xe3];
/// `mov (%rdx), %rax; ret`.
const LOAD: [u8; 4] = [0x48, 0x8b, 0x02, 0xc3];
/// `mov %rax, (%rdx); ret`.
const STORE: [u8; 4] = [0x48, 0x89, 0x02, 0xc3];

/// Executable code in a page of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// Address of the first byte.
    pub start: usize,
    /// Address of the instruction that enters the kernel.
    pub instruction: usize,
}

/// Writes `entry; ret` so that the instruction lies at `address` exactly. The pages below it must be
/// mapped already and writable; make them executable with [`seal`].
pub fn write_call(address: usize, entry: Entry) -> Code {
    #[cfg(feature = "lies")]
    crate::lies::placed(address, entry.into());
    write(address, &[&entry.code(), &RET], 0)
}

/// Writes `mov %rsp,%r14; entry; mov %rsp,%r15; mov %r14,%rsp; ret`: survives a handler that moves
/// the stack pointer, and shows it in R15.
pub fn write_stack_probe(address: usize, entry: Entry) -> Code {
    #[cfg(feature = "lies")]
    crate::lies::placed(address, entry.into());
    write(address, &[&SAVE_RSP, &entry.code(), &RET_BY_R14], SAVE_RSP.len())
}

/// Writes code that fills the 128 bytes below the stack pointer with R15, enters the kernel, and gives in R14 the
/// differences that it finds there afterwards, of all words together; it changes R13.
pub fn write_red_zone(address: usize, entry: Entry) -> Code {
    #[cfg(feature = "lies")]
    crate::lies::placed(address, entry.into());
    // Offsets of the words, as the instructions have them: -8 to -128.
    let words = || (1..=16_u8).map(|word| (word * 8).wrapping_neg());
    // `mov %r15, offset(%rsp)`
    let fill: Vec<u8> = words().flat_map(|offset| [0x4c, 0x89, 0x7c, 0x24, offset]).collect();
    // `mov offset(%rsp), %r13; xor %r15, %r13; or %r13, %r14`
    let compare = |offset| [0x4c, 0x8b, 0x6c, 0x24, offset, 0x4d, 0x31, 0xfd, 0x4d, 0x09, 0xee];
    let compare: Vec<u8> = words().flat_map(compare).collect();
    // `xor %r14, %r14`
    let clear = [0x4d, 0x31, 0xf6];
    write(address, &[&fill, &entry.code(), &clear, &compare, &RET], fill.len())
}

/// Writes `mov %rsp,%r14; mov %r12,%rsp; jmp *%r13; mov %rsp,%r15; mov %r14,%rsp; ret`: goes to the
/// address in R13 on the stack in R12, and survives whatever comes back after the jump; R15 tells the
/// stack pointer then. Gives the first address and the one to come back to.
pub fn write_jump(address: usize) -> (usize, usize) {
    #[cfg(feature = "lies")]
    crate::lies::placed(address, crate::lies::Made::Jump);
    let before = SAVE_RSP.len() + JUMP_ON_STACK.len();
    let code = write(address, &[&SAVE_RSP, &JUMP_ON_STACK, &RET_BY_R14], before);
    (code.start, code.instruction)
}

/// Writes `int3; jmp *%r11`: a stop for a tracer just before a jump.
pub fn write_break_and_jump(address: usize) {
    write(address, &[&BREAK_AND_JUMP], 0);
}

/// Writes `mov (%rdx),%rax; ret` and, eight bytes on, `mov %rax,(%rdx); ret`.
pub fn write_access(address: usize) -> [usize; 2] {
    #[cfg(feature = "lies")]
    for address in [address, address + 8] {
        crate::lies::placed(address, crate::lies::Made::Access);
    }
    [write(address, &[&LOAD], 0).start, write(address + 8, &[&STORE], 0).start]
}

/// Writes a signal trampoline (`rt_sigreturn`) at `address`.
pub fn write_restorer(address: usize) -> Code {
    write(address, &[&RESTORER], 5)
}

/// Makes the pages that hold `[address, address + length)` executable and read-only.
///
/// # Errors
/// EACCES where a policy forbids executable pages (SELinux execmem); else mprotect(2)'s.
pub fn seal(address: usize, length: usize) -> Result<(), Errno> {
    let first = address & !(PAGE - 1);
    let pages = (address + length - first).div_ceil(PAGE);
    memory::protect(first, pages, Access::ReadExecute)
}

fn write(address: usize, parts: &[&[u8]], before: usize) -> Code {
    for (i, byte) in parts.iter().flat_map(|part| part.iter()).enumerate() {
        memory::byte(address + i).store(*byte, std::sync::atomic::Ordering::Relaxed);
    }
    Code { start: address, instruction: address + before }
}

impl Code {
    /// Address after the instruction.
    pub const fn after(self) -> usize {
        self.instruction + Entry::LENGTH
    }

    /// Runs the code with every register as given and gives every register after it.
    pub fn call_with(self, mut registers: Registers) -> Registers {
        registers::call(self.start, &mut registers);
        registers
    }

    /// Makes system call `nr` with no arguments; the other registers hold patterns.
    pub fn call(self, nr: i64) -> i64 {
        self.call_with(Registers::pattern().with(Reg::Rax, nr as u64))[Reg::Rax] as i64
    }

    /// Makes system call `nr` with up to six arguments in the registers of the 64-bit ABI.
    pub fn call_args(self, nr: i64, args: [usize; 6]) -> i64 {
        use Reg::{R8, R9, R10, Rax, Rdi, Rdx, Rsi};
        let mut image = Registers::pattern().with(Rax, nr as u64);
        for (reg, value) in [Rdi, Rsi, Rdx, R10, R8, R9].into_iter().zip(args) {
            image[reg] = value as u64;
        }
        self.call_with(image)[Rax] as i64
    }
}
