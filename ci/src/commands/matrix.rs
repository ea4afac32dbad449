//! `sigsys matrix`: the suite in every kernel of a list, in every variant, and on other systems.

mod args;
mod cache;
mod choice;
mod closing;
mod column;
mod combine;
mod follow;
mod forget;
mod get;
mod hold;
mod json;
mod map;
mod news;
mod plan;
mod queue;
mod recorded;
mod run;
#[cfg(test)]
mod sample;
mod show;
mod site;
mod system;
mod table;
mod texts;

use super::{formats, records, soak};
use crate::error::{NO_ANSWER, Refusal, VIOLATED, interrupted_status};
use crate::machine::kernels::Column;
use crate::machine::{qemu, subprocess};
use crate::results::snapshot::check::{Agreement, Snapshots};
use crate::{terminal, workspace};
pub(crate) use args::{MatrixArgs, STATUSES};
use args::{MatrixFormat, Plan};
use cache::Cache;
use choice::columns;
use column::{Outcome, Shared};
use hold::hold;
use std::path::PathBuf;
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
    let usual = if soaks { workspace::SOAK } else { workspace::MATRIX };
    let cache = match &args.records {
        Some(folder) => Cache::of_records(folder.clone())?,
        None => Cache::open(args.results.clone(), usual)?,
    };
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
        full: args.full,
        timeout: args.timeout,
    };
    let begun = Instant::now();
    let ended = match &args.records {
        Some(_) => recorded::read_all(&columns, &shared, &cache),
        None => run::run_all(&columns, &shared, &cache, args),
    };
    let wall = args.records.is_none().then(|| begun.elapsed().as_secs_f64());
    let mut rows = combine::rows(&columns, ended, &cache);
    combine::assumptions(&mut rows, &columns, &program.description);
    let checked = folder.as_ref().map(|folder| {
        let (accept, description) = (args.accept, &program.description);
        hold(&mut rows, &columns, &cache, Snapshots { folder, accept, description })
    });
    let stale = checked.as_ref().is_some_and(|checked| checked.is_stale() && !args.accept);
    let stale = stale && rows.iter().any(|row| row.held && row.agreement.is_some());
    let of_rows = status(&rows, &columns, args);
    // Soaks run the properties alone.
    let site = match soaks || subprocess::interrupted().is_some() {
        true => Ok(None),
        false => site::write(&rows, &cache, &program.description),
    };
    let (site, not_written) = match site {
        Ok(site) => (site.unwrap_or_default(), 0),
        Err(refusal) => {
            terminal::complain(&refusal.line);
            (String::new(), NO_ANSWER)
        }
    };
    match args.format {
        MatrixFormat::Table => {
            let changes = checked.as_ref().map(|checked| texts::report(checked, args.accept));
            terminal::say(&format!(
                "{}\n{}\n{}{}{}{}{}",
                table::counts(&rows),
                map::map(&rows),
                table::notes(&rows),
                table::tried(&rows),
                changes.unwrap_or_default(),
                site,
                closing::closing(&rows, wall)
            ))?;
        }
        MatrixFormat::Json => terminal::say_json(&json::document(&rows, checked.as_ref()))?,
        other => {
            if let Some(export) = other.export() {
                formats::say(export.format(), &table::document(&rows, args.kcidb.names()))?;
            }
        }
    }
    if args.format != MatrixFormat::Table && !site.is_empty() {
        terminal::note(site.trim_end());
    }
    Ok(of_rows?.max(if stale { VIOLATED } else { 0 }).max(not_written))
}

/// Where the snapshots are. To be held against, they must be there; those of a bundle stay as they are.
fn folder(args: &MatrixArgs) -> Result<PathBuf, Refusal> {
    let changed = args.accept || !args.forget.is_empty();
    let folder = match &args.snapshots {
        Some(folder) => folder.clone(),
        None if changed && let Some(bundle) = workspace::bundle()? => {
            return Err(Refusal::usage(format!(
                "the snapshots of the bundle {} stay as they are: name a folder of your own with --snapshots",
                bundle.folder.display()
            )));
        }
        None => records::snapshots()?.ok_or_else(|| {
            Refusal::usage(
                "there is no sigsys workspace here: go into one, or name the folder with --snapshots",
            )
        })?,
    };
    let refuse = |why: String| Refusal::usage(format!("--snapshots {}: {why}", folder.display()));
    if args.accept {
        std::fs::create_dir_all(&folder).map_err(|error| refuse(error.to_string()))?;
    } else if !folder.is_dir() {
        return Err(refuse("there is no such folder; --accept makes it".into()));
    }
    Ok(folder)
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
        let own = args.kernel.iter().filter_map(|text| Some(text.split_once('=')?.0));
        let mut named = args.require.iter().map(String::as_str).chain(own);
        let required = named.any(|name| column.is_called(name));
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
            Some((_, Agreement::Differs(_))) if row.gated => VIOLATED,
            Some((name, Agreement::New(_))) if args.require_snapshots => {
                terminal::complain(&format!("there is no snapshot of {name}"));
                NO_ANSWER
            }
            Some((_, Agreement::Fault(_))) => NO_ANSWER,
            _ => 0,
        };
        let wrong = row.undeclared.is_some() && row.gated || !row.assumed.is_empty();
        status = status.max(own).max(agreement).max(if wrong { VIOLATED } else { 0 });
    }
    let ran = |row: &Row| matches!(row.outcome, Outcome::Done(..) | Outcome::Cut(..));
    if !rows.iter().any(ran) {
        return Err(Refusal::no_answer(match &args.records {
            Some(folder) => format!("there is no record of a column in {}", folder.display()),
            None => "nothing could be run: the reasons are above".into(),
        }));
    }
    Ok(status)
}
