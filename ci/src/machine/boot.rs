//! One boot, from power on to its end, and what that end was.

mod follow;
#[cfg(test)]
mod tests;

use super::console::{self, Console, ConsoleEvent};
use super::subprocess::{self, Running};
use follow::{Ended, Follower};
use harness::frame::{self, Frame};
use harness::taint;
use std::fmt;
use std::time::{Duration, Instant};

/// Time limits of a boot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Until the suite is reached.
    pub start: Duration,
    /// From one line of the suite to the next.
    pub silence: Duration,
    /// The whole boot.
    pub whole: Duration,
}

/// How long the machine may run on after the suite's end was reported.
pub(crate) const AFTER_END: Duration = Duration::from_secs(15);

/// Something that happens in the course of a boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BootEvent {
    /// The first process runs.
    Started,
    /// A line of the suite's record.
    Line(String),
    /// The kernel found itself at fault, before the suite started.
    Early(String),
    /// The kernel found itself at fault.
    Complaint(String),
    /// The suite complained, in a line of its own.
    Note(String),
    /// A line of the console, as it came.
    Console(String),
}

/// How the suite ended, as the first process tells it: `status N`, `signal N` or `without: WHY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SuiteEnd {
    /// It exited with this status.
    Exited(u8),
    /// It did not: how else it ended, in the words of the first process.
    Otherwise(String),
}

impl From<&str> for SuiteEnd {
    fn from(text: &str) -> Self {
        let status = text.strip_prefix("status ").and_then(|status| status.parse().ok());
        status.map_or_else(|| Self::Otherwise(text.to_owned()), Self::Exited)
    }
}

impl fmt::Display for SuiteEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "status {status}"),
            Self::Otherwise(how) => f.write_str(how),
        }
    }
}

/// How a boot ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The first process ended it, and says how the suite ended.
    SuiteEnded(SuiteEnd),
    /// The kernel said that it is dead.
    Panic(String),
    /// The machine was reset without a panic message.
    Reset,
    /// Nothing came for as long as the limit allows.
    Silence(Duration),
    /// The suite's end was reported, and the machine ran on.
    Stays,
    /// The whole took too long.
    Overtime,
    /// QEMU ended: how, and what it said.
    Qemu(String),
    /// This tool is to end.
    Interrupted(i32),
}

/// Frames that did not arrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Of the suite.
    pub suite: u32,
    /// Of the first process.
    pub init: u32,
}

/// A boot that is over.
#[derive(Clone, Debug)]
pub(crate) struct Boot {
    /// The release of the kernel, once the suite was reached.
    pub started: Option<String>,
    /// How long that took.
    pub reached: Duration,
    /// How long all of it took.
    pub whole: Duration,
    pub lost: Lost,
    pub console: Console,
    /// How the suite ended, where the first process said so.
    pub suite_end: Option<SuiteEnd>,
    /// The kernel's taint before the suite and after it, where it was told.
    pub taint: [Option<u64>; 2],
    /// Messages of the kernel that may have been lost.
    pub unheard: Vec<String>,
    /// How the account of the boot contradicts itself.
    pub contradiction: Option<String>,
    pub end: End,
}

impl Boot {
    pub(super) fn new() -> Self {
        Self {
            started: None,
            reached: Duration::ZERO,
            whole: Duration::ZERO,
            lost: Lost::default(),
            console: Console::default(),
            suite_end: None,
            taint: [None; 2],
            unheard: Vec::new(),
            contradiction: None,
            end: End::Reset,
        }
    }

    fn contradict(&mut self, how: &str) {
        self.contradiction.get_or_insert_with(|| how.to_owned());
    }

    /// Takes a frame; gives what it means to others.
    fn take(&mut self, frame: Frame) -> Option<BootEvent> {
        if frame.again {
            self.contradict("a line of the record came twice");
            return None;
        }
        match frame.stream {
            frame::INIT => {
                self.lost.init += frame.lost;
                self.take_init(&frame.text)
            }
            frame::SUITE => {
                self.lost.suite += frame.lost;
                if self.suite_end.is_some() {
                    self.contradict("the suite spoke after its end");
                }
                (frame.text != frame::HEARTBEAT).then_some(BootEvent::Line(frame.text))
            }
            _ => None,
        }
    }

    fn take_init(&mut self, text: &str) -> Option<BootEvent> {
        let rest = |start: &str| text.strip_prefix(start).map(console::clean);
        if let Some(release) = rest(frame::STARTED) {
            if self.started.replace(release).is_some() {
                self.contradict("the machine started twice");
            }
            return Some(BootEvent::Started);
        }
        if let Some(how) = rest(frame::ENDED) {
            if self.suite_end.replace(SuiteEnd::from(how.as_str())).is_some() {
                self.contradict("the suite ended twice");
            }
        } else if let Some(taint) = rest(frame::TAINT_BEFORE) {
            self.take_taint(0, &taint);
            // What it is tainted with already cannot show again.
            let [tainted, _] = self.taint;
            let words = tainted.filter(|taint| *taint != 0).map(taint::words);
            return words.map(|words| BootEvent::Early(format!("its taint is {taint}: {words}")));
        } else if let Some(taint) = rest(frame::TAINT_AFTER) {
            self.take_taint(1, &taint);
        } else if let Some(record) = rest(frame::LOG) {
            return console::complaint_of_log(&record).map(BootEvent::Complaint);
        } else if let Some(lost) = rest(frame::LOG_LOST) {
            self.unheard.push(match lost.strip_prefix("all: ") {
                Some(why) => format!("the kernel's log could not be read ({why})"),
                None => format!("{lost} lines of the kernel's log were lost"),
            });
        }
        None
    }

    fn take_taint(&mut self, at: usize, text: &str) {
        self.taint[at] = text.parse().ok();
        if self.taint[at].is_none() {
            self.unheard.push(format!("the kernel's taint could not be read ({text})"));
        }
    }
}

/// Where on the console its marks say that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Before,
    Suite,
    After,
}

/// What the console said so far.
struct Listener {
    part: Part,
    /// Complaints that wait for the mark that says that they came before the suite.
    waiting: Vec<String>,
}

impl Listener {
    const fn new() -> Self {
        Self { part: Part::Before, waiting: Vec::new() }
    }

    fn take(&mut self, boot: &mut Boot, line: &str) -> Vec<BootEvent> {
        let meaning = boot.console.take(line);
        let line = console::clean(line);
        let message = console::without_time(&line);
        match (message, self.part) {
            (frame::START_MARK, Part::Before) => {
                self.part = Part::Suite;
                return self.waiting.drain(..).map(BootEvent::Early).collect();
            }
            (frame::START_MARK, _) => {
                boot.contradict("the machine started twice");
                return Vec::new();
            }
            (frame::END_MARK, _) => {
                self.part = Part::After;
                return Vec::new();
            }
            _ => {}
        }
        match (meaning, self.part) {
            (ConsoleEvent::Complaint(line), Part::Before) => self.waiting.push(line),
            (ConsoleEvent::Complaint(line), _) => return vec![BootEvent::Complaint(line)],
            (ConsoleEvent::Nothing, _) if message.starts_with("sigsys: ") => {
                return vec![BootEvent::Note(message.to_owned())];
            }
            // The console shows nothing milder than a warning any more.
            (ConsoleEvent::Nothing, Part::After) if !console::is_farewell(message) => {
                return vec![BootEvent::Complaint(message.to_owned())];
            }
            _ => {}
        }
        Vec::new()
    }

    /// Where the suite was reached and no mark came, it is unknown which complaints came before it: all
    /// count.
    fn close(self, boot: &Boot) -> impl Iterator<Item = BootEvent> {
        let event = if boot.started.is_some() { BootEvent::Complaint } else { BootEvent::Early };
        self.waiting.into_iter().map(event)
    }
}

/// Follows a started machine to its end, or as long as `on` wants to hear more.
pub(crate) fn follow(
    mut machine: Running,
    limits: Limits,
    mut on: impl FnMut(BootEvent) -> bool,
) -> Boot {
    let mut follower = Follower::new(limits, Instant::now);
    machine.end_by(follower.deadline);
    while let Some(said) = machine.next() {
        let is_enough = follower.take(&said, &mut on);
        if is_enough {
            machine.kill();
        }
        machine.end_by(follower.deadline);
    }
    let ended = Ended {
        status: machine.status(),
        overdue: machine.was_overdue(),
        interrupt: subprocess::interrupted(),
    };
    follower.close(ended, on)
}
