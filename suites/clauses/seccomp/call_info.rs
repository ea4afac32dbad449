//! PTRACE_GET_SYSCALL_INFO and PTRACE_SET_SYSCALL_INFO at each kind of stop.

use crate::clauses::documents::{PTRACE_2, PTRACE_C};

harness::clauses! {
    SECCOMP_CALL_INFO_STOPS = {
        id: "seccomp/call-info/stops",
        promise: "Of a stop that belongs to no system call, PTRACE_GET_SYSCALL_INFO tells the ABI, \
            instruction pointer and stack pointer and nothing more",
        sources: &[PTRACE_2.at("PTRACE_GET_SYSCALL_INFO"), PTRACE_C.at("ptrace_get_syscall_info_op()")],
        terms: "event group-stop pt/syscall-info PTRACE_SYSCALL_INFO_NONE signal-delivery-stop",
        since: "5.3",
    }
    SECCOMP_CALL_INFO_NUMBER = {
        id: "seccomp/call-info/number",
        promise: "At an entry and at a seccomp event nr is the number as an int with its sign, with the bit of \
            the x32 ABI and without what RAX holds above it",
        sources: &[PTRACE_2.at("PTRACE_GET_SYSCALL_INFO"), PTRACE_C.at("ptrace_get_syscall_info_entry()")],
        terms: "__X32_SYSCALL_BIT entry.nr orig_rax seccomp.nr syscall_get_nr",
        since: "5.3",
    }
    SECCOMP_CALL_INFO_SET = {
        id: "seccomp/call-info/set",
        promise: "PTRACE_SET_SYSCALL_INFO sets number and arguments at an entry and the result at an exit, \
            and nothing else",
        sources: &[PTRACE_C.at("ptrace_set_syscall_info()")],
        terms: "args is_error nr pt/set-syscall-info rval",
        since: "6.16",
    }
    SECCOMP_CALL_INFO_SET_REFUSED = {
        id: "seccomp/call-info/set-refused",
        promise: "It refuses another stop's operation, reserved bits and a size that is too small with \
            EINVAL, a number that is no int with ERANGE, unreadable memory with EFAULT, and then changes \
            nothing",
        sources: &[PTRACE_C.at("ptrace_set_syscall_info()")],
        terms: "flags op pt/set-syscall-info",
        since: "6.16",
    }
}
