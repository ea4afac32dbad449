//! The boots of a run: what is told to each, and what it says.

use super::accel::{self, Known};
use super::course::{Course, Next};
use super::files::read;
use super::growing::Growing;
use super::initramfs::{Contents, Initramfs};
use super::life::{self, End, Event, Life, Limits};
use super::qemu::{self, Engine};
use crate::command_line::{Accel, BootArgs, BootFormat};
use crate::progress::Bar;
use crate::refusal::Refusal;
use crate::{children, out};
use harness::record::{CaseLine, Line};
use std::time::Duration;

/// How much longer than its limit a case may keep a slow machine silent.
const SLACK: Duration = Duration::from_secs(40);
/// How long KVM may take to show that it works.
const CANARY: Duration = Duration::from_secs(10);
/// How many lines of the console are shown.
const SHOWN: usize = 12;

/// What every boot of a run shares.
pub(super) struct Session<'a> {
    pub args: &'a BootArgs,
    pub suite: Vec<u8>,
    /// How many of the cases are properties of the fuzzers.
    pub properties: usize,
    pub engine: Engine,
}

impl Session<'_> {
    /// Decides what runs the guest; says whether KVM has just failed, which is worth remembering if
    /// the emulator does not.
    pub(super) fn choose_engine(&mut self, version: &str) -> Result<bool, Refusal> {
        let known = match self.args.accel {
            Accel::Kvm => Known::Works,
            Accel::Tcg => Known::Fails,
            Accel::Auto if !accel::can_be_tried() => Known::Fails,
            Accel::Auto => accel::recall(version),
        };
        if known == Known::Fails {
            return Ok(false);
        }
        self.engine = Engine::Kvm;
        if known == Known::Works {
            return Ok(false);
        }
        // It reaches the suite and comes back; which cases there are does not matter.
        let contents = Contents {
            arguments: vec!["--list".into(), "--exact".into(), "-".into()],
            ..Contents::default()
        };
        let limits = Limits { start: CANARY, silence: CANARY, whole: CANARY };
        let life = self.live(&contents, limits, |_| true)?;
        if let End::Interrupted(signal) = life.end {
            return Err(Refusal::interrupted(signal));
        }
        if matches!(life.end, End::Told(_)) {
            accel::remember(version, true);
            return Ok(false);
        }
        self.engine = Engine::Tcg;
        Ok(true)
    }

    /// Boots until every case has its verdict, or there is no use in going on.
    pub(super) fn go_through(
        &self,
        course: &mut Course,
        expected: usize,
        record: &mut Option<Growing>,
        kvm_failed: Option<&str>,
    ) -> Result<(), Refusal> {
        let case_limit = Duration::from_secs(self.args.limit.unwrap_or(20).into());
        let limits = Limits {
            start: Duration::from_secs(self.args.boot_timeout),
            silence: case_limit + SLACK,
            whole: Duration::from_secs(self.args.timeout + self.args.soak.seconds()),
        };
        let bar = Bar::new(expected);
        loop {
            let contents = self.contents(course)?;
            course.begin();
            let mut failed = Ok(());
            let lived = self.live(&contents, limits, |event| {
                if let (Event::Started, Some(version)) = (&event, kvm_failed) {
                    accel::remember(version, false);
                }
                if failed.is_ok() {
                    failed = self.hear(event, course, record, &bar);
                }
                failed.is_ok()
            });
            failed?;
            let life = match (lived, children::interrupted()) {
                (Ok(life), _) => life,
                (Err(_), Some(signal)) if course.header.is_some() => {
                    course.interrupt(signal);
                    return Ok(());
                }
                (Err(refusal), _) => return Err(refusal),
            };
            let known = course.cases.len();
            let next = course.after(&life);
            for case in &course.cases[known..] {
                self.keep(case, record, &bar)?;
            }
            if !matches!(life.end, End::Told(_) | End::Interrupted(_)) {
                life.console.tail(SHOWN).iter().for_each(|line| bar.note(&format!("  | {line}")));
            }
            match next {
                Next::Boot(why) => bar.note(&format!("sigsys: {why}")),
                Next::Over => return Ok(()),
            }
        }
    }

    /// Takes what happens in a boot.
    fn hear(
        &self,
        event: Event,
        course: &mut Course,
        record: &mut Option<Growing>,
        bar: &Bar,
    ) -> Result<(), Refusal> {
        match event {
            Event::Started => {}
            Event::Line(line) => {
                let case = course.take(&line).cloned();
                if let (Some(header), None) = (&course.header, &record) {
                    *record = Some(Growing::begin(self.args, header)?);
                    if self.args.format == BootFormat::Json {
                        say_line(&Line::Run(header.clone()))?;
                    }
                }
                if let Some(case) = &case {
                    self.keep(case, record, bar)?;
                }
            }
            Event::Early(line) => {
                bar.note(&format!(
                    "sigsys: the kernel complained before the suite started, which does not count: {line}"
                ));
            }
            Event::Complaint(line) => course.complain(&line),
            Event::Note(line) => bar.note(&line),
        }
        Ok(())
    }

    /// Puts a case where it is not lost.
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

    /// One boot.
    fn live(
        &self,
        contents: &Contents,
        limits: Limits,
        on: impl FnMut(Event) -> bool,
    ) -> Result<Life, Refusal> {
        let initramfs = Initramfs::new(&self.suite, contents)
            .map_err(|error| Refusal::no_answer(format!("no memory for the initramfs: {error}")))?;
        let mut command = qemu::command(self.args, self.engine, &initramfs)?;
        let machine =
            children::start(&mut command).map_err(|error| match children::interrupted() {
                Some(signal) => Refusal::interrupted(signal),
                None => Refusal::no_answer(format!("QEMU cannot be started: {error}")),
            })?;
        let life = life::follow(machine, limits, on);
        if self.args.format == BootFormat::Table {
            let (engine, size) = (self.engine.word(), initramfs.size >> 10);
            let (boot, whole) = (life.boot.as_secs_f64(), life.whole.as_secs_f64());
            out::note(&format!(
                "sigsys: {engine}, initramfs {size} KiB, suite after {boot:.2} s, end after {whole:.2} s"
            ));
        }
        Ok(life)
    }

    /// What the suite is told: what the user said, or later what remains.
    fn contents(&self, course: &Course) -> Result<Contents, Refusal> {
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
                let bytes = read(path, option)?;
                if option == "--config" {
                    harness::check_configuration(&bytes).map_err(|why| {
                        Refusal::usage(format!("{option} {}: {why}", path.display()))
                    })?;
                }
                contents.files.push((name, bytes));
            }
        }
        match (&course.header, &self.args.case) {
            (Some(_), _) => {
                let names = course.remaining.iter().map(|case| format!("{}\n", case.name));
                contents.files.push(("cases", names.collect::<String>().into_bytes()));
                contents.arguments.extend(["--cases", "/sigsys/cases"].map(Into::into));
            }
            (None, Some(filter)) => {
                let exact = self.args.exact.then(|| "--exact".to_owned());
                contents.arguments.extend(exact);
                contents.arguments.extend(["--".into(), filter.clone()]);
            }
            (None, None) => {}
        }
        Ok(contents)
    }
}

pub(super) fn say_line(line: &Line) -> Result<(), Refusal> {
    serde_json::to_string(line).map_or(Ok(()), |text| out::say_json(&text))
}
