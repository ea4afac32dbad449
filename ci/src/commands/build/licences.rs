//! The licences of everybody whose code is in the programs.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// How the names of files begin that hold terms or notices, in small letters.
const NAMES: [&str; 6] = ["licen", "copying", "copyright", "notice", "unlicense", "authors"];

/// Above the texts.
const HEAD: &str = "\
The programs sigsys and sigsys-suite are linked with the GNU C Library (LGPL-2.1-or-later,
https://www.gnu.org/software/libc/), with Rust's standard library (MIT OR Apache-2.0,
https://www.rust-lang.org) and with the packages below, whose terms follow. Both programs can be built anew,
also with another C library, from the sources of sigsys at the commit that `sigsys --version` names.
";

#[derive(Deserialize)]
struct Manifest {
    package: Package,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    license: String,
}

/// The terms of the packages in `folders`, each text once. Those of a workspace, whose version another manifest
/// says, are this project's own.
pub(super) fn of_packages(folders: &BTreeSet<PathBuf>) -> String {
    let mut list = String::new();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for folder in folders {
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        let Ok(Manifest { package }) = toml::from_str(&manifest) else { continue };
        let name = format!("{} {}", package.name, package.version);
        list += &format!("  {name}: {}\n", package.license);
        for text in terms(folder) {
            texts.entry(text).or_default().push(name.clone());
        }
    }
    let mut all = format!("{HEAD}\n{list}");
    let mut texts: Vec<(String, String)> =
        texts.into_iter().map(|(text, names)| (names.join(", "), text)).collect();
    texts.sort();
    for (names, text) in texts {
        all += &format!("\n{}\n{names}\n\n{text}\n", "-".repeat(72));
    }
    all
}

fn terms(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            path.is_file() && NAMES.iter().any(|begin| name.starts_with(begin))
        })
        .collect();
    files.sort();
    let texts = files.iter().filter_map(|path| std::fs::read_to_string(path).ok());
    texts.map(|text| text.trim_end().replace("\r\n", "\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn each_text_is_there_once_and_says_whose_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut folders = BTreeSet::new();
        for (name, terms) in [("a", "one"), ("b", "one"), ("c", "two")] {
            let place = folder.path().join(name);
            fs::create_dir(&place).expect("made");
            let manifest =
                format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n");
            fs::write(place.join("Cargo.toml"), manifest).expect("written");
            fs::write(place.join("LICENSE-MIT"), terms).expect("written");
            folders.insert(place);
        }
        let own = folder.path().join("own");
        fs::create_dir(&own).expect("made");
        let manifest = "[package]\nname = \"own\"\nversion.workspace = true\n";
        fs::write(own.join("Cargo.toml"), manifest).expect("written");
        folders.insert(own);
        let text = of_packages(&folders);
        assert!(text.contains("\n  a 1.0.0: MIT\n  b 1.0.0: MIT\n  c 1.0.0: MIT\n"), "{text}");
        assert!(text.contains("\na 1.0.0, b 1.0.0\n\none\n"), "{text}");
        assert!(text.contains("\nc 1.0.0\n\ntwo\n"), "{text}");
        assert_eq!((text.matches("one\n").count(), text.contains("own")), (1, false));
    }
}
