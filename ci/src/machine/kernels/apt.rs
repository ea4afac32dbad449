//! apt with a state and a configuration of its own: what this machine has installed is neither asked nor
//! touched, and options and hooks of its administrator are ignored. Only the settings that say how mirrors are
//! reached are used.

#[cfg(test)]
mod tests;

use crate::atomic;
use crate::error::how_it_ended;
use crate::machine::subprocess::{self, Output};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

/// Time limit for one step: a slow mirror sends some megabytes.
const APT_TIMEOUT: Duration = Duration::from_secs(600);

/// How the options begin that say how a mirror is reached. Nothing else is taken from the machine: options
/// may switch verification off, and name commands to run.
const REACHING: [&str; 10] = [
    "Acquire::http::Proxy",
    "Acquire::http::Proxy-Auto-Detect",
    "Acquire::http::ProxyAutoDetect",
    "Acquire::https::Proxy",
    "Acquire::https::Proxy-Auto-Detect",
    "Acquire::https::ProxyAutoDetect",
    "Acquire::https::CAInfo",
    "Acquire::https::CAPath",
    "Acquire::https::SslCert",
    "Acquire::https::SslKey",
];

/// Only packages of a list that is signed with a key of this machine are used.
const VERIFYING: [&str; 9] = [
    "APT::Get::AllowUnauthenticated=false",
    "APT::Authentication::TrustCDROM=false",
    "Acquire::AllowInsecureRepositories=false",
    "Acquire::AllowWeakRepositories=false",
    "Acquire::AllowDowngradeToInsecureRepositories=false",
    "Acquire::AllowUnsizedPackages=false",
    "Acquire::Check-Valid-Until=true",
    "Acquire::https::Verify-Peer=true",
    "Acquire::https::Verify-Host=true",
];

/// What a first look at a mirror takes on the disk, with a kernel and its parts, in bytes.
const MIN_FREE_BYTES: u64 = 256 << 20;

/// A private state: lists of packages, and what was downloaded.
#[derive(Clone, Debug)]
pub(crate) struct State {
    folder: PathBuf,
    lists: PathBuf,
}

impl State {
    /// A state in `folder` with these `sources`.
    ///
    /// # Errors
    /// The file system's, in one line.
    pub(crate) fn new(folder: &Path, sources: &str) -> Result<Self, String> {
        Self::with_lists(folder, &folder.join("lists"), sources)
    }

    /// As [`Self::new`], with the lists that another state has fetched.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(crate) fn with_lists(folder: &Path, lists: &Path, sources: &str) -> Result<Self, String> {
        let state = Self { folder: folder.to_owned(), lists: lists.to_owned() };
        let make = || {
            for inner in ["archives/partial", "state"] {
                std::fs::create_dir_all(folder.join(inner))?;
            }
            std::fs::create_dir_all(lists.join("partial"))?;
            std::fs::write(folder.join("state/status"), "")?;
            std::fs::write(folder.join("apt.conf"), configuration(&of_machine()))?;
            std::fs::write(folder.join("sources.list"), sources)
        };
        make().map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
        // apt itself tries for minutes.
        atomic::room(folder, MIN_FREE_BYTES)?;
        Ok(state)
    }

    fn command(&self, tool: &str) -> Result<Command, String> {
        let mut command = plain(tool)?;
        let folder = self.folder.display();
        // Read before the machine's configuration, and instead of it.
        command.env("APT_CONFIG", self.folder.join("apt.conf"));
        for option in VERIFYING {
            command.args(["-o", option]);
        }
        for option in [
            format!("Dir::State={folder}/state"),
            format!("Dir::State::Lists={}", self.lists.display()),
            format!("Dir::State::status={folder}/state/status"),
            format!("Dir::Cache={folder}"),
            format!("Dir::Cache::pkgcache={folder}/pkgcache.bin"),
            "Dir::Cache::srcpkgcache=".into(),
            format!("Dir::Etc::sourcelist={folder}/sources.list"),
            "Dir::Etc::sourceparts=/dev/null".into(),
            "Dir::Etc::preferences=/dev/null".into(),
            "Dir::Etc::preferencesparts=/dev/null".into(),
            "APT::Update::Error-Mode=any".into(),
            "APT::Architecture=amd64".into(),
            "APT::Architectures=amd64".into(),
            "Acquire::Languages=none".into(),
            // All of them are 250 MB unpacked.
            "Acquire::GzipIndexes=true".into(),
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

    /// Fetches the lists of those `suites` (as they were given in the sources) that the mirror has; gives
    /// the others. Whatever else goes wrong is an error: no suite is left out because it is not signed, or
    /// because the mirror did not answer.
    ///
    /// # Errors
    /// apt's first complaint.
    pub(crate) fn update_what_there_is(&self, suites: &[String]) -> Result<Vec<LeftOut>, String> {
        let mut command = self.command("apt-get")?;
        command.args(["update", "-qq"]);
        let said = run(command)?;
        if said.status.is_some_and(|status| status.success()) {
            return Ok(Vec::new());
        }
        let words = said.words.iter().filter(|line| line.starts_with("E: "));
        let words = words.filter(|line| !line.starts_with("E: Some index files failed"));
        let left_out: Option<Vec<LeftOut>> =
            words.clone().map(|line| LeftOut::read(line, suites)).collect();
        match left_out {
            Some(left_out) if !left_out.is_empty() => Ok(left_out),
            _ => Err(said.complaint()),
        }
    }

    /// The names of the packages that begin with `prefix`.
    ///
    /// # Errors
    /// apt's first complaint.
    pub(crate) fn names(&self, prefix: &str) -> Result<Vec<String>, String> {
        let mut command = self.command("apt-cache")?;
        command.args(["pkgnames", prefix]);
        Ok(output(command)?.lines().map(str::to_owned).collect())
    }

    /// `NAME | VERSION | URI SUITE/COMPONENT ..` for each version of each of `packages`.
    ///
    /// # Errors
    /// apt's first complaint.
    pub(crate) fn places(&self, packages: &[String]) -> Result<String, String> {
        let mut command = self.command("apt-cache")?;
        command.arg("madison").args(packages);
        output(command)
    }

    /// The paragraph of each version of each of `packages`.
    ///
    /// # Errors
    /// apt's first complaint.
    pub(crate) fn paragraphs(&self, packages: &[String]) -> Result<String, String> {
        let mut command = self.command("apt-cache")?;
        command.args(["show", "--all-versions"]).args(packages);
        output(command)
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

/// A suite that the mirror does not have, or whose list is too old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub suite: String,
    /// The mirror still has it, and its list has not been signed anew in time.
    pub expired: bool,
}

impl LeftOut {
    /// Reads apt's complaint about a suite.
    fn read(line: &str, suites: &[String]) -> Option<Self> {
        // The repository 'URI SUITE Release' does not have a Release file.
        // Release file for URI/dists/SUITE/InRelease is expired (invalid since ..).
        let absent = line
            .strip_suffix("' does not have a Release file.")
            .and_then(|line| line.strip_suffix(" Release"))
            .and_then(|line| line.rsplit(' ').next());
        let expired = line
            .strip_prefix("E: Release file for ")
            .filter(|line| line.contains(" is expired "))
            .and_then(|line| line.split(' ').next()?.split("/dists/").nth(1)?.rsplit_once('/'));
        let suite = absent.or(expired.map(|(suite, _)| suite))?;
        let suite = suites.iter().find(|own| *own == suite)?.clone();
        Some(Self { suite, expired: expired.is_some() })
    }
}

/// The configuration of this machine, as apt reads it; nothing where it cannot be had.
fn of_machine() -> String {
    let dump = plain("apt-config").and_then(|mut command| {
        command.arg("dump");
        output(command)
    });
    dump.unwrap_or_default()
}

/// A whole configuration for apt: that of the machine is not read, but for how mirrors are reached.
fn configuration(of_machine: &str) -> String {
    let mut text = String::from("Dir::Etc::parts \"/dev/null\";\nDir::Etc::main \"/dev/null\";\n");
    let reaches = |line: &&str| {
        let Some((name, value)) = line.split_once(' ') else { return false };
        // Also for one host alone: `Acquire::http::Proxy::mirror "DIRECT";`.
        let is_ours = |option: &str| {
            let begins = name.get(..option.len());
            let rest = name.get(option.len()..).unwrap_or_default();
            begins.is_some_and(|begins| begins.eq_ignore_ascii_case(option))
                && (rest.is_empty() || rest.starts_with("::"))
        };
        REACHING.iter().any(|option| is_ours(option))
            && value.starts_with('"')
            && value.ends_with("\";")
    };
    for line in of_machine.lines().filter(reaches) {
        text += &format!("{line}\n");
    }
    text
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

/// What a tool said, and how it ended.
struct Said {
    tool: String,
    text: String,
    /// The lines of its standard error.
    words: Vec<String>,
    status: Option<ExitStatus>,
}

impl Said {
    /// Its first complaint in one line.
    fn complaint(&self) -> String {
        let said = complaint(&self.words);
        said.unwrap_or_else(|| format!("{} {}", self.tool, how_it_ended(self.status)))
    }
}

/// Runs `command`; gives its standard output.
///
/// # Errors
/// Its first complaint in one line.
pub(crate) fn output(command: Command) -> Result<String, String> {
    let said = run(command)?;
    match said.status {
        Some(status) if status.success() => Ok(said.text),
        _ => Err(said.complaint()),
    }
}

fn run(mut command: Command) -> Result<Said, String> {
    let tool = command.get_program().to_string_lossy().into_owned();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = subprocess::start(&mut command).map_err(|error| match error.kind() {
        ErrorKind::NotFound => format!("{tool} is needed and is not installed"),
        ErrorKind::Interrupted => "interrupted".into(),
        _ => format!("{tool} cannot be started: {error}"),
    })?;
    let mut running = running.limit(APT_TIMEOUT);
    let (mut text, mut words) = (String::new(), Vec::new());
    while let Some(said) = running.next() {
        match said {
            Output::Stdout(line) => text += &(line + "\n"),
            Output::Stderr(line) => words.push(line),
        }
    }
    if subprocess::interrupted().is_some() {
        return Err("interrupted".into());
    }
    if running.was_overdue() {
        return Err(format!("{tool} did not end within {} s", APT_TIMEOUT.as_secs()));
    }
    Ok(Said { tool, text, words, status: running.status() })
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
        _ if words.iter().any(|line| line.contains("enough free space")) => " (the disk is full)",
        _ => "",
    };
    (!line.is_empty()).then(|| format!("{line}{hint}"))
}
