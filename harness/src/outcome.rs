//! From how a case's process ended, and what it said, to what became of the case.

use crate::page::{Complaint, Page};
use crate::reap::Ended;
use crate::record::Failure;
use crate::{Ends, worker::Result};
use sys::process::WaitStatus;
use sys::uapi::SIGKILL;

/// What a case left on its page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// It reached its last line.
    pub at_end: bool,
    /// It said that the next step would end it.
    pub doomed: bool,
    /// Kind, place and text.
    pub complaint: Option<(Complaint, String, String)>,
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub result: Result,
    /// What was observed instead.
    pub failure: Option<Failure>,
    /// A SIGKILL that nobody declared ended it: somebody else's, or the kernel's for want of memory.
    pub from_outside: bool,
}

impl Said {
    pub(crate) fn on(page: Page) -> Self {
        Self { at_end: page.reached_end(), doomed: page.doomed(), complaint: page.complaint() }
    }
}

/// A status alone proves nothing: a case holds if it reached its last line and left with 0, or died as
/// declared after it said so and before its last line.
pub(crate) fn of(said: Said, ends: Ends, ended: Ended) -> Outcome {
    if let Some((kind, place, text)) = said.complaint {
        let result = match kind {
            Complaint::Claim => Result::Violated,
            Complaint::SetUp => Result::Broken,
            Complaint::Refusal => Result::Refused,
            Complaint::Unfinished => Result::Violated,
        };
        let from_outside = kind == Complaint::Unfinished && is_sigkill(ended);
        return Outcome { result, failure: Some(Failure::read(&text, place)), from_outside };
    }
    let (result, failure) = without_complaint(said.at_end, said.doomed, ends, ended);
    let from_outside = result != Result::Held && is_sigkill(ended);
    Outcome { result, failure, from_outside }
}

fn is_sigkill(ended: Ended) -> bool {
    ended == Ended::By(WaitStatus::KilledBy(SIGKILL))
}

fn without_complaint(
    at_end: bool,
    doomed: bool,
    ends: Ends,
    ended: Ended,
) -> (Result, Option<Failure>) {
    let said = |result, text: String| (result, Some(Failure::of(text)));
    let end = match ended {
        Ended::By(end) => end,
        Ended::TimedOut => {
            return said(Result::TimedOut, "did not end within its time limit".into());
        }
        Ended::Interrupted => return said(Result::Broken, "interrupted while the case ran".into()),
        Ended::Lost(errno) => {
            let text = format!("what the case left behind could not be ended: {errno}");
            return said(Result::Broken, text);
        }
    };
    let expected = match ends {
        Ends::Returns => {
            return match (at_end, end) {
                (true, WaitStatus::Exited(0)) => (Result::Held, None),
                (true, _) => said(Result::Violated, format!("{end:?} after its last line")),
                (false, WaitStatus::Exited(_)) => {
                    said(Result::Violated, format!("{end:?} before its last line"))
                }
                (false, _) => said(Result::Crashed, format!("{end:?} before its last line")),
            };
        }
        Ends::KilledBy(signal) => WaitStatus::KilledBy(signal),
        Ends::Exits(status) => WaitStatus::Exited(status),
    };
    let instead =
        |did: String| (Result::Violated, Some(Failure::compared(did, format!("{expected:?}"))));
    if at_end {
        return instead("reached its last line".into());
    }
    if end != expected {
        return instead(format!("{end:?}"));
    }
    if !doomed {
        return said(Result::Violated, format!("{end:?} before the step that was to do it"));
    }
    (Result::Held, None)
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
    #[case::holds(Ends::Returns, "end", LEFT, Result::Held, false)]
    #[case::early(Ends::Returns, "", LEFT, Result::Violated, false)]
    #[case::status_after_the_end(Ends::Returns, "end", PANICKED, Result::Violated, false)]
    #[case::status_before(Ends::Returns, "", PANICKED, Result::Violated, false)]
    #[case::crash(Ends::Returns, "", SEGV, Result::Crashed, false)]
    #[case::crash_after_the_end(Ends::Returns, "end", SEGV, Result::Violated, false)]
    #[case::killed(Ends::Returns, "", KILL, Result::Crashed, true)]
    #[case::killed_after_the_end(Ends::Returns, "end", KILL, Result::Violated, true)]
    #[case::timed_out(Ends::Returns, "end", Ended::TimedOut, Result::TimedOut, false)]
    #[case::interrupted(Ends::Returns, "end", Ended::Interrupted, Result::Broken, false)]
    #[case::not_cleared(
        Ends::Returns,
        "end",
        Ended::Lost(sys::Errno::EBUSY),
        Result::Broken,
        false
    )]
    #[case::dies(Ends::KilledBy(SIGSYS), "doomed", SYS, Result::Held, false)]
    #[case::dies_early(Ends::KilledBy(SIGSYS), "", SYS, Result::Violated, false)]
    #[case::dies_late(Ends::KilledBy(SIGSYS), "doomed end", SYS, Result::Violated, false)]
    #[case::dies_otherwise(Ends::KilledBy(SIGSYS), "doomed", SEGV, Result::Violated, false)]
    #[case::survives(Ends::KilledBy(SIGSYS), "doomed end", LEFT, Result::Violated, false)]
    #[case::dies_of_another(Ends::KilledBy(SIGSYS), "doomed", KILL, Result::Violated, true)]
    #[case::declared(Ends::KilledBy(SIGKILL), "doomed", KILL, Result::Held, false)]
    #[case::not_yet(Ends::KilledBy(SIGKILL), "", KILL, Result::Violated, true)]
    #[case::leaves(Ends::Exits(101), "doomed", PANICKED, Result::Held, false)]
    #[case::leaves_with_0(Ends::Exits(101), "doomed", LEFT, Result::Violated, false)]
    #[case::leaves_early(Ends::Exits(101), "", PANICKED, Result::Violated, false)]
    fn what_a_process_did_is(
        #[case] ends: Ends,
        #[case] marks: &str,
        #[case] ended: Ended,
        #[case] result: Result,
        #[case] from_outside: bool,
    ) {
        let said = Said {
            at_end: marks.contains("end"),
            doomed: marks.contains("doomed"),
            complaint: None,
        };
        let outcome = of(said, ends, ended);
        assert_eq!((outcome.result, outcome.from_outside), (result, from_outside), "{outcome:?}");
        assert_eq!(outcome.failure.is_none(), result == Result::Held, "{outcome:?}");
    }

    #[rstest]
    #[case::claim(Complaint::Claim, KILL, Result::Violated, false)]
    #[case::set_up(Complaint::SetUp, PANICKED, Result::Broken, false)]
    #[case::refusal(Complaint::Refusal, LEFT, Result::Refused, false)]
    #[case::cut_off(Complaint::Unfinished, SEGV, Result::Violated, false)]
    #[case::killed_in_it(Complaint::Unfinished, KILL, Result::Violated, true)]
    fn what_it_said_counts_most(
        #[case] kind: Complaint,
        #[case] ended: Ended,
        #[case] result: Result,
        #[case] from_outside: bool,
    ) {
        let complaint = Some((kind, "here".into(), "a reason".into()));
        let outcome = of(Said { at_end: true, doomed: true, complaint }, Ends::Returns, ended);
        let failure = Some(Failure { place: "here".into(), ..Failure::of("a reason") });
        assert_eq!(outcome, Outcome { result, failure, from_outside });
    }
}
