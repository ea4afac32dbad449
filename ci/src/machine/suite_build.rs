//! Builds the suite as one static program.

use crate::error::{Refusal, how_it_ended};
use crate::machine::subprocess::{self, Output};
use crate::progress::Spinner;
use crate::terminal;
use crate::trust;
use crate::workspace;
use serde::Deserialize;
use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const TARGET: &str = "x86_64-unknown-linux-gnu";
const STATIC: [&str; 2] = ["-C", "target-feature=+crt-static"];
const ELSEWHERE: &str = "or build it elsewhere and name it: sigsys run --suite PATH";

/// What is read of cargo's messages.
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    executable: Option<PathBuf>,
    target: Option<Target>,
    message: Option<Diagnostic>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Diagnostic {
    rendered: Option<String>,
    level: String,
}

/// Builds the suite of the workspace; gives the path of the program.
///
/// # Errors
/// When there is no workspace, no cargo, or the build fails: cargo's own words are printed then.
pub(crate) fn build() -> Result<PathBuf, Refusal> {
    build_with("building the suite for release (--suite PATH takes one that is built)", |_, _| {})
}

/// Builds the suite with a kernel that lies, in a folder of its own: no other command takes it for the
/// suite.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_liar() -> Result<PathBuf, Refusal> {
    build_with("building the suite that is lied to", |command, workspace| {
        command.args(["--features", "suites/lies", "--target-dir"]);
        command.arg(workspace.join("target/sigsys/lies"));
    })
}

fn build_with(
    what: &'static str,
    modify: impl FnOnce(&mut Command, &Path),
) -> Result<PathBuf, Refusal> {
    let found = workspace::look()
        .map_err(|why| Refusal::usage(format!("{why}; name a built suite with --suite PATH")))?;
    let Some(workspace) = found else {
        return Err(Refusal::usage(
            "there is no sigsys workspace here: go into one, or name a built suite with --suite PATH",
        ));
    };
    let cargo = cargo()?;
    let mut command = Command::new(&cargo);
    let format = match std::io::stderr().is_terminal() {
        true => "--message-format=json-diagnostic-rendered-ansi",
        false => "--message-format=json",
    };
    command
        .args(["build", "--release", "--target", TARGET, "-p", "suites", "--test", "conformance"])
        .arg(format)
        .current_dir(&workspace)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(commit) = built_from(&workspace) {
        command.env("SIGSYS_BUILT_FROM", commit);
    }
    modify(&mut command, &workspace);
    let (name, flags) =
        flags(std::env::var_os("CARGO_ENCODED_RUSTFLAGS"), std::env::var_os("RUSTFLAGS"));
    command.env(name, flags);
    let mut cargo = match subprocess::start(&mut command) {
        Ok(running) => running,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Refusal::no_answer(format!(
                "cargo is needed to build the suite and is not installed: install Rust, {ELSEWHERE}"
            )));
        }
        Err(error) => return Err(not_started(&error)),
    };
    let spinner = Spinner::new(what);
    let mut words = Vec::new();
    let mut executable = None;
    while let Some(said) = cargo.next() {
        match said {
            Output::Stdout(line) => match serde_json::from_str::<Message>(&line) {
                Ok(message) => take(message, &mut executable, &mut words),
                Err(_) => words.push(line),
            },
            Output::Stderr(line) => {
                spinner.say(&line);
                words.push(line);
            }
        }
    }
    drop(spinner);
    if let Some(signal) = subprocess::interrupted() {
        return Err(Refusal::interrupted(signal));
    }
    match (cargo.status(), executable) {
        (Some(status), Some(executable)) if status.success() => {
            trust::check(&executable).map_err(|why| {
                let executable = executable.display();
                Refusal::usage(format!("{executable} was built and is not run: it {why}"))
            })
        }
        (status, _) => {
            words.iter().for_each(|line| terminal::verbatim(line.trim_end()));
            let how = match status {
                Some(status) if status.success() => "built no program called conformance".into(),
                _ => how_it_ended(status),
            };
            Err(Refusal::no_answer(format!(
                "the suite could not be built (cargo {how}): mend it, {ELSEWHERE}"
            )))
        }
    }
}

/// The sources of the suite.
const SOURCES: [&str; 5] = ["harness", "fixtures", "suites", "Cargo.toml", "Cargo.lock"];

/// The last commit that changed what the suite is built of, with `-dirty` appended where the sources differ from
/// it; nothing where git does not know. Other commits make no other suite, so that what the matrix
/// has recorded stays of use.
fn built_from(workspace: &Path) -> Option<String> {
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(workspace).args(args).arg("--").args(SOURCES);
        let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let commit = git(&["log", "-1", "--format=%H"]).filter(|commit| !commit.is_empty())?;
    let changed = git(&["status", "--porcelain"])?;
    Some(if changed.is_empty() { commit } else { commit + "-dirty" })
}

/// The cargo that started this tool, else the `cargo` on the PATH.
fn cargo() -> Result<OsString, Refusal> {
    let Some(named) = std::env::var_os("CARGO").filter(|named| !named.is_empty()) else {
        return Ok("cargo".into());
    };
    let path = Path::new(&named);
    if path.components().count() > 1 && path.exists() {
        trust::check(path).map_err(|why| {
            let path = path.display();
            Refusal::usage(format!(
                "CARGO names {path}, which is not run: it {why}; unset it, {ELSEWHERE}"
            ))
        })?;
    }
    Ok(named)
}

/// The program that was built last in the workspace.
///
/// # Errors
/// Why the built program is not run.
pub(crate) fn built() -> Result<Option<PathBuf>, String> {
    let target = match (std::env::var_os("CARGO_TARGET_DIR"), workspace::look()?) {
        (Some(folder), _) => PathBuf::from(folder),
        (None, Some(workspace)) => workspace.join("target"),
        (None, None) => return Ok(None),
    };
    let Ok(entries) = std::fs::read_dir(target.join(TARGET).join("release/deps")) else {
        return Ok(None);
    };
    let newest = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            name.starts_with("conformance-") && path.extension().is_none()
        })
        .max_by_key(|path| path.metadata().and_then(|metadata| metadata.modified()).ok());
    let trusted = |path: PathBuf| {
        trust::check(&path).map_err(|why| format!("{} is not run: it {why}", path.display()))
    };
    newest.map(trusted).transpose()
}

fn not_started(error: &std::io::Error) -> Refusal {
    match subprocess::interrupted() {
        Some(signal) => Refusal::interrupted(signal),
        None => Refusal::no_answer(format!("cargo cannot be started: {error}")),
    }
}

fn take(message: Message, executable: &mut Option<PathBuf>, words: &mut Vec<String>) {
    let named = |name| message.target.as_ref().is_some_and(|target| target.name == name);
    match message.reason.as_str() {
        "compiler-artifact" if named("conformance") => *executable = message.executable,
        "compiler-message" => words.extend(
            message
                .message
                .filter(|diagnostic| diagnostic.level.starts_with("error"))
                .and_then(|diagnostic| diagnostic.rendered),
        ),
        _ => {}
    }
}

/// The flags that are there, and ours: in the variable cargo reads first.
fn flags(encoded: Option<OsString>, plain: Option<OsString>) -> (&'static str, OsString) {
    let join = |before: Option<OsString>, separator: &str| {
        let before = before.filter(|flags| !flags.is_empty());
        let all: Vec<OsString> = before.into_iter().chain(STATIC.map(Into::into)).collect();
        all.join(OsStr::new(separator))
    };
    match encoded {
        Some(encoded) => ("CARGO_ENCODED_RUSTFLAGS", join(Some(encoded), "\u{1f}")),
        None => ("RUSTFLAGS", join(plain, " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::none(None, None, "RUSTFLAGS", "-C target-feature=+crt-static")]
    #[case::plain(None, Some("-g"), "RUSTFLAGS", "-g -C target-feature=+crt-static")]
    #[case::encoded(
        Some("-g"),
        Some("ignored by cargo too"),
        "CARGO_ENCODED_RUSTFLAGS",
        "-g\u{1f}-C\u{1f}target-feature=+crt-static"
    )]
    fn flags_are_added_to_those_that_are_there(
        #[case] encoded: Option<&str>,
        #[case] plain: Option<&str>,
        #[case] name: &str,
        #[case] expected: &str,
    ) {
        let (variable, flags) = flags(encoded.map(Into::into), plain.map(Into::into));
        assert_eq!((variable, flags.to_str()), (name, Some(expected)));
    }

    #[rstest]
    #[case::the_program(
        r#"{"reason":"compiler-artifact","target":{"name":"conformance"},"executable":"/t/c-1"}"#,
        Some("/t/c-1"),
        0
    )]
    #[case::another(
        r#"{"reason":"compiler-artifact","target":{"name":"harness"},"executable":null}"#,
        None,
        0
    )]
    #[case::a_warning(
        r#"{"reason":"compiler-message","message":{"level":"warning","rendered":"w"}}"#,
        None,
        0
    )]
    #[case::an_error(
        r#"{"reason":"compiler-message","message":{"level":"error","rendered":"e"}}"#,
        None,
        1
    )]
    fn reads_cargo_messages(#[case] line: &str, #[case] path: Option<&str>, #[case] said: usize) {
        let (mut executable, mut words) = (None, Vec::new());
        take(serde_json::from_str(line).expect("valid"), &mut executable, &mut words);
        assert_eq!((executable, words.len()), (path.map(PathBuf::from), said));
    }

    /// A commit of something else makes no other suite; what no commit holds is marked.
    #[test]
    fn a_suite_is_built_from_the_last_commit_of_its_sources() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let git = |args: &[&str]| {
            let mut command = Command::new("git");
            command.arg("-C").arg(folder.path()).args(["-c", "user.name=n", "-c", "user.email=e"]);
            let output = command.args(["-c", "commit.gpgsign=false"]).args(args).output();
            let output = output.expect("git is there");
            assert!(output.status.success(), "{args:?}: {output:?}");
            String::from_utf8(output.stdout).expect("text").trim().to_owned()
        };
        assert_eq!(built_from(folder.path()), None, "nobody knows");
        git(&["init", "-q"]);
        assert_eq!(built_from(folder.path()), None, "there is no commit");
        std::fs::create_dir(at("suites")).expect("made");
        std::fs::write(at("suites/a.rs"), "1").expect("written");
        git(&["add", "."]);
        git(&["commit", "-qm", "one"]);
        let commit = git(&["rev-parse", "HEAD"]);
        assert_eq!(built_from(folder.path()), Some(commit.clone()));
        std::fs::write(at("notes"), "1").expect("written");
        assert_eq!(built_from(folder.path()), Some(commit.clone()));
        git(&["add", "."]);
        git(&["commit", "-qm", "two"]);
        assert_eq!(built_from(folder.path()), Some(commit.clone()));
        std::fs::write(at("suites/b.rs"), "1").expect("written");
        assert_eq!(built_from(folder.path()), Some(commit.clone() + "-dirty"));
        std::fs::remove_file(at("suites/b.rs")).expect("removed");
        std::fs::write(at("suites/a.rs"), "2").expect("written");
        assert_eq!(built_from(folder.path()), Some(commit + "-dirty"));
    }
}
