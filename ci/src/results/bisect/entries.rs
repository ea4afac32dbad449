//! What a change comes to in `fixtures/deviations.toml` and in `fixtures/features.toml`.

use super::behaviour::Behaviour;
use super::words::{Kernel, Run, bound};
use harness::record::Verdict;

/// Entries for the lists, of the kernels that break the promise or do not offer the case. The list wants a
/// reason: `why` is left to the reader. Nothing where nothing changes.
pub(crate) fn entries(
    case: &str,
    runs: &[Run],
    behaviours: &[&Behaviour],
    kernels: &[Kernel],
) -> String {
    if runs.len() < 2 {
        return String::new();
    }
    let mut text = String::new();
    for (at, run) in runs.iter().enumerate() {
        let behaviour = behaviours[run.value];
        let before = at.checked_sub(1).map(|at| &runs[at]);
        let after = runs.get(at + 1);
        let since = before.map(|before| bound(&kernels[before.to], &kernels[run.from]));
        let until = after.map(|after| bound(&kernels[run.to], &kernels[after.from]));
        let mut range = String::new();
        for (key, version) in [("since", &since), ("until", &until)] {
            range += &version
                .as_ref()
                .map_or(String::new(), |version| format!("{key} = {}\n", string(version)));
        }
        let label = |place: usize| kernels[place].label.as_str();
        let mut observed = vec![label(run.from)];
        observed.extend((run.to != run.from).then(|| label(run.to)));
        let others = [before.map(|run| label(run.to)), after.map(|run| label(run.from))];
        let others: Vec<&str> = others.into_iter().flatten().collect();
        let source = format!("observed on {}, and not on {}", list(&observed), list(&others));
        text += &match (&behaviour.lacks, behaviour.verdict) {
            (Some((need, reason)), _) => lacking(need, reason, &range, &source),
            (None, Verdict::Violated) => deviation(case, behaviour, behaviours, &range, &source),
            _ => continue,
        };
    }
    text
}

fn deviation(
    case: &str,
    behaviour: &Behaviour,
    all: &[&Behaviour],
    range: &str,
    source: &str,
) -> String {
    let mut text = format!("[[deviation]]\ncase = {}\n{range}", string(case));
    let failure = behaviour.failure.clone().unwrap_or_default();
    let fields = [
        ("message", failure.message),
        ("observed", failure.observed),
        ("promised", failure.promised),
    ];
    for (key, value) in fields.iter().filter(|(_, value)| !value.trim().is_empty()) {
        text += &format!("{key} = {}\n", string(value));
    }
    // The facts tell it from what fails alike.
    let twins = all.iter().filter(|other| other.failure == behaviour.failure).count();
    if twins > 1 && !behaviour.facts.is_empty() {
        let facts = behaviour.facts.lines();
        let facts: Vec<String> =
            facts.map(|(name, line)| format!("{} = {}", string(name), string(&line))).collect();
        text += &format!("facts = {{ {} }}\n", facts.join(", "));
    }
    text + &format!("why = \"\"\nsource = {}\n\n", string(source))
}

/// A need is an entry of another list, where its range is the opposite: that of the kernels that have it.
fn lacking(need: &str, reason: &str, range: &str, source: &str) -> String {
    let range = range.trim_end().replace('\n', ", ");
    format!("# features.toml: need {} is lacking ({reason}): {range}; {source}\n\n", string(need))
}

fn list(names: &[&str]) -> String {
    names.join(", ")
}

/// A string of TOML: a printable one is written as in JSON.
fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
