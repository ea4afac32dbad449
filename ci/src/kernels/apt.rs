//! apt with a state of its own: what this machine has installed or configured is neither asked nor
//! touched.

use crate::children::{self, Said};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long one step may take: a slow mirror sends some megabytes.
const PATIENCE: Duration = Duration::from_secs(600);

/// A private state: lists of packages, and what was downloaded.
#[derive(Clone, Debug)]
pub(crate) struct State {
    folder: PathBuf,
}

impl State {
    /// A state in `folder` that knows `sources`.
    ///
    /// # Errors
    /// The file system's, in one line.
    pub(crate) fn new(folder: &Path, sources: &str) -> Result<Self, String> {
        let state = Self { folder: folder.to_owned() };
        let make = || {
            for inner in ["lists/partial", "archives/partial", "state"] {
                std::fs::create_dir_all(folder.join(inner))?;
            }
            std::fs::write(folder.join("state/status"), "")?;
            std::fs::write(folder.join("sources.list"), sources)
        };
        make().map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
        Ok(state)
    }

    fn command(&self, tool: &str) -> Result<Command, String> {
        let mut command = plain(tool)?;
        let folder = self.folder.display();
        for option in [
            format!("Dir::State={folder}/state"),
            format!("Dir::State::Lists={folder}/lists"),
            format!("Dir::State::status={folder}/state/status"),
            format!("Dir::Cache={folder}"),
            format!("Dir::Cache::pkgcache={folder}/pkgcache.bin"),
            format!("Dir::Cache::srcpkgcache={folder}/srcpkgcache.bin"),
            format!("Dir::Etc::sourcelist={folder}/sources.list"),
            "Dir::Etc::sourceparts=/dev/null".into(),
            "Dir::Etc::preferences=/dev/null".into(),
            "Dir::Etc::preferencesparts=/dev/null".into(),
            // Hooks of the machine are about its own state.
            "APT::Update::Post-Invoke-Success::=".into(),
            "APT::Update::Error-Mode=any".into(),
            "APT::Architecture=amd64".into(),
            "APT::Architectures=amd64".into(),
            "Acquire::Languages=none".into(),
            "Acquire::Retries=2".into(),
            "Acquire::http::Timeout=30".into(),
            "APT::Sandbox::User=root".into(),
        ] {
            command.args(["-o", &option]);
        }
        Ok(command)
    }

    /// Fetches the lists of packages, signatures verified.
    ///
    /// # Errors
    /// apt's first complaint.
    pub(crate) fn update(&self) -> Result<(), String> {
        let mut command = self.command("apt-get")?;
        command.args(["update", "-qq"]);
        output(command).map(drop)
    }

    /// The packages `package` depends on directly.
    ///
    /// # Errors
    /// apt's first complaint: mostly that there is no such package.
    pub(crate) fn dependencies(&self, package: &str) -> Result<Vec<String>, String> {
        let mut command = self.command("apt-cache")?;
        command.args(["depends", "--no-recommends", "--no-suggests", "--no-conflicts"]);
        command.args(["--no-breaks", "--no-replaces", "--no-enhances", package]);
        let text = output(command)?;
        let name = |line: &str| {
            let name = line.trim().strip_prefix("Depends: ")?;
            (!name.starts_with('<')).then(|| name.to_owned())
        };
        Ok(text.lines().filter_map(name).collect())
    }

    /// The version of `package` that would be installed.
    ///
    /// # Errors
    /// apt's first complaint, or that there is none.
    pub(crate) fn version(&self, package: &str) -> Result<String, String> {
        let mut command = self.command("apt-cache")?;
        command.args(["policy", package]);
        let text = output(command)?;
        let candidate = text.lines().find_map(|line| line.trim().strip_prefix("Candidate: "));
        match candidate {
            Some(version) if version != "(none)" => Ok(version.to_owned()),
            _ => Err(format!("the mirror has no package {package}")),
        }
    }

    /// Downloads `packages` into `to`, each verified against the signed lists.
    ///
    /// # Errors
    /// apt's first complaint.
    pub(crate) fn download(&self, packages: &[String], to: &Path) -> Result<(), String> {
        let mut command = self.command("apt-get")?;
        command.args(["download", "-qq"]).args(packages).current_dir(to);
        output(command).map(drop)
    }
}

/// A tool in a known language.
///
/// # Errors
/// When there is none.
pub(crate) fn plain(tool: &str) -> Result<Command, String> {
    let mut command = Command::new(tool);
    command.env("LC_ALL", "C.UTF-8");
    Ok(command)
}

/// Runs `command`; gives its standard output.
///
/// # Errors
/// Its first complaint in one line.
pub(crate) fn output(mut command: Command) -> Result<String, String> {
    let tool = command.get_program().to_string_lossy().into_owned();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = children::start(&mut command).map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("{tool} is needed and is not installed"),
        ErrorKind::Interrupted => "interrupted".into(),
        _ => format!("{tool} cannot be started: {error}"),
    })?;
    let mut running = running.limit(PATIENCE);
    let (mut text, mut words) = (String::new(), Vec::new());
    while let Some(said) = running.next() {
        match said {
            Said::Out(line) => text += &(line + "\n"),
            Said::Err(line) => words.push(line),
        }
    }
    if children::interrupted().is_some() {
        return Err("interrupted".into());
    }
    if running.was_overdue() {
        return Err(format!("{tool} did not end within {} s", PATIENCE.as_secs()));
    }
    match running.status() {
        Some(status) if status.success() => Ok(text),
        status => {
            let said = complaint(&words);
            Err(said.unwrap_or_else(|| format!("{tool} {}", children::ending(status))))
        }
    }
}

/// apt's first error, else its last word.
fn complaint(words: &[String]) -> Option<String> {
    let error = words.iter().find_map(|line| line.strip_prefix("E: "));
    let line = error.or(words.last().map(String::as_str))?.trim();
    let hint = match line {
        _ if words.iter().any(|line| line.contains("Mirror sync in progress")) => {
            " (the mirror is being synchronised: try again in some minutes)"
        }
        _ if words.iter().any(|line| line.contains("No space left")) => " (the disk is full)",
        _ => "",
    };
    (!line.is_empty()).then(|| format!("{line}{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::error(&["W: x", "E: Failed to fetch u  404", "E: Some index files failed"], "Failed to fetch u  404")]
    #[case::other(&["something", "broke"], "broke")]
    #[case::sync(
        &["E: Failed to fetch u", "   Mirror sync in progress?"],
        "Failed to fetch u (the mirror is being synchronised: try again in some minutes)"
    )]
    fn the_first_error_is_told(#[case] words: &[&str], #[case] expected: &str) {
        let words: Vec<String> = words.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(complaint(&words).as_deref(), Some(expected));
    }
}
