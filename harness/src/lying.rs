//! A suite whose door lies (feature `lies`): how it is told which lie, and what it says of it.

use crate::{Case, canary};
use std::ffi::OsString;
use std::io::Write;
use sys::lies;

/// Takes this suite's own options out of the command line, and prints the lies where that is asked for.
///
/// # Errors
/// One line, where no lie is called so.
pub(crate) fn take(words: impl Iterator<Item = OsString>) -> Result<Vec<OsString>, String> {
    // A worker hands its command line through rusty-fork, which has to know the option.
    sys::environment::set_variable("RUSTY_FORK_FLAG_LIE", "drop-arg");
    let mut rest = Vec::new();
    let mut words = words;
    while let Some(word) = words.next() {
        if word == "--lie" {
            let name = words.next().and_then(|name| name.into_string().ok());
            let name = name.ok_or("--lie needs the name of a lie")?;
            lies::choose(&name)?;
            sys::environment::set_variable(lies::VARIABLE, &name);
        } else if word == "--lies" {
            list();
            std::process::exit(0);
        } else {
            rest.push(word);
        }
    }
    Ok(rest)
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
    match std::env::var(lies::VARIABLE) {
        Ok(name) => {
            sys::environment::remove_variable(lies::VARIABLE);
            lies::choose(&name)
        }
        // The runner is this very process's image, or nobody lies.
        Err(_) => Ok(()),
    }
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
