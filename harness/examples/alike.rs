//! A claim whose rows fail, some of them alike: `tests/alike.rs` holds what is said.
#![forbid(unsafe_code)]

use harness::{Document, Suite};
use std::process::ExitCode;

fn main() -> ExitCode {
    harness::main(Suite {
        name: "alike",
        version: "0",
        built_from: None,
        features: "feature = []",
        deviations: "",
    })
}

const DOCUMENT: Document = Document { title: "examples/alike.rs", edition: "", url: "" };

harness::clauses! {
    PROMISE = { id: "alike/promise", promise: "Every number is 2", sources: &[DOCUMENT.at("")] }
}

fn every_number_is_two(number: u8) {
    assert_eq!(number, 2);
}

/// The rows as rstest makes them, which makes none outside of tests.
#[expect(
    clippy::semicolon_if_nothing_returned,
    reason = "rstest's functions end in the call itself"
)]
mod every_number_is_two {
    use super::{PROMISE, every_number_is_two};

    #[harness::test(clause = PROMISE)]
    fn case_1_one() {
        every_number_is_two(1)
    }

    #[harness::test(clause = PROMISE)]
    fn case_2_two() {
        every_number_is_two(2)
    }

    #[harness::test(clause = PROMISE)]
    fn case_3_three() {
        every_number_is_two(3)
    }

    #[harness::test(clause = PROMISE)]
    fn case_4_another_one() {
        every_number_is_two(1)
    }

    #[harness::test(clause = PROMISE)]
    fn case_5_last_one() {
        every_number_is_two(1)
    }
}
