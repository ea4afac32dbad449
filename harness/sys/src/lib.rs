//! The door to the kernel: one function per entry point, and the only unsafe code and assembler of
//! sigsys.
//!
//! The functions here are safe to call because of where they are called: in a forked child that
//! exists for one case and is thrown away afterwards. What a case does to its own memory ends with it.

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!("sigsys measures x86-64 Linux kernels: build it for x86_64-unknown-linux-gnu");

pub mod audit;
pub mod call;
pub mod dispatch;
pub mod environment;
pub mod floating;
pub mod gadget;
pub mod init;
pub mod keys;
#[cfg(feature = "lies")]
pub mod lies;
pub mod memory;
pub mod process;
pub mod program32;
pub mod registers;
pub mod seccomp;
pub mod siginfo;
pub mod signal;
mod syscall;
pub mod tracing;
pub mod uapi;

pub use nix::errno::Errno;
