//! kernel.syscall_user_dispatch.
