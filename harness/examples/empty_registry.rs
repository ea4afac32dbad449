//! A suite whose registry came out empty.
#![forbid(unsafe_code)]

use harness::Suite;
use std::process::ExitCode;

fn main() -> ExitCode {
    harness::main(Suite {
        name: "empty",
        version: "0",
        built_from: None,
        features: "feature = []",
        deviations: "",
    })
}
