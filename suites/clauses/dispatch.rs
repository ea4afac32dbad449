//! Syscall User Dispatch.

mod inclusive;
mod inherit;
mod number;
mod order;
mod prctl;
mod ptrace;
mod region;
mod restart;
mod result;
mod scope;
mod security;
mod selector;
mod siginfo;
mod signal;
mod sigreturn;
mod sysctl;
mod tracing;

pub(crate) use inclusive::*;
pub(crate) use inherit::*;
pub(crate) use number::*;
pub(crate) use order::*;
pub(crate) use prctl::*;
pub(crate) use ptrace::*;
pub(crate) use region::*;
pub(crate) use restart::*;
pub(crate) use result::*;
pub(crate) use scope::*;
pub(crate) use security::*;
pub(crate) use selector::*;
pub(crate) use siginfo::*;
pub(crate) use signal::*;
pub(crate) use sigreturn::*;
pub(crate) use sysctl::*;
pub(crate) use tracing::*;
