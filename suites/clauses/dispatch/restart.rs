//! Interrupted calls, and numbers that look like restart codes.

use crate::clauses::documents::{SIGNAL_7, X86_SIGNAL_C};

harness::clauses! {
    DISPATCH_RESTART_NUMBER_LIKE_RESTART_CODE = {
        id: "dispatch/restart/number-like-restart-code",
        promise: "A number that looks like a restart code changes nothing about the interrupted \
            state",
        sources: &[X86_SIGNAL_C.at("handle_signal()")],
        terms: "ERESTART_RESTARTBLOCK ERESTARTNOHAND ERESTARTNOINTR ERESTARTSYS",
    }
    DISPATCH_RESTART_RESTARTED_CALL = {
        id: "dispatch/restart/restarted-call",
        promise: "A call restarted after a handler that blocked calls is dispatched",
        sources: &[X86_SIGNAL_C.at("handle_signal()")],
        terms: "EINTR ERESTARTSYS interrupted SA_RESTART",
    }
    DISPATCH_RESTART_RESTART_SYSCALL = {
        id: "dispatch/restart/restart-syscall",
        promise: "A call that resumes after a stop enters as restart_syscall and is dispatched as \
            that",
        sources: &[X86_SIGNAL_C.at("arch_do_signal_or_restart()")],
        terms: "ERESTART_RESTARTBLOCK nanosleep SIGCONT SIGSTOP",
    }
    DISPATCH_RESTART_NEVER = {
        id: "dispatch/restart/never",
        promise: "A call that signal(7) lists as never restarted fails with EINTR although the handler has SA_RESTART, and \
            so does not enter dispatch again",
        sources: &[SIGNAL_7.at("Interruption of system calls and library functions by signal handlers")],
        terms: "epoll_wait nanosleep pause poll regardless select sigsuspend",
    }
    DISPATCH_RESTART_NO_CALL = {
        id: "dispatch/restart/no-call",
        promise: "A signal that interrupts no system call restarts none and changes no register, whatever RAX holds",
        sources: &[X86_SIGNAL_C.at("handle_signal()")],
        terms: "ERESTARTNOINTR ERESTARTSYS fault handler orig_rax",
    }
}
