//! libtest's own formats, by libtest-mimic. It decides itself when a trial runs, so this report asks for
//! what became of a case instead of being told.

use super::failure::{self, Block, groups, split};
use crate::Case;
use crate::describe::{CaseMeta, ClauseText};
use crate::event::{Consumer, Event};
use crate::record::{CaseLine, Footer, Kernel, Verdict};
use crate::stdio::{self, OutputError};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// What reports on failures say besides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reporting {
    /// The kernel under test.
    pub kernel: Kernel,
    /// The command that runs a case again, without its name.
    pub again: String,
}

/// Runs the case at this place of the registry and gives what became of it; nothing where the run stops.
pub(crate) type Next = Box<dyn Fn(usize) -> Option<CaseLine> + Send + Sync>;

/// A case that may be run.
pub(crate) struct Planned {
    pub place: usize,
    pub case: &'static Case,
    /// It is called ignored beforehand, and not run.
    pub is_ignored: bool,
    /// The filters leave it.
    pub is_selected: bool,
}

/// The trials of a run.
pub(crate) struct Trials {
    next: Next,
    lines: HashMap<usize, OnceLock<Option<CaseLine>>>,
    /// The places of the rows of each claim that are run.
    rows: HashMap<&'static str, Vec<usize>>,
    reporting: Reporting,
}

impl Trials {
    /// Runs those of `planned` that `args` select, after the `check` of the registry: its name and its faults.
    /// Says whether all of them came to their end.
    pub(crate) fn run(
        args: &Arguments,
        planned: &[Planned],
        check: Option<(&'static str, Vec<String>)>,
        reporting: Reporting,
        next: Next,
    ) -> bool {
        let mut rows: HashMap<&str, Vec<usize>> = HashMap::new();
        for Planned { place, case, .. } in planned.iter().filter(|planned| planned.is_selected) {
            rows.entry(split(case.name()).0).or_default().push(*place);
        }
        let lines = planned.iter().map(|planned| (planned.place, OnceLock::new())).collect();
        let trials = Arc::new(Self { next, lines, rows, reporting });
        let check = check.map(|(name, faults)| {
            let outcome = move || match faults.is_empty() {
                true => Ok(()),
                false => Err(Failed::from(faults.join("\n"))),
            };
            Trial::test(name, outcome)
        });
        let cases = planned.iter().map(|Planned { place, case, is_ignored, .. }| {
            let (trials, place, case) = (trials.clone(), *place, *case);
            let trial = Trial::ignorable_test(case.name(), move || trials.outcome(place, case));
            trial.with_ignored_flag(*is_ignored)
        });
        let all = check.into_iter().chain(cases).collect();
        stdio::printing(|| drop(libtest_mimic::run(args, all))).is_ok() && !is_stopped()
    }

    /// What became of a case, which is run once.
    fn line(&self, place: usize) -> Option<&CaseLine> {
        let line = self.lines.get(&place)?;
        line.get_or_init(|| if is_stopped() { None } else { (self.next)(place) }).as_ref()
    }

    fn outcome(&self, place: usize, case: &Case) -> Result<Completion, Failed> {
        let Some(line) = self.line(place) else {
            // The printer cannot be told to stop: what follows would look like verdicts.
            stdio::close();
            return Ok(Completion::ignored());
        };
        match line.verdict {
            Verdict::Holds | Verdict::Deviates => Ok(Completion::Completed),
            Verdict::NotOffered => Ok(Completion::ignored_with(line.said())),
            _ => Err(self.failure(line, case).into()),
        }
    }

    /// The report on a case that fails. The other rows of its claim run first: those that fail alike are
    /// reported with the first of them.
    fn failure(&self, line: &CaseLine, case: &Case) -> String {
        let rows = self.rows.get(split(case.name()).0).into_iter().flatten();
        let failing = rows.filter_map(|row| self.line(*row)).filter(|line| !line.verdict.is_good());
        let groups = groups(failing);
        let group = groups.iter().find(|group| group.iter().any(|other| other.name == line.name));
        match group.map(Vec::as_slice) {
            Some([first, ..]) if first.name != line.name => format!("as {}", first.name),
            Some(group) => block(group, case, &self.reporting),
            None => block(&[line], case, &self.reporting),
        }
    }
}

/// The report on rows of `case`'s claim that fail alike.
pub(super) fn block(lines: &[&CaseLine], case: &Case, reporting: &Reporting) -> String {
    let (meta, clauses) =
        (CaseMeta::of(case), case.clauses.iter().map(|clause| ClauseText::from(*clause)));
    let clauses: Vec<_> = clauses.collect();
    let clauses: Vec<_> = clauses.iter().collect();
    let (kernel, again) = (failure::kernel_line(&reporting.kernel), reporting.again.as_str());
    let block = Block { lines, case: Some(&meta), clauses: &clauses, kernel: &kernel, again };
    block.text(&|_, text| text.to_owned()).trim_end().to_owned()
}

/// Whether a run stops before its end: by an interrupt, or for output that nobody takes.
fn is_stopped() -> bool {
    sys::signal::interrupted().is_some() || stdio::failure().is_some()
}

/// The line after libtest's own: which verdicts there were, for libtest knows two.
pub(crate) struct Closing {
    selected: Option<usize>,
    verdicts: Vec<Verdict>,
}

impl Closing {
    /// Of a run of so many cases; as many as came where libtest itself selects.
    pub(crate) const fn new(selected: Option<usize>) -> Self {
        Self { selected, verdicts: Vec::new() }
    }

    fn text(&self) -> String {
        let counts = Footer::count(self.verdicts.iter().copied()).counts;
        let parts: Vec<String> = Verdict::ALL
            .iter()
            .filter_map(|verdict| Some(format!("{} {}", counts.get(verdict)?, verdict.words())))
            .collect();
        let ran = self.verdicts.len();
        let selected = self.selected.unwrap_or(ran);
        format!("sigsys: {ran} of {selected} cases ran: {}\n", parts.join(", "))
    }
}

impl Consumer for Closing {
    fn take(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        match event {
            Event::Begun(_) => {}
            Event::Case(done) => self.verdicts.push(done.line.verdict),
            Event::Ended(ended) => {
                let interrupted =
                    ended.footer.as_ref().is_some_and(|footer| footer.interrupted.is_some());
                // What cannot be printed is said by who asked for the trials.
                if self.verdicts.len() > 1 && !interrupted && stdio::failure().is_none() {
                    let _ = stdio::print(&self.text());
                }
            }
        }
        Ok(())
    }
}
