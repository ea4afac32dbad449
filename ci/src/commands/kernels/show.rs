//! The list of kernels as text, 80 columns wide.

use crate::machine::kernels::catalogue::{Availability, Packaged};
use crate::style::{self, FAINT, GOOD, NOTABLE, STRONG, paint};

/// A heading for each series, a line for each kernel, and how many there are.
pub(super) fn text(kernels: &[&Packaged]) -> String {
    let width =
        |of: fn(&Packaged) -> usize| kernels.iter().map(|kernel| of(kernel)).max().unwrap_or(0);
    let versions = width(|kernel| kernel.version.len());
    let releases = width(|kernel| kernel.short_release().len());
    let places = width(|kernel| place(kernel).len());
    let mut text = String::new();
    for series in kernels.chunk_by(|one, other| one.series() == other.series()) {
        text += &format!("{}\n", paint(STRONG, &series[0].series()));
        for kernel in series {
            let line = format!(
                "  {:versions$}  {:releases$}  {:places$}  {:>5}  {}",
                kernel.version,
                kernel.short_release(),
                place(kernel),
                size(kernel),
                state(kernel)
            );
            text += &format!("{}\n", line.trim_end());
        }
    }
    let count = |state| kernels.iter().filter(|kernel| kernel.state == state).count();
    let (cached, gone) = (count(Availability::Cached), count(Availability::Gone));
    let series = kernels.chunk_by(|one, other| one.series() == other.series()).count();
    text + &paint(
        FAINT,
        &format!(
            "{} of {} series, {cached} cached, {gone} listed and gone\n\
             releases end in -cloud-amd64",
            style::plural(kernels.len(), "kernels"),
            series
        ),
    ) + "\n"
}

/// The suite it is in; the first of several.
fn place(kernel: &Packaged) -> String {
    match kernel.suites.as_slice() {
        [] => "listed no more".into(),
        [only] => only.clone(),
        [first, others @ ..] => format!("{first} +{}", others.len()),
    }
}

fn size(kernel: &Packaged) -> String {
    match kernel.size {
        0 => String::new(),
        size => format!("{} MB", size.div_ceil(1_000_000)),
    }
}

fn state(kernel: &Packaged) -> String {
    let state = match kernel.state {
        Availability::Listed => String::new(),
        Availability::Cached => paint(GOOD, "cached"),
        Availability::Gone => paint(NOTABLE, "gone"),
    };
    match (kernel.config, state.is_empty()) {
        (true, _) => state,
        (false, true) => "no config".into(),
        (false, false) => format!("{state}, no config"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernel(version: &str, release: &str, suites: &[&str], state: Availability) -> Packaged {
        Packaged {
            version: version.into(),
            package: format!("{version}-1"),
            release: format!("{release}-cloud-amd64"),
            suites: suites.iter().map(|suite| (*suite).to_owned()).collect(),
            size: if suites.is_empty() { 0 } else { 13_100_000 },
            config: state != Availability::Cached,
            state,
            sources: Vec::new(),
        }
    }

    #[test]
    fn a_line_each_in_the_width_of_a_page() {
        let kernels = [
            kernel("6.1.172", "6.1.0-0.deb11.48", &["bullseye-security"], Availability::Gone),
            kernel("6.1.172", "6.1.0-48", &["bookworm", "bookworm-security"], Availability::Listed),
            kernel(
                "6.12.90",
                "6.12.90+deb12.1",
                &["bookworm-proposed-updates"],
                Availability::Cached,
            ),
            kernel("7.3-rc7", "7.3", &[], Availability::Cached),
        ];
        let text = text(&kernels.iter().collect::<Vec<_>>());
        let text = anstream::adapter::strip_str(&text).to_string();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        insta::assert_snapshot!("kernels", text);
    }
}
