//! The row of a run: the data that it was created with.

use crate::StorageError;
use crate::row::VerifiedRow;
use flujo::codec::Json;
use rusqlite::Connection;

pub(crate) const RUN: &str = "SELECT r.run, r.id, r.pipeline, r.graph, r.input, r.digest, r.context, r.limits, r.retries, \
                   r.seed_origin, r.created, r.labels, r.started_by, r.models, r.sum, g.graph, g.fingerprint, g.types, g.sum \
                   FROM runs r JOIN graphs g ON g.graph = r.graph WHERE r.run = ?1";

/// Reads the initial context of a run.
pub(crate) fn context(db: &Connection, run: i64) -> Result<Json, StorageError> {
    let mut statement = db.prepare_cached(RUN)?;
    let mut rows = statement.query([run])?;
    let Some(row) = rows.next()? else {
        return Err(StorageError::damaged(format_args!("run {run} has no row in `runs`")));
    };
    VerifiedRow::<14>::verify("runs", row, 0)?.json(6)
}
