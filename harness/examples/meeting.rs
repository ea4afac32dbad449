//! Cases that wait for each other: `tests/schedule.rs` looks at what is printed when. None must be alone,
//! for one that waits to be would keep the second of two apart from the first.
#![forbid(unsafe_code)]

use harness::{SetUp, Suite};
use std::fs::OpenOptions;
use std::io::Write;
use std::process::ExitCode;
use sys::uapi::ADDR_NO_RANDOMIZE;

fn main() -> ExitCode {
    harness::main(Suite {
        name: "meeting",
        version: "0",
        built_from: None,
        features: "feature = []",
        deviations: "",
    })
}

const DOCUMENT: harness::Document = harness::Document { title: "this file", edition: "", url: "" };

harness::clauses! {
    PROMISE = { id: "meeting/promise", promise: "Time passes", sources: &[DOCUMENT.at("")] }
}

harness::options! {
    NOTES = {
        name: "meeting.notes",
        what: "a file for who begins",
        check: |_| Ok(()),
        recorded: false,
    }
}

/// Each begins before the other ends, or neither ends well.
#[harness::test(clause = PROMISE)]
fn meets_1() {
    begin("meets_1");
    await_note("begin meets_2");
}

#[harness::test(clause = PROMISE)]
fn meets_2() {
    begin("meets_2");
    await_note("begin meets_1");
}

/// Its name comes first, and its end when somebody says so.
#[harness::test(clause = PROMISE)]
fn overtaken_1() {
    await_note("go");
}

#[harness::test(clause = PROMISE)]
fn overtaken_2() {
    begin("overtaken_2");
}

#[harness::test(clause = PROMISE)]
fn workers_1() {
    begin(&sys::process::parent().to_string());
}

#[harness::test(clause = PROMISE)]
fn workers_2() {
    begin(&sys::process::parent().to_string());
}

/// Nothing from the environment may change what a verdict means.
#[harness::test(clause = PROMISE)]
fn sees_no_stray_variable() {
    assert_eq!(std::env::var_os("SIGSYS_STRAY"), None);
}

/// Whatever the run was started with.
#[harness::test(clause = PROMISE)]
fn is_laid_out_at_random() {
    assert_eq!(sys::environment::personality() & ADDR_NO_RANDOMIZE, 0);
}

/// Its child has left its group and session when the worker dies, and nobody is left to end it but the
/// runner.
#[harness::test(clause = PROMISE)]
fn kills_its_worker() {
    let (noted, when_noted) = nix::unistd::pipe().set_up("a pipe can be made");
    let child = sys::process::fork(|| {
        let _ = nix::unistd::setsid();
        begin(&sys::call::getpid().to_string());
        let _ = nix::unistd::write(&when_noted, b".");
        await_note("go");
        0
    });
    child.set_up("a child can be made");
    let _ = nix::unistd::read(&noted, &mut [0]);
    let _ = sys::process::kill(sys::process::parent(), harness::signals::SIGKILL);
    await_note("go");
}

fn notes() -> String {
    harness::option("meeting.notes").set_up("there is a file to note it in")
}

fn begin(name: &str) {
    let file = OpenOptions::new().create(true).append(true).open(notes());
    let mut file = file.set_up("the file can be opened");
    file.write_all(format!("begin {name}\n").as_bytes()).set_up("the file can be written");
}

fn await_note(note: &str) {
    while !std::fs::read_to_string(notes()).unwrap_or_default().lines().any(|line| line == note) {
        let _ = nix::poll::poll(&mut [], 5_u16);
    }
}
