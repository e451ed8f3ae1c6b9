//! Records that somebody in this process still holds: they never change, so they are read and verified once.

use super::load::Stored;
use crate::engine::{LimitScope, Record};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Of so many runs at most.
const RUNS: usize = 32;

/// What is shorter than this is read again.
const LONG: usize = 64;

#[derive(Default)]
pub(super) struct Known(Mutex<HashMap<i64, Vec<Held>>>);

/// The first records of a run, in their order.
#[derive(Default)]
pub(super) struct First {
    pub(super) records: Vec<Stored>,
    /// So many of them were known.
    pub(super) known: usize,
}

struct Held {
    record: Weak<Record>,
    seeded: bool,
    within: LimitScope,
}

impl Known {
    fn runs(&self) -> MutexGuard<'_, HashMap<i64, Vec<Held>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first records of a run, as far as they are still held.
    pub(super) fn of(&self, run: i64) -> First {
        let runs = self.runs();
        let held = runs.get(&run).map(Vec::as_slice).unwrap_or_default();
        let still = held.iter().map_while(|held| {
            let Held { record, seeded, within } = held;
            Some(Stored { record: record.upgrade()?, seeded: *seeded, within: within.clone() })
        });
        let records: Vec<_> = still.collect();
        First { known: records.len(), records }
    }

    /// These are all of its records by now.
    pub(super) fn keep(&self, run: i64, all: &First) {
        let First { records, known } = all;
        if records.len() < LONG || records.len() == *known {
            return;
        }
        let mut runs = self.runs();
        if runs.len() >= RUNS && !runs.contains_key(&run) {
            runs.clear();
        }
        let all = runs.entry(run).or_default();
        all.truncate(*known);
        // Somebody else may have forgotten it meanwhile.
        let from = all.len();
        all.extend(records.iter().skip(from).map(|stored| Held {
            record: Arc::downgrade(&stored.record),
            seeded: stored.seeded,
            within: stored.within.clone(),
        }));
    }
}
