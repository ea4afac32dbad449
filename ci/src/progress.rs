//! What moves on a terminal while something is being done. Elsewhere nothing does.

use crate::out;
use harness::record::Verdict;
use indicatif::{ProgressBar, ProgressStyle};
use std::cell::Cell;
use std::time::Duration;

/// A build in progress.
pub(crate) struct Spinner {
    bar: ProgressBar,
    what: &'static str,
    announced: Cell<bool>,
}

impl Spinner {
    /// Says what is being done once there is something to do.
    pub(crate) fn new(what: &'static str) -> Self {
        let bar = ProgressBar::new_spinner();
        // A line that wraps cannot be cleared.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, what, announced: Cell::new(false) }
    }

    /// Shows cargo's latest line. Where there is no terminal, the first sign of work is all that
    /// is said.
    pub(crate) fn say(&self, line: &str) {
        let line = line.trim();
        let works = line.starts_with("Compiling") || line.starts_with("Blocking");
        if !self.bar.is_hidden() {
            self.bar.set_message(format!("{}: {line}", self.what));
        } else if works && !self.announced.replace(true) {
            out::complain(&format!("{}; this can take some minutes", self.what));
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A run in progress.
pub(crate) struct Bar {
    bar: ProgressBar,
    bad: Cell<usize>,
}

impl Bar {
    /// A bar for `cases` cases.
    pub(crate) fn new(cases: usize) -> Self {
        let bar = ProgressBar::new(cases as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {wide_msg}")
        {
            bar.set_style(style);
        }
        Self { bar, bad: Cell::new(0) }
    }

    /// One more case is done.
    pub(crate) fn add(&self, verdict: Verdict) {
        if !verdict.is_good() {
            self.bad.set(self.bad.get() + 1);
            self.bar.set_message(format!("{} to report", self.bad.get()));
        }
        self.bar.inc(1);
    }

    /// Prints a line of the suite's above the bar.
    pub(crate) fn note(&self, line: &str) {
        self.bar.suspend(|| out::note(line));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
