//! What a case says besides asserting.

use crate::fact::Fact;
use crate::runner::page::{FailureKind, Page};
use std::fmt::Debug;
use std::panic::PanicHookInfo;

/// The payload of a panic that says "our set-up failed", as opposed to "the kernel broke a promise".
#[derive(Debug)]
pub struct Broken(pub String);

/// Turns a failed set-up step into the verdict *broken*.
pub trait SetUp<T> {
    /// The value; without one the case is broken, and `what` says which step was not possible.
    fn set_up(self, what: &str) -> T;
}

impl<T, E: Debug> SetUp<T> for Result<T, E> {
    #[track_caller]
    fn set_up(self, what: &str) -> T {
        match self {
            Ok(value) => value,
            Err(error) => std::panic::panic_any(Broken(format!("{what}: {error:?}"))),
        }
    }
}

impl<T> SetUp<T> for Option<T> {
    #[track_caller]
    fn set_up(self, what: &str) -> T {
        match self {
            Some(value) => value,
            None => std::panic::panic_any(Broken(what.to_owned())),
        }
    }
}

/// Turns the refusal of what a need says this kernel offers into the verdict *violated*: an arrangement
/// that the case's needs promise.
pub trait Promised<T> {
    /// The value; without one the kernel broke a promise, and `broken` says what was not possible.
    fn promised(self, broken: &str) -> T;
}

impl<T, E: Debug> Promised<T> for Result<T, E> {
    #[track_caller]
    fn promised(self, broken: &str) -> T {
        match self {
            Ok(value) => value,
            Err(error) => panic!("{broken}: {error:?}"),
        }
    }
}

/// Says that the next step is the one that must end the process as declared. A death before this is
/// not the declared one.
pub fn expect_death() {
    if let Some(page) = Page::get() {
        page.expect_death();
    }
}

/// What follows in this case goes into no record: it is right either way, and differs from run to run.
pub fn stop_recording() {
    sys::process::set_observed(false);
}

/// Records a named fact, as [`observe!`](crate::observe) does.
pub fn record_fact(name: &str, fact: &dyn Fact) {
    if let Some(page) = Page::get()
        && sys::process::is_observed()
    {
        page.observe(name, fact);
    }
}

/// Records what was seen as a named [`Fact`]: the same on every run, so no addresses, ids or times.
/// `observe!("prctl", answer)`, `observe!("rsp", format_args!("{popped:+}"))`. Facts of one name become a
/// list. Only the first thread of a case records, and takes no system call for it.
#[macro_export]
macro_rules! observe {
    ($name:expr, $fact:expr) => {
        $crate::record_fact(&$name, &$fact)
    };
}

/// Writes a panic into the shared page; the process says nothing else.
pub(crate) fn note_panic(info: &PanicHookInfo<'_>) {
    let Some(page) = Page::get() else {
        eprintln!("{info}");
        return;
    };
    let place = match info.location() {
        Some(at) => format_args!("{}:{}", at.file(), at.line()),
        None => format_args!(""),
    };
    let payload = info.payload();
    if let Some(Broken(text)) = payload.downcast_ref() {
        page.complain(FailureKind::SetUp, place, format_args!("{text}"));
    } else if let Some(text) = info.payload_as_str() {
        page.complain(FailureKind::Claim, place, format_args!("{text}"));
    } else {
        page.complain(FailureKind::Claim, place, format_args!("panicked without a text"));
    }
}
