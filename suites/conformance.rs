//! The suite: every claim, one program that travels.
#![forbid(unsafe_code)]

mod assertions;
mod clauses;
mod dispatch;
mod fuzz;
mod interaction;
mod interception;
mod seccomp;
mod vsyscall;

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = fixtures::helper::enter_if_asked() {
        return code;
    }
    harness::main(harness::Suite {
        // A suite that is lied to is never taken for the real one.
        name: if cfg!(feature = "lies") { "sigsys-lied-to" } else { "sigsys" },
        version: env!("CARGO_PKG_VERSION"),
        // `sigsys build` says it.
        built_from: option_env!("SIGSYS_BUILT_FROM"),
        features: fixtures::FEATURES,
        deviations: fixtures::DEVIATIONS,
    })
}
