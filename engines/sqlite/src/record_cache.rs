//! A cache of records that are still in memory: records never change, so each is read and verified once.

use flujo::engine::{LimitScope, Record};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A record, with the data that the ledger needs of it.
pub(crate) struct StoredRecord {
    pub(crate) record: Arc<Record>,
    pub(crate) seeded: bool,
    pub(crate) within: LimitScope,
}

/// The maximum number of cached runs.
const RUNS: usize = 32;

/// The minimum number of records of a cached run: a shorter one is read again.
const LONG: usize = 64;

#[derive(Default)]
pub(crate) struct RecordCache(Mutex<HashMap<i64, Vec<CachedRecord>>>);

/// The first records of a run, in order.
#[derive(Default)]
pub(crate) struct RecordPrefix {
    pub(crate) records: Vec<StoredRecord>,
    /// The number of records that came from the cache.
    pub(crate) cached: usize,
}

struct CachedRecord {
    record: Weak<Record>,
    seeded: bool,
    within: LimitScope,
}

impl RecordCache {
    fn runs(&self) -> MutexGuard<'_, HashMap<i64, Vec<CachedRecord>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the first records of a run, as far as they are still in memory.
    pub(crate) fn of(&self, run: i64) -> RecordPrefix {
        let runs = self.runs();
        let cached = runs.get(&run).map(Vec::as_slice).unwrap_or_default();
        let held = cached.iter().map_while(|cached| {
            let CachedRecord { record, seeded, within } = cached;
            Some(StoredRecord { record: record.upgrade()?, seeded: *seeded, within: within.clone() })
        });
        let records: Vec<_> = held.collect();
        RecordPrefix { cached: records.len(), records }
    }

    /// Caches the records of a run: all that it has so far.
    pub(crate) fn keep(&self, run: i64, all: &RecordPrefix) {
        let RecordPrefix { records, cached } = all;
        if records.len() < LONG || records.len() == *cached {
            return;
        }
        let mut runs = self.runs();
        if runs.len() >= RUNS && !runs.contains_key(&run) {
            runs.clear();
        }
        let all = runs.entry(run).or_default();
        all.truncate(*cached);
        // Another thread may have cleared the run meanwhile.
        let from = all.len();
        all.extend(records.iter().skip(from).map(|stored| CachedRecord {
            record: Arc::downgrade(&stored.record),
            seeded: stored.seeded,
            within: stored.within.clone(),
        }));
    }
}
