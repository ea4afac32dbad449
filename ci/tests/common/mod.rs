//! The suite that the tests of the tool run.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The suite as cargo builds it for its tests.
pub(crate) fn suite() -> &'static Path {
    static SUITE: OnceLock<PathBuf> = OnceLock::new();
    SUITE.get_or_init(|| {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
        let built = Command::new(env!("CARGO"))
            .args(["build", "-q", "-p", "suites", "--test", "conformance"])
            .args(["--message-format=json", "--manifest-path", manifest])
            .output()
            .expect("cargo starts");
        String::from_utf8(built.stdout)
            .expect("UTF-8")
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|message| message["target"]["name"] == "conformance")
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
            .expect("the suite was built")
    })
}
