//! Where dispatch, ptrace, seccomp and the legacy entries meet.

mod cores;
mod fault_codes;
mod layers;
mod memory;
mod nested;
mod new_tasks;
mod restart;
mod steps;
mod sysemu_abi32;
