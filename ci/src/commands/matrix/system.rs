//! One column of the matrix that is another system: the suite started by a command.

use super::cache::{Cache, CacheKey};
use super::column::{Kept, Outcome, Shared, Source, finish};
use super::follow::{follow_frames, last};
use super::news::News;
use crate::commands::soak;
use crate::error::how_it_ended;
use crate::machine::kernels::{System, apt};
use crate::machine::subprocess;
use crate::results::run_record::{self, Ending, RunRecord};
use crate::results::snapshot::check::with_version;
use crate::results::tally::Tally;
use crate::shell::quoted;
use std::process::Command;
use std::time::{Duration, Instant};

/// A shell's exit statuses for a command that cannot be executed, and for one that is not found.
const NOT_EXECUTABLE: i32 = 126;
const NOT_FOUND: i32 = 127;

impl Shared<'_> {
    /// Runs another system, unless that was done.
    pub(super) fn system(&self, system: &System, cache: &Cache, on: &dyn Fn(News)) -> Outcome {
        let machine = match version(system) {
            Ok(version) => version,
            Err(why) => return Outcome::NotAvailable(why),
        };
        let key = CacheKey {
            suite: self.digest.clone(),
            kernel: machine,
            config: String::new(),
            start: format!("{}{}", system.command, self.soak.words(self.expected.len())),
            machine: String::new(),
        };
        // Without a version, the command may reach another system tomorrow.
        let told = !system.version.is_empty();
        if let Some(kept) = self.recall(cache, &system.name, &key, &self.expected).filter(|_| told)
        {
            return Outcome::Done(kept, Source::Kept);
        }
        on(News::Started);
        let begun = Instant::now();
        let command = match self.command(system) {
            Ok(command) => command,
            Err(why) => return Outcome::NoAnswer(why),
        };
        let limit = Duration::from_secs(self.timeout + self.soak.seconds());
        let mut run_record = RunRecord::default();
        let followed = follow_frames(command, limit, &mut run_record, on);
        let (status, words, overdue) = match followed {
            Ok(followed) => followed,
            Err(why) => return Outcome::NoAnswer(why),
        };
        if subprocess::interrupted().is_some() {
            return Outcome::Interrupted;
        }
        let code = status.and_then(|status| status.code());
        if run_record.is_empty() && matches!(code, Some(NOT_EXECUTABLE | NOT_FOUND)) {
            let why = last(&words, &how_it_ended(status));
            return Outcome::NotAvailable(format!("the command cannot be started: {why}"));
        }
        run_record.sort();
        if let Some(header) = &mut run_record.header {
            header.kernel.via = Some(with_version(&system.name, &key.kernel));
        }
        let ending = run_record.end(status, &self.expected, None);
        let cut_off = match &ending.cut_off {
            Some(_) if overdue => Some(format!("it did not end within {} s", limit.as_secs())),
            None if run_record.header.is_none() => {
                Some(format!("the suite {}", how_it_ended(status)))
            }
            cut_off => cut_off.clone(),
        };
        run_record.seal(&Ending { cut_off: cut_off.clone(), ..ending });
        let written = run_record::write(&run_record, &cache.draft(&system.name));
        if let Some(why) = cut_off {
            let why = match words.last() {
                Some(_) if run_record.is_empty() => format!("{why}: {}", last(&words, "")),
                _ => why,
            };
            let kept = written.and_then(|()| cache.keep_cut(&system.name));
            return match kept {
                _ if run_record.cases.is_empty() => Outcome::NoAnswer(why),
                Ok(_) => Outcome::Cut(why, ending.status),
                Err(error) => Outcome::Cut(
                    format!("{why}; the record cannot be written: {error}"),
                    ending.status,
                ),
            };
        }
        if let Err(error) = written {
            return Outcome::NoAnswer(format!("the record cannot be written: {error}"));
        }
        let (status, notes, tally) = (ending.status, Vec::new(), Tally::default());
        finish(cache, &system.name, Kept { key, status, notes, begun, tally, part: false })
    }

    fn command(&self, system: &System) -> Result<Command, String> {
        let suite = quoted(&self.suite.display().to_string());
        let mut arguments = "--format framed".to_owned();
        if let Some(version) = self.taken_as {
            arguments += &format!(" --as {version}");
        }
        if let Some(deviations) = self.deviations {
            arguments += &format!(" --deviations {}", quoted(&deviations.display().to_string()));
        }
        if let Some(limit) = self.soak.limit(self.expected.len()) {
            arguments += &format!(" --limit={limit} {}", soak::PREFIX);
        }
        arguments += &self.soak.words(self.expected.len());
        Ok(subprocess::shell(&filled(&system.command, &suite, &arguments)))
    }
}

/// `command` with the suite and its arguments in it. The arguments come last where it has no place for them, after
/// the suite where it has no place for either: one that has a place for the arguments names its own program.
fn filled(command: &str, suite: &str, arguments: &str) -> String {
    const PLACES: [&str; 2] = ["{suite}", "{arguments}"];
    let has = PLACES.map(|place| command.contains(place));
    let line = command.replace(PLACES[0], suite).replace(PLACES[1], arguments);
    match has {
        [_, true] => line,
        [true, false] => format!("{line} {arguments}"),
        [false, false] => format!("{line} {suite} {arguments}"),
    }
}

/// The version of a system, in its own words; why it is not there otherwise.
fn version(system: &System) -> Result<String, String> {
    if system.version.is_empty() {
        return Ok(String::new());
    }
    let line = apt::output(subprocess::shell(&system.version)).map_err(|why| {
        match system.package.as_str() {
            "" => why,
            package => format!("{} is not installed: apt-get install {package}", system.name),
        }
    })?;
    Ok(line.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::neither("runsc do", "runsc do /s --a")]
    #[case::suite("runsc do {suite} -x", "runsc do /s -x --a")]
    #[case::arguments("/own/suite {arguments}", "/own/suite --a")]
    #[case::both("scp {suite} b: && ssh b ./s {arguments} -x", "scp /s b: && ssh b ./s --a -x")]
    fn a_command_is_filled(#[case] command: &str, #[case] line: &str) {
        assert_eq!(filled(command, "/s", "--a"), line);
    }
}
