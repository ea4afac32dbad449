//! Runs cases through the pool, each with its needs asked first, and keeps the record.

use crate::judge::{Judge, Offer};
use crate::output::RecordFile;
use crate::pool::{Pool, Stopped};
use crate::record::{CaseLine, Verdict};
use crate::worker::{Request, sorted_needs};
use crate::{Ask, Case, Need};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

/// What runs the cases of one run.
pub(crate) struct Engine {
    pool: Pool,
    judge: Judge,
    cases: Vec<&'static Case>,
    offers: Mutex<HashMap<&'static str, Offer>>,
    record: Mutex<Option<RecordFile>>,
    done: Mutex<Vec<Verdict>>,
    limit: Duration,
    capture: bool,
}

impl Engine {
    pub(crate) fn new(
        pool: Pool,
        judge: Judge,
        cases: Vec<&'static Case>,
        record: Option<RecordFile>,
        limit: Duration,
        capture: bool,
    ) -> Self {
        Self {
            pool,
            judge,
            cases,
            offers: Mutex::default(),
            record: Mutex::new(record),
            done: Mutex::default(),
            limit,
            capture,
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
        let line = self.verdict(index)?;
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

    fn verdict(&self, index: usize) -> Result<CaseLine, Stopped> {
        let case = self.cases[index];
        for need in case.needs {
            let (verdict, why) = match self.offer(need)? {
                Offer::Offered => continue,
                Offer::Excused(why) => (Verdict::NotOffered, why),
                Offer::Unexcused(why) => (Verdict::Violated, why),
                Offer::Unanswered(why) => (Verdict::Broken, why),
            };
            let mut line = self.judge.line(case, verdict, why);
            line.lacks = need.name.to_owned();
            return Ok(line);
        }
        let limit = self.limit * case.limits;
        let request = Request::Case { index, limit, capture: self.capture };
        let answer = self.pool.ask(request)?;
        Ok(self.judge.judge(case, answer))
    }

    /// What the kernel said to a need; asked once a run.
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
            return Ok(Offer::Unanswered(format!("need {} is not registered", need.name)));
        };
        let answer = self.pool.ask(Request::Need { index, limit: self.limit })?;
        let offer = self.judge.offer(need, &answer);
        offers.insert(need.name, offer.clone());
        Ok(offer)
    }

    /// The first reason why this case is not offered, if there is one.
    pub(crate) fn not_offered(&self, case: &Case) -> bool {
        case.needs.iter().any(|need| matches!(self.offer(need), Ok(Offer::Excused(_))))
    }

    /// Completes the record; gives the verdicts so far and what went wrong with the file.
    pub(crate) fn finish(&self, complete: bool) -> (Vec<Verdict>, Result<(), String>) {
        let verdicts = self.done.lock().map(|done| done.clone()).unwrap_or_default();
        let written = match self.record.lock() {
            Ok(mut record) => match record.take() {
                Some(record) => record.finish(complete),
                None => Ok(()),
            },
            Err(_) => Ok(()),
        };
        (verdicts, written)
    }
}
