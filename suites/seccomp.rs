//! Seccomp filters: what becomes of a call that a filter traps, traces, refuses or ends.

mod available;
pub(crate) mod clauses;
mod compute;
mod data;
mod errno;
mod inherit;
mod kill;
mod kill_threads;
mod log;
mod notify;
mod notify_listener;
mod precedence;
mod program;
mod strict;
mod trap_effects;
mod trap_handlers;
mod trap_numbers;
mod trap_registers;
mod trap_restart;
mod trap_result;
mod trap_siginfo;
mod trap_threads;
mod trap_traced;
mod tsync;
