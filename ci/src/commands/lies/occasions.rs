//! The cases that hold while nobody lies, and the lies that each has an occasion for.

use super::liar::{Liar, Place, Run};
use crate::error::Refusal;
use crate::machine::subprocess;
use crate::progress::Bar;
use harness::record::{CaseLine, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// Lies about what is logged and filtered: none names another task, so none makes a case signal a stranger.
/// They alone are told to cases that need the first PID namespace (the audit log's).
const HARMLESS: [&str; 3] = ["text/", "filter/", "seccomp/"];

/// Which lies would have been told in which cases.
#[derive(Default)]
pub(super) struct Occasions {
    /// The names of the cases, by the number of the lie.
    pub(super) of: BTreeMap<usize, Vec<String>>,
    /// Cases that hold, or deviate as known, while nobody lies.
    pub(super) good: BTreeSet<String>,
    /// Those of them that run in the namespace of this tool, for another one does not offer them.
    pub(super) outside: BTreeSet<String>,
    pub(super) not_offered: Vec<String>,
}

impl Occasions {
    /// Runs every case without a lie: all must be good.
    ///
    /// # Errors
    /// When one is not, or the suite does not come to its end.
    pub(super) fn find(liar: &Liar<'_>, selected: &[&str]) -> Result<Self, Refusal> {
        let bar = Bar::new(selected.len());
        let mut cases = census(liar, selected, Place::Apart, |case| bar.add(case.verdict))?;
        drop(bar);
        let is_lacking = |case: &CaseLine| case.verdict == Verdict::NotOffered;
        let mut outside = BTreeSet::new();
        if liar.is_apart() && cases.iter().any(is_lacking) {
            let (lacking, others): (Vec<_>, Vec<_>) = cases.into_iter().partition(is_lacking);
            let names: Vec<&str> = lacking.iter().map(|case| case.name.as_str()).collect();
            cases = census(liar, &names, Place::Here, |_| {})?;
            let offered = cases.iter().filter(|case| !is_lacking(case));
            outside = offered.map(|case| case.name.clone()).collect();
            cases.extend(others);
        }
        let mut occasions = Self { outside, ..Self::default() };
        for case in cases {
            occasions.add(case, liar)?;
        }
        if occasions.of.is_empty() {
            return Err(Refusal::no_answer(
                "no case has an occasion for any lie: nobody is lied to, and nothing can be shown",
            ));
        }
        for names in occasions.of.values_mut() {
            names.sort();
        }
        occasions.not_offered.sort();
        Ok(occasions)
    }

    fn add(&mut self, case: CaseLine, liar: &Liar<'_>) -> Result<(), Refusal> {
        match case.verdict {
            Verdict::Holds | Verdict::Deviates => {}
            Verdict::NotOffered => {
                self.not_offered.push(case.name);
                return Ok(());
            }
            verdict => {
                let (name, words) = (&case.name, verdict.words());
                return Err(Refusal::no_answer(format!(
                    "{name} is {words} while nobody lies: mend that first ({})",
                    case.said()
                )));
            }
        }
        let is_outside = self.outside.contains(&case.name);
        for index in case.output.split_whitespace().filter_map(|word| word.parse().ok()) {
            let lie = liar.lies.get(index).map_or("", |lie: &super::Lie| lie.id.as_str());
            if !is_outside || HARMLESS.iter().any(|family| lie.starts_with(family)) {
                self.of.entry(index).or_default().push(case.name.clone());
            }
        }
        self.good.insert(case.name);
        Ok(())
    }
}

fn census(
    liar: &Liar<'_>,
    names: &[&str],
    place: Place,
    each: impl FnMut(&CaseLine),
) -> Result<Vec<CaseLine>, Refusal> {
    let Run { cases, ended, .. } = liar.census(names, place, each)?;
    if let Some(signal) = subprocess::interrupted() {
        return Err(Refusal::interrupted(signal));
    }
    if !ended || cases.len() != names.len() {
        let (came, all) = (cases.len(), names.len());
        return Err(Refusal::no_answer(format!(
            "while nobody lied, the suite ended after {came} of {all} cases"
        )));
    }
    Ok(cases)
}
