//! The suite in a machine that exists for one run: being its first process, and lines on a wire.

pub mod frame;
pub(crate) mod init;
