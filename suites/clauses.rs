//! Every promise that a case can cite, by what it is about: `dispatch/siginfo/call-addr` is
//! `DISPATCH_SIGINFO_CALL_ADDR` in `clauses/dispatch/siginfo.rs`. A promise that several documents make is one
//! clause with several sources.

mod dispatch;
mod documents;
mod seccomp;
mod vdso;
mod vsyscall;

pub(crate) use dispatch::*;
pub(crate) use seccomp::*;
pub(crate) use vdso::*;
pub(crate) use vsyscall::*;
