//! Kernel versions and ranges of them.

mod boundary;
mod number;
mod range;

pub(crate) use boundary::Boundary;
pub use number::Version;
pub use range::Range;
