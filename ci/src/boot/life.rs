//! One boot, from power on to its end, and what that end was.

use super::console::{Console, Meaning};
use super::qemu;
use crate::children::{self, Running, Said};
use harness::frame::{self, Reader};
use std::time::{Duration, Instant};

/// How long something may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Until the suite is reached.
    pub start: Duration,
    /// From one line of the suite to the next.
    pub silence: Duration,
    /// The whole boot.
    pub whole: Duration,
}

/// How long a kernel that said that it is dead may stay.
const AFTER_PANIC: Duration = Duration::from_secs(3);

/// Something that happens in the course of a boot.
#[derive(Debug)]
pub(crate) enum Event {
    /// The first process runs.
    Started,
    /// A line of the suite's record.
    Line(String),
    /// The kernel found itself at fault.
    Complaint(String),
    /// The suite complained, in a line of its own.
    Note(String),
}

/// How a boot ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The first process ended it, and says how the suite ended.
    Told(String),
    /// The kernel said that it is dead.
    Panic(String),
    /// The machine was reset and nobody said why.
    Reset,
    /// Nothing came for the time it may take.
    Silence(Duration),
    /// The whole took too long.
    Overtime,
    /// QEMU ended: how, and what it said.
    Qemu(String),
    /// This tool is to end.
    Interrupted(i32),
}

/// A boot that is over.
#[derive(Debug)]
pub(crate) struct Life {
    /// The release of the kernel, once the suite was reached.
    pub started: Option<String>,
    /// How long that took.
    pub boot: Duration,
    /// How long all of it took.
    pub whole: Duration,
    /// Frames that were lost on the way.
    pub lost: u32,
    pub console: Console,
    pub end: End,
}

/// Follows a started machine to its end.
pub(crate) fn follow(mut machine: Running, limits: Limits, mut on: impl FnMut(Event)) -> Life {
    let begun = Instant::now();
    let last = begun + limits.whole;
    machine.end_by(last.min(begun + limits.start));
    let mut life = Life {
        started: None,
        boot: Duration::ZERO,
        whole: Duration::ZERO,
        lost: 0,
        console: Console::default(),
        end: End::Reset,
    };
    let mut reader = Reader::default();
    let (mut told, mut words) = (None, Vec::new());
    while let Some(said) = machine.next() {
        let (line, from_console) = match &said {
            Said::Out(line) => (line.trim_end_matches('\r'), true),
            Said::Err(line) => (line.trim_end_matches('\r'), false),
        };
        if let Some(frame) = reader.take(line) {
            life.lost += frame.lost;
            machine.end_by(last.min(Instant::now() + limits.silence));
            match (frame.stream, frame.text.split_once(' ')) {
                (frame::INIT, Some(("started", release))) => {
                    life.started = Some(release.to_owned());
                    life.boot = begun.elapsed();
                    on(Event::Started);
                }
                (frame::INIT, Some(("ended", how))) => told = Some(how.to_owned()),
                (frame::SUITE, _) if frame.text != frame::ALIVE => on(Event::Line(frame.text)),
                _ => {}
            }
        } else if from_console {
            match life.console.take(line) {
                // What is still said shows where; then it may go.
                Meaning::Panic => machine.end_by(last.min(Instant::now() + AFTER_PANIC)),
                Meaning::Complaint(line) => on(Event::Complaint(line)),
                Meaning::Nothing if line.starts_with("sigsys: ") => on(Event::Note(line.into())),
                Meaning::Nothing => {}
            }
        } else if !qemu::is_chatter(line) {
            words.push(line.to_owned());
        }
    }
    life.whole = begun.elapsed();
    life.end = end(&machine, &life, told, &words, last, limits);
    life
}

fn end(
    machine: &Running,
    life: &Life,
    told: Option<String>,
    words: &[String],
    last: Instant,
    limits: Limits,
) -> End {
    if let Some(how) = told {
        return End::Told(how);
    }
    if let Some(signal) = children::interrupted() {
        return End::Interrupted(signal);
    }
    if let Some(line) = &life.console.panic {
        return End::Panic(line.clone());
    }
    if machine.was_overdue() {
        return match (Instant::now() >= last, &life.started) {
            (true, _) => End::Overtime,
            (false, None) => End::Silence(limits.start),
            (false, Some(_)) => End::Silence(limits.silence),
        };
    }
    let status = machine.status();
    // -no-reboot makes QEMU leave like this when the machine is reset.
    if status.is_some_and(|status| status.code() == Some(0)) {
        return End::Reset;
    }
    let said = words.last().map(|line| format!(": {line}")).unwrap_or_default();
    End::Qemu(format!("QEMU {}{said}", children::ending(status)))
}
