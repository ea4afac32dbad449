//! Cases that a variant does not run, taken over from the variant that it differs from, and marked.

use super::cell::Cell;
use harness::record::{CaseLine, Footer, Header, Record};
use std::collections::{BTreeMap, BTreeSet};

/// The record of a column of which `own` is what was measured: all else is that of `base`, a whole record of
/// the same kernel, whose column is called `from`.
///
/// # Errors
/// When they are not of one kernel and suite.
pub(crate) fn over(own: &Record, base: &Record, from: &str) -> Result<Record, String> {
    let identity = |header: &Header| {
        let kernel = &header.kernel;
        (kernel.release.clone(), kernel.build.clone(), header.suite.clone())
    };
    if identity(&own.header) != identity(&base.header) {
        return Err(format!("{from} is of another kernel or suite"));
    }
    let measured: BTreeSet<&str> = own.cases.iter().map(|case| case.name.as_str()).collect();
    let taken = base.cases.iter().filter(|case| !measured.contains(case.name.as_str()));
    let taken = taken.map(|case| CaseLine { taken_from: Some(from.to_owned()), ..case.clone() });
    let mut cases: Vec<CaseLine> = own.cases.iter().cloned().chain(taken).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    let counted = Footer::count(cases.iter().map(|case| case.verdict));
    let footer = own.footer.clone().map(|footer| Footer { counts: counted.counts, ..footer });
    let mut header = own.header.clone();
    header.cases = cases.len();
    // What is wrong with the registry is found by a run of everything.
    header.faults.clone_from(&base.header.faults);
    Ok(Record { header, cases, durations: own.durations.clone(), footer })
}

/// The cases that came to something else in `own` than in `base`, but for those that `may`.
pub(crate) fn wrongly_assumed(
    own: &Record,
    base: &Record,
    may: impl Fn(&str) -> bool,
) -> Vec<String> {
    let of_base: BTreeMap<&str, &CaseLine> =
        base.cases.iter().map(|case| (case.name.as_str(), case)).collect();
    let differs = |case: &&CaseLine| {
        let other = of_base.get(case.name.as_str());
        other.is_none_or(|other| Cell::of(other) != Cell::of(case)) && !may(&case.name)
    };
    own.cases.iter().filter(differs).map(|case| case.name.clone()).collect()
}

/// How many cases of a record were taken over.
pub(crate) fn count(record: &Record) -> usize {
    record.cases.iter().filter(|case| case.taken_from.is_some()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness::record::{Durations, Failure, Kernel, SCHEMA, SuiteVersion, Verdict};

    fn record(release: &str, cases: &[(&str, Verdict)]) -> Record {
        let line = |(name, verdict): &(&str, Verdict)| CaseLine::new(*name, Vec::new(), *verdict);
        let cases: Vec<CaseLine> = cases.iter().map(line).collect();
        let header = Header {
            schema: SCHEMA,
            suite: SuiteVersion { name: "s".into(), version: "1".into(), ..Default::default() },
            time: 0,
            kernel: Kernel { release: release.into(), ..Kernel::default() },
            cases: cases.len(),
            shard: None,
            repeat: None,
            options: BTreeMap::new(),
            faults: Vec::new(),
        };
        let footer = Some(Footer::count(cases.iter().map(|case| case.verdict)));
        Record { header, cases, durations: Durations::default(), footer }
    }

    #[test]
    fn what_was_not_measured_is_taken_and_marked() {
        let base = record(
            "6.1",
            &[("a::b", Verdict::Holds), ("a::c", Verdict::Deviates), ("v::x", Verdict::Holds)],
        );
        let own = record("6.1", &[("v::x", Verdict::NotOffered)]);
        let whole = over(&own, &base, "k-xonly").expect("one kernel");
        let lines: Vec<_> = whole
            .cases
            .iter()
            .map(|case| (case.name.as_str(), case.verdict, case.taken_from.as_deref()))
            .collect();
        assert_eq!(
            lines,
            [
                ("a::b", Verdict::Holds, Some("k-xonly")),
                ("a::c", Verdict::Deviates, Some("k-xonly")),
                ("v::x", Verdict::NotOffered, None),
            ]
        );
        assert_eq!((whole.header.cases, count(&whole)), (3, 2));
        let counted = Footer::count(whole.cases.iter().map(|case| case.verdict));
        assert_eq!(whole.footer, Some(counted));
        // The mark is in the lines of the record, and a measured case has none.
        let text = |case: &CaseLine| serde_json::to_string(case).expect("JSON");
        assert!(text(&whole.cases[0]).contains(r#""taken_from":"k-xonly""#));
        assert!(!text(&whole.cases[2]).contains("taken_from"));
    }

    #[test]
    fn nothing_is_taken_from_another_kernel() {
        let base = record("6.2", &[("a::b", Verdict::Holds)]);
        let why = over(&record("6.1", &[]), &base, "k-xonly").expect_err("another kernel");
        assert_eq!(why, "k-xonly is of another kernel or suite");
    }

    #[test]
    fn a_difference_that_nobody_expected_is_found() {
        let base = record("6.1", &[("a::b", Verdict::Holds), ("v::x", Verdict::Holds)]);
        let own = record("6.1", &[("a::b", Verdict::Holds), ("v::x", Verdict::Violated)]);
        let may = |name: &str| name.starts_with("v::");
        assert_eq!(wrongly_assumed(&own, &base, may), Vec::<String>::new());
        assert_eq!(wrongly_assumed(&own, &base, |_| false), ["v::x"]);
        // The same verdict for another reason is a difference, too.
        let [mut one, mut other] = [&own, &own].map(Clone::clone);
        for (record, observed) in [(&mut one, "1"), (&mut other, "2")] {
            let failure = Failure { observed: observed.into(), ..Failure::default() };
            record.cases[1].failure = Some(failure);
        }
        assert_eq!(wrongly_assumed(&one, &other, |_| false), ["v::x"]);
        // One that the base does not have at all.
        let less = record("6.1", &[("a::b", Verdict::Holds)]);
        assert_eq!(wrongly_assumed(&own, &less, |_| false), ["v::x"]);
    }
}
