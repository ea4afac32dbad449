//! Seccomp filters: what becomes of a call that a filter traps, traces, refuses or ends.

mod clauses;
