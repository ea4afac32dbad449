//! The lines of KTAP version 1 (Documentation/dev-tools/ktap.rst): what the suite prints as it runs, and the
//! tool from a record. An area is a subtest with a plan of its own, which the kernel's parser and TAP's know
//! how to read, and the last line counts as those of tools/testing/selftests do.

use crate::record::{CaseLine, Verdict, one_line};

/// The name, among the cases, of what the kernel said of itself while no case ran.
pub const TAINT_CHECK: &str = "kernel::taint_is_explained";

/// What begins a document, and a subtest.
pub const VERSION: &str = "KTAP version 1";

/// What the kernel's own tests call the result of a test (`enum ksft_..` of kselftest.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "they are the words of the line of totals")]
pub enum TestResult {
    Pass,
    Fail,
    Xfail,
    Skip,
    Error,
}

impl TestResult {
    /// What a verdict comes to.
    pub const fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Holds => Self::Pass,
            Verdict::Deviates => Self::Xfail,
            Verdict::NotOffered => Self::Skip,
            Verdict::Broken => Self::Error,
            Verdict::Healed
            | Verdict::Violated
            | Verdict::TimedOut
            | Verdict::Crashed
            | Verdict::Tainted => Self::Fail,
        }
    }

    /// Whether its line begins with `ok`.
    pub const fn is_ok(self) -> bool {
        matches!(self, Self::Pass | Self::Xfail | Self::Skip)
    }
}

/// The directive of a verdict, where it has one.
pub const fn directive(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Deviates => Some("XFAIL"),
        Verdict::NotOffered => Some("SKIP"),
        Verdict::TimedOut => Some("TIMEOUT"),
        Verdict::Broken => Some("ERROR"),
        Verdict::Holds
        | Verdict::Healed
        | Verdict::Violated
        | Verdict::Crashed
        | Verdict::Tainted => None,
    }
}

/// Counts results for the last line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    counts: [usize; 5],
}

impl Totals {
    /// Counts one more.
    pub const fn add(&mut self, result: TestResult) {
        self.counts[result as usize] += 1;
    }

    /// Counts what `other` has counted.
    pub fn add_all(&mut self, other: Self) {
        self.counts.iter_mut().zip(other.counts).for_each(|(own, more)| *own += more);
    }

    const fn of(self, result: TestResult) -> usize {
        self.counts[result as usize]
    }

    /// The result of a test that has these subtests: the worst, a broken promise before what is not known.
    pub const fn result(self) -> TestResult {
        let [pass, fail, xfail, skip, error] = self.counts;
        match (fail, error, pass + xfail, skip) {
            (1.., ..) => TestResult::Fail,
            (_, 1.., ..) => TestResult::Error,
            (_, _, 0, 1..) => TestResult::Skip,
            _ => TestResult::Pass,
        }
    }

    /// The last line of the kernel's own tests.
    pub fn line(self) -> String {
        format!(
            "# Totals: pass:{} fail:{} xfail:{} xpass:0 skip:{} error:{}\n",
            self.of(TestResult::Pass),
            self.of(TestResult::Fail),
            self.of(TestResult::Xfail),
            self.of(TestResult::Skip),
            self.of(TestResult::Error)
        )
    }
}

/// What begins a subtest of `count` tests, inside of which lines are indented.
pub fn begin(name: &str, count: usize) -> String {
    indented(&format!("{VERSION}\n# Subtest: {}\n1..{count}\n", description(name)))
}

/// The result of a subtest, after its last line.
pub fn end(number: usize, name: &str, totals: Totals) -> String {
    let name = description(name);
    match totals.result() {
        TestResult::Fail => format!("not ok {number} {name}\n"),
        TestResult::Error => {
            let count = totals.of(TestResult::Error);
            format!("not ok {number} {name} # ERROR nothing is known of {count} in it\n")
        }
        TestResult::Skip => format!("ok {number} {name} # SKIP nothing in it is offered\n"),
        TestResult::Pass | TestResult::Xfail => format!("ok {number} {name}\n"),
    }
}

/// The line of a case, with the report on a failure as diagnostics before it.
pub fn case(number: usize, line: &CaseLine, report: impl FnOnce() -> String) -> String {
    let name = description(&line.name);
    let result = TestResult::of(line.verdict);
    let why = match line.verdict {
        Verdict::Deviates => {
            let known = line.deviation.as_ref().map_or("", |known| &known.why);
            one_line(known)
        }
        Verdict::Broken => format!("nothing is known: {}", line.said()),
        _ => line.said(),
    };
    let directive = with_directive(line.verdict, &why);
    match result.is_ok() {
        true => format!("ok {number} {name}{directive}\n"),
        false => format!("{}not ok {number} {name}{directive}\n", diagnostics(&report())),
    }
}

/// What follows the description of a test of this verdict, and `why`; empty where it has no directive.
pub fn with_directive(verdict: Verdict, why: &str) -> String {
    // A second one in the reason would be taken for it.
    let why = why.replace('#', "%23");
    directive(verdict).map_or_else(String::new, |word| format!(" # {word} {why}"))
}

/// The line of what is no case: it is well unless there are `faults`, or why nothing is known of it.
pub fn check(number: usize, name: &str, faults: &[String]) -> String {
    let diagnostics: String = faults.iter().map(|fault| diagnostics(fault)).collect();
    let sound = if faults.is_empty() { "ok" } else { "not ok" };
    format!("{diagnostics}{sound} {number} {}\n", description(name))
}

/// Each line of `text` as one that no parser takes for a result.
pub fn diagnostics(text: &str) -> String {
    let harmless = |line: &str| {
        // This one names a subtest.
        let more = if line.starts_with("Subtest:") { " " } else { "" };
        format!("# {more}{line}\n")
    };
    text.lines().map(harmless).collect()
}

/// `text` one level further in.
pub fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// A name as the description of a test: one line, in which a number sign would begin a directive.
pub fn description(name: &str) -> String {
    one_line(name).replace('#', "%23")
}

#[cfg(test)]
mod tests;
