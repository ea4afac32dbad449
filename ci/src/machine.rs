//! Everything outside of this process: kernels and where they come from, virtual machines, the suite as a
//! program, and the processes that are started. It is given plain descriptions and knows no command line.

pub(crate) mod accel;
pub(crate) mod boot;
mod console;
pub(crate) mod guard;
pub(crate) mod image;
pub(crate) mod initramfs;
pub(crate) mod kernels;
pub(crate) mod qemu;
pub(crate) mod session;
pub(crate) mod subprocess;
pub(crate) mod suite;
pub(crate) mod suite_build;
pub(crate) mod vm;
