//! What several boots of one kernel have come to: verdicts, deaths, complaints.

use super::life::{End, Life};
use crate::gathered::{Ending, Gathered};
use crate::refusal::interrupted_status;
use crate::style;
use harness::describe::CaseText;
use harness::record::{self, CaseLine, Footer, Header, Line, SCHEMA, Verdict};
use std::collections::BTreeMap;

/// The kernel keeps its promises.
const GOOD: u8 = 0;
/// It does not.
const BAD: u8 = 1;
/// Nobody can say.
pub(crate) const UNTESTED: u8 = 125;

/// How many times one kernel may die before nothing more is asked of it.
const DEATHS: usize = 20;
/// How many boots may end for reasons that are not the kernel's.
const ACCIDENTS: usize = 1;

/// The course of a run.
#[derive(Debug, Default)]
pub(crate) struct Course<'a> {
    pub header: Option<Header>,
    pub cases: Vec<CaseLine>,
    /// What has no verdict yet, in the order the suite runs it.
    pub remaining: Vec<&'a CaseText>,
    /// What the kernel said about itself, and the case that was next to report.
    pub complaints: Vec<(String, String)>,
    /// The case that ran when the kernel died, and how: it gets a second chance, for emulators fail too.
    suspect: Option<(String, String)>,
    deaths: usize,
    accidents: usize,
    /// How the suite itself ended, where that says more than its verdicts.
    cut_off: Option<String>,
    interrupt: Option<i32>,
    /// Whether this boot's suite has begun its record.
    begun: bool,
}

/// What to do after a boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Boot again for what remains; why, where there is something to say.
    Boot(String),
    Over,
}

impl<'a> Course<'a> {
    pub(crate) fn new(cases: Vec<&'a CaseText>) -> Self {
        Self { remaining: cases, ..Self::default() }
    }

    /// Another boot begins.
    pub(crate) fn begin(&mut self) {
        self.begun = false;
    }

    /// Takes a line of the suite's record; gives the case that is new.
    pub(crate) fn take(&mut self, line: &str) -> Option<&CaseLine> {
        match serde_json::from_str(line) {
            Ok(Line::Run(header)) if header.schema == SCHEMA => {
                self.begun = true;
                self.header.get_or_insert(header);
                None
            }
            Ok(Line::Case(case)) => {
                let at = self.remaining.iter().position(|due| due.name == case.name)?;
                self.remaining.remove(at);
                if let Some((_, how)) = self.suspect.take_if(|(name, _)| *name == case.name) {
                    self.complaints.push((format!("{how}, once and not again"), case.name.clone()));
                }
                self.cases.push(case);
                self.cases.last()
            }
            Ok(Line::End(_)) => None,
            Ok(Line::Run(_)) | Err(_) => {
                self.cut_off.get_or_insert_with(|| "the suite printed what is no record".into());
                None
            }
        }
    }

    /// The kernel said something about itself.
    pub(crate) fn complain(&mut self, line: &str) {
        let near = self.remaining.first().map(|case| case.name.clone()).unwrap_or_default();
        self.complaints.push((line.to_owned(), near));
    }

    /// Draws the conclusions from a boot that reached the suite or did not.
    pub(crate) fn after(&mut self, life: &Life) -> Next {
        let place = match (&life.started, self.begun) {
            (None, _) => "before it reached the suite",
            (Some(_), false) => "before the first case",
            (Some(_), true) => "",
        };
        let (verdict, how) = match &life.end {
            End::Told(how) => return self.told(how, life),
            End::Interrupted(signal) => {
                self.interrupt = Some(*signal);
                return Next::Over;
            }
            End::Overtime => return self.over("the boot took longer than --timeout allows"),
            // What fails before there is a word of the guest fails again.
            End::Qemu(how) if life.started.is_none() => return self.over(how),
            End::Qemu(how) => return self.accident(how),
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
        if life.started.is_none() && !life.console.spoke && self.header.is_none() {
            // Emulated machines now and then stop before they have begun.
            return self.accident(&format!("{how}, {place}{}", hint(life)));
        }
        if !place.is_empty() {
            return self.over(&format!("{how}, {place}{}", hint(life)));
        }
        let Some(case) = self.remaining.first().copied() else {
            return self.over(&format!("{how}, after the last case"));
        };
        let name = &case.name;
        if self.suspect.as_ref().is_none_or(|(suspect, _)| suspect != name) {
            let next = format!("{how}, while {name} ran; trying that case once more in a new boot");
            self.suspect = Some((name.clone(), how));
            return Next::Boot(next);
        }
        self.suspect = None;
        self.remaining.remove(0);
        self.cases.push(verdict_on(case, verdict, &how));
        self.deaths += 1;
        if self.remaining.is_empty() {
            return Next::Over;
        }
        if self.deaths >= DEATHS {
            return self
                .over(&format!("{how}, for the {DEATHS}th time: nothing more is asked of it"));
        }
        Next::Boot(format!(
            "{how}, while {name} ran again; going on with the next case in a new boot"
        ))
    }

    /// The suite came to its end in its own way.
    fn told(&mut self, how: &str, life: &Life) -> Next {
        if self.remaining.is_empty() {
            if !matches!(how, "status 0" | "status 69" | "status 101") {
                return self.over(&format!("the suite ended with {how}"));
            }
            if self.header.is_none() {
                return self.over("the beginning of the record got lost on the way");
            }
            return Next::Over;
        }
        match life.lost {
            0 => self.over(&format!("the suite ended with {how} and did not run every case")),
            lost => self
                .accident(&format!("{} got lost on the way", style::count(lost as usize, "lines"))),
        }
    }

    fn accident(&mut self, how: &str) -> Next {
        self.accidents += 1;
        if self.accidents > ACCIDENTS || self.remaining.is_empty() {
            return self.over(how);
        }
        Next::Boot(format!("{how}; going on in a new boot"))
    }

    fn over(&mut self, why: &str) -> Next {
        self.cut_off.get_or_insert_with(|| why.to_owned());
        Next::Over
    }

    /// What it all amounts to.
    pub(crate) fn ending(&self, expected: usize) -> Ending {
        if let Some(signal) = self.interrupt {
            let name = harness::signals::name(signal);
            let so_far = format!("after {} of {expected} cases", self.cases.len());
            let cut_off = Some(format!("interrupted by {name} {so_far}"));
            return Ending { status: interrupted_status(signal), cut_off };
        }
        let faults = self.header.as_ref().is_some_and(|header| !header.faults.is_empty());
        let verdicts = record::status(self.cases.iter().map(|case| case.verdict));
        let whole = self.cut_off.is_none() && self.header.is_some() && self.remaining.is_empty();
        let status = match verdicts {
            101 => BAD,
            0 if whole && self.complaints.is_empty() && !faults => GOOD,
            _ => UNTESTED,
        };
        Ending { status, cut_off: self.cut_off.clone() }
    }

    /// As what `sigsys run` gathers.
    pub(crate) fn gathered(&self, expected: usize) -> Gathered {
        let mut gathered = Gathered::default();
        gathered.header = self.header.clone().map(|header| Header { cases: expected, ..header });
        gathered.cases.clone_from(&self.cases);
        gathered.sort();
        if self.remaining.is_empty() && self.header.is_some() {
            let verdicts = self.cases.iter().map(|case| case.verdict);
            gathered.footer = Some(Footer::count(verdicts));
        }
        gathered
    }
}

fn verdict_on(case: &CaseText, verdict: Verdict, text: &str) -> CaseLine {
    CaseLine {
        name: case.name.clone(),
        clauses: case.clauses.clone(),
        verdict,
        text: text.to_owned(),
        place: String::new(),
        lacks: String::new(),
        deviation: String::new(),
        known: String::new(),
        note: String::new(),
        taint: None,
        facts: BTreeMap::new(),
        output: String::new(),
    }
}

/// What may be the reason why a kernel does not reach its first process.
fn hint(life: &Life) -> &'static str {
    if life.started.is_some() {
        return "";
    }
    if !life.console.spoke {
        return "; it said nothing: does it have a serial console (CONFIG_SERIAL_8250_CONSOLE)?";
    }
    let says = |words: &str| life.console.panic.as_deref().is_some_and(|line| line.contains(words));
    if says("Unable to mount root") || says("No working init") {
        return "; does it have CONFIG_BLK_DEV_INITRD, and nothing else as init on its boot line?";
    }
    ""
}
