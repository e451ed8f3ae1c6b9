//! Transactions: data that is read in one does not change until it is committed.

use crate::StorageError;
use crate::file_version::{NEWEST, newer, version};
use rusqlite::Connection;
use std::ops::Deref;
use std::path::Path;

/// A transaction that writes; dropping it rolls it back.
pub(crate) struct Transaction<'d> {
    db: &'d Connection,
}

impl<'d> Transaction<'d> {
    /// Waits until no other connection writes, and begins a transaction. Fails if another process has
    /// migrated the file to a newer version meanwhile.
    pub(crate) fn begin(db: &'d Connection) -> Result<Self, StorageError> {
        let begun = db.prepare_cached("BEGIN IMMEDIATE").and_then(|mut begin| begin.execute([]));
        begun.map_err(|error| StorageError::from(error).with_lock_holder(db.path().map(Path::new)))?;
        let transaction = Self { db };
        match version(db)? {
            NEWEST => Ok(transaction),
            version => Err(newer(version)),
        }
    }

    /// Commits the transaction durably.
    pub(crate) fn commit(self) -> Result<(), StorageError> {
        self.db.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.db
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if !self.db.is_autocommit() {
            // On failure SQLite has rolled back already.
            let _ = self.db.execute_batch("ROLLBACK");
        }
    }
}
