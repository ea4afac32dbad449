//! Cases whose outcome is known, run before every run and in the same workers. Where one has another outcome, no
//! verdict on this system can be believed: exit statuses or shared memory are wrong, as an emulator's may be.

use crate::record::{CaseLine, Verdict};
use crate::{Case, Ends, SetUp, expect_death, observe};
use std::time::Duration;
use sys::process::{self, WaitStatus};
use sys::uapi::{SIGSEGV, SIGSYS, SYS_pause};

/// A case, and what must become of it.
pub(crate) struct Canary {
    pub case: Case,
    verdict: Verdict,
    /// What the text must say.
    text: &'static str,
    /// It sees [`FACT`].
    sees: bool,
    /// Its time limit, where it is to hang.
    pub limit: Option<Duration>,
}

/// Time limit of the canary that hangs. It returns at once or never, so a slow machine changes nothing.
const SHORT: Duration = Duration::from_millis(10);

/// A status no other part of the harness uses.
const STATUS: i32 = 77;

const fn canary(
    path: &'static str,
    run: fn(),
    ends: Ends,
    verdict: Verdict,
    text: &'static str,
) -> Canary {
    let case = Case {
        path,
        file: file!(),
        line: line!(),
        clauses: &[],
        needs: &[],
        ends,
        serial: false,
        catches: "",
        external_wait: false,
        timeout_factor: 1,
        run,
    };
    Canary { case, verdict, text, sees: false, limit: None }
}

/// All of them, in the order they are run.
pub(crate) static CANARIES: [Canary; 11] = [
    Canary {
        sees: true,
        ..canary("a case that keeps its promise", keeps, Ends::Returns, Verdict::Holds, "")
    },
    canary("a wrong claim", claims, Ends::Returns, Verdict::Violated, "observed 1, promised 2"),
    canary("a set-up that fails", breaks, Ends::Returns, Verdict::Broken, "not possible: 7"),
    canary(
        "an early exit",
        || process::exit(0),
        Ends::Returns,
        Verdict::Violated,
        "exited 0 before its last line",
    ),
    canary("a crash", || die_of(SIGSEGV), Ends::Returns, Verdict::Crashed, "killed by SIGSEGV"),
    canary("a declared death", dies, Ends::KilledBy(SIGSYS), Verdict::Holds, ""),
    canary(
        "another death than was declared",
        dies_of_another,
        Ends::KilledBy(SIGSYS),
        Verdict::Violated,
        "observed killed by SIGSEGV, promised killed by SIGSYS",
    ),
    canary("a declared exit", leaves, Ends::Exits(STATUS), Verdict::Holds, ""),
    canary(
        "another exit than was declared",
        leaves,
        Ends::Exits(STATUS + 1),
        Verdict::Violated,
        "observed exited 77, promised exited 78",
    ),
    canary("a child's exit", has_a_child, Ends::Returns, Verdict::Holds, ""),
    Canary {
        limit: Some(SHORT),
        ..canary("a hang", hangs, Ends::Returns, Verdict::TimedOut, "did not end")
    },
];

/// What [`keeps`] sees, as it must come back.
const FACT: (&str, &str) = ("seen by the canary", "\u{20ac} 18446744073709551615");

fn keeps() {
    observe!(FACT.0, format_args!("\u{20ac} {}", u64::MAX));
}

fn claims() {
    assert_eq!(std::hint::black_box(1), 2);
}

fn breaks() {
    Err::<(), _>(7).set_up("not possible");
}

fn dies() {
    expect_death();
    die_of(SIGSYS);
}

fn dies_of_another() {
    expect_death();
    die_of(SIGSEGV);
}

fn leaves() {
    expect_death();
    process::exit(STATUS);
}

fn has_a_child() {
    for status in [0, STATUS] {
        let child = process::fork(|| process::exit(status)).set_up("a child can be made");
        assert_eq!(process::wait(child, 0), Ok(Some((child, WaitStatus::Exited(status)))));
    }
    let child = process::fork(|| {
        die_of(SIGSEGV);
        0
    });
    let child = child.set_up("a child can be made");
    assert_eq!(process::wait(child, 0), Ok(Some((child, WaitStatus::KilledBy(SIGSEGV)))));
}

fn hangs() {
    loop {
        sys::call::raw(SYS_pause, [0; 6]);
    }
}

fn die_of(signal: i32) {
    let _ = process::kill(sys::call::getpid(), signal);
}

impl Canary {
    /// Whether what became of it is what must.
    ///
    /// # Errors
    /// Says what became of it, and what had to.
    pub(crate) fn check(&self, line: &CaseLine) -> Result<(), String> {
        let name = self.case.path;
        let (came, must) = (line.verdict.words(), self.verdict.words());
        if line.verdict != self.verdict {
            let text = line.said();
            let text = if text.is_empty() { text } else { format!(" ({text})") };
            return Err(format!("{name} is `{came}`{text}, and must be `{must}`"));
        }
        let (came, must) = (line.said(), self.text);
        if !came.contains(must) || came.is_empty() != must.is_empty() {
            return Err(format!("{name} says `{came}`, and must say `{must}`"));
        }
        let fact = line.facts.line(FACT.0);
        let must = self.sees.then(|| FACT.1.to_owned());
        if fact != must {
            return Err(format!("{name} says that it saw {fact:?}, and must say {must:?}"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Facts, Failure, Value};

    /// A line as the canary's must be.
    fn right(canary: &Canary) -> CaseLine {
        let failure = Some(Failure::of(canary.text)).filter(|_| !canary.text.is_empty());
        let facts = if canary.sees { facts(FACT.1) } else { Facts::default() };
        CaseLine { failure, facts, ..CaseLine::new(canary.case.name(), Vec::new(), canary.verdict) }
    }

    fn facts(value: &str) -> Facts {
        Facts::from_iter([(FACT.0, Value::Word(value.into()))])
    }

    #[test]
    fn what_must_come_of_it_is_taken_and_nothing_else() {
        for canary in &CANARIES {
            assert_eq!(canary.check(&right(canary)), Ok(()));
            for verdict in Verdict::ALL.into_iter().filter(|verdict| *verdict != canary.verdict) {
                let line = CaseLine { verdict, ..right(canary) };
                let fault = canary.check(&line).expect_err("another verdict");
                assert!(fault.contains(verdict.words()), "{fault}");
            }
            let failure = Some(Failure::of("another"));
            let line = CaseLine { failure, ..right(canary) };
            assert!(canary.check(&line).is_err(), "another text");
            let facts = match canary.sees {
                true => facts("\u{20ac} 0"),
                false => facts(FACT.1),
            };
            let line = CaseLine { facts, ..right(canary) };
            assert!(canary.check(&line).is_err(), "another fact");
        }
    }

    /// Each way in which a case can end has one that ends so.
    #[test]
    fn every_outcome_has_its_canary() {
        for verdict in [
            Verdict::Holds,
            Verdict::Violated,
            Verdict::Broken,
            Verdict::Crashed,
            Verdict::TimedOut,
        ] {
            assert!(CANARIES.iter().any(|canary| canary.verdict == verdict), "{verdict:?}");
        }
        assert!(CANARIES.iter().any(|canary| canary.sees));
    }

    /// Nobody waits for the one that hangs; no other is ended on a slow machine.
    #[test]
    fn what_hangs_has_little_time() {
        for canary in &CANARIES {
            let hangs = canary.verdict == Verdict::TimedOut;
            assert_eq!(canary.limit, hangs.then_some(SHORT), "{}", canary.case.path);
        }
    }
}
