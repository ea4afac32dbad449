//! Runs one claim in one forked process and says what happened.
//!
//! A suite is a program: it defines [`Clause`]s (what is promised), [`Need`]s (what a kernel must
//! offer first) and cases (`#[harness::test(..)]` functions that assert), and hands over to
//! [`main`]. The harness knows nothing of the mechanism under test.
#![forbid(unsafe_code)]

mod arguments;
pub mod bench;
mod boot_line;
mod canary;
mod case;
mod claim;
mod clause;
mod configuration;
pub mod describe;
mod deviation;
mod engine;
mod excuse;
mod fact;
mod feature;
mod formats;
pub mod frame;
mod front;
mod init;
mod judge;
mod kernel;
mod launch;
mod limits;
mod lock;
#[cfg(feature = "lies")]
mod lying;
mod need;
mod options;
mod orphans;
mod outcome;
mod output;
mod page;
mod pool;
mod reap;
pub mod record;
mod record_file;
mod registry;
mod release;
#[doc(hidden)]
pub mod row;
mod run;
mod say;
mod settings;
mod surroundings;
pub mod taint;
pub mod version;
mod worker;

pub use case::{CASES, Case, Ends};
pub use claim::{Broken, Promised, SetUp, doomed, record_fact, unrecorded};
pub use clause::{CLAUSES, Clause, Document, Source, Strength};
pub use configuration::check_configuration;
pub use deviation::matches;
pub use fact::{Fact, Hex, Returned, SignalName, Teller, plain};
pub use harness_macros::test;
#[doc(hidden)]
pub use linkme;
pub use need::{Ask, NEEDS, Need, Unmet};
pub use options::{OPTIONS, RunOption, option};
pub use run::{Suite, main};
pub use settings::SETTINGS;

/// The signals a case may be declared to die of.
pub mod signals {
    pub use sys::uapi::{SIGILL, SIGKILL, SIGSEGV, SIGSYS};

    /// The name of a signal, as a report writes it.
    pub fn name(signal: i32) -> String {
        nix_name(signal).map_or_else(|| format!("signal {signal}"), str::to_owned)
    }

    fn nix_name(signal: i32) -> Option<&'static str> {
        nix::sys::signal::Signal::try_from(signal).ok().map(|signal| signal.as_str())
    }
}
