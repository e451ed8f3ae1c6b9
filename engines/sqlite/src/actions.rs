//! Actions on the runs of the file as a whole, with their callers.

use crate::StorageError;
use crate::row::{VerifiedRow, cell_of, optional, text_cell, time_cell, with_checksum};
use flujo::engine::{Action, ActionKind};
use rusqlite::{Connection, params_from_iter};

/// The most actions that are listed.
const LISTED: usize = 1_000;

pub(crate) fn add(db: &Connection, action: &Action) -> Result<(), StorageError> {
    let who = optional(action.by.as_deref().map(text_cell));
    let cells = vec![time_cell(action.at), who, cell_of(&action.what)?];
    db.prepare_cached("INSERT INTO actions (at, who, what, sum) VALUES (?,?,?,?)")?
        .execute(params_from_iter(with_checksum("actions", cells)))?;
    Ok(())
}

/// Reads the actions, the last first.
pub(crate) fn all(db: &Connection) -> Result<Vec<Action>, StorageError> {
    let sql = format!("SELECT at, who, what, sum FROM actions ORDER BY action DESC LIMIT {LISTED}");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut actions = Vec::new();
    while let Some(row) = rows.next()? {
        let row = VerifiedRow::<3>::verify("actions", row, 0)?;
        actions.push(Action::new(row.time(0)?, row.optional_text(1)?, row.value::<ActionKind>(2)?));
    }
    Ok(actions)
}
