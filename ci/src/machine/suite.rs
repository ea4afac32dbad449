//! The suite as a program: found, checked, asked what it holds.

use crate::bundle;
use crate::error::{NO_ANSWER, Refusal, USAGE, how_it_ended};
use crate::machine::subprocess::{self, Output};
use crate::machine::suite_build;
use crate::terminal;
use crate::workspace;
use harness::describe::Description;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Time limit for `--describe`.
const DESCRIBE_TIMEOUT: Duration = Duration::from_secs(60);

/// A suite that can be run.
#[derive(Debug)]
pub(crate) struct Program {
    /// Its absolute path.
    pub path: PathBuf,
    /// What it holds.
    pub description: Description,
}

impl Program {
    /// Takes the suite that is named, else that of the bundle beside this tool, else builds it; and asks it what
    /// it holds.
    ///
    /// # Errors
    /// When there is no suite: says what to do.
    pub(crate) fn get(suite: Option<&Path>, deviations: Option<&Path>) -> Result<Self, Refusal> {
        let path = match suite {
            Some(path) => named(path)?,
            None => match workspace::bundle()? {
                Some(bundle) => bundle.file(bundle::SUITE).map_err(Refusal::usage)?,
                None => suite_build::build()?,
            },
        };
        let description = describe(&path, deviations)?;
        if suite.is_some() {
            compare(&path, &description)?;
        }
        Ok(Self { path, description })
    }

    /// The suite at this path.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn at(path: &Path) -> Result<Self, Refusal> {
        let path = named(path)?;
        let description = describe(&path, None)?;
        Ok(Self { path, description })
    }

    /// The description of a suite that exists already: the named suite, else that of the bundle beside this
    /// tool, else the last one that was built in the workspace, unless another user could have put it there. Nothing is built.
    ///
    /// # Errors
    /// When a suite is named and is none.
    pub(crate) fn at_hand(named_suite: Option<&Path>) -> Result<Option<Description>, Refusal> {
        match named_suite {
            Some(path) => Ok(Some(describe(&named(path)?, None)?)),
            None if let Some(bundle) = workspace::bundle()? => {
                let path = bundle.file(bundle::SUITE).map_err(Refusal::usage)?;
                Ok(Some(describe(&path, None)?))
            }
            None => Ok(match suite_build::built() {
                Ok(path) => path.and_then(|path| describe(&path, None).ok()),
                Err(why) => {
                    terminal::complain(&format!("{why}; name a suite you trust with --suite PATH"));
                    None
                }
            }),
        }
    }

    /// A command that starts it.
    pub(crate) fn command(&self) -> Command {
        Command::new(&self.path)
    }
}

fn named(path: &Path) -> Result<PathBuf, Refusal> {
    let refuse = |why: String| Refusal::usage(format!("--suite {}: {why}", path.display()));
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            refuse("there is no such file; without --suite it is built for you".into())
        }
        _ => refuse(error.to_string()),
    })?;
    if !metadata.is_file() {
        return Err(refuse("this is no file; name the built suite itself".into()));
    }
    if metadata.permissions().mode() & 0o111 == 0 {
        return Err(refuse("this is not executable; chmod +x it if it is the suite".into()));
    }
    std::path::absolute(path).map_err(|error| refuse(error.to_string()))
}

/// Says that a suite which was named is another one than this tool, or its bundle, came with.
fn compare(path: &Path, description: &Description) -> Result<(), Refusal> {
    let (path_shown, version) = (path.display(), &description.suite.version);
    let own = env!("CARGO_PKG_VERSION");
    if !version.is_empty() && version != own {
        terminal::complain(&format!(
            "{path_shown} is of sigsys {version} and this tool of {own}: they may not know the same cases"
        ));
    } else if let Some(bundle) = workspace::bundle()?
        && !bundle.is(path, bundle::SUITE)
    {
        let suite = &description.suite;
        terminal::complain(&format!(
            "{path_shown} ({suite}) is not the suite of this bundle, whose snapshots may not know the same cases"
        ));
    }
    Ok(())
}

fn describe(path: &Path, deviations: Option<&Path>) -> Result<Description, Refusal> {
    let refuse = |why: String| {
        Refusal::usage(format!("{} is not a sigsys suite that runs here: {why}", path.display()))
    };
    let mut command = Command::new(path);
    command.arg("--describe").stdout(Stdio::piped()).stderr(Stdio::piped());
    if let Some(file) = deviations {
        command.arg("--deviations").arg(file);
    }
    let started = subprocess::start(&mut command);
    let mut suite = started.map_err(|error| refuse_start(path, &error))?.limit(DESCRIBE_TIMEOUT);
    let (mut text, mut words) = (String::new(), Vec::new());
    while let Some(said) = suite.next() {
        match said {
            Output::Stdout(line) if text.is_empty() && line.starts_with('{') => text = line,
            Output::Stdout(_) => {
                suite.kill();
                return Err(refuse(
                    "it does not describe itself when asked with --describe".into(),
                ));
            }
            Output::Stderr(line) => words.push(line),
        }
    }
    if let Some(signal) = subprocess::interrupted() {
        return Err(Refusal::interrupted(signal));
    }
    if suite.was_overdue() {
        let seconds = DESCRIBE_TIMEOUT.as_secs();
        return Err(refuse(format!("it did not describe itself within {seconds} s")));
    }
    let code = suite.status().and_then(|status| status.code());
    let code = code.and_then(|code| u8::try_from(code).ok());
    if code == Some(0) {
        return serde_json::from_str(&text).map_err(|error| {
            refuse(format!("its description is not one of this version: {error}"))
        });
    }
    // The suite's own complaint, such as one about the list of deviations.
    let own = words.iter().all(|line| line.starts_with("sigsys: ")) && !words.is_empty();
    match code {
        Some(status @ (USAGE | NO_ANSWER)) if own => {
            words.iter().for_each(|line| terminal::note(line));
            Err(Refusal { status, line: String::new() })
        }
        _ => {
            Err(refuse(format!("asked to --describe itself, it {}", how_it_ended(suite.status()))))
        }
    }
}

/// Why the suite at `path` was not started.
pub(crate) fn refuse_start(path: &Path, error: &std::io::Error) -> Refusal {
    match subprocess::interrupted() {
        Some(signal) => Refusal::interrupted(signal),
        None => Refusal::usage(format!("{} cannot be started: {error}", path.display())),
    }
}
