//! Runs one claim in one forked process and says what happened.
//!
//! A suite is a program: it defines [`Clause`]s (what is promised), [`Need`]s (what a kernel must
//! offer first) and cases (`#[harness::test(..)]` functions that assert), and hands over to
//! [`main`]. The harness knows nothing of the mechanism under test. `README.md` draws the path of a run.
#![forbid(unsafe_code)]

mod arguments;
pub mod bench;
mod case;
mod clause;
pub mod describe;
mod deviation;
mod event;
mod fact;
mod feature;
mod filter;
mod guest;
mod isolation;
mod kernel;
mod need;
mod options;
pub mod record;
pub mod report;
#[doc(hidden)]
pub mod row;
mod runner;
mod selection;
pub mod signals;
mod status;
mod stdio;
mod suite;
mod supervisor;
pub mod version;

pub use case::{CASES, Case, Ends};
pub use clause::{CLAUSES, Clause, Document, Source, Strength};
pub use deviation::matches;
pub use fact::{Fact, Hex, Returned, SignalName, Teller, plain};
pub use filter::{Filters, Shard};
pub use guest::frame;
pub use harness_macros::test;
pub use isolation::Isolation;
pub use kernel::check_configuration;
#[doc(hidden)]
pub use linkme;
pub use need::{NEEDS, Need, Probe, Unmet};
pub use options::{OPTIONS, RunOption, option};
pub use record::taint;
pub use runner::{Broken, Promised, SETTINGS, SetUp, expect_death, record_fact, stop_recording};
pub use suite::{Suite, main};
