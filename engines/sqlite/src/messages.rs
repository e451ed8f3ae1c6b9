//! Messages of models: kept apart from their records, because they may be deleted before them.

use crate::StorageError;
use crate::row::{VerifiedRow, cell_of, time_cell, with_checksum};
use crate::rows;
use flujo::clock::Timestamp;
use flujo::engine::{Exchange, Record};
use rusqlite::types::Value;
use rusqlite::{Connection, params};
use std::collections::BTreeMap;
use std::ops::Range;

pub(crate) const INSERT: &str = "INSERT INTO messages (record, at, said, sum) VALUES (?,?,?,?)";

/// Makes the row of the messages of the record at a position of a run, if it has some.
pub(crate) fn cells(run: i64, position: usize, record: &Record) -> Result<Option<Vec<Value>>, StorageError> {
    if record.messages.is_empty() {
        return Ok(None);
    }
    let place = Value::Integer(rows::place(run, position));
    let cells = vec![place, time_cell(record.ended), cell_of(&record.messages)?];
    Ok(Some(with_checksum("messages", cells)))
}

/// Reads the messages of the records at these positions of a run.
pub(crate) fn read(
    db: &Connection,
    run: i64,
    at: Range<usize>,
) -> Result<BTreeMap<usize, Vec<Exchange>>, StorageError> {
    let mut statement =
        db.prepare_cached("SELECT record, at, said, sum FROM messages WHERE record >= ?1 AND record < ?2")?;
    let mut rows = statement.query([rows::place(run, at.start), rows::place(run, at.end)])?;
    let mut messages = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let row = VerifiedRow::<3>::verify("messages", row, 0)?;
        let position = usize::try_from(row.int(0)? - rows::place(run, 0)).unwrap_or(usize::MAX);
        messages.insert(position, row.value(2)?);
    }
    Ok(messages)
}

/// Deletes up to `most` rows of messages that are older than `before`, and returns how many.
pub(crate) fn prune(db: &Connection, before: Timestamp, most: usize) -> Result<u64, StorageError> {
    let old = "DELETE FROM messages WHERE record IN (SELECT record FROM messages WHERE at < ?1 ORDER BY at LIMIT ?2)";
    let before = i64::try_from(before.0).unwrap_or(i64::MAX);
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let deleted = db.prepare_cached(old)?.execute(params![before, most])?;
    Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
}
