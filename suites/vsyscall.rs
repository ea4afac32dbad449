//! The vsyscall page and the vDSO: calls that are not, or need not be, system calls.

mod actions;
mod allow;
mod clauses;
mod errno;
mod filter_data;
mod outcome;
mod page;
mod pointers;
mod ptrace;
mod slots;
mod tasks;
mod trace;
mod trace_changes;
mod traced;
mod trap;
mod trap_ends;
