//! Standard output and standard error: colours only on a terminal, no panic on a closed pipe.

use crate::error::Refusal;
use crate::printable;
use anstream::AutoStream;
use std::io::{self, BufWriter, ErrorKind, Write};

/// Applies `--color`.
pub(crate) fn choose_colours(choice: anstream::ColorChoice) {
    choice.write_global();
}

/// Prints `text`, in which only this tool's own colours are control sequences. A closed pipe is no error.
///
/// # Errors
/// When standard output refuses it for another reason, such as a full disk.
pub(crate) fn say(text: &str) -> Result<(), Refusal> {
    write(&printable::painted(text))
}

/// Prints a line of JSON.
///
/// # Errors
/// As [`say`].
pub(crate) fn say_json(line: &str) -> Result<(), Refusal> {
    write(&format!("{}\n", printable::json(line)))
}

/// Has `fill` write to standard output, which holds no control sequences then. A closed pipe is no error.
///
/// # Errors
/// As [`say`].
pub(crate) fn stream(fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Refusal> {
    let mut out = BufWriter::new(io::stdout().lock());
    let filled = fill(&mut out).and_then(|()| out.flush());
    // What is left in the buffer has nowhere to go after an error.
    let _ = out.into_parts();
    written(filled)
}

fn write(text: &str) -> Result<(), Refusal> {
    let mut out = AutoStream::auto(io::stdout().lock());
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

fn written(result: io::Result<()>) -> Result<(), Refusal> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Refusal::no_answer(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints `line` as this tool's complaint.
pub(crate) fn complain(line: &str) {
    note(&format!("sigsys: {line}"));
}

/// Prints `line` on standard error, in which only this tool's own colours are control sequences.
pub(crate) fn note(line: &str) {
    verbatim(&printable::painted(line));
}

/// Prints lines on standard error as they are: those of a compiler, which runs the code of its folder
/// anyway.
pub(crate) fn verbatim(lines: &str) {
    let mut err = AutoStream::auto(io::stderr().lock());
    let _ = writeln!(err, "{lines}");
}
