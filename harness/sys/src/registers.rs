//! The general registers, loaded and read around one call of a piece of code.

pub(crate) mod image;

use std::arch::global_asm;

pub use image::{COUNT, PROGRAM_FLAGS, Reg, Registers, STATUS_FLAGS};

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
