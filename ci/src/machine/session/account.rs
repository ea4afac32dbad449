//! The cases that the suite of one boot reported, checked against those that were due and against its end.

use crate::error::VIOLATED;
use crate::machine::boot::SuiteEnd;
use harness::record::{self, CaseLine, Footer, Header, TaintChange, Verdict};
use std::collections::BTreeSet;

/// The account of one boot.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// The cases that are due.
    due: BTreeSet<String>,
    /// The cases that came, in any order, and with what.
    came: BTreeSet<String>,
    verdicts: Vec<Verdict>,
    /// Whether the record has begun.
    pub begun: bool,
    footer: Option<Footer>,
    /// The kernel's taint before the first case.
    taint_before: Option<u64>,
    /// The bits of the kernel's taint that cases name.
    pub taint: u64,
    /// What the kernel complained about.
    complaints: BTreeSet<String>,
    contradiction: Option<String>,
}

impl Account {
    /// Before the first word of a suite that is to run `cases`.
    pub(super) fn of(cases: impl Iterator<Item = String>) -> Self {
        Self { due: cases.collect(), ..Self::default() }
    }

    /// Whether `case` was reported.
    pub(super) fn has(&self, case: &str) -> bool {
        self.came.contains(case)
    }

    /// Whether a complaint is not the same as an earlier one.
    pub(super) fn complains_anew(&mut self, text: &str) -> bool {
        self.complaints.insert(text.to_owned())
    }

    pub(super) fn contradiction(&self) -> Option<&str> {
        self.contradiction.as_deref()
    }

    fn contradict(&mut self, how: impl FnOnce() -> String) {
        self.contradiction.get_or_insert_with(how);
    }

    /// The record begins; `first` is the header of the first boot.
    pub(super) fn begin(&mut self, header: &Header, first: Option<&Header>) {
        if std::mem::replace(&mut self.begun, true) {
            self.contradict(|| "the suite began its record twice".into());
        }
        self.taint_before = header.kernel.taint;
        let due = self.due.len();
        if header.cases != due {
            let announced = header.cases;
            self.contradict(|| format!("the suite announces {announced} cases of {due}"));
        }
        if first.is_some_and(|first| {
            (&first.kernel.release, &first.suite) != (&header.kernel.release, &header.suite)
        }) {
            self.contradict(|| "another kernel or suite than in the boot before".into());
        }
    }

    /// A case came; returns whether it was due and came for the first time.
    pub(super) fn case(&mut self, case: &CaseLine) -> bool {
        let name = &case.name;
        if !self.due.contains(name) {
            self.contradict(|| format!("{name} was not asked for"));
            return false;
        }
        if !self.came.insert(name.clone()) {
            self.contradict(|| format!("{name} came twice"));
            return false;
        }
        if self.footer.is_some() {
            self.contradict(|| format!("{name} came after the end of the record"));
        }
        self.verdicts.push(case.verdict);
        self.taint |= case.taint.map_or(0, TaintChange::added);
        true
    }

    /// The record ends.
    pub(super) fn end(&mut self, footer: Footer) {
        if self.footer.replace(footer).is_some() {
            self.contradict(|| "the suite ended its record twice".into());
        }
    }

    /// Whether the record has its end, and that counts what came.
    pub(super) fn is_whole(&self) -> bool {
        let counted = Footer::count(self.verdicts.iter().copied());
        self.footer
            .as_ref()
            .is_some_and(|footer| footer.counts == counted.counts && footer.is_whole())
    }

    /// How the end disagrees with what came: its counts, or the status of the suite, which ended `how`
    /// with a registry that is at fault or is not.
    pub(super) fn disagreement(&self, how: &SuiteEnd, faults: bool) -> Option<String> {
        if self.footer.is_some() && !self.is_whole() {
            return Some("its end counts other cases than came".into());
        }
        let SuiteEnd::Exited(status) = *how else { return None };
        let registry = if faults { VIOLATED } else { 0 };
        let after = self.footer.as_ref().and_then(|footer| footer.taint);
        let taint = record::taint_status(self.taint_before, self.taint, after);
        let seen = record::status(self.verdicts.iter().copied()).max(registry).max(taint);
        let agree = match self.footer {
            Some(_) => status == seen,
            // A run that is not whole has no status of its own, but it does not end well.
            None => status != 0 || seen != VIOLATED,
        };
        (!agree).then(|| format!("the suite ended with {how}, and its cases come to status {seen}"))
    }
}
