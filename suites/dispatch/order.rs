//! Dispatch before seccomp.
