//! Builds the suite, and this tool, as static programs.

use crate::error::{Refusal, how_it_ended};
use crate::machine::subprocess::{self, Output};
use crate::progress::Spinner;
use crate::terminal;
use crate::trust;
use crate::workspace;
use serde::Deserialize;
use std::collections::BTreeSet;
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
    manifest_path: Option<PathBuf>,
}

impl Message {
    /// The folder of the package that was built.
    fn folder(&self) -> Option<PathBuf> {
        let built = self.reason == "compiler-artifact";
        built.then(|| self.manifest_path.as_deref()?.parent().map(Path::to_owned)).flatten()
    }
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

/// What is built.
struct Order<'a> {
    /// What is said meanwhile.
    saying: &'static str,
    /// What it is, as the subject of a sentence.
    what: &'static str,
    /// The name of cargo's target.
    target: &'static str,
    /// What cargo is told beside what all builds have.
    args: &'a [&'a OsStr],
    /// A variable of the build.
    variable: Option<(&'static str, &'static str)>,
}

/// A program that was built, and the folders of the packages it was built of.
#[derive(Debug)]
pub(crate) struct Built {
    pub program: PathBuf,
    pub packages: BTreeSet<PathBuf>,
}

const SUITE: Order = Order {
    saying: "building the suite for release (--suite PATH takes one that is built)",
    what: "the suite",
    target: "conformance",
    args: &[],
    variable: None,
};

/// Builds the suite of the workspace; gives the path of the program.
///
/// # Errors
/// When there is no workspace, no cargo, or the build fails: cargo's own words are printed then.
pub(crate) fn build() -> Result<PathBuf, Refusal> {
    Ok(build_with(&workspace_of_sources()?, &SUITE)?.program)
}

/// Builds the suite of `workspace` and this tool, both to be handed out.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_both(workspace: &Path) -> Result<(Built, Built), Refusal> {
    let saying = "building the suite for release";
    let suite = build_with(workspace, &Order { saying, ..SUITE })?;
    let tool = Order {
        saying: "building the tool for release",
        what: "the tool",
        target: "sigsys",
        args: &["-p", "sigsys", "--bin", "sigsys"].map(OsStr::new),
        variable: Some(("SIGSYS_HANDED_OUT", "1")),
    };
    Ok((suite, build_with(workspace, &tool)?))
}

/// Builds the suite with a kernel that lies, in a folder of its own: no other command takes it for the
/// suite.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_liar() -> Result<PathBuf, Refusal> {
    let workspace = workspace_of_sources()?;
    let folder = workspace.join("target/sigsys/lies");
    let args = ["--features", "suites/lies", "--target-dir"].map(OsStr::new);
    let args = [&args[..], &[folder.as_os_str()]].concat();
    let saying = "building the suite that is lied to";
    Ok(build_with(&workspace, &Order { saying, args: &args, ..SUITE })?.program)
}

/// The workspace with the sources of the suite.
fn workspace_of_sources() -> Result<PathBuf, Refusal> {
    let found = workspace::look()
        .map_err(|why| Refusal::usage(format!("{why}; name a built suite with --suite PATH")))?;
    found.ok_or_else(|| {
        Refusal::usage(
            "there is no sigsys workspace here: go into one, or name a built suite with --suite PATH",
        )
    })
}

fn build_with(workspace: &Path, order: &Order) -> Result<Built, Refusal> {
    let what = order.what;
    let cargo = cargo()?;
    let mut command = Command::new(&cargo);
    let format = match std::io::stderr().is_terminal() {
        true => "--message-format=json-diagnostic-rendered-ansi",
        false => "--message-format=json",
    };
    command.args(["build", "--release", "--target", TARGET]).arg(format).args(order.args);
    if order.target == SUITE.target {
        command.args(["-p", "suites", "--test", SUITE.target]);
    }
    command.current_dir(workspace).stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(commit) = built_from(workspace) {
        command.env("SIGSYS_BUILT_FROM", commit);
    }
    if let Some((name, value)) = order.variable {
        command.env(name, value);
    }
    let set = |name| std::env::var_os(name).filter(|flags| !flags.is_empty());
    let flags = flags(set("CARGO_ENCODED_RUSTFLAGS"), set("RUSTFLAGS"), &sources_of_others());
    command.env("CARGO_ENCODED_RUSTFLAGS", flags);
    let mut cargo = match subprocess::start(&mut command) {
        Ok(running) => running,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Refusal::no_answer(format!(
                "cargo is needed to build {what} and is not installed: install Rust, {ELSEWHERE}"
            )));
        }
        Err(error) => return Err(not_started(&error)),
    };
    let spinner = Spinner::new(order.saying);
    let mut words = Vec::new();
    let mut executable = None;
    let mut packages = BTreeSet::new();
    while let Some(said) = cargo.next() {
        match said {
            Output::Stdout(line) => match serde_json::from_str::<Message>(&line) {
                Ok(message) => {
                    packages.extend(message.folder());
                    take(message, order.target, &mut executable, &mut words);
                }
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
            let program = trust::check(&executable).map_err(|why| {
                let executable = executable.display();
                Refusal::usage(format!("{executable} was built and is not run: it {why}"))
            })?;
            Ok(Built { program, packages })
        }
        (status, _) => {
            words.iter().for_each(|line| terminal::verbatim(line.trim_end()));
            let how = match status {
                Some(status) if status.success() => {
                    format!("built no program called {}", order.target)
                }
                _ => how_it_ended(status),
            };
            Err(Refusal::no_answer(format!(
                "{what} could not be built (cargo {how}): mend it, {ELSEWHERE}"
            )))
        }
    }
}

/// The folders in which cargo keeps the sources of other projects. Their names are in the paths that programs
/// have for messages, and differ from machine to machine.
fn sources_of_others() -> Vec<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let entries = home.and_then(|home| std::fs::read_dir(home.join("registry/src")).ok());
    let mut folders: Vec<PathBuf> =
        entries.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort();
    folders
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

/// When the commit was made that is checked out, in seconds since 1970; `SOURCE_DATE_EPOCH` says another time.
/// 0 where nobody knows.
pub(crate) fn time_of_commit(workspace: &Path) -> u64 {
    let said = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    let asked = || {
        let mut command = Command::new("git");
        command.arg("-C").arg(workspace).args(["log", "-1", "--format=%ct"]);
        let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    said.or_else(asked).unwrap_or(0)
}

/// What a program that was built prints.
///
/// # Errors
/// When it does not run.
pub(crate) fn said_by(program: &Path, args: &[&OsStr]) -> Result<String, Refusal> {
    let mut command = Command::new(program);
    command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = subprocess::start(&mut command).map_err(|error| not_started(&error))?;
    let mut text = String::new();
    while let Some(said) = running.next() {
        if let Output::Stdout(line) = said {
            text += &(line + "\n");
        }
    }
    match running.status() {
        Some(status) if status.success() => Ok(text),
        status => Err(Refusal::no_answer(format!(
            "{} was built and {}",
            program.display(),
            how_it_ended(status)
        ))),
    }
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

fn take(message: Message, wanted: &str, executable: &mut Option<PathBuf>, words: &mut Vec<String>) {
    let named = message.target.as_ref().is_some_and(|target| target.name == wanted);
    match message.reason.as_str() {
        "compiler-artifact" if named && message.executable.is_some() => {
            *executable = message.executable;
        }
        "compiler-message" => words.extend(
            message
                .message
                .filter(|diagnostic| diagnostic.level.starts_with("error"))
                .and_then(|diagnostic| diagnostic.rendered),
        ),
        _ => {}
    }
}

/// The flags that are there, and ours, as the variable has them that cargo reads first. The paths of other
/// projects' sources begin with `/cargo`, wherever they are.
fn flags(encoded: Option<OsString>, plain: Option<OsString>, others: &[PathBuf]) -> OsString {
    let plain = plain.and_then(|plain| plain.into_string().ok()).unwrap_or_default();
    let plain = plain.split_ascii_whitespace().map(OsString::from).collect();
    let mut all: Vec<OsString> = encoded.map_or(plain, |encoded| vec![encoded]);
    all.extend(STATIC.map(OsString::from));
    for folder in others {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(folder);
        flag.push("=/cargo");
        all.push(flag);
    }
    all.join(OsStr::new("\u{1f}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::none(None, None, "-C|target-feature=+crt-static")]
    #[case::plain(None, Some("-g  -O"), "-g|-O|-C|target-feature=+crt-static")]
    #[case::encoded(Some("-g"), Some("ignored by cargo too"), "-g|-C|target-feature=+crt-static")]
    fn flags_are_added_to_those_that_are_there(
        #[case] encoded: Option<&str>,
        #[case] plain: Option<&str>,
        #[case] expected: &str,
    ) {
        let others = [PathBuf::from("/home/a b/src")];
        let flags = flags(encoded.map(Into::into), plain.map(Into::into), &others);
        let expected = format!("{expected}|--remap-path-prefix=/home/a b/src=/cargo");
        assert_eq!(flags.to_str(), Some(expected.replace('|', "\u{1f}").as_str()));
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
        take(
            serde_json::from_str(line).expect("valid"),
            "conformance",
            &mut executable,
            &mut words,
        );
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
