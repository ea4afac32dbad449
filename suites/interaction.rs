//! Where dispatch, ptrace, seccomp and the legacy entries meet.

mod layers;
mod memory;
mod nested;
mod restart;
mod steps;
mod sysemu_abi32;
