//! Where dispatch, ptrace, seccomp and the legacy entries meet.

mod clauses;
