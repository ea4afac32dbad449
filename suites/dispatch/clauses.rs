//! The promises about dispatch, by document.

mod current;
mod current_control;
mod interactions;
mod manual;

pub(crate) use current::*;
pub(crate) use current_control::*;
pub(crate) use interactions::*;
pub(crate) use manual::*;
