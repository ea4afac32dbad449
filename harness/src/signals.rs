//! The signals a case may be declared to die of.

pub use sys::uapi::{SIGILL, SIGKILL, SIGSEGV, SIGSYS};

/// The name of a signal, as a report writes it.
pub fn name(signal: i32) -> String {
    nix_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned)
}

fn nix_name(signal: i32) -> Option<&'static str> {
    nix::sys::signal::Signal::try_from(signal).ok().map(|signal| signal.as_str())
}
