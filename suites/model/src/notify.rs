//! The life of notifications: a caller that makes one call after the other, its supervisor, and the signals
//! in between.

use crate::{Branch, Model};
use sys::uapi::{
    EINPROGRESS, EINTR, EINVAL, ENOENT, ENOSYS, O_CLOEXEC, POLLHUP, POLLIN, POLLOUT,
    SECCOMP_ADDFD_FLAG_SEND, SECCOMP_ADDFD_FLAG_SETFD, SECCOMP_USER_NOTIF_FLAG_CONTINUE,
};

/// What the caller does about the signal that it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handling {
    /// A handler without SA_RESTART.
    Interrupts,
    /// A handler with SA_RESTART.
    Restarts,
    /// It ignores it.
    Ignored,
}

/// A response without its id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The result.
    pub val: i64,
    /// The error, negative.
    pub error: i32,
    /// Flags.
    pub flags: u32,
}

/// A step of the supervisor. Notifications are numbered by their ids: the first that was received is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// SECCOMP_IOCTL_NOTIF_RECV.
    Receive,
    /// SECCOMP_IOCTL_NOTIF_ID_VALID.
    Look(u32),
    /// poll(2) without waiting.
    Poll,
    /// SECCOMP_IOCTL_NOTIF_SEND.
    Answer(u32, Response),
    /// SECCOMP_IOCTL_NOTIF_ADDFD with these flags, newfd and newfd_flags, and a good source.
    AddFd(u32, [u32; 3]),
    /// Sends the caller the signal.
    Signal,
    /// Stops the caller, and lets it continue once it has stopped or waits on.
    Stop,
    /// Closes the listener.
    Close,
    /// Kills the caller.
    Kill,
}

/// What a step gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing.
    Done,
    /// The error, negative.
    Failed(i64),
    /// The notification with this number.
    Received(u32),
    /// What poll(2) says.
    Events(i16),
    /// A descriptor's number.
    Descriptor(u32),
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    number: u32,
    received: bool,
}

/// A caller and its listener.
#[derive(Clone, Debug)]
pub struct Life {
    killable: bool,
    handling: Handling,
    calls_left: u32,
    waiting: Option<Waiting>,
    /// How many notifications there were.
    queued: u32,
    /// How many receivers will not wait: one for each notification that was queued.
    tokens: u32,
    /// The number of the first that was received.
    first: Option<u32>,
    pending: bool,
    closed: bool,
    killed: bool,
    /// How often the handler ran.
    pub handled: u64,
    /// What the calls returned that have.
    pub results: Vec<i64>,
}

impl Model {
    /// A caller that makes `calls` calls of an unassigned number, with WAIT_KILLABLE_RECV or without.
    pub fn notified(&self, killable: bool, handling: Handling, calls: u32) -> Life {
        let mut life = Life {
            killable,
            handling,
            calls_left: calls,
            waiting: None,
            queued: 0,
            tokens: 0,
            first: None,
            pending: false,
            closed: false,
            killed: false,
            handled: 0,
            results: Vec::new(),
        };
        self.next_call(&mut life);
        life
    }

    /// What a step gives, and what it changes; `None` for one that is impossible or would wait for ever.
    pub fn supervise(&self, life: &mut Life, step: Step) -> Option<Answer> {
        match step {
            Step::Signal if !life.killed => self.signalled(life),
            Step::Stop if !life.killed => self.stopped(life),
            Step::Kill if !life.killed => {
                life.killed = true;
                life.waiting = None;
            }
            Step::Close if !life.closed => {
                life.closed = true;
                if life.waiting.is_some() {
                    self.returns(life, -ENOSYS);
                }
            }
            Step::Signal | Step::Stop | Step::Kill | Step::Close => return None,
            _ if life.closed => return None,
            Step::Poll => return Some(Answer::Events(self.events(life))),
            Step::Receive => return self.receive(life),
            Step::Look(number) => {
                let found = life.find(number)?;
                let received = found.is_some_and(|waiting| waiting.received);
                return Some(match self.is(Branch::NotifyIdValid, received) {
                    true => Answer::Done,
                    false => Answer::Failed(-ENOENT),
                });
            }
            Step::Answer(number, response) => return self.respond(life, number, response),
            Step::AddFd(number, fields) => return self.add_fd(life, number, fields),
        }
        Some(Answer::Done)
    }

    fn next_call(&self, life: &mut Life) {
        while life.calls_left > 0 && life.waiting.is_none() {
            life.calls_left -= 1;
            if self.is(Branch::NotifyClosed, life.closed) {
                life.results.push(-ENOSYS);
            } else {
                life.queue();
            }
        }
    }

    fn returns(&self, life: &mut Life, result: i64) {
        life.waiting = None;
        life.results.push(result);
        if life.pending {
            life.pending = false;
            life.handled += 1;
        }
        self.next_call(life);
    }

    fn held_back(&self, life: &Life, waiting: Waiting) -> bool {
        self.is(Branch::NotifyKillable, life.killable && waiting.received)
    }

    fn signalled(&self, life: &mut Life) {
        if self.is(Branch::NotifyIgnores, life.handling == Handling::Ignored) {
            return;
        }
        match life.waiting {
            Some(waiting) if self.held_back(life, waiting) => life.pending = true,
            Some(_) => {
                life.handled += 1;
                if self.is(Branch::NotifyRestarts, life.handling == Handling::Restarts) {
                    life.queue();
                } else {
                    self.returns(life, -EINTR);
                }
            }
            None => life.handled += 1,
        }
    }

    fn stopped(&self, life: &mut Life) {
        let Some(waiting) = life.waiting else { return };
        if !self.held_back(life, waiting) && self.always(Branch::NotifyStops) {
            life.queue();
        }
    }

    fn events(&self, life: &Life) -> i16 {
        if life.killed {
            return POLLHUP;
        }
        match life.waiting {
            None => 0,
            Some(waiting) if self.is(Branch::NotifyReadable, !waiting.received) => POLLIN,
            Some(_) => POLLOUT,
        }
    }

    fn receive(&self, life: &mut Life) -> Option<Answer> {
        if life.killed || life.tokens == 0 {
            return None;
        }
        let queued = life.waiting.is_some_and(|waiting| !waiting.received);
        life.tokens -= 1;
        match &mut life.waiting {
            Some(waiting) if self.is(Branch::NotifyQueued, queued) => {
                waiting.received = true;
                let first = *life.first.get_or_insert(waiting.number);
                Some(Answer::Received(waiting.number - first))
            }
            _ => Some(Answer::Failed(-ENOENT)),
        }
    }

    fn respond(&self, life: &mut Life, number: u32, response: Response) -> Option<Answer> {
        let found = life.find(number)?;
        let Response { val, error, flags } = response;
        let continues = flags & SECCOMP_USER_NOTIF_FLAG_CONTINUE != 0;
        let unknown = flags & !SECCOMP_USER_NOTIF_FLAG_CONTINUE != 0;
        if self.is(Branch::NotifyUnknownFlag, unknown)
            || self.is(Branch::NotifyContinueAlone, continues && (val != 0 || error != 0))
        {
            return Some(Answer::Failed(-EINVAL));
        }
        if let Some(failed) = self.not_answerable(found) {
            return Some(failed);
        }
        let result = if self.is(Branch::NotifyContinues, continues) {
            -ENOSYS
        } else if self.is(Branch::NotifyErrorWins, error != 0) {
            i64::from(error)
        } else {
            val
        };
        self.returns(life, result);
        Some(Answer::Done)
    }

    fn add_fd(&self, life: &mut Life, number: u32, fields: [u32; 3]) -> Option<Answer> {
        let found = life.find(number)?;
        let [flags, newfd, newfd_flags] = fields;
        let (setfd, send) = (SECCOMP_ADDFD_FLAG_SETFD, SECCOMP_ADDFD_FLAG_SEND);
        let known = if self.kernel.addfd_send { setfd | send } else { setfd };
        let refused = newfd_flags & !(O_CLOEXEC as u32) != 0
            || flags & !known != 0
            || newfd != 0 && flags & setfd == 0;
        if self.is(Branch::NotifyAddFdFields, refused) {
            return Some(Answer::Failed(-EINVAL));
        }
        if let Some(failed) = self.not_answerable(found) {
            return Some(failed);
        }
        if self.is(Branch::NotifyAddFdSends, flags & send != 0) {
            self.returns(life, i64::from(newfd));
        }
        Some(Answer::Descriptor(newfd))
    }

    /// The error of a response to this notification, where it cannot be answered.
    fn not_answerable(&self, found: Option<Waiting>) -> Option<Answer> {
        match found {
            Some(waiting) if self.is(Branch::NotifyEarly, !waiting.received) => {
                Some(Answer::Failed(-EINPROGRESS))
            }
            Some(_) => None,
            None => Some(Answer::Failed(-ENOENT)),
        }
    }
}

impl Life {
    /// The call is notified, under a new id.
    fn queue(&mut self) {
        self.waiting = Some(Waiting { number: self.queued, received: false });
        self.queued += 1;
        self.tokens += 1;
    }

    /// The call that waits with this number; `None` while no number is known.
    fn find(&self, number: u32) -> Option<Option<Waiting>> {
        let number = self.first? + number;
        Some(self.waiting.filter(|waiting| waiting.number == number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const FIVE: Response = Response { val: 5, error: 0, flags: 0 };

    #[rstest]
    #[case(false, Handling::Interrupts, Answer::Failed(-ENOENT), &[-EINTR])]
    #[case(false, Handling::Restarts, Answer::Failed(-ENOENT), &[])]
    #[case(false, Handling::Ignored, Answer::Done, &[5])]
    #[case(true, Handling::Interrupts, Answer::Done, &[5])]
    #[case(true, Handling::Restarts, Answer::Done, &[5])]
    fn a_signal_after_recv(
        #[case] killable: bool,
        #[case] handling: Handling,
        #[case] answer: Answer,
        #[case] results: &[i64],
    ) {
        let model = Model::default();
        let mut life = model.notified(killable, handling, 1);
        let take = |life: &mut Life, step| model.supervise(life, step);
        assert_eq!(take(&mut life, Step::Receive), Some(Answer::Received(0)));
        assert_eq!(take(&mut life, Step::Signal), Some(Answer::Done));
        assert_eq!(take(&mut life, Step::Answer(0, FIVE)), Some(answer));
        assert_eq!(life.results, results);
        assert_eq!(life.handled, u64::from(handling != Handling::Ignored));
    }

    #[test]
    fn a_withdrawn_notification_leaves_a_receiver_enoent() {
        let model = Model::default();
        let mut life = model.notified(false, Handling::Interrupts, 1);
        assert_eq!(model.supervise(&mut life, Step::Signal), Some(Answer::Done));
        assert_eq!(model.supervise(&mut life, Step::Receive), Some(Answer::Failed(-ENOENT)));
        assert_eq!(model.supervise(&mut life, Step::Receive), None, "it would wait for ever");
    }

    #[test]
    fn closing_ends_all_calls() {
        let model = Model::default();
        let mut life = model.notified(true, Handling::Ignored, 3);
        assert_eq!(model.supervise(&mut life, Step::Close), Some(Answer::Done));
        assert_eq!(life.results, [-ENOSYS; 3]);
        assert_eq!(model.supervise(&mut life, Step::Poll), None, "there is no listener");
    }

    #[rstest]
    #[case([1, 9, 0], true, Answer::Descriptor(9), 0)]
    #[case([3, 9, 0], true, Answer::Descriptor(9), 1)]
    #[case([3, 9, 0], false, Answer::Failed(-EINVAL), 0)]
    #[case([0, 9, 0], true, Answer::Failed(-EINVAL), 0)]
    #[case([1, 9, 1], true, Answer::Failed(-EINVAL), 0)]
    fn a_descriptor_may_be_the_response(
        #[case] fields: [u32; 3],
        #[case] addfd_send: bool,
        #[case] answer: Answer,
        #[case] returned: usize,
    ) {
        let model = Model::new(crate::Kernel { addfd_send, ..crate::Kernel::default() });
        let mut life = model.notified(false, Handling::Ignored, 1);
        assert_eq!(model.supervise(&mut life, Step::Receive), Some(Answer::Received(0)));
        assert_eq!(model.supervise(&mut life, Step::AddFd(0, fields)), Some(answer));
        assert_eq!(life.results.len(), returned);
    }
}
