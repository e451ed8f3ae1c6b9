//! Prefetch of the records of a long run: on several threads, and while the disk is still busy with the
//! claim. Records never change, so only later ones can be missing.

use crate::Sqlite;
use crate::load;
use crate::record_cache::RecordPrefix;
use flujo::engine::RunId;
use std::sync::Arc;

/// The minimum number of records for a prefetch.
const MANY: usize = 256;

impl Sqlite {
    /// Reads the first records of a run. Empty if they are few, or unreadable: reading the run reports the
    /// error.
    pub(crate) async fn prefetch(&self, id: &RunId) -> RecordPrefix {
        let (wanted, cache) = (id.clone(), Arc::clone(&self.shared.cache));
        let found = self.shared.readers.read(move |db| {
            let Some(run) = load::number(db, &wanted)? else { return Ok(None) };
            Ok(Some((run, load::count(db, run)?, cache.of(run))))
        });
        let Ok(Some((run, count, mut first))) = found.await else { return RecordPrefix::default() };
        let from = first.records.len();
        let missing = count.saturating_sub(from);
        if missing < MANY {
            return first;
        }
        let middle = from + missing / 2;
        let halves = [from..middle, middle..count]
            .map(|half| self.shared.readers.send(move |db| load::stretch(db, run, half)));
        for half in halves {
            let Ok(half) = half.await else { return RecordPrefix::default() };
            first.records.extend(half);
        }
        first
    }
}
