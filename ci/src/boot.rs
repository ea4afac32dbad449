//! `sigsys boot`: runs the suite in a kernel from a file, as the first process of a machine of its own.

mod accel;
mod console;
mod course;
mod files;
mod image;
mod initramfs;
mod life;
mod qemu;

use crate::command_line::{Accel, BootArgs, BootFormat};
use crate::gathered;
use crate::kernels::{List, fetch};
use crate::program::Program;
use crate::progress::{Bar, Spinner};
use crate::refusal::Refusal;
use crate::report::{self, Report};
use crate::{children, out, soak};
use accel::Known;
pub(crate) use course::UNTESTED;
use course::{Course, Next};
use files::{again, check_boot_line, check_image, read, record_path, refuse_record};
use harness::record::Line;
use initramfs::{Contents, Initramfs};
use life::{End, Event, Life, Limits};
use qemu::Engine;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How much longer than its limit a case may keep a slow machine silent.
const SLACK: Duration = Duration::from_secs(40);
/// How long KVM may take to show that it works.
const CANARY: Duration = Duration::from_secs(10);
/// How many lines of the console are shown.
const SHOWN: usize = 12;

pub(crate) use qemu::version as qemu_version;

/// Boots the kernel as `args` say; gives the exit status.
///
/// # Errors
/// When nothing can be booted.
pub(crate) fn boot(args: &BootArgs) -> Result<u8, Refusal> {
    // Any other status would be an answer for `git bisect run`, a panic's included.
    let outcome = catch_unwind(AssertUnwindSafe(|| run(args)));
    outcome.unwrap_or_else(|_| Err(Refusal::no_answer("this tool is at fault"))).map_err(
        |refusal| match refusal.status {
            128.. => refusal,
            _ => Refusal { status: UNTESTED, ..refusal },
        },
    )
}

/// What every boot of a run shares.
struct Session<'a> {
    args: &'a BootArgs,
    suite: Vec<u8>,
    /// How many of the cases are properties of the fuzzers.
    properties: usize,
    engine: Engine,
}

/// The path of the kernel that is meant: where `--kernel` is no file, the name of one of the list.
fn resolve(args: &BootArgs) -> Result<BootArgs, Refusal> {
    let name = args.kernel.to_str().filter(|_| !args.kernel.exists());
    let list = List::read(None)?;
    let Some(kernel) = name.and_then(|name| list.kernel(name)) else { return Ok(args.clone()) };
    let spinner = Spinner::new("fetching the kernel");
    let fetched = fetch::fetch(kernel, false, |step| spinner.say(step));
    drop(spinner);
    if let Some(signal) = children::interrupted() {
        return Err(Refusal::interrupted(signal));
    }
    let fetched = fetched.map_err(|why| {
        Refusal::no_answer(format!("--kernel {}: not available: {why}", kernel.name))
    })?;
    if let Some(note) = &fetched.note {
        out::complain(&format!("{}: {note}", kernel.name));
    }
    let config = args.config.clone().or(fetched.config);
    Ok(BootArgs { kernel: fetched.image, config, ..args.clone() })
}

fn run(args: &BootArgs) -> Result<u8, Refusal> {
    let mut args = resolve(args)?;
    if args.soak.duration.is_some() {
        args.case.get_or_insert_with(|| soak::PREFIX.into());
    }
    let image = check_image(&args.kernel)?;
    check_boot_line(&args.append)?;
    // A run takes a while: what would be in its way at the end is said now.
    if let Some(path) = &args.record {
        let opened = std::fs::OpenOptions::new().append(true).create(true).open(path);
        opened.map_err(|error| refuse_record(path, &error))?;
    } else {
        record_path(&args, image.release.as_deref().unwrap_or("unknown"))?;
    }
    let version = qemu::version(&args.qemu)?;
    let program = Program::get(&args.source)?;
    let suite = read(&program.path, "--suite")?;
    if image::needs_libraries(&suite) {
        return Err(Refusal::usage(format!(
            "{} needs files the machine does not have: a suite to boot is static, as `sigsys build` makes it",
            program.path.display()
        )));
    }
    let filter = args.case.as_deref();
    let cases: Vec<_> = program
        .description
        .cases
        .iter()
        .filter(|case| gathered::is_selected(case, filter, args.exact))
        .collect();
    if cases.is_empty() {
        let filter = filter.unwrap_or_default();
        return Err(Refusal::usage(format!(
            "no case is called like `{filter}`; `sigsys cases` shows their names"
        )));
    }
    let expected = cases.len();
    let properties = cases.iter().filter(|case| case.name.starts_with(soak::PREFIX)).count();
    let mut session = Session { args: &args, suite, properties, engine: Engine::Tcg };
    let trial = session.choose_engine(&version)?;
    let mut course = Course::new(cases);
    session.go_through(&mut course, expected, trial.then_some(version.as_str()))?;
    let gathered = course.gathered(expected);
    let ending = course.ending(expected);
    let release = course.header.as_ref().map(|header| header.kernel.release.clone());
    let release = release.or(image.release).unwrap_or_else(|| "unknown".into());
    if gathered.header.is_some() {
        let record = record_path(&args, &release)?;
        gathered::write(&gathered, &record).map_err(|error| refuse_record(&record, &error))?;
        match args.format {
            BootFormat::Table => out::say(&report::text(&Report {
                gathered: &gathered,
                description: &program.description,
                expected,
                record: &record.display().to_string(),
                again: &again(&args),
                ending: &ending,
            }))
            .and_then(|()| out::say(&soak::tried(&gathered.cases)))?,
            BootFormat::Json => say_line(gathered.footer.clone().map(Line::End))?,
        }
    }
    say_complaints(&course);
    if let Some(why) = &ending.cut_off {
        out::complain(&format!("{}: {why}", args.kernel.display()));
    }
    Ok(ending.status)
}

impl Session<'_> {
    /// Decides what runs the guest; says whether KVM has just failed, which is worth remembering if
    /// the emulator does not.
    fn choose_engine(&mut self, version: &str) -> Result<bool, Refusal> {
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
        let life = self.live(&contents, limits, |_| ())?;
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
    fn go_through(
        &self,
        course: &mut Course,
        expected: usize,
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
            let life = self.live(&contents, limits, |event| match event {
                Event::Started => {
                    if let Some(version) = kvm_failed {
                        accel::remember(version, false);
                    }
                }
                Event::Line(line) => {
                    let header = course.header.is_none();
                    let case = course.take(&line).cloned();
                    if let Some(case) = &case {
                        bar.add(case.verdict);
                    }
                    if self.args.format == BootFormat::Json && failed.is_ok() {
                        let header = header.then(|| course.header.clone()).flatten().map(Line::Run);
                        failed = say_line(header.or(case.map(Line::Case)));
                    }
                }
                Event::Complaint(line) => course.complain(&line),
                Event::Note(line) => bar.note(&line),
            })?;
            failed?;
            let known = course.cases.len();
            let next = course.after(&life);
            for case in &course.cases[known..] {
                bar.add(case.verdict);
                if self.args.format == BootFormat::Json {
                    say_line(Some(Line::Case(case.clone())))?;
                }
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

    /// One boot.
    fn live(
        &self,
        contents: &Contents,
        limits: Limits,
        on: impl FnMut(Event),
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
        say(&["--format", "framed", "--test-threads=1"]);
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

fn say_line(line: Option<Line>) -> Result<(), Refusal> {
    match line.map(|line| serde_json::to_string(&line)) {
        Some(Ok(text)) => out::say_json(&text),
        _ => Ok(()),
    }
}

/// What the kernel said about itself in the course of the run.
fn say_complaints(course: &Course) {
    for (line, near) in course.complaints.iter().take(SHOWN) {
        let near = match near.as_str() {
            "" => "after the last case".into(),
            case => format!("about when {case} ran"),
        };
        out::complain(&format!("the kernel complained {near}: {line}"));
    }
}
