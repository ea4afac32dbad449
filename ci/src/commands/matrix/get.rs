//! Gets the image of a kernel, wherever it comes from.

use crate::machine::image;
use crate::machine::kernels::fetch::{self, Fetched};
use crate::machine::kernels::{Kernel, Origin};
use std::path::Path;

/// What is said of an image whose configuration nobody names.
const NO_CONFIG: &str = "no configuration is named: what was left out of it is excused only where the kernel \
    tells its own (/proc/config.gz)";

/// Gets `kernel`: at once where it lies here or is kept and was looked for today, unless `again`. `step` is called
/// with each step.
///
/// # Errors
/// One line: why it is not available.
pub(super) fn get(kernel: &Kernel, again: bool, step: impl Fn(&str)) -> Result<Fetched, String> {
    match kernel.origin() {
        Origin::Package => fetch::fetch(kernel, again, step),
        Origin::Catalogue(name) => Err(format!("{name} is in no catalogue")),
        Origin::Image(path, config) => own(path, config),
    }
}

fn own(path: &Path, config: Option<&Path>) -> Result<Fetched, String> {
    let named = |why: String| format!("{}: {why}", path.display());
    let bytes = std::fs::read(path).map_err(|error| named(error.to_string()))?;
    let image = image::check(&bytes).map_err(named)?;
    if let Some(config) = config {
        let named = |why: String| format!("{}: {why}", config.display());
        let bytes = std::fs::read(config).map_err(|error| named(error.to_string()))?;
        harness::check_configuration(&bytes).map_err(named)?;
    }
    Ok(Fetched {
        image: path.to_owned(),
        config: config.map(Path::to_owned),
        version: image.release.unwrap_or_default(),
        note: config.is_none().then(|| NO_CONFIG.to_owned()),
    })
}
