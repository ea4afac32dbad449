//! A suite whose kernel lies, as a program.

use super::args::LiesArgs;
use crate::error::{Refusal, how_it_ended};
use crate::machine::subprocess::{self, Output};
use crate::machine::suite::{self, Program};
use harness::record::{CaseLine, Line, Verdict};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How the name of such a suite ends in its record.
const NAME: &str = "-lied-to";
/// The suite's word for a run without a lie.
const CENSUS: &str = "census";
/// Time limit for the list of its lies.
const LISTING: Duration = Duration::from_secs(60);
/// Seconds a case may take that is not lied to: a tracee that is stepped goes through the question for each
/// lie an instruction at a time.
const UNLIED: u32 = 300;

/// One lie.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Lie {
    pub(super) id: String,
    pub(super) bug: String,
    pub(super) blunt: bool,
}

/// The suite, and how it is run.
pub(super) struct Liar<'a> {
    program: &'a Program,
    pub(super) lies: Vec<Lie>,
    jobs: Option<u16>,
    limit: u32,
    list: PathBuf,
}

/// What a run brought.
pub(super) struct Run {
    pub(super) cases: Vec<CaseLine>,
    /// The record came to its end.
    pub(super) ended: bool,
    /// It was ended because it took too long.
    pub(super) cut: bool,
}

impl<'a> Liar<'a> {
    /// # Errors
    /// When the suite has no lies.
    pub(super) fn new(
        program: &'a Program,
        args: &LiesArgs,
        folder: &Path,
    ) -> Result<Self, Refusal> {
        let list = folder.join("cases");
        let (jobs, limit) = (args.jobs, args.limit);
        let mut liar = Self { program, lies: Vec::new(), jobs, limit, list };
        liar.lies = liar.list_lies()?;
        Ok(liar)
    }

    fn list_lies(&self) -> Result<Vec<Lie>, Refusal> {
        let mut command = self.program.command();
        command.arg("--lies").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut suite = self.start(&mut command)?.limit(LISTING);
        let mut lies = Vec::new();
        let mut is_list = true;
        while let Some(said) = suite.next() {
            if let Output::Stdout(line) = said {
                match serde_json::from_str(&line) {
                    Ok(lie) => lies.push(lie),
                    Err(_) => is_list = false,
                }
            }
        }
        if let Some(signal) = subprocess::interrupted() {
            return Err(Refusal::interrupted(signal));
        }
        if !is_list || lies.is_empty() || suite.status().is_none_or(|status| !status.success()) {
            return Err(Refusal::usage(format!(
                "{} tells no lies: build the suite with --features lies",
                self.program.path.display()
            )));
        }
        Ok(lies)
    }

    fn start(&self, command: &mut Command) -> Result<subprocess::Running, Refusal> {
        subprocess::start(command).map_err(|error| suite::refuse_start(&self.program.path, &error))
    }

    /// Runs the cases without a lie.
    ///
    /// # Errors
    /// When it cannot be started, or does not say that it lies.
    pub(super) fn census(
        &self,
        cases: &[&str],
        each: impl FnMut(&CaseLine),
    ) -> Result<Run, Refusal> {
        self.run(CENSUS, cases, UNLIED, None, each)
    }

    /// Tells a lie to some cases; gives those that noticed, and whether they were not all run.
    ///
    /// # Errors
    /// When it cannot be started, or something interrupts.
    pub(super) fn tell(
        &self,
        lie: &Lie,
        cases: &[&str],
        patience: Duration,
    ) -> Result<(Vec<String>, bool), Refusal> {
        if cases.is_empty() {
            return Ok((Vec::new(), false));
        }
        let run = self.run(&lie.id, cases, self.limit, Some(patience), |_| {})?;
        if let Some(signal) = subprocess::interrupted() {
            return Err(Refusal::interrupted(signal));
        }
        // A need that is refused because of a lie proves nothing, and neither does a hang or a crash.
        let noticed = run
            .cases
            .into_iter()
            .filter(|case| case.verdict == Verdict::Violated && case.unmet.is_none())
            .map(|case| case.name)
            .collect();
        Ok((noticed, run.cut || !run.ended))
    }

    fn run(
        &self,
        lie: &str,
        cases: &[&str],
        limit: u32,
        patience: Option<Duration>,
        mut each: impl FnMut(&CaseLine),
    ) -> Result<Run, Refusal> {
        std::fs::write(&self.list, cases.join("\n") + "\n").map_err(|error| {
            Refusal::no_answer(format!("cannot write {}: {error}", self.list.display()))
        })?;
        let mut command = self.program.command();
        command.args(["--option", &format!("lie={lie}"), "--format", "json"]);
        command.arg(format!("--limit={limit}"));
        command.arg("--cases").arg(&self.list);
        if let Some(jobs) = self.jobs {
            command.arg(format!("--test-threads={jobs}"));
        }
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut suite = self.start(&mut command)?;
        if let Some(patience) = patience {
            suite = suite.limit(patience);
        }
        let mut run = Run { cases: Vec::new(), ended: false, cut: false };
        let mut words = Vec::new();
        while let Some(said) = suite.next() {
            match said {
                Output::Stdout(line) => match serde_json::from_str(&line) {
                    Ok(Line::Run(header)) if !header.suite.name.contains(NAME) => {
                        suite.kill();
                        return Err(Refusal::usage(format!(
                            "the suite calls itself {:?}, as one does that nobody lies to",
                            header.suite.name
                        )));
                    }
                    Ok(Line::Case(case)) => {
                        each(&case);
                        run.cases.push(case);
                    }
                    Ok(Line::End(_)) => run.ended = true,
                    _ => {}
                },
                Output::Stderr(line) => words.push(line),
            }
        }
        run.cut = suite.was_overdue();
        if run.cases.is_empty() && !run.cut && subprocess::interrupted().is_none() {
            let how = how_it_ended(suite.status());
            let words = words.first().cloned().unwrap_or_default();
            return Err(Refusal::no_answer(format!("{lie}: the suite {how} at once: {words}")));
        }
        Ok(run)
    }
}
