//! The record file: a line as soon as there is one, and only whole ones.

use crate::record::{CaseLine, Durations, Footer, Header, Line, Verdict};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Seek, Write};

/// A record being written. Lines wait until every earlier case has its own, so that the file has one
/// order whatever runs beside what.
#[derive(Debug)]
pub(crate) struct RecordFile {
    path: String,
    file: File,
    indices: Vec<usize>,
    next: usize,
    waiting: BTreeMap<usize, CaseLine>,
    verdicts: Vec<Verdict>,
    error: Option<String>,
}

/// Why there is no record.
#[derive(Debug)]
pub(crate) enum NoRecord {
    /// The file cannot be opened: another has to be named.
    Unopened(String),
    /// It cannot be written: the disk is full.
    Unwritten(String),
}

impl RecordFile {
    /// Makes the file, and writes its first line.
    ///
    /// # Errors
    /// Says why the file cannot be opened or written.
    pub(crate) fn create(
        path: &str,
        header: Header,
        indices: Vec<usize>,
    ) -> Result<Self, NoRecord> {
        if path == "-" {
            let line = "--record -: name a file, or have the record on standard output with \
                        --format json";
            return Err(NoRecord::Unopened(line.into()));
        }
        let file = File::create(path).map_err(|error| {
            NoRecord::Unopened(format!("--record {path}: cannot write: {error}"))
        })?;
        let mut record = Self {
            path: path.to_owned(),
            file,
            indices,
            next: 0,
            waiting: BTreeMap::new(),
            verdicts: Vec::new(),
            error: None,
        };
        record.write(&Line::Run(header));
        match record.error.take() {
            Some(error) => Err(NoRecord::Unwritten(error)),
            None => Ok(record),
        }
    }

    pub(crate) fn add(&mut self, index: usize, line: CaseLine) {
        self.waiting.insert(index, line);
        while let Some(index) = self.indices.get(self.next)
            && let Some(line) = self.waiting.remove(index)
        {
            self.verdicts.push(line.verdict);
            self.write(&Line::Case(line));
            self.next += 1;
        }
    }

    /// Writes what waits, how long it all took, and the `end`, which counts nothing yet.
    ///
    /// # Errors
    /// Why not all of it was written.
    pub(crate) fn finish(
        mut self,
        durations: Durations,
        end: Option<Footer>,
    ) -> Result<(), String> {
        for line in std::mem::take(&mut self.waiting).into_values() {
            self.verdicts.push(line.verdict);
            self.write(&Line::Case(line));
        }
        if !durations.microseconds.is_empty() {
            self.write(&Line::Durations(durations));
        }
        if let Some(end) = end {
            let counts = Footer::count(self.verdicts.iter().copied()).counts;
            self.write(&Line::End(Footer { counts, ..end }));
        }
        self.error.map_or(Ok(()), Err)
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

#[cfg(test)]
mod tests;
