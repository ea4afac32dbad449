//! A supervisor's steps as a C program.

use super::{Fact, Input, Prediction, in_words};
use crate::fuzz::reproducer::{Piece, Reproducer, hex, number};
use model::notify::{Answer, Handling, Response, Step};
use sys::seccomp::WAIT_KILLABLE_RECV;

pub(super) fn reproduce(input: &Input, prediction: &Prediction<Fact>) -> Reproducer {
    let mut c = Reproducer::new();
    c.needs(Piece::Supervisor);
    let flags = if input.killable { hex(WAIT_KILLABLE_RECV as u64) } else { "0".into() };
    let (handler, restarts) = match input.handling {
        Handling::Interrupts => ("count", 0),
        Handling::Restarts => ("count", 1),
        Handling::Ignored => ("SIG_IGN", 0),
    };
    c.line(&format!("start_target({flags}, {handler}, {restarts}, {});", input.calls));
    for (step, fact) in input.steps.iter().zip(&prediction.facts) {
        c.step(&in_words(step));
        c.expect("the result", value(fact.answer), &call(step));
        c.expect("signals handled", fact.handled as i64, "seen->handled");
        c.expect("calls returned", fact.returned as i64, "seen->returned");
        if fact.returned > 0 {
            c.expect("the latest call's result", fact.last, "seen->last");
        }
    }
    c.line("kill_target();");
    c.ends(prediction.last);
    c
}

fn call(step: &Step) -> String {
    match step {
        Step::Receive => "receive()".into(),
        Step::Look(which) => format!("look({which})"),
        Step::Poll => "poll_listener()".into(),
        Step::Answer(which, Response { val, error, flags }) => {
            let [val, error] = [*val, i64::from(*error)].map(number);
            format!("respond({which}, {val}, {error}, {flags:#x})")
        }
        Step::AddFd(which, [flags, newfd, newfd_flags]) => {
            format!("add_fd({which}, {flags:#x}, {newfd}, {newfd_flags:#x})")
        }
        Step::Signal => "send_signal(SIGUSR1)".into(),
        Step::Stop => "stop_and_continue()".into(),
        Step::Close => "close_listener()".into(),
        Step::Kill => "kill_target()".into(),
    }
}

fn value(answer: Answer) -> i64 {
    match answer {
        Answer::Done => 0,
        Answer::Failed(errno) => errno,
        Answer::Received(number) | Answer::Descriptor(number) => i64::from(number),
        Answer::Events(events) => i64::from(events),
    }
}
