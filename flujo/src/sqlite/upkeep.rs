//! What is done to the file as a whole: runs that ended long ago are deleted, and everything is read once.

use super::fault::Fault;
use super::known::{First, Known};
use super::load::Loaded;
use super::{Sqlite, control};
use crate::engine::RunId;
use crate::error::Error;
use std::time::Duration;

/// So many runs are deleted in one transaction: others write in between.
const PRUNED: usize = 200;

impl Sqlite {
    /// Deletes the runs that ended longer ago than `older_than`, on the engine's clock, with everything that
    /// is written of them, and says how many. The file keeps its size, the room is used again; `VACUUM` gives
    /// it back to the disk.
    ///
    /// # Errors
    /// Storage failed.
    pub async fn prune(&self, older_than: Duration) -> Result<u64, Error> {
        let before = self.shared.clock.now().before(older_than);
        let mut pruned = 0;
        loop {
            let some = self.write(move |db| control::prune(db, before, PRUNED)).await?;
            if some == 0 {
                return Ok(pruned);
            }
            pruned += some;
        }
    }

    /// Reads all there is, and verifies every checksum.
    ///
    /// # Errors
    /// The file is damaged; or storage failed.
    pub async fn verify(&self) -> Result<(), Error> {
        let ids = self.read(|db| {
            let found: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
            if found != "ok" {
                return Err(Fault::damaged(found));
            }
            let mut ids = db.prepare("SELECT id FROM runs ORDER BY run")?;
            let ids = ids.query_map([], |row| row.get::<_, String>(0))?;
            Ok(ids.collect::<Result<Vec<_>, _>>()?)
        });
        for id in ids.await? {
            let id = RunId::from(id);
            self.read(move |db| Loaded::read(db, &id, &Known::default(), First::default()).map(drop)).await?;
        }
        Ok(())
    }
}
