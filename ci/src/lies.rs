//! `sigsys lies`: has the kernel lie, one lie at a time, and says which cases notice none and which
//! lies nobody notices.

mod liar;
mod reasons;
mod show;

use crate::command_line::{LiesArgs, LiesFormat};
use crate::refusal::Refusal;
use crate::{children, out, private, program::Program, progress::Bar, suite_build, workspace};
use harness::record::{CaseLine, Verdict};
use liar::{Liar, Lie, Run};
use reasons::Reasons;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// What is not explained, or explained without need: the kernel is not to blame here.
const UNEXPLAINED: u8 = 101;
/// A case that so many lies have made fail has shown what it can.
const ENOUGH: usize = 3;
/// Of more cases than this, those that no lie has made fail often are lied to first, and the others only
/// where none of these notices.
const MANY: usize = 150;
/// How long the cases of one lie may take together, beyond their own time limits.
const PATIENCE: Duration = Duration::from_secs(20);
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

/// What a run of the command came to.
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
    let occasions = census(&liar, &selected)?;
    let chosen: Vec<usize> = liar
        .lies
        .iter()
        .enumerate()
        .filter(|(_, lie)| is_chosen(lie, args))
        .map(|(index, _)| index)
        .collect();
    if chosen.is_empty() {
        let text = args.only.as_deref().unwrap_or_default();
        return Err(Refusal::usage(format!("no lie is called like `{text}`")));
    }
    let mut outcome = tell(&liar, &chosen, &occasions, args.thorough)?;
    outcome.cases = selected.len();
    outcome.not_offered = occasions.not_offered;
    let all = args.only.is_none() && args.sample.is_none();
    let scope = reasons::Scope { all_lies: all, all_cases: all && args.case.is_none() };
    conclude(&mut outcome, &occasions, scope);
    reasons.apply(&mut outcome, &liar.lies, &selected, scope);
    outcome.seconds = begun.elapsed().as_secs();
    match args.format {
        LiesFormat::Text => out::say(&show::text(&outcome, scope))?,
        LiesFormat::Json => out::say(&(show::json(&outcome)? + "\n"))?,
    }
    Ok(if outcome.is_explained() { 0 } else { UNEXPLAINED })
}

fn is_chosen(lie: &Lie, args: &LiesArgs) -> bool {
    args.only.as_deref().is_none_or(|text| lie.id.contains(text))
        && args.sample.is_none_or(|many| reasons::checksum(&lie.id).is_multiple_of(many))
}

/// Which lies would have been told in which cases.
struct Occasions {
    /// The names of the cases, by the number of the lie.
    of: BTreeMap<usize, Vec<String>>,
    /// Cases that hold, or deviate as known, while nobody lies.
    good: BTreeSet<String>,
    not_offered: usize,
}

/// Runs every case without a lie: all must be good.
fn census(liar: &Liar<'_>, selected: &[&str]) -> Result<Occasions, Refusal> {
    let bar = Bar::new(selected.len());
    let Run { cases, ended, .. } = liar.census(selected, |case| bar.add(case.verdict))?;
    drop(bar);
    if let Some(signal) = children::interrupted() {
        return Err(Refusal::interrupted(signal));
    }
    if !ended || cases.len() != selected.len() {
        let (came, all) = (cases.len(), selected.len());
        return Err(Refusal::no_answer(format!(
            "while nobody lied, the suite ended after {came} of {all} cases"
        )));
    }
    let mut occasions = Occasions { of: BTreeMap::new(), good: BTreeSet::new(), not_offered: 0 };
    for case in cases {
        match case.verdict {
            Verdict::Holds | Verdict::Deviates => {}
            Verdict::NotOffered => {
                occasions.not_offered += 1;
                continue;
            }
            verdict => {
                let (name, words) = (&case.name, verdict.words());
                return Err(Refusal::no_answer(format!(
                    "{name} is {words} while nobody lies: mend that first ({})",
                    first_line(&case)
                )));
            }
        }
        for index in case.output.split_whitespace().filter_map(|word| word.parse().ok()) {
            occasions.of.entry(index).or_default().push(case.name.clone());
        }
        occasions.good.insert(case.name);
    }
    if occasions.of.is_empty() {
        return Err(Refusal::no_answer(
            "no case has an occasion for any lie: nobody is lied to, and nothing can be shown",
        ));
    }
    Ok(occasions)
}

fn first_line(case: &CaseLine) -> &str {
    case.text.lines().next().unwrap_or_default()
}

/// Tells one lie after another to the cases that have an occasion for it, rare lies first: of many
/// cases those that have not failed often, and the others where none of these notices. The properties,
/// each of which takes as long as hundreds of cases, come last: each is tried until enough lies have
/// made it fail, and all of them with a lie that nobody else noticed.
fn tell(
    liar: &Liar<'_>,
    chosen: &[usize],
    occasions: &Occasions,
    thorough: bool,
) -> Result<Outcome, Refusal> {
    let bar = Bar::new(chosen.len());
    let none = Vec::new();
    let of = |index: usize| occasions.of.get(&index).unwrap_or(&none);
    let mut order: Vec<usize> = (0..chosen.len()).collect();
    order.sort_by_key(|place| of(chosen[*place]).len());
    let mut failed: BTreeMap<String, usize> = BTreeMap::new();
    let mut all: BTreeMap<usize, Told> = BTreeMap::new();
    for place in order {
        let lie = &liar.lies[chosen[place]];
        let cases = of(chosen[place]);
        let mut plain: Vec<&str> =
            cases.iter().map(String::as_str).filter(|name| !name.starts_with(PROPERTIES)).collect();
        let often = |name: &str| failed.get(name).copied().unwrap_or(0).min(ENOUGH);
        plain.sort_by_key(|name| (often(name), reasons::checksum(&format!("{} {name}", lie.id))));
        let at_first = if thorough { plain.len() } else { plain.len().min(MANY) };
        let (mut noticed, mut cut) = liar.tell(lie, &plain[..at_first], PATIENCE)?;
        let mut tried = at_first;
        if noticed.is_empty() && at_first < plain.len() {
            let (others, also_cut) = liar.tell(lie, &plain[at_first..], PATIENCE)?;
            noticed.extend(others);
            cut |= also_cut;
            tried = plain.len();
        }
        for name in &noticed {
            *failed.entry(name.clone()).or_default() += 1;
        }
        noticed.sort();
        bar.told(!noticed.is_empty());
        all.insert(
            place,
            Told {
                lie: lie.id.clone(),
                bug: lie.bug.clone(),
                blunt: lie.blunt,
                occasions: cases.len(),
                tried,
                noticed,
                cut,
            },
        );
    }
    // Lies of all kinds early on: not in the order of the list.
    let mut order: Vec<usize> = all.keys().copied().collect();
    order.sort_by_key(|place| (!all[place].noticed.is_empty(), reasons::checksum(&all[place].lie)));
    for place in order {
        let Some(told) = all.get_mut(&place) else { continue };
        let unnoticed = told.noticed.is_empty();
        let properties: Vec<&str> = of(chosen[place])
            .iter()
            .map(String::as_str)
            .filter(|name| name.starts_with(PROPERTIES))
            .filter(|name| {
                thorough || unnoticed || failed.get(*name).is_none_or(|times| *times < ENOUGH)
            })
            .collect();
        if properties.is_empty() {
            continue;
        }
        let (noticed, cut) = liar.tell(&liar.lies[chosen[place]], &properties, PATIENCE)?;
        for name in &noticed {
            *failed.entry(name.clone()).or_default() += 1;
        }
        told.tried += properties.len();
        told.noticed.extend(noticed);
        told.cut |= cut;
    }
    Ok(Outcome { lies: all.into_values().collect(), ..Outcome::default() })
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
