//! Which cases a run is of.

use crate::Case;
use crate::filter::Filters;
use crate::runner::registry;
use crate::status::Refusal;
use crate::stdio::warn;
use libtest_mimic::Arguments;
use std::collections::BTreeSet;

/// What a run is of.
#[derive(Debug)]
pub(crate) struct Selection {
    /// The cases, as places in the sorted registry.
    pub places: Vec<usize>,
    /// How many cases must come; unknown where libtest's own selections leave some of ours out.
    pub expected: Option<usize>,
    /// The faults of the registry, where that is checked.
    pub check: Option<Vec<String>>,
}

impl Selection {
    /// What the filters and `named`, the file of `--cases`, leave of the sorted `cases`. Like any case, the check
    /// of the registry, which finds its `faults`, is subject to the filter; it belongs to the first shard.
    /// libtest is told to leave out the same.
    ///
    /// # Errors
    /// What is wrong with the file; that nothing is left.
    pub(crate) fn of(
        args: &mut Arguments,
        filters: &Filters,
        named: Option<&str>,
        cases: &[&'static Case],
        faults: impl FnOnce() -> Vec<String>,
    ) -> Result<Self, Refusal> {
        let is_checked = named.is_none()
            && filters.takes(registry::CHECK)
            && filters.shard.is_none_or(|shard| shard.is_first());
        let named = named.map(|path| read(path, cases)).transpose()?;
        let all = 0..cases.len();
        let all = all.filter(|place| named.as_ref().is_none_or(|named| named.contains(place)));
        let selected = filters.select(all.clone(), |place| cases[*place].name());
        if selected.is_empty() && !is_checked && !args.list {
            let line = format!("{}; --list shows their names", filters.nothing());
            return Err(Refusal::usage(line));
        }
        let names = cases.iter().map(|case| case.name()).chain([registry::CHECK]);
        filters.unmatched(names).iter().for_each(|line| warn(line));
        let left = selected.iter().map(|place| cases[*place].name());
        leave_out(args, &left.chain(is_checked.then_some(registry::CHECK)).collect(), cases);
        // What libtest takes of these is its own affair.
        let whole = !args.bench && !args.ignored;
        let places = if whole { selected } else { all.collect() };
        let expected = whole.then_some(places.len());
        Ok(Self { places, expected, check: is_checked.then(faults) })
    }

    /// The faults that were found.
    pub(crate) fn faults(&self) -> &[String] {
        self.check.as_deref().unwrap_or_default()
    }
}

/// What the file of `--cases` names.
fn read(path: &str, cases: &[&'static Case]) -> Result<Vec<usize>, Refusal> {
    let usage = |why: String| Refusal::usage(format!("--cases {path}: {why}"));
    let text = std::fs::read_to_string(path).map_err(|error| usage(error.to_string()))?;
    let place = |name: &str| {
        let place = cases.iter().position(|case| case.name() == name);
        place.ok_or_else(|| usage(format!("no case is called `{name}`")))
    };
    text.lines().map(place).collect()
}

/// Has libtest, which knows one filter and no shard, skip everything that is not `left`, by its whole name.
fn leave_out(args: &mut Arguments, left: &BTreeSet<&str>, cases: &[&'static Case]) {
    let names = cases.iter().map(|case| case.name()).chain([registry::CHECK]);
    args.skip = names.filter(|name| !left.contains(name)).map(str::to_owned).collect();
    args.exact = true;
}
