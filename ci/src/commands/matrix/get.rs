//! Gets the image of a kernel, wherever it comes from.

use crate::machine::kernels::fetch::{self, Fetched};
use crate::machine::kernels::lack::Lack;
use crate::machine::kernels::resolve::{of_catalogue, resolve};
use crate::machine::kernels::{Kernel, List, Origin};
use std::path::Path;

/// What is said of an image without a configuration.
const NO_CONFIG: &str = "no configuration is named: unless the kernel tells its own (/proc/config.gz), nothing \
    excuses what it was built without";

/// Gets `kernel`: at once where it lies here or is kept and was looked for today, unless `again`. `step` is called
/// with each step.
///
/// # Errors
/// One line: why it is not available.
pub(super) fn get(kernel: &Kernel, again: bool, step: impl Fn(&str)) -> Result<Fetched, String> {
    let got = match kernel.origin() {
        Origin::Package => fetch::fetch(kernel, again, step).map_err(Lack::unavailable),
        Origin::Catalogue(name) => of_catalogue(name, again, step),
        Origin::Image(path, config) => own(path, config, again, step),
    };
    got.map_err(|lack| lack.to_string())
}

/// An image of the user's, or a packaged kernel of which its version is named.
fn own(
    path: &Path,
    config: Option<&Path>,
    again: bool,
    step: impl Fn(&str),
) -> Result<Fetched, Lack> {
    let named = |path: &Path, why: String| Lack::wrong(format!("{}: {why}", path.display()));
    if let Some(config) = config {
        let bytes = std::fs::read(config).map_err(|error| named(config, error.to_string()))?;
        harness::check_configuration(&bytes).map_err(|why| named(config, why))?;
    }
    let got = resolve(path, None, &List::default(), again, step)
        .map_err(|lack| Lack { why: format!("{}: {}", path.display(), lack.why), ..lack })?;
    Ok(match (config, &got.config) {
        (Some(config), _) => Fetched { config: Some(config.to_owned()), note: None, ..got },
        (None, Some(_)) => got,
        (None, None) => Fetched { note: Some(NO_CONFIG.to_owned()), ..got },
    })
}
