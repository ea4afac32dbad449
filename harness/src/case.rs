//! A registered case.

use crate::{Clause, Need};

/// How a case's process is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// It reaches its last line.
    Returns,
    /// This signal kills it after [`crate::expect_death`], before its last line.
    KilledBy(i32),
    /// It leaves with this status after [`crate::expect_death`], before its last line.
    Exits(i32),
}

/// One claim, as `#[harness::test]` registers it.
#[derive(Debug)]
pub struct Case {
    /// Crate, modules and function: `conformance::dispatch::off::claim`, with `[row]` for a row of a table.
    pub path: &'static str,
    /// Source file.
    pub file: &'static str,
    /// Line of the attribute.
    pub line: u32,
    /// The promises it holds the kernel to.
    pub clauses: &'static [&'static Clause],
    /// The broken kernel that fails it, as the end of the sentence "This case catches .."; empty where the
    /// claim's name says as much.
    pub catches: &'static str,
    /// What the kernel must offer first.
    pub needs: &'static [&'static Need],
    /// How it is to end.
    pub ends: Ends,
    /// No other case may run at the same time.
    pub serial: bool,
    /// It waits for something outside its process.
    pub external_wait: bool,
    /// Its time limit, as a multiple of the usual: it does the work of many cases.
    pub timeout_factor: u32,
    /// The claim itself.
    pub run: fn(),
}

impl Case {
    /// The name people use: the path without the crate.
    pub fn name(&self) -> &'static str {
        self.path.split_once("::").map_or(self.path, |(_, rest)| rest)
    }

    /// Mechanism and aspect: the modules above the claim, at most two (`dispatch::off`).
    pub fn area(&self) -> &'static str {
        area_of(self.name())
    }
}

/// The area a case name belongs to.
pub(crate) fn area_of(name: &str) -> &str {
    let mut ends = name.match_indices("::").map(|(at, _)| at);
    match (ends.next(), ends.next()) {
        (Some(_), Some(second)) => &name[..second],
        (Some(first), None) => &name[..first],
        _ => name,
    }
}

/// Every case linked into this program.
#[linkme::distributed_slice]
pub static CASES: [Case];

/// A case that does nothing, for tests.
#[cfg(test)]
pub(crate) static SAMPLE: Case = Case {
    path: "suite::area::claim",
    file: "area.rs",
    line: 1,
    clauses: &[],
    catches: "",
    needs: &[],
    ends: Ends::Returns,
    serial: false,
    external_wait: false,
    timeout_factor: 1,
    run: || (),
};

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::no_module("claim", "claim")]
    #[case::mechanism("dispatch::claim", "dispatch")]
    #[case::aspect("dispatch::off::claim", "dispatch::off")]
    #[case::row("dispatch::off::claim[length]", "dispatch::off")]
    fn an_area_is_at_most_two_modules(#[case] name: &str, #[case] area: &str) {
        assert_eq!(area_of(name), area);
    }

    #[test]
    fn a_case_is_called_without_its_crate() {
        let case = Case {
            path: "suite::dispatch::off::claim[length]",
            file: "",
            line: 0,
            clauses: &[],
            catches: "",
            needs: &[],
            ends: Ends::Returns,
            serial: false,
            external_wait: false,
            timeout_factor: 1,
            run: || {},
        };
        assert_eq!(case.name(), "dispatch::off::claim[length]");
        assert_eq!(case.area(), "dispatch::off");
        assert_eq!(Case { path: "claim", ..case }.name(), "claim");
    }
}
