//! The version of the tables in the file.

use crate::StorageError;
use rusqlite::Connection;

/// The version that this code writes.
pub(crate) const NEWEST: i64 = 4;

/// Returns the version of the file.
pub(crate) fn version(db: &Connection) -> Result<i64, StorageError> {
    Ok(db.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))?)
}

/// The error of a file whose version this code does not know.
pub(crate) fn newer(version: i64) -> StorageError {
    let newest = NEWEST;
    StorageError::failed(format!(
        "the file was written by a newer flujo: it has version {version}, this one knows {newest}; nothing was changed, \
         update flujo"
    ))
}
