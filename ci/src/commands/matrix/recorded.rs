//! `sigsys matrix --records`: columns that were run before, here or on other machines, from their records alone.

use super::cache::{self, Cache, CacheKey, CachedRecord};
use super::column::{self, Ended, Outcome, Shared, Source};
use crate::machine::kernels::Column;
use crate::results::tally::Tally;
use harness::record::{self, Record};
use std::path::PathBuf;

/// What the records in the folder of `cache` say of each of `columns`.
pub(super) fn read_all(columns: &[Column], shared: &Shared, cache: &Cache) -> Vec<Ended> {
    columns.iter().map(|column| read(&column.name(), shared, cache)).collect()
}

fn read(name: &str, shared: &Shared, cache: &Cache) -> Ended {
    let none = Tally::default();
    let shown = |path: PathBuf| path.display().to_string();
    let path = cache.record(name);
    if !path.exists() {
        let cut = cache.cut(name);
        let outcome = match column::read(&cut) {
            _ if !cut.exists() => Outcome::NotAvailable(format!("there is no {}", shown(path))),
            Ok(record) => {
                let why = format!("{} is not whole", shown(cut));
                Outcome::Cut(why, status(&record))
            }
            Err(why) => Outcome::NoAnswer(format!("{} cannot be read: {why}", shown(cut))),
        };
        return (outcome, none);
    }
    match column::whole(&path, &shared.expected) {
        Ok(record) => {
            let kept = noted(name, &record, cache).unwrap_or_default();
            let tally = kept.tally;
            let status = kept.status.max(status(&record));
            // The rest of a part was taken over when it was recorded.
            let kept = CachedRecord { status, part: false, ..kept };
            (Outcome::Done(kept, Source::Kept), tally)
        }
        Err(why) => (Outcome::NoAnswer(format!("{} {why}", shown(path))), none),
    }
}

/// The status that the cases ask for that were measured.
fn status(record: &Record) -> u8 {
    let measured = record.cases.iter().filter(|case| case.taken_from.is_none());
    record::status(measured.map(|case| case.verdict))
}

/// What was noted beside the record when it was made: the boots may have had more to say than its cases.
fn noted(name: &str, record: &Record, cache: &Cache) -> Option<CachedRecord> {
    let of_slot = |slot: &str| {
        let kept = cache.about_of(slot)?;
        let bytes = std::fs::read(cache.record(slot)).ok()?;
        (kept.record == cache::digest(&bytes)).then_some(kept)
    };
    let of_part = || {
        let part = cache::part_of(name);
        let kept = of_slot(&part)?;
        let own = column::read(&cache.record(&part)).ok()?;
        let measured = record.cases.iter().filter(|case| case.taken_from.is_none());
        measured.eq(own.cases.iter()).then_some(kept)
    };
    of_slot(name).or_else(of_part)
}

impl Default for CachedRecord {
    /// Of a record beside which nothing is noted.
    fn default() -> Self {
        let key = CacheKey {
            suite: String::new(),
            kernel: String::new(),
            config: String::new(),
            start: String::new(),
            machine: String::new(),
        };
        let (record, notes, tally) = (String::new(), Vec::new(), Tally::default());
        Self { key, record, status: 0, notes, seconds: 0.0, tally, part: false }
    }
}
