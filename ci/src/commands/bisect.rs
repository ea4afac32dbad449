//! `sigsys bisect`: which release changed what a case comes to.

mod args;

use super::answers::{self, Asked, Chosen, Line, Progress, announce, ask};
use crate::error::{DIFFERENT, NO_ANSWER, Refusal};
use crate::machine::suite::Program;
use crate::results::bisect::behaviour::Behaviour;
use crate::results::bisect::report::{CaseAnswers, Finished, report};
use crate::results::bisect::{Depth, Search, text};
use crate::results::names::listed;
use crate::terminal;
use args::BisectFormat;
pub(crate) use args::{BisectArgs, STATUSES};
use harness::describe::CaseMeta;
use std::collections::BTreeMap;

/// Asks kernels where a case changes; gives the exit status.
///
/// # Errors
/// When nothing can be asked, or no kernel answers.
pub(crate) fn bisect(args: &BisectArgs) -> Result<u8, Refusal> {
    let line = ends(args.asking.line()?, args)?;
    let program = Program::get(args.suite.as_deref(), None)?;
    let chosen = Chosen::of(&program, &args.case, args.exact)?;
    let machine = args.asking.machine(&program, &chosen)?;
    announce(&line);
    let series = line.series();
    let depth = if args.all { Depth::Every } else { Depth::One };
    let search = Search { series: &series, depth };
    let wanted = |asked: &Asked| {
        let mut places: Vec<usize> = chosen
            .cases
            .iter()
            .flat_map(|case| search.wanted(&of_case(case, asked).answers))
            .collect();
        places.sort_unstable();
        places.dedup();
        places
    };
    let (asked, effort) = ask(&machine, &line, wanted, Progress)?;
    let cases: Vec<CaseAnswers> = chosen.cases.iter().map(|case| of_case(case, &asked)).collect();
    let notes = notes(&line, &asked);
    let kernels = &line.kernels;
    let found = report(&Finished {
        name: &args.case,
        kernels,
        search,
        cases: &cases,
        notes: &notes,
        effort,
    });
    match args.format {
        BisectFormat::Text => terminal::say(&text::text(&found))?,
        BisectFormat::Json => {
            terminal::say_json(&serde_json::to_string(&found).unwrap_or_default())?;
        }
    }
    if let Some(path) = &args.write {
        answers::write(path, &found.deviations())?;
    }
    Ok(match (found.found(), found.answered()) {
        (true, _) => 0,
        (false, true) => DIFFERENT,
        (false, false) => NO_ANSWER,
    })
}

/// The kernels between the ends that are named, else all.
fn ends(line: Line, args: &BisectArgs) -> Result<Line, Refusal> {
    let place = |option: &str, name: &Option<String>, otherwise: usize| match name {
        None => Ok(otherwise),
        Some(name) => {
            line.place(name).map_err(|why| Refusal::usage(format!("{option} {name}: {why}")))
        }
    };
    let last = line.kernels.len().saturating_sub(1);
    let good = place("--good", &args.good, 0)?;
    let bad = place("--bad", &args.bad, last)?;
    if good == bad {
        let name = &line.kernels[good].label;
        return Err(Refusal::usage(format!(
            "both ends are {name}: a search needs two kernels, --good and --bad"
        )));
    }
    Ok(line.between(good.min(bad), good.max(bad)))
}

/// What kernels answered in one case.
fn of_case(case: &CaseMeta, asked: &Asked) -> CaseAnswers {
    let answer = |lines: &Result<Vec<_>, String>| {
        let lines: &Vec<harness::record::CaseLine> = lines.as_ref().ok()?;
        Behaviour::of(lines.iter().find(|line| line.name == case.name)?).ok()
    };
    let answers = asked.iter().map(|(place, lines)| (*place, answer(lines))).collect();
    CaseAnswers { name: case.name.clone(), answers }
}

/// The kernels that gave no answer, by the reason.
fn notes(line: &Line, asked: &Asked) -> Vec<String> {
    let mut silent: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (place, lines) in asked {
        if let Err(why) = lines {
            silent.entry(why).or_default().push(line.kernels[*place].label.clone());
        }
    }
    let said = silent.into_iter().map(|(why, labels)| match labels.as_slice() {
        [one] => format!("{one} gives no answer, its neighbour is used: {why}"),
        many => format!("{} give no answer, their neighbours are used: {why}", listed(many)),
    });
    line.notes.iter().cloned().chain(said).collect()
}
