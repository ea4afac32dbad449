//! Every way in which a canary can come out otherwise is a fault.

use super::*;
use crate::record::sample_line;

/// What must become of a canary.
fn right(canary: &Canary) -> CaseLine {
    let mut line = sample_line("a canary", canary.verdict);
    line.text = canary.text.into();
    if canary.sees {
        line.facts.insert(FACT.0.into(), FACT.1.into());
    }
    line
}

#[test]
fn each_is_sound_as_it_must_be_and_in_no_other_way() {
    for canary in &CANARIES {
        let line = right(canary);
        assert_eq!(canary.check(&line), Ok(()));
        for verdict in Verdict::ALL.into_iter().filter(|verdict| *verdict != canary.verdict) {
            let fault = canary.check(&CaseLine { verdict, ..line.clone() }).expect_err("otherwise");
            let words = format!("{} is `{}`", canary.case.path, verdict.words());
            assert!(fault.starts_with(&words) && fault.ends_with("`"), "{fault}");
        }
        let fault = canary.check(&CaseLine { text: "other".into(), ..line.clone() });
        assert!(fault.is_err_and(|fault| fault.contains("says `other`")));
        let mut seen = line.clone();
        if canary.sees {
            seen.facts.clear();
        } else {
            seen.facts.insert(FACT.0.into(), FACT.1.into());
            let silent = CaseLine { text: String::new(), ..line.clone() };
            assert_eq!(canary.check(&silent).is_ok(), canary.text.is_empty());
        }
        assert!(canary.check(&seen).is_err_and(|fault| fault.contains("says that it saw")));
    }
}

/// A place whose answers are all the same is found out: there is more than one of most kinds.
#[test]
fn they_cover_what_can_become_of_a_case() {
    let verdicts: Vec<Verdict> = CANARIES.iter().map(|canary| canary.verdict).collect();
    for verdict in [Verdict::Holds, Verdict::Violated, Verdict::Broken, Verdict::Crashed, Verdict::TimedOut] {
        assert!(verdicts.contains(&verdict), "{verdict:?}");
    }
}
