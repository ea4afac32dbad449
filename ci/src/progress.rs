//! Progress bars on a terminal. Elsewhere nothing is shown.

use crate::printable::printable;
use crate::terminal;
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
            self.bar.set_message(format!("{}: {}", self.what, printable(line)));
        } else if works && !self.announced.replace(true) {
            terminal::complain(&format!("{}; this can take some minutes", self.what));
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

    /// One more lie was told.
    pub(crate) fn told(&self, is_noticed: bool) {
        if !is_noticed {
            self.bad.set(self.bad.get() + 1);
            self.bar.set_message(format!("{} not noticed so far", self.bad.get()));
        }
        self.bar.inc(1);
    }

    /// Prints a line of the suite's above the bar.
    pub(crate) fn note(&self, line: &str) {
        self.bar.suspend(|| terminal::note(line));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A soak in progress: a bar over time or inputs, with a line that is read anew a few times a second.
pub(crate) struct Soak {
    bar: ProgressBar,
    done: std::sync::Arc<std::sync::atomic::AtomicBool>,
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Soak {
    /// A bar for so many inputs, or for so much time, or for as long as it takes. `read` gives the
    /// inputs so far, and the line.
    pub(crate) fn start(
        inputs: Option<u64>,
        time: Option<Duration>,
        read: impl Fn() -> (u64, String) + Send + 'static,
    ) -> Self {
        use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
        let bar = match (inputs, time) {
            (Some(inputs), _) => ProgressBar::new(inputs),
            (None, Some(time)) => ProgressBar::new(time.as_secs()),
            (None, None) => ProgressBar::new_spinner(),
        };
        let template = match (inputs, time) {
            (None, None) => "{spinner} {pos} inputs {elapsed} {wide_msg}",
            (None, Some(_)) => "{bar:30} {elapsed} {wide_msg}",
            _ => "{bar:30} {pos}/{len} {elapsed} {wide_msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let done = std::sync::Arc::new(AtomicBool::new(false));
        let reader = (!bar.is_hidden()).then(|| {
            let (bar, done) = (bar.clone(), std::sync::Arc::clone(&done));
            std::thread::spawn(move || {
                while !done.load(Relaxed) {
                    let (position, message) = read();
                    let by_time = inputs.is_none() && time.is_some();
                    bar.set_position(if by_time { bar.elapsed().as_secs() } else { position });
                    bar.set_message(printable(&message).into_owned());
                    std::thread::sleep(Duration::from_millis(250));
                }
            })
        });
        Self { bar, done, reader }
    }

    /// Prints a line of the suite's above the bar.
    pub(crate) fn note(&self, line: &str) {
        self.bar.suspend(|| terminal::note(line));
    }
}

impl Drop for Soak {
    fn drop(&mut self) {
        self.done.store(true, std::sync::atomic::Ordering::Relaxed);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        self.bar.finish_and_clear();
    }
}
