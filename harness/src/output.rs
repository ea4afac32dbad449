//! What a run says of its cases: KTAP, and the text of a failure.

use crate::describe::ClauseText;
use crate::engine::Engine;
use crate::pool::Stopped;
use crate::record::{CaseLine, Verdict, one_line};
use crate::say::Unsaid;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Runs `indices` on `threads` threads and hands each line to `print` as it is done; in order where
/// `ordered`.
pub(crate) fn stream(
    engine: &Engine,
    indices: &[usize],
    threads: usize,
    ordered: bool,
    mut print: impl FnMut(&CaseLine) -> Result<(), Unsaid>,
) -> Result<(), Stopped> {
    let mut print = |line: &CaseLine| print(line).map_err(|_| Stopped);
    if threads <= 1 {
        for index in indices {
            print(&engine.run(*index)?)?;
        }
        return Ok(());
    }
    let next = AtomicUsize::new(0);
    let (sender, lines) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(index) = indices.get(place) else { return };
                    let line = engine.run(*index);
                    let stop = line.is_err();
                    if sender.send((place, line)).is_err() || stop {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut due = 0;
        for (place, line) in lines {
            let line = line?;
            if !ordered {
                print(&line)?;
                continue;
            }
            waiting.insert(place, line);
            while let Some(line) = waiting.remove(&due) {
                print(&line)?;
                due += 1;
            }
        }
        Ok(())
    })
}

/// One KTAP line, with the report of a failure as diagnostics before it.
pub(crate) fn ktap(number: usize, line: &CaseLine, report: &str) -> String {
    let name = &line.name;
    match line.verdict {
        Verdict::Holds => format!("ok {number} {name}\n"),
        Verdict::Deviates => {
            let why = line.deviation.as_ref().map_or("", |known| &known.why);
            format!("ok {number} {name} # XFAIL {}\n", one_line(why))
        }
        Verdict::NotOffered => format!("ok {number} {name} # SKIP {}\n", line.said()),
        _ => {
            let diagnostics: String = report.lines().map(|line| format!("# {line}\n")).collect();
            format!("{diagnostics}not ok {number} {name}\n")
        }
    }
}

/// A failure as a bug report.
pub(crate) fn report(engine: &Engine, index: usize, line: &CaseLine) -> String {
    let case = engine.case(index);
    let kernel = &engine.judge().kernel.identity;
    let mut text = format!("{}  {}\n", line.name, line.verdict.words().to_uppercase());
    for (position, clause) in case.clauses.iter().enumerate() {
        let label = if position == 0 { "promised" } else { "" };
        text += &format!("  {label:<9} {}\n", clause.promise);
        for line in ClauseText::from(*clause).cited() {
            text += &format!("  {:<9} {line}\n", "");
        }
    }
    if !case.catches.is_empty() {
        text += &format!("  {:<9} {}\n", "catches", case.catches);
    }
    text += &format!("  {:<9} {}:{}\n", "case", case.file, case.line);
    let place = if line.place().is_empty() { String::new() } else { format!("{}  ", line.place()) };
    text += &format!("  {:<9} {place}{}\n", "failed", line.said());
    for note in line.notes() {
        text += &format!("  {:<9} {note}\n", "note");
    }
    for (name, values) in line.facts.lines() {
        text += &format!("  {:<9} {name} = {values}\n", "saw");
    }
    if !line.output.is_empty() {
        text += &format!(
            "  {:<9} {}\n",
            "printed",
            line.output.trim_end().replace('\n', "\n            ")
        );
    }
    let vsyscall = kernel.vsyscall_word();
    text += &format!(
        "  {:<9} {} {} {}, vsyscall={vsyscall}\n",
        "kernel", kernel.system, kernel.release, kernel.machine
    );
    text += &format!("  {:<9} sigsys run --exact {}", "again", line.name);
    text
}

#[cfg(test)]
mod tests;
