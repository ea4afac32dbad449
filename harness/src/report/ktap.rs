//! `--format ktap`: KTAP version 1 (Documentation/dev-tools/ktap.rst).

use super::in_order::InOrder;
use super::libtest::{self, Reporting};
use crate::Case;
use crate::event::{Consumer, Done, Event};
use crate::record::{CaseLine, Footer, Verdict, one_line};
use crate::stdio::{OutputError, print};

/// The name, among the cases, of what the kernel said of itself while no case ran.
const TAINT_CHECK: &str = "kernel::taint_is_explained";

/// Prints a line for each case, in the order of the registry.
pub(crate) struct Ktap {
    /// The name of the check of the registry and its faults, where it is checked.
    check: Option<(&'static str, Vec<String>)>,
    cases: usize,
    lines: InOrder<(&'static Case, CaseLine)>,
    /// How many lines there are.
    number: usize,
    reporting: Reporting,
}

impl Ktap {
    /// Of the cases at `places` of the registry, after the check of the registry itself.
    /// `again` is the command that runs a case again.
    pub(crate) fn new(
        places: Vec<usize>,
        check: Option<(&'static str, Vec<String>)>,
        again: String,
    ) -> Self {
        let reporting = Reporting { again, ..Reporting::default() };
        Self { check, cases: places.len(), lines: InOrder::new(places), number: 0, reporting }
    }

    /// A line that needs no case.
    fn check(&mut self, name: &str, faults: &[String]) -> Result<(), OutputError> {
        self.number += 1;
        let diagnostics: String = faults.iter().map(|fault| format!("# {fault}\n")).collect();
        let sound = if faults.is_empty() { "ok" } else { "not ok" };
        print(&format!("{diagnostics}{sound} {} {name}\n", self.number))
    }

    /// The line of a case, once every earlier one has its own.
    fn case(&mut self, done: &Done<'_>) -> Result<(), OutputError> {
        self.lines.add(done.place, (done.case, done.line.clone()));
        while let Some((case, line)) = self.lines.next() {
            self.number += 1;
            let report = || libtest::block(&[&line], case, &self.reporting);
            print(&result(self.number, &line, report))?;
        }
        Ok(())
    }
}

impl Consumer for Ktap {
    fn take(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        match event {
            Event::Begun(header) => {
                self.reporting.kernel = header.kernel.clone();
                let checks = usize::from(self.check.is_some());
                print(&format!("KTAP version 1\n1..{}\n", self.cases + checks + 1))?;
                self.check.take().map_or(Ok(()), |(name, faults)| self.check(name, &faults))
            }
            Event::Case(done) => self.case(done),
            Event::Ended(ended) if ended.footer.as_ref().is_some_and(Footer::is_whole) => {
                let fault = ended.unexplained.as_ref().map(|(_, words)| words.clone());
                self.check(TAINT_CHECK, fault.as_slice())
            }
            Event::Ended(_) => Ok(()),
        }
    }
}

/// The line of a case, with the report of a failure as diagnostics before it.
fn result(number: usize, line: &CaseLine, report: impl FnOnce() -> String) -> String {
    let name = &line.name;
    match line.verdict {
        Verdict::Holds => format!("ok {number} {name}\n"),
        Verdict::Deviates => {
            let why = line.deviation.as_ref().map_or("", |known| &known.why);
            format!("ok {number} {name} # XFAIL {}\n", one_line(why))
        }
        Verdict::NotOffered => format!("ok {number} {name} # SKIP {}\n", line.said()),
        _ => {
            let report = report();
            let diagnostics: String = report.lines().map(|line| format!("# {line}\n")).collect();
            format!("{diagnostics}not ok {number} {name}\n")
        }
    }
}

#[cfg(test)]
mod tests;
