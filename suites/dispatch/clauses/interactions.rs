//! What no document states and every kernel with dispatch does: dispatch beside signals, threads,
//! ptrace and seccomp.

const SOURCE: &str = "kernel behaviour (5.11 to 7.3)";

harness::clauses! {
    INT_ORDER_SUD_FIRST = {
        id: "int/order/sud-first",
        promise: "A dispatched call never reaches seccomp: no action of a filter on its number \
            happens",
        source: SOURCE,
        terms: "intercepted SECCOMP_RET_ERRNO SECCOMP_RET_KILL_PROCESS SECCOMP_RET_TRAP",
    }
    INT_ORDER_SUD_ALLOW_THEN_SECCOMP = {
        id: "int/order/sud-allow-then-seccomp",
        promise: "A call that dispatch lets through meets seccomp as ever",
        source: SOURCE,
    }
    INT_ORDER_STRICT_PLUS_SUD = {
        id: "int/order/strict-plus-sud",
        promise: "In strict mode a forbidden call that is dispatched brings SIGSYS to the \
            handler, not SIGKILL",
        source: SOURCE,
        terms: "SECCOMP_MODE_STRICT",
    }
    INT_ORDER_SECCOMP_CAN_DENY_ARMING = {
        id: "int/order/seccomp-can-deny-arming",
        promise: "A filter can deny the arming: its error comes back and nothing is armed",
        source: SOURCE,
        terms: "EPERM prctl SECCOMP_RET_ERRNO",
    }
    INT_ORDER_PTRACE_BLIND = {
        id: "int/order/ptrace-blind",
        promise: "Neither PTRACE_SYSCALL nor PTRACE_SYSEMU stops at a dispatched call; the \
            SIGSYS stop shows its number in rax and orig_rax",
        source: SOURCE,
        terms: "tracee tracer",
    }
    INT_ORDER_PTRACE_EXIT_FLAG = {
        id: "int/order/ptrace-exit-flag",
        promise: "A dispatched call takes its own exit stop away and no other call's",
        source: SOURCE,
        terms: "PTRACE_EVENT PTRACE_SYSCALL syscall-exit-stop",
    }
    INT_PTRACE_SUPPRESS_SIGSYS = {
        id: "int/ptrace/suppress-sigsys",
        promise: "A tracer can suppress the SIGSYS: no handler runs, nothing is executed, the \
            number is the result",
        source: SOURCE,
        terms: "PTRACE_CONT signal-delivery-stop",
    }
    INT_PTRACE_FORCED_KILL_INVISIBLE = {
        id: "int/ptrace/forced-kill-invisible",
        promise: "The death by an unexpected selector value passes no tracer: there is no signal \
            stop",
        source: SOURCE,
        terms: "signal-delivery-stop SIGSYS",
    }
    INT_PTRACE_SINGLESTEP_DISPATCHED = {
        id: "int/ptrace/singlestep-dispatched",
        promise: "Stepping over a dispatched call stops with SIGSYS after the instruction, then \
            with SIGTRAP at the handler's first",
        source: SOURCE,
        terms: "PTRACE_SINGLESTEP TF",
    }
    INT_PTRACE_SINGLESTEP_PLAIN = {
        id: "int/ptrace/singlestep-plain",
        promise: "Stepping over a call that is not dispatched stops with SIGTRAP after the \
            instruction",
        source: SOURCE,
        terms: "PTRACE_SINGLESTEP TF",
    }
    INT_PTRACE_SET_MID_SYSCALL = {
        id: "int/ptrace/set-mid-syscall",
        promise: "A configuration written at an entry stop takes effect from the next call on",
        source: SOURCE,
        terms: "PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG PTRACE_SYSCALL",
    }
    INT_PTRACE_STALE_AFTER_FORK = {
        id: "int/ptrace/stale-after-fork",
        promise: "A forked child reads as OFF, with its parent's region and selector left behind",
        source: SOURCE,
        terms: "offset PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG",
    }
    INT_PTRACE_STALE_AFTER_EXEC = {
        id: "int/ptrace/stale-after-exec",
        promise: "After execve a task reads as OFF, with its old region and selector left behind",
        source: SOURCE,
        terms: "offset PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG",
    }
    INT_PTRACE_ENTRY_NR_OUT_OF_RANGE = {
        id: "int/ptrace/entry-nr-out-of-range",
        promise: "A number out of range that a tracer writes at an entry stop is a call nobody \
            knows: its result is ENOSYS, not what the tracer wrote",
        source: SOURCE,
        terms: "orig_rax PTRACE_SETREGS rax",
    }
    INT_ABI_INT80 = {
        id: "int/abi/int80",
        promise: "int 0x80 from 64-bit code is dispatched with the 32-bit ABI's name and a \
            32-bit number",
        source: SOURCE,
        terms: "AUDIT_ARCH_I386 compat i386 ia32 si_arch",
    }
    INT_ABI_INT80_DISABLED = {
        id: "int/abi/int80-disabled",
        promise: "Where 32-bit calls are switched off, int 0x80 is SIGSEGV and never dispatched",
        source: SOURCE,
        terms: "compat CONFIG_IA32_EMULATION ia32_emulation",
    }
    INT_ABI_X32_BIT = {
        id: "int/abi/x32-bit",
        promise: "A number with the x32 bit is dispatched with the bit visible",
        source: SOURCE,
        terms: "__X32_SYSCALL_BIT si_syscall",
    }
    INT_ABI_NEGATIVE_ONE = {
        id: "int/abi/negative-one",
        promise: "Number -1 is dispatched like any other",
        source: SOURCE,
        terms: "ENOSYS invalid",
    }
    INT_ABI_RAX_HIGH = {
        id: "int/abi/rax-high",
        promise: "Bits above 31 of the number are dropped from si_syscall, and kept in the saved \
            register and the result",
        source: SOURCE,
        terms: "orig_rax RAX truncated upper",
    }
    INT_RESTART_NEGATIVE_NR = {
        id: "int/restart/negative-nr",
        promise: "A number that looks like a restart code changes nothing about the interrupted \
            state",
        source: SOURCE,
        terms: "ERESTART_RESTARTBLOCK ERESTARTNOHAND ERESTARTNOINTR ERESTARTSYS",
    }
    INT_RESTART_SA_RESTART = {
        id: "int/restart/sa-restart",
        promise: "A call restarted after a handler that blocked calls is dispatched",
        source: SOURCE,
        terms: "EINTR ERESTARTSYS interrupted SA_RESTART",
    }
    INT_RESTART_RESTART_SYSCALL = {
        id: "int/restart/restart-syscall",
        promise: "A call that resumes after a stop enters as restart_syscall and is dispatched \
            as that",
        source: SOURCE,
        terms: "ERESTART_RESTARTBLOCK nanosleep SIGCONT SIGSTOP",
    }
    INT_SIGRETURN_DISPATCHED_WITH_NODEFER = {
        id: "int/sigreturn/dispatched-with-nodefer",
        promise: "A handler that leaves calls blocked nests through its own return until its \
            stack is full",
        source: SOURCE,
        terms: "overflow rt_sigreturn SA_NODEFER",
    }
    INT_SIGRETURN_OTHER_HANDLER_DISPATCHED = {
        id: "int/sigreturn/other-handler-dispatched",
        promise: "Another signal's handler that leaves calls blocked has its own return dispatched",
        source: SOURCE,
        terms: "rt_sigreturn",
    }
    INT_SIGNAL_BLOCKED = {
        id: "int/signal/blocked",
        promise: "A dispatched call with SIGSYS blocked kills the process with SIGSYS",
        source: SOURCE,
        terms: "masked sa_mask sigprocmask",
    }
    INT_SIGNAL_IGNORED = {
        id: "int/signal/ignored",
        promise: "A dispatched call with SIGSYS ignored kills the process with SIGSYS",
        source: SOURCE,
        terms: "SIG_IGN",
    }
    INT_SIGNAL_NESTED = {
        id: "int/signal/nested",
        promise: "A dispatched call in the SIGSYS handler kills the process with SIGSYS",
        source: SOURCE,
        terms: "SA_NODEFER",
    }
    INT_SIGNAL_NESTED_NODEFER = {
        id: "int/signal/nested-nodefer",
        promise: "With SA_NODEFER, a dispatched call in the SIGSYS handler runs the handler again",
        source: SOURCE,
        terms: "nested recursive",
    }
    INT_SIGNAL_OTHER_HANDLER = {
        id: "int/signal/other-handler",
        promise: "The handler of another signal is subject to dispatch like any code",
        source: SOURCE,
        terms: "SIGUSR1",
    }
    INT_SIGNAL_PROCESS_SIGSYS = {
        id: "int/signal/process-sigsys",
        promise: "A SIGSYS that a process sends is told apart by its si_code",
        source: SOURCE,
        terms: "kill SI_TKILL SI_USER SYS_USER_DISPATCH tgkill",
    }
    INT_SIGNAL_RETRY_IN_HANDLER = {
        id: "int/signal/retry-in-handler",
        promise: "A handler that allows calls and moves back to the instruction has the call \
            made natively",
        source: SOURCE,
        terms: "REG_RIP restart rip",
    }
    INT_SELECTOR_LAZY_PAGE = {
        id: "int/selector/lazy-page",
        promise: "A selector in an untouched page reads as ALLOW",
        source: SOURCE,
        terms: "anonymous demand fault zero",
    }
    INT_SELECTOR_READONLY_PAGE = {
        id: "int/selector/readonly-page",
        promise: "A selector in a read-only page works",
        source: SOURCE,
        terms: "mprotect PROT_READ",
    }
    INT_SELECTOR_PROT_NONE = {
        id: "int/selector/prot-none",
        promise: "A selector that cannot be read ends the whole process with an uncatchable \
            SIGSEGV",
        source: SOURCE,
        terms: "EFAULT fault munmap PROT_NONE unmapped",
    }
    INT_SELECTOR_PAST_EOF = {
        id: "int/selector/past-eof",
        promise: "A selector behind the end of its file ends the process with SIGSEGV, not SIGBUS",
        source: SOURCE,
        terms: "after ftruncate MAP_SHARED mmap",
    }
    INT_SELECTOR_SHARED_MEMORY = {
        id: "int/selector/shared-memory",
        promise: "A selector in shared memory obeys a store by another process at the next entry",
        source: SOURCE,
        terms: "MAP_SHARED memfd",
    }
    INT_SELECTOR_PKEY = {
        id: "int/selector/pkey",
        promise: "A selector that a protection key closes to the thread ends the process with \
            SIGSEGV",
        source: SOURCE,
        terms: "pkey_alloc PKEY_DISABLE_ACCESS PKRU",
    }
    INT_SELECTOR_LAM = {
        id: "int/selector/lam",
        promise: "A tagged selector address is EFAULT unless the process uses address masking",
        source: SOURCE,
        terms: "access_ok ARCH_ENABLE_TAGGED_ADDR LAM untagged_addr",
    }
    INT_THREAD_INDEPENDENT = {
        id: "int/thread/independent",
        promise: "Threads with selectors and regions of their own do not disturb each other",
        source: SOURCE,
        terms: "CLONE_THREAD pthread",
    }
    INT_THREAD_VFORK = {
        id: "int/thread/vfork",
        promise: "A vfork child is free while its parent is armed, and the parent is armed \
            afterwards",
        source: SOURCE,
        terms: "CLONE_VFORK",
    }
    INT_THREAD_CLONE_VM_NO_THREAD = {
        id: "int/thread/clone-vm-no-thread",
        promise: "A process that shares memory and selector byte with its armed maker is free",
        source: SOURCE,
        terms: "clone CLONE_VM",
    }
    INT_EXEC_FAILED = {
        id: "int/exec/failed",
        promise: "A failed execve leaves dispatch on",
        source: SOURCE,
        terms: "ENOENT",
    }
    INT_IOURING_SUD_BLIND = {
        id: "int/iouring/sud-blind",
        promise: "Operations that a ring runs by itself are not dispatched",
        source: SOURCE,
        terms: "io_uring",
        unobservable: Some("kernel threads submit them; no entry of a user's thread is involved"),
    }
    INT_UPROBE_335 = {
        id: "int/uprobe/335",
        promise: "Number 335 (uretprobe) is dispatched, though seccomp cannot filter it",
        source: SOURCE,
        terms: "SYS_uretprobe",
    }
    INT_REGS_PRESERVED = {
        id: "int/regs/preserved",
        promise: "Every general register of the interrupted code reaches the handler as it was",
        source: SOURCE,
        terms: "gregs r11 rcx uc_mcontext ucontext",
    }
    INT_REGS_UCONTEXT_WRITES = {
        id: "int/regs/ucontext-writes",
        promise: "Every register the handler stores in its context is in force afterwards",
        source: SOURCE,
        terms: "gregs sigreturn uc_mcontext",
    }
    INT_VSYS_SUD_BLIND = {
        id: "int/vsys/sud-blind",
        promise: "A call through the vsyscall page is never dispatched",
        source: SOURCE,
        terms: "emulate getcpu gettimeofday",
    }
    INT_AUDIT_NO_RECORD = {
        id: "int/audit/no-record",
        promise: "A dispatched call leaves no audit record",
        source: SOURCE,
        terms: "AUDIT_SYSCALL auditd",
        unobservable: Some("needs an audit daemon and its rules"),
    }
}
