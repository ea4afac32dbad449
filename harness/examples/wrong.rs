//! Deliberately wrong cases. Each must be caught, and the report must say so: `tests/honesty.rs`
//! holds what is said.
#![forbid(unsafe_code)]

mod deeds;

use deeds::{SIGSTOP, daemon, die_of, hang, note};
use harness::{Probe, SetUp, Suite, Unmet, expect_death, observe};
use std::process::ExitCode;
use sys::dispatch::{Args, BLOCK};
use sys::process;

fn main() -> ExitCode {
    harness::main(Suite {
        name: "wrong",
        version: "0",
        built_from: None,
        features: FEATURES,
        deviations: DEVIATIONS,
    })
}

const FEATURES: &str = r#"
[[feature]]
need = "impossible"
source = "this file: every kernel must have it"

[[feature]]
need = "elsewhere"
until = "2.6"
source = "this file: no kernel of today must have it"

[[feature]]
need = "unanswered"
source = "this file"
"#;

const DEVIATIONS: &str = r#"
[[deviation]]
case = "deviates_as_known"
observed = "1"
promised = "2"
why = "one is not two"
source = "this file"

[[deviation]]
case = "deviates_in_a_third_way"
observed = "1"
promised = "2"
why = "one is not two"
source = "this file"

[[deviation]]
case = "deviates_with_other_facts"
observed = "1"
promised = "2"
facts = { colour = "blue" }
why = "one is not two"
source = "this file"

[[deviation]]
case = "has_healed"
observed = "1"
promised = "2"
why = "one is not two"
source = "this file"

[[deviation]]
case = "is_right"
until = "0.1"
observed = "1"
promised = "2"
why = "no kernel is as old"
source = "this file"
"#;

const DOCUMENT: harness::Document =
    harness::Document { title: "examples/wrong.rs", edition: "", url: "" };

harness::clauses! {
    PROMISE = {
        id: "wrong/promise",
        promise: "A kernel promises this",
        sources: &[DOCUMENT.at("clauses")],
    }
}

harness::needs! {
    IMPOSSIBLE = {
        name: "impossible",
        what: "a thing nobody has",
        probe: Probe::Kernel(|| Err(Unmet::Refused("it is not there".into()))),
    }
    ELSEWHERE = {
        name: "elsewhere",
        what: "a thing of other machines",
        probe: Probe::Kernel(|| Err(Unmet::Refused("it is not there".into()))),
    }
    UNANSWERED = {
        name: "unanswered",
        what: "a thing nobody can ask for",
        probe: Probe::Kernel(|| None::<()>.map(Ok).set_up("the question can be asked")),
    }
}

#[harness::test(clause = PROMISE)]
fn is_right() {
    observe!("colour", format_args!("{}", "red"));
}

#[harness::test(clause = PROMISE)]
fn claims_that_one_is_two() {
    assert_eq!(1, 2);
}

#[harness::test(clause = PROMISE)]
fn leaves_early_with_status_0() {
    process::exit(0);
}

#[harness::test(clause = PROMISE)]
fn panics_in_a_thread() {
    let _ = std::thread::spawn(|| assert_eq!(1, 2)).join();
}

#[harness::test(clause = PROMISE)]
fn panics_in_a_forked_child() {
    let child = process::fork(|| panic!("in the child")).set_up("a child can be made");
    let _ = process::wait(child, 0);
}

#[harness::test(clause = PROMISE)]
fn fails_in_its_set_up() {
    Err::<(), _>("no such thing").set_up("the thing can be had");
}

#[harness::test(clause = PROMISE)]
fn dies_of_an_undeclared_signal() {
    die_of(harness::signals::SIGSEGV);
}

#[harness::test(clause = PROMISE, ends = KilledBy(SIGSYS))]
fn dies_of_another_signal() {
    expect_death();
    die_of(harness::signals::SIGSEGV);
}

#[harness::test(clause = PROMISE, ends = KilledBy(SIGSYS))]
fn dies_too_early() {
    die_of(harness::signals::SIGSYS);
}

#[harness::test(clause = PROMISE, ends = KilledBy(SIGSYS))]
fn survives_its_declared_death() {
    expect_death();
}

/// Nothing in the case kills it: the harness's own exit is what gets dispatched.
#[harness::test(clause = PROMISE, ends = KilledBy(SIGSYS))]
fn dies_in_its_epilogue_of_the_declared_signal() {
    expect_death();
    intercept_everything();
}

#[harness::test(clause = PROMISE)]
fn dies_in_its_epilogue() {
    intercept_everything();
}

#[harness::test(clause = PROMISE)]
fn panics_while_every_call_is_intercepted() {
    intercept_everything();
    panic!("with every call intercepted: {}", 1 + 1);
}

#[harness::test(clause = PROMISE, ends = Exits(3))]
fn leaves_with_another_status() {
    expect_death();
    process::exit(4);
}

#[harness::test(clause = PROMISE)]
fn leaves_a_daemon_behind() {
    daemon();
}

#[harness::test(clause = PROMISE)]
fn leaves_a_traced_child_behind() {
    let child = process::fork(|| {
        sys::tracing::trace_me().set_up("a child can be traced");
        die_of(SIGSTOP);
        0
    });
    let child = child.set_up("a child can be made");
    let _ = process::wait(child, 0);
    note(child);
}

#[harness::test(clause = PROMISE)]
fn takes_its_worker_down() {
    let _ = process::kill(process::parent(), harness::signals::SIGKILL);
    hang();
}

#[harness::test(clause = PROMISE)]
fn prints_before_it_fails() {
    println!("a last word");
    panic!("a reason");
}

#[harness::test(clause = PROMISE, needs = [IMPOSSIBLE])]
fn needs_the_impossible() {}

#[harness::test(clause = PROMISE, needs = [ELSEWHERE])]
fn needs_what_others_have() {}

#[harness::test(clause = PROMISE, needs = [UNANSWERED])]
fn needs_what_cannot_be_asked() {}

#[harness::test(clause = PROMISE)]
fn deviates_as_known() {
    assert_eq!(1, 2);
}

#[harness::test(clause = PROMISE)]
fn deviates_in_a_third_way() {
    assert_eq!(3, 2);
}

#[harness::test(clause = PROMISE)]
fn deviates_with_other_facts() {
    observe!("colour", "red");
    assert_eq!(1, 2);
}

#[harness::test(clause = PROMISE)]
fn has_healed() {}

fn intercept_everything() {
    let page = sys::memory::map_private(1).set_up("a page can be mapped");
    sys::dispatch::prctl(Args { selector: page as u64, ..Args::ON }).set_up("dispatch is there");
    sys::memory::byte(page).store(BLOCK, std::sync::atomic::Ordering::Relaxed);
}
