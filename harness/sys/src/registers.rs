//! The general registers, loaded and read around one call of a piece of code.

use std::arch::global_asm;
use std::fmt;

/// A register by its place in the kernel's `gregs` array (`sys/ucontext.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
#[expect(missing_docs, reason = "the names are the processor's")]
pub enum Reg {
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    Rdi,
    Rsi,
    Rbp,
    Rbx,
    Rdx,
    Rax,
    Rcx,
    Rsp,
    Rip,
    Flags,
}

impl Reg {
    /// The fifteen registers that hold plain values (all but RSP, RIP and the flags).
    pub const VALUES: [Self; 15] = [
        Self::R8,
        Self::R9,
        Self::R10,
        Self::R11,
        Self::R12,
        Self::R13,
        Self::R14,
        Self::R15,
        Self::Rdi,
        Self::Rsi,
        Self::Rbp,
        Self::Rbx,
        Self::Rdx,
        Self::Rax,
        Self::Rcx,
    ];
}

/// How many registers [`Registers`] holds.
pub const COUNT: usize = 18;

/// A register image, in the order of the kernel's `gregs`.
///
/// RSP and RIP are results only: on return RSP holds the stack pointer that the called code saw at
/// its first instruction, RIP the address it returned to.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Registers(pub [u64; COUNT]);

/// Flags a caller may set freely: carry, parity, adjust, zero, sign, overflow.
pub const STATUS_FLAGS: u64 = 0x8d5;

/// Flags that a program can change or that change how it runs. The others are fixed, and an
/// emulated processor was seen to show stray bits in them.
pub const PROGRAM_FLAGS: u64 = 0x24_7fd7;

impl Registers {
    /// Every value register holds a pattern of its own that no kernel would put there.
    pub fn pattern() -> Self {
        let mut image = Self([0; COUNT]);
        for (i, reg) in Reg::VALUES.into_iter().enumerate() {
            image[reg] = 0xa5c3_0000_0000_5a00 + ((i as u64 + 1) * 0x0101_0101_0100);
        }
        image[Reg::Flags] = 0x202;
        image
    }

    /// This image with one register changed.
    #[must_use]
    pub fn with(mut self, reg: Reg, value: u64) -> Self {
        self[reg] = value;
        self
    }
}

impl std::ops::Index<Reg> for Registers {
    type Output = u64;
    fn index(&self, reg: Reg) -> &u64 {
        &self.0[reg as usize]
    }
}

impl std::ops::IndexMut<Reg> for Registers {
    fn index_mut(&mut self, reg: Reg) -> &mut u64 {
        &mut self.0[reg as usize]
    }
}

impl fmt::Debug for Registers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().enumerate()).finish()
    }
}

/// Loads the value registers and flags from `registers`, calls `target`, and stores the registers after it.
///
/// Returns when the code at `target` returns; it must keep RSP.
pub fn call(target: usize, registers: &mut Registers) {
    #[cfg(feature = "lies")]
    let entered = crate::lies::enter(target, registers);
    // SAFETY: the assembler keeps the callee-saved registers and touches memory only through the
    // pointer; the code at `target` is a gadget that ends in `ret`.
    unsafe { sigsys_call_with_registers(registers.0.as_mut_ptr(), target) }
    #[cfg(feature = "lies")]
    crate::lies::leave(entered, registers);
}

unsafe extern "C" {
    fn sigsys_call_with_registers(registers: *mut u64, target: usize);
}

// Offsets are 8 * the `Reg` number.
global_asm!(
    ".text",
    ".globl sigsys_call_with_registers",
    ".type sigsys_call_with_registers, @function",
    "sigsys_call_with_registers:",
    "push rbx",
    "push rbp",
    "push r12",
    "push r13",
    "push r14",
    "push r15",
    "push rdi",
    "push rsi",
    "lea rax, [rsp - 8]",
    "mov [rdi + 120], rax",
    "push qword ptr [rdi + 136]",
    "popfq",
    "mov r8, [rdi + 0]",
    "mov r9, [rdi + 8]",
    "mov r10, [rdi + 16]",
    "mov r11, [rdi + 24]",
    "mov r12, [rdi + 32]",
    "mov r13, [rdi + 40]",
    "mov r14, [rdi + 48]",
    "mov r15, [rdi + 56]",
    "mov rsi, [rdi + 72]",
    "mov rbp, [rdi + 80]",
    "mov rbx, [rdi + 88]",
    "mov rdx, [rdi + 96]",
    "mov rax, [rdi + 104]",
    "mov rcx, [rdi + 112]",
    "mov rdi, [rdi + 64]",
    "call [rsp]",
    "2:",
    "pushfq",
    "push rdi",
    "mov rdi, [rsp + 24]",
    "mov [rdi + 0], r8",
    "mov [rdi + 8], r9",
    "mov [rdi + 16], r10",
    "mov [rdi + 24], r11",
    "mov [rdi + 32], r12",
    "mov [rdi + 40], r13",
    "mov [rdi + 48], r14",
    "mov [rdi + 56], r15",
    "mov [rdi + 72], rsi",
    "mov [rdi + 80], rbp",
    "mov [rdi + 88], rbx",
    "mov [rdi + 96], rdx",
    "mov [rdi + 104], rax",
    "mov [rdi + 112], rcx",
    "lea rax, [rip + 2b]",
    "mov [rdi + 128], rax",
    "pop rax",
    "mov [rdi + 64], rax",
    "pop rax",
    "mov [rdi + 136], rax",
    "cld",
    "add rsp, 16",
    "pop r15",
    "pop r14",
    "pop r13",
    "pop r12",
    "pop rbp",
    "pop rbx",
    "ret",
    ".size sigsys_call_with_registers, . - sigsys_call_with_registers",
);
