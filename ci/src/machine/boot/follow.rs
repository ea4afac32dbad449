//! What a running machine says, line by line: until when it is waited for, and how it ended in the end.

#[cfg(test)]
mod tests;

use super::{AFTER_END, Boot, BootEvent, End, Limits, Listener};
use crate::error::how_it_ended;
use crate::machine::console;
use crate::machine::qemu;
use crate::machine::subprocess::Output;
use harness::frame::{self, Frame, Reader};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

/// How long the machine may run on after a panic.
const AFTER_PANIC: Duration = Duration::from_secs(3);
/// How long frames from before a panic may arrive after it.
const ON_THE_WAY: Duration = Duration::from_secs(1);

/// A machine that runs, as far as it was heard.
pub(super) struct Follower<Clock> {
    /// What time it is: what hears of the events may take its time.
    now: Clock,
    limits: Limits,
    begun: Instant,
    /// When it is to be ended at the latest, whatever it says.
    last: Instant,
    /// When it is to be ended if it says nothing more.
    pub deadline: Instant,
    boot: Boot,
    reader: Reader,
    listener: Listener,
    /// What QEMU said.
    words: Vec<String>,
    /// When the kernel said that it is dead.
    died: Option<Instant>,
}

/// How its emulator ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ended {
    pub status: Option<ExitStatus>,
    /// Whether it was killed at the deadline.
    pub overdue: bool,
    /// The signal that interrupted this tool.
    pub interrupt: Option<i32>,
}

impl<Clock: Fn() -> Instant> Follower<Clock> {
    /// Of a machine that was started just now.
    pub(super) fn new(limits: Limits, now: Clock) -> Self {
        let begun = now();
        let last = begun + limits.whole;
        Self {
            now,
            limits,
            begun,
            last,
            deadline: last.min(begun + limits.start),
            boot: Boot::new(),
            reader: Reader::default(),
            listener: Listener::new(),
            words: Vec::new(),
            died: None,
        }
    }

    /// Takes a line that came just now; gives whether `on` wants to hear no more.
    pub(super) fn take(&mut self, said: &Output, on: &mut impl FnMut(BootEvent) -> bool) -> bool {
        let (line, from_console) = match said {
            Output::Stdout(line) => (line.trim_end_matches('\r'), true),
            Output::Stderr(line) => (line.trim_end_matches('\r'), false),
        };
        if let Some(frame) = self.reader.take(line) {
            return self.take_frame(frame, on);
        }
        if from_console {
            self.take_console(line, on);
        } else if !qemu::is_chatter(line) {
            self.words.push(console::clean(line));
        }
        false
    }

    fn take_frame(&mut self, frame: Frame, on: &mut impl FnMut(BootEvent) -> bool) -> bool {
        let is_late = self.died.is_some_and(|died| (self.now)() > died + ON_THE_WAY);
        if frame.stream == frame::SUITE && is_late {
            self.boot.contradict("the kernel said that it is dead, and went on");
        }
        let had_ended = self.boot.suite_end.is_some();
        let event = self.boot.take(frame);
        if event == Some(BootEvent::Started) && self.boot.reached.is_zero() {
            self.boot.reached = (self.now)().duration_since(self.begun);
        }
        let is_enough = event.is_some_and(|event| !on(event));
        if self.boot.suite_end.is_some() && !had_ended {
            self.last = self.last.min((self.now)() + AFTER_END);
        }
        self.deadline = self.last.min((self.now)() + self.limits.silence);
        is_enough
    }

    fn take_console(&mut self, line: &str, on: &mut impl FnMut(BootEvent) -> bool) {
        on(BootEvent::Console(line.to_owned()));
        for event in self.listener.take(&mut self.boot, line) {
            on(event);
        }
        if self.died.is_none() && self.boot.console.panic.is_some() {
            // The call trace still comes; then the machine is ended.
            let died = (self.now)();
            self.died = Some(died);
            self.last = self.last.min(died + AFTER_PANIC);
            self.deadline = self.last;
        }
    }

    /// The boot, which is over.
    pub(super) fn close(self, ended: Ended, mut on: impl FnMut(BootEvent) -> bool) -> Boot {
        let Self { now, limits, begun, mut boot, listener, words, .. } = self;
        for event in listener.close(&boot) {
            on(event);
        }
        boot.whole = now().duration_since(begun);
        boot.end = end(ended, &boot, &words, limits);
        boot
    }
}

fn end(ended: Ended, boot: &Boot, words: &[String], limits: Limits) -> End {
    // -no-reboot makes QEMU leave like this when the machine is reset.
    let was_reset = ended.status.is_some_and(|status| status.code() == Some(0));
    match (&boot.suite_end, &boot.console.panic, ended.interrupt) {
        (Some(how), None, _) if was_reset => return End::SuiteEnded(how.clone()),
        (_, _, Some(signal)) => return End::Interrupted(signal),
        (_, Some(line), None) => return End::Panic(line.clone()),
        (_, None, None) => {}
    }
    if ended.overdue {
        return match (boot.whole >= limits.whole, &boot.started) {
            _ if boot.suite_end.is_some() => End::Stays,
            (true, _) => End::Overtime,
            (false, None) => End::Silence(limits.start),
            (false, Some(_)) => End::Silence(limits.silence),
        };
    }
    if was_reset {
        return End::Reset;
    }
    let said = words.last().map(|line| format!(": {line}")).unwrap_or_default();
    End::Qemu(format!("QEMU {}{said}", how_it_ended(ended.status)))
}
