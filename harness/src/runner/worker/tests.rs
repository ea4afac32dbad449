//! A worker that cannot work says so to each request.

use super::super::protocol::RawVerdict;
use super::*;
use std::net::Shutdown;
use std::os::fd::IntoRawFd;

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

#[test]
fn a_worker_has_the_same_descriptors_whatever_was_open_before() {
    let (_runner, control) = UnixStream::pair().expect("a pair of sockets");
    let others: Vec<_> = (0..5).map(|_| File::open("/dev/null").expect("opened")).collect();
    let spread = others[4].as_raw_fd() + 100;
    let child = process::fork(|| {
        let is_open = |fd: i32| {
            sys::call::checked(sys::uapi::SYS_fcntl, [fd as usize, 1, 0, 0, 0, 0]).is_ok()
        };
        let _ = sys::call::checked(sys::uapi::SYS_dup2, [0, spread as usize, 0, 0, 0, 0]);
        let _ = sys::call::checked(sys::uapi::SYS_dup2, [0, 1023, 0, 0, 0, 0]);
        // What is alone already stays where it is.
        let number = alone(alone(control)).into_raw_fd();
        let open: Vec<_> = (3..1024).filter(|fd| is_open(*fd)).collect();
        i32::from(number != LOWEST || open != [number])
    })
    .expect("forked");
    let ended = process::wait(child, 0).expect("waited for");
    assert_eq!(ended, Some((child, process::WaitStatus::Exited(0))));
}
