//! A suite whose kernel lies, as a program.

use super::args::LiesArgs;
use crate::error::{Refusal, how_it_ended};
use crate::machine::subprocess::{self, Output};
use crate::machine::suite::{self, Program};
use harness::record::{CaseLine, Line, Verdict};
use serde::Deserialize;
use std::collections::BTreeSet;
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

/// Where the suite runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In a PID namespace of its own, unless the user says that it need not be.
    Apart,
    /// In that of this tool.
    Here,
}

/// The suite, and how it is run.
pub(super) struct Liar<'a> {
    program: &'a Program,
    pub(super) lies: Vec<Lie>,
    jobs: Option<u16>,
    limit: u32,
    unconfined: bool,
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
    /// When the suite has no lies, or could signal other processes.
    pub(super) fn new(
        program: &'a Program,
        args: &LiesArgs,
        folder: &Path,
    ) -> Result<Self, Refusal> {
        let list = folder.join("cases");
        let (jobs, limit, unconfined) = (args.jobs, args.limit, args.unconfined);
        if !unconfined {
            check_confinement()?;
        }
        let mut liar = Self { program, lies: Vec::new(), jobs, limit, unconfined, list };
        liar.lies = liar.list_lies()?;
        Ok(liar)
    }

    fn list_lies(&self) -> Result<Vec<Lie>, Refusal> {
        let mut command = self.program.command();
        command.arg("--lies").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut suite = self.start(&mut command, Place::Apart)?.limit(LISTING);
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

    /// Whether the suite may run in a namespace of its own.
    pub(super) fn is_apart(&self) -> bool {
        !self.unconfined
    }

    fn start(&self, command: &mut Command, place: Place) -> Result<subprocess::Running, Refusal> {
        let apart = place == Place::Apart && self.is_apart();
        let start = if apart { subprocess::start_apart } else { subprocess::start };
        start(command).map_err(|error| suite::refuse_start(&self.program.path, &error))
    }

    /// Runs the cases without a lie.
    ///
    /// # Errors
    /// When it cannot be started, or does not say that it lies.
    pub(super) fn census(
        &self,
        cases: &[&str],
        place: Place,
        each: impl FnMut(&CaseLine),
    ) -> Result<Run, Refusal> {
        self.run((CENSUS, place), cases, UNLIED, None, each)
    }

    /// Tells a lie to some cases; gives those that noticed, and whether they were not all run. They all are where
    /// none notices.
    ///
    /// # Errors
    /// When it cannot be started, or something interrupts.
    pub(super) fn tell(
        &self,
        lie: &Lie,
        cases: &[&str],
        place: Place,
        patience: Duration,
    ) -> Result<(Vec<String>, bool), Refusal> {
        if cases.is_empty() {
            return Ok((Vec::new(), false));
        }
        let mut left = cases.to_vec();
        loop {
            let run = self.run((&lie.id, place), &left, self.limit, Some(patience), |_| {})?;
            if let Some(signal) = subprocess::interrupted() {
                return Err(Refusal::interrupted(signal));
            }
            let cut = run.cut || !run.ended;
            let ran: BTreeSet<&str> = run.cases.iter().map(|case| case.name.as_str()).collect();
            let before = left.len();
            left.retain(|name| !ran.contains(name));
            let goes_on = cut && !left.is_empty() && left.len() < before;
            // A need that is refused because of a lie proves nothing, and neither does a hang or a crash.
            let noticed: Vec<String> = run
                .cases
                .into_iter()
                .filter(|case| case.verdict == Verdict::Violated && case.unmet.is_none())
                .map(|case| case.name)
                .collect();
            // Which cases a lie that hangs them leaves time for is chance: the others are told it as well.
            if !noticed.is_empty() || !goes_on {
                return Ok((noticed, cut));
            }
        }
    }

    fn run(
        &self,
        (lie, place): (&str, Place),
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
        let mut suite = self.start(&mut command, place)?;
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

/// A case that is told another process's ID for its own signals a stranger: the suite must be unable to.
fn check_confinement() -> Result<(), Refusal> {
    let mut nothing = subprocess::own().map_err(Refusal::no_answer)?;
    let started = subprocess::start_apart(nothing.arg("--version"));
    let mut running = started.map_err(|error| {
        Refusal::no_answer(format!(
            "no PID namespace can be made for the suite ({error}), and a lie about a process ID may have it stop \
             or kill other processes: run this as root, or say --unconfined where that does no harm"
        ))
    })?;
    while running.next().is_some() {}
    match subprocess::interrupted() {
        Some(signal) => Err(Refusal::interrupted(signal)),
        None => Ok(()),
    }
}
