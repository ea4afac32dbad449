//! Where dispatch, ptrace, seccomp and the legacy entries meet.

mod fault_codes;
mod layers;
mod memory;
mod nested;
mod restart;
mod steps;
