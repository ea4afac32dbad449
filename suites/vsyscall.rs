//! The vsyscall page and the vDSO: calls that are not, or need not be, system calls.

mod actions;
mod allow;
mod errno;
mod filter_data;
mod none;
mod outcome;
mod page;
mod pointer_frame;
mod pointers;
mod ptrace;
mod quirk;
mod slots;
mod suspended;
mod tasks;
mod trace;
mod trace_changes;
mod traced;
mod trap;
mod trap_ends;
mod vdso;
mod vdso_clock;
