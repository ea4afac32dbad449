//! The formats a run is printed in.

use crate::engine::Engine;
use crate::pool::Stopped;
use crate::record::{Durations, Footer, Header, Line, Verdict};
use crate::say::{Unsaid, printing, say};
use crate::{frame, output, registry, say};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::collections::BTreeMap;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex, PoisonError};

/// The name, among the cases of KTAP, of what the kernel said of itself while no case ran.
const TAINT_CHECK: &str = "kernel::taint_is_explained";

/// What is run.
pub(crate) struct Selection<'a> {
    /// The places of the cases in the sorted registry.
    pub cases: &'a [usize],
    /// How many at a time.
    pub threads: usize,
    /// The faults of the registry, where that is checked.
    pub faults: Option<&'a [String]>,
}

/// Why a run stops before its end: an interrupt, or output that nobody takes.
fn unless_stopped() -> Result<(), Stopped> {
    match sys::signal::interrupted().is_some() || say::failure().is_some() {
        true => Err(Stopped),
        false => Ok(()),
    }
}

pub(crate) fn libtest(
    args: &Arguments,
    engine: &Arc<Engine>,
    selection: &Selection<'_>,
    named: bool,
) -> Result<(), Stopped> {
    let mut trials = Vec::new();
    if !named {
        let faults = selection.faults.unwrap_or_default().to_owned();
        let check = move || match faults.is_empty() {
            true => Ok(()),
            false => Err(Failed::from(faults.join("\n"))),
        };
        trials.push(Trial::test(registry::CHECK, check));
    }
    for (index, case) in engine.cases().iter().enumerate() {
        if named && !selection.cases.contains(&index) {
            continue;
        }
        let running = engine.clone();
        // nextest shows a case skipped at run time as passed, so the list says it beforehand.
        let ignored = (args.list || args.ignored) && engine.not_offered(case);
        let trial = Trial::ignorable_test(case.name(), move || trial(&running, index));
        trials.push(trial.with_ignored_flag(ignored));
    }
    printing(|| drop(libtest_mimic::run(args, trials))).map_err(|_| Stopped)?;
    unless_stopped()
}

fn trial(engine: &Engine, index: usize) -> Result<Completion, Failed> {
    let line = match unless_stopped().and_then(|()| engine.run(index)) {
        Ok(line) => line,
        Err(Stopped) => {
            // The printer cannot be told to stop: what follows would look like verdicts.
            say::shut();
            return Ok(Completion::ignored());
        }
    };
    match line.verdict {
        Verdict::Holds | Verdict::Deviates => Ok(Completion::Completed),
        Verdict::NotOffered => Ok(Completion::ignored_with(line.said())),
        _ => Err(output::report(engine, index, &line).into()),
    }
}

pub(crate) fn ktap(engine: &Engine, selection: &Selection<'_>) -> Result<(), Stopped> {
    let checks = usize::from(selection.faults.is_some());
    let say = |text: &str| say(text).map_err(|_| Stopped);
    say(&format!("KTAP version 1\n1..{}\n", selection.cases.len() + checks + 1))?;
    let check = |number: usize, name: &str, faults: &[String]| {
        let diagnostics: String = faults.iter().map(|fault| format!("# {fault}\n")).collect();
        let sound = if faults.is_empty() { "ok" } else { "not ok" };
        say(&format!("{diagnostics}{sound} {number} {name}\n"))
    };
    if let Some(faults) = selection.faults {
        check(checks, registry::CHECK, faults)?;
    }
    let mut due = selection.cases.iter().zip(checks + 1..);
    output::stream(engine, selection.cases, selection.threads, true, |line| {
        let Some((index, number)) = due.next() else { return Ok(()) };
        say::say(&output::ktap(number, line, &output::report(engine, *index, line)))
    })?;
    let fault = engine.unexplained().map(|(_, words)| words);
    check(selection.cases.len() + checks + 1, TAINT_CHECK, fault.as_slice())
}

pub(crate) fn json(
    engine: &Engine,
    selection: &Selection<'_>,
    header: Header,
    frames: &Mutex<Option<frame::Writer>>,
) -> Result<(), Stopped> {
    let print = |line: &Line| match serde_json::to_string(line) {
        Ok(text) => say_framed(frames, text),
        Err(error) => Err(Unsaid::Failed(format!("a line cannot be written: {error}"))),
    };
    let print_or_stop = |line: &Line| print(line).map_err(|_| Stopped);
    print_or_stop(&Line::Run(header))?;
    let mut verdicts = Vec::new();
    let outcome = output::stream(engine, selection.cases, selection.threads, false, |line| {
        verdicts.push(line.verdict);
        print(&Line::Case(line.clone()))
    });
    let interrupted = sys::signal::interrupted().map(crate::signals::name);
    if outcome.is_err() && interrupted.is_none() {
        return outcome;
    }
    for durations in in_parts(engine.durations()) {
        print_or_stop(&Line::Durations(durations))?;
    }
    let end = Footer { taint: engine.taint_after(), interrupted, ..Footer::count(verdicts) };
    print_or_stop(&Line::End(end))?;
    outcome
}

/// Durations in lines of no more than this many cases: none is longer than a serial line takes at once.
fn in_parts(durations: Durations) -> impl Iterator<Item = Durations> {
    const CASES: usize = 100;
    let mut rest = durations.microseconds.into_iter();
    std::iter::from_fn(move || {
        let microseconds: BTreeMap<String, u64> = rest.by_ref().take(CASES).collect();
        (!microseconds.is_empty()).then_some(Durations { microseconds })
    })
}

/// As [`json`], each line in a frame; says that it is alive, now and then, where it may have a thread.
pub(crate) fn framed(
    engine: &Engine,
    selection: &Selection<'_>,
    header: Header,
    one_thread: bool,
) -> Result<(), Stopped> {
    let frames = Mutex::new(Some(frame::Writer::new(frame::SUITE)));
    if one_thread {
        // What is forked must not meet another thread's locks.
        return json(engine, selection, header, &frames);
    }
    let (over, is_over) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let frames = &frames;
        scope.spawn(move || {
            while is_over.recv_timeout(frame::BEAT) == Err(RecvTimeoutError::Timeout) {
                let _ = say_framed(frames, frame::ALIVE.to_owned());
            }
        });
        let outcome = json(engine, selection, header, frames);
        drop(over);
        outcome
    })
}

/// Prints a line, in a frame where lines have one. Frames are numbered in the order they are printed.
fn say_framed(frames: &Mutex<Option<frame::Writer>>, text: String) -> Result<(), Unsaid> {
    let mut frames = frames.lock().unwrap_or_else(PoisonError::into_inner);
    let text = frames.as_mut().map_or(text.clone(), |frames| frames.frame(&text));
    say(&format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case::none(0, &[])]
    #[case::full(100, &[100])]
    #[case::more(201, &[100, 100, 1])]
    fn durations_come_in_lines_that_are_not_too_long(#[case] count: u64, #[case] lines: &[usize]) {
        let microseconds: BTreeMap<String, u64> =
            (0..count).map(|number| (format!("{number:03}"), number)).collect();
        let parts: Vec<Durations> =
            in_parts(Durations { microseconds: microseconds.clone() }).collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.microseconds.len()).collect();
        assert_eq!(lengths, lines);
        let together: BTreeMap<String, u64> =
            parts.into_iter().flat_map(|part| part.microseconds).collect();
        assert_eq!(together, microseconds);
    }
}
