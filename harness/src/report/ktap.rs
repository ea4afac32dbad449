//! `--format ktap`: KTAP version 1 as the cases are done, a subtest for each area.

use super::in_order::InOrder;
use super::libtest::{self, Reporting};
use super::tap::{self, TAINT_CHECK, TestResult, Totals};
use crate::Case;
use crate::event::{Consumer, Done, Event};
use crate::record::{CaseLine, Footer};
use crate::stdio::{OutputError, print};
use std::collections::VecDeque;

/// Prints a line for each case, in the order of the registry.
pub(crate) struct Ktap {
    /// The name of the check of the registry and its faults, where it is checked.
    check: Option<(&'static str, Vec<String>)>,
    /// What is still to come, in its order.
    areas: VecDeque<Area>,
    lines: InOrder<(&'static Case, CaseLine)>,
    /// How many lines there are on the outermost level.
    number: usize,
    totals: Totals,
    reporting: Reporting,
}

/// Cases of one area that follow each other.
struct Area {
    name: &'static str,
    /// How many, of which so many have their line.
    cases: usize,
    done: usize,
    totals: Totals,
}

impl Area {
    /// A case in no module is none: it has its line among the areas.
    fn of(cases: &[&'static Case]) -> Self {
        Self { name: cases[0].area(), cases: cases.len(), done: 0, totals: Totals::default() }
    }
}

impl Ktap {
    /// Of the `cases` at these places of the registry, after the check of the registry itself. `again` is the
    /// command that runs a case again.
    pub(crate) fn new(
        cases: &[(usize, &'static Case)],
        check: Option<(&'static str, Vec<String>)>,
        again: String,
    ) -> Self {
        let places = cases.iter().map(|(place, _)| *place).collect();
        let cases: Vec<&Case> = cases.iter().map(|(_, case)| *case).collect();
        let together =
            |one: &&Case, other: &&Case| one.area() == other.area() && one.area() != one.name();
        let areas = cases.chunk_by(|one, other| together(one, other)).map(Area::of);
        Self {
            check,
            areas: areas.collect(),
            lines: InOrder::new(places),
            number: 0,
            totals: Totals::default(),
            reporting: Reporting { again, ..Reporting::default() },
        }
    }

    /// A line that needs no case.
    fn check(&mut self, name: &str, faults: &[String]) -> Result<(), OutputError> {
        self.number += 1;
        self.totals.add(if faults.is_empty() { TestResult::Pass } else { TestResult::Fail });
        print(&tap::check(self.number, name, faults))
    }

    /// The line of a case, once every earlier one has its own.
    fn case(&mut self, done: &Done<'_>) -> Result<(), OutputError> {
        self.lines.add(done.place, (done.case, done.line.clone()));
        while let Some((case, line)) = self.lines.next() {
            print(&self.text(case, &line))?;
        }
        Ok(())
    }

    fn text(&mut self, case: &'static Case, line: &CaseLine) -> String {
        let result = TestResult::of(line.verdict);
        self.totals.add(result);
        let report = || libtest::block(&[line], case, &self.reporting);
        let Some(area) = self.areas.front_mut().filter(|area| area.name != case.name()) else {
            self.areas.pop_front();
            self.number += 1;
            return tap::case(self.number, line, report);
        };
        area.totals.add(result);
        area.done += 1;
        let begin = if area.done == 1 { tap::begin(area.name, area.cases) } else { String::new() };
        let mut text = begin + &tap::indented(&tap::case(area.done, line, report));
        if area.done == area.cases {
            self.number += 1;
            text += &tap::end(self.number, area.name, area.totals);
            self.areas.pop_front();
        }
        text
    }
}

impl Consumer for Ktap {
    fn take(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        match event {
            Event::Begun(header) => {
                self.reporting.kernel = header.kernel.clone();
                let checks = usize::from(self.check.is_some());
                print(&format!("{}\n1..{}\n", tap::VERSION, self.areas.len() + checks + 1))?;
                self.check.take().map_or(Ok(()), |(name, faults)| self.check(name, &faults))
            }
            Event::Case(done) => self.case(done),
            Event::Ended(ended) if ended.footer.as_ref().is_some_and(Footer::is_whole) => {
                let fault = ended.unexplained.as_ref().map(|(_, words)| words.clone());
                self.check(TAINT_CHECK, fault.as_slice())?;
                print(&self.totals.line())
            }
            Event::Ended(_) => Ok(()),
        }
    }
}
