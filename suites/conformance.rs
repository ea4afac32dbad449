//! The suite: every claim, one program that travels.
#![forbid(unsafe_code)]

mod dispatch;
mod fuzz;
mod seccomp;
mod together;
mod vsyscall;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = fixtures::helper::enter_if_asked() {
        return code;
    }
    harness::main(harness::Suite {
        name: "sigsys",
        version: env!("CARGO_PKG_VERSION"),
        features: fixtures::FEATURES,
        deviations: fixtures::DEVIATIONS,
    })
}
