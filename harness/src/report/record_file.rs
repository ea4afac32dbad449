//! The record file: a line as soon as there is one, and only whole ones.

use super::in_order::InOrder;
use crate::event::{Consumer, Event};
use crate::record::{CaseLine, Footer, Header, Line, Verdict};
use crate::status::Refusal;
use crate::stdio::OutputError;
use std::fs::File;
use std::io::{ErrorKind, Seek, Write};

/// A record being written. Lines wait until every earlier case has its own, so that the file has one
/// order whatever runs beside what.
#[derive(Debug)]
pub(crate) struct RecordFile {
    path: String,
    file: File,
    lines: InOrder<CaseLine>,
    verdicts: Vec<Verdict>,
    error: Option<String>,
}

impl RecordFile {
    /// Makes the file, and writes its first line: a record that cannot be written ends a run before its
    /// first case. `places` are those of the cases in the registry.
    ///
    /// # Errors
    /// Says why the file cannot be opened, so that another has to be named, or written.
    pub(crate) fn create(path: &str, header: Header, places: Vec<usize>) -> Result<Self, Refusal> {
        if path == "-" {
            return Err(Refusal::usage(
                "--record -: name a file, or have the record on standard output with --format json",
            ));
        }
        let file = File::create(path)
            .map_err(|error| Refusal::usage(format!("--record {path}: cannot write: {error}")))?;
        let lines = InOrder::new(places);
        let mut record =
            Self { path: path.to_owned(), file, lines, verdicts: Vec::new(), error: None };
        record.write(&Line::Run(header));
        match record.error.take() {
            Some(error) => Err(Refusal::no_answer(error)),
            None => Ok(record),
        }
    }

    fn case(&mut self, line: CaseLine) {
        self.verdicts.push(line.verdict);
        self.write(&Line::Case(line));
    }

    /// Writes a line in one piece; after one that was not written none is.
    fn write(&mut self, line: &Line) {
        if self.error.is_some() {
            return;
        }
        if let Err(error) = self.try_write(line) {
            let path = &self.path;
            self.error = Some(format!("--record {path}: cannot write: {error}"));
        }
    }

    fn try_write(&mut self, line: &Line) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        loop {
            match self.file.write(&text) {
                Ok(written) if written == text.len() => return Ok(()),
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => return self.write_rest(written, &text),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes what is left of a line; half a line is taken back where the file can be.
    fn write_rest(&mut self, written: usize, text: &[u8]) -> std::io::Result<()> {
        let start = self.file.stream_position().map(|at| at - written as u64);
        let outcome = self.file.write_all(&text[written..]);
        if outcome.is_err()
            && let Ok(start) = start
        {
            let _ = self.file.set_len(start);
        }
        outcome
    }
}

impl Consumer for RecordFile {
    /// The verdicts of a run are worth telling without a record of them, so an error waits for its end.
    fn take(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        match event {
            Event::Begun(_) => {}
            Event::Case(done) => {
                self.lines.add(done.place, done.line.clone());
                while let Some(line) = self.lines.next() {
                    self.case(line);
                }
            }
            Event::Ended(ended) => {
                for line in self.lines.rest() {
                    self.case(line);
                }
                if !ended.durations.microseconds.is_empty() {
                    self.write(&Line::Durations(ended.durations.clone()));
                }
                if let Some(footer) = ended.footer.clone() {
                    let counts = Footer::count(self.verdicts.iter().copied()).counts;
                    self.write(&Line::End(Footer { counts, ..footer }));
                }
                return self.error.take().map_or(Ok(()), |line| Err(OutputError::Failed(line)));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
