//! `sigsys boot`: runs the suite as the first process of a virtual machine, in a kernel from a file.

mod args;
mod follow;
mod growing;
mod inputs;

use super::formats::say_run;
use super::soak;
use crate::error::{Refusal, UNTESTED};
use crate::machine::kernels::{self, List};
use crate::machine::qemu::{self, Engine, Hardware};
use crate::machine::session::BootSession;
use crate::machine::vm::Machine;
use crate::machine::{image, subprocess};
use crate::progress::Spinner;
use crate::results::report::{self, Report};
use crate::results::run_record;
use crate::terminal;
use args::BootFormat;
pub(crate) use args::{Accel, BootArgs, STATUSES};
use follow::{Boots, say_line};
use harness::record::Line;
use inputs::{again, check_boot_line, check_image, named_cases, read, record_path, refuse_record};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many complaints of the kernel are shown near a case, and in all.
const MAX_COMPLAINTS_SHOWN: (usize, usize) = (3, 12);

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

/// The image that `--kernel` means, fetched or unpacked where that is needed, and its configuration.
fn resolve(args: &BootArgs) -> Result<BootArgs, Refusal> {
    let list = List::read(None).map_err(Refusal::usage)?;
    let what = format!("--kernel {}", args.kernel.display());
    let spinner = Spinner::new("fetching the kernel");
    let say = |step: &str| spinner.say(step);
    let fetched =
        kernels::resolve::resolve(&args.kernel, args.config.as_deref(), &list, false, say);
    drop(spinner);
    if let Some(signal) = subprocess::interrupted() {
        return Err(Refusal::interrupted(signal));
    }
    let fetched = fetched.map_err(|lack| lack.refusal(&what))?;
    if let Some(note) = &fetched.note {
        terminal::complain(&format!("{}: {note}", args.kernel.display()));
    }
    Ok(BootArgs { kernel: fetched.image, config: fetched.config, ..args.clone() })
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
    let program = args.source.program()?;
    let suite = read(&program.path, "--suite")?;
    if image::needs_libraries(&suite) {
        return Err(Refusal::usage(format!(
            "{} needs files the machine does not have: a suite to boot is static, as `sigsys build` makes it",
            program.path.display()
        )));
    }
    let filter = args.case.as_deref();
    let cases = match &args.cases {
        Some(path) => named_cases(path, &program.description)?,
        None => run_record::selected(&program.description, filter, args.exact),
    };
    if cases.is_empty() {
        let filter = filter.unwrap_or_default();
        return Err(Refusal::usage(format!(
            "no case is called like `{filter}`; `sigsys cases` shows their names"
        )));
    }
    let expected = cases.len();
    let properties = cases.iter().filter(|case| case.name.starts_with(soak::PREFIX)).count();
    let hardware = Hardware {
        qemu: &args.qemu,
        kernel: &args.kernel,
        append: &args.append,
        cpu: args.cpu.as_deref(),
        cpus: args.cpus,
        memory: args.memory,
    };
    let announces = args.format == BootFormat::Table;
    let mut machine = Machine { hardware, suite, engine: Engine::Tcg, announces };
    let trial = machine.choose_engine(args.accel.engine(), &version)?;
    let mut session = BootSession::new(cases);
    let mut record = None;
    let boots = Boots { args: &args, machine, properties };
    boots.go_through(&mut session, expected, &mut record, trial.then_some(version.as_str()))?;
    let run_record = session.run_record(expected);
    let ending = session.ending(expected);
    if let Some(record) = &record {
        let record = record.finish(&run_record)?;
        match args.format {
            BootFormat::Table => terminal::say(&report::text(&Report {
                run_record: &run_record,
                description: &program.description,
                expected,
                record: &record.display().to_string(),
                again: &again(&args),
                ending: &ending,
            }))
            .and_then(|()| terminal::say(&soak::tried(&run_record.cases)))?,
            BootFormat::Json => {
                run_record.footer.clone().map_or(Ok(()), |footer| say_line(&Line::End(footer)))?;
            }
            _ => {}
        }
    }
    if let Some(export) = args.format.export() {
        say_run(export.format(), &run_record, &ending, &again(&args), &args.kcidb)?;
    }
    say_complaints(&session);
    if let Some(why) = &ending.cut_off {
        terminal::complain(&format!("{}: {why}", args.kernel.display()));
    }
    Ok(ending.status)
}

/// What the kernel said about itself in the course of the run.
fn say_complaints(session: &BootSession) {
    let mut shown = 0;
    for near in session.complaints.chunk_by(|one, other| one.near == other.near) {
        let room = MAX_COMPLAINTS_SHOWN.0.min(MAX_COMPLAINTS_SHOWN.1 - shown);
        let place = match near.first().map(|complaint| complaint.near.as_str()) {
            None | Some("") => "after the last case".into(),
            Some(case) => format!("about when {case} ran"),
        };
        for complaint in near.iter().take(room) {
            terminal::complain(&format!("the kernel complained {place}: {}", complaint.text));
        }
        shown += near.len().min(room);
    }
    if let more @ 1.. = session.complaints.len() - shown {
        terminal::complain(&format!("the kernel complained {more} more times"));
    }
}
