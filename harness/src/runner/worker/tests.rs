//! A worker that cannot work says so to each request.

use super::super::protocol::RawVerdict;
use super::*;
use std::net::Shutdown;

#[test]
fn one_that_cannot_work_answers_each_request_and_not_the_greeting() {
    let (mut runner, control) = UnixStream::pair().expect("a pair of sockets");
    runner.write_all(b"greeting\nrequest\nrequest\n").expect("it is read");
    runner.shutdown(Shutdown::Write).expect("it can be closed");
    refuse_all(control, "because");
    let answers: Vec<Answer> = BufReader::new(runner)
        .lines()
        .map(|line| serde_json::from_str(&line.expect("a line")).expect("an answer"))
        .collect();
    assert_eq!(answers.len(), 2);
    assert!(answers.iter().all(|answer| {
        answer.verdict == RawVerdict::Broken && answer.said() == "because" && !answer.from_outside
    }));
}

#[test]
fn what_a_lost_worker_leaves_is_no_verdict_on_its_case() {
    let answer = Answer::lost();
    assert_eq!((answer.verdict, answer.from_outside), (RawVerdict::Crashed, true));
    assert!(answer.said().contains("took its worker down"), "{answer:?}");
}
