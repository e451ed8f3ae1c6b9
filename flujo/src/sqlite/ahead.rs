//! Reading what is recorded of a long run, by more than one thread, and while the disk is still busy with the claim.
//! Records never change, so all that can be missing then is what came behind them.

use super::Sqlite;
use super::known::First;
use super::load;
use crate::engine::RunId;
use std::sync::Arc;

/// Fewer are not worth it.
const MANY: usize = 256;

impl Sqlite {
    /// The first records of a run. None if they are few, or cannot be read: whoever reads the run says why.
    pub(super) async fn read_ahead(&self, id: &RunId) -> First {
        let (wanted, known) = (id.clone(), Arc::clone(&self.shared.known));
        let found = self.shared.readers.read(move |db| {
            let Some(run) = load::number(db, &wanted)? else { return Ok(None) };
            Ok(Some((run, load::count(db, run)?, known.of(run))))
        });
        let Ok(Some((run, count, mut first))) = found.await else { return First::default() };
        let from = first.records.len();
        let missing = count.saturating_sub(from);
        if missing < MANY {
            return first;
        }
        let middle = from + missing / 2;
        let halves = [from..middle, middle..count]
            .map(|half| self.shared.readers.send(move |db| load::stretch(db, run, half)));
        for half in halves {
            let Ok(half) = half.await else { return First::default() };
            first.records.extend(half);
        }
        first
    }
}
