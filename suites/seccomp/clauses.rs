//! The promises about filters, by document.

mod action;
mod filter;
mod trace;
mod trap;

pub(crate) use action::*;
pub(crate) use filter::*;
pub(crate) use trace::*;
pub(crate) use trap::*;
