//! Standard output and error. A closed pipe ends the run quietly, a full disk ends it with a line; neither
//! looks like a verdict, and neither panics, because the exit status of a panic is that of a broken promise.

use std::io::{ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

/// Why standard output cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OutputError {
    /// Its reader has gone away.
    Closed,
    /// It cannot be written: one line says why.
    Failed(String),
}

/// The first error; nothing is printed after it.
static FAILURE: Mutex<Option<OutputError>> = Mutex::new(None);

/// Prints at once.
///
/// # Errors
/// What keeps standard output from taking it, now or before.
pub(crate) fn print(text: &str) -> Result<(), OutputError> {
    if let Some(failure) = failure() {
        return Err(failure);
    }
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) => Err(note(&error)),
    }
}

/// Prints on standard error; an error there is ignored.
pub(crate) fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "sigsys: {text}");
}

/// The first error of standard output.
pub(crate) fn failure() -> Option<OutputError> {
    FAILURE.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Makes every later write to standard output fail, so that a printer without another way to stop stops.
pub(crate) fn close() {
    if let Ok((reader, writer)) = nix::unistd::pipe() {
        drop(reader);
        let _ = nix::unistd::dup2_stdout(writer);
    }
}

fn note(error: &std::io::Error) -> OutputError {
    let failure = match error.kind() {
        ErrorKind::BrokenPipe => OutputError::Closed,
        _ => OutputError::Failed(format!("standard output: cannot write: {error}")),
    };
    FAILURE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure).clone()
}

/// Runs `body`, which prints through libtest-mimic: its printer panics where it cannot write. While it
/// runs the other tests it looks at [`failure`] before each.
///
/// # Errors
/// What standard output did not take.
pub(crate) fn printing(body: impl FnOnce()) -> Result<(), OutputError> {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.location().is_some_and(|at| at.file().contains("libtest-mimic")) {
            // Asked here and not later, so that the tests that are left are not run.
            let _ = print("\n");
        } else {
            before(info);
        }
    }));
    let outcome = catch_unwind(AssertUnwindSafe(body));
    let _ = std::panic::take_hook();
    match (failure(), outcome) {
        (Some(failure), _) => Err(failure),
        (None, Ok(())) => Ok(()),
        (None, Err(_)) => Err(note(&std::io::Error::other("the printer gave up"))),
    }
}
