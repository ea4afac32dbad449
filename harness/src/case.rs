//! A registered case.

use crate::{Clause, Need};

/// How a case's process is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// It reaches its last line.
    Returns,
    /// This signal kills it after [`crate::doomed`], before its last line.
    KilledBy(i32),
    /// It leaves with this status after [`crate::doomed`], before its last line.
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
    /// What the kernel must offer first.
    pub needs: &'static [&'static Need],
    /// How it is to end.
    pub ends: Ends,
    /// Nothing else may run beside it.
    pub alone: bool,
    /// It waits for something outside its process.
    pub waits: bool,
    /// How many time limits it is given, for it does the work of many.
    pub limits: u32,
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
            needs: &[],
            ends: Ends::Returns,
            alone: false,
            waits: false,
            limits: 1,
            run: || {},
        };
        assert_eq!(case.name(), "dispatch::off::claim[length]");
        assert_eq!(case.area(), "dispatch::off");
        assert_eq!(Case { path: "claim", ..case }.name(), "claim");
    }
}
