//! What a name on a command line, or in a list, stands for: a file or folder of the user's, a kernel of the
//! list, or a packaged kernel.

use super::catalogue;
use super::fetch::{self, Fetched};
use super::lack::Lack;
use super::packaged::{self, fetch_named};
use super::{List, own};
use std::path::Path;

/// The kernel that `kernel` means, in the cache or where the user has it. A file or folder of that name comes
/// first, then a kernel of `list`, then a series (its newest), version or release of the packaged kernels.
/// `config` is used instead of what is found; `again` asks the mirror whatever is known. `step` is called
/// with each step.
///
/// # Errors
/// One line: why it cannot be had.
pub(crate) fn resolve(
    kernel: &Path,
    config: Option<&Path>,
    list: &List,
    again: bool,
    step: impl Fn(&str),
) -> Result<Fetched, Lack> {
    let mut found = find(kernel, list, again, step)?;
    if let Some(config) = config {
        // Of a user's own kernel a note says that there is none.
        found.note = found.note.filter(|_| found.config.is_some() || !kernel.exists());
        found.config = Some(config.to_owned());
    }
    Ok(found)
}

fn find(kernel: &Path, list: &List, again: bool, step: impl Fn(&str)) -> Result<Fetched, Lack> {
    let name = kernel.to_str().filter(|name| !name.contains('/'));
    let (false, Some(name)) = (kernel.exists(), name) else {
        let cache = || Ok(catalogue::kernels_folder()?.join("own"));
        return own::own(kernel, &cache);
    };
    if let Some(kernel) = list.kernel(name) {
        return fetch::fetch(kernel, again, step).map_err(Lack::unavailable);
    }
    if let (false, Some(kept)) = (again, packaged::cached(name)) {
        return Ok(kept);
    }
    // Every version begins so; what does not is a path, or a name that is not on the list.
    if !name.starts_with(|c: char| c.is_ascii_digit()) {
        let names: Vec<&str> = list.kernels.iter().map(|kernel| kernel.name.as_str()).collect();
        return Err(Lack::wrong(format!(
            "there is no such file, and no kernel is called so: there are {}, and the versions that \
             `sigsys kernels` lists",
            names.join(", ")
        )));
    }
    of_catalogue(name, again, step)
}

/// The packaged kernel that `name` means: a series (its newest), a version or a release.
///
/// # Errors
/// One line: why it cannot be had.
pub(crate) fn of_catalogue(name: &str, again: bool, step: impl Fn(&str)) -> Result<Fetched, Lack> {
    let catalogue = catalogue::catalogue(again, &step)?;
    let fetched = fetch_named(&catalogue, name, step).map_err(|lack| match &catalogue.note {
        Some(note) => Lack { why: format!("{} ({note})", lack.why), ..lack },
        None => lack,
    })?;
    let notes = [fetched.note.clone(), catalogue.note.clone()];
    let note = notes.into_iter().flatten().collect::<Vec<_>>().join("; ");
    Ok(Fetched { note: (!note.is_empty()).then_some(note), ..fetched })
}
