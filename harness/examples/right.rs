//! Cases that hold, each for another reason: the twins of those in `wrong.rs`.
#![forbid(unsafe_code)]

use harness::{SetUp, Suite, expect_death, observe, stop_recording};
use nix::sys::stat::{Mode, umask};
use std::process::ExitCode;
use sys::process;

fn main() -> ExitCode {
    harness::main(Suite {
        name: "right",
        version: "7",
        built_from: None,
        features: FEATURES,
        deviations: DEVIATIONS,
    })
}

const FEATURES: &str = "
[[feature]]
need = \"met\"
source = \"this file\"
";

const DEVIATIONS: &str = "
[[deviation]]
case = \"right::in_words::deviates_*\"
since = \"2.6\"
observed = \"1\"\npromised = \"2\"
facts = { colour = \"blue\" }
why = \"one is not two\"
source = \"this file\"
";

const DOCUMENT: harness::Document =
    harness::Document { title: "a document", edition: "1.2", url: "https://example.org/document" };

harness::clauses! {
    FIRST = {
        id: "right/first", promise: "A kernel promises this", sources: &[DOCUMENT.at("a section"), DOCUMENT.at("another section")], terms: "EINVAL", since: "5.11", until: "99.1", strength: harness::Strength::May
    }
    SECOND = {
        id: "right/second", promise: "It warns of that", sources: &[DOCUMENT.at("")],
        strength: harness::Strength::Caveat
    }
    UNSEEN = {
        id: "right/unseen", promise: "Nobody can see this", sources: &[DOCUMENT.at("")],
        unobservable: Some("it is inside")
    }
}

harness::needs! {
    MET = { name: "met", what: "a thing everybody has", probe: harness::Probe::Kernel(|| Ok(())) }
}

#[harness::test(clause = [FIRST, SECOND], needs = [MET])]
fn reaches_its_last_line() {}

#[harness::test(clause = FIRST, ends = KilledBy(SIGSYS), external_wait)]
fn dies_as_declared() {
    expect_death();
    let _ = process::kill(sys::call::getpid(), harness::signals::SIGSYS);
}

#[harness::test(clause = &[FIRST], ends = Exits(3), serial, timeout_factor = 2)]
fn leaves_as_declared() {
    expect_death();
    process::exit(3);
}

#[harness::test(clause = FIRST)]
fn prints_and_holds() {
    println!("on the one");
    eprintln!("on the other");
}

#[harness::test(clause = FIRST)]
fn prints_nothing() {}

#[harness::test(clause = FIRST)]
fn records_what_it_saw() {
    observe!("colour", format_args!("{}", "red"));
    observe!(format!("{} name", "a"), "value");
    observe!("colour", "red");
    observe!("colour", "blue");
}

/// What differs from run to run goes into no record; neither does what another process sees.
#[harness::test(clause = FIRST)]
fn records_only_what_is_to_be_recorded() {
    observe!("before", "yes");
    let child = process::fork(|| {
        observe!("in a child", "yes");
        0
    });
    let _ = process::wait(child.set_up("a child can be made"), 0);
    let thread = std::thread::spawn(|| observe!("in a thread", "yes"));
    let _ = thread.join();
    stop_recording();
    observe!("after", "no");
}

#[harness::test(clause = FIRST)]
fn sets_things_up() {
    let number: Result<i32, String> = Ok(1);
    assert_eq!(number.set_up("there is a number"), 1);
    assert_eq!(Some(2).set_up("there is another"), 2);
    // Whatever the mask of the user is, the files of a case are its own.
    assert_eq!(umask(Mode::empty()), Mode::S_IWGRP | Mode::S_IWOTH);
}

mod right {
    pub(crate) mod in_words {
        use crate::FIRST;

        #[harness::test(clause = FIRST)]
        fn deviates_with_its_facts() {
            harness::observe!("colour", "blue");
            assert_eq!(1, 2);
        }
    }
}
