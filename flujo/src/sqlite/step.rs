//! Transactions: what is read in one stays as it is until it is committed.

use super::{Fault, schema};
use rusqlite::Connection;

/// A transaction that writes; dropped, it comes to nothing.
pub(super) struct Step<'d> {
    db: &'d Connection,
}

impl<'d> Step<'d> {
    /// Begins one, once nobody else is writing. A file that somebody has brought to a newer version meanwhile is
    /// not written to any more.
    pub(super) fn begin(db: &'d Connection) -> Result<Self, Fault> {
        db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let step = Self { db };
        match schema::version(db)? {
            version if version == schema::newest() => Ok(step),
            version => Err(schema::newer(version)),
        }
    }

    /// Makes it durable.
    pub(super) fn commit(self) -> Result<(), Fault> {
        self.db.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

impl std::ops::Deref for Step<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.db
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        if !self.db.is_autocommit() {
            // SQLite has rolled back by itself where this fails.
            let _ = self.db.execute_batch("ROLLBACK");
        }
    }
}
