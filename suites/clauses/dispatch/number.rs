//! Numbers of every shape, and the 32-bit entry.

use crate::clauses::documents::{
    ENTRY_COMMON_C, KERNEL_PARAMETERS, SECCOMP_C, X86_ENTRY_COMMON_C, X86_IDT_C, X86_SYSCALL_H,
};

harness::clauses! {
    DISPATCH_NUMBER_INT80 = {
        id: "dispatch/number/int80",
        promise: "int 0x80 from 64-bit code is dispatched with the 32-bit ABI's audit architecture \
            and a 32-bit number",
        sources: &[X86_SYSCALL_H.at("syscall_get_arch()")],
        terms: "AUDIT_ARCH_I386 compat i386 ia32 si_arch",
    }
    DISPATCH_NUMBER_INT80_DISABLED = {
        id: "dispatch/number/int80-disabled",
        promise: "Where 32-bit emulation is disabled, int 0x80 is SIGSEGV and never dispatched",
        sources: &[KERNEL_PARAMETERS.at("ia32_emulation="), X86_IDT_C.at("idt_setup_traps()")],
        terms: "compat CONFIG_IA32_EMULATION",
    }
    DISPATCH_NUMBER_X32_BIT = {
        id: "dispatch/number/x32-bit",
        promise: "A number with the x32 bit is dispatched with the bit visible",
        sources: &[X86_ENTRY_COMMON_C.at("do_syscall_x32()")],
        terms: "__X32_SYSCALL_BIT si_syscall",
    }
    DISPATCH_NUMBER_MINUS_ONE = {
        id: "dispatch/number/minus-one",
        promise: "Number -1 is dispatched like any other",
        sources: &[ENTRY_COMMON_C.at("syscall_trace_enter()")],
        terms: "ENOSYS invalid",
    }
    DISPATCH_NUMBER_UPPER_HALF = {
        id: "dispatch/number/upper-half",
        promise: "Bits above 31 of the number are dropped from si_syscall, and kept in the saved \
            register and the result",
        sources: &[X86_SYSCALL_H.at("syscall_get_nr()")],
        terms: "orig_rax RAX truncated upper",
    }
    DISPATCH_NUMBER_URETPROBE = {
        id: "dispatch/number/uretprobe",
        promise: "Number 335 (uretprobe) is dispatched, though seccomp cannot filter it",
        sources: &[SECCOMP_C.at("seccomp_uprobe_exception()")],
        terms: "SYS_uretprobe",
    }
}
