//! `sigsys boot`: runs the suite in a kernel from a file, as the first process of a machine of its own.

mod accel;
mod console;
mod course;
mod files;
mod growing;
mod image;
mod initramfs;
mod life;
mod qemu;
mod session;

use crate::command_line::{BootArgs, BootFormat};
use crate::gathered;
use crate::kernels::{List, fetch};
use crate::program::Program;
use crate::progress::Spinner;
use crate::refusal::Refusal;
use crate::report::{self, Report};
use crate::{children, out, soak};
use course::Course;
pub(crate) use course::UNTESTED;
use files::{again, check_boot_line, check_image, read, record_path, refuse_record};
use harness::record::Line;
use qemu::Engine;
use session::{Session, say_line};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many complaints of the kernel are shown near one case, and in all.
const SHOWN: (usize, usize) = (3, 12);

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
    let mut record = None;
    session.go_through(&mut course, expected, &mut record, trial.then_some(version.as_str()))?;
    let gathered = course.gathered(expected);
    let ending = course.ending(expected);
    if let Some(record) = &record {
        let record = record.finish(&gathered)?;
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
            BootFormat::Json => {
                gathered.footer.clone().map_or(Ok(()), |footer| say_line(&Line::End(footer)))?;
            }
        }
    }
    say_complaints(&course);
    if let Some(why) = &ending.cut_off {
        out::complain(&format!("{}: {why}", args.kernel.display()));
    }
    Ok(ending.status)
}

/// What the kernel said about itself in the course of the run.
fn say_complaints(course: &Course) {
    let mut shown = 0;
    for near in course.complaints.chunk_by(|one, other| one.near == other.near) {
        let room = SHOWN.0.min(SHOWN.1 - shown);
        let place = match near.first().map(|complaint| complaint.near.as_str()) {
            None | Some("") => "after the last case".into(),
            Some(case) => format!("about when {case} ran"),
        };
        for complaint in near.iter().take(room) {
            out::complain(&format!("the kernel complained {place}: {}", complaint.text));
        }
        shown += near.len().min(room);
    }
    if let more @ 1.. = course.complaints.len() - shown {
        out::complain(&format!("the kernel complained {more} more times"));
    }
}
