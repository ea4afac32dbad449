//! What the kernel lacks, and may.

use super::heading;
use crate::results::page::wrapped;
use crate::style;
use harness::record::{CaseLine, Verdict};
use std::collections::HashMap;

/// Each reason once, with the number of cases it kept from running; the commonest first.
pub(super) fn section(cases: &[CaseLine]) -> Option<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for case in cases.iter().filter(|case| case.verdict == Verdict::NotOffered) {
        *counts.entry(case.said()).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), reason.clone()));
    let all = counts.iter().map(|(_, count)| count).sum();
    let mut text = heading(&format!("not offered: {}", style::plural(all, "cases")));
    for (reason, count) in &counts {
        text += &wrapped(&format!("  {count:>5}  "), reason);
    }
    (!counts.is_empty()).then_some(text)
}
