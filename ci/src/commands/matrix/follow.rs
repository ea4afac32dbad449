//! Follows the program of a column: the lines of the record as they come, and its messages.

use super::news::News;
use crate::machine::subprocess::{self, Output};
use crate::results::run_record::RunRecord;
use harness::frame::{self, Reader};
use harness::record::Line;
use std::process::Command;
use std::time::Duration;

type Followed = (Option<i32>, Option<std::process::ExitStatus>, Vec<String>);

/// Reports the cases of a record as they come; returns the status and the program's messages.
pub(super) fn follow(
    mut command: Command,
    limit: Option<Duration>,
    on: &dyn Fn(News),
) -> Result<Followed, String> {
    let mut running = subprocess::start(&mut command).map_err(|error| error.to_string())?;
    if let Some(limit) = limit {
        running = running.limit(limit);
    }
    let mut words = Vec::new();
    while let Some(said) = running.next() {
        match said {
            Output::Stdout(line) => {
                if let Ok(Line::Case(case)) = serde_json::from_str(&line) {
                    on(News::Case(case.verdict));
                }
            }
            Output::Stderr(line) => words.push(plain(&line)),
        }
    }
    let status = running.status();
    Ok((status.and_then(|status| status.code()), status, words))
}

pub(super) fn follow_frames(
    mut command: Command,
    limit: Duration,
    run_record: &mut RunRecord,
    on: &dyn Fn(News),
) -> Result<(Option<std::process::ExitStatus>, Vec<String>, bool), String> {
    let started = subprocess::start(&mut command).map_err(|error| error.to_string())?;
    let mut running = started.limit(limit);
    let mut reader = Reader::default();
    let mut words = Vec::new();
    while let Some(said) = running.next() {
        let (Output::Stdout(line) | Output::Stderr(line)) = &said;
        let line = line.trim_end_matches('\r');
        match reader.take(line) {
            Some(frame) if frame.stream == frame::SUITE && frame.text != frame::HEARTBEAT => {
                if let Some(case) = run_record.take(&frame.text) {
                    on(News::Case(case.verdict));
                }
            }
            Some(_) => {}
            None if line.trim().is_empty() => {}
            None => {
                if line.starts_with("sigsys: ") {
                    let _ = run_record.take_complaint(line);
                }
                words.push(plain(line));
            }
        }
    }
    Ok((running.status(), words, running.was_overdue()))
}

/// Without this tool's own name in front.
fn plain(line: &str) -> String {
    line.trim().trim_start_matches("sigsys: ").to_owned()
}

pub(super) fn last(words: &[String], otherwise: &str) -> String {
    words
        .iter()
        .rfind(|line| !line.starts_with('|'))
        .cloned()
        .unwrap_or_else(|| otherwise.to_owned())
}
