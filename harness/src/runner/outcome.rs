//! From how a process ended, and what it left on its page, to the worker's answer.

use super::page::{FailureKind, Page};
use super::protocol::{Answer, RawVerdict};
use super::reap::Ended;
use crate::Ends;
use crate::record::Failure;
use sys::process::WaitStatus;
use sys::uapi::SIGKILL;

/// What a case left on its page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PageReport {
    /// It reached its last line.
    pub at_end: bool,
    /// It said that the next step would end it.
    pub expects_death: bool,
    /// Kind, place and text.
    pub complaint: Option<(FailureKind, String, String)>,
}

impl PageReport {
    pub(crate) fn on(page: Page) -> Self {
        Self {
            at_end: page.reached_end(),
            expects_death: page.expects_death(),
            complaint: page.complaint(),
        }
    }
}

/// A status alone proves nothing: a case holds if it reached its last line and left with 0, or died as
/// declared after it said so and before its last line.
pub(crate) fn of(said: PageReport, ends: Ends, ended: Ended) -> Answer {
    if let Some((kind, place, text)) = said.complaint {
        let result = match kind {
            FailureKind::Claim => RawVerdict::Violated,
            FailureKind::SetUp => RawVerdict::Broken,
            FailureKind::Refusal => RawVerdict::Refused,
            FailureKind::Unfinished => RawVerdict::Violated,
        };
        let from_outside = kind == FailureKind::Unfinished && is_sigkill(ended);
        return Answer { from_outside, ..Answer::of(result, Some(Failure::read(&text, place))) };
    }
    let (result, failure) = without_complaint(said.at_end, said.expects_death, ends, ended);
    let from_outside = result != RawVerdict::Held && is_sigkill(ended);
    Answer { from_outside, ..Answer::of(result, failure) }
}

fn is_sigkill(ended: Ended) -> bool {
    ended == Ended::By(WaitStatus::KilledBy(SIGKILL))
}

fn without_complaint(
    at_end: bool,
    expects_death: bool,
    ends: Ends,
    ended: Ended,
) -> (RawVerdict, Option<Failure>) {
    let said = |result, text: String| (result, Some(Failure::of(text)));
    let end = match ended {
        Ended::By(end) => end,
        Ended::TimedOut => {
            return said(RawVerdict::TimedOut, "did not end within its time limit".into());
        }
        Ended::Interrupted => {
            return said(RawVerdict::Broken, "interrupted while the case ran".into());
        }
        Ended::Lost(errno) => {
            let text = format!("what the case left behind could not be ended: {errno}");
            return said(RawVerdict::Broken, text);
        }
    };
    let expected = match ends {
        Ends::Returns => {
            return match (at_end, end) {
                (true, WaitStatus::Exited(0)) => (RawVerdict::Held, None),
                (true, _) => said(RawVerdict::Violated, format!("{end:?} after its last line")),
                (false, WaitStatus::Exited(_)) => {
                    said(RawVerdict::Violated, format!("{end:?} before its last line"))
                }
                (false, _) => said(RawVerdict::Crashed, format!("{end:?} before its last line")),
            };
        }
        Ends::KilledBy(signal) => WaitStatus::KilledBy(signal),
        Ends::Exits(status) => WaitStatus::Exited(status),
    };
    let instead =
        |did: String| (RawVerdict::Violated, Some(Failure::compared(did, format!("{expected:?}"))));
    if at_end {
        return instead("reached its last line".into());
    }
    if end != expected {
        return instead(format!("{end:?}"));
    }
    if !expects_death {
        return said(RawVerdict::Violated, format!("{end:?} before the step that was to do it"));
    }
    (RawVerdict::Held, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::{SIGSEGV, SIGSYS};
    use rstest::rstest;

    const LEFT: Ended = Ended::By(WaitStatus::Exited(0));
    const PANICKED: Ended = Ended::By(WaitStatus::Exited(101));
    const SYS: Ended = Ended::By(WaitStatus::KilledBy(SIGSYS));
    const SEGV: Ended = Ended::By(WaitStatus::KilledBy(SIGSEGV));
    const KILL: Ended = Ended::By(WaitStatus::KilledBy(SIGKILL));

    #[rstest]
    #[case::holds(Ends::Returns, "end", LEFT, RawVerdict::Held, false)]
    #[case::early(Ends::Returns, "", LEFT, RawVerdict::Violated, false)]
    #[case::status_after_the_end(Ends::Returns, "end", PANICKED, RawVerdict::Violated, false)]
    #[case::status_before(Ends::Returns, "", PANICKED, RawVerdict::Violated, false)]
    #[case::crash(Ends::Returns, "", SEGV, RawVerdict::Crashed, false)]
    #[case::crash_after_the_end(Ends::Returns, "end", SEGV, RawVerdict::Violated, false)]
    #[case::killed(Ends::Returns, "", KILL, RawVerdict::Crashed, true)]
    #[case::killed_after_the_end(Ends::Returns, "end", KILL, RawVerdict::Violated, true)]
    #[case::timed_out(Ends::Returns, "end", Ended::TimedOut, RawVerdict::TimedOut, false)]
    #[case::interrupted(Ends::Returns, "end", Ended::Interrupted, RawVerdict::Broken, false)]
    #[case::not_cleared(
        Ends::Returns,
        "end",
        Ended::Lost(sys::Errno::EBUSY),
        RawVerdict::Broken,
        false
    )]
    #[case::dies(Ends::KilledBy(SIGSYS), "expects_death", SYS, RawVerdict::Held, false)]
    #[case::dies_early(Ends::KilledBy(SIGSYS), "", SYS, RawVerdict::Violated, false)]
    #[case::dies_late(
        Ends::KilledBy(SIGSYS),
        "expects_death end",
        SYS,
        RawVerdict::Violated,
        false
    )]
    #[case::dies_otherwise(
        Ends::KilledBy(SIGSYS),
        "expects_death",
        SEGV,
        RawVerdict::Violated,
        false
    )]
    #[case::survives(
        Ends::KilledBy(SIGSYS),
        "expects_death end",
        LEFT,
        RawVerdict::Violated,
        false
    )]
    #[case::dies_of_another(
        Ends::KilledBy(SIGSYS),
        "expects_death",
        KILL,
        RawVerdict::Violated,
        true
    )]
    #[case::declared(Ends::KilledBy(SIGKILL), "expects_death", KILL, RawVerdict::Held, false)]
    #[case::not_yet(Ends::KilledBy(SIGKILL), "", KILL, RawVerdict::Violated, true)]
    #[case::leaves(Ends::Exits(101), "expects_death", PANICKED, RawVerdict::Held, false)]
    #[case::leaves_with_0(Ends::Exits(101), "expects_death", LEFT, RawVerdict::Violated, false)]
    #[case::leaves_early(Ends::Exits(101), "", PANICKED, RawVerdict::Violated, false)]
    fn what_a_process_did_is(
        #[case] ends: Ends,
        #[case] marks: &str,
        #[case] ended: Ended,
        #[case] result: RawVerdict,
        #[case] from_outside: bool,
    ) {
        let said = PageReport {
            at_end: marks.contains("end"),
            expects_death: marks.contains("expects_death"),
            complaint: None,
        };
        let outcome = of(said, ends, ended);
        assert_eq!((outcome.verdict, outcome.from_outside), (result, from_outside), "{outcome:?}");
        assert_eq!(outcome.failure.is_none(), result == RawVerdict::Held, "{outcome:?}");
    }

    #[rstest]
    #[case::claim(FailureKind::Claim, KILL, RawVerdict::Violated, false)]
    #[case::set_up(FailureKind::SetUp, PANICKED, RawVerdict::Broken, false)]
    #[case::refusal(FailureKind::Refusal, LEFT, RawVerdict::Refused, false)]
    #[case::cut_off(FailureKind::Unfinished, SEGV, RawVerdict::Violated, false)]
    #[case::killed_in_it(FailureKind::Unfinished, KILL, RawVerdict::Violated, true)]
    fn what_it_said_counts_most(
        #[case] kind: FailureKind,
        #[case] ended: Ended,
        #[case] result: RawVerdict,
        #[case] from_outside: bool,
    ) {
        let complaint = Some((kind, "here".into(), "a reason".into()));
        let outcome =
            of(PageReport { at_end: true, expects_death: true, complaint }, Ends::Returns, ended);
        let failure = Some(Failure { place: "here".into(), ..Failure::of("a reason") });
        assert_eq!(outcome, Answer { from_outside, ..Answer::of(result, failure) });
    }
}
