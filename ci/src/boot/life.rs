//! One boot, from power on to its end, and what that end was.

#[cfg(test)]
mod tests;

use super::console::{self, Console, Meaning};
use super::qemu;
use crate::children::{self, Running, Said};
use harness::frame::{self, Frame, Reader};
use harness::taint;
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
/// How long what a dead kernel had said before may be on its way.
const ON_THE_WAY: Duration = Duration::from_secs(1);
/// How long the machine may stay when everything is said.
pub(crate) const AFTER_END: Duration = Duration::from_secs(15);

/// Something that happens in the course of a boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
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
    /// Everything was said, and the machine stayed.
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
pub(crate) struct Life {
    /// The release of the kernel, once the suite was reached.
    pub started: Option<String>,
    /// How long that took.
    pub boot: Duration,
    /// How long all of it took.
    pub whole: Duration,
    pub lost: Lost,
    pub console: Console,
    /// How the suite ended, where the first process said so.
    pub told: Option<String>,
    /// The kernel's taint before the suite and after it, where it was told.
    pub taint: [Option<u64>; 2],
    /// What the kernel may have said and nobody heard.
    pub unheard: Vec<String>,
    /// What cannot be: the account of the boot contradicts itself.
    pub contradiction: Option<String>,
    pub end: End,
}

impl Life {
    pub(super) fn new() -> Self {
        Self {
            started: None,
            boot: Duration::ZERO,
            whole: Duration::ZERO,
            lost: Lost::default(),
            console: Console::default(),
            told: None,
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
    fn take(&mut self, frame: Frame) -> Option<Event> {
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
                if self.told.is_some() {
                    self.contradict("the suite spoke after its end");
                }
                (frame.text != frame::HEARTBEAT).then_some(Event::Line(frame.text))
            }
            _ => None,
        }
    }

    fn take_init(&mut self, text: &str) -> Option<Event> {
        let rest = |start: &str| text.strip_prefix(start).map(console::clean);
        if let Some(release) = rest(frame::STARTED) {
            if self.started.replace(release).is_some() {
                self.contradict("the machine started twice");
            }
            return Some(Event::Started);
        }
        if let Some(how) = rest(frame::ENDED) {
            if self.told.replace(how).is_some() {
                self.contradict("the suite ended twice");
            }
        } else if let Some(taint) = rest(frame::TAINT_BEFORE) {
            self.take_taint(0, &taint);
            // What it is tainted with already cannot show again.
            let [tainted, _] = self.taint;
            let words = tainted.filter(|taint| *taint != 0).map(taint::words);
            return words.map(|words| Event::Early(format!("its taint is {taint}: {words}")));
        } else if let Some(taint) = rest(frame::TAINT_AFTER) {
            self.take_taint(1, &taint);
        } else if let Some(record) = rest(frame::LOG) {
            return console::complaint_of_log(&record).map(Event::Complaint);
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
    fn take(&mut self, life: &mut Life, line: &str) -> Vec<Event> {
        let meaning = life.console.take(line);
        let line = console::clean(line);
        let message = console::without_time(&line);
        match (message, self.part) {
            (frame::START_MARK, Part::Before) => {
                self.part = Part::Suite;
                return self.waiting.drain(..).map(Event::Early).collect();
            }
            (frame::START_MARK, _) => {
                life.contradict("the machine started twice");
                return Vec::new();
            }
            (frame::END_MARK, _) => {
                self.part = Part::After;
                return Vec::new();
            }
            _ => {}
        }
        match (meaning, self.part) {
            (Meaning::Complaint(line), Part::Before) => self.waiting.push(line),
            (Meaning::Complaint(line), _) => return vec![Event::Complaint(line)],
            (Meaning::Nothing, _) if message.starts_with("sigsys: ") => {
                return vec![Event::Note(message.to_owned())];
            }
            // The console shows nothing milder than a warning any more.
            (Meaning::Nothing, Part::After) if !console::is_farewell(message) => {
                return vec![Event::Complaint(message.to_owned())];
            }
            _ => {}
        }
        Vec::new()
    }

    /// Where the suite was reached and no mark came, nobody knows which complaints came before it: all
    /// count.
    fn close(self, life: &Life) -> impl Iterator<Item = Event> {
        let event = if life.started.is_some() { Event::Complaint } else { Event::Early };
        self.waiting.into_iter().map(event)
    }
}

/// Follows a started machine to its end, or as long as `on` wants to hear more.
pub(crate) fn follow(
    mut machine: Running,
    limits: Limits,
    mut on: impl FnMut(Event) -> bool,
) -> Life {
    let begun = Instant::now();
    let mut last = begun + limits.whole;
    machine.end_by(last.min(begun + limits.start));
    let mut life = Life::new();
    let mut reader = Reader::default();
    let mut listener = Listener { part: Part::Before, waiting: Vec::new() };
    let (mut words, mut died) = (Vec::new(), None);
    while let Some(said) = machine.next() {
        let (line, from_console) = match &said {
            Said::Out(line) => (line.trim_end_matches('\r'), true),
            Said::Err(line) => (line.trim_end_matches('\r'), false),
        };
        if let Some(frame) = reader.take(line) {
            if frame.stream == frame::SUITE
                && died.is_some_and(|died: Instant| died.elapsed() > ON_THE_WAY)
            {
                life.contradict("the kernel said that it is dead, and went on");
            }
            let had_ended = life.told.is_some();
            let event = life.take(frame);
            if event == Some(Event::Started) && life.boot.is_zero() {
                life.boot = begun.elapsed();
            }
            if !event.is_none_or(&mut on) {
                machine.kill();
            }
            if life.told.is_some() && !had_ended {
                last = last.min(Instant::now() + AFTER_END);
            }
            machine.end_by(last.min(Instant::now() + limits.silence));
        } else if from_console {
            for event in listener.take(&mut life, line) {
                on(event);
            }
            if died.is_none() && life.console.panic.is_some() {
                // What is still said shows where; then it may go.
                died = Some(Instant::now());
                last = last.min(Instant::now() + AFTER_PANIC);
                machine.end_by(last);
            }
        } else if !qemu::is_chatter(line) {
            words.push(console::clean(line));
        }
    }
    for event in listener.close(&life) {
        on(event);
    }
    life.whole = begun.elapsed();
    life.end = end(&machine, &life, &words, begun + limits.whole, limits);
    life
}

fn end(machine: &Running, life: &Life, words: &[String], last: Instant, limits: Limits) -> End {
    // -no-reboot makes QEMU leave like this when the machine is reset.
    let was_reset = machine.status().is_some_and(|status| status.code() == Some(0));
    match (&life.told, &life.console.panic, children::interrupted()) {
        (Some(how), None, _) if was_reset => return End::Told(how.clone()),
        (_, _, Some(signal)) => return End::Interrupted(signal),
        (_, Some(line), None) => return End::Panic(line.clone()),
        (_, None, None) => {}
    }
    if machine.was_overdue() {
        return match (Instant::now() >= last, &life.started) {
            _ if life.told.is_some() => End::Stays,
            (true, _) => End::Overtime,
            (false, None) => End::Silence(limits.start),
            (false, Some(_)) => End::Silence(limits.silence),
        };
    }
    if was_reset {
        return End::Reset;
    }
    let said = words.last().map(|line| format!(": {line}")).unwrap_or_default();
    End::Qemu(format!("QEMU {}{said}", children::ending(machine.status())))
}
