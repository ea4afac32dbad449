//! Whether KVM works here: a /dev/kvm that opens may still hang or abort, so a boot is tried, and the answer
//! is remembered for this machine, kernel and QEMU.

use super::qemu::Engine;
use crate::atomic;
use crate::workspace;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::PathBuf;

/// What is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Works,
    Fails,
    /// It has to be tried.
    Unknown,
}

/// Where the kernel offers KVM.
const DEVICE: &str = "/dev/kvm";

/// Whether this user may try at all.
pub(crate) fn can_be_tried() -> bool {
    open().is_ok()
}

fn open() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(DEVICE)
}

/// What a boot is going to run in, and why, for people: the engine that is `wanted`, else as far as it is
/// known beforehand.
pub(crate) fn choice(wanted: Option<Engine>, qemu: &str) -> String {
    let remembered = || place().map_or(String::new(), |place| format!(" ({})", place.display()));
    match wanted {
        Some(Engine::Kvm) => return "with KVM".into(),
        Some(Engine::Tcg) => return "emulated (tcg)".into(),
        None => {}
    }
    if let Err(error) = open() {
        return format!("emulated (tcg): KVM does not work here: {DEVICE}: {error}");
    }
    match recall(qemu) {
        Known::Works => "with KVM".into(),
        Known::Fails => format!(
            "emulated (tcg): KVM does not work here, as an earlier boot has shown{}",
            remembered()
        ),
        Known::Unknown => format!(
            "first with KVM, to see whether it works here: that is remembered{}",
            remembered()
        ),
    }
}

/// What was remembered for `qemu`.
pub(crate) fn recall(qemu: &str) -> Known {
    let text = place().and_then(|place| std::fs::read_to_string(place).ok()).unwrap_or_default();
    parse(&text, &key(qemu))
}

fn parse(text: &str, key: &str) -> Known {
    match text.lines().find_map(|line| line.strip_suffix(key)) {
        Some("works ") => Known::Works,
        Some("fails ") => Known::Fails,
        _ => Known::Unknown,
    }
}

/// Remembers what a boot has shown. Where that cannot be written, it is tried again next time.
pub(crate) fn remember(qemu: &str, works: bool) {
    let Some(place) = place() else { return };
    let word = if works { "works" } else { "fails" };
    if let Some(folder) = place.parent() {
        let _ = std::fs::create_dir_all(folder);
    }
    let _ = atomic::write(&place, format!("{word} {}\n", key(qemu)).as_bytes());
}

/// Where answers are kept.
pub(crate) fn place() -> Option<PathBuf> {
    workspace::cache("kvm").ok()
}

/// The machine, its kernel and its QEMU.
fn key(qemu: &str) -> String {
    let machine = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
    format!("{} {} {qemu}", machine.trim(), workspace::release())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", Known::Unknown)]
    #[case("works m 6.1 q\n", Known::Works)]
    #[case("fails m 6.1 q\n", Known::Fails)]
    #[case("works m 6.2 q\n", Known::Unknown)]
    #[case("perhaps m 6.1 q\n", Known::Unknown)]
    #[case("works mm 6.1 q\n", Known::Unknown)]
    fn an_answer_is_for_one_machine(#[case] text: &str, #[case] expected: Known) {
        assert_eq!(parse(text, "m 6.1 q"), expected);
    }
}
