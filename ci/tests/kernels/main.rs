//! Packaged kernels before a played mirror, and files of the user's own.
#![forbid(unsafe_code)]

mod booted;
mod fetched;
mod scene;
