//! A call through the page: result, registers, pointers, stops.

use crate::clauses::documents::VSYSCALL_64_C;

harness::clauses! {
    VSYSCALL_CALL_SAME_RESULT = {
        id: "vsyscall/call/same-result",
        promise: "A vsyscall does what the system call that it stands for does, with the same \
            result",
        sources: &[VSYSCALL_64_C.at("emulate_vsyscall()")],
        terms: "getcpu gettimeofday time",
    }
    VSYSCALL_CALL_REGISTERS = {
        id: "vsyscall/call/registers",
        promise: "A vsyscall changes rax and pops its return address; every other register stays",
        sources: &[VSYSCALL_64_C.at("emulate_vsyscall()")],
        terms: "r11 rcx rsp",
    }
    VSYSCALL_CALL_ANY_TASK = {
        id: "vsyscall/call/any-task",
        promise: "Every thread and process may call the page",
        sources: &[VSYSCALL_64_C.at("emulate_vsyscall()")],
        terms: "clone fork",
    }
    VSYSCALL_CALL_BAD_POINTER = {
        id: "vsyscall/call/bad-pointer",
        promise: "A pointer that the call cannot write through is SIGSEGV at the entry, not EFAULT",
        sources: &[VSYSCALL_64_C.at("emulate_vsyscall()")],
        terms: "gettimeofday",
    }
    VSYSCALL_CALL_KERNEL_POINTER = {
        id: "vsyscall/call/kernel-pointer",
        promise: "A pointer into the kernel's half is SIGSEGV before any filter runs; other \
            pointers are used only after the filters",
        sources: &[VSYSCALL_64_C.at("write_ok_or_segv()")],
        terms: "access_ok seccomp",
    }
    VSYSCALL_CALL_POINTER_FRAME = {
        id: "vsyscall/call/pointer-frame",
        promise: "The frame of that SIGSEGV tells a page fault: its vector, the error code of a write by user \
            code, and the pointer as the address",
        sources: &[VSYSCALL_64_C.at("write_ok_or_segv()")],
        terms: "cr2 err error_code sigcontext trapno X86_PF_USER X86_PF_WRITE X86_TRAP_PF",
    }
    VSYSCALL_CALL_STACK = {
        id: "vsyscall/call/stack",
        promise: "The return address is read wherever the stack pointer is; where it cannot be \
            read, the call is SIGSEGV at the entry",
        sources: &[VSYSCALL_64_C.at("emulate_vsyscall()")],
        terms: "ret rsp",
    }
    VSYSCALL_CALL_SINGLESTEP = {
        id: "vsyscall/call/singlestep",
        promise: "Stepping onto an entry and on stops at the entry, then after the instruction \
            that the call returns to",
        sources: &[VSYSCALL_64_C.at("emulate_vsyscall()")],
        terms: "PTRACE_SINGLESTEP SIGTRAP",
    }
    VSYSCALL_CALL_NO_SYSCALL_STOPS = {
        id: "vsyscall/call/no-syscall-stops",
        promise: "Neither PTRACE_SYSCALL nor PTRACE_SYSEMU stops at a vsyscall",
        sources: &[VSYSCALL_64_C.at("emulate_vsyscall()")],
        terms: "tracer",
    }
    VSYSCALL_CALL_NEVER_DISPATCHED = {
        id: "vsyscall/call/never-dispatched",
        promise: "A call through the vsyscall page is never dispatched",
        sources: &[VSYSCALL_64_C.at("emulate_vsyscall()")],
        terms: "emulate getcpu gettimeofday",
    }
}
