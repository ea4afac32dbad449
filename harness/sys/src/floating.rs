//! The vector and x87 registers, loaded and read around one call of a piece of code.

pub(crate) mod image;

use crate::registers::Registers;
use std::arch::global_asm;

pub use image::Floating;

/// Loads `floating` and `registers`, calls `target`, and stores both after it.
pub fn call(target: usize, registers: &mut Registers, floating: &mut Floating) {
    #[cfg(feature = "lies")]
    let entered = crate::lies::enter(target, registers);
    // SAFETY: the assembler keeps what the ABI says a function keeps, restores the control words, and
    // touches memory only through the two pointers; `target` is a gadget that ends in `ret`.
    unsafe { sigsys_call_with_floating(registers.0.as_mut_ptr(), target, floating) }
    #[cfg(feature = "lies")]
    crate::lies::leave_floating(entered, registers, floating);
}

unsafe extern "C" {
    fn sigsys_call_with_floating(registers: *mut u64, target: usize, floating: *mut Floating);
}

// `sigsys_call_with_registers` touches no vector or x87 register itself.
global_asm!(
    ".text",
    ".globl sigsys_call_with_floating",
    ".type sigsys_call_with_floating, @function",
    "sigsys_call_with_floating:",
    "push rbx",
    "sub rsp, 16",
    "mov rbx, rdx",
    "stmxcsr [rsp]",
    "fnstcw [rsp + 4]",
    "fninit",
    "fldcw [rbx + 260]",
    "fld qword ptr [rbx + 280]",
    "fld qword ptr [rbx + 272]",
    "fld qword ptr [rbx + 264]",
    "ldmxcsr [rbx + 256]",
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    "movaps xmm\\n, [rbx + 16 * \\n]",
    ".endr",
    "call sigsys_call_with_registers",
    ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15",
    "movaps [rbx + 16 * \\n], xmm\\n",
    ".endr",
    "stmxcsr [rbx + 256]",
    "fnstcw [rbx + 260]",
    // The stack's top is bits 11 to 13 of the status word, counted down from 0.
    "fnstsw ax",
    "shr eax, 11",
    "neg eax",
    "and eax, 7",
    "mov [rbx + 262], ax",
    "fstp qword ptr [rbx + 264]",
    "fstp qword ptr [rbx + 272]",
    "fstp qword ptr [rbx + 280]",
    "fninit",
    "fldcw [rsp + 4]",
    "ldmxcsr [rsp]",
    "add rsp, 16",
    "pop rbx",
    "ret",
    ".size sigsys_call_with_floating, . - sigsys_call_with_floating",
);
