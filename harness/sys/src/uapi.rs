//! The kernel's constants, by the names of its headers, and their only home: no other file of the
//! repository defines one, or writes its value as a bare number.
//!
//! What libc exports is libc's, in the type in which it is used here; what it lacks is written out.
#![expect(non_upper_case_globals, reason = "the names are the headers'")]

/// Constants of libc in the type in which the kernel's interface is used here.
macro_rules! of_libc {
    ($kind:ty: $($name:ident),* $(,)?) => {
        $(#[doc = concat!("`", stringify!($name), "`")] pub const $name: $kind = libc::$name as $kind;)*
    };
}

/// Constants that libc lacks.
macro_rules! written {
    ($kind:ty: $($name:ident = $value:expr),* $(,)?) => {
        $(#[doc = concat!("`", stringify!($name), "`")] pub const $name: $kind = $value;)*
    };
}

/// Numbers of system calls that libc lacks.
macro_rules! numbers {
    ($($name:ident = $value:expr),* $(,)?) => { written! { i64: $($name = $value),* } };
}

pub mod unistd_32;
mod unistd_64;
pub use unistd_64::*;

// asm-generic/errno-base.h, asm-generic/errno.h: a call returns them negated, `-ENOSYS`.
of_libc! { i64:
    EPERM, ENOENT, ESRCH, EINTR, EIO, ENOEXEC, EBADF, ECHILD, EAGAIN, ENOMEM, EACCES, EFAULT, EBUSY,
    EEXIST, EINVAL, ENOTTY, EPIPE, EDOM, ERANGE, ENOSYS, EOPNOTSUPP, EINPROGRESS, E2BIG, EMFILE,
}

// linux/errno.h: what the kernel itself returns for a call that a signal interrupted, no program sees it.
written! { i64:
    ERESTARTSYS = 512, ERESTARTNOINTR = 513, ERESTARTNOHAND = 514, ERESTART_RESTARTBLOCK = 516,
}

// linux/err.h
written! { i64: MAX_ERRNO = 4095 }

// asm/signal.h
pub use libc::{
    SIGABRT, SIGALRM, SIGBUS, SIGCHLD, SIGCONT, SIGFPE, SIGHUP, SIGILL, SIGINT, SIGIO, SIGKILL,
    SIGPIPE, SIGPROF, SIGPWR, SIGQUIT, SIGSEGV, SIGSTKFLT, SIGSTOP, SIGSYS, SIGTERM, SIGTRAP,
    SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGUSR1, SIGUSR2, SIGVTALRM, SIGWINCH, SIGXCPU, SIGXFSZ,
};
of_libc! { u64: SA_NOCLDSTOP, SA_NODEFER, SA_ONSTACK, SA_RESETHAND, SA_RESTART, SA_SIGINFO }
written! { u64: SA_RESTORER = 0x0400_0000 }
// asm-generic/signal-defs.h, linux/signal.h
of_libc! { usize: SIG_BLOCK, SIG_SETMASK, SIG_DFL, SIG_IGN }
of_libc! { i32: SS_DISABLE }
written! { i32: SS_AUTODISARM = i32::MIN }

// asm-generic/siginfo.h
pub use libc::{SI_ASYNCIO, SI_KERNEL, SI_MESGQ, SI_QUEUE, SI_SIGIO, SI_TIMER, SI_TKILL, SI_USER};
written! { i32: SYS_SECCOMP = 1, SYS_USER_DISPATCH = 2 }

// asm-generic/socket.h, linux/netlink.h
of_libc! { usize:
    AF_NETLINK, SOCK_RAW, SOCK_CLOEXEC, NETLINK_AUDIT, SOL_SOCKET, SO_RCVBUFFORCE,
}

// linux/audit.h
written! { u16: AUDIT_SECCOMP = 1326 }
written! { u32: AUDIT_NLGRP_READLOG = 1 }
written! { u32: AUDIT_ARCH_I386 = 0x4000_0003, AUDIT_ARCH_X86_64 = 0xc000_003e }

// asm/unistd.h
written! { i64: __X32_SYSCALL_BIT = 0x4000_0000 }

// linux/prctl.h
of_libc! { usize:
    PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_GET_SECCOMP, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS,
    PR_GET_NO_NEW_PRIVS, PR_SET_DUMPABLE, PR_SET_TSC, PR_TSC_ENABLE, PR_TSC_SIGSEGV, PR_SET_CHILD_SUBREAPER,
}
written! { usize: PR_SET_SYSCALL_USER_DISPATCH = 59 }
written! { u64:
    PR_SYS_DISPATCH_OFF = 0, PR_SYS_DISPATCH_EXCLUSIVE_ON = 1, PR_SYS_DISPATCH_INCLUSIVE_ON = 2,
}
written! { u8: SYSCALL_DISPATCH_FILTER_ALLOW = 0, SYSCALL_DISPATCH_FILTER_BLOCK = 1 }

// asm/prctl.h
written! { usize: ARCH_SET_GS = 0x1001, ARCH_GET_GS = 0x1004 }

// linux/seccomp.h
of_libc! { u32:
    SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO,
    SECCOMP_RET_USER_NOTIF, SECCOMP_RET_TRACE, SECCOMP_RET_LOG, SECCOMP_RET_ALLOW,
    SECCOMP_RET_ACTION_FULL, SECCOMP_RET_DATA, SECCOMP_USER_NOTIF_FLAG_CONTINUE,
}
of_libc! { usize:
    SECCOMP_MODE_DISABLED, SECCOMP_MODE_STRICT, SECCOMP_MODE_FILTER, SECCOMP_SET_MODE_STRICT,
    SECCOMP_SET_MODE_FILTER, SECCOMP_GET_ACTION_AVAIL, SECCOMP_GET_NOTIF_SIZES,
    SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
    SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND,
    SECCOMP_IOCTL_NOTIF_ID_VALID, SECCOMP_IOCTL_NOTIF_ADDFD, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
}
of_libc! { u32: SECCOMP_ADDFD_FLAG_SETFD, SECCOMP_ADDFD_FLAG_SEND }
written! { usize: SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1 }
/// `SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR`
pub const SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR: usize = 0x8008_2102;

// asm-generic/ioctl.h: where a request has the size of its argument, and how wide that is
written! { usize: _IOC_SIZESHIFT = 16, _IOC_SIZEMASK = 0x3fff, _IOC_DIRSHIFT = 30 }

// linux/filter.h, linux/bpf_common.h: classes, sizes, modes, operations and sources of instructions
of_libc! { u16:
    BPF_LD, BPF_LDX, BPF_ST, BPF_STX, BPF_ALU, BPF_JMP, BPF_RET, BPF_MISC, BPF_W, BPF_H, BPF_B, BPF_IMM,
    BPF_ABS, BPF_IND, BPF_MEM, BPF_LEN, BPF_MSH, BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,
    BPF_AND, BPF_LSH, BPF_RSH, BPF_NEG, BPF_MOD, BPF_XOR, BPF_JA, BPF_JEQ, BPF_JGT, BPF_JGE,
    BPF_JSET, BPF_K, BPF_X, BPF_A, BPF_TAX, BPF_TXA,
}

// linux/ptrace.h, asm/ptrace-abi.h
of_libc! { usize:
    PTRACE_TRACEME, PTRACE_PEEKDATA, PTRACE_CONT, PTRACE_SINGLESTEP, PTRACE_GETREGS, PTRACE_SETREGS,
    PTRACE_DETACH, PTRACE_SYSCALL, PTRACE_SYSEMU, PTRACE_SYSEMU_SINGLESTEP, PTRACE_SETOPTIONS,
    PTRACE_GETEVENTMSG, PTRACE_GETSIGINFO, PTRACE_SEIZE, PTRACE_PEEKSIGINFO,
    PTRACE_GET_SYSCALL_INFO, PTRACE_SET_SYSCALL_INFO, PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG,
    PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG, PTRACE_INTERRUPT, PTRACE_LISTEN,
}
written! { usize: PTRACE_SECCOMP_GET_FILTER = 0x420c, PTRACE_SECCOMP_GET_METADATA = 0x420d }
of_libc! { i32:
    PTRACE_O_TRACEEXIT, PTRACE_O_SUSPEND_SECCOMP, PTRACE_O_TRACESYSGOOD, PTRACE_O_TRACEFORK, PTRACE_O_TRACEVFORK, PTRACE_O_TRACECLONE, PTRACE_O_TRACEEXEC,
    PTRACE_O_TRACEVFORKDONE, PTRACE_O_TRACESECCOMP, PTRACE_O_EXITKILL, PTRACE_EVENT_FORK,
    PTRACE_EVENT_VFORK, PTRACE_EVENT_CLONE, PTRACE_EVENT_EXEC, PTRACE_EVENT_VFORK_DONE,
    PTRACE_EVENT_EXIT, PTRACE_EVENT_SECCOMP, PTRACE_EVENT_STOP,
}
of_libc! { u8:
    PTRACE_SYSCALL_INFO_NONE, PTRACE_SYSCALL_INFO_ENTRY, PTRACE_SYSCALL_INFO_EXIT,
    PTRACE_SYSCALL_INFO_SECCOMP,
}

// linux/sched.h: as clone takes them
of_libc! { u64:
    CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND, CLONE_VFORK, CLONE_THREAD, CLONE_SYSVSEM,
    CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_CHILD_CLEARTID, CLONE_PARENT_SETTID,
    CLONE_PARENT, CLONE_PTRACE, CLONE_UNTRACED, CLONE_PIDFD,
}
written! { u64: CLONE_CLEAR_SIGHAND = 0x1_0000_0000 }

// linux/mount.h
of_libc! { usize: MS_REC, MS_PRIVATE }

// linux/wait.h
pub use libc::{__WALL, __WNOTHREAD, WEXITED, WNOHANG, WNOWAIT, WUNTRACED};
of_libc! { usize: P_ALL, P_PID, P_PIDFD }
/// The bit of a wait status that says that a core was dumped (`WCOREDUMP`).
pub const WCOREFLAG: i32 = 0x80;

// asm-generic/siginfo.h: what became of a child
pub use libc::{CLD_DUMPED, CLD_EXITED, CLD_KILLED};

// linux/futex.h
of_libc! { usize: FUTEX_WAIT, FUTEX_WAKE }
of_libc! { u32: FUTEX_OWNER_DIED, FUTEX_TID_MASK }

// linux/reboot.h
of_libc! { usize: LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART }

// asm-generic/fcntl.h, linux/fcntl.h, asm-generic/poll.h, asm-generic/ioctls.h
pub use libc::{
    O_CLOEXEC, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_RDWR, POLLERR, POLLHUP, POLLIN, POLLOUT,
    POLLRDNORM, POLLWRNORM,
};

// linux/eventpoll.h
of_libc! { usize: EPOLL_CLOEXEC, EPOLL_CTL_ADD }
of_libc! { u32: EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLET }

// linux/close_range.h
of_libc! { usize: CLOSE_RANGE_UNSHARE }

// linux/memfd.h
of_libc! { u32: MFD_EXEC }

of_libc! { usize:
    F_GETFD, F_SETFD, F_ADD_SEALS, F_SEAL_FUTURE_WRITE, FIONREAD, TCSBRK, AT_EMPTY_PATH,
}

// asm-generic/mman-common.h, linux/mman.h
of_libc! { usize:
    PROT_READ, PROT_WRITE, PROT_EXEC, MAP_SHARED, MAP_PRIVATE, MAP_FIXED, MAP_ANONYMOUS,
    MAP_FIXED_NOREPLACE, MADV_DONTNEED, MREMAP_MAYMOVE,
}

// linux/io_uring.h
written! { usize:
    IORING_OFF_SQ_RING = 0, IORING_OFF_SQES = 0x1000_0000, IORING_ENTER_GETEVENTS = 1,
    IORING_ENTER_SQ_WAKEUP = 2,
}
written! { u64: IORING_OP_WRITE = 23 }
written! { u32: IORING_SETUP_SQPOLL = 2, IORING_SQ_NEED_WAKEUP = 1 }

// linux/time.h
of_libc! { u64:
    CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
    CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE,
}

// asm-generic/resource.h
pub use libc::{RLIM_INFINITY, RLIMIT_CORE, RLIMIT_CPU, RLIMIT_NOFILE};

// linux/resource.h
written! { usize: PRIO_PROCESS = 0 }

// linux/personality.h
of_libc! { usize: ADDR_NO_RANDOMIZE }

// linux/capability.h: places of bits
written! { u32:
    CAP_SETUID = 7, CAP_SYS_PTRACE = 19, CAP_SYS_ADMIN = 21,
    VFS_CAP_REVISION_2 = 0x0200_0000, VFS_CAP_FLAGS_EFFECTIVE = 1,
    _LINUX_CAPABILITY_VERSION_3 = 0x2008_0522,
}

// linux/auxvec.h
pub use libc::AT_SYSINFO_EHDR;
of_libc! { u64: AT_EXECFN, AT_MINSIGSTKSZ }

// linux/elf.h, linux/elf-em.h
pub use libc::{EM_X86_64, ET_CORE, PT_DYNAMIC, PT_INTERP, PT_LOAD, PT_NOTE, PT_TLS};
of_libc! { u32: NT_PRSTATUS }
written! { u32: NT_SIGINFO = 0x5349_4749 }
written! { u64: DT_STRTAB = 5, DT_SYMTAB = 6 }
/// `ELFMAG`, as the first word of a file.
pub const ELFMAG: u32 = u32::from_le_bytes(*b"\x7fELF");

// linux/stat.h
pub use libc::{S_IFCHR, S_IFDIR, S_IFREG, S_ISVTX, S_IWGRP, S_IWOTH};

// asm/trapnr.h
written! { u64: X86_TRAP_GP = 13 }

// asm/processor-flags.h
written! { u64: X86_EFLAGS_TF = 0x100, X86_EFLAGS_DF = 0x400, X86_EFLAGS_ID = 0x20_0000 }

// asm/vsyscall.h
/// `VSYSCALL_ADDR`
pub const VSYSCALL_ADDR: u64 = 0xffff_ffff_ff60_0000;

// asm/ptrace-abi.h: places in struct user_regs_struct, in words
of_libc! { usize: ORIG_RAX }

// linux/panic.h: places of bits in /proc/sys/kernel/tainted
written! { u32: TAINT_DIE = 7, TAINT_WARN = 9, TAINT_OOT_MODULE = 12, TAINT_SOFTLOCKUP = 14 }
