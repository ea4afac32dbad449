//! Seccomp filters: what becomes of a call that a filter traps, traces, refuses or ends.

pub(crate) mod clauses;
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
