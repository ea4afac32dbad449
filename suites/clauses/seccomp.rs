//! seccomp: strict mode, filters, and what their actions do.

mod actions;
mod available;
mod call_info;
mod data;
mod death;
mod flags;
mod get_filter;
mod inherit;
mod install;
mod notify;
mod precedence;
mod program;
mod strict;
mod suspend;
mod trace;
mod trap;
mod tsync;

pub(crate) use actions::*;
pub(crate) use available::*;
pub(crate) use call_info::*;
pub(crate) use data::*;
pub(crate) use death::*;
pub(crate) use flags::*;
pub(crate) use get_filter::*;
pub(crate) use inherit::*;
pub(crate) use install::*;
pub(crate) use notify::*;
pub(crate) use precedence::*;
pub(crate) use program::*;
pub(crate) use strict::*;
pub(crate) use suspend::*;
pub(crate) use trace::*;
pub(crate) use trap::*;
pub(crate) use tsync::*;
