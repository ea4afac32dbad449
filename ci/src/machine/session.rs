//! The verdict on a kernel from several boots: cases, deaths, complaints, and the exit status.

mod account;
#[cfg(test)]
mod tests;

use super::boot::{AFTER_END, Boot, End, SuiteEnd};
use crate::error::{BAD_COMMIT, NO_ANSWER, UNTESTED, VIOLATED, interrupted_status};
use crate::results::run_record::{Ending, RunRecord};
use crate::style;
use account::Account;
use harness::describe::CaseMeta;
use harness::record::{
    self, CaseLine, Durations, EarlierBoot, Failure, Footer, Header, Line, SCHEMA, TaintChange,
    Verdict,
};
use harness::taint;
use std::collections::BTreeMap;

/// The kernel keeps its promises.
const GOOD: u8 = 0;

/// How many times one kernel may die before nothing more is asked of it.
const MAX_DEATHS: usize = 20;
/// How many cases that timed out or crashed are tried again.
const MAX_SLIPS: usize = 20;
/// How many boots may end for reasons that are not the kernel's.
const MAX_ACCIDENTS: usize = 1;

/// A complaint of the kernel about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub text: String,
    /// The case that was next to report; none after the last.
    pub near: String,
}

/// The boots of one run, so far.
#[derive(Debug, Default)]
pub(crate) struct BootSession<'a> {
    pub header: Option<Header>,
    pub cases: Vec<CaseLine>,
    durations: Durations,
    /// What has no verdict yet, in the order the suite runs it.
    pub remaining: Vec<&'a CaseMeta>,
    pub complaints: Vec<Complaint>,
    /// Cases that ran when the kernel died or tainted itself, and how: each runs once more, because
    /// emulators fail, too.
    suspects: BTreeMap<String, String>,
    deaths: usize,
    /// Cases that timed out or crashed while the kernel lived on.
    slips: usize,
    accidents: usize,
    /// How the suite itself ended, where that says more than its verdicts.
    cut_off: Option<String>,
    /// A contradiction in what came from the machine: no verdict is trusted then.
    contradiction: Option<String>,
    interrupt: Option<i32>,
    /// The cases that the suite of this boot reported.
    account: Account,
    /// The kernel's taint at the end, where it was another at the beginning.
    taint: Option<u64>,
}

/// What to do after a boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Boot again for what remains; why, where there is something to say.
    Boot(String),
    Over,
}

impl<'a> BootSession<'a> {
    pub(crate) fn new(cases: Vec<&'a CaseMeta>) -> Self {
        Self { remaining: cases, ..Self::default() }
    }

    /// Another boot begins.
    pub(crate) fn begin(&mut self) {
        self.account = Account::of(self.remaining.iter().map(|case| case.name.clone()));
    }

    /// The case that is to report next in this boot.
    fn next(&self) -> Option<&'a CaseMeta> {
        self.remaining.iter().copied().find(|case| !self.account.has(&case.name))
    }

    /// Takes a line of the suite's record; gives the case that is new.
    pub(crate) fn take(&mut self, line: &str) -> Option<&CaseLine> {
        match serde_json::from_str(line) {
            Ok(Line::Run(header)) if header.schema == SCHEMA => {
                self.account.begin(&header, self.header.as_ref());
                self.header.get_or_insert(header);
                None
            }
            Ok(Line::Case(case)) if self.account.case(&case) => self.decide(case),
            Ok(Line::End(footer)) => {
                self.taint = footer.taint.or(self.taint);
                self.account.end(footer);
                None
            }
            Ok(Line::Durations(more)) => {
                self.durations.microseconds.extend(more.microseconds);
                None
            }
            Ok(Line::Case(_)) => None,
            Ok(Line::Run(_)) | Err(_) => {
                self.cut_off.get_or_insert_with(|| "the suite printed what is no record".into());
                None
            }
        }
    }

    /// Takes a case, unless it is to run once more.
    fn decide(&mut self, mut case: CaseLine) -> Option<&CaseLine> {
        let at = self.remaining.iter().position(|due| due.name == case.name)?;
        match (self.suspects.remove(&case.name), case.verdict) {
            (None, Verdict::Tainted) => {
                let how = match case.taint {
                    Some(TaintChange { before, after }) => {
                        format!("the kernel found itself at fault ({})", added(before, after))
                    }
                    None => "the kernel found itself at fault".into(),
                };
                self.suspects.insert(case.name, how);
                return None;
            }
            // On a slow machine a case may time out; where nearly every case hangs, one run is enough.
            (None, verdict @ (Verdict::TimedOut | Verdict::Crashed)) if self.slips < MAX_SLIPS => {
                self.slips += 1;
                self.suspects.insert(case.name, format!("it {}", verdict.words()));
                return None;
            }
            (Some(how), Verdict::Tainted | Verdict::TimedOut | Verdict::Crashed) => {
                case.earlier_boot = Some(EarlierBoot { how, again: true });
            }
            (Some(how), _) => {
                let earlier = EarlierBoot { how, again: false };
                let complaint = Complaint { text: earlier.to_string(), near: case.name.clone() };
                self.complaints.push(complaint);
                case.earlier_boot = Some(earlier);
            }
            (None, _) => {}
        }
        self.remaining.remove(at);
        self.cases.push(case);
        self.cases.last()
    }

    /// The kernel complained; the same message comes on the console and in the log.
    pub(crate) fn complain(&mut self, text: &str) {
        if self.account.complains_anew(text) {
            let near = self.next().map(|case| case.name.clone()).unwrap_or_default();
            self.complaints.push(Complaint { text: text.to_owned(), near });
        }
    }

    /// `signal` interrupted the run.
    pub(crate) fn interrupt(&mut self, signal: i32) {
        self.interrupt = Some(signal);
    }

    /// Decides what follows from a boot.
    pub(crate) fn after(&mut self, boot: &Boot) -> Next {
        if let Some(how) = self.account.contradiction().or(boot.contradiction.as_deref()) {
            self.contradiction.get_or_insert_with(|| how.to_owned());
        }
        if let End::Interrupted(signal) = boot.end {
            self.interrupt(signal);
            return Next::Over;
        }
        self.judge_taint(boot);
        if self.contradiction.is_some() {
            return Next::Over;
        }
        let place = match (&boot.started, self.account.begun) {
            (None, _) => "before it reached the suite",
            (Some(_), false) => "before the first case",
            (Some(_), true) => "",
        };
        let (verdict, how) = match &boot.end {
            End::SuiteEnded(how) => return self.suite_ended(how, boot),
            End::Interrupted(_) => return Next::Over,
            End::Overtime => return self.over("the boot took longer than --timeout allows"),
            End::Stays => {
                let time = AFTER_END.as_secs();
                (Verdict::TimedOut, format!("the machine was still there after {time} s"))
            }
            // What fails before the guest prints anything fails again.
            End::Qemu(how) if boot.started.is_none() => return self.over(how),
            End::Qemu(how) if boot.suite_end.is_none() => return self.accident(how),
            End::Qemu(how) => (Verdict::Crashed, how.clone()),
            End::Panic(line) => (Verdict::Crashed, format!("the kernel died: {line}")),
            End::Reset => (
                Verdict::Crashed,
                "the kernel died: the machine was reset without a word (a triple fault?)".into(),
            ),
            End::Silence(time) => (
                Verdict::TimedOut,
                format!("the kernel hung: nothing came for {} s", time.as_secs()),
            ),
        };
        if let Some(ended) = &boot.suite_end {
            return self.over(&format!("{how}, after the suite had ended with {ended}"));
        }
        if boot.started.is_none() && !boot.console.spoke && self.header.is_none() {
            // Emulated machines now and then stop before they have begun.
            return self.accident(&format!("{how}, {place}{}", hint(boot)));
        }
        if !place.is_empty() {
            return self.over(&format!("{how}, {place}{}", hint(boot)));
        }
        self.died(verdict, how)
    }

    /// The kernel died or hung while a case ran.
    fn died(&mut self, verdict: Verdict, how: String) -> Next {
        let Some(case) = self.next() else {
            return self.over(&format!("{how}, after the last case"));
        };
        let name = &case.name;
        if self.suspects.remove(name).is_none() {
            let next = format!("{how}, while {name} ran; trying that case once more in a new boot");
            self.suspects.insert(name.clone(), how);
            return Next::Boot(next);
        }
        self.remaining.retain(|due| due.name != *name);
        self.cases.push(verdict_on(case, verdict, &how));
        self.deaths += 1;
        if self.remaining.is_empty() {
            return Next::Over;
        }
        if self.deaths >= MAX_DEATHS {
            return self
                .over(&format!("{how}, for the {MAX_DEATHS}th time: nothing more is asked of it"));
        }
        Next::Boot(format!(
            "{how}, while {name} ran again; going on with the next case in a new boot"
        ))
    }

    /// The first process reported the suite's end.
    fn suite_ended(&mut self, how: &SuiteEnd, boot: &Boot) -> Next {
        if boot.lost.init > 0 {
            let lines = style::plural(boot.lost.init as usize, "lines");
            self.over(&format!("{lines} of what the kernel says of itself got lost on the way"));
        }
        let faults = self.header.as_ref().is_some_and(|header| !header.faults.is_empty());
        // What is there is held against what the suite says there is, unless it cannot be whole.
        if (boot.lost.suite == 0 || self.next().is_none())
            && let Some(why) = self.account.disagreement(how, faults)
        {
            self.contradiction.get_or_insert(why);
            return Next::Over;
        }
        if !matches!(how, SuiteEnd::Exited(GOOD | NO_ANSWER | VIOLATED)) {
            return self.over(&format!("the suite ended with {how}{}", self.missing()));
        }
        if let Some(lost) = Some(boot.lost.suite).filter(|lost| *lost > 0)
            && (self.next().is_some() || !self.account.is_whole())
        {
            let lines = style::plural(lost as usize, "lines");
            return self.accident(&format!("{lines} got lost on the way"));
        }
        if self.next().is_some() {
            return self.over(&format!("the suite ended with {how}{}", self.missing()));
        }
        if self.header.is_none() {
            return self.over("the beginning of the record got lost on the way");
        }
        if !self.account.is_whole() {
            return self.over(&format!("the suite ended with {how} without the end of its record"));
        }
        let again: Vec<&str> = self.remaining.iter().map(|case| case.name.as_str()).collect();
        match again.as_slice() {
            [] => Next::Over,
            names => {
                let said = |name: &&str| match self.suspects.get(*name) {
                    Some(how) => format!("{name} ({how})"),
                    None => (*name).to_owned(),
                };
                let names: Vec<_> = names.iter().map(said).collect();
                Next::Boot(format!("once more in a new boot: {}", names.join(", ")))
            }
        }
    }

    fn missing(&self) -> &'static str {
        match self.next() {
            Some(_) => " and did not run every case",
            None => "",
        }
    }

    /// A taint of the boot that no case explains is a complaint.
    fn judge_taint(&mut self, boot: &Boot) {
        for unheard in &boot.unheard {
            let text = format!("{unheard}: what it may have complained about is not known");
            self.complaints.push(Complaint { text, near: String::new() });
        }
        let [Some(before), Some(after)] = boot.taint else {
            if boot.suite_end.is_some() && boot.unheard.is_empty() {
                let text = "the kernel's taint was not told".to_owned();
                self.complaints.push(Complaint { text, near: String::new() });
            }
            return;
        };
        if after == before {
            return;
        }
        let unexplained = after & !before & !self.account.taint;
        if unexplained != 0 {
            let text =
                format!("no case explains its taint ({})", added(after & !unexplained, after));
            self.complaints.push(Complaint { text, near: String::new() });
        }
    }

    fn accident(&mut self, how: &str) -> Next {
        self.accidents += 1;
        if self.accidents > MAX_ACCIDENTS || self.remaining.is_empty() {
            return self.over(how);
        }
        Next::Boot(format!("{how}; going on in a new boot"))
    }

    fn over(&mut self, why: &str) -> Next {
        self.cut_off.get_or_insert_with(|| why.to_owned());
        Next::Over
    }

    /// The exit status, and why the run is not whole.
    pub(crate) fn ending(&self, expected: usize) -> Ending {
        if let Some(signal) = self.interrupt {
            let name = harness::signals::name(signal);
            let so_far = format!("after {} of {expected} cases", self.cases.len());
            let cut_off = Some(format!("interrupted by {name} {so_far}"));
            return Ending { status: interrupted_status(signal), cut_off };
        }
        if let Some(why) = &self.contradiction {
            let cut_off = Some(format!("what came from the machine contradicts itself: {why}"));
            return Ending { status: UNTESTED, cut_off };
        }
        let faults = self.header.as_ref().is_some_and(|header| !header.faults.is_empty());
        let verdicts = record::status(self.cases.iter().map(|case| case.verdict));
        let whole = self.cut_off.is_none() && self.header.is_some() && self.remaining.is_empty();
        let status = match verdicts {
            VIOLATED => BAD_COMMIT,
            0 if whole && self.complaints.is_empty() && !faults => GOOD,
            _ => UNTESTED,
        };
        Ending { status, cut_off: self.cut_off.clone() }
    }

    /// The record of all boots, as one run.
    pub(crate) fn run_record(&self, expected: usize) -> RunRecord {
        let mut run_record = RunRecord::default();
        run_record.header = self.header.clone().map(|header| Header { cases: expected, ..header });
        run_record.cases.clone_from(&self.cases);
        run_record.sort();
        run_record.durations.clone_from(&self.durations);
        if self.remaining.is_empty() && self.header.is_some() && self.contradiction.is_none() {
            let verdicts = self.cases.iter().map(|case| case.verdict);
            run_record.footer = Some(Footer { taint: self.taint, ..Footer::count(verdicts) });
        }
        run_record.seal(&self.ending(expected));
        run_record
    }
}

fn added(before: u64, after: u64) -> String {
    format!("taint {before} became {after}: {}", taint::words(after & !before))
}

fn verdict_on(case: &CaseMeta, verdict: Verdict, text: &str) -> CaseLine {
    let failure = Some(Failure::of(text));
    CaseLine { failure, ..CaseLine::new(&case.name, case.clauses.clone(), verdict) }
}

/// What may be the reason why a kernel does not reach its first process.
fn hint(boot: &Boot) -> &'static str {
    if boot.started.is_some() {
        return "";
    }
    if !boot.console.spoke {
        return "; it said nothing: does it have a serial console (CONFIG_SERIAL_8250_CONSOLE)?";
    }
    let says = |words: &str| boot.console.panic.as_deref().is_some_and(|line| line.contains(words));
    if says("Unable to mount root") || says("No working init") {
        return "; does it have CONFIG_BLK_DEV_INITRD, and nothing else as init on its boot line?";
    }
    ""
}
