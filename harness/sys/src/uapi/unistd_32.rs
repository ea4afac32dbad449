//! `asm/unistd_32.h`: numbers of system calls of the 32-bit ABI, which libc does not have on 64 bits.

numbers! {
    SYS_restart_syscall = 0, SYS_exit = 1, SYS_fork = 2, SYS_read = 3, SYS_write = 4,
    SYS_execve = 11, SYS_getpid = 20, SYS_ptrace = 26, SYS_sigreturn = 119, SYS_clone = 120, SYS_getppid = 64, SYS_prctl = 172,
    SYS_rt_sigreturn = 173, SYS_nanosleep = 162, SYS_poll = 168, SYS_vfork = 190, SYS_getuid32 = 199,
    SYS_gettid = 224, SYS_exit_group = 252, SYS_seccomp = 354, SYS_ioctl = 54,
}
