//! The promises about filters, by action.

mod trace;
mod trap;

pub(crate) use trace::*;
pub(crate) use trap::*;
