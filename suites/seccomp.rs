//! Seccomp filters: what becomes of a call that a filter traps, traces, refuses or ends.

pub(crate) mod clauses;
mod data;
mod errno;
mod inherit;
mod kill;
mod kill_threads;
mod log;
mod precedence;
mod trace_abi32;
mod trace_again;
mod trace_change;
mod trace_entry;
mod trace_event;
mod trace_none;
mod trace_registers;
mod trace_skip;
mod trace_tasks;
mod trace_tracers;
mod traced;
mod trap_effects;
mod trap_handlers;
mod trap_numbers;
mod trap_registers;
mod trap_restart;
mod trap_result;
mod trap_siginfo;
mod trap_threads;
