//! `--format json` and `framed`: the lines of a record as they come, bare or each in a frame.

use crate::event::{Consumer, Event};
use crate::guest::frame;
use crate::record::{Durations, Footer, Line, Verdict};
use crate::stdio::{OutputError, print};
use std::collections::BTreeMap;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

/// Prints the lines of a record.
pub(crate) struct Json {
    verdicts: Vec<Verdict>,
    frames: Option<Frames>,
}

/// Puts each line in a frame. Frames are numbered in the order they are printed.
struct Frames {
    writer: Arc<Mutex<frame::Writer>>,
    heartbeat: Option<Heartbeat>,
}

/// Says that the suite is alive until it is dropped: a case may take long, and only a dead machine says
/// nothing.
struct Heartbeat {
    over: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Json {
    /// Prints them as they are.
    pub(crate) const fn bare() -> Self {
        Self { verdicts: Vec::new(), frames: None }
    }

    /// Prints each in a frame; with a `heartbeat` now and then, which takes a thread.
    pub(crate) fn framed(heartbeat: bool) -> Self {
        let writer = Arc::new(Mutex::new(frame::Writer::new(frame::SUITE)));
        let heartbeat = heartbeat.then(|| Heartbeat::start(writer.clone()));
        Self { verdicts: Vec::new(), frames: Some(Frames { writer, heartbeat }) }
    }

    fn line(&self, line: &Line) -> Result<(), OutputError> {
        let text = serde_json::to_string(line)
            .map_err(|error| OutputError::Failed(format!("a line cannot be written: {error}")))?;
        match &self.frames {
            Some(frames) => print_framed(&frames.writer, &text),
            None => print(&format!("{text}\n")),
        }
    }
}

impl Consumer for Json {
    fn take(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        match event {
            Event::Begun(header) => self.line(&Line::Run((*header).clone())),
            Event::Case(done) => {
                self.verdicts.push(done.line.verdict);
                self.line(&Line::Case(done.line.clone()))
            }
            Event::Ended(ended) => {
                // Nothing may follow the last line.
                if let Some(frames) = &mut self.frames {
                    frames.heartbeat = None;
                }
                for durations in in_parts(ended.durations.clone()) {
                    self.line(&Line::Durations(durations))?;
                }
                let Some(footer) = ended.footer.clone() else { return Ok(()) };
                let counts = Footer::count(self.verdicts.iter().copied()).counts;
                self.line(&Line::End(Footer { counts, ..footer }))
            }
        }
    }
}

/// Durations in lines of no more than this many cases: none is longer than a serial line takes at once.
fn in_parts(durations: Durations) -> impl Iterator<Item = Durations> {
    const CASES: usize = 100;
    let mut rest = durations.microseconds.into_iter();
    std::iter::from_fn(move || {
        let microseconds: BTreeMap<String, u64> = rest.by_ref().take(CASES).collect();
        (!microseconds.is_empty()).then_some(Durations { microseconds })
    })
}

impl Heartbeat {
    fn start(writer: Arc<Mutex<frame::Writer>>) -> Self {
        let (over, is_over) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            while is_over.recv_timeout(frame::HEARTBEAT_INTERVAL) == Err(RecvTimeoutError::Timeout)
            {
                let _ = print_framed(&writer, frame::HEARTBEAT);
            }
        });
        Self { over: Some(over), thread: Some(thread) }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.over = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn print_framed(writer: &Mutex<frame::Writer>, text: &str) -> Result<(), OutputError> {
    let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
    let text = writer.frame(text);
    print(&format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A beat after the last line would be no end of a record.
    #[test]
    fn a_heartbeat_that_is_dropped_beats_no_more() {
        let writer = Arc::new(Mutex::new(frame::Writer::new(frame::SUITE)));
        drop(Heartbeat::start(writer.clone()));
        assert_eq!(Arc::strong_count(&writer), 1, "its thread has ended");
    }

    #[rstest::rstest]
    #[case::none(0, &[])]
    #[case::full(100, &[100])]
    #[case::more(201, &[100, 100, 1])]
    fn durations_come_in_lines_that_are_not_too_long(#[case] count: u64, #[case] lines: &[usize]) {
        let microseconds: BTreeMap<String, u64> =
            (0..count).map(|number| (format!("{number:03}"), number)).collect();
        let parts: Vec<Durations> =
            in_parts(Durations { microseconds: microseconds.clone() }).collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.microseconds.len()).collect();
        assert_eq!(lengths, lines);
        let all: BTreeMap<String, u64> =
            parts.into_iter().flat_map(|part| part.microseconds).collect();
        assert_eq!(all, microseconds);
    }
}
