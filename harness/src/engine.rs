//! Runs cases through the pool, each with its needs asked first, and keeps the record.

use crate::canary::CANARIES;
use crate::judge::{Judge, Offer};
use crate::lock::Order;

use crate::pool::{Pool, Stopped};
use crate::record::{CaseLine, Durations, Footer, Retried, TaintChange, Verdict};
use crate::record_file::RecordFile;
use crate::settings::Settings;
use crate::taint::{self, Blame, Taint};
use crate::worker::{Request, Result as Raw, sorted_needs};
use crate::{Ask, Case, Need};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

/// What runs the cases of one run.
pub(crate) struct Engine {
    pool: Pool,
    judge: Judge,
    cases: Vec<&'static Case>,
    offers: Mutex<HashMap<&'static str, Offer>>,
    record: Mutex<Option<RecordFile>>,
    done: Mutex<Vec<Verdict>>,
    /// How long cases took since they were last told, in microseconds.
    durations: Mutex<BTreeMap<String, u64>>,
    order: Order,
    /// The bits of the kernel's taint that were set while a case ran.
    explained: AtomicU64,
    taint: Taint,
    taint_now: OnceLock<Option<u64>>,
    limit: Duration,
    /// Enough for what takes no time, on any machine.
    patience: Duration,
}

/// Seconds a canary may take, but for the one that hangs: a machine that is slower than this runs nothing.
const PATIENCE: u64 = 60;

/// One change of the taint, of two that follow each other.
fn spanning(first: Option<TaintChange>, second: Option<TaintChange>) -> Option<TaintChange> {
    match (first, second) {
        (Some(first), Some(second)) => Some(TaintChange { after: second.after, ..first }),
        (first, second) => first.or(second),
    }
}

impl Engine {
    pub(crate) fn new(
        pool: Pool,
        judge: Judge,
        cases: Vec<&'static Case>,
        record: Option<RecordFile>,
        order: Order,
        taint: Taint,
        limit: Duration,
    ) -> Self {
        Self {
            pool,
            judge,
            cases,
            offers: Mutex::default(),
            record: Mutex::new(record),
            done: Mutex::default(),
            durations: Mutex::default(),
            order,
            explained: AtomicU64::new(0),
            taint,
            taint_now: OnceLock::new(),
            limit,
            patience: Duration::from_secs(PATIENCE).max(limit),
        }
    }

    pub(crate) fn cases(&self) -> &[&'static Case] {
        &self.cases
    }

    pub(crate) fn case(&self, index: usize) -> &'static Case {
        self.cases[index]
    }

    pub(crate) fn judge(&self) -> &Judge {
        &self.judge
    }

    /// Runs one case and adds it to the record.
    pub(crate) fn run(&self, index: usize) -> Result<CaseLine, Stopped> {
        let (line, took) = self.verdict(index)?;
        if let Some(took) = took
            && let Ok(mut durations) = self.durations.lock()
        {
            let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            durations.insert(line.name.clone(), took);
        }
        if let Ok(mut record) = self.record.lock()
            && let Some(record) = record.as_mut()
        {
            record.add(index, line.clone());
        }
        if let Ok(mut done) = self.done.lock() {
            done.push(line.verdict);
        }
        Ok(line)
    }

    /// A case and what became of it; how long that took, where it ran.
    fn verdict(&self, index: usize) -> Result<(CaseLine, Option<Duration>), Stopped> {
        let case = self.cases[index];
        for need in case.needs {
            let (verdict, unmet) = match self.offer(need)? {
                Offer::Offered => continue,
                Offer::Excused(unmet) => (Verdict::NotOffered, unmet),
                Offer::Unexcused(unmet) => (Verdict::Violated, unmet),
                Offer::Unanswered(unmet) => (Verdict::Broken, unmet),
            };
            let unmet = Some(unmet);
            return Ok((CaseLine { unmet, ..Judge::line(case, verdict) }, None));
        }
        let limit = self.limit * case.limits;
        let _turn = self.order.take(case.alone);
        let begun = Instant::now();
        let mut line = self.try_case(case, Request::Case { index, limit })?;
        let took = begun.elapsed();
        self.judge.allow_for_a_filter(&mut line);
        Ok((line, Some(took)))
    }

    /// Runs the case; once more where somebody else may have ended it.
    fn try_case(&self, case: &Case, request: Request) -> Result<CaseLine, Stopped> {
        let settings = Settings::before(case.alone);
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
            let _turn = self.order.take(false);
            let request = Request::Canary { index, limit: self.patience };
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
        taint::change(before | self.explained.load(Relaxed), self.taint_after()?)
    }

    /// What the kernel said to a need; asked once a run, and once more of a worker that did nothing before
    /// where there was no answer.
    pub(crate) fn offer(&self, need: &'static Need) -> Result<Offer, Stopped> {
        if let Ask::Told = need.ask {
            return Ok(self.judge.told(need));
        }
        // The lock is held while asking, so that a need is asked once.
        let mut offers = self.offers.lock().map_err(|_| Stopped)?;
        if let Some(offer) = offers.get(need.name) {
            return Ok(offer.clone());
        }
        let Some(index) = sorted_needs().iter().position(|known| known.name == need.name) else {
            return Ok(Judge::unanswered(need, "it is not registered".into()));
        };
        let request = Request::Need { index, limit: self.limit };
        let _turn = self.order.take(false);
        let mut answer = self.pool.ask(request, false)?;
        if !matches!(answer.result, Raw::Held | Raw::Refused) {
            answer = self.pool.ask(request, true)?;
        }
        let offer = self.judge.offer(need, &answer);
        offers.insert(need.name, offer.clone());
        Ok(offer)
    }

    /// The first reason why this case is not offered, if there is one.
    pub(crate) fn not_offered(&self, case: &Case) -> bool {
        case.needs.iter().any(|need| matches!(self.offer(need), Ok(Offer::Excused(_))))
    }

    /// The verdicts so far.
    pub(crate) fn verdicts(&self) -> Vec<Verdict> {
        self.done.lock().map(|done| done.clone()).unwrap_or_default()
    }

    /// How long cases took.
    pub(crate) fn durations(&self) -> Durations {
        let microseconds = self.durations.lock().map(|all| all.clone()).unwrap_or_default();
        Durations { microseconds }
    }

    /// Ends the record with `end`, which counts nothing yet.
    ///
    /// # Errors
    /// What went wrong with the file.
    pub(crate) fn finish(&self, end: Option<Footer>) -> Result<(), String> {
        let durations = self.durations();
        match self.record.lock() {
            Ok(mut record) => match record.take() {
                Some(record) => record.finish(durations, end),
                None => Ok(()),
            },
            Err(_) => Ok(()),
        }
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
