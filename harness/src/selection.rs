//! Which cases a run is of.

use crate::Case;
use crate::runner::registry;
use crate::status::Refusal;
use libtest_mimic::{Arguments, Trial};

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
    /// of the registry, which finds its `faults`, is subject to the filter.
    ///
    /// # Errors
    /// What is wrong with the file; that nothing is left.
    pub(crate) fn of(
        args: &Arguments,
        named: Option<&str>,
        cases: &[&'static Case],
        faults: impl FnOnce() -> Vec<String>,
    ) -> Result<Self, Refusal> {
        let check = Trial::test(registry::CHECK, || Ok(()));
        let check = (named.is_none() && !args.is_filtered_out(&check)).then(faults);
        let named = named.map(|path| read(path, cases)).transpose()?;
        let places = select(args, cases, named.as_deref());
        if places.is_empty() && check.is_none() && !args.list {
            let filter = args.filter.as_deref().unwrap_or_default();
            let line = format!("no case matches `{filter}`; --list shows their names");
            return Err(Refusal::usage(line));
        }
        let expected = if args.bench || args.ignored { None } else { Some(places.len()) };
        Ok(Self { places, expected, check })
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

/// The cases the filters leave, as places in the sorted registry.
fn select(args: &Arguments, cases: &[&'static Case], named: Option<&[usize]>) -> Vec<usize> {
    let all = (0..cases.len()).filter(|index| named.is_none_or(|named| named.contains(index)));
    if args.bench || args.ignored {
        return all.collect();
    }
    all.filter(|index| {
        let trial = Trial::test(cases[*index].name(), || Ok(()));
        !args.is_filtered_out(&trial)
    })
    .collect()
}
