//! A suite whose door lies (feature `lies`): how it is told which lie, and what it says of it.

use crate::Case;
use crate::runner::canary;
use std::io::Write;
use sys::lies;

/// The option that says which lie the cases are told; whoever links the suite registers it.
const LIE: &str = "lie";

/// Prints the lies and leaves, where the command line asks for that.
pub(crate) fn list_if_asked() {
    if std::env::args_os().any(|word| word == "--lies") {
        list();
        std::process::exit(0);
    }
}

/// A line for each lie, in the order of their numbers: name, whether it is blunt, bug.
fn list() {
    let line = |lie: &lies::Lie| {
        let line = serde_json::json!({ "id": lie.id(), "blunt": lie.is_blunt(), "bug": lie.bug() });
        format!("{line}\n")
    };
    let text: String = lies::all().iter().map(line).collect();
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// The worker's part: the lie its runner was told.
pub(crate) fn enter_worker() -> Result<(), String> {
    crate::option(LIE).map_or(Ok(()), |name| lies::choose(&name))
}

/// What a case's process does: it, and nobody else, is lied to. What comes before the run's cases is not.
pub(crate) fn body(case: &Case) -> impl FnOnce() + use<> {
    lies::forget();
    let (run, is_lied_to) =
        (case.run, !canary::CANARIES.iter().any(|canary| canary.case.path == case.path));
    move || {
        if is_lied_to {
            lies::arm();
        }
        run();
    }
}

/// The numbers of the lies that were told, in place of what the case printed.
pub(crate) fn told(printed: String) -> String {
    drop(printed);
    let told: Vec<_> = lies::told().iter().map(usize::to_string).collect();
    told.join(" ")
}
