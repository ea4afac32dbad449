//! seccomp: strict mode, filters, and what their actions do.

mod actions;
mod available;
mod data;
mod flags;
mod inherit;
mod install;
mod logging;
mod notify;
mod precedence;
mod proc;
mod program;
mod strict;
mod trace;
mod trap;
mod tsync;

pub(crate) use actions::*;
pub(crate) use available::*;
pub(crate) use data::*;
pub(crate) use flags::*;
pub(crate) use inherit::*;
pub(crate) use install::*;
pub(crate) use logging::*;
pub(crate) use notify::*;
pub(crate) use precedence::*;
pub(crate) use proc::*;
pub(crate) use program::*;
pub(crate) use strict::*;
pub(crate) use trace::*;
pub(crate) use trap::*;
pub(crate) use tsync::*;
