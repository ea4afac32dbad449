//! `sigsys boot`: runs the suite as the first process of a virtual machine, in a kernel from a file.

mod args;
mod follow;
mod growing;
mod inputs;
mod keep;

use super::{filters, soak};
use crate::error::{Refusal, STOPS_BISECTION, UNTESTED, USAGE};
use crate::machine::image::Image;
use crate::machine::kernels::{self, List};
use crate::machine::qemu::{self, Engine, Hardware};
use crate::machine::session::BootSession;
use crate::machine::vm::Machine;
use crate::machine::{accel, image, subprocess};
use crate::private;
use crate::progress::Spinner;
use crate::results::report::{self, Report};
use crate::shell::quoted;
use crate::terminal;
use args::BootFormat;
pub(crate) use args::{Accel, BootArgs, STATUSES};
use follow::{Boots, refuse_keep, say_line};
use harness::record::Line;
use inputs::{
    again, check_boot_line, check_configuration, check_image, named_cases, read, record_path,
    refuse_record,
};
use keep::Keeper;
use std::num::NonZeroU16;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

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
            USAGE => stopping(refusal),
            _ => Refusal { status: UNTESTED, ..refusal },
        },
    )
}

/// What no other commit would change: a bisection is to stop.
fn stopping(refusal: Refusal) -> Refusal {
    Refusal { status: refusal.status.max(STOPS_BISECTION), ..refusal }
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
    // What lies there and is no kernel is what this commit builds: another may build one.
    let is_built = args.kernel.is_file() || args.kernel.is_dir();
    let fetched = fetched.map_err(|lack| match lack.refusal(&what) {
        refusal if is_built && refusal.status == USAGE => Refusal { status: UNTESTED, ..refusal },
        refusal => refusal,
    })?;
    if let Some(note) = &fetched.note {
        terminal::complain(&format!("{}: {note}", args.kernel.display()));
    }
    Ok(BootArgs { kernel: fetched.image, config: fetched.config, ..args.clone() })
}

fn run(args: &BootArgs) -> Result<u8, Refusal> {
    let mut args = resolve(args)?;
    if args.soak.duration.is_some() && args.case.is_empty() {
        args.case.push(soak::PREFIX.into());
    }
    let image = check_image(&args.kernel)?;
    check_boot_line(&args.append)?;
    args.config.as_deref().map_or(Ok(()), check_configuration)?;
    // A run takes a while: what would be in its way at the end is said now.
    if let Some(path) = &args.record {
        let opened = std::fs::OpenOptions::new().append(true).create(true).open(path);
        opened.map_err(|error| stopping(refuse_record(path, &error)))?;
    } else {
        record_path(&args, image.release.as_deref().unwrap_or("unknown")).map_err(stopping)?;
    }
    let mut keeper = args.keep.as_deref().map(Keeper::new).transpose()?;
    let version = qemu::version(&args.qemu).map_err(stopping)?;
    let announces = args.format != BootFormat::Json;
    if announces {
        announce(&args, &image, &version);
    }
    let program = args.source.program().map_err(stopping)?;
    let suite = read(&program.path, "--suite")?;
    if image::needs_libraries(&suite) {
        return Err(Refusal::usage(format!(
            "{} needs files the machine does not have: a suite to boot is static, as `sigsys build` makes it",
            program.path.display()
        )));
    }
    let cases = match &args.cases {
        Some(path) => named_cases(path, &program.description)?,
        None => filters::selected(&program.description, &args.filters())?,
    };
    let expected = cases.len();
    let properties = cases.iter().filter(|case| case.name.starts_with(soak::PREFIX)).count();
    let words = args.words();
    let hardware = Hardware {
        qemu: &args.qemu,
        kernel: &args.kernel,
        append: &words,
        cpu: args.cpu.as_deref(),
        cpus: args.cpus,
        memory: args.memory,
        gdb: None,
    };
    let mut machine = Machine { hardware, suite, engine: Engine::Tcg, announces };
    let trial = machine.choose_engine(args.accel.engine(), &version)?;
    let debugger = args.gdb.map(Debugger::new).transpose()?;
    if let Some(debugger) = &debugger {
        machine.hardware.gdb = Some(&debugger.device);
        terminal::complain(&format!(
            "the machine waits for a debugger; type\n  {}",
            debugger.command(&args.kernel)
        ));
    }
    let mut session = BootSession::new(cases);
    let mut record = None;
    let boots = Boots { args: &args, machine, properties };
    let kvm_failed = trial.then_some(version.as_str());
    boots.go_through(&mut session, expected, &mut record, &mut keeper, kvm_failed)?;
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
        }
    }
    say_complaints(&session);
    if let Some(why) = &ending.cut_off {
        terminal::complain(&format!("{}: {why}", args.kernel.display()));
    }
    if let Some(keeper) = keeper {
        let kept = keeper.finish(&boots.machine, ending.status);
        let kept = kept.map_err(|error| refuse_keep(&args, &error))?;
        kept.iter().for_each(|line| terminal::complain(line));
    }
    Ok(ending.status)
}

/// Where a debugger finds the machine.
struct Debugger {
    /// As QEMU's `-gdb` has it.
    device: String,
    /// As gdb's `target remote` has it.
    target: String,
    /// The folder of the socket, which only this user can enter.
    _folder: Option<private::Folder>,
}

impl Debugger {
    /// On a port, or on a socket in a folder of its own.
    ///
    /// # Errors
    /// When there can be no folder.
    fn new(port: Option<NonZeroU16>) -> Result<Self, Refusal> {
        if let Some(port) = port {
            let target = format!("127.0.0.1:{port}");
            return Ok(Self { device: format!("tcp:{target}"), target, _folder: None });
        }
        let folder = private::Folder::new()?;
        let target = folder.path().join("gdb").display().to_string();
        let device = format!("unix:{},server=on,wait=off", target.replace(',', ",,"));
        Ok(Self { device, target, _folder: Some(folder) })
    }

    /// What is to be typed: with the symbols of the tree that `kernel` lies in, where it lies in one.
    fn command(&self, kernel: &Path) -> String {
        let symbols = kernel.ancestors().skip(1).map(|folder| folder.join("vmlinux"));
        let symbols = symbols.take(4).find(|path| path.is_file());
        let symbols = symbols
            .map_or(String::new(), |path| format!(" {}", quoted(&path.display().to_string())));
        let target = quoted(&format!("target remote {}", self.target));
        format!("gdb{symbols} -ex {target} -ex continue")
    }
}

/// Says at once what is going to happen, for a boot takes seconds.
fn announce(args: &BootArgs, image: &Image, version: &str) {
    let release = image.release.as_deref().map_or(String::new(), |release| format!(" ({release})"));
    let how = accel::choice(args.accel.engine(), version);
    terminal::complain(&format!("booting {}{release}, {how}", args.kernel.display()));
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
