//! The vsyscall page and the vDSO: calls that are not, or need not be, system calls.

mod actions;
mod allow;
mod clauses;
mod errno;
mod filter_data;
mod outcome;
mod pointers;
mod slots;
mod trace;
mod traced;
mod trap;
mod trap_ends;
