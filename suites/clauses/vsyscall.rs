//! The vsyscall page.

mod call;
mod detect;
mod filter;
mod mode;
mod page;
mod trace;
mod trap;

pub(crate) use call::*;
pub(crate) use detect::*;
pub(crate) use filter::*;
pub(crate) use mode::*;
pub(crate) use page::*;
pub(crate) use trace::*;
pub(crate) use trap::*;
