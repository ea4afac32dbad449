//! Needs that nobody meets: each is excused by one kind of surroundings, and by nothing else.
//! `tests/around.rs` makes these surroundings.
#![forbid(unsafe_code)]

use harness::{Probe, Suite, Unmet};
use std::process::ExitCode;

fn main() -> ExitCode {
    harness::main(Suite {
        name: "around",
        version: "0",
        built_from: None,
        features: FEATURES,
        deviations: "",
    })
}

const FEATURES: &str = r#"
[[feature]]
need = "chroot"
surroundings = { chroot = true }
source = "this file"

[[feature]]
need = "read_only"
surroundings = { read_only = ["/proc/sys/kernel"] }
source = "this file"

[[feature]]
need = "no_new_privileges"
surroundings = { no_new_privileges = true }
source = "this file"

[[feature]]
need = "capability"
surroundings = { capabilities = ["CAP_SYS_ADMIN"] }
source = "this file"

[[feature]]
need = "linux"
surroundings = { sysctl = [{ name = "kernel.ostype", reads = ["Linux"] }] }
source = "this file"

[[feature]]
need = "another"
surroundings = { sysctl = [{ name = "kernel.ostype", reads = ["Another", ""] }] }
source = "this file"
"#;

const DOCUMENT: harness::Document = harness::Document { title: "this file", edition: "", url: "" };

harness::clauses! {
    PROMISE = { id: "around/promise", promise: "A kernel promises this", sources: &[DOCUMENT.at("")] }
}

const LACKING: Probe = Probe::Kernel(|| Err(Unmet::Refused("it is not there".into())));

harness::needs! {
    CHROOT = { name: "chroot", what: "what chroots forbid", probe: LACKING }
    READ_ONLY = { name: "read_only", what: "what is written to", probe: LACKING }
    NO_NEW_PRIVILEGES = { name: "no_new_privileges", what: "new privileges", probe: LACKING }
    CAPABILITY = { name: "capability", what: "a right", probe: LACKING }
    LINUX = { name: "linux", what: "what Linux lacks", probe: LACKING }
    ANOTHER = { name: "another", what: "what another lacks", probe: LACKING }
}

#[harness::test(clause = PROMISE, needs = [CHROOT])]
fn chroot() {}

#[harness::test(clause = PROMISE, needs = [READ_ONLY])]
fn read_only() {}

#[harness::test(clause = PROMISE, needs = [NO_NEW_PRIVILEGES])]
fn no_new_privileges() {}

#[harness::test(clause = PROMISE, needs = [CAPABILITY])]
fn capability() {}

#[harness::test(clause = PROMISE, needs = [LINUX])]
fn linux() {}

#[harness::test(clause = PROMISE, needs = [ANOTHER])]
fn another() {}
