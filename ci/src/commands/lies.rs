//! `sigsys lies`: runs the suite with a kernel that lies, one lie at a time, and lists the cases that notice no
//! lie and the lies that no case notices.

mod args;
mod liar;
mod occasions;
mod reasons;
mod show;

use crate::error::{Refusal, VIOLATED};
use crate::machine::suite::Program;
use crate::machine::suite_build;
use crate::private;
use crate::progress::Bar;
use crate::terminal;
use crate::workspace;
pub(crate) use args::LiesArgs;
use args::{LiesFormat, Sample};
use liar::{Liar, Lie, Place};
use occasions::Occasions;
use reasons::Reasons;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// What its exit status means.
pub(crate) const STATUSES: &str = "\
A lie is told in the cases that have an occasion for it; only `violated` counts
as noticed. With --only, --sample or --case less is known, and less is asked of
the file of reasons.

Exit status:
  0    every case fails by some lie, and every lie is noticed, but for those
       with a reason
  101  a case or a lie has no reason, or a reason is out of date
  69   no answer: a case does not hold while nobody lies, or the suite cannot
       be built
  2    the command line or a file named on it is wrong
  130  interrupted (128 + the signal)";

/// A case is shown to be able to fail once so many lies have made it fail.
const ENOUGH: usize = 3;
/// How many cases a lie is told to at first, those that failed least often; the others only where none of
/// these notices.
const MAX_CASES_AT_FIRST: usize = 150;
/// How long the cases of one lie may take together, beyond their own time limits.
const LIE_TIMEOUT: Duration = Duration::from_secs(20);
/// The area of the cases that do the work of thousands.
const PROPERTIES: &str = "fuzz::";

/// A lie, and what came of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Told {
    /// Its name.
    pub lie: String,
    /// The kernel bug it stands for.
    pub bug: String,
    /// So many cases notice it that it says little of each.
    pub blunt: bool,
    /// Cases in which there was an occasion for it.
    pub occasions: usize,
    /// How many of them were run.
    pub tried: usize,
    /// The cases it made fail, of those that were run.
    pub noticed: Vec<String>,
    /// Some of its cases were not run to their end, for they took too long.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
}

/// The outcome of the command.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Outcome {
    /// Cases of the suite.
    pub cases: usize,
    /// Cases that this kernel does not offer: nothing can be said of them here.
    pub not_offered: usize,
    /// The lies that were told.
    pub lies: Vec<Told>,
    /// Cases that no lie makes fail, where every lie was told to every case.
    pub unmoved: Vec<String>,
    /// Cases that blunt lies alone make fail.
    pub bluntly: Vec<String>,
    /// Lies that no case notices.
    pub unnoticed: Vec<String>,
    /// What the file of reasons explains, by name.
    pub explained: BTreeMap<String, String>,
    /// What is wrong with that file.
    pub out_of_date: Vec<String>,
    /// How long it took.
    pub seconds: u64,
}

impl Outcome {
    fn is_explained(&self) -> bool {
        let unexplained = |name: &&String| !self.explained.contains_key(*name);
        self.out_of_date.is_empty()
            && !self.unmoved.iter().chain(&self.unnoticed).any(|name| unexplained(&name))
    }
}

/// Tells the lies as `args` say; gives the exit status.
///
/// # Errors
/// When there is no suite that lies, or it does not come to its end when nobody lies.
pub(crate) fn lies(args: &LiesArgs) -> Result<u8, Refusal> {
    let begun = Instant::now();
    let reasons = Reasons::read(args.reasons.as_deref())?;
    let path = match &args.suite {
        Some(path) => path.clone(),
        None => suite_build::build_liar()?,
    };
    let program = Program::at(&path)?;
    let folder = private::Folder::new()?;
    let liar = Liar::new(&program, args, folder.path())?;
    let selected: Vec<&str> = program
        .description
        .cases
        .iter()
        .map(|case| case.name.as_str())
        .filter(|name| args.case.as_deref().is_none_or(|text| name.contains(text)))
        .collect();
    if selected.is_empty() {
        let text = args.case.as_deref().unwrap_or_default();
        return Err(Refusal::usage(format!("no case is called like `{text}`")));
    }
    let occasions = Occasions::find(&liar, &selected)?;
    let chosen: Vec<usize> = liar
        .lies
        .iter()
        .enumerate()
        .filter(|(_, lie)| is_chosen(lie, args))
        .map(|(index, _)| index)
        .collect();
    if chosen.is_empty() {
        return Err(Refusal::usage(match &args.only {
            Some(text) => format!("no lie is called like `{text}`"),
            None => "there is no lie in this part: take a larger one with --sample".to_owned(),
        }));
    }
    let whole = args.only.is_none() && args.sample.is_none();
    let (mut outcome, cut_off) = tell(&liar, &chosen, &occasions, whole, args.thorough);
    outcome.cases = selected.len();
    outcome.not_offered = occasions.not_offered.len();
    let all = whole && cut_off.is_none();
    let scope = reasons::Scope { all_lies: all, all_cases: all && args.case.is_none() };
    conclude(&mut outcome, &occasions, scope);
    reasons.apply(&mut outcome, &liar.lies, (&selected, &occasions.not_offered), scope);
    outcome.seconds = begun.elapsed().as_secs();
    match args.format {
        LiesFormat::Text => terminal::say(&show::text(&outcome, scope))?,
        LiesFormat::Json => terminal::say(&(show::json(&outcome)? + "\n"))?,
    }
    match cut_off {
        Some(why) => Err(why),
        None => Ok(if outcome.is_explained() { 0 } else { VIOLATED }),
    }
}

fn is_chosen(lie: &Lie, args: &LiesArgs) -> bool {
    args.only.as_deref().is_none_or(|text| lie.id.contains(text))
        && args.sample.is_none_or(|Sample { part, of }| reasons::checksum(&lie.id) % of == part)
}

/// Tells the lies; gives what came of those that were told, and why they were not all.
fn tell(
    liar: &Liar<'_>,
    chosen: &[usize],
    occasions: &Occasions,
    whole: bool,
    thorough: bool,
) -> (Outcome, Option<Refusal>) {
    let mut telling = Telling {
        liar,
        chosen,
        occasions,
        whole,
        thorough,
        failed: BTreeMap::new(),
        left: BTreeMap::new(),
        told: BTreeMap::new(),
    };
    let cut_off = telling
        .tell_cases()
        .and_then(|()| telling.tell_unmoved())
        .and_then(|()| telling.tell_properties())
        .err();
    let outcome = Outcome { lies: telling.told.into_values().collect(), ..Outcome::default() };
    (outcome, cut_off)
}

/// Lies that are being told, by their places among the chosen ones.
struct Telling<'a> {
    liar: &'a Liar<'a>,
    chosen: &'a [usize],
    occasions: &'a Occasions,
    /// These are all the lies there are.
    whole: bool,
    thorough: bool,
    /// How often each case has failed.
    failed: BTreeMap<String, usize>,
    /// The cases that a lie was not told to, for others had noticed it.
    left: BTreeMap<usize, Vec<&'a str>>,
    told: BTreeMap<usize, Told>,
}

impl<'a> Telling<'a> {
    /// The cases with an occasion for the lie at `place`: properties, or the others.
    fn cases(&self, place: usize, properties: bool) -> Vec<&'a str> {
        let all = self.occasions.of.get(&self.chosen[place]).map_or(&[][..], Vec::as_slice);
        let names = all.iter().map(String::as_str);
        names.filter(|name| name.starts_with(PROPERTIES) == properties).collect()
    }

    /// Tells a lie to some cases, each where it runs; gives those that noticed, and whether they were not all
    /// run.
    fn tell(&self, lie: &Lie, cases: &[&str]) -> Result<(Vec<String>, bool), Refusal> {
        let is_outside = |name: &&str| self.occasions.outside.contains(*name);
        let (outside, inside): (Vec<&str>, Vec<&str>) =
            cases.iter().partition(|name| is_outside(name));
        let (mut noticed, mut cut) = self.liar.tell(lie, &inside, Place::Apart, LIE_TIMEOUT)?;
        let (others, also_cut) = self.liar.tell(lie, &outside, Place::Here, LIE_TIMEOUT)?;
        noticed.extend(others);
        cut |= also_cut;
        Ok((noticed, cut))
    }

    /// How often a case has failed, as far as that matters.
    fn often(&self, name: &str) -> usize {
        self.failed.get(name).copied().unwrap_or(0).min(ENOUGH)
    }

    fn count(&mut self, noticed: &[String]) {
        for name in noticed {
            *self.failed.entry(name.clone()).or_default() += 1;
        }
    }

    /// One lie after another, rare ones first: of many cases to those that have not failed often, and to
    /// the others where none of these notices.
    fn tell_cases(&mut self) -> Result<(), Refusal> {
        let bar = Bar::new(self.chosen.len());
        let mut order: Vec<usize> = (0..self.chosen.len()).collect();
        order.sort_by_key(|place| self.cases(*place, false).len());
        for place in order {
            let lie = &self.liar.lies[self.chosen[place]];
            let mut cases = self.cases(place, false);
            let mixed = |name: &str| reasons::checksum(&format!("{} {name}", lie.id));
            cases.sort_by_key(|name| (self.often(name), mixed(name)));
            let at_first =
                if self.thorough { cases.len() } else { cases.len().min(MAX_CASES_AT_FIRST) };
            let (mut noticed, mut cut) = self.tell(lie, &cases[..at_first])?;
            let mut tried = at_first;
            if noticed.is_empty() && at_first < cases.len() {
                let (others, also_cut) = self.tell(lie, &cases[at_first..])?;
                noticed.extend(others);
                cut |= also_cut;
                tried = cases.len();
            }
            self.left.insert(place, cases.split_off(tried));
            let occasions = self.cases(place, false).len() + self.cases(place, true).len();
            noticed.sort();
            bar.told(!noticed.is_empty());
            self.count(&noticed);
            let Lie { id, bug, blunt } = lie.clone();
            let told = Told { lie: id, bug, blunt, occasions, tried, noticed, cut };
            self.told.insert(place, told);
        }
        Ok(())
    }

    /// Cases that no lie has made fail yet are told those that others noticed before their turn came.
    fn tell_unmoved(&mut self) -> Result<(), Refusal> {
        if !self.whole {
            return Ok(());
        }
        for (place, mut cases) in std::mem::take(&mut self.left) {
            cases.retain(|name| self.often(name) == 0);
            let lie = &self.liar.lies[self.chosen[place]];
            let (noticed, cut) = self.tell(lie, &cases)?;
            self.add(place, cases.len(), noticed, cut);
        }
        Ok(())
    }

    /// So many more cases were told the lie at `place`.
    fn add(&mut self, place: usize, tried: usize, noticed: Vec<String>, cut: bool) {
        self.count(&noticed);
        if let Some(told) = self.told.get_mut(&place) {
            told.tried += tried;
            told.noticed.extend(noticed);
            told.cut |= cut;
        }
    }

    /// The properties come last, for each takes as long as hundreds of cases: one is tried until enough
    /// lies have made it fail, and all are with a lie that nobody else noticed. Of a part of the lies
    /// nobody asks which cases none makes fail.
    fn tell_properties(&mut self) -> Result<(), Refusal> {
        // Lies of all kinds early on: not in the order of the list.
        let mut order: Vec<usize> = self.told.keys().copied().collect();
        let mixed = |told: &Told| (!told.noticed.is_empty(), reasons::checksum(&told.lie));
        order.sort_by_key(|place| mixed(&self.told[place]));
        for place in order {
            let all = self.thorough || self.told[&place].noticed.is_empty();
            let mut properties = self.cases(place, true);
            properties.retain(|name| all || self.whole && self.often(name) < ENOUGH);
            if properties.is_empty() {
                continue;
            }
            let (tried, lie) = (properties.len(), &self.liar.lies[self.chosen[place]]);
            let (noticed, cut) = self.tell(lie, &properties)?;
            self.add(place, tried, noticed, cut);
        }
        Ok(())
    }
}

/// The two lists.
fn conclude(outcome: &mut Outcome, occasions: &Occasions, scope: reasons::Scope) {
    let failed = |blunt: bool| -> BTreeSet<&str> {
        let told = outcome.lies.iter().filter(|told| blunt || !told.blunt);
        told.flat_map(|told| told.noticed.iter().map(String::as_str)).collect()
    };
    let (any, narrow) = (failed(true), failed(false));
    let good = || occasions.good.iter();
    let unmoved = good().filter(|name| !any.contains(name.as_str())).cloned().collect();
    let bluntly = good()
        .filter(|name| any.contains(name.as_str()) && !narrow.contains(name.as_str()))
        .cloned()
        .collect();
    let unnoticed = outcome
        .lies
        .iter()
        .filter(|told| told.noticed.is_empty())
        .map(|told| told.lie.clone())
        .collect();
    if scope.all_lies {
        outcome.unmoved = unmoved;
        outcome.bluntly = bluntly;
    }
    outcome.unnoticed = unnoticed;
}

/// The file of reasons, where none is named.
fn default_reasons() -> Result<std::path::PathBuf, Refusal> {
    let workspace = workspace::look().map_err(Refusal::usage)?;
    let workspace = workspace.ok_or_else(|| {
        Refusal::usage(
            "there is no sigsys workspace here: go into one, or name the file with --reasons FILE",
        )
    })?;
    Ok(workspace.join("ci/lies.toml"))
}
