//! Standard output and standard error: colours only on a terminal, no panic on a closed pipe.

use crate::error::Refusal;
use crate::printable;
use anstream::AutoStream;
use std::io::{self, ErrorKind, Write};

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

fn write(text: &str) -> Result<(), Refusal> {
    let mut out = AutoStream::auto(io::stdout().lock());
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
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
