//! The vDSO.

mod call;

pub(crate) use call::*;
