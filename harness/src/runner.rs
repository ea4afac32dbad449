//! Runs cases through the pool, each with its needs asked first, and tells what became of them.
//!
//! From the top: [`Runner`] asks the [`pool`] for an answer, which [`launch`] has a [`worker`] give; the
//! worker forks the case, which reports on its [`page`] and is cleared away by [`reap`]; [`judge`] makes a
//! verdict of the answer.

pub(crate) mod canary;
mod claim;
pub(crate) mod judge;
pub(crate) mod launch;
pub(crate) mod limits;
pub(crate) mod lock;
#[cfg(feature = "lies")]
pub(crate) mod lying;
mod orphans;
mod outcome;
pub(crate) mod page;
pub(crate) mod pool;
pub(crate) mod protocol;
pub(crate) mod reap;
pub(crate) mod registry;
mod repeated;
mod settings;
pub(crate) mod taint;
pub(crate) mod worker;

pub use claim::{Broken, Promised, SetUp, expect_death, record_fact, stop_recording};
pub use settings::SETTINGS;

use crate::event::{Consumer, Done, Ended, Event};
use crate::record::taint::{Blame, change};
use crate::record::{CaseLine, Durations, Footer, Header, Retried, TaintChange, Verdict};
use crate::stdio::OutputError;
use crate::{Case, Need, Probe};
use canary::CANARIES;
use judge::{Availability, Judge};
use lock::Order;
use pool::{Pool, Stopped};
use protocol::{RawVerdict, Request};
use registry::sorted_needs;
use repeated::Repeated;
use settings::Settings;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};
use taint::Taint;

/// What runs the cases of one run.
pub(crate) struct Runner {
    pool: Pool,
    judge: Judge,
    cases: Vec<&'static Case>,
    needs: Mutex<HashMap<&'static str, Availability>>,
    consumers: Mutex<Vec<Box<dyn Consumer>>>,
    done: Mutex<Vec<Verdict>>,
    /// How long cases took, in microseconds.
    durations: Mutex<BTreeMap<String, u64>>,
    order: Order,
    /// The bits of the kernel's taint that were set while a case ran.
    explained: AtomicU64,
    taint: Taint,
    taint_now: OnceLock<Option<u64>>,
    limit: Duration,
    /// How many times each case runs.
    repeat: u32,
    /// Enough for what takes no time, on any machine.
    canary_limit: Duration,
}

/// Seconds a canary may take, but for the one that hangs: a machine that is slower than this runs nothing.
const CANARY_LIMIT: u64 = 60;

/// One change of the taint, of two that follow each other.
fn spanning(first: Option<TaintChange>, second: Option<TaintChange>) -> Option<TaintChange> {
    match (first, second) {
        (Some(first), Some(second)) => Some(TaintChange { after: second.after, ..first }),
        (first, second) => first.or(second),
    }
}

impl Runner {
    pub(crate) fn new(
        pool: Pool,
        judge: Judge,
        cases: Vec<&'static Case>,
        order: Order,
        taint: Taint,
        limit: Duration,
    ) -> Self {
        Self {
            pool,
            judge,
            cases,
            needs: Mutex::default(),
            consumers: Mutex::default(),
            done: Mutex::default(),
            durations: Mutex::default(),
            order,
            explained: AtomicU64::new(0),
            taint,
            taint_now: OnceLock::new(),
            limit,
            repeat: 1,
            canary_limit: Duration::from_secs(CANARY_LIMIT).max(limit),
        }
    }

    /// Each case runs so many times.
    pub(crate) fn repeating(self, times: u32) -> Self {
        Self { repeat: times, ..self }
    }

    /// The cases in the order of the registry.
    pub(crate) fn cases(&self) -> &[&'static Case] {
        &self.cases
    }

    /// From now on `consumer` is told what happens.
    pub(crate) fn tell(&self, consumer: impl Consumer + 'static) {
        self.consumers.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(consumer));
    }

    /// Tells every consumer, and gives the first refusal.
    fn emit(&self, event: &Event<'_>) -> Result<(), OutputError> {
        let mut consumers = self.consumers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut told = Ok(());
        for consumer in consumers.iter_mut() {
            // A consumer that refuses keeps the event from no other.
            told = told.and(consumer.take(event));
        }
        told
    }

    /// Begins the run.
    pub(crate) fn begin(&self, header: &Header) -> Result<(), Stopped> {
        self.emit(&Event::Begun(header)).map_err(|_| Stopped)
    }

    /// Runs the cases at `places` of the registry, `threads` at a time, and tells of each as it is done.
    pub(crate) fn run_all(&self, places: &[usize], threads: usize) -> Result<(), Stopped> {
        if threads <= 1 {
            return places.iter().try_for_each(|place| self.run(*place).map(drop));
        }
        let next = AtomicUsize::new(0);
        let (sender, lines) = mpsc::channel();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || {
                    while let Some(place) = places.get(next.fetch_add(1, Relaxed)) {
                        if sender.send((*place, self.line(*place))).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            let mut outcome = Ok(());
            // What is done when the run stops is told, too.
            for (place, line) in lines {
                if let Err(stopped) = line.and_then(|line| self.done(place, &line)) {
                    next.store(places.len(), Relaxed);
                    outcome = Err(stopped);
                }
            }
            outcome
        })
    }

    /// Runs one case, tells of it and gives what became of it.
    pub(crate) fn run(&self, place: usize) -> Result<CaseLine, Stopped> {
        let line = self.line(place)?;
        self.done(place, &line)?;
        Ok(line)
    }

    fn done(&self, place: usize, line: &CaseLine) -> Result<(), Stopped> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push(line.verdict);
        let case = Done { place, case: self.cases[place], line };
        self.emit(&Event::Case(case)).map_err(|_| Stopped)
    }

    /// What became of a case, once it has run.
    fn line(&self, place: usize) -> Result<CaseLine, Stopped> {
        let (mut line, mut took) = self.verdict(place)?;
        if self.repeat > 1 && took.is_some() {
            let mut repeated = Repeated::new(line);
            for _ in 1..self.repeat {
                let (line, longest) = self.verdict(place)?;
                repeated.add(line);
                took = took.max(longest);
            }
            line = repeated.line();
        }
        if let Some(took) = took
            && let Ok(mut durations) = self.durations.lock()
        {
            let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            durations.insert(line.name.clone(), took);
        }
        Ok(line)
    }

    /// Ends the run with `footer`, which counts nothing yet; none where cases are missing and nothing says
    /// why. Gives what was told, and why it was not taken.
    pub(crate) fn end(&self, footer: Option<Footer>) -> (Ended, Result<(), OutputError>) {
        let microseconds = self.durations.lock().map(|all| all.clone()).unwrap_or_default();
        let durations = Durations { microseconds };
        let ended = Ended { durations, footer, unexplained: self.unexplained() };
        let told = self.emit(&Event::Ended(&ended));
        (ended, told)
    }

    /// A case and what became of it; how long that took, where it ran.
    fn verdict(&self, index: usize) -> Result<(CaseLine, Option<Duration>), Stopped> {
        let case = self.cases[index];
        for need in case.needs {
            let (verdict, unmet) = match self.availability(need)? {
                Availability::Offered => continue,
                Availability::Excused(unmet) => (Verdict::NotOffered, unmet),
                Availability::Unexcused(unmet) => (Verdict::Violated, unmet),
                Availability::Unanswered(unmet) => (Verdict::Broken, unmet),
            };
            let unmet = Some(unmet);
            return Ok((CaseLine { unmet, ..Judge::line(case, verdict) }, None));
        }
        let limit = self.limit * case.timeout_factor;
        let _lock = self.order.take(case.serial);
        let begun = Instant::now();
        let mut line = self.try_case(case, Request::Case { index, limit })?;
        let took = begun.elapsed();
        self.judge.allow_for_a_filter(&mut line);
        Ok((line, Some(took)))
    }

    /// Runs the case; once more where somebody else may have ended it.
    fn try_case(&self, case: &Case, request: Request) -> Result<CaseLine, Stopped> {
        let settings = Settings::before(case.serial);
        let mut answer = self.pool.ask(request, false)?;
        let mut retried = None;
        if answer.from_outside {
            let first = answer;
            settings.put_back();
            answer = self.pool.ask(request, true)?;
            let same = first.failure == answer.failure;
            let failure = first.failure.unwrap_or_default();
            retried = Some(Retried { first: failure, same });
            answer.taint = spanning(first.taint, answer.taint);
            settings.put_back();
        }
        let taint = answer.taint;
        let mut line = self.judge.judge(case, answer);
        line.retried = retried;
        if let Some(taint) = taint {
            self.explained.fetch_or(taint.added(), Relaxed);
            taint::weigh(&mut line, taint);
        }
        Ok(line)
    }

    /// Runs the canaries, and says which does not come out as it must.
    pub(crate) fn canaries(&self) -> Result<Vec<String>, Stopped> {
        let mut faults = Vec::new();
        for (index, canary) in CANARIES.iter().enumerate() {
            let _lock = self.order.take(false);
            let request = Request::Canary { index, limit: self.canary_limit };
            faults.extend(fault_of_two(|| {
                Ok(canary.check(&self.try_case(&canary.case, request)?).err())
            })?);
        }
        Ok(faults)
    }

    /// The kernel's taint after the last case, where it is not what it was before the first; looked at once.
    pub(crate) fn taint_after(&self) -> Option<u64> {
        let before = self.judge.kernel.identity.taint;
        let now = self.taint_now.get_or_init(|| self.taint.read());
        now.filter(|now| before.is_some_and(|before| before != *now))
    }

    /// What the kernel says of itself that no case explains: it came before the first, between them, while
    /// a need was asked for, or after the last.
    pub(crate) fn unexplained(&self) -> Option<(Blame, String)> {
        let before = self.judge.kernel.identity.taint?;
        change(before | self.explained.load(Relaxed), self.taint_after()?)
    }

    /// What the kernel said to a need; asked once a run, and once more of a worker that did nothing before
    /// where there was no answer.
    pub(crate) fn availability(&self, need: &'static Need) -> Result<Availability, Stopped> {
        if let Probe::Told = need.probe {
            return Ok(self.judge.told(need));
        }
        // The lock is held while asking, so that a need is asked once.
        let mut known = self.needs.lock().map_err(|_| Stopped)?;
        if let Some(availability) = known.get(need.name) {
            return Ok(availability.clone());
        }
        let Some(index) = sorted_needs().iter().position(|other| other.name == need.name) else {
            return Ok(Judge::unanswered(need, "it is not registered".into()));
        };
        let request = Request::Need { index, limit: self.limit };
        let _lock = self.order.take(false);
        let mut answer = self.pool.ask(request, false)?;
        if !matches!(answer.verdict, RawVerdict::Held | RawVerdict::Refused) {
            answer = self.pool.ask(request, true)?;
        }
        let availability = self.judge.availability(need, &answer);
        known.insert(need.name, availability.clone());
        Ok(availability)
    }

    /// The first reason why this case is not offered, if there is one.
    pub(crate) fn not_offered(&self, case: &Case) -> bool {
        case.needs
            .iter()
            .any(|need| matches!(self.availability(need), Ok(Availability::Excused(_))))
    }

    /// The verdicts so far.
    pub(crate) fn verdicts(&self) -> Vec<Verdict> {
        self.done.lock().map(|done| done.clone()).unwrap_or_default()
    }
}

/// The fault of the first try, if the second has one as well. A place that lies does so again; somebody who
/// killed a child of the first does not.
fn fault_of_two<E>(
    mut try_once: impl FnMut() -> Result<Option<String>, E>,
) -> Result<Option<String>, E> {
    let Some(first) = try_once()? else { return Ok(None) };
    Ok(try_once()?.and(Some(first)))
}

#[cfg(test)]
mod tests;
