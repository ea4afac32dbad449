//! What the runs of each case came to, where cases ran more than once.

use super::heading;
use crate::results::page::hanging;
use crate::style::{self, BAD, NOTABLE, paint};
use harness::record::{CaseLine, Verdict};

/// So many cases have a line each even where their runs agree.
const MAX_STEADY_SHOWN: usize = 20;

/// The rate of each case, those whose runs disagree first.
pub(super) fn section(cases: &[CaseLine], repeat: Option<u32>) -> Option<String> {
    let times = repeat?;
    let (unsteady, steady): (Vec<&CaseLine>, Vec<&CaseLine>) =
        cases.iter().filter(|case| !case.repeats.is_empty()).partition(|case| case.is_unsteady());
    let mut text = heading(&format!(
        "repeats: {} ran {times} times each, {} unsteady",
        style::plural(unsteady.len() + steady.len(), "cases"),
        unsteady.len()
    ));
    for case in &unsteady {
        let why = match case.repeats.all(Verdict::Holds) {
            true => ", and do not observe the same",
            false => "",
        };
        text += &line(case, paint(BAD, "unsteady"), why);
    }
    if steady.len() <= MAX_STEADY_SHOWN {
        steady.iter().for_each(|case| text += &line(case, "steady  ".into(), ""));
    } else {
        let other = if unsteady.is_empty() { "" } else { "other " };
        text += &format!("  every run of the {other}{} came to the same\n", steady.len());
    }
    let without = cases.iter().filter(|case| case.repeats.is_empty()).count();
    if without > 0 {
        let cases = style::plural(without, "cases");
        text += &paint(NOTABLE, &format!("  {cases} did not run: see above\n"));
    }
    Some(text)
}

/// Its rate and its name, in the width of a page.
fn line(case: &CaseLine, word: String, why: &str) -> String {
    let text = format!("{} {}{why}", case.name, rate(case));
    hanging(&format!("  {word}  "), "            ", &text)
}

fn rate(case: &CaseLine) -> String {
    format!("· {}", case.repeats)
}

#[cfg(test)]
mod tests {
    use super::*;
    use harness::record::Repeats;
    use std::collections::BTreeMap;

    fn case(name: &str, verdict: Verdict, counts: &[(Verdict, usize)]) -> CaseLine {
        let repeats = Repeats(counts.iter().copied().collect::<BTreeMap<_, _>>());
        CaseLine { repeats, ..CaseLine::new(name, Vec::new(), verdict) }
    }

    #[test]
    fn those_that_disagree_come_first() {
        let cases = [
            case("a::holds", Verdict::Holds, &[(Verdict::Holds, 100)]),
            case("a::breaks", Verdict::Violated, &[(Verdict::Holds, 97), (Verdict::Violated, 3)]),
            case("a::differs", Verdict::Broken, &[(Verdict::Holds, 100)]),
            case("a::lacks", Verdict::NotOffered, &[]),
        ];
        let text = section(&cases, Some(100)).expect("cases ran more than once");
        let text = anstream::adapter::strip_str(&text).to_string();
        let expected = "repeats: 3 cases ran 100 times each, 2 unsteady\n\
                        \x20 unsteady  a::breaks · 97 of 100 hold, 3 violated\n\
                        \x20 unsteady  a::differs · 100 of 100 hold, and do not observe the same\n\
                        \x20 steady    a::holds · 100 of 100 hold\n\
                        \x20 1 case did not run: see above\n";
        assert_eq!(text, expected);
        assert_eq!(section(&cases, None), None);
    }

    #[test]
    fn many_that_agree_are_counted() {
        let one = case("a", Verdict::Holds, &[(Verdict::Holds, 2)]);
        let text = section(&vec![one.clone(); 21], Some(2)).expect("cases ran twice");
        assert!(text.ends_with("  every run of the 21 came to the same\n"), "{text}");
        let breaks = case("b", Verdict::Violated, &[(Verdict::Holds, 1), (Verdict::Violated, 1)]);
        let text =
            section(&[vec![one; 21], vec![breaks]].concat(), Some(2)).expect("they ran twice");
        assert!(text.ends_with("  every run of the other 21 came to the same\n"), "{text}");
    }
}
