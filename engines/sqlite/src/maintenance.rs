//! Maintenance of the file as a whole.

use crate::error::StorageError;
use crate::load::Loaded;
use crate::record_cache::{RecordCache, RecordPrefix};
use crate::{Sqlite, actions, control, messages};
use flujo::clock::Timestamp;
use flujo::engine::{Action, ActionKind, RunId};
use flujo::error::Error;
use std::time::Duration;

/// The maximum number of runs that are deleted in one transaction, so that other processes can write in
/// between.
const PRUNED: usize = 200;

impl Sqlite {
    /// Deletes the runs that ended more than `older_than` ago, on the engine's clock, with all of their rows,
    /// and returns their number. The file keeps its size, and new rows reuse the space; `VACUUM` shrinks it. Who did
    /// so, `by`, is on record: [`Engine::pruned`](flujo::engine::Engine::pruned).
    ///
    /// ```no_run
    /// # async fn tidy(sqlite: flujo_sqlite::Sqlite) -> Result<(), flujo::Error> {
    /// let pruned = sqlite.prune_older(std::time::Duration::from_secs(30 * 86_400), Some("ops")).await?;
    /// # drop(pruned);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](flujo::ErrorKind::Engine): the storage failed.
    pub async fn prune_older(&self, older_than: Duration, by: Option<&str>) -> Result<u64, Error> {
        self.delete_before(self.shared.clock.now().before(older_than), by).await
    }

    pub(crate) async fn delete_before(&self, before: Timestamp, by: Option<&str>) -> Result<u64, Error> {
        let mut runs = 0;
        loop {
            let some = self.write(move |db| control::prune(db, before, PRUNED)).await?;
            if some == 0 {
                break;
            }
            runs += some;
        }
        let action = Action::new(self.shared.clock.now(), by, ActionKind::Pruned { before, runs });
        self.write(move |db| actions::add(db, &action)).await?;
        Ok(runs)
    }

    /// Deletes the recorded messages of models that are older than this, and returns how many attempts had some. The
    /// runs stay.
    ///
    /// ```
    /// use flujo_sqlite::Sqlite;
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), flujo::Error> {
    /// # let path = std::env::temp_dir().join(format!("flujo-maintenance-{}.db", std::process::id()));
    /// let engine = Sqlite::open(&path)?;
    /// // What is done by a nightly job.
    /// engine.verify().await?;
    /// assert_eq!(engine.prune_messages(Duration::from_secs(7 * 86_400)).await?, 0);
    /// # drop(engine);
    /// # for end in ["", "-wal", "-shm"] { let _ = std::fs::remove_file(format!("{}{end}", path.display())); }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](flujo::ErrorKind::Engine): the storage failed.
    pub async fn prune_messages(&self, older_than: Duration) -> Result<u64, Error> {
        let before = self.shared.clock.now().before(older_than);
        let mut pruned = 0;
        loop {
            let some = self.write(move |db| messages::prune(db, before, PRUNED)).await?;
            if some == 0 {
                return Ok(pruned);
            }
            pruned += some;
        }
    }

    /// Reads the whole file, and verifies every checksum.
    ///
    /// # Errors
    /// [`ErrorKind::Engine`](flujo::ErrorKind::Engine): the file is damaged, and the message says where; or
    /// the storage failed.
    pub async fn verify(&self) -> Result<(), Error> {
        let ids = self.read(|db| {
            let found: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
            if found != "ok" {
                return Err(StorageError::damaged(found));
            }
            let mut ids = db.prepare("SELECT id FROM runs ORDER BY run")?;
            let ids = ids.query_map([], |row| row.get::<_, String>(0))?;
            Ok(ids.collect::<Result<Vec<_>, _>>()?)
        });
        for id in ids.await? {
            let id = RunId::from(id);
            self.read(move |db| {
                Loaded::read(db, &id, &RecordCache::default(), RecordPrefix::default()).map(drop)
            })
            .await?;
        }
        Ok(())
    }
}
