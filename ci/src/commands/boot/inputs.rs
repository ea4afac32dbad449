//! The inputs of `sigsys boot`, checked: files and the boot line; and the command that repeats a case.

use super::args::BootArgs;
use crate::error::{Refusal, UNTESTED};
use crate::machine::image::{self, Image};
use crate::shell::quoted;
use crate::workspace;
use harness::describe::{CaseMeta, Description};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What the kernel at `path` is.
///
/// # Errors
/// When there is no file. A file that is no image is what this commit builds, and another may build one.
pub(super) fn check_image(path: &Path) -> Result<Image, Refusal> {
    let bytes = read(path, "--kernel")?;
    let untested =
        |why| Refusal { status: UNTESTED, line: format!("--kernel {}: {why}", path.display()) };
    image::check(&bytes).map_err(untested)
}

/// Whether the configuration at `path` is one, which the suite would say only in the machine.
pub(super) fn check_configuration(path: &Path) -> Result<(), Refusal> {
    let bytes = read(path, "--config")?;
    harness::check_configuration(&bytes)
        .map_err(|why| Refusal::usage(format!("--config {}: {why}", path.display())))
}

pub(super) fn check_boot_line(append: &str) -> Result<(), Refusal> {
    // Kernels keep 2047 bytes; ours take some.
    const LONGEST: usize = 1800;
    match append {
        _ if append.contains(['\n', '\0']) => {
            Err(Refusal::usage("--append: a boot line is one line"))
        }
        _ if append.len() > LONGEST => Err(Refusal::usage(format!(
            "--append: a kernel does not take more than {LONGEST} bytes"
        ))),
        _ => Ok(()),
    }
}

/// The cases that the file at `path` names.
///
/// # Errors
/// When it cannot be read, names a case that is not in the suite, or none.
pub(super) fn named_cases<'a>(
    path: &Path,
    description: &'a Description,
) -> Result<Vec<&'a CaseMeta>, Refusal> {
    let refuse = |why: String| Refusal::usage(format!("--cases {}: {why}", path.display()));
    let text = String::from_utf8(read(path, "--cases")?)
        .map_err(|_| refuse("it is no list of cases: not UTF-8".into()))?;
    let names: BTreeSet<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let known = |name: &&str| description.cases.iter().any(|case| case.name == **name);
    if let Some(name) = names.iter().find(|name| !known(name)) {
        return Err(refuse(format!(
            "no case is called `{name}`; `sigsys cases` shows their names"
        )));
    }
    if names.is_empty() {
        return Err(refuse("it names no case".into()));
    }
    let is_named = |case: &&CaseMeta| names.contains(case.name.as_str());
    Ok(description.cases.iter().filter(is_named).collect())
}

pub(super) fn refuse_record(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::no_answer(format!("--record {}: cannot write: {error}", path.display()))
}

pub(super) fn read(path: &Path, option: &str) -> Result<Vec<u8>, Refusal> {
    // A device may have no end.
    let is_file = std::fs::metadata(path).map(|metadata| metadata.is_file());
    let bytes = match is_file {
        Ok(true) => std::fs::read(path),
        Ok(false) => Err(std::io::Error::other("this is no file")),
        Err(error) => Err(error),
    };
    bytes.map_err(|error| Refusal::usage(format!("{option} {}: {error}", path.display())))
}

pub(super) fn record_path(args: &BootArgs, release: &str) -> Result<PathBuf, Refusal> {
    match &args.record {
        Some(path) => Ok(path.clone()),
        None => workspace::record_for(
            args.source.suite.is_none(),
            if args.is_part() { "filtered-boot" } else { "boot" },
            release,
        ),
    }
}

/// The command that runs one case again, without its name.
pub(super) fn again(args: &BootArgs) -> String {
    let file = |path: &Path| quoted(&path.display().to_string());
    let mut command = format!("sigsys boot --kernel {}", file(&args.kernel));
    if !args.append.is_empty() {
        command += &format!(" --append={}", quoted(&args.append));
    }
    if let Some(version) = &args.source.taken_as {
        command += &format!(" --as {version}");
    }
    if let Some(limit) = args.limit {
        command += &format!(" --limit {limit}");
    }
    let files = [
        ("--suite", &args.source.suite),
        ("--deviations", &args.source.deviations),
        ("--config", &args.config),
    ];
    for (name, path) in files {
        if let Some(path) = path {
            command += &format!(" {name} {}", file(path));
        }
    }
    command + " --exact --case"
}
