//! The boots of a run: the arguments and files of each, and the events that come from it.

use super::args::{BootArgs, BootFormat};
use super::growing::Growing;
use super::inputs::read;
use super::keep::Keeper;
use crate::commands::filters;
use crate::error::Refusal;
use crate::machine::boot::{BootEvent, End, Limits};
use crate::machine::initramfs::Contents;
use crate::machine::session::{BootSession, Next};
use crate::machine::vm::Machine;
use crate::machine::{accel, subprocess};
use crate::printable::printable;
use crate::progress::Bar;
use crate::results::tally::Tally;
use crate::{atomic, terminal};
use harness::Filters;
use harness::record::{CaseLine, Line};
use std::path::Path;
use std::time::Duration;

/// How much longer than a case's limit a slow machine may be silent.
const SLACK: Duration = Duration::from_secs(40);
/// How long a boot may take in which somebody sits at a debugger.
const DEBUGGED: Duration = Duration::from_secs(30 * 86_400);
/// How many lines of the console are shown.
const MAX_CONSOLE_LINES_SHOWN: usize = 12;

/// The boots of one run.
pub(super) struct Boots<'a> {
    pub args: &'a BootArgs,
    pub machine: Machine<'a>,
    /// How many of the cases are properties of the fuzzers.
    pub properties: usize,
}

impl Boots<'_> {
    /// Boots until every case has its verdict, or another boot would not help.
    pub(super) fn go_through(
        &self,
        session: &mut BootSession,
        expected: usize,
        record: &mut Option<Growing>,
        keeper: &mut Option<Keeper>,
        kvm_failed: Option<&str>,
    ) -> Result<(), Refusal> {
        let case_limit = Duration::from_secs(self.args.limit.unwrap_or(20).into());
        let mut limits = Limits {
            start: Duration::from_secs(self.args.boot_timeout),
            silence: case_limit + SLACK,
            whole: Duration::from_secs(self.args.timeout + self.args.soak.seconds()),
        };
        if self.args.gdb.is_some() {
            limits = Limits { start: DEBUGGED, silence: DEBUGGED, whole: DEBUGGED };
        }
        let bar = Bar::new(expected);
        let mut tally = Tally::default();
        loop {
            let contents = self.contents(session)?;
            session.begin();
            tally.booted += 1;
            self.count(tally)?;
            let mut failed = Ok(());
            let booted = self.machine.boot(&contents, limits, |event| {
                if let (BootEvent::Started, Some(version)) = (&event, kvm_failed) {
                    accel::remember(version, false);
                }
                if let (BootEvent::Console(line), Some(keeper)) = (&event, keeper.as_mut()) {
                    keeper.hear(line);
                }
                if failed.is_ok() {
                    failed = self.hear(event, session, record, &bar);
                }
                failed.is_ok()
            });
            failed?;
            let boot = match (booted, subprocess::interrupted()) {
                (Ok(boot), _) => boot,
                (Err(_), Some(signal)) if session.header.is_some() => {
                    session.interrupt(signal);
                    return Ok(());
                }
                (Err(refusal), _) => return Err(refusal),
            };
            let known = session.cases.len();
            let next = session.after(&boot);
            for case in &session.cases[known..] {
                self.keep(case, record, &bar)?;
            }
            let has_failed = !matches!(boot.end, End::SuiteEnded(_) | End::Interrupted(_));
            if let Some(keeper) = keeper {
                let kept = keeper.after(&self.machine, contents, has_failed);
                kept.map_err(|error| refuse_keep(self.args, &error))?;
            }
            if has_failed {
                tally.died += 1;
                self.count(tally)?;
                boot.console
                    .tail(MAX_CONSOLE_LINES_SHOWN)
                    .iter()
                    .for_each(|line| bar.note(&format!("  | {line}")));
            }
            match next {
                Next::Boot(why) => bar.note(&format!("sigsys: {why}")),
                Next::Over => return Ok(()),
            }
        }
    }

    /// Writes the count of the boots where somebody wants it.
    fn count(&self, tally: Tally) -> Result<(), Refusal> {
        let Some(path) = &self.args.tally else { return Ok(()) };
        let text = serde_json::to_vec(&tally).unwrap_or_default();
        atomic::write(path, &text).map_err(|error| {
            Refusal::no_answer(format!("--tally {}: cannot write: {error}", path.display()))
        })
    }

    /// Takes what happens in a boot.
    fn hear(
        &self,
        event: BootEvent,
        session: &mut BootSession,
        record: &mut Option<Growing>,
        bar: &Bar,
    ) -> Result<(), Refusal> {
        match event {
            BootEvent::Started => {}
            BootEvent::Line(line) => {
                let case = session.take(&line).cloned();
                if let (Some(header), None) = (&session.header, &record) {
                    *record = Some(Growing::begin(self.args, header)?);
                    if self.args.format == BootFormat::Json {
                        say_line(&Line::Run(header.clone()))?;
                    }
                }
                if let Some(case) = &case {
                    self.keep(case, record, bar)?;
                }
            }
            BootEvent::Early(line) => {
                bar.note(&format!(
                    "sigsys: the kernel complained before the suite started, which does not count: {line}"
                ));
            }
            BootEvent::Complaint(line) => session.complain(&line),
            BootEvent::Note(line) => bar.note(&line),
            BootEvent::Console(line) if self.args.console => {
                bar.note(&format!("  | {}", printable(line.trim_end())));
            }
            BootEvent::Console(_) => {}
        }
        Ok(())
    }

    /// Adds a case to the record, the bar and the output.
    fn keep(
        &self,
        case: &CaseLine,
        record: &mut Option<Growing>,
        bar: &Bar,
    ) -> Result<(), Refusal> {
        bar.add(case.verdict);
        if let Some(record) = record {
            record.case(case)?;
        }
        match self.args.format {
            BootFormat::Json => say_line(&Line::Case(case.clone())),
            BootFormat::Table => Ok(()),
        }
    }

    /// The suite's arguments and files: the user's choice of cases, or in later boots those that remain.
    fn contents(&self, session: &BootSession) -> Result<Contents, Refusal> {
        let mut contents = Contents::default();
        let mut say =
            |words: &[&str]| contents.arguments.extend(words.iter().map(|word| (*word).into()));
        say(&["--format", "framed", "--test-threads=1", "--booted"]);
        if let Some(version) = &self.args.source.taken_as {
            say(&["--as", version]);
        }
        let limit = self.args.limit.map(u64::from);
        if let Some(limit) = limit.or(self.args.soak.limit(self.properties)) {
            say(&[&format!("--limit={limit}")]);
        }
        for option in self.args.soak.options(self.properties) {
            say(&[&option]);
        }
        let named = [
            ("--config", "config", &self.args.config),
            ("--deviations", "deviations.toml", &self.args.source.deviations),
        ];
        for (option, name, path) in named {
            if let Some(path) = path {
                say(&[option, &format!("/sigsys/{name}")]);
                contents.files.push((name, read(path, option)?));
            }
        }
        let named = session.header.is_some() || self.args.cases.is_some();
        let repeat = self.args.choice.repeat;
        if named {
            let names = session.remaining.iter().map(|case| format!("{}\n", case.name));
            contents.files.push(("cases", names.collect::<String>().into_bytes()));
            contents.arguments.extend(["--cases", "/sigsys/cases"].map(Into::into));
            contents.arguments.extend(filters::arguments(&Filters::default(), repeat));
        } else {
            contents.arguments.extend(filters::arguments(&self.args.filters(), repeat));
        }
        Ok(contents)
    }
}

pub(super) fn refuse_keep(args: &BootArgs, error: &std::io::Error) -> Refusal {
    let folder = args.keep.as_deref().unwrap_or(Path::new("")).display();
    Refusal::no_answer(format!("--keep {folder}: cannot write: {error}"))
}

pub(super) fn say_line(line: &Line) -> Result<(), Refusal> {
    serde_json::to_string(line).map_or(Ok(()), |text| terminal::say_json(&text))
}
