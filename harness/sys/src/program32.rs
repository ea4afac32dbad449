//! A 32-bit program in the smallest ELF file that holds it: the only kind of program whose signal
//! trampoline lies in the vDSO.
//!
//! It handles SIGSYS, turns dispatch on, blocks calls, makes one getpid(2), allows calls, and exits with
//! [`FINE`] if that call was dispatched once with the promised siginfo and result. The first letter of its name
//! says how it goes about it.

mod elf;
pub mod fast;

use crate::{Errno, call, uapi};
use elf::file;
use std::arch::global_asm;
use std::ffi::CStr;

/// Status: all as it must be.
pub const FINE: i32 = 42;
/// The descriptor of the program that [`Way::Executes`] executes.
pub const NEXT: i32 = 9;
/// Status of [`Way::Probe`]: this kernel gives 32-bit programs no vDSO.
pub const NO_VDSO: i32 = 43;

/// What the program does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It only looks for its vDSO.
    Probe,
    /// The handler takes siginfo and returns through the vDSO (rt_sigreturn).
    Vdso,
    /// The handler takes a number alone and returns through the vDSO (sigreturn).
    VdsoPlain,
    /// As `Vdso`, and the call is made by the vDSO's own entry point.
    VdsoCall,
    /// The handler returns through a trampoline of the program's.
    Own,
    /// As `Own`, with the trampoline in the region.
    OwnExempt,
    /// As `Own`, and the handler allows calls.
    OwnAllowed,
    /// As `Own`, and the selector holds a value that is neither allow nor block.
    BadValue,
    /// As `Own`, and nothing is mapped at the selector.
    Unreadable,
    /// The selector allows, and holds a value that blocks when a program begins anew; it executes the program in
    /// [`NEXT`], as `Probe`.
    Executes,
}

impl Way {
    const fn argument(self) -> &'static CStr {
        match self {
            Self::Probe => c"p",
            Self::Vdso => c"v",
            Self::VdsoPlain => c"s",
            Self::VdsoCall => c"k",
            Self::Own => c"r",
            Self::OwnExempt => c"e",
            Self::OwnAllowed => c"a",
            Self::BadValue => c"b",
            Self::Unreadable => c"u",
            Self::Executes => c"x",
        }
    }
}

unsafe extern "C" {
    static sigsys_program32: u8;
    static sigsys_program32_end: u8;
}

/// The whole file of the program of this module.
pub fn image() -> Vec<u8> {
    let start = &raw const sigsys_program32;
    let length = &raw const sigsys_program32_end as usize - start as usize;
    // SAFETY: the two labels bound the code below, which is in this program's own text.
    file(unsafe { std::slice::from_raw_parts(start, length) })
}

/// Replaces the calling process by the program in the open file `fd`; gives the error if that fails.
pub fn execute(fd: i32, way: Way) -> Errno {
    execute_as(fd, way.argument())
}

/// As [`execute`]; `make` makes the call.
pub fn execute_through(fd: i32, way: Way, make: impl FnOnce(i64, [usize; 6]) -> i64) -> Errno {
    with_lists(way.argument(), |list, environment| {
        let empty = c"".as_ptr() as usize;
        let args = [fd as usize, empty, list, environment, uapi::AT_EMPTY_PATH, 0];
        Errno::from_raw(-make(uapi::SYS_execveat, args) as i32)
    })
}

/// As [`execute`], of any such program; the first letter of `name` says how it goes about it.
pub fn execute_as(fd: i32, name: &CStr) -> Errno {
    with_lists(name, |list, environment| {
        let empty = c"".as_ptr() as usize;
        let args = [fd as usize, empty, list, environment, uapi::AT_EMPTY_PATH, 0];
        let by_descriptor = call::checked(uapi::SYS_execveat, args);
        if by_descriptor != Err(Errno::ENOENT) {
            return by_descriptor.err().unwrap_or(Errno::UnknownErrno);
        }
        // 5.10.218 and 5.10.223 find no program by an empty path.
        let path = std::ffi::CString::new(format!("/proc/self/fd/{fd}")).unwrap_or_default();
        let args = [path.as_ptr() as usize, list, environment, 0, 0, 0];
        call::checked(uapi::SYS_execve, args).err().unwrap_or(Errno::UnknownErrno)
    })
}

/// Hands over the addresses of a list with one argument and of an empty environment.
fn with_lists(name: &CStr, then: impl FnOnce(usize, usize) -> Errno) -> Errno {
    let list = [name.as_ptr() as usize, 0];
    let environment = 0usize;
    then(list.as_ptr() as usize, &raw const environment as usize)
}

// The data page is at 0x8049000: +0 selector, +4 deliveries, +8 si_code, +12 si_syscall, +16 si_arch,
// +20 si_call_addr, +24 the vDSO's header, +28 its entry point, +32 struct sigaction, +64 the letter, +80 a
// selector that blocks at the start, +96 the name and +104 the arguments of the program that is executed.
// EBP keeps the letter outside the handler. Code address of a label L: 0x8048100 + (L - start).
global_asm!(
    ".pushsection .text.sigsys_program32, \"ax\", @progbits",
    ".code32",
    ".globl sigsys_program32",
    "sigsys_program32:",
    "movl 4(%esp), %eax",
    "movzbl (%eax), %ebp",
    "movl %ebp, 0x8049040",
    // The auxiliary vector follows the arguments and the environment.
    "leal 4(%esp), %ebx",
    "2:",
    "movl (%ebx), %eax",
    "addl $4, %ebx",
    "testl %eax, %eax",
    "jnz 2b",
    "3:",
    "movl (%ebx), %eax",
    "addl $4, %ebx",
    "testl %eax, %eax",
    "jnz 3b",
    "4:",
    "movl (%ebx), %eax",
    "movl 4(%ebx), %ecx",
    "addl $8, %ebx",
    "cmpl $33, %eax",
    "jne 5f",
    "movl %ecx, 0x8049018",
    "5:",
    "cmpl $32, %eax",
    "jne 6f",
    "movl %ecx, 0x804901c",
    "6:",
    "testl %eax, %eax",
    "jnz 4b",
    "movl $43, %ebx",
    "cmpl $0, 0x8049018",
    "je .Lp32_exit",
    "cmpl $0, 0x804901c",
    "je .Lp32_exit",
    "movl $42, %ebx",
    "cmpl $0x70, %ebp",
    "je .Lp32_exit",
    // The handler: flags by the letter.
    "movl $(0x8048100 + .Lp32_handler - sigsys_program32), 0x8049020",
    "movl $4, 0x8049024",
    "cmpl $0x73, %ebp",
    "jne 7f",
    "movl $0, 0x8049024",
    "7:",
    "cmpl $0x72, %ebp",
    "je 8f",
    "cmpl $0x65, %ebp",
    "je 8f",
    "cmpl $0x61, %ebp",
    "jne 9f",
    "8:",
    "orl $0x04000000, 0x8049024",
    "movl $(0x8048100 + .Lp32_restorer - sigsys_program32), 0x8049028",
    "9:",
    "movl $174, %eax",
    "movl $31, %ebx",
    "movl $0x8049020, %ecx",
    "xorl %edx, %edx",
    "movl $8, %esi",
    "int $0x80",
    "movl $44, %ebx",
    "testl %eax, %eax",
    "jnz .Lp32_exit",
    // prctl(59, 1, region, selector); only `e` has a region.
    "xorl %edx, %edx",
    "xorl %esi, %esi",
    "cmpl $0x65, %ebp",
    "jne 12f",
    "movl $(0x8048100 + .Lp32_restorer - sigsys_program32), %edx",
    "movl $16, %esi",
    "12:",
    "movl $172, %eax",
    "movl $59, %ebx",
    "movl $1, %ecx",
    "movl $0x8049000, %edi",
    "cmpl $0x75, %ebp",
    "jne 18f",
    "movl $0x1000, %edi",
    "18:",
    "cmpl $0x78, %ebp",
    "jne 20f",
    "movb $0, 0x8049050",
    "movl $0x8049050, %edi",
    "20:",
    "int $0x80",
    "movl $45, %ebx",
    "testl %eax, %eax",
    "jnz .Lp32_exit",
    "cmpl $0x78, %ebp",
    "je .Lp32_execute",
    // The call.
    "movb $1, 0x8049000",
    "cmpl $0x62, %ebp",
    "jne 19f",
    "movb $2, 0x8049000",
    "19:",
    "movl $20, %eax",
    "cmpl $0x6b, %ebp",
    "je 13f",
    "int $0x80",
    ".Lp32_after:",
    "jmp 14f",
    "13:",
    "call *0x804901c",
    "14:",
    "movb $0, 0x8049000",
    // The result is the number; one delivery.
    "movl $46, %ebx",
    "cmpl $20, %eax",
    "jne .Lp32_exit",
    "movl $47, %ebx",
    "cmpl $1, 0x8049004",
    "jne .Lp32_exit",
    "movl $42, %ebx",
    "cmpl $0x73, %ebp",
    "je .Lp32_exit",
    "movl $48, %ebx",
    "cmpl $2, 0x8049008",
    "jne .Lp32_exit",
    "movl $49, %ebx",
    "cmpl $20, 0x804900c",
    "jne .Lp32_exit",
    "movl $50, %ebx",
    "cmpl $0x40000003, 0x8049010",
    "jne .Lp32_exit",
    "movl $51, %ebx",
    "cmpl $0x6b, %ebp",
    "je 15f",
    "cmpl $(0x8048100 + .Lp32_after - sigsys_program32), 0x8049014",
    "jne .Lp32_exit",
    "movl $42, %ebx",
    "jmp .Lp32_exit",
    // Through the vDSO: the address lies in its first page or the two after it.
    "15:",
    "movl 0x8049014, %eax",
    "subl 0x8049018, %eax",
    "cmpl $0x3000, %eax",
    "jae .Lp32_exit",
    "movl $42, %ebx",
    ".Lp32_exit:",
    "movl $1, %eax",
    "int $0x80",
    "jmp .Lp32_exit",
    // execveat(9, "", ["p"], [], AT_EMPTY_PATH): what follows the name and the list is 0.
    ".Lp32_execute:",
    "movb $0x70, 0x8049060",
    "movl $0x8049060, 0x8049068",
    "movl $358, %eax",
    "movl $9, %ebx",
    "movl $0x8049061, %ecx",
    "movl $0x8049068, %edx",
    "movl $0x804906c, %esi",
    "movl $0x1000, %edi",
    "int $0x80",
    "movl $52, %ebx",
    "jmp .Lp32_exit",
    ".Lp32_handler:",
    "incl 0x8049004",
    "cmpl $0x61, 0x8049040",
    "jne 16f",
    "movb $0, 0x8049000",
    "16:",
    "cmpl $0x73, 0x8049040",
    "je 17f",
    "movl 8(%esp), %eax",
    "movl 8(%eax), %ecx",
    "movl %ecx, 0x8049008",
    "movl 12(%eax), %ecx",
    "movl %ecx, 0x8049014",
    "movl 16(%eax), %ecx",
    "movl %ecx, 0x804900c",
    "movl 20(%eax), %ecx",
    "movl %ecx, 0x8049010",
    "17:",
    "ret",
    ".Lp32_restorer:",
    "movl $173, %eax",
    "int $0x80",
    "ud2",
    ".globl sigsys_program32_end",
    "sigsys_program32_end:",
    ".code64",
    ".popsection",
    options(att_syntax),
);
