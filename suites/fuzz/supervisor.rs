//! Supervisors that take random steps: after each step, kernel and model agree.

mod reproduce;

use super::engine::check;
use super::property::{Prediction, Property, Report};
use super::reproducer::Reproducer;
use super::strategies::UNASSIGNED;
use crate::clauses::*;
use fixtures::child::{self, Flavour};
use fixtures::filter::{Action, Filter, WAIT_KILLABLE_RECV, instruction_pointer};
use fixtures::gadget::Gadget;
use fixtures::listener::{AddFd, Notification};
use fixtures::needs::{ADDFD, TASK_STATE, USER_NOTIF};
use fixtures::observable_call::Pipe;
use fixtures::sigsys::Disposition;
use fixtures::supervisor::{Setup, Step as Taken, Target};
use fixtures::{Entry, Errno, SigAction};
use model::Model;
use model::call::Register;
use model::notify::{Answer, Handling, Response, Step};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::fmt;
use sys::uapi::{O_CLOEXEC, POLLIN, POLLOUT, SIGCONT, SIGKILL, SIGSTOP, SIGUSR1};

/// A number that no target has open; the next is free, too.
const FREE: u32 = 177;

#[derive(Clone, Debug)]
struct Input {
    killable: bool,
    handling: Handling,
    calls: u32,
    steps: Vec<Step>,
}

/// What a step gave, and how far the caller came.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Fact {
    answer: Answer,
    /// How often its handler ran.
    handled: u64,
    /// How many of its calls returned.
    returned: usize,
    /// What the latest of them did.
    last: i64,
}

impl Fact {
    fn of(answer: Answer, handled: u64, results: &[i64]) -> Self {
        let last = results.last().copied().unwrap_or_default();
        Self { answer, handled, returned: results.len(), last }
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.answer {
            Answer::Done => f.write_str("0")?,
            Answer::Failed(errno) => write!(f, "{}", Register(errno as u64))?,
            Answer::Received(number) => write!(f, "notification {number}")?,
            Answer::Events(events) => write!(f, "events {events:#x}")?,
            Answer::Descriptor(number) => write!(f, "descriptor {number}")?,
        }
        write!(f, ", {} signals handled, {} calls returned", self.handled, self.returned)?;
        match self.returned {
            0 => Ok(()),
            _ => write!(f, ", the latest {}", Register(self.last as u64)),
        }
    }
}

fn in_words(step: &Step) -> String {
    match step {
        Step::Receive => "SECCOMP_IOCTL_NOTIF_RECV".into(),
        Step::Look(number) => format!("SECCOMP_IOCTL_NOTIF_ID_VALID of notification {number}"),
        Step::Poll => "poll(2)".into(),
        Step::Answer(number, Response { val, error, flags }) => format!(
            "SECCOMP_IOCTL_NOTIF_SEND for notification {number}: val {val}, error {error}, flags {flags:#x}"
        ),
        Step::AddFd(number, [flags, newfd, newfd_flags]) => format!(
            "SECCOMP_IOCTL_NOTIF_ADDFD for notification {number}: flags {flags:#x}, newfd {newfd}, \
             newfd_flags {newfd_flags:#x}"
        ),
        Step::Signal => "the target is sent SIGUSR1".into(),
        Step::Stop => "the target is sent SIGSTOP, and SIGCONT".into(),
        Step::Close => "the listener is closed".into(),
        Step::Kill => "the target is killed".into(),
    }
}

struct Supervisors {
    gadget: Gadget,
    source: Pipe,
}

impl Supervisors {
    fn new() -> Self {
        Self { gadget: Gadget::syscall(), source: Pipe::new() }
    }

    fn target(&self, input: &Input) -> Target {
        let disposition = match input.handling {
            Handling::Interrupts => Disposition::Handle(SigAction::PLAIN),
            Handling::Restarts => {
                Disposition::Handle(SigAction { restart: true, ..SigAction::PLAIN })
            }
            Handling::Ignored => Disposition::Ignore,
        };
        let setup = Setup {
            entry: Entry::Syscall,
            flags: if input.killable { WAIT_KILLABLE_RECV } else { 0 },
            flavour: Flavour::CloneFiles,
            signals: &[(SIGUSR1, disposition)],
        };
        let here = instruction_pointer(self.gadget.after());
        let filter = Filter::only(here, Action::UserNotif);
        let calls = input.calls;
        Target::with_filter(&setup, self.gadget, &filter, move |caller| {
            child::die_with_parent();
            for _ in 0..calls {
                caller.call(UNASSIGNED as i64);
            }
            caller.steps.wait_for(1);
            0
        })
    }

    /// Takes a step; `first` is the id of the first notification that was received.
    fn take(&self, target: &mut Target, first: &mut Option<u64>, step: Step) -> Answer {
        let id = |number: u32| first.unwrap_or_default() + u64::from(number);
        let done = |result: Result<(), Errno>| match result {
            Ok(()) => Answer::Done,
            Err(errno) => Answer::Failed(-(errno as i64)),
        };
        match step {
            Step::Receive => match target.listener().receive_now(Notification::default()) {
                Ok(asked) => {
                    let first = *first.get_or_insert(asked.id);
                    Answer::Received(asked.id.wrapping_sub(first) as u32)
                }
                Err(errno) => Answer::Failed(-(errno as i64)),
            },
            Step::Look(number) => done(target.listener().is_waiting(id(number))),
            Step::Poll => Answer::Events(target.listener().events(POLLIN | POLLOUT, 0)),
            Step::Answer(number, Response { val, error, flags }) => {
                let id = id(number);
                let response = fixtures::listener::Response { id, val, error, flags };
                done(target.listener().answer(response))
            }
            Step::AddFd(number, [flags, newfd, newfd_flags]) => {
                let srcfd = self.source.write_end() as u32;
                let what = AddFd { id: id(number), flags, srcfd, newfd, newfd_flags };
                match target.listener().add_fd(what, &[]) {
                    Ok(number) => Answer::Descriptor(number as u32),
                    Err(errno) => Answer::Failed(-(errno as i64)),
                }
            }
            Step::Signal => self.all(target, &[Taken::Signal(SIGUSR1)]),
            Step::Stop => {
                let stop = [Taken::Signal(SIGSTOP), Taken::SettleFirst, Taken::Signal(SIGCONT)];
                self.all(target, &stop)
            }
            Step::Close => self.all(target, &[Taken::Close]),
            Step::Kill => self.all(target, &[Taken::Signal(SIGKILL), Taken::End]),
        }
    }

    fn all(&self, target: &mut Target, steps: &[Taken]) -> Answer {
        target.play(steps);
        Answer::Done
    }
}

impl Property for Supervisors {
    type Input = Input;
    type Fact = Fact;

    fn inputs(&self) -> BoxedStrategy<Input> {
        let numbers = || prop_oneof![6 => 0..3u32, 1 => 3..7u32];
        let vals = || select(vec![0, 5, -1, 4242, i64::MIN, i64::MAX]);
        let errors = || select(vec![-5, -1, 5, -4095, i32::MIN]);
        let flags = select(vec![1, 2, 3, 1 << 31]);
        let responses = prop_oneof![
            5 => vals().prop_map(|val| Response { val, ..Response::default() }),
            3 => (vals(), errors()).prop_map(|(val, error)| Response { val, error, flags: 0 }),
            2 => Just(Response { flags: 1, ..Response::default() }),
            2 => (vals(), select(vec![0, -5]), flags)
                .prop_map(|(val, error, flags)| Response { val, error, flags }),
        ];
        let flags = select(vec![1, 1, 1, 3, 3, 0, 4, 5]);
        let newfd_flags = select(vec![0, 0, O_CLOEXEC as u32, 1]);
        let fields = (flags, FREE..FREE + 2, newfd_flags)
            .prop_map(|(flags, newfd, newfd_flags)| [flags, newfd, newfd_flags]);
        let step = prop_oneof![
            6 => Just(Step::Receive),
            4 => Just(Step::Signal),
            2 => Just(Step::Stop),
            2 => Just(Step::Poll),
            2 => numbers().prop_map(Step::Look),
            6 => (numbers(), responses).prop_map(|(number, response)| Step::Answer(number, response)),
            3 => (numbers(), fields).prop_map(|(number, fields)| Step::AddFd(number, fields)),
            1 => Just(Step::Close),
            1 => Just(Step::Kill),
        ];
        let handling = select(vec![
            Handling::Interrupts,
            Handling::Restarts,
            Handling::Restarts,
            Handling::Ignored,
        ]);
        (any::<bool>(), handling, 1..5u32, vec(step, 1..18))
            .prop_map(|(killable, handling, calls, steps)| Input {
                killable,
                handling,
                calls,
                steps,
            })
            .boxed()
    }

    fn normalize(&self, model: &Model, mut input: Input) -> Input {
        input.killable &= model.kernel.wait_killable;
        let mut life = model.notified(input.killable, input.handling, input.calls);
        input.steps.retain(|step| model.supervise(&mut life, *step).is_some());
        input
    }

    fn predict(&self, model: &Model, input: &Input) -> Prediction<Fact> {
        let mut life = model.notified(input.killable, input.handling, input.calls);
        let facts = input.steps.iter().map_while(|step| {
            let answer = model.supervise(&mut life, *step)?;
            Some(Fact::of(answer, life.handled, &life.results))
        });
        Prediction::of(facts.collect())
    }

    fn execute(&self, input: &Input, report: &Report<'_, Fact>) {
        let mut target = self.target(input);
        let mut first = None;
        target.take(Taken::SettleFirst);
        let mut lives = true;
        for step in &input.steps {
            let answer = self.take(&mut target, &mut first, *step);
            lives &= *step != Step::Kill;
            if lives {
                target.take(Taken::SettleFirst);
            }
            report.fact(Fact::of(answer, target.caller.log.count(), &target.results()));
        }
        if lives {
            self.all(&mut target, &[Taken::Signal(SIGKILL), Taken::End]);
        }
    }

    fn reproducer(&self, input: &Input, prediction: &Prediction<Fact>) -> Option<Reproducer> {
        Some(reproduce::reproduce(input, prediction))
    }

    fn size(&self, input: &Input) -> u64 {
        input.steps.len() as u64
    }

    fn words(&self, input: &Input) -> String {
        let Input { killable, handling, calls, .. } = input;
        let flags = if *killable { "WAIT_KILLABLE_RECV" } else { "no flag" };
        let mut lines = vec![format!("  a target makes {calls} calls, {flags}, {handling:?}")];
        lines.extend(input.steps.iter().map(|step| format!("  {}", in_words(step))));
        lines.join("\n")
    }
}

#[harness::test(
    clause = [
        SECCOMP_NOTIFY_SIGNAL_ABORTS,
        SECCOMP_NOTIFY_RESTARTED,
        SECCOMP_NOTIFY_KILLABLE,
        SECCOMP_NOTIFY_SEND_ERRORS,
        SECCOMP_NOTIFY_ID_VALID,
        SECCOMP_NOTIFY_POLL,
        SECCOMP_NOTIFY_ADDFD,
        SECCOMP_NOTIFY_ADDFD_SEND,
        SECCOMP_NOTIFY_CLOSED_LISTENER,
    ],
    catches = "state of a notification that one step leaves behind and a later step meets, in any order of steps",
    needs = [USER_NOTIF, ADDFD, TASK_STATE],
    timeout_factor = 6,
)]
fn any_supervisor_has_the_effect_the_model_says() {
    check!(Supervisors::new, 300);
}
