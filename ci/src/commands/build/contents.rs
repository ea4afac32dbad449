//! What is handed out.

use super::licences;
use super::links;
use super::pack::{Entry, Files};
use crate::bundle::{self, digest};
use crate::error::Refusal;
use crate::machine::suite_build::{self, Built};
use crate::private;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The page at the front of the bundle.
const README: &str = include_str!("handed_out.md");
/// The shells that completions are made for, with what those look for.
const SHELLS: [(&str, &str); 3] =
    [("bash", "sigsys.bash"), ("zsh", "_sigsys"), ("fish", "sigsys.fish")];
/// Single files: where they are in the checkout, and in the bundle.
const FILES: [(&str, &str); 6] = [
    ("ci/kernels.toml", bundle::KERNELS),
    ("fixtures/deviations.toml", "deviations.toml"),
    ("fixtures/features.toml", "features.toml"),
    ("harness/record.schema.json", "schemas/record.json"),
    ("LICENSE-MIT", "licences/LICENSE-MIT"),
    ("LICENSE-APACHE", "licences/LICENSE-APACHE"),
];
/// Folders: where they are in the checkout, how their files end that belong to it, where they are in the bundle.
const FOLDERS: [(&str, &str, &str); 3] = [
    ("ci/snapshots", "snap", bundle::SNAPSHOTS),
    ("ci/src/schemas", "json", "schemas"),
    ("ci/manual", "md", "manual"),
];

/// Reads everything that is handed out.
///
/// # Errors
/// When something is not there, or the tool that was built does not run.
pub(super) fn gather(workspace: &Path, suite: &Built, tool: &Built) -> Result<Files, Refusal> {
    let mut files = Files::new();
    for (name, built) in [(bundle::SUITE, suite), ("sigsys", tool)] {
        let entry = Entry { bytes: read(&built.program)?, is_program: true };
        files.insert(name.into(), entry);
    }
    for (from, to) in FILES {
        add(&mut files, to, read(&workspace.join(from))?);
    }
    for (from, end, to) in FOLDERS {
        let folder = workspace.join(from);
        for path in inside(&folder, end)? {
            let name = path.strip_prefix(&folder).unwrap_or(&path);
            add(&mut files, &format!("{to}/{}", name.display()), read(&path)?);
        }
    }
    let packages = suite.packages.union(&tool.packages).cloned().collect::<BTreeSet<_>>();
    add(&mut files, "licences/others.txt", licences::of_packages(&packages).into_bytes());
    add(&mut files, "README.md", README.into());
    add(&mut files, "manual/README.md", read(&workspace.join("README.md"))?);
    pages(&mut files);
    of_tool(&mut files, &tool.program)?;
    let sums: String =
        files.iter().map(|(name, entry)| format!("{}  {name}\n", digest(&entry.bytes))).collect();
    add(&mut files, bundle::SUMS, sums.into_bytes());
    Ok(files)
}

fn add(files: &mut Files, name: &str, bytes: Vec<u8>) {
    files.insert(name.into(), Entry { bytes, is_program: false });
}

fn read(path: &Path) -> Result<Vec<u8>, Refusal> {
    fs::read(path).map_err(|error| Refusal::usage(format!("{}: {error}", path.display())))
}

/// The files below `folder` whose names end so.
fn inside(folder: &Path, end: &str) -> Result<Vec<PathBuf>, Refusal> {
    let refuse = |error: std::io::Error| Refusal::usage(format!("{}: {error}", folder.display()));
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(refuse)? {
        let path = entry.map_err(refuse)?.path();
        if path.is_dir() {
            found.extend(inside(&path, end)?);
        } else if path.extension().is_some_and(|own| own == end) {
            found.push(path);
        }
    }
    Ok(found)
}

/// Has the links of the manual lead where its pages are in the bundle.
fn pages(files: &mut Files) {
    let names: BTreeSet<String> = files.keys().cloned().collect();
    let known = |path: PathBuf| names.contains(path.to_str()?).then_some(path);
    let place = |path: &Path| match path.strip_prefix("ci/manual") {
        Ok(page) => known(Path::new("manual").join(page)),
        Err(_) if path == Path::new("README.md") => known("manual/README.md".into()),
        Err(_) => FILES.iter().find(|(from, _)| path == Path::new(from)).map(|(_, to)| to.into()),
    };
    for (name, entry) in files.iter_mut().filter(|(name, _)| name.starts_with("manual/")) {
        let from = match name.strip_prefix("manual/") {
            Some("README.md") | None => PathBuf::from("README.md"),
            Some(page) => Path::new("ci/manual").join(page),
        };
        let text = String::from_utf8_lossy(&entry.bytes);
        entry.bytes = links::moved(&text, &from, Path::new(name), place).into_bytes();
    }
}

/// What the tool that was built says of itself: completions and pages for man(1).
fn of_tool(files: &mut Files, tool: &Path) -> Result<(), Refusal> {
    for (shell, name) in SHELLS {
        let text = suite_build::said_by(tool, &["completions".as_ref(), shell.as_ref()])?;
        add(files, &format!("completions/{name}"), text.into_bytes());
    }
    let folder = private::Folder::new()?;
    suite_build::said_by(tool, &["man".as_ref(), folder.path().as_os_str()])?;
    for path in inside(folder.path(), "1")? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        add(files, &format!("man/man1/{name}"), read(&path)?);
    }
    Ok(())
}
