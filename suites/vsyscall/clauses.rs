//! The promises about the vsyscall page and the vDSO.

mod behaviour;
mod caveats;

pub(crate) use behaviour::*;
pub(crate) use caveats::*;
