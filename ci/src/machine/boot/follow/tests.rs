use super::*;
use crate::machine::boot::SuiteEnd;
use harness::frame::{INIT, SUITE, Writer};
use rstest::rstest;
use std::cell::Cell;
use std::os::unix::process::ExitStatusExt;
use sys::uapi::{SIGINT, SIGSEGV};

const LIMITS: Limits = Limits {
    start: Duration::from_secs(10),
    silence: Duration::from_secs(20),
    whole: Duration::from_secs(100),
};
const PANIC: &str = "[ 1.0] Kernel panic - not syncing: x";

/// A line, after so many milliseconds: a frame of the first process (`i`) or of the suite (`s`), or as it is from
/// the console (`c`) or from QEMU (`q`).
type Said<'a> = (u64, char, &'a str);

/// What came of a machine.
struct Heard {
    /// Milliseconds until it was to be ended, after its last line.
    deadline: u128,
    /// The lines after which no more was wanted.
    enough: Vec<String>,
    events: Vec<BootEvent>,
    boot: Boot,
}

/// Follows a machine that says `lines` and then ends, after so many milliseconds; `wants` is asked whether there
/// is to be more.
fn follow(
    limits: Limits,
    lines: &[Said],
    (over, ended): (u64, Ended),
    wants: impl Fn(&BootEvent) -> bool,
) -> Heard {
    let begun = Instant::now();
    let at = |time: u64| begun + Duration::from_millis(time);
    let now = Cell::new(begun);
    let mut follower = Follower::new(limits, || now.get());
    let (mut init, mut suite) = (Writer::new(INIT), Writer::new(SUITE));
    let (mut events, mut enough) = (Vec::new(), Vec::new());
    for (time, who, text) in lines {
        now.set(at(*time));
        let said = match who {
            'i' => Output::Stderr(init.frame(text)),
            's' => Output::Stderr(suite.frame(text) + "\r"),
            'c' => Output::Stdout((*text).to_owned() + "\r"),
            _ => Output::Stderr((*text).to_owned()),
        };
        let mut on = |event: BootEvent| {
            let wanted = wants(&event);
            events.push(event);
            wanted
        };
        if follower.take(&said, &mut on) {
            enough.push((*text).to_owned());
        }
    }
    let deadline = follower.deadline.duration_since(begun).as_millis();
    now.set(at(over));
    let boot = follower.close(ended, |event| {
        events.push(event);
        true
    });
    Heard { deadline, enough, events, boot }
}

fn heard(lines: &[Said]) -> Heard {
    follow(LIMITS, lines, (99_000, Ended::default()), |_| true)
}

#[rstest]
#[case::silent(&[], 10_000)]
#[case::console(&[(5_000, 'c', "[ 1.0] hello")], 10_000)]
#[case::qemu(&[(5_000, 'q', "hello")], 10_000)]
#[case::frame(&[(5_000, 'i', "started 6.1")], 25_000)]
#[case::heartbeat(&[(5_000, 's', frame::HEARTBEAT)], 25_000)]
#[case::near_the_end(&[(90_000, 's', "one")], 100_000)]
#[case::ended(&[(5_000, 'i', "ended status 0")], 20_000)]
#[case::ended_before(&[(5_000, 'i', "ended status 0"), (9_000, 'i', "taint-after 0")], 20_000)]
#[case::ended_twice(&[(5_000, 'i', "ended status 0"), (9_000, 'i', "ended status 0")], 20_000)]
#[case::panic(&[(5_000, 'c', PANIC)], 8_000)]
#[case::panic_twice(&[(5_000, 'c', PANIC), (7_000, 'c', PANIC)], 8_000)]
#[case::after_a_panic(&[(5_000, 'c', PANIC), (6_000, 's', "one")], 8_000)]
#[case::panic_after_the_end(&[(5_000, 'i', "ended status 0"), (19_000, 'c', PANIC)], 20_000)]
fn a_machine_is_waited_for_as_long_as_it_may_take(#[case] lines: &[Said], #[case] deadline: u128) {
    assert_eq!(heard(lines).deadline, deadline);
}

#[test]
fn the_whole_time_is_the_most_there_is() {
    let limits = Limits { start: LIMITS.whole * 2, ..LIMITS };
    let heard = follow(limits, &[], (0, Ended::default()), |_| true);
    assert_eq!(heard.deadline, LIMITS.whole.as_millis());
}

/// What was on the way when the kernel died may still come, and what the first process says may be about that.
#[rstest]
#[case::on_the_way(&[(5_000, 'c', PANIC), (6_000, 's', "one")], false)]
#[case::late(&[(5_000, 'c', PANIC), (6_001, 's', "one")], true)]
#[case::of_the_first_process(&[(5_000, 'c', PANIC), (6_001, 'i', "log 3 x")], false)]
#[case::alive(&[(5_000, 'c', "[ 1.0] hello"), (9_000, 's', "one")], false)]
fn a_dead_kernel_does_not_go_on(#[case] lines: &[Said], #[case] is_odd: bool) {
    let contradiction = heard(lines).boot.contradiction;
    assert_eq!(contradiction.is_some_and(|why| why.ends_with("and went on")), is_odd);
}

#[test]
fn times_are_those_of_the_first_start_and_of_the_end() {
    let lines = [(1_000, 'i', "log 3 x"), (2_000, 'i', "started 6.1"), (3_000, 'i', "started 6.1")];
    let boot = heard(&lines).boot;
    assert_eq!((boot.reached.as_secs(), boot.whole.as_secs()), (2, 99));
}

#[test]
fn it_is_enough_when_a_line_of_the_record_says_so() {
    let lines = [(1, 's', "one"), (2, 's', "two"), (3, 's', frame::HEARTBEAT), (4, 'c', "three")];
    let wants_more = |event: &BootEvent| *event == BootEvent::Line("one".into());
    let heard = follow(LIMITS, &lines, (5, Ended::default()), wants_more);
    assert_eq!(heard.enough, ["two"]);
    let expected = [
        BootEvent::Line("one".into()),
        BootEvent::Line("two".into()),
        BootEvent::Console("three".into()),
    ];
    assert_eq!(heard.events, expected);
}

#[test]
fn what_waits_for_a_mark_is_told_at_the_end() {
    let heard = heard(&[(1, 'c', "[ 1.0] BUG: x")]);
    assert_eq!(heard.events.last(), Some(&BootEvent::Early("BUG: x".into())));
}

const STARTED: Said = (1, 'i', "started 6.1");
const GOOD: Said = (2, 'i', "ended status 0");

fn left(code: i32) -> Ended {
    Ended { status: Some(ExitStatus::from_raw(code << 8)), ..Ended::default() }
}

/// Killed at the deadline.
fn overdue() -> Ended {
    Ended { overdue: true, ..Ended::default() }
}

fn suite_ended() -> End {
    End::SuiteEnded(SuiteEnd::Exited(0))
}

fn panic() -> End {
    End::Panic("Kernel panic - not syncing: x".into())
}

#[rstest]
#[case::good(&[STARTED, GOOD], (9, left(0)), suite_ended())]
#[case::good_before_an_interrupt(&[STARTED, GOOD], (9, Ended { interrupt: Some(SIGINT), ..left(0) }), suite_ended())]
#[case::interrupted(&[STARTED], (9, Ended { interrupt: Some(SIGINT), ..left(0) }), End::Interrupted(SIGINT))]
#[case::interrupted_dead(&[(1, 'c', PANIC)], (9, Ended { interrupt: Some(SIGINT), ..left(0) }), End::Interrupted(SIGINT))]
#[case::dead(&[STARTED, (2, 'c', PANIC)], (9, left(0)), panic())]
#[case::dead_after_the_suite(&[STARTED, GOOD, (3, 'c', PANIC)], (9, left(0)), panic())]
#[case::reset(&[STARTED], (9, left(0)), End::Reset)]
#[case::stays(&[STARTED, GOOD], (15_002, overdue()), End::Stays)]
#[case::stays_to_the_last(&[STARTED, GOOD], (100_000, overdue()), End::Stays)]
#[case::overtime(&[STARTED], (100_000, overdue()), End::Overtime)]
#[case::too_slow(&[], (10_000, overdue()), End::Silence(LIMITS.start))]
#[case::hangs(&[STARTED], (99_999, overdue()), End::Silence(LIMITS.silence))]
#[case::qemu(&[STARTED, GOOD], (9, left(1)), End::Qemu("QEMU left with status 1".into()))]
#[case::qemu_speaks(&[(1, 'q', "one"), (2, 'q', "two"), (3, 'q', "")], (9, left(1)), End::Qemu("QEMU left with status 1: two".into()))]
#[case::console_speaks(&[(1, 'c', "one")], (9, left(1)), End::Qemu("QEMU left with status 1".into()))]
fn the_end_is_what_the_machine_and_its_emulator_say(
    #[case] lines: &[Said],
    #[case] over: (u64, Ended),
    #[case] expected: End,
) {
    assert_eq!(follow(LIMITS, lines, over, |_| true).boot.end, expected);
}

#[test]
fn an_emulator_may_be_killed() {
    let killed = Ended { status: Some(ExitStatus::from_raw(SIGSEGV)), ..Ended::default() };
    let end = follow(LIMITS, &[STARTED], (9, killed), |_| true).boot.end;
    assert_eq!(end, End::Qemu("QEMU was killed by SIGSEGV".into()));
}
