//! Progress of the matrix: on a terminal a bar for each kernel that is fetched or booted, elsewhere a line for
//! each column that is done.

use super::column::{Ended, Outcome, Source};
use super::news::News;
use crate::machine::kernels::Column;
use crate::terminal;
use harness::record::Verdict;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::time::Duration;

/// Events from the threads.
#[derive(Clone, Debug)]
pub(super) enum Heard {
    /// What is being done to get a kernel.
    Step(String, String),
    /// It is there, or is not to be had.
    Fetched(String),
    /// A line for the reader.
    Said(String),
    /// Something about a column.
    News(usize, News),
    /// A column is done.
    Ended(usize, Ended),
}

/// The lines that move.
pub(super) struct Screen {
    all: MultiProgress,
    total: ProgressBar,
    fetches: HashMap<String, ProgressBar>,
    runs: HashMap<usize, (ProgressBar, usize)>,
    names: Vec<String>,
    cases: usize,
}

impl Screen {
    pub(super) fn new(columns: &[Column], cases: usize) -> Self {
        let all = MultiProgress::new();
        let total = all.add(ProgressBar::new(columns.len() as u64));
        style(&total, "{bar:40} {pos}/{len} columns {elapsed}");
        total.enable_steady_tick(Duration::from_millis(500));
        let names = columns.iter().map(Column::name).collect();
        Self { all, total, fetches: HashMap::new(), runs: HashMap::new(), names, cases }
    }

    pub(super) fn show(&mut self, heard: &Heard) {
        match heard {
            Heard::Step(kernel, what) => {
                if self.total.is_hidden() {
                    terminal::note(&format!("{kernel}: {what}"));
                    return;
                }
                let bar = self.fetches.entry(kernel.clone()).or_insert_with(|| {
                    let bar = self.all.insert_before(&self.total, ProgressBar::new_spinner());
                    style(&bar, "{spinner} {wide_msg}");
                    bar.enable_steady_tick(Duration::from_millis(120));
                    bar
                });
                bar.set_message(format!("{kernel}: {what}"));
            }
            Heard::Fetched(kernel) => {
                if let Some(bar) = self.fetches.remove(kernel) {
                    bar.finish_and_clear();
                }
            }
            Heard::Said(line) => self.say(line),
            Heard::News(at, News::Started) => {
                let bar = self.all.insert_before(&self.total, ProgressBar::new(self.cases as u64));
                style(&bar, "{bar:40} {pos}/{len} {wide_msg}");
                bar.set_message(self.names[*at].clone());
                self.runs.insert(*at, (bar, 0));
            }
            Heard::News(at, News::Case(verdict)) => self.case(*at, *verdict),
            Heard::News(_, News::Note(line)) => self.say(line),
            Heard::Ended(at, (outcome, _)) => {
                if let Some((bar, _)) = self.runs.remove(at) {
                    bar.finish_and_clear();
                }
                self.total.inc(1);
                if !matches!(outcome, Outcome::Done(_, Source::Kept)) {
                    self.say(&ended(&self.names[*at], outcome));
                }
            }
        }
    }

    fn case(&mut self, at: usize, verdict: Verdict) {
        let Some((bar, bad)) = self.runs.get_mut(&at) else { return };
        bar.inc(1);
        if !verdict.is_good() {
            *bad += 1;
            bar.set_message(format!("{}: {bad} to report", self.names[at]));
        }
    }

    fn say(&self, line: &str) {
        self.all.suspend(|| terminal::note(line));
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.total.finish_and_clear();
    }
}

fn style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}

fn ended(name: &str, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(kept, _) => format!("{name}: done in {:.1} s", kept.seconds),
        Outcome::NotAvailable(why) => format!("{name}: not available: {why}"),
        Outcome::NoAnswer(why) => format!("{name}: no answer: {why}"),
        Outcome::Cut(why, _) => format!("{name}: not whole: {why}"),
        Outcome::Interrupted => format!("{name}: interrupted"),
    }
}
