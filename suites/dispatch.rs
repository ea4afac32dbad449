//! Syscall User Dispatch: the manual's promises, the current documents', and what follows from both.

mod arguments;
mod clauses;
mod exec;
mod handlers;
mod inclusive;
mod inherit;
mod not_executed;
mod numbers;
mod off;
mod order;
mod ptrace_config;
mod region;
mod registers;
mod restart;
mod result;
mod security;
mod selector_limit;
mod selector_memory;
mod selector_values;
mod siginfo;
mod siginfo_leaks;
mod state;
mod sysctl;
mod threads;
mod tracing;
mod trampoline;
