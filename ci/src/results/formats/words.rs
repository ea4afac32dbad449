//! What each verdict becomes in each format: the one place that says so, but for
//! what the suite itself prints (`harness::report::tap`, `lava`). `ci/manual/formats.md` has the table.

use harness::record::Verdict;

/// What JUnit knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Junit {
    Passed,
    Failure,
    Error,
    Skipped,
}

/// What became of a test, in JUnit's elements.
pub(super) const fn junit(verdict: Verdict) -> Junit {
    match verdict {
        Verdict::Holds | Verdict::Deviates => Junit::Passed,
        Verdict::NotOffered => Junit::Skipped,
        Verdict::Broken => Junit::Error,
        Verdict::Healed
        | Verdict::Violated
        | Verdict::TimedOut
        | Verdict::Crashed
        | Verdict::Tainted => Junit::Failure,
    }
}

/// The `status` of KCIDB.
pub(super) const fn kcidb(verdict: Verdict) -> &'static str {
    match junit(verdict) {
        Junit::Passed => "PASS",
        Junit::Skipped => "SKIP",
        Junit::Error => "ERROR",
        Junit::Failure => "FAIL",
    }
}

/// What a test in KCIDB is that did not run for a fault of what should have run it.
pub(super) const KCIDB_MISSING: &str = "MISS";

/// The table of the manual.
#[cfg(test)]
pub(super) fn table() -> String {
    use harness::report::{lava, tap};
    use tap::TestResult;
    let mut text = String::from(
        "| verdict | KTAP | totals | JUnit | KCIDB | LAVA |\n|---|---|---|---|---|---|\n",
    );
    for verdict in Verdict::ALL {
        let result = TestResult::of(verdict);
        let ok = if result.is_ok() { "ok" } else { "not ok" };
        let directive = tap::directive(verdict).map(|word| format!(" # {word}"));
        let totals = format!("{result:?}").to_lowercase();
        let junit = match junit(verdict) {
            Junit::Passed if verdict == Verdict::Deviates => "passes, with `system-out`",
            Junit::Passed => "passes",
            Junit::Failure => "`failure`",
            Junit::Error => "`error`",
            Junit::Skipped => "`skipped`",
        };
        let (words, kcidb, lava) = (verdict.words(), kcidb(verdict), lava::result(verdict));
        let directive = directive.unwrap_or_default();
        text +=
            &format!("| {words} | `{ok}{directive}` | {totals} | {junit} | {kcidb} | {lava} |\n");
    }
    text
}
