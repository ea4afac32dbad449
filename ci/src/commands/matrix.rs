//! `sigsys matrix`: the suite in every kernel of a list, in every variant, and on other systems.

mod args;
mod cache;
mod column;
mod follow;
mod forget;
mod hold;
mod news;
mod plan;
mod show;
mod table;
mod texts;

use super::soak;
use crate::error::{NO_ANSWER, Refusal, VIOLATED, interrupted_status};
use crate::machine::kernels::{self, Column, Kernel, List, System, fetch};
use crate::machine::{qemu, subprocess};
use crate::results::snapshot;
use crate::results::snapshot::check::{Agreement, Snapshots};
use crate::{atomic, style, terminal, workspace};
use args::Plan;
pub(crate) use args::{MatrixArgs, STATUSES};
use cache::Cache;
use column::{Outcome, Shared, Source};
use harness::record::Record;
use hold::hold;
use news::News;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant;
use table::Row;

/// Runs the matrix as `args` say; gives the exit status.
///
/// # Errors
/// When it cannot be run at all.
pub(crate) fn matrix(args: &MatrixArgs) -> Result<u8, Refusal> {
    if !args.forget.is_empty() {
        return forget::forget(args);
    }
    let columns = columns(args)?;
    if let Some(Plan::Github) = args.plan {
        terminal::say(&plan::github(&columns))?;
        return Ok(0);
    }
    let soaks = args.soak.duration.is_some();
    let folder = match args.check || args.accept {
        true => Some(folder(args)?),
        false => None,
    };
    let cache =
        Cache::open(args.results.clone(), if soaks { workspace::SOAK } else { workspace::MATRIX })?;
    let program = args.source.program()?;
    let suite = std::fs::read(&program.path)
        .map_err(|error| Refusal::usage(format!("--suite {}: {error}", program.path.display())))?;
    let deviations = args.source.deviations.as_deref();
    let mut digest = cache::digest_of(deviations).map_err(Refusal::usage)? + &cache::digest(&suite);
    if let Some(version) = &args.source.taken_as {
        digest += &format!("-as-{version}");
    }
    let cases = program.description.cases.iter();
    let expected = cases.filter(|case| !soaks || case.name.starts_with(soak::PREFIX)).collect();
    let shared = Shared {
        suite: &program.path,
        deviations,
        taken_as: args.source.taken_as.as_deref(),
        digest,
        expected,
        soak: &args.soak,
        machine: qemu::identity(&args.qemu).map_err(|refusal| refusal.line),
        qemu: args.qemu.clone(),
        accel: args.accel,
        again: args.again,
        timeout: args.timeout,
    };
    let begun = Instant::now();
    let outcomes = run_all(&columns, &shared, &cache, args);
    let wall = begun.elapsed().as_secs_f64();
    let mut rows: Vec<Row> = columns
        .iter()
        .zip(outcomes)
        .map(|(column, outcome)| Row {
            name: column.name(),
            variant: match column {
                Column::Kernel(_, variant) => Some(variant.name.clone()),
                Column::System(_) => None,
            },
            held: column.is_held(),
            record: read(&cache, column, &outcome),
            outcome,
            agreement: None,
        })
        .collect();
    let checked = folder.as_ref().map(|folder| {
        let (accept, description) = (args.accept, &program.description);
        hold(&mut rows, &columns, &cache, Snapshots { folder, accept, description })
    });
    let changes = checked.as_ref().map(|checked| texts::report(checked, args.accept));
    terminal::say(&format!(
        "{}\n{}\n{}{}{}{}",
        table::counts(&rows),
        table::map(&rows),
        table::notes(&rows),
        table::tried(&rows),
        changes.unwrap_or_default(),
        closing(&rows, wall)
    ))?;
    let stale = checked.is_some_and(|checked| checked.is_stale() && !args.accept);
    let held = rows.iter().any(|row| row.held && row.agreement.is_some());
    Ok(status(&rows, &columns, args)?.max(if stale && held { VIOLATED } else { 0 }))
}

/// What is to be run: `--via` alone runs nothing of the list, unless `--only` names that.
fn columns(args: &MatrixArgs) -> Result<Vec<Column>, Refusal> {
    let list = List::read(args.kernels.as_deref())
        .map_err(|why| Refusal::usage(format!("--kernels {why}")))?;
    let vias = args.via.iter().map(|via| named_command(via)).collect::<Result<Vec<_>, _>>()?;
    let mut columns = list.columns();
    columns.extend(vias.iter().cloned().map(Column::System));
    if let Some(name) = repeated(&columns) {
        return Err(Refusal::usage(format!("--via: the matrix has a `{name}` already")));
    }
    select(columns.clone(), &args.require, "--require")?;
    let mut only = args.only.clone();
    if !vias.is_empty() {
        only.extend(vias.into_iter().map(|system| system.name));
    }
    select(columns, &only, "--only")
}

fn select(columns: Vec<Column>, names: &[String], option: &str) -> Result<Vec<Column>, Refusal> {
    kernels::select(columns, names).map_err(|why| Refusal::usage(format!("{option} {why}")))
}

/// `NAME=COMMAND`
fn named_command(via: &str) -> Result<System, Refusal> {
    let safe = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    let named = via.split_once('=').filter(|(name, _)| !name.is_empty() && name.chars().all(safe));
    let (name, command) = named.unwrap_or(("via", via));
    if command.trim().is_empty() {
        return Err(Refusal::usage(format!("--via {via}: there is no command in it")));
    }
    Ok(System {
        name: name.to_owned(),
        command: command.to_owned(),
        version: String::new(),
        package: String::new(),
        held: true,
    })
}

fn repeated(columns: &[Column]) -> Option<String> {
    let names: Vec<String> = columns.iter().map(Column::name).collect();
    let repeated = |(at, name): &(usize, &String)| names[..*at].contains(name);
    names.iter().enumerate().find(repeated).map(|(_, name)| name.clone())
}

/// A column that can be run now.
enum Job<'a> {
    Boot(&'a Column, fetch::Fetched),
    System(&'a System),
}

/// Runs what has to be run, as many columns at a time as there are processors; kernels are fetched
/// meanwhile.
fn run_all(columns: &[Column], shared: &Shared, cache: &Cache, args: &MatrixArgs) -> Vec<Outcome> {
    let mut outcomes: Vec<Option<Outcome>> = columns.iter().map(|_| None).collect();
    let (jobs, due) = mpsc::channel::<(usize, Job)>();
    let due = Mutex::new(due);
    let (tell, heard) = mpsc::channel::<show::Heard>();
    let processors = thread::available_parallelism().map_or(1, |count| count.get());
    let workers = args.jobs.map_or(processors, usize::from).min(columns.len().max(1));
    thread::scope(|scope| {
        for kernel in kernels_of(columns) {
            let (jobs, tell) = (jobs.clone(), tell.clone());
            scope.spawn(move || get(kernel, columns, shared, args, &jobs, &tell));
        }
        for (at, column) in columns.iter().enumerate() {
            if let Column::System(system) = column {
                let _ = jobs.send((at, Job::System(system)));
            }
        }
        drop(jobs);
        for _ in 0..workers {
            let (due, tell) = (&due, tell.clone());
            scope.spawn(move || {
                loop {
                    // A worker that waits for a job holds the lock; the others wait for the lock.
                    let next = due.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((at, job)) = next else { return };
                    let on = |news| drop(tell.send(show::Heard::News(at, news)));
                    let outcome = run_one(&job, shared, cache, &on);
                    if !matches!(outcome, Outcome::Done(..)) {
                        let _ = std::fs::remove_file(cache.draft(&columns[at].name()));
                    }
                    let _ = tell.send(show::Heard::Ended(at, outcome));
                }
            });
        }
        drop(tell);
        let mut screen = show::Screen::new(columns, shared.expected.len());
        for heard in heard {
            screen.show(&heard);
            if let show::Heard::Ended(at, outcome) = heard {
                outcomes[at] = Some(outcome);
            }
        }
    });
    outcomes.into_iter().map(|outcome| outcome.unwrap_or(Outcome::Interrupted)).collect()
}

fn kernels_of(columns: &[Column]) -> Vec<&Kernel> {
    let mut kernels: Vec<&Kernel> = Vec::new();
    for column in columns {
        if let Column::Kernel(kernel, _) = column
            && !kernels.contains(&kernel)
        {
            kernels.push(kernel);
        }
    }
    kernels
}

/// Fetches a kernel and hands over its columns.
fn get<'a>(
    kernel: &Kernel,
    columns: &'a [Column],
    shared: &Shared,
    args: &MatrixArgs,
    jobs: &mpsc::Sender<(usize, Job<'a>)>,
    tell: &mpsc::Sender<show::Heard>,
) {
    let step = |what: &str| drop(tell.send(show::Heard::Step(kernel.name.clone(), what.into())));
    let fetched = match &shared.machine {
        // What cannot be booted need not be fetched.
        Err(why) => Err(why.clone()),
        Ok(_) => fetch::fetch(kernel, args.refresh, step),
    };
    let _ = tell.send(show::Heard::Fetched(kernel.name.clone()));
    if let Ok(fetch::Fetched { note: Some(note), .. }) = &fetched {
        let _ = tell.send(show::Heard::Said(format!("{}: {note}", kernel.name)));
    }
    for (at, column) in columns.iter().enumerate() {
        if !matches!(column, Column::Kernel(own, _) if own == kernel) {
            continue;
        }
        let _ = match &fetched {
            Ok(fetched) => jobs.send((at, Job::Boot(column, fetched.clone()))).map_err(drop),
            Err(why) => {
                let outcome = match subprocess::interrupted() {
                    Some(_) => Outcome::Interrupted,
                    // Whatever the mirror has: this machine cannot take it.
                    None if why.contains(atomic::FULL) => Outcome::NoAnswer(why.clone()),
                    None => Outcome::NotAvailable(why.clone()),
                };
                tell.send(show::Heard::Ended(at, outcome)).map_err(drop)
            }
        };
    }
}

fn run_one(job: &Job, shared: &Shared, cache: &Cache, on: &dyn Fn(News)) -> Outcome {
    match job {
        _ if subprocess::interrupted().is_some() => Outcome::Interrupted,
        Job::Boot(Column::Kernel(kernel, variant), fetched) => {
            shared.kernel((kernel, variant), fetched, cache, on)
        }
        Job::Boot(..) => Outcome::NoAnswer("this is no kernel".into()),
        Job::System(system) => shared.system(system, cache, on),
    }
}

fn read(cache: &Cache, column: &Column, outcome: &Outcome) -> Option<Record> {
    match outcome {
        Outcome::Done(..) => column::read(&cache.record(&column.name())).ok(),
        Outcome::Cut(..) => column::read(&cache.cut(&column.name())).ok(),
        _ => None,
    }
}

/// Where the snapshots are. To be held against, they must be there.
fn folder(args: &MatrixArgs) -> Result<PathBuf, Refusal> {
    let folder = match (&args.snapshots, workspace::find()) {
        (Some(folder), _) => folder.clone(),
        (None, Some(workspace)) => workspace.join(snapshot::FOLDER),
        (None, None) => {
            return Err(Refusal::usage(
                "there is no sigsys workspace here: go into one, or name the folder with --snapshots",
            ));
        }
    };
    let refuse = |why: String| Refusal::usage(format!("--snapshots {}: {why}", folder.display()));
    if args.accept {
        std::fs::create_dir_all(&folder).map_err(|error| refuse(error.to_string()))?;
    } else if !folder.is_dir() {
        return Err(refuse("there is no such folder; --accept makes it".into()));
    }
    Ok(folder)
}

fn closing(rows: &[Row], wall: f64) -> String {
    let (mut run, mut kept, mut missing, mut sum) = (0, 0, 0, 0.0);
    for row in rows {
        match &row.outcome {
            Outcome::Done(done, Source::Run) => {
                run += 1;
                sum += done.seconds;
            }
            Outcome::Done(_, Source::Kept) => kept += 1,
            _ => missing += 1,
        }
    }
    let mut parts = vec![format!("{run} run")];
    if kept > 0 {
        parts.push(format!("{kept} kept from before"));
    }
    if missing > 0 {
        parts.push(format!("{missing} without a result"));
    }
    let mut text = format!(
        "{} {}: {}",
        style::paint(style::STRONG, "matrix"),
        style::plural(rows.len(), "columns"),
        parts.join(", ")
    );
    if run > 0 {
        text += &format!("; {wall:.0} s, {:.2} of the {sum:.0} s they took together", wall / sum);
    } else if missing == 0 {
        text += "; nothing to do: kernels, suite and boot lines are those of the records (--again runs them anew)";
    }
    text + "\n"
}

fn status(rows: &[Row], columns: &[Column], args: &MatrixArgs) -> Result<u8, Refusal> {
    if let Some(signal) = subprocess::interrupted() {
        terminal::complain(
            "interrupted; what was finished is kept, and the next run goes on from there",
        );
        return Ok(interrupted_status(signal));
    }
    let mut status = 0;
    for (row, column) in rows.iter().zip(columns) {
        let required = args.require.iter().any(|name| column.is_called(name));
        let own = match &row.outcome {
            Outcome::Done(kept, _) if row.held => kept.status,
            Outcome::Done(..) => 0,
            Outcome::NotAvailable(_) if required => {
                terminal::complain(&format!("{} is required and not available", row.name));
                NO_ANSWER
            }
            Outcome::NotAvailable(_) => 0,
            Outcome::Cut(_, status) if row.held => (*status).max(NO_ANSWER),
            Outcome::Cut(..) | Outcome::NoAnswer(_) | Outcome::Interrupted => NO_ANSWER,
        };
        let agreement = match &row.agreement {
            Some((_, Agreement::Differs(_))) if row.held => VIOLATED,
            Some((name, Agreement::New(_))) if args.require_snapshots => {
                terminal::complain(&format!("there is no snapshot of {name}"));
                NO_ANSWER
            }
            Some((_, Agreement::Fault(_))) => NO_ANSWER,
            _ => 0,
        };
        status = status.max(own).max(agreement);
    }
    let ran = |row: &Row| matches!(row.outcome, Outcome::Done(..) | Outcome::Cut(..));
    if !rows.iter().any(ran) {
        return Err(Refusal::no_answer("nothing could be run: the reasons are above"));
    }
    Ok(status)
}
